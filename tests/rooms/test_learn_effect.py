"""Did writing help? Intervals that hold what they promise, groups that may be compared, and the refusal to say more."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.learn.conversations import HOLDOUT, QUEUED, WITH_A_PERSON, Case, case_of, funnel, grouped
from health_monitor.learn.effect import by_themselves, compare
from health_monitor.learn.intervals import Lift, of_means, of_shares, wilson
from health_monitor.model.outreach import Conversation, Entry, Response
from health_monitor.model.usage import Drop, Resolution
from tests.builders import A_DAY, a_conversation, a_mail, an_alert

TODAY = A_DAY + timedelta(days=100)
AT = datetime(2026, 11, 2, 6, tzinfo=UTC)
WORLDS = 400
"""So many made-up portfolios: an interval of 95 % may then miss by chance in 3 to 8 of 100."""


def a_case(account_id: str = "acme", **known: Any) -> Case:
    facts: dict[str, Any] = {
        "opened_on": A_DAY, "template": "check_in", "segment": "smb", "level": "moderate", "ratio": 0.5,
        "age_days": 400, "drafted": True, "by_itself": True, "stopped_by": None, "left_out": False, "delivered": True,
        "replied": False, "recovered": False, "index_change": {},
    }  # fmt: skip
    return Case(account_id=account_id, **(facts | known))


def unwritten(account_id: str, why: str = HOLDOUT, **known: Any) -> Case:
    return a_case(
        account_id, **({"by_itself": False, "stopped_by": why, "left_out": why == HOLDOUT, "delivered": False} | known)
    )


# Intervals


def test_a_share_has_wilsons_interval() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 10) == pytest.approx((0.0, 0.277533), abs=1e-5)
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5), "Newcombe 1998, his first example"


def test_the_difference_of_two_shares_has_newcombes_interval() -> None:
    """His example (a): 56 of 70 beside 48 of 80."""
    lift = of_shares([True] * 56 + [False] * 14, [True] * 48 + [False] * 32)
    assert (lift.n, lift.values) == ((70, 80), (0.8, 0.6))
    assert (lift.difference, lift.low, lift.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)


def test_the_difference_of_two_means_has_welchs_interval() -> None:
    first, second = [float(n) for n in range(1, 31)], [float(2 * n) for n in range(1, 26)]
    lift = of_means(first, second)
    # By hand: 15.5 and 26, variances 77.5 and 216.667, 38.2 degrees of freedom, t 2.0240.
    assert lift.difference == -10.5
    assert (lift.low, lift.high) == pytest.approx((-17.287, -3.713), abs=0.01)


def test_means_without_any_spread_have_no_width() -> None:
    assert of_means([1.0] * 20, [0.5] * 20).low == 0.5


@pytest.mark.parametrize(("one", "other"), [(19, 500), (500, 19), (0, 0)])
def test_a_group_below_twenty_is_too_few_to_tell(one: int, other: int) -> None:
    assert of_means([1.0] * one, [2.0] * other).too_few == "needs 20 in each group"
    lift = of_shares([True] * one, [False] * other)
    assert (lift.too_few, lift.values, lift.difference) == ("needs 20 in each group", None, 0.0)


def test_shares_that_are_nearly_all_alike_are_too_few_to_tell() -> None:
    lift = of_shares([True] + [False] * 39, [False] * 40)
    assert lift.too_few == "needs 5 or more of either outcome to be expected in each group"
    assert of_shares([True] * 5 + [False] * 35, [True] * 5 + [False] * 35).too_few is None


@pytest.mark.parametrize(
    ("sizes", "shares"), [((200, 50), (0.4, 0.4)), ((60, 60), (0.5, 0.3)), ((300, 25), (0.3, 0.5))]
)
def test_the_interval_of_shares_holds_the_truth_as_often_as_it_says(
    sizes: tuple[int, int], shares: tuple[float, float]
) -> None:
    chance, held = Random(1), 0
    for _ in range(WORLDS):
        groups = [[chance.random() < share for _ in range(n)] for n, share in zip(sizes, shares, strict=True)]
        lift = of_shares(*groups)
        held += lift.low <= shares[0] - shares[1] <= lift.high
    assert 0.92 <= held / WORLDS <= 0.985


@pytest.mark.parametrize(
    ("sizes", "spreads"), [((200, 20), (0.3, 0.3)), ((40, 40), (0.1, 0.5)), ((20, 400), (0.5, 0.1))]
)
def test_the_interval_of_means_holds_the_truth_as_often_as_it_says(
    sizes: tuple[int, int], spreads: tuple[float, float]
) -> None:
    chance, held = Random(2), 0
    for _ in range(WORLDS):
        groups = [[chance.gauss(0.1 * k, spreads[k]) for _ in range(sizes[k])] for k in (0, 1)]
        lift = of_means(*groups)
        held += lift.low <= -0.1 <= lift.high
    assert 0.92 <= held / WORLDS <= 0.985


@given(st.lists(st.booleans(), min_size=20, max_size=60), st.lists(st.booleans(), min_size=20, max_size=60))
def test_an_interval_holds_its_own_difference_stays_in_range_and_turns_with_its_groups(
    first: list[bool], second: list[bool]
) -> None:
    lift, turned = of_shares(first, second), of_shares(second, first)
    assert (lift.too_few is None) == (turned.too_few is None)
    if lift.values:
        assert -1 <= lift.low <= lift.difference <= lift.high <= 1
        assert (lift.low, lift.high) == pytest.approx((-turned.high, -turned.low))


# What became of an alert


def told(conversation: Conversation, *entries: tuple[str, str, str]) -> Conversation:
    log = [
        {"at": AT, "step": "check_in", "what": what, "code": code, "because": "so", "by": by}
        for what, code, by in entries
    ]
    return conversation.model_copy(update={"log": tuple(map(Entry.model_validate, log))})


def test_a_mail_that_went_out_by_itself_and_was_answered() -> None:
    answered = Response(kind="reply", at=AT, source="mail", source_key="1")
    one = told(
        a_conversation(check_in=a_mail(status="delivered"), response=answered, index_at={0: 5.0, 14: 7.0, 30: None}),
        ("waits", "outside_window", "automatic"), ("sending", "sending", "automatic"),
    )  # fmt: skip
    alert = an_alert(index=5.0, baseline=10.0, resolved_on=A_DAY + timedelta(days=9), resolution=Resolution.RECOVERED)
    case = case_of(alert, one, A_DAY - timedelta(days=70), TODAY)
    assert (case.sent, case.by_itself, case.stopped_by, case.delivered, case.replied) == (True, True, None, True, True)
    assert (case.template, case.segment, case.level, case.age_days) == ("check_in", "smb", "moderate", 70)
    assert (case.recovered, case.index_change) == (True, {14: 0.2})


def test_a_mail_that_a_person_sent_did_not_go_out_by_itself() -> None:
    one = told(a_conversation(check_in=a_mail(status="sent")), ("sending", "sending", "carla@example.com"))
    case = case_of(an_alert(), one, None, TODAY)
    assert (case.sent, case.by_itself, case.age_days) == (True, False, None)


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([("drafted", "drafted", "automatic")], WITH_A_PERSON),
        ([("queued", "due 2026-11-02T09:00Z", "automatic")], QUEUED),
        ([("queued", "due 2026-11-02T09:00Z", "automatic"), ("not_sent", "open_p1", "automatic")], "open_p1"),
        ([("not_sent", "not_live", "automatic"), ("edited", "edited", "carla@example.com")], "not_live"),
        ([("withheld", "holdout", "automatic")], HOLDOUT),
    ],
)
def test_why_a_mail_did_not_go_out_is_the_last_thing_that_stopped_it(
    entries: list[tuple[str, str, str]], code: str
) -> None:
    assert case_of(an_alert(), told(a_conversation(), *entries), None, TODAY).stopped_by == code


def test_who_was_left_out_stays_so_when_usage_falls_further_and_a_person_writes() -> None:
    entries = [("withheld", "holdout", "automatic"), ("not_sent", "severe", "automatic")]
    later = [("sending", "sending", "carla@example.com")]
    assert case_of(an_alert(), told(a_conversation(), *entries), None, TODAY).left_out
    written = case_of(an_alert(), told(a_conversation(check_in=a_mail(status="sent")), *entries, *later), None, TODAY)
    assert (written.left_out, written.sent, written.by_itself) == (True, True, False)


def test_an_alert_without_a_conversation_was_flagged_and_no_more() -> None:
    case = case_of(an_alert(usage_drop=Drop.SEVERE), None, None, TODAY)
    assert (case.drafted, case.sent, case.stopped_by, case.level) == (False, False, None, "severe")
    assert (case.template, case.segment, case.index_change) == ("none", "none", {})


@pytest.mark.parametrize(
    ("resolved_after", "resolution", "today_after", "expected"),
    [
        (30, Resolution.RECOVERED, 30, True),
        (31, Resolution.RECOVERED, 60, False),
        (10, Resolution.NEW_NORMAL, 31, False),
        (10, Resolution.NEW_NORMAL, 30, None),
        (None, None, 31, False),
        (None, None, 30, None),
    ],
)
def test_an_account_recovered_if_it_did_so_in_time_and_a_young_alert_still_may(
    resolved_after: int | None, resolution: Resolution | None, today_after: int, expected: bool | None
) -> None:
    resolved_on = A_DAY + timedelta(days=resolved_after) if resolved_after is not None else None
    alert = an_alert(resolved_on=resolved_on, resolution=resolution)
    assert case_of(alert, None, None, A_DAY + timedelta(days=today_after)).recovered is expected


def test_an_alert_without_a_usual_use_has_no_change_in_it() -> None:
    one = a_conversation(index_at={14: 3.0})
    assert case_of(an_alert(baseline=0.0), one, None, TODAY).index_change == {}


def test_the_funnel_counts_how_far_each_came_and_what_stopped_the_others() -> None:
    cases = [
        a_case(replied=True, recovered=True), a_case(delivered=False, recovered=None),
        unwritten("b", "open_p1"), unwritten("c", "open_p1"), unwritten("d", "away"),
        a_case(drafted=False, by_itself=False, delivered=False),
    ]  # fmt: skip
    found = funnel(cases)
    assert (found.flagged, found.drafted, found.sent, found.delivered, found.replied) == (6, 5, 2, 1, 1)
    assert (found.held, found.recovered, found.judged) == ((("open_p1", 2), ("away", 1)), 1, 5)
    assert found.drafted == found.sent + sum(n for _, n in found.held)


def test_cases_are_put_together_by_what_they_have_in_common() -> None:
    cases = [a_case(template="b"), a_case(template="a"), a_case(template="b")]
    assert {name: len(some) for name, some in grouped(cases, "template").items()} == {"a": 1, "b": 2}
    assert grouped(cases, None) == {"all": cases}
    assert grouped([], "level") == {}


# Comparing


def simulated(seed: int, accounts: int, held_out: float, plain: float, lift: float) -> list[Case]:
    """Accounts that recover by themselves, and some more of them when written to."""
    chance, cases = Random(seed), []
    for n in range(accounts):
        out = chance.random() < held_out
        recovered = chance.random() < plain + (0 if out else lift)
        change = {days: chance.gauss(0.1 + (0 if out else lift), 0.3) for days in (14, 30, 60)}
        known: dict[str, Any] = {"recovered": recovered, "index_change": change}
        cases.append(unwritten(f"a{n}", **known) if out else a_case(f"a{n}", **known))
    return cases


@pytest.mark.parametrize("lift", [0.0, 0.15])
def test_a_holdout_finds_the_true_effect_as_often_as_it_says_also_when_there_is_none(lift: float) -> None:
    held = {"recovered": 0, "use": 0}
    for seed in range(200):
        found = compare(simulated(seed, 300, 0.3, 0.4, lift))
        held["recovered"] += found.recovered.low <= lift <= found.recovered.high
        held["use"] += found.use[30].low <= lift <= found.use[30].high
    assert all(180 <= count <= 199 for count in held.values())


def test_a_holdout_is_compared_with_who_was_written_to_since_it_began_each_account_once() -> None:
    earlier = [a_case(f"e{n}", opened_on=A_DAY - timedelta(days=9)) for n in range(30)]
    drawn = [a_case(f"a{n}") for n in range(25)] + [unwritten(f"b{n}") for n in range(21)]
    again = [a_case(f"a{n}", opened_on=A_DAY + timedelta(days=50), recovered=True) for n in range(25)]
    others = [unwritten("c", "open_p1"), a_case("d", level="severe"), a_case("e", by_itself=False)]
    found = compare([*again, *earlier, *drawn, *others])
    assert (found.kind, found.written_to, found.beside) == ("holdout", 25, 21)
    assert found.recovered.n == (25, 21)


def test_without_a_holdout_each_stands_beside_the_nearest_who_got_no_mail_for_another_reason() -> None:
    written = [a_case("w", ratio=0.5, age_days=400)]
    others = [
        unwritten("far", "not_live", ratio=0.59), unwritten("near", "not_live", ratio=0.51, recovered=True),
        unwritten("other segment", "not_live", segment="enterprise"), unwritten("open", "open_p1"),
        unwritten("young", "not_live", age_days=90), unwritten("unknown", "not_live", age_days=None),
        unwritten("fell further", "not_live", ratio=0.3),
        unwritten("w", "not_live", opened_on=A_DAY - timedelta(days=30)),
    ]  # fmt: skip
    found = compare([*written, *others])
    assert (found.kind, found.written_to, found.beside, found.recovered.n) == ("matched", 1, 1, (1, 1))


def test_nobody_stands_beside_two() -> None:
    written = [a_case(f"w{n}") for n in range(30)]
    found = compare([*written, *[unwritten(f"o{n}", "csm_away") for n in range(22)]])
    assert (found.written_to, found.beside) == (22, 22)
    assert found.recovered.too_few


def test_what_is_not_known_is_not_counted_as_no() -> None:
    cases = [a_case(f"a{n}", recovered=None) for n in range(30)] + [unwritten(f"b{n}") for n in range(30)]
    found = compare(cases)
    assert found.recovered.n == (0, 30)
    assert found.use[14].n == (0, 0)
    assert compare([]).recovered == Lift((0, 0), too_few="needs 20 in each group")


def test_how_many_recover_by_themselves_is_told_of_everybody_whom_nobody_wrote_to() -> None:
    cases = [unwritten("a", "open_p1", recovered=True), unwritten("b"), unwritten("c", recovered=None), a_case()]
    found = by_themselves([*cases, a_case("d", drafted=False, by_itself=False, recovered=True)])
    assert (found.recovered, found.n) == (2, 3)
    assert 0 < found.low < 2 / 3 < found.high < 1
