"""Why an account has its score, and who needs attention first, on the command line."""

import json

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld
from tests.cli.conftest import Command
from tests.flows.stage import CONFIG, NIGHT, furnish, run_night


@pytest.fixture
def judged(product: MemoryWorld, monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    """After one night."""
    monkeypatch.setattr(wiring, "bundle_now", lambda: CONFIG)
    furnish(product)
    run_night(product)
    return product


@pytest.mark.usefixtures("judged")
def test_explain_tells_the_last_night_in_a_hundred_columns(health_monitor: Command) -> None:
    said = health_monitor("explain", "sinks")
    assert said.code == 0
    assert said.out.startswith(f"Acme (sinks), {NIGHT}:")
    for heading in ("Main reasons", "What changed", "The score, measure by measure", "Not known", "What would lift it"):
        assert heading in said.out
    assert max(map(len, said.out.splitlines())) <= 100


@pytest.mark.usefixtures("judged")
def test_explain_gives_programs_everything(health_monitor: Command) -> None:
    told = json.loads(health_monitor("explain", "sinks", "--date", NIGHT, "--json").out)
    assert (told["account_id"], told["date"], told["reported"]) == ("sinks", str(NIGHT), True)


@pytest.mark.usefixtures("judged")
def test_explain_says_what_was_not_reported_and_who_is_unknown(health_monitor: Command) -> None:
    untold = health_monitor("explain", "sinks", "--date", "2026-01-01")
    assert f"the first night was {NIGHT}" in " ".join(untold.out.split())
    assert untold.code == 2
    assert health_monitor("explain", "sinks", "--date", "2026-01-01", "--json").code == 2
    assert "no account has the id 'nobody'" in health_monitor("explain", "nobody").err
    assert "is not before" in health_monitor("explain", "sinks", "--since", NIGHT).err


@pytest.mark.usefixtures("judged")
def test_accounts_are_a_page_a_spreadsheet_and_json(health_monitor: Command) -> None:
    page = health_monitor("accounts", "--sort", "score", "--why").out
    assert page.startswith("account ")
    assert max(map(len, page.splitlines())) <= 100
    rows = health_monitor("accounts", "--csv", "--open-alerts").out.splitlines()
    assert rows[0].startswith("account_id,name,score")
    assert len(rows) == 5
    told = json.loads(health_monitor("accounts", "--json", "--segment", "smb").out)
    assert told["as_of"] == str(NIGHT)


@pytest.mark.usefixtures("judged")
def test_the_portfolio_is_told_of_any_night(health_monitor: Command) -> None:
    assert health_monitor("portfolio").out.startswith("11 accounts with")
    assert json.loads(health_monitor("portfolio", "--json", "--date", NIGHT).out)["as_of"] == str(NIGHT)
    assert "no summary of 2026-01-01" in health_monitor("portfolio", "--date", "2026-01-01").err
