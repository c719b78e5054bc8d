"""Names on the command line: what is said can be pasted, and is true."""

from pathlib import Path

from health_monitor.adapters.memory import MemoryWorld
from tests.builders import an_account
from tests.cli.conftest import Command
from tests.flows.test_take_in import a_claim, a_company, an_event, took


def test_hints_can_be_pasted_for_the_same_deployment(
    health_monitor: Command, product: MemoryWorld, tmp_path: Path
) -> None:
    (tmp_path / "my env").write_text("")
    product.accounts.save([an_account(), an_account("other")])
    took(product, [an_event("Two Words", source="mixpanel")])
    listed = health_monitor("--env", "my env", "unmatched").out
    assert "next: health-monitor --env 'my env' link ACCOUNT mixpanel 'Two Words'" in listed
    assert "next: health-monitor link ACCOUNT mixpanel 'Two Words'" in health_monitor("unmatched").out
    health_monitor("link", "acme", "mixpanel", "Two Words")
    said = health_monitor("--env", "my env", "link", "other", "mixpanel", "Two Words")
    assert "first: health-monitor --env 'my env' unlink acme mixpanel 'Two Words'" in said.err


def test_a_link_says_what_joined(health_monitor: Command, product: MemoryWorld) -> None:
    product.accounts.save([an_account()])
    took(product, [an_event("Umbrella", f"u{n}", source="mixpanel") for n in range(3)])
    assert (
        "acme goes by mixpanel Umbrella; 3 events joined." in health_monitor("link", "acme", "mixpanel", "Umbrella").out
    )
    assert "acme goes by mixpanel Umbrella already." in health_monitor("link", "acme", "mixpanel", "Umbrella").out
    assert "nothing waited under it yet" in health_monitor("link", "acme", "mixpanel", "Umbrela").out
    refused = health_monitor("link", "acme", "hubspt", "1300")
    assert (refused.code, "there is no source 'hubspt'; it is one of mixpanel, hubspot" in refused.err) == (2, True)


def test_late_events_of_an_account_that_is_not_known_are_told(health_monitor: Command, product: MemoryWorld) -> None:
    took(product, [an_event("globex", days_ago=9)])
    listed = health_monitor("unmatched").out
    assert "globex (sent as an account id): no such account\n" in listed
    assert "0 events and 0 other records wait, and 1 event older than a week" in listed
    assert "next: import the account, or health-monitor link --new globex ours globex" in listed
    linked = health_monitor("link", "--new", "globex", "ours", "globex").out
    assert "globex goes by ours globex.\n1 older event counted after: health-monitor rebuild" in linked


def test_an_account_is_shown_by_any_of_its_names(health_monitor: Command, product: MemoryWorld) -> None:
    product.accounts.save([an_account(name="Acme Ltd")])
    product.names.claim([a_claim("brand-new-co", "acme")])
    took(product, [a_company("7", name="Globex")], "hubspot")
    assert "'brand-new-co' is a name of the account 'acme'.\n\nPROFILE" in health_monitor("show", "brand-new-co").out
    assert "'7' is a name of the account 'hubspot-7'" in health_monitor("show", "7").out
    assert "did you mean acme (Acme Ltd)?" in health_monitor("show", "acmee").err
    assert "did you mean hubspot-7 (Globex)?" in health_monitor("show", "globex").err
    assert "check its spelling" in health_monitor("show", "zzz").err
