"""Who was right when a person and the score disagreed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from health_monitor.learn.overrides import Case, case_of, missed, tallies
from health_monitor.model.dossier import Dossier
from health_monitor.model.records import Renewal
from health_monitor.model.score import Deltas
from health_monitor.model.scorecard import Trend
from health_monitor.score.overruled import overruled, overruled_since
from health_monitor.views.overrides import case_rows, list_rows, missed_lines, tally_rows
from tests.builders import a_standing, an_account, an_override

SET = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = date(2026, 7, 1)


def judged(
    status: str, model: str | None, today: date = LATER, renewals: tuple[Renewal, ...] = (), **account: Any
) -> Case:
    override = an_override(status=status, model_status=model, at=SET)
    return case_of(an_account(**account), Dossier(renewals=renewals), override, today)


def renewal(outcome: str, day: date) -> Renewal:
    facts: dict[str, Any] = {"outcome": outcome, "due_on": day}
    return Renewal(source="csv", key="1", changed_at=SET, **facts)


GONE = date(2026, 5, 1)


@pytest.mark.parametrize(
    ("status", "model", "left", "verdict"),
    [
        ("at_risk", "healthy", GONE, "person"), ("critical", "at_risk", GONE, "both"),
        ("healthy", "critical", GONE, "model"), ("moderate", "healthy", GONE, "neither"),
        ("healthy", "at_risk", None, "person"), ("at_risk", "moderate", None, "model"),
        ("at_risk", "critical", None, "neither"), ("healthy", "moderate", None, "both"),
        ("at_risk", None, None, "no_score"),
    ],
)  # fmt: skip
def test_at_risk_says_that_it_leaves_and_healthy_that_it_stays(
    status: str, model: str | None, left: date | None, verdict: str
) -> None:
    assert judged(status, model, churn_date=left).verdict == verdict


def test_it_is_open_until_the_account_left_renewed_or_ninety_days_are_over() -> None:
    soon = SET.date() + timedelta(days=90)
    assert judged("at_risk", "healthy", soon).verdict == "open"
    assert judged("at_risk", "healthy", soon + timedelta(days=1)).verdict == "model"
    assert judged("at_risk", "healthy", soon, (renewal("renewed", GONE),)).verdict == "model"
    assert judged("at_risk", "healthy", soon, (renewal("churned", GONE),)).verdict == "person"
    assert judged("at_risk", "healthy", soon, (renewal("pending", GONE),)).verdict == "open"
    assert judged("at_risk", "healthy", churn_date=date(2026, 6, 20)).verdict == "model", "it left later"
    assert judged("at_risk", "healthy", churn_date=date(2026, 2, 1)).left is None, "it had left before"


def decided(outcome: str, on: date) -> tuple[Renewal, ...]:
    facts: dict[str, Any] = {"outcome": outcome, "due_on": on, "decided_on": on}
    return (Renewal(source="csv", key="1", changed_at=SET, **facts),)


def test_what_is_dated_after_today_is_no_fact_yet() -> None:
    tomorrow = GONE + timedelta(days=1)
    assert judged("at_risk", "healthy", GONE, decided("renewed", tomorrow)).verdict == "open"
    assert judged("at_risk", "healthy", tomorrow, decided("renewed", tomorrow)).verdict == "model"
    assert judged("at_risk", "healthy", GONE, decided("churned", tomorrow)).verdict == "open"
    assert judged("at_risk", "healthy", GONE, churn_date=tomorrow).verdict == "open"
    assert judged("at_risk", "healthy", tomorrow, churn_date=tomorrow).verdict == "person"


def test_what_was_decided_on_the_day_of_the_override_or_before_proves_nothing() -> None:
    assert judged("at_risk", "healthy", GONE, decided("renewed", SET.date())).verdict == "open"


def test_an_override_that_was_taken_back_within_a_day_is_not_judged() -> None:
    for lasted, verdict in ((timedelta(seconds=9), "taken_back"), (timedelta(days=1), "model")):
        one = an_override(
            status="at_risk", model_status="healthy", at=SET, ended_at=SET + lasted, ended_by="x@y.example"
        )
        case = case_of(an_account(), Dossier(), one, LATER)
        assert case.verdict == verdict
    gone = case_of(an_account(churn_date=GONE), Dossier(), an_override(at=SET, ended_at=SET, ended_by="x"), LATER)
    assert tallies([gone])[0].open == 1
    assert case_rows([gone])[0][-1] == "taken back within a day"


def cases() -> list[Case]:
    told = an_override(missed="New competitor", author="max@example.com", at=SET, model_status="healthy")
    return [
        *(Case("a", told, True, "person") for _ in range(3)),
        Case("b", an_override(missed="new competitor", at=SET), False, "model"),
        Case("c", an_override(missed="budget", at=SET), None, "open"),
        Case("d", an_override(at=SET), None, "no_score"),
    ]


def test_they_are_counted_for_everybody_and_each_author() -> None:
    everybody, carla, max_ = tallies(cases())
    assert (everybody.who, everybody.n, everybody.person, everybody.model, everybody.open) == ("everybody", 6, 3, 1, 2)
    assert (carla.decided, max_.decided) == (1, 3)
    assert [row[-1] for row in tally_rows(cases())] == ["3 of 4", "0 of 1", "3 of 3"]
    assert tally_rows([])[0][-1] == "–"


def test_what_people_say_again_and_again_is_told() -> None:
    assert missed(cases()) == [("new competitor", 4, 3), ("budget", 1, 0)]
    often, once = missed_lines(cases())
    assert often.endswith("new competitor, 4 of these, 3 of them right so far; think of a measure for it.")
    assert once.endswith("budget, 1 of these, 0 of them right so far.")


def test_a_case_reads_in_words() -> None:
    rows = case_rows(cases())
    assert rows[0] == ("a", "2026-03-01", "at risk", "healthy", "left", "the person")
    assert [row[4:] for row in rows[3:]] == [
        ("stayed", "the score"), ("open", "open"), ("open", "there was no score"),
    ]  # fmt: skip


def test_a_list_shows_what_the_score_says_now_else_what_it_said() -> None:
    one = an_override(at=SET, expires_on=date(2026, 4, 1), model_status="moderate", score=612)
    standing = a_standing(model_status=None, score=None)
    ended = an_override(at=SET, ended_at=SET, ended_by="max@example.com")
    rows = list_rows([("a", one, None), ("a", one, standing), ("b", ended, None)], date(2026, 3, 2))
    assert [row[1:6] for row in rows] == [
        ("at risk", "moderate", "61.2", "carla@example.com", "2026-04-01"),
        ("at risk", "–", "–", "carla@example.com", "2026-04-01"),
        ("at risk", "–", "–", "carla@example.com", "ended 2026-03-01 by max@example.com"),
    ]
    assert list_rows([("a", one, None)], LATER)[0][5] == "expired 2026-04-01"


def test_an_override_changes_the_status_and_its_colour_and_nothing_of_the_score() -> None:
    before = a_standing(status="healthy", model_status="healthy", deltas=Deltas(80, None, None))
    after = overruled(before, an_override(status="critical"), Trend(), SET)
    assert (after.status, after.model_status, after.display_color, after.at) == ("critical", "healthy", "orange", SET)
    assert after.override == an_override().name
    back = overruled(after, None, Trend(), SET)
    assert (back.status, back.override, back.display_color) == ("healthy", None, "green")
    assert (back.score, back.history) == (before.score, before.history)


def test_what_a_person_judged_after_the_night_s_day_goes_on_and_what_they_ended_stays_ended() -> None:
    night, said = SET.date(), an_override(status="critical").name
    scored = a_standing(status="healthy", model_status="healthy")
    judged = scored.model_copy(update={"at": SET + timedelta(days=1), "override": said, "status": "critical"})
    after = overruled_since(scored, judged, night, Trend())
    assert (after.status, after.model_status, after.override, after.at) == ("critical", "healthy", said, judged.at)
    overridden, ended = judged.model_copy(update={"at": None}), scored.model_copy(update={"at": judged.at})
    again = overruled_since(overridden, ended, night, Trend())
    assert (again.status, again.override) == ("healthy", None)
    for before in (None, scored, judged.model_copy(update={"at": SET}), ended):
        assert overruled_since(scored, before, night, Trend()) is scored
