"""A night's line keeps the whole score, and gives it back as it was."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from health_monitor.model.evidence import Evidence, Use, UserDays
from health_monitor.model.score import (
    Deltas,
    DimensionScore,
    Driver,
    History,
    MeasureScore,
    Reading,
    Score,
    Signal,
    Standing,
)
from health_monitor.score.line import evidence_of_line, health_line, score_of_line, standing_of_line
from tests.builders import A_DAY, an_account

USERS = (UserDays("u1", 0, 90, 10, 9, ("export", "report")),)
USE = Use(200, 180, 40, 42, None, None, 0.9, 5, 1, 2, 2, 1, (31_000, 4), 3, 1, 0, ("export", "report"), USERS)
SEEN = Reading(7_000, {"active": 14, "seats": 20, "share": 0.7, "plan": "pro", "before": None}, ("ticket:zd/7",))
UNKNOWN = Reading(None, because="nobody answered in the window")
HISTORY = History("v1", A_DAY.toordinal() - 2, (700, None, 712))


def a_score(value: int | None = 712) -> Score:
    usage = DimensionScore("usage", 3500, 7_000, (MeasureScore("active_users", 4000, SEEN),))
    silent = DimensionScore("sentiment", 1500, None, (MeasureScore("nps", 4000, UNKNOWN),))
    return Score(A_DAY, "v1", "everyone", value, 7_000, False, (usage, silent))


def a_standing(**known: Any) -> Standing:
    facts: dict[str, Any] = {
        "account_id": "acme", "as_of": A_DAY, "version": "v1", "card": "everyone", "score": 712, "coverage": 7_000,
        "provisional": False, "status": "moderate", "model_status": "moderate", "history": HISTORY,
    }  # fmt: skip
    return Standing(**(facts | known))


RICH = {
    "override": "override:people/1", "deltas": Deltas(12, None, -30), "flags": ("crossed_up",), "tier": "T2",
    "dimensions": {"usage": 7_000, "sentiment": None}, "drivers": (Driver("nps", "sentiment", -3, "NPS fell"),),
    "signals": (Signal("p1_open", "critical", "A P1 is open", ("ticket:zd/7",)),), "priority": 1234.5,
    "trend": "stable", "display_color": "yellow", "last_touch": date(2026, 10, 30),
}  # fmt: skip


def through_the_file(line: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(line))  # type: ignore[no-any-return]


def test_a_score_comes_back_as_it_was_with_what_was_unknown() -> None:
    line = through_the_file(health_line(a_score(), a_standing(), Evidence(A_DAY, an_account(), USE)))
    assert score_of_line(line) == a_score()


def test_a_score_of_which_nothing_is_known_comes_back_as_none() -> None:
    line = through_the_file(health_line(a_score(None), a_standing(score=None), Evidence(A_DAY, an_account())))
    assert score_of_line(line).value is None
    assert standing_of_line("acme", line).score is None


def test_a_standing_comes_back_with_the_history_that_led_to_it() -> None:
    standing = a_standing(**RICH)
    line = through_the_file(health_line(a_score(), standing, Evidence(A_DAY, an_account(), USE)))
    assert standing_of_line("acme", line, HISTORY) == standing


def test_without_the_days_before_a_standing_knows_its_own_score() -> None:
    line = through_the_file(health_line(a_score(), a_standing(), Evidence(A_DAY, an_account(), USE)))
    assert standing_of_line("acme", line).history == History("v1", A_DAY.toordinal(), (712,))


def test_the_facts_and_the_use_of_the_night_come_back_and_no_name_is_kept() -> None:
    account = an_account(name="Acme Ltd", domain="acme.example", arr=Decimal("12000.50"), licensed_seats=20)
    line = through_the_file(health_line(a_score(), a_standing(), Evidence(A_DAY, account, USE, scope="smb")))
    known = evidence_of_line(line, A_DAY)
    assert (known.use, known.scope) == (USE, "smb")
    assert known.account == account.model_copy(update={"name": None, "domain": None})
    assert "Acme Ltd" not in json.dumps(line)


def test_an_account_of_which_no_event_is_known_has_no_use() -> None:
    line = through_the_file(health_line(a_score(), a_standing(), Evidence(A_DAY, an_account())))
    assert evidence_of_line(line, A_DAY).use is None
