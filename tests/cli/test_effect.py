"""`health-monitor effect`, and what `config publish` says before it withholds mail."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.decide.holdout import held_out
from health_monitor.model.outreach import Entry
from health_monitor.model.routing import Holdout
from health_monitor.model.usage import Resolution
from tests.builders import A_DAY, A_MOMENT, a_conversation, a_mail, an_account, an_alert
from tests.cli.conftest import CONFIG, Command

LONG_AGO = A_DAY - timedelta(days=90)


def happened(
    world: MemoryWorld,
    account_id: str,
    what: str,
    code: str,
    *,
    recovered: bool = False,
    use: float = 5.0,
    **known: Any,
) -> None:
    """An alert ninety days ago, and what became of the mail about it."""
    status = {"sending": "delivered", "withheld": "withheld"}.get(what, "draft")
    entry = Entry.model_validate({"at": A_MOMENT, "step": "check_in", "what": what, "code": code, "because": "so"})
    ended = {"resolved_on": LONG_AGO + timedelta(days=9), "resolution": Resolution.RECOVERED} if recovered else {}
    world.accounts.save([an_account(account_id, usage_start=LONG_AGO - timedelta(days=300))])
    world.alerts.save_absent(an_alert(account_id, LONG_AGO, index=5.0, baseline=10.0, **ended))
    conversation = a_conversation(
        account_id, LONG_AGO, **({"check_in": a_mail(status=status), "log": (entry,), "index_at": {14: use}} | known)
    )
    world.conversations.start(conversation)


def a_trial(world: MemoryWorld) -> None:
    """Of 40 accounts that were written to 24 recovered, of 30 that were held out 9; one has an open ticket."""
    for n in range(40):
        happened(world, f"w{n}", "sending", "sending", recovered=n < 24, use=8.0 + n % 2)
    for n in range(30):
        happened(world, f"h{n}", "withheld", "holdout", recovered=n < 9, use=6.0 + n % 2)
    happened(world, "p1", "not_sent", "open_p1")


def test_nothing_is_said_of_an_effect_before_anybody_was_written_to(health_monitor: Command) -> None:
    assert health_monitor("effect").out.strip() == "There was no conversation with a customer yet."
    assert health_monitor("effect", "--since", "2026-01-01").out.strip() == "No alerts since then."


def test_a_holdout_shows_what_writing_was_worth_and_what_would_have_come_back_anyway(
    health_monitor: Command, product: MemoryWorld
) -> None:
    a_trial(product)
    said = health_monitor("effect")
    assert said.code == 0
    text = " ".join(said.out.split())
    assert "71 71 40 40 0 33 of 71" in text
    assert "Not sent, and why: holdout 30, open_p1 1." in text
    assert "Beside the holdout, whom only chance left out (40 written to, 30 not):" in text
    assert "recovered 60% and 30%: +30 points, 95% +6 to +49" in text
    assert "use after 14 days +35% and +15%: +20 points, 95% +18 to +22" in text
    assert "use after 30 days too few to tell (0 and 0; needs 20 in each group)" in text
    assert "Of 31 alerts to which nobody wrote, 9 recovered by themselves (95% 16 to 47%)." in text
    assert "regression to the mean" in text
    assert "hint" not in text


def test_without_a_holdout_it_is_a_hint_and_small_groups_tell_nothing(
    health_monitor: Command, product: MemoryWorld
) -> None:
    for n in range(3):
        happened(product, f"w{n}", "sending", "sending")
        happened(product, f"o{n}", "not_sent", "not_live", recovered=True)
    text = " ".join(health_monitor("effect").out.split())
    told = "Too few to tell what mail did (3 written to, 3 not; needs 20 in each group). Not sent, and why: not_live 3."
    assert told in text
    assert text.count("this is a hint and no proof") == 1


def test_no_difference_is_called_so(health_monitor: Command, product: MemoryWorld) -> None:
    for n in range(30):
        happened(product, f"w{n}", "sending", "sending", recovered=n % 2 == 0)
        happened(product, f"h{n}", "withheld", "holdout", recovered=n % 2 == 0)
    assert "; no difference shown" in health_monitor("effect").out


def test_groups_have_their_own_rows_and_a_word_about_chance(health_monitor: Command, product: MemoryWorld) -> None:
    happened(product, "a", "sending", "sending")
    happened(product, "b", "not_sent", "not_live", segment="enterprise")
    said = health_monitor("effect", "--by", "segment")
    few = "Too few to tell what mail did (0 written to, 0 not; needs 20 in each group)."
    assert f"enterprise: {few} Not sent, and why: not_live 1." in " ".join(said.out.split())
    assert said.out.count("this is a hint and no proof") == 1, "what holds of every group is said once"
    assert "2 groups were looked at" in said.out
    for by in ("template", "level"):
        assert health_monitor("effect", "--by", by).code == 0
    assert health_monitor("effect", "--since", "2026-11-02").out.strip() == "No alerts since then."


def test_an_alert_that_is_too_young_leaves_it_open_how_many_recover(
    health_monitor: Command, product: MemoryWorld
) -> None:
    product.accounts.save([an_account()])
    product.alerts.save_absent(an_alert())
    product.conversations.start(a_conversation())
    assert "is not known here yet" in " ".join(health_monitor("effect").out.split())


@pytest.fixture
def folder(health_monitor: Command, product: MemoryWorld) -> Path:
    made = Path("mine")
    made.mkdir()
    (made / "segments.yaml").write_text((CONFIG / "segments.yaml").read_text())
    (made / "routing.yaml").write_text("holdout:\n  percent: 50\n")
    accounts = [an_account(f"a{n}", name=f"Company {n}", arr=None if n == 0 else 1_000 + n) for n in range(60)]
    big, left = an_account("big", tier="enterprise"), an_account("left", churn_date=A_DAY)
    product.accounts.save([*accounts, big, left])
    return made


def test_publishing_a_holdout_says_whom_it_withholds_mail_from_and_asks(
    health_monitor: Command, product: MemoryWorld, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.confirm", lambda _, abort: None)
    out = [f"a{n}" for n in range(60) if held_out(f"a{n}", Holdout(percent=50))]
    said = health_monitor("config", "publish", folder)
    assert said.code == 0, said.text
    assert f"Holdout of 50%: {len(out)} accounts of 60 that may get automatic mail get none; their ARR is" in said.out
    assert f"  and {len(out) - 10} more" in said.out
    assert product.journal.live_config()


def test_who_does_not_agree_changes_nothing_and_yes_asks_nobody(
    health_monitor: Command, product: MemoryWorld, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("n\n"))
    assert health_monitor("config", "publish", folder).code == 2
    assert product.journal.live_config() is None
    assert health_monitor("config", "publish", folder, "--yes").code == 0
    assert product.journal.live_config()


def test_the_same_holdout_is_not_asked_about_again(health_monitor: Command, product: MemoryWorld, folder: Path) -> None:
    health_monitor("config", "publish", folder, "--yes")
    again = health_monitor("config", "publish", folder)
    assert (again.code, "nothing changes" in again.out) == (0, True)


def test_a_small_holdout_names_all_whom_it_withholds_mail_from(
    health_monitor: Command, product: MemoryWorld, folder: Path
) -> None:
    (folder / "routing.yaml").write_text("holdout:\n  percent: 3\n")
    out = [f"Company {n}" for n in range(60) if held_out(f"a{n}", Holdout(percent=3))]
    said = health_monitor("config", "publish", folder, "--yes")
    assert all(name in said.out for name in out)
    assert "more" not in said.out
