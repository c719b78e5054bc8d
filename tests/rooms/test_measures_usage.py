"""Usage measures: how many, how often, how broadly, against the past and against others."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.model.evidence import Evidence, Peers
from health_monitor.score.measures_usage import percentile, use_per_seat
from health_monitor.score.peers import peers_of
from tests.builders import a_use, an_account, an_evidence
from tests.rooms.evidences import reading, value

SEATS = an_account(licensed_seats=20)
TWENTIETHS = tuple(step / 20 for step in range(21))


def used(**known: object) -> Evidence:
    return an_evidence(use=a_use(**known), account=SEATS, core_features=("report", "upload", "share"))


def test_seventy_percent_of_the_seats_active_are_28_of_40_points() -> None:
    found = reading("active_users", used(active_30=14))
    assert found.value == 7_000
    assert found.numbers == {"active": 14, "seats": 20}
    assert value("active_users", used(active_30=25)) == 10_000


@pytest.mark.parametrize(
    ("come", "points"),
    [((4, 0, 0), 3_000), ((0, 4, 0), 2_000), ((0, 0, 4), 1_000), ((0, 0, 0), 0), ((2, 2, 0), 2_500)],
)
def test_a_daily_rhythm_is_30_points_a_weekly_one_20_a_monthly_one_10(come: tuple[int, int, int], points: int) -> None:
    daily, weekly, monthly = come
    found = value("login_frequency", used(daily=daily, weekly=weekly, monthly=monthly))
    assert found is not None
    assert round(found * 30 / 100) == points


def test_the_share_of_the_core_features_counts_and_the_unused_are_named() -> None:
    found = reading("feature_depth", used(features=("login", "report")))
    assert found.value == 3_333
    assert found.numbers == {"used": 1, "core": 3, "unused": "share, upload"}
    all_used = reading("feature_depth", used(features=("report", "share", "upload")))
    assert (all_used.value, all_used.numbers["unused"]) == (10_000, "none")


def test_of_many_unused_features_some_are_named() -> None:
    evidence = an_evidence(use=a_use(features=()), core_features=tuple("abcdefg"))
    assert reading("feature_depth", evidence).numbers["unused"] == "a, b, c, d, e and 2 more"


def test_the_health_of_the_users_is_their_mean_and_nobody_seen_is_no_health() -> None:
    found = reading("user_health", used(user_health=(15_001, 2), engaged=1, dormant=1))
    assert found.value == 7_500
    assert found.numbers == {"users": 2, "engaged": 1, "at_risk": 0, "dormant": 1}
    assert value("user_health", used(user_health=(0, 0))) == 0


@pytest.mark.parametrize(
    ("now", "share"), [(100, 10_000), (130, 10_000), (70, 5_000), (71, 5_167), (40, 0), (0, 0), (85, 7_500)]
)
def test_usage_against_90_days_before_is_worth_nothing_at_two_fifths_and_all_when_it_is_the_same(
    now: int, share: int
) -> None:
    assert value("usage_trend", used(index_now=now, index_90=100)) == share


def test_a_trend_needs_a_past_that_was_watched_and_used() -> None:
    assert reading("usage_trend", used(index_90=None)).because == "it was not watched 90 days ago"
    assert reading("usage_trend", used(index_90=4)).because == "too little use 90 days ago to compare with"
    assert value("usage_trend", used(index_now=5, index_90=5)) == 10_000


def among(own: int, quantiles: tuple[float, ...] = TWENTIETHS, scope: str = "smb", peers: int = 9) -> Evidence:
    use = a_use(index_now=own)
    account = an_account(licensed_seats=10)
    return an_evidence(use=use, account=account, scope="smb", peers=Peers(usage={scope: (quantiles, peers)}))


def test_usage_is_compared_with_the_segment_by_its_percentile() -> None:
    found = reading("peer_usage", among(98))
    assert found.value == 7_000
    assert found.numbers == {"use_per_seat": 0.7, "median": 0.5, "peers": 9}


def test_a_small_segment_is_compared_with_everybody_and_a_small_portfolio_with_nobody() -> None:
    assert value("peer_usage", among(98, scope="-")) == 7_000
    assert reading("peer_usage", among(98, peers=4)).because == "there are fewer than 5 accounts to compare with"


def test_no_use_at_all_is_the_worst_also_where_others_do_not_use_it_either() -> None:
    assert value("peer_usage", among(0, (0.0,) * 15 + (0.1,) * 6)) == 0


def test_without_seats_the_people_seen_in_90_days_are_the_heads() -> None:
    use = a_use(index_now=28, user_health=(1, 4))
    assert use_per_seat(use, an_account(licensed_seats=None)) == 0.5
    assert use_per_seat(use, an_account(licensed_seats=1)) == 2
    assert use_per_seat(a_use(user_health=(0, 0)), an_account()) == 0


@pytest.mark.parametrize(
    ("own", "share"), [(-1.0, 0.0), (0.0, 0.0), (0.525, 0.525), (1.0, 1.0), (9.0, 1.0), (0.05, 0.05)]
)
def test_a_percentile_lies_between_the_quantiles(own: float, share: float) -> None:
    assert percentile(own, TWENTIETHS) == pytest.approx(share)


def test_among_accounts_that_do_the_same_nobody_is_best_or_worst() -> None:
    alike = [used(index_now=index) for index in [100] * 9]
    peers = peers_of(alike)
    evidence = replace(alike[0], peers=peers)
    assert reading("peer_usage", evidence).value == 5_000


def test_among_equals_one_stands_in_their_middle() -> None:
    assert percentile(3.0, (3.0,) * 21) == 0.5
    assert percentile(0.2, (0.0, 0.2, 0.2, 0.2, 1.0)) == 0.5


@given(st.lists(st.floats(0, 9), min_size=21, max_size=21), st.floats(0, 9), st.floats(0, 9))
def test_a_higher_value_never_has_a_lower_percentile(quantiles: list[float], one: float, other: float) -> None:
    ordered = sorted(quantiles)
    assert percentile(min(one, other), ordered) <= percentile(max(one, other), ordered)


@pytest.mark.parametrize(
    "measure", ["active_users", "login_frequency", "feature_depth", "user_health", "usage_trend", "peer_usage"]
)
def test_without_events_nobody_can_say(measure: str) -> None:
    assert reading(measure, an_evidence()).because == "no event is known of it yet"


@pytest.mark.parametrize("measure", ["active_users", "login_frequency", "feature_depth", "user_health", "peer_usage"])
def test_the_first_fortnight_is_too_short_to_say(measure: str) -> None:
    assert reading(measure, used(seen_days=13)).because == "it has been watched for 13 days only"
    assert reading(measure, used(seen_days=13), watched_days=13).because != "it has been watched for 13 days only"


def test_what_is_not_known_of_the_account_or_the_product_is_said() -> None:
    without = an_evidence(use=a_use())
    assert reading("active_users", without).because == "its licensed seats are not known"
    assert reading("feature_depth", without).because == "no core features are known"
