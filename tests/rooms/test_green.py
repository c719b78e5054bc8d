"""What would make this green: the smallest changes, each in the measure's own unit."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.model.account import Account
from health_monitor.model.default_scorecard import default_scorecard
from health_monitor.model.dossier import Dossier
from health_monitor.model.evidence import Evidence, Peers, Use
from health_monitor.model.explanation import Lift
from health_monitor.model.measure import MEASURES
from health_monitor.model.records import Goal, Invoice, Person, Pulse, Roi, Survey, Ticket, Touchpoint
from health_monitor.model.score import Number, Reading, Score
from health_monitor.model.scorecard import Scorecard, StatusLimit
from health_monitor.score.card import score_of
from health_monitor.score.green import lifts
from health_monitor.score.measures import MEASURE
from health_monitor.score.search import Kind, cheapest
from health_monitor.score.status import status_of
from health_monitor.score.targets import MOVES, Option, options

DAY = date(2026, 6, 12)
NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
ACCOUNT = Account(account_id="acme", licensed_seats=20, use_cases_bought=4, use_cases_live=1)
USE = Use(
    age=400, seen_days=400, index_now=40, index_30=40, index_60=60, index_90=80, baseline=0.5, active_30=14, new_90=1,
    daily=2, weekly=5, monthly=7, user_health=(80_000, 16), engaged=5, at_risk=6, dormant=5, features=("export",),
)  # fmt: skip
MEDIAN = 0.4
PEERS = Peers({"-": (tuple(MEDIAN * at / 10 for at in range(21)), 12)}, trains=True)
EVIDENCE = Evidence(day=DAY, account=ACCOUNT, use=USE, peers=PEERS, core_features=("export", "share", "plan", "chat"))
PLAIN = default_scorecard().model_copy(update={"status_limits": (), "unknown_below": 0})


def named(key: str) -> dict[str, object]:
    """What every record says of itself."""
    return {"source": "crm", "key": key, "changed_at": NOON}


def touch(kind: str, days: int, key: str, **more: object) -> Touchpoint:
    """A touchpoint so many days ago."""
    return Touchpoint(**named(key), kind=kind, at=NOON - timedelta(days=days), **more)  # type: ignore[arg-type]


def with_records(**shelves: tuple[object, ...]) -> Evidence:
    """The account with these records."""
    return replace(EVIDENCE, dossier=Dossier(**shelves))  # type: ignore[arg-type]


def mails(answered: int, sent: int) -> Evidence:
    """So many mails of ours, each a month before the next, the first ones answered the day after."""
    ours = [touch("email", 80 - 20 * at, f"m{at}") for at in range(sent)]
    theirs = [touch("email", 79 - 20 * at, f"a{at}", inbound=True) for at in range(answered)]
    return with_records(touchpoints=tuple(sorted((*ours, *theirs), key=lambda one: one.at)))


def reviews(*attended: bool) -> Evidence:
    """Business reviews of the last months, attended or not."""
    return with_records(
        touchpoints=tuple(touch("qbr", 90 - at, f"q{at}", attended=came) for at, came in enumerate(attended))
    )


def tickets(count: int, p1: int) -> Evidence:
    """So many bugs of the last week, so many of them an open P1."""
    return with_records(tickets=tuple(
        Ticket(
            **named(f"t{at}"), opened_at=NOON - timedelta(days=3), type="bug", severity="p1" if at < p1 else "p3",  # type: ignore[arg-type]
            solved_at=None if at < p1 else NOON - timedelta(days=1),
        )
        for at in range(count)
    ))  # fmt: skip


def champion(silent_days: int, *roles: str) -> Evidence:
    """People with these roles whom we met so many days ago."""
    people = tuple(Person(**named(role), role=role) for role in roles)  # type: ignore[arg-type]
    met = tuple(touch("call", silent_days, f"c{role}", contact_id=role) for role in roles)
    return with_records(persons=people, touchpoints=met)


def in_departments(*names: str) -> Evidence:
    """Contacts in these departments."""
    return with_records(persons=tuple(Person(**named(one), department=one) for one in names))  # type: ignore[arg-type]


def answered(*scores: int, survey: str = "nps") -> Evidence:
    """Answers given today."""
    return with_records(surveys=tuple(
        Survey(**named(f"s{at}"), survey=survey, score=score, at=NOON) for at, score in enumerate(scores)  # type: ignore[arg-type]
    ))  # fmt: skip


def used(**changes: object) -> Evidence:
    """The account with other use."""
    return replace(EVIDENCE, use=USE._replace(**changes))  # type: ignore[arg-type]


def with_goal(current: float) -> Evidence:
    """One goal, so far on its way from 0 to 100."""
    goal = Goal(**named("g"), title="Faster close", set_on=DAY, current=current, target=100)  # type: ignore[arg-type]
    return with_records(goals=(goal,))


def invoiced(paid_on: date | None) -> Evidence:
    """One bill that was due a month ago."""
    bill = Invoice(**named("i"), due_on=DAY - timedelta(days=30), paid_on=paid_on)  # type: ignore[arg-type]
    return with_records(invoices=(bill,))


def shown(days: int) -> Evidence:
    """A return that was shown so many days ago."""
    return with_records(rois=(Roi(**named("r"), shown_on=DAY - timedelta(days=days)),))  # type: ignore[arg-type]


MOVED = [
    ("active_users", EVIDENCE, used(active_30=17), "14 of 20 seats active → 17"),
    ("login_frequency", EVIDENCE, used(daily=10, weekly=4, monthly=0), "people who come daily: 2 of 14 → 10"),
    ("feature_depth", EVIDENCE, used(features=("export", "share", "plan")),
     "1 of 4 core features used → 3 (unused: chat, plan, share)"),
    ("user_health", EVIDENCE, used(user_health=(16 * 6_000, 16)), "the users' mean score 50 → 60"),
    ("usage_trend", EVIDENCE, used(index_now=60), "40 active user-days in 14 days → 60"),
    ("peer_usage", EVIDENCE, used(index_now=112), "14 % of the seats active on a usual day → 40 %, the peers' median"),
    ("qbr_attendance", reviews(True, False), reviews(True, False, True),
     "1 of 2 business reviews attended → the next review too"),
    ("response_rate", mails(1, 2), mails(3, 4), "1 of 2 messages answered → the next 2 messages too"),
    ("training", with_records(touchpoints=()), with_records(touchpoints=(touch("training", 3, "t", attended=True),)),
     "trainings attended in 12 months: 0 → 1"),
    ("goals_met", with_goal(40), with_goal(70), "the goals' mean progress 40 % → 70 %"),
    ("roi_shown", shown(300), shown(0), "a return last shown 300 days ago → shown now"),
    ("roi_shown", with_goal(0), shown(0), "a return never shown → shown now"),
    ("use_cases", EVIDENCE, replace(EVIDENCE, account=ACCOUNT.model_copy(update={"use_cases_live": 3})),
     "1 of 4 use cases live → 3"),
    ("nps", answered(3, 8), answered(3, 8, 9), "NPS: 1 more answer of 9 or 10"),
    ("csat", answered(2, survey="csat"), answered(2, 5, 5, survey="csat"), "satisfaction: 2 more answers of 5"),
    ("support_friction", tickets(4, 1), tickets(4, 0), "open P1: 1 → 0"),
    ("support_friction", tickets(8, 0), tickets(6, 0), "tickets in 30 days: 8 → 6"),
    ("executive_sponsor", champion(60, "executive_sponsor"), champion(3, "executive_sponsor"),
     "an executive sponsor, silent for 60 days → in touch within 30 days"),
    ("champion", champion(3, "admin"), champion(3, "champion"),
     "nobody is a champion → somebody is named, and active"),
    ("touch_cadence", with_records(touchpoints=(touch("call", 50, "c"),)),
     with_records(touchpoints=(touch("call", 0, "c"),)), "the last touchpoint 50 days ago → one now"),
    ("departments", in_departments("sales"), in_departments("sales", "finance"), "departments in it: 1 → 2"),
    ("payment", invoiced(None), invoiced(DAY), "overdue invoices: 1 → 0"),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "now", "then", "words"), MOVED)
def test_a_target_is_worth_what_the_measure_says_once_it_is_reached(
    measure: str, now: Evidence, then: Evidence, words: str
):
    settings = MEASURES[measure].settings

    found = {one.said: one.value for one in options(measure, MEASURE[measure](now, settings), settings)}

    reached = MEASURE[measure](then, settings).value
    assert reached is not None
    assert found[words] == pytest.approx(reached, abs=1)


def test_every_measure_that_somebody_can_move_has_targets():
    assert MOVES.keys() == {name for name, spec in MEASURES.items() if spec.actionable}
    assert {measure for measure, *_ in MOVED} == MOVES.keys()


@pytest.mark.parametrize("measure", ["csm_pulse", "relationship_rating", "contract", "expansion", "spend"])
def test_nobody_is_told_to_rate_better_or_to_sell_more(measure: str):
    assert options(measure, Reading(0), MEASURES[measure].settings) == ()


def test_an_unknown_measure_has_no_target():
    assert options("active_users", Reading(None), {}) == ()


@pytest.mark.parametrize("numbers", [{}, {"active": "many", "seats": 20}])
def test_a_reading_of_an_older_version_with_other_numbers_has_no_target(numbers: dict[str, Number]):
    assert options("active_users", Reading(5_000, numbers), {}) == ()


def test_a_sponsor_who_was_never_heard_of_has_to_be_in_touch():
    reading = Reading(0, {"there": 1, "departed": 0, "silent_days": None})

    told = options("executive_sponsor", reading, MEASURES["executive_sponsor"].settings)

    assert told == (
        Option(10_000, None, 0, "an executive sponsor, never heard from → in touch within 30 days"),
    )  # fmt: skip


@given(st.lists(st.tuples(st.sets(st.integers(1, 40), min_size=1, max_size=5), st.integers(0, 9), st.booleans()),
                max_size=4), st.integers(0, 400), st.integers(0, 9))  # fmt: skip
def test_no_choice_is_cheaper(given_kinds: list[tuple[set[int], int, bool]], need: int, each: int):
    kinds = [Kind(tuple(sorted(costs)), gain, must) for costs, gain, must in given_kinds]

    found = cheapest(kinds, need, each)

    every = [tuple(one) for one in product(*([*([] if kind.must else [0]), *kind.costs] for kind in kinds))]
    enough = [one for one in every if sum(c * kind.gain for c, kind in zip(one, kinds, strict=True)) >= need]
    if not enough:
        assert found is None
        return
    assert found is not None
    assert _cost(kinds, found, each) == min(sum(one) + each * sum(map(bool, one)) for one in enough)


def test_of_a_measure_with_many_steps_the_one_that_is_just_enough_is_taken():
    assert cheapest([Kind(tuple(range(1, 1001)), 3)], 1_000) == {0: 333}


def test_of_two_equally_cheap_ways_the_one_with_fewer_changes_is_taken():
    assert cheapest([Kind((5,), 1), Kind((5,), 1), Kind((10,), 1)], 10) == {2: 0}


def _cost(kinds: Sequence[Kind], found: dict[int, int], each: int) -> int:
    return sum(kinds[at].costs[step] + each for at, step in found.items())


def the_lifts(evidence: Evidence, scorecard: Scorecard = PLAIN) -> tuple[Score, tuple[Lift, ...]]:
    """An account's score, and what would lift it."""
    score = score_of(evidence, scorecard)
    bands = scorecard.band_sets["default"]
    return score, lifts(score, status_of(score.value, bands), scorecard)


