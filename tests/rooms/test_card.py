"""A score from its measures: the seeds' vectors, what missing does, and what holds of every score."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.model.default_scorecard import default_scorecard
from health_monitor.model.dossier import Dossier
from health_monitor.model.evidence import Evidence, Peers
from health_monitor.model.measure import MEASURES, RISING, SETTINGS
from health_monitor.model.records import (
    Goal,
    Invoice,
    Person,
    Pulse,
    Renewal,
    Roi,
    Subscription,
    Survey,
    Ticket,
    Touchpoint,
)  # fmt: skip
from health_monitor.model.score import DimensionScore, MeasureScore, Reading, Score
from health_monitor.model.scorecard import Scorecard
from health_monitor.score.card import card_of, coverage_of, dimension_of, score_of, value_of
from health_monitor.score.measures import MEASURE
from tests.builders import A_DAY, a_scorecard, a_use, an_account, an_evidence
from tests.rooms.evidences import a_user_of, ago, known, noon, several, told

SEED = a_scorecard(scorecards=[{"name": "all", "preset": "seed_example"}])
BOTH = pytest.mark.parametrize("scorecard", [default_scorecard(), SEED], ids=["default", "seed_example"])


def dimension(score: Score, name: str) -> DimensionScore:
    return next(one for one in score.dimensions if one.name == name)


def of_dimensions(**values: int | None) -> tuple[DimensionScore, ...]:
    """Dimensions with these values (points) and the weights of the seed's example."""
    weights = {name: one.hundredths for name, one in SEED.presets["seed_example"].items()}
    return tuple(
        dimension_of(name, weights[name], (MeasureScore(name, 100, Reading(None if value is None else value * 100)),))
        for name, value in values.items()
    )


# The seeds' vectors.


def test_of_whom_too_little_is_known_there_is_no_score() -> None:
    roi = known(told(Roi, shown_on=ago(1)))
    score = score_of(roi, default_scorecard())
    assert (score.value, score.coverage, score.provisional) == (None, 510, True)
    for below, value in ((5.1, 1_000), (5.2, None)):
        assert score_of(roi, a_scorecard(unknown_below=below)).value == value


def test_the_dimensions_of_the_seeds_example_are_75() -> None:
    example = of_dimensions(usage=75, engagement=80, value=70, sentiment=85, relationship=60, financial=None)
    assert value_of(example) == 750
    assert value_of(of_dimensions(usage=75, engagement=80, value=70, sentiment=85, relationship=60, financial=0)) == 750
    assert coverage_of(example) == 10_000


