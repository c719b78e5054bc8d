"""Why an account has its score, as it is read."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from health_monitor.model.account import Account
from health_monitor.model.explanation import Base, Compared, Explanation, Lift, Reported, Target, Unreported
from health_monitor.model.records import AnyRecord, Goal, Invoice, Note, Person, Pulse, Ticket, Touchpoint
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
from health_monitor.score.advice import advice, cause_of, issues
from health_monitor.score.said import fact
from health_monitor.score.waterfall import waterfall
from health_monitor.views.explain import WIDTH, explain_lines, unreported_lines
from health_monitor.views.explain_json import explain_json, unreported_json
from health_monitor.views.records import record_line
from tests.rooms.scores import DAY, dimension, scored
from tests.rooms.standings import a_standing

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
ACME = Account(account_id="acme", name="Acme")
TICKET = Ticket(source="zendesk", key="7", changed_at=NOON, opened_at=NOON, type="bug", severity="p1")
NAMES = tuple(f"ticket:zendesk/{n}" for n in range(7, 14))


def the_score(active: int, *, day: date = DAY, extra: tuple[MeasureScore, ...] = ()) -> Score:
    """So many of 20 seats active, tickets, and an unknown NPS."""
    usage = dimension(
        "usage", 7_000, (MeasureScore("active_users", 4_000, Reading(active * 500, {"active": active, "seats": 20})),)
    )
    tickets = Reading(4_000, {"tickets": 3, "usual": 5.0, "open_p1": 1, "reopened": 0}, NAMES)
    unknown = MeasureScore("nps", 4_000, Reading(None, because="nobody answered"))
    sentiment = dimension("sentiment", 3_000, (MeasureScore("support_friction", 2_000, tickets), unknown, *extra))
    return scored((usage, sentiment), day=day)


def stands(score: Score, **changes: object) -> Standing:
    """Where the account stands with the score."""
    known = Standing(
        account_id="acme", as_of=score.day, version=score.version, card=score.card, score=score.value,
        coverage=score.coverage, provisional=score.provisional, status="at_risk", model_status="at_risk",
        history=History(score.version, score.day.toordinal(), (score.value,)),
    )  # fmt: skip
    return known.model_copy(update=changes)


def explained(**changes: object) -> Explanation:
    """The account, with what the test says."""
    score, before = the_score(8), the_score(16, day=DAY - timedelta(days=30))
    standing = stands(score, drivers=(Driver("active_users", "usage", -420, "Active users 40 of 100"),))
    fell = waterfall(before, score)
    facts = {each.name: fact(each.name, each.reading) for one in score.dimensions for each in one.measures}
    target = Target("active_users", "usage", 4_000, 8_500, 315, 8, 17, "8 of 20 seats active → 17")
    records: dict[str, AnyRecord | None] = dict.fromkeys(NAMES, TICKET)
    found = Explanation(
        account=ACME, reported=Reported(DAY, score, standing, "c1", ACME), cause=cause_of(fell, score), facts=facts,
        records=records,
        issues=issues(score), phases=advice(score, "at_risk", fell, "13 May 2026"),
        lifts=(Lift("moderate", 500, (target,)), Lift("healthy", None, None, "nothing is enough")),
        compared=(Compared("use_case", "billing", 9, 300, 580, 700, -180, "below the median"),),
        base=Base(before.day, before, stands(before), False), waterfall=fell, marks=("an override ended",),
        since=date(2026, 5, 13), restated=None, now=standing,
    )  # fmt: skip
    return found._replace(**changes)


def page(found: Explanation) -> str:
    """The page with its lines joined by single spaces."""
    return " ".join(" ".join(explain_lines(found)).split())


def test_the_page_says_where_it_stands_and_that_nothing_changes_it():
    text = page(explained())

    assert text.startswith("Acme (acme), 2026-06-12: 40.0 of 100, at risk As the night of 2026-06-12 reported it")
    assert "does not change this page" in text
    assert "Now (" not in text


def test_what_made_it_fall_comes_first():
    lines = list(explain_lines(explained()))

    first = lines[lines.index("Main reasons") + 1]
    assert first.startswith("  Most likely because of this: Active users 40 of 100: 8 of 20 seats active in 30 days")


def test_every_point_of_the_change_stands_on_the_page():
    text = page(explained())

    assert "What changed since 2026-05-13; falling since 2026-05-13 68.0 on 2026-05-13" in text
    assert "-28.0 Usage: Active users 40 of 100" in text
    assert "40.0 on 2026-06-12 (-28.0) Beside it: an override ended" in text


def test_measures_have_their_numbers_and_their_records():
    text = page(explained())

    assert "40.0 Active users 40 points 8 of 20 seats active in 30 days (from the events of 30 days)" in text
    assert "ticket:zendesk/7: bug, p1, opened 2026-06-12" in text
    assert "and 4 more records; all are in --json" in text


def test_a_record_that_is_gone_or_was_changed_says_so():
    later = Ticket(source="zendesk", key="8", changed_at=NOON + timedelta(days=2), opened_at=NOON)
    records = dict.fromkeys(NAMES, TICKET) | {NAMES[0]: None, NAMES[1]: later}

    text = page(explained(records=records))

    assert "ticket:zendesk/7: no longer stored" in text
    assert "(changed since, on 2026-06-14)" in text


def test_what_is_missing_stands_beside_it():
    assert "Not known NPS: nobody answered (it comes from: surveys)" in page(explained())


def test_a_person_whom_the_crm_told_again_is_not_told_as_changed():
    again = Person(source="crm", key="c", changed_at=NOON + timedelta(days=2), role="champion", department="sales")

    assert "(changed since" not in page(explained(records=dict.fromkeys(NAMES, again)))


def test_the_day_that_was_asked_for_stands_beside_the_nearest_that_is_stored():
    month_ago = DAY - timedelta(days=30)
    base = Base(DAY - timedelta(days=35), the_score(16), None, restated=True, wanted=month_ago)
    standing = stands(the_score(8), deltas=Deltas(-300, None, None))
    found = explained(base=base, reported=Reported(DAY, the_score(8), standing, None, ACME))

    assert f"What changed since 2026-05-08 (the nearest that is stored to {month_ago}; restated" in page(found)
    assert "Over 30 days exactly, as in the list of accounts: -30.0" in page(found)
    same = stands(the_score(8), deltas=Deltas(-280, None, None))
    assert "Over 30 days" not in page(found._replace(reported=Reported(DAY, the_score(8), same, None, ACME)))


def test_that_more_is_known_is_told_first():
    less = the_score(16)._replace(coverage=6_500)

    text = page(explained(base=Base(DAY - timedelta(days=30), less, None, restated=False)))

    assert "Main reasons Part of the change is only in what is known: 65 % of the scorecard was known then" in text


def test_a_rescoring_says_what_moved():
    p1 = Signal("p1_open", "critical", "P1 ticket ticket:desk/T-900 is open since 2026-06-12", since=DAY)
    now = stands(the_score(8)._replace(value=383), at=NOON, dimensions={"usage": 4_000, "sentiment": 3_000})
    now = now.model_copy(update={"signals": (p1,)})

    text = page(explained(now=now))

    assert "Now (rescored at 2026-06-12 12:00 UTC): 38.3 (-1.7), at risk. P1 ticket ticket:desk/T-900 is open" in text
    assert "Sentiment: 40.0 → 30.0." in text
    assert "Usage: 40.0 →" not in text


def test_an_override_since_then_stands_in_the_first_line():
    now = stands(the_score(8), at=NOON, override="override:us/1", status="healthy", model_status="at_risk")

    assert "40.0 of 100, at risk; healthy now, by a person's override" in next(iter(explain_lines(explained(now=now))))


def test_a_limit_that_targets_lift_is_named():
    found = explained(lifts=(Lift("healthy", 813, (), "the limit “usage_down”"),))

    assert "To healthy (green), at 81.3 (held down now by the limit “usage_down”, which these lift too):" in page(found)


def test_what_is_the_same_for_every_account_is_one_line():
    text = page(explained())

    assert "3. Do it, and watch: as with every account" in text
    assert "Give every action a person" not in text


def test_issues_peers_targets_and_steps_are_told():
    text = page(explained())

    assert "-42.0 Low use of the licence (Active users)" in text
    assert "-18.0 use case billing: the median of 9 is 58.0, half are between 30.0 and 70.0; below the median" in text
    assert "To moderate, at 50.0: +31.5 8 of 20 seats active → 17" in text
    assert "To healthy (green): nothing is enough." in text
    assert "1. Find the root cause - Usage declined most" in text


def test_no_line_is_wider_than_the_page():
    long = Standing.model_validate(stands(the_score(8)).model_dump() | {"limited_by": "usage fell " * 20})
    found = explained(reported=Reported(DAY, the_score(8), long, None, ACME), marks=("word " * 60,))

    assert all(len(line) <= WIDTH for line in explain_lines(found))


def test_an_override_a_limit_and_a_rescoring_are_told():
    standing = stands(
        the_score(8), override="override:us/1", status="critical", limited_by="usage_down", trend="declining",
        tier="T1",
        provisional=True,
    )  # fmt: skip
    score = the_score(8)._replace(provisional=True)
    now = stands(the_score(9), at=NOON, version="v2")

    text = page(explained(reported=Reported(DAY, score, standing, None, ACME), now=now, restated=412))

    assert "critical by a person's override (the model says at risk)" in text
    assert "the limit “usage_down” holds the status down; it is declining over 3 months; coverage tier T1." in text
    assert "is known: provisional" in text
    assert "Restated by today's scorecard v2, the score of that day is 41.2." in text
    assert "Now (rescored at 2026-06-12 12:00 UTC): 42" not in text or "at risk" in text
    assert "Now (rescored at 2026-06-12 12:00 UTC)" in text


def test_a_past_day_says_where_the_account_stands_now():
    assert "Now (as of 2026-06-20): 40.0, at risk." in page(explained(now=stands(the_score(8, day=date(2026, 6, 20)))))


def test_without_an_earlier_score_no_change_is_made_up():
    text = page(explained(base=None, waterfall=None, cause=None, since=None, now=None))

    assert "What changed There is no earlier score to compare with." in text
    assert "Most likely" not in text


def test_a_day_without_a_score_is_no_change_either():
    assert "One of the two days has no score." in page(explained(waterfall=None, since=None))


def test_a_restated_day_is_told_as_such():
    base = Base(DAY - timedelta(days=28), the_score(16), None, restated=True)

    assert "(restated: worked out now, no night reported on that day)" in page(explained(base=base))


def test_without_a_fall_no_cause_is_made_up():
    assert "Most likely" not in page(explained(cause=None))


def test_a_scorecard_that_is_gone_has_no_targets():
    assert "The scorecard of that night is no longer stored" in page(explained(lifts=None))


def test_what_nobody_knows_has_no_heading():
    text = page(explained(compared=(), issues=(), phases=(), lifts=()))

    assert "Issues" not in text
    assert "What to do" not in text
    assert "What would lift it" not in text


def test_a_change_without_a_measure_and_a_measure_of_an_older_version_are_told():
    old = (MeasureScore("seat_heat", 1_000, Reading(5_000, {"heat": 3})), MeasureScore("mood", 1_000, Reading(None)))
    before, after = the_score(8), the_score(8, extra=old)
    found = explained(
        reported=Reported(DAY, after, stands(after), None, ACME),
        waterfall=waterfall(before, after._replace(version="v2")),
        account=Account(account_id="acme"), facts=explained().facts | {"seat_heat": "heat 3", "mood": ""},
    )  # fmt: skip

    text = page(found)

    assert "50.0 Seat heat 10 points heat 3" in text
    assert "Mood: –" in text
    assert text.startswith("acme, 2026-06-12")


def test_a_shift_of_what_is_known_is_told_without_a_measure():
    known = (MeasureScore("csat", 3_000, Reading(10_000, {"answers": 2})),)
    found = explained(waterfall=waterfall(the_score(8), the_score(8, extra=known)))

    assert "What is known counts differently" in page(found)


def test_a_day_that_was_not_reported_says_so_and_what_it_would_have_been():
    found = Unreported(ACME, DAY, "the first night was 2026-07-01", the_score(8))

    text = " ".join(unreported_lines(found))

    assert text.startswith("Nothing was reported of Acme on 2026-06-12: the first night was 2026-07-01.")
    assert "Worked out now from the stored past" in text
    assert "Usage" in text


def test_without_any_night_no_day_is_named():
    told = list(unreported_lines(Unreported(ACME, date.min, "no night has been run yet", None)))
    at = datetime(2026, 6, 12, 9, 30, tzinfo=UTC)
    signals = (Signal("p1_open", "critical", "a P1 ticket is open", since=at.date(), at=at),)
    first = a_standing(at=at, score=None, status=None, model_status=None, signals=signals)
    stood = list(unreported_lines(Unreported(ACME, DAY, "it is new", None, first)))
    assert stood[-2:] == [
        "Now (rescored at 2026-06-12 09:30 UTC): –, not enough known.", "  critical: a P1 ticket is open",
    ]  # fmt: skip
    assert list(unreported_lines(Unreported(ACME, DAY, "it is new", None, first.model_copy(update={"at": None})))) == (
        list(unreported_lines(Unreported(ACME, DAY, "it is new", None)))
    )

    assert told == ["Nothing was reported of Acme: no night has been run yet."]


def test_programs_get_everything_in_points():
    found = explained(
        records={NAMES[0]: TICKET, NAMES[1]: None, "pulse:us/1": Pulse(
            source="us", key="1", changed_at=NOON, at=NOON, rating=2, reasons=("price", "bugs")
        )}
    )  # fmt: skip

    told = json.loads(json.dumps(explain_json(found)))

    assert (told["score"], told["coverage"], told["reported"]) == (40.0, 100.0, True)
    assert told["waterfall"]["changes"][0]["points"] == -28.0
    assert told["waterfall"]["changes"][0]["after"]["numbers"] == {"active": 8, "seats": 20}
    assert told["dimensions"][0]["measures"][0]["value"] == 40.0
    assert told["lifts"][0]["targets"][0]["said"] == "8 of 20 seats active → 17"
    assert told["lifts"][1]["targets"] is None
    assert told["records"]["ticket:zendesk/8"] is None
    assert told["records"]["pulse:us/1"]["reasons"] == ["price", "bugs"]
    assert told["since"] == told["since"] | {
        "date": "2026-05-13",
        "wanted": "2026-05-13",
        "restated": False,
        "score": 68.0,
    }
    assert told["standing"]["drivers"][0]["points"] == -42.0


def test_programs_get_nothing_where_there_is_nothing():
    nothing = Score(DAY, "v1", "default", None, 0, True, (DimensionScore("usage", 10_000, None, ()),))
    standing = stands(nothing, deltas=Deltas(None, -10, None))
    found = explained(
        reported=Reported(DAY, nothing, standing, None, ACME),
        waterfall=None,
        base=None,
        cause=None,
        since=None,
        lifts=None,
        now=None,
    )

    told = explain_json(found)

    assert [told[name] for name in ("score", "waterfall", "since", "falling_since", "lifts", "now")] == [None] * 6
    assert told["standing"]["deltas"] == {"d30": None, "d90": -1.0, "d180": None}


def test_programs_hear_of_a_change_without_readings_and_of_unreported_days():
    known = (MeasureScore("csat", 3_000, Reading(10_000, {"answers": 2})),)
    found = explained(waterfall=waterfall(the_score(8), the_score(8, extra=known)))

    told = explain_json(found)["waterfall"]["changes"]
    assert {one["kind"]: one["before"] for one in told}["coverage"] is None
    said = unreported_json(Unreported(ACME, DAY, "the first night was later", the_score(8)), "2026-06-12")
    assert (said["reported"], said["restated"]["score"]) == (False, 40.0)
    assert unreported_json(Unreported(ACME, DAY, "it had left", None), None)["restated"] is None


def test_records_are_told_by_what_counts():
    named = {"source": "crm", "key": "1", "changed_at": NOON}
    bill = Invoice(**named, due_on=DAY, amount=Decimal("1200.50"), voided=True)  # type: ignore[arg-type]
    goal = Goal(**named, title="Faster close", set_on=DAY, start=10.0, current=6.5, target=3.0)  # type: ignore[arg-type]
    came = Touchpoint(**named, kind="help_centre", at=NOON, attended=True)  # type: ignore[arg-type]
    pulse = Pulse(**named, at=NOON, rating=2, reasons=("price", "bugs"))  # type: ignore[arg-type]

    assert record_line(bill) == "amount 1,200.50, due 2026-06-12, voided"
    assert record_line(goal) == "Faster close, start 10, current 6.5, target 3"
    assert record_line(came) == "help centre, 2026-06-12, attended"
    assert record_line(pulse) == "rating 2, reasons price and bugs, 2026-06-12"
    assert record_line(Note(**named, at=NOON, text="private")) == ""  # type: ignore[arg-type]


def test_what_begins_a_sentence_keeps_its_names() -> None:
    rated = MeasureScore("csm_pulse", 1_000, Reading(0, {"rating": 1}))
    score = the_score(8, extra=(rated,))
    assert "A bad rating by the CSM (CSM's pulse)" in page(explained(issues=issues(score)))