def test_the_next_band_and_green_are_told_each_with_its_targets():
    score, found = the_lifts(used(active_30=12, index_now=44))

    assert status_of(score.value, PLAIN.band_sets["default"]) == "at_risk"
    assert [one.status for one in found] == ["moderate", "healthy"]
    assert all(one.targets for one in found)
    assert all("→" in target.said for one in found for target in one.targets or ())


def test_reaching_the_targets_lifts_the_score_to_the_band():
    score, (_, green) = the_lifts(used(active_30=12, index_now=44))

    assert green.score is not None
    assert green.score >= 750
    moved = sum(one.points for one in green.targets or ())
    assert abs(green.score - (score.value or 0) - moved) <= 1 + len(green.targets or ())


def test_an_account_of_one_step_below_green_needs_one_small_step():
    only_use = replace(EVIDENCE, account=Account(account_id="acme", licensed_seats=20), peers=Peers(PEERS.usage))
    use = USE._replace(active_30=14, daily=10, weekly=3, monthly=1, features=("export", "share", "plan"), index_now=78)
    score, (green,) = the_lifts(replace(only_use, use=use))

    assert score.value == 706
    assert green.targets is not None
    assert len(green.targets) == 1


def test_a_healthy_account_needs_nothing_and_one_without_a_score_has_nothing():
    assert lifts(score_of(EVIDENCE, PLAIN), "healthy", PLAIN) == ()
    assert lifts(score_of(Evidence(day=DAY, account=ACCOUNT), PLAIN), None, PLAIN) == ()


