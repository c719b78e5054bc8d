"""Choosing whom to warn: causal, within the quota, never twice within a month."""

from array import array
from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.learn.measure import choose
from health_monitor.learn.peers import Peers
from health_monitor.learn.selection import (
    ACCOUNT_BITS,
    WHOLE,
    Pool,
    Quota,
    budget_quota,
    same_volume,
    select,
)
from health_monitor.learn.stretches import stretches
from health_monitor.model.replay import Kept, Replay, Walk
from tests.rooms.replays import FIRST, a_replay, a_walk, an_episode, random_replay

THE_END = 119


def chosen(replay: Replay, budget: float | None) -> list[list[Kept]]:
    those = stretches(replay, replay.first_day, replay.last_day)
    return choose(those, range(replay.first_day, replay.last_day + 1), budget)


def seen_until(replay: Replay, until: int, otherwise: Replay) -> Replay:
    """The same history up to that day; from then on another one's use, ratios and episodes."""
    return replay._replace(
        walks=[_grafted(walk, other, until) for walk, other in zip(replay.walks, otherwise.walks, strict=True)]
    )


def _grafted(walk: Walk, other: Walk, until: int) -> Walk:
    if min(walk.end, other.end) <= until:
        return walk
    kept = until - walk.start + 1
    users = walk.series.active_users[:kept] + other.series.active_users[kept:]
    before = [
        e._replace(resolved_on=None, resolution=None) if (e.resolved_on or 0) > until else e for e in walk.episodes
    ]
    return walk._replace(
        end=other.end,
        series=walk.series._replace(active_users=users, events=users),
        codes=walk.codes[:kept] + other.codes[kept:],
        ratios=array("H", walk.ratios[:kept] + other.ratios[kept:]),
        episodes=tuple(e for e in before if e.opened_on <= until),
    )


@pytest.mark.parametrize("budget", [None, 5, 40])
@given(seed=st.integers(0, 10**6), cut=st.integers(5, THE_END - 1))
def test_what_comes_later_never_changes_what_was_kept(budget, seed, cut):
    replay = random_replay(12, str(seed))
    until = FIRST + cut
    changed = seen_until(replay, until, random_replay(12, f"other {seed}"))
    for before, after in zip(chosen(replay, budget), chosen(changed, budget), strict=True):
        assert [k for k in before if k.day <= until] == [k for k in after if k.day <= until]


@given(seed=st.integers(0, 10**6), budget=st.sampled_from([3, 10, 80, 400]))
def test_a_budget_is_never_exceeded_and_an_account_rests_for_thirty_days(seed, budget):
    replay = random_replay(20, str(seed))
    granted = sum(budget * walk.codes.__len__() / 3044 for walk in replay.walks)
    for kept in chosen(replay, budget):
        assert len(kept) <= granted
        days = defaultdict(list)
        for alert in kept:
            days[alert.account_id].append(alert.day)
        gaps = [b - a for own in days.values() for a, b in pairwise(own)]
        assert all(gap >= 30 for gap in gaps)


@given(seed=st.integers(0, 10**6), budget=st.sampled_from([None, 5, 20]))
def test_no_method_is_ever_ahead_of_the_rule(seed, budget):
    rule, *others = chosen(random_replay(20, str(seed)), budget)
    per_day = Counter(k.day for k in rule)
    for other in others:
        theirs = Counter(k.day for k in other)
        ahead = 0
        for day in range(FIRST, FIRST + 120):
            ahead += theirs[day] - per_day[day]
            assert ahead <= 0


def test_every_method_gets_the_same_volume():
    replay = random_replay(200, "a portfolio")
    assert len({len(kept) for kept in chosen(replay, 10)}) == 1


