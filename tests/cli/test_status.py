"""Status, names and erasure on the command line, in words that say what to do next."""

from datetime import timedelta

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld, PushedClock
from health_monitor.sources.spec import PushSettings, SourceSettings
from tests.builders import A_DAY, A_MOMENT, a_contact, a_run, an_account, freshness
from tests.cli.conftest import Command
from tests.flows.test_take_in import a_claim, a_company, an_event, took


def test_all_is_well_in_eighty_columns_and_with_code_0(health_monitor: Command, product: MemoryWorld) -> None:
    product.journal.save_freshness(freshness("import"))
    product.journal.save_run(a_run())
    said = health_monitor("status")
    assert (said.code, "LOOK" in said.out) == (0, False)
    assert "ok    last run       2026-11-01 complete, 3 of 3 judged" in said.out
    assert max(map(len, said.out.splitlines())) <= 80


def test_everything_that_needs_somebody_is_told_with_what_to_do(health_monitor: Command, product: MemoryWorld) -> None:
    product.journal.save_freshness(freshness("import", complete_through=A_DAY - timedelta(days=2)))
    product.sources.pause("hubspot", "the token was rejected; put a new one into the secret", A_MOMENT)
    product.journal.save_run(a_run(status="failed", missing_batches=("00002",)))
    product.blobs.put("quarantine/signed/2026-11-02/0123-12.jsonl.gz", b"")
    product.blobs.put("quarantine/signed/2026-09-01/0123-99.jsonl.gz", b"")
    product.blobs.put("late/0123-7", b"")
    product.dead_letters.waiting["email-dead"] = 2
    took(product, [an_event("Umbrella", source="mixpanel")])
    said = health_monitor("status")
    words = " ".join(said.out.split())
    assert said.code == 1
    for told in (
        "hubspot paused since 2026-11-02 06:00 UTC: the token was rejected",
        "health-monitor source resume hubspot",
        "import 2 days late",
        "missing batches: 00002 → redrive it",
        "12 records of signed in the last 7 days → health-monitor quarantine signed",
        "7 not counted yet → health-monitor rebuild",
        "1 name without an account → health-monitor unmatched",
        "dead: email-d 2 could not be handled",
    ):
        assert told in words
    assert max(map(len, said.out.splitlines())) <= 80


def test_a_product_that_knows_nothing_says_what_to_begin_with(health_monitor: Command) -> None:
    said = health_monitor("status")
    assert (said.code, "none has delivered yet" in said.out, "no night was run yet" in said.out) == (1, True, True)


def test_nights_that_were_not_started_are_missed(health_monitor: Command, product: MemoryWorld) -> None:
    last = A_DAY - timedelta(days=3)
    product.journal.save_run(a_run(last))
    product.journal.save_freshness(freshness("import", complete_through=A_DAY))
    said = health_monitor("status")
    words = " ".join(said.out.split())
    assert (said.code, f"nights since {last} are not judged → start it with {{}} when" in words) == (1, True)
    assert "schedule" not in words


def test_a_night_after_the_last_day_that_arrived_is_not_missed(health_monitor: Command, product: MemoryWorld) -> None:
    last = A_DAY - timedelta(days=3)
    product.journal.save_run(a_run(last))
    product.journal.save_freshness(freshness("signed", complete_through=last, waited_for=False))
    said = health_monitor("status")
    assert (said.code, "not judged" in said.out) == (0, False)


def test_an_incident_is_told_with_what_is_held_and_why(health_monitor: Command, product: MemoryWorld) -> None:
    product.journal.save_freshness(freshness("import"))
    product.journal.save_run(a_run(incident="portfolio_drop: median 9% of a week ago over 30 accounts", held=4))
    said = health_monitor("status")
    words = " ".join(said.out.split())
    assert (said.code, "LOOK last run" in words) == (1, True)
    assert "data incident, portfolio_drop: median 9% of a week ago over 30 accounts" in words
    assert "held back that night: 4 → see that events arrive" in words


def test_accounts_that_are_not_judged_are_explained(health_monitor: Command, product: MemoryWorld) -> None:
    product.journal.save_freshness(freshness("import"))
    product.journal.save_run(a_run(planned=302, judged=279, outside_tenure=23))
    assert "279 of 302 judged; 23 began later or have left" in " ".join(health_monitor("status").out.split())