def test_what_nobody_can_move_far_enough_is_said_so():
    pulse = Pulse(**named("p"), at=NOON, rating=1)  # type: ignore[arg-type]
    bare = Account(account_id="acme")
    whatever = PLAIN.model_copy(update={"unknown_below": 0})

    _, found = the_lifts(Evidence(day=DAY, account=bare, dossier=Dossier(pulses=(pulse,))), whatever)

    assert [one.targets for one in found] == [None, None]
    assert all("leads to 0.0 only" in (one.because or "") for one in found)


def test_a_limit_has_to_be_lifted_too_even_when_the_score_is_high_enough():
    limit = StatusLimit(name="usage_down", measure="usage_trend", at_most=50, status="at_risk")
    scorecard = PLAIN.model_copy(update={"status_limits": (limit,)})
    evidence = used(active_30=20, daily=14, weekly=0, monthly=0, features=EVIDENCE.core_features, index_now=40)

    (_, green) = lifts(score_of(evidence, scorecard), "at_risk", scorecard)

    assert green.targets is not None
    assert "usage_trend" in {one.measure for one in green.targets}
    assert next(one.to for one in green.targets if one.measure == "usage_trend") > 5_000
    assert green.because == "the limit “usage_down”"


def test_what_two_statuses_ask_for_alike_is_told_once():
    limit = StatusLimit(name="usage_down", measure="usage_trend", at_most=50, status="critical")
    scorecard = PLAIN.model_copy(update={"status_limits": (limit,)})
    evidence = used(active_30=20, daily=14, weekly=0, monthly=0, features=EVIDENCE.core_features, index_now=40)
    evidence = replace(evidence, account=Account(account_id="acme", licensed_seats=20), peers=Peers())

    found = lifts(score_of(evidence, scorecard), "critical", scorecard)

    assert [one.status for one in found] == ["healthy"]