def test_without_a_budget_the_rules_alerts_are_its_episodes():
    walks = [
        a_walk("b", episodes=[an_episode(40, resolved=50), an_episode(55)]),
        a_walk("a", episodes=[an_episode(55)]),
    ]
    rule = chosen(a_replay(walks), None)[0]
    assert [(k.account_id, k.day - FIRST) for k in rule] == [("b", 40), ("a", 55), ("b", 55)]


def test_an_episode_is_kept_once_and_not_after_it_ended():
    walks = [a_walk("long", episodes=[an_episode(20)]), a_walk("short", episodes=[an_episode(20, resolved=22)])]
    days = Counter(k.account_id for k in chosen(a_replay(walks), 400)[0])
    assert days["long"] == 1
    late = [k for k in chosen(a_replay(walks), 400)[0] if k.account_id == "short"]
    assert all(k.day < FIRST + 22 for k in late)


def test_the_least_active_among_its_peers_goes_first():
    busy = [a_walk(f"busy{n}", active=[1] * 200) for n in range(8)]
    quiet = a_walk("quiet", active=[1] + [0] * 199, episodes=[an_episode(60)])
    middling = a_walk("middling", active=[1, 0] * 100, episodes=[an_episode(60)])
    rule = chosen(a_replay([*busy, middling, quiet]), 20)[0]
    assert [k.account_id for k in rule][:2] == ["quiet", "middling"]


def test_a_percentile_is_the_part_of_the_segment_that_is_less_active_ties_half():
    walks = [a_walk("a", active=[1] + [0] * 99), a_walk("b"), a_walk("c"), a_walk("alone", segment="large")]
    those = stretches(a_replay(walks), FIRST, FIRST + 99)
    peers = Peers(those)
    ranks = {s.account_id: peers.percentile(s, FIRST + 50) / 2**20 for s in those}
    assert ranks == pytest.approx({"a": 1 / 6, "b": 2 / 3, "c": 2 / 3, "alone": 1 / 2}, abs=1e-5)


def test_last_seen_picks_the_longest_silent():
    silent = a_walk("silent", active=[1] * 10 + [0] * 190)
    recent = a_walk("recent", active=[1] * 100 + [0] * 100)
    warned = a_walk("warned", episodes=[an_episode(120)])
    last_seen = chosen(a_replay([recent, silent, warned]), None)[1]
    assert last_seen == [Kept("silent", FIRST + 120, None)]


def test_unused_credit_lasts_seven_days():
    quota, left = Quota(dict.fromkeys(range(30), WHOLE), carry_days=7), 0
    for day in range(30):
        left = quota.credit(left, day)
    assert left == 8 * WHOLE


def test_a_small_portfolio_saves_up_for_one_alert():
    walks = [a_walk(f"a{n}", episodes=[an_episode(20)]) for n in range(10)]
    days = [k.day - FIRST for k in chosen(a_replay(walks), 10)[0]]
    assert days == [30, 60, 91, 121, 152, 182]


def test_fractions_of_an_alert_add_up_exactly():
    quota = budget_quota(10, dict.fromkeys(range(3044), 100))
    left = kept = 0
    for day in range(3044):
        left = quota.credit(left, day)
        kept += left // WHOLE
        left %= WHOLE
    assert kept == 1000


def test_a_shortfall_is_made_up_for_later():
    pools = [Pool(1, [], {}), Pool(2, [0, 1 << ACCOUNT_BITS | 1], {})]
    assert select(pools, same_volume({1: 1, 2: 1}), ["a", "b"]) == [Kept("a", 2, None), Kept("b", 2, None)]


def test_the_cooldown_ends_on_the_thirtieth_day():
    pools = [Pool(day, [0], {}) for day in range(1, 62)]
    kept = select(pools, same_volume(dict.fromkeys(range(1, 62), 1)), ["a"])
    assert [k.day for k in kept] == [1, 31, 61]


def test_a_random_choice_is_the_same_every_time():
    replay = random_replay(30, "again")
    assert chosen(replay, 10) == chosen(replay, 10)
    assert chosen(replay, 10)[2]