def test_a_source_that_sends_is_waited_for_only_when_it_is_told_to(
    health_monitor: Command, product: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    product.journal.save_freshness(freshness("import"))
    product.journal.save_run(a_run())
    monkeypatch.setattr(wiring, "sources", lambda: {"signed": PushSettings(quiet_days=None)})
    said = health_monitor("status")
    assert (said.code, "ok signed nothing yet" in " ".join(said.out.split())) == (0, True)
    monkeypatch.setattr(wiring, "sources", lambda: {"signed": PushSettings(quiet_days=2), "pulled": SourceSettings()})
    said = health_monitor("status")
    words = " ".join(said.out.split())
    assert (said.code, "LOOK pulled never delivered" in words, "LOOK signed never delivered" in words) == (
        1,
        True,
        True,
    )


def test_a_paused_source_is_resumed_once(health_monitor: Command, product: MemoryWorld) -> None:
    product.sources.pause("hubspot", "the token was rejected", A_MOMENT)
    assert "goes on at its next schedule" in health_monitor("source", "resume", "hubspot").out
    assert product.sources.get("hubspot").paused_at is None
    again = health_monitor("source", "resume", "hubspot")
    assert (again.code, "hubspot is not paused" in again.err) == (2, True)


def test_a_name_is_listed_linked_and_unlinked(health_monitor: Command, product: MemoryWorld) -> None:
    product.accounts.save([an_account()])
    took(product, [an_event("Umbrella", source="mixpanel"), a_company("8", domain="acme.com")])
    listed = health_monitor("unmatched").out
    assert "mixpanel  Umbrella: no account goes by it\n  1 event and 0 other records wait" in listed
    assert "next: health-monitor link ACCOUNT mixpanel Umbrella" in listed
    linked = health_monitor("link", "acme", "mixpanel", "Umbrella")
    assert "acme goes by mixpanel Umbrella; 1 event joined." in linked.out
    assert health_monitor("unmatched").out == "Every name has its account.\n"
    assert health_monitor("link", "nobody", "mixpanel", "Umbrella").code == 2
    product.accounts.save([an_account("other")])
    assert "health-monitor unlink acme mixpanel Umbrella" in health_monitor("link", "other", "mixpanel", "Umbrella").err
    assert "no more" in health_monitor("unlink", "acme", "mixpanel", "Umbrella").out
    assert health_monitor("unlink", "acme", "mixpanel", "Umbrella").code == 2


def test_a_link_says_what_the_name_meant_before(health_monitor: Command, product: MemoryWorld) -> None:
    product.accounts.save([an_account(), an_account("other")])
    product.names.claim([a_claim("Umbrella", "acme")])
    assert "It meant acme until now" in health_monitor("link", "other", "mixpanel", "Umbrella").out


def test_an_erasure_asks_first_and_prints_its_receipt(health_monitor: Command, product: MemoryWorld) -> None:
    product.accounts.save([an_account()])
    product.accounts.save_contacts([a_contact("c1", user_id="u1")])
    assert health_monitor("erase", "contact", "acme", "c2", "--yes").code == 2
    assert health_monitor("erase", "account", "nobody", "--yes").code == 2
    said = health_monitor("erase", "contact", "acme", "c1", "--yes")
    assert (said.code, '"kind": "contact"' in said.out, "point-in-time" in said.out) == (0, True, True)
    assert product.accounts.contacts("acme") == []
    assert health_monitor("erase", "user", "acme", "u1", "--yes").code == 0
    assert health_monitor("erase", "account", "acme", "--yes").code == 0
    assert list(product.accounts.ids()) == []


def test_an_erasure_says_plainly_that_its_last_check_is_pending_until_that_is_done(
    health_monitor: Command, product: MemoryWorld
) -> None:
    product.accounts.save([an_account()])
    product.accounts.save_contacts([a_contact("c1", user_id="u1")])
    said = health_monitor("erase", "contact", "acme", "c1", "--yes").out
    assert '"state": "removed, last check pending"' in said
    assert "follows by itself within about an hour" in said
    assert "health-monitor erase open does it from 06:20 UTC on" in said
    assert '"state": "removed, last check pending"' in health_monitor("erase", "open").out
    status = " ".join(health_monitor("status").out.split())
    assert "erasures 1 open, the oldest since 2026-11-02; 1 of them removed, last check pending" in status
    assert isinstance(product.clock, PushedClock)
    product.clock.push(seconds=20 * 60)
    finished = health_monitor("erase", "open").out
    assert ('"state": "finished"' in finished, "follows by itself" in finished) == (True, False)
    assert health_monitor("erase", "open").out == ""
    assert "erasures none open" in " ".join(health_monitor("status").out.split())