def test_several_measures_move_a_little_before_one_moves_to_its_best():
    evidence = used(active_30=2, daily=0, weekly=3, monthly=11, index_now=30)

    _, (moderate, _) = the_lifts(evidence)

    assert moderate.targets is not None
    assert len(moderate.targets) > 1
    assert all(one.to < 10_000 for one in moderate.targets)


def test_a_limit_that_allows_the_status_asks_for_nothing():
    limit = StatusLimit(name="usage_down", measure="usage_trend", at_most=50, status="moderate")
    scorecard = PLAIN.model_copy(update={"status_limits": (limit,)})

    (moderate, _) = lifts(score_of(used(active_30=4), scorecard), "at_risk", scorecard)

    assert "usage_trend" not in {one.measure for one in moderate.targets or ()}


def test_a_limit_that_nobody_can_lift_is_named():
    limit = StatusLimit(name="bad_feeling", measure="csm_pulse", at_most=50, status="at_risk")
    scorecard = PLAIN.model_copy(update={"status_limits": (limit,)})
    pulse = Pulse(**named("p"), at=NOON, rating=1)  # type: ignore[arg-type]

    found = lifts(score_of(replace(EVIDENCE, dossier=Dossier(pulses=(pulse,))), scorecard), "at_risk", scorecard)

    assert found[0].because == "the limit “bad_feeling” holds, and nobody can move CSM's pulse far enough"


@given(st.integers(0, 20), st.integers(0, 80), st.integers(0, 14), st.integers(0, 4))
def test_targets_always_lead_to_the_status_they_promise(active: int, index: int, daily: int, features: int):
    evidence = used(
        active_30=active, index_now=index, daily=daily, weekly=14 - daily, monthly=0,
        features=EVIDENCE.core_features[:features],
    )  # fmt: skip
    score, found = the_lifts(evidence)

    for one in found:
        if one.targets is not None:
            assert status_of(one.score, PLAIN.band_sets["default"]) in (one.status, "healthy")
            assert all(target.to > target.value for target in one.targets)
            assert len({target.measure for target in one.targets}) == len(one.targets)
    assert score.value is not None