@BOTH
def test_usage_of_70_percent_active_a_daily_rhythm_and_60_percent_of_the_features_is_76(scorecard: Scorecard) -> None:
    use = a_use(active_30=7, daily=7, index_90=None, features=("a", "b", "c"), user_health=(76_000, 10))
    evidence = an_evidence(use=use, account=an_account(licensed_seats=10), core_features=("a", "b", "c", "d", "e"))
    usage = dimension(score_of(evidence, scorecard), "usage")
    assert usage.value == 7_600
    parts = {one.name: one.points * (one.reading.value or 0) // 10_000 for one in usage.measures}
    assert {name: parts[name] for name in ("active_users", "login_frequency", "feature_depth")} == {
        "active_users": 2_800,
        "login_frequency": 3_000,
        "feature_depth": 1_800,
    }


@BOTH
def test_engagement_with_a_review_attended_every_answer_given_and_two_trainings_is_100(scorecard: Scorecard) -> None:
    full = known(
        *several(
            Touchpoint,
            {"kind": "qbr", "at": noon(30), "attended": True},
            {"kind": "email", "at": noon(40)},
            {"kind": "email", "at": noon(39), "inbound": True},
            {"kind": "training", "at": noon(50)},
            {"kind": "webinar", "at": noon(60)},
        )
    )
    assert dimension(score_of(full, scorecard), "engagement").value == 10_000


RELATIONSHIP = {
    "executive_sponsor": told(Person, "c1", role="executive_sponsor"),
    "champion": told(Person, "c2", role="champion"),
    "touch_cadence": told(Touchpoint, kind="call", at=noon(3)),
    "departments": (told(Person, "c3", department="Sales"), told(Person, "c4", department="Support")),
    "relationship_rating": told(Pulse, at=noon(3), rating=4),
}
NONE_OF_IT = (
    told(Person, "c0", role="admin", department="Finance"),
    told(Touchpoint, "0", kind="call", at=noon(80)),
    told(Pulse, "0", at=noon(100), rating=2),
)


@BOTH
@pytest.mark.parametrize("count", range(6))
def test_each_of_the_five_of_a_relationship_is_20_points(scorecard: Scorecard, count: int) -> None:
    there = [RELATIONSHIP[name] for name in list(RELATIONSHIP)[:count]]
    records = [one for part in there for one in (part if isinstance(part, tuple) else (part,))]
    assert dimension(score_of(known(*NONE_OF_IT, *records), scorecard), "relationship").value == count * 2_000


@BOTH
@pytest.mark.parametrize(("answer", "points"), [(9, 10_000), (7, 7_000), (6, 3_000)])
def test_nps_alone_is_the_sentiment_where_nothing_else_is_known(scorecard: Scorecard, answer: int, points: int) -> None:
    score = score_of(known(told(Survey, survey="nps", score=answer, at=noon(3))), scorecard)
    assert dimension(score, "sentiment").value == points


def test_the_presets_weigh_as_the_product_says() -> None:
    weights = {
        name: {one: int(each.weight) for one, each in preset.items()}
        for name, preset in default_scorecard().presets.items()
    }
    names = ("usage", "engagement", "value", "sentiment", "relationship", "financial")
    assert weights["default"] == dict(zip(names, (35, 18, 17, 15, 10, 5), strict=True))
    assert weights["seed_example"] == dict(zip(names, (35, 20, 20, 15, 10, 0), strict=True))


# Which scorecard, and what missing does.


@pytest.mark.parametrize(("segment", "name"), [("enterprise", "enterprise"), ("smb", "smb"), (None, "standard")])
def test_an_account_is_scored_by_the_first_scorecard_that_covers_it(segment: str | None, name: str) -> None:
    account = an_account(segment=segment)
    assert card_of(account, default_scorecard()).name == name
    assert score_of(an_evidence(account=account), default_scorecard()).card == name


def test_of_an_account_of_which_nothing_is_known_there_is_no_score() -> None:
    score = score_of(an_evidence(), default_scorecard())
    assert (score.value, score.coverage, score.provisional) == (None, 0, True)
    assert all(one.reading.because for each in score.dimensions for one in each.measures)
    assert (score.day, score.version) == (A_DAY, default_scorecard().version)


def test_missing_is_renormalised_and_never_zero() -> None:
    some = of_dimensions(usage=80, engagement=None, value=None, sentiment=60, relationship=None)
    assert value_of(some) == (80 * 35 + 60 * 15) * 10 // 50
    assert coverage_of(some) == 5_000


def test_a_dimension_of_which_half_the_points_are_known_covers_half_its_weight() -> None:
    half = dimension_of("a", 10_000, (MeasureScore("x", 50, Reading(4_000)), MeasureScore("y", 50, Reading(None))))
    assert (half.value, coverage_of([half])) == (4_000, 5_000)


@pytest.mark.parametrize(("below", "provisional"), [(24, False), (25, True)])
def test_a_score_of_which_too_little_is_known_is_provisional(below: float, provisional: bool) -> None:
    evidence = an_evidence(use=a_use(), account=an_account(licensed_seats=10))
    score = score_of(evidence, a_scorecard(provisional_below=below))
    assert score.coverage == 3_500 * 110 // 160
    assert score.provisional is provisional


def test_a_score_is_cut_to_tenths_and_never_rounded_up() -> None:
    assert value_of([DimensionScore("a", 10_000, 7_499, ())]) == 749


def test_a_dimension_without_weight_is_shown_and_counts_nothing() -> None:
    score = score_of(known(told(Invoice, due_on=ago(90))), SEED)
    assert dimension(score, "financial").value == 0
    assert (score.value, score.coverage) == (None, 0)


def test_a_seventh_dimension_is_configuration() -> None:
    seven = a_scorecard(
        scorecards=[
            {
                "name": "all",
                "dimensions": {
                    "product": {"weight": 97.5, "measures": {"active_users": {"points": 1}}},
                    "advocacy": {"weight": 2.5, "measures": {"nps": {"points": 3, "settings": {"passive": 80}}}},
                },
            }
        ]
    )
    passive = told(Survey, survey="nps", score=8, at=noon(1))
    score = score_of(known(passive, use=a_use(), account=an_account(licensed_seats=10)), seven)
    assert [(one.name, one.weight, one.value) for one in score.dimensions] == [
        ("product", 9_750, 10_000),
        ("advocacy", 250, 8_000),
    ]
    assert (score.value, score.coverage) == (995, 10_000)


def test_the_heaviest_comes_first_however_the_file_was_written() -> None:
    stored = Scorecard.model_validate_json(default_scorecard().to_json())
    assert stored == default_scorecard()
    assert stored.version == default_scorecard().version
    score = score_of(an_evidence(), stored)
    assert score == score_of(an_evidence(), default_scorecard())
    assert [one.name for one in score.dimensions][:2] == ["usage", "engagement"]
    assert [one.name for one in score.dimensions[0].measures][:3] == [
        "active_users",
        "feature_depth",
        "login_frequency",
    ]


def test_another_scorecard_is_another_version_and_a_copy_is_not_the_original() -> None:
    scorecard = a_scorecard()
    assert scorecard.version == default_scorecard().version
    copied = scorecard.model_copy(update={"provisional_below": 70})
    assert copied.version != scorecard.version
    assert copied.version == a_scorecard(provisional_below=70).version


def test_every_measure_has_a_function_and_every_setting_a_meaning() -> None:
    assert list(MEASURE) == list(MEASURES)
    assert {setting for spec in MEASURES.values() for setting in spec.settings} == SETTINGS.keys()
    for spec in MEASURES.values():
        assert all(SETTINGS[name].low <= value <= SETTINGS[name].high for name, value in spec.settings.items())
    assert all(set(order) <= MEASURES[name].settings.keys() for name, order in RISING.items())


# What holds of every score.

DAYS = st.integers(0, 500)
PEOPLE = st.sampled_from(("c1", "c2", "c3"))
SILENCE = st.none() | st.integers(0, 80)


@st.composite
def dossiers(draw: st.DrawFn) -> Dossier:
    def some(noun: type[Any], **facts: st.SearchStrategy[Any]) -> tuple[Any, ...]:
        return several(noun, *draw(st.lists(st.fixed_dictionaries(facts), max_size=3)))

    at, on = st.builds(noon, DAYS), st.builds(ago, st.integers(-100, 500))
    maybe, money = st.none() | on, st.builds(Decimal, st.integers(0, 500))
    level = st.none() | st.integers(-5, 5)
    records = [
        *some(Ticket, opened_at=at, type=st.sampled_from((None, "bug", "how_to")),
              severity=st.sampled_from((None, "p1")), solved_at=st.none() | at, reopened=st.integers(0, 3),
              csat=st.none() | st.integers(1, 5)),
        *some(Survey, survey=st.sampled_from(("nps", "csat", "ces")), score=st.integers(0, 10), at=at),
        *some(Invoice, due_on=on, paid_on=maybe, voided=st.booleans()),
        *some(Subscription, subscription=PEOPLE, effective_on=on, arr=money, cancelled=st.booleans()),
        *some(Touchpoint, kind=st.sampled_from(("call", "email", "qbr", "training", "note")), at=at,
              inbound=st.booleans(), attended=st.sampled_from((None, True, False)),
              contact_id=st.none() | st.sampled_from(("1", "2", "9"))),
        *some(Goal, title=st.just("x"), set_on=on, start=level, current=level, target=level,
              due_on=maybe, met_on=maybe),
        *some(Roi, shown_on=on),
        *some(Pulse, at=at, rating=st.integers(1, 5)),
        *some(Renewal, due_on=on, outcome=st.sampled_from(("renewed", "churned", "pending")), decided_on=maybe,
              arr_before=money, arr_after=money),
        *some(Person, role=st.sampled_from((None, "champion", "executive_sponsor")),
              department=st.sampled_from((None, "A", "B")), user_id=st.sampled_from((None, "u1")), departed_on=maybe),
    ]  # fmt: skip
    return Dossier().with_records(draw(st.permutations(records)))[0].as_of(A_DAY)


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    few = st.integers(0, 12)
    use = a_use(
        seen_days=draw(st.integers(1, 200)), index_now=draw(few), index_90=draw(st.none() | few), active_30=draw(few),
        daily=draw(few), weekly=draw(few), monthly=draw(few), user_health=(draw(st.integers(0, 30_000)), 3),
        key_users=(a_user_of("u1", draw(st.integers(0, 60)), draw(st.integers(0, 14))),),
    )  # fmt: skip
    quantiles = tuple(sorted(draw(st.lists(st.floats(0, 1), min_size=21, max_size=21))))
    return Evidence(
        A_DAY,
        an_account(
            segment=draw(st.sampled_from(("enterprise", "smb", None))),
            licensed_seats=draw(st.none() | st.integers(0, 10)),
            renewal_date=draw(st.none() | st.builds(ago, st.integers(-200, 20))),
            use_cases_bought=draw(st.none() | few), use_cases_live=draw(st.none() | few),
        ),
        draw(st.sampled_from((None, use))),
        draw(dossiers()),
        Peers({"-": (quantiles, draw(st.integers(1, 9)))}, trains=draw(st.booleans())),
        ("report", "share"),
        cadence_days=draw(st.none() | st.integers(0, 90)),
    )  # fmt: skip


@given(evidences())
def test_every_measure_is_from_0_to_100_or_says_why_not(evidence: Evidence) -> None:
    for name, function in MEASURE.items():
        said = function(evidence, MEASURES[name].settings)
        assert (said.value is None) == (said.because is not None), name
        assert said.value is None or (type(said.value) is int and 0 <= said.value <= 10_000), name
        if said.value is not None:
            assert said.numbers, name
        assert len(set(said.records)) == len(said.records), name


@given(evidences())
def test_a_score_is_from_0_to_100_and_never_above_its_best_dimension_nor_below_its_worst(evidence: Evidence) -> None:
    for scorecard in (default_scorecard(), SEED):
        score = score_of(evidence, scorecard)
        counted = [one.value for one in score.dimensions if one.value is not None and one.weight]
        assert 0 <= score.coverage <= 10_000
        assert (score.value is None) == (not counted or score.coverage < scorecard.unknown_below * 100)
        if score.value is not None:
            assert 0 <= min(counted) // 10 <= score.value <= max(counted) // 10 <= 1_000
        for one in score.dimensions:
            said = [each.reading.value for each in one.measures if each.reading.value is not None]
            assert one.value is None or min(said) <= one.value <= max(said)


@given(evidences())
def test_the_same_evidence_is_the_same_score_to_the_last_record(evidence: Evidence) -> None:
    records = [*evidence.dossier.records()]
    again = replace(evidence, dossier=Dossier().with_records([*records[::-1], *records])[0])
    assert score_of(again, default_scorecard()) == score_of(evidence, default_scorecard())


MEASURED = st.lists(st.tuples(st.integers(1, 10_000), st.none() | st.integers(0, 10_000)), min_size=1, max_size=4)


@given(st.lists(st.tuples(st.integers(0, 10_000), MEASURED), min_size=1, max_size=7), st.data())
def test_a_better_measure_never_makes_a_worse_score(
    parts: list[tuple[int, list[tuple[int, int | None]]]], data: st.DataObject
) -> None:
    def scored() -> int | None:
        return value_of(
            [
                dimension_of(
                    str(at), weight, tuple(MeasureScore("m", points, Reading(value)) for points, value in each)
                )
                for at, (weight, each) in enumerate(parts)
            ]
        )

    before = scored()
    _, each = parts[data.draw(st.integers(0, len(parts) - 1))]
    at = data.draw(st.integers(0, len(each) - 1))
    points, value = each[at]
    if value is not None:
        each[at] = points, data.draw(st.integers(value, 10_000))
        after = scored()
        assert (before is None) == (after is None)
        assert before is None or (after is not None and after >= before)


GOOD: dict[str, Any] = {
    "nps": told(Survey, "new", survey="nps", score=10, at=noon(0)),
    "csat": told(Survey, "new", survey="csat", score=5, at=noon(0)),
    "training": told(Touchpoint, "new", kind="training", at=noon(0), attended=True),
    "qbr_attendance": told(Touchpoint, "new", kind="qbr", at=noon(0), attended=True),
    "touch_cadence": told(Touchpoint, "new", kind="call", at=noon(0)),
    "response_rate": told(Touchpoint, "new", kind="email", at=noon(0) + timedelta(hours=1), inbound=True),
    "roi_shown": told(Roi, "new", shown_on=A_DAY),
    "goals_met": told(Goal, "new", title="x", set_on=A_DAY, met_on=A_DAY),
    "executive_sponsor": told(Person, "new", role="executive_sponsor"),
    "champion": told(Person, "new", role="champion"),
    "departments": told(Person, "new", department="New"),
    "csm_pulse": told(Pulse, "new", at=noon(0), rating=5),
    "relationship_rating": told(Pulse, "new", at=noon(0), rating=5),
}
BAD: dict[str, Any] = {
    "support_friction": told(Ticket, "new", opened_at=noon(3), type="bug", severity="p1"),
    "payment": told(Invoice, "new", due_on=ago(9)),
    "qbr_attendance": told(Touchpoint, "new", kind="qbr", at=noon(0), attended=False),
    "csm_pulse": told(Pulse, "new", at=noon(0), rating=1),
    "spend": told(Subscription, "new", subscription="c1", effective_on=A_DAY, arr=Decimal(0)),
}


def ask(name: str, evidence: Evidence) -> int | None:
    return MEASURE[name](evidence, MEASURES[name].settings).value


@given(evidences())
def test_a_good_record_never_lowers_the_measure_that_counts_it_and_a_bad_one_never_lifts_it(evidence: Evidence) -> None:
    for records, sign in ((GOOD, 1), (BAD, -1)):
        for name, record in records.items():
            before = ask(name, evidence)
            after = ask(name, replace(evidence, dossier=evidence.dossier.with_records([record])[0]))
            assert before is None or (after is not None and (after - before) * sign >= 0), name


@given(evidences(), st.integers(1, 9))
def test_more_use_never_lowers_a_measure_of_use(evidence: Evidence, extra: int) -> None:
    use = evidence.use or a_use()
    moves = {
        "active_users": use._replace(active_30=use.active_30 + extra),
        "usage_trend": use._replace(index_now=use.index_now + extra),
        "peer_usage": use._replace(index_now=use.index_now + extra),
        "user_health": use._replace(user_health=(use.user_health[0] + extra, 3)),
        "feature_depth": use._replace(features=(*use.features, "share")),
    }
    if use.weekly:
        moves["login_frequency"] = use._replace(weekly=use.weekly - 1, daily=use.daily + 1)
    for name, moved in moves.items():
        before, after = ask(name, replace(evidence, use=use)), ask(name, replace(evidence, use=moved))
        assert before is None or (after is not None and after >= before), name
