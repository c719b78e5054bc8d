"""The usage rule: one scalar state machine, used by replay and by the nightly run alike.

Opens when index / baseline < fire; is or becomes severe when < severe; closes when >= resolve; equality goes to
the milder side. Seed 000 for 60 % and 40 %; 70 % and the four reasons for no verdict are ours (docs/rule.md).
"""

from health_monitor.model.usage import (
    SCALE,
    Basis,
    Benchmark,
    Drop,
    Episode,
    NoVerdict,
    Resolution,
    Rules,
    State,
    Sums,
    Thresholds,
    Verdict,
)

_TOO_NEW, _NO_BENCHMARK, _INSUFFICIENT, _DORMANT = (
    Verdict(Drop.NONE, reason, None)
    for reason in (NoVerdict.TOO_NEW, NoVerdict.NO_BENCHMARK, NoVerdict.INSUFFICIENT_BASELINE, NoVerdict.DORMANT)
)
# A replay comes through here millions of times: looking up a member of an enumeration, or calling a named tuple's own
# constructor, costs more than the rule.
_NO_DROP, _OWN = Drop.NONE, Basis.OWN
_new = tuple.__new__


def step(state: State | None, sums: Sums, benchmark: Benchmark | None, rules: Rules) -> State:
    """One day's judgement and what it does to the account's episode. A day without a verdict keeps the episode."""
    verdict = judge(sums, benchmark, rules)
    episode = state.episode if state else None
    if episode and episode.resolved_on is not None:
        episode = None
    if episode:
        if verdict.reason is None:
            episode = _advance(episode, verdict, sums, _thresholds(verdict.basis, rules))
    elif verdict.drop is not _NO_DROP:
        episode = Episode(sums.day, verdict.drop, verdict)
    return _new(State, (sums.day, verdict, episode))


def judge(sums: Sums, benchmark: Benchmark | None, rules: Rules) -> Verdict:
    """How far usage is below its baseline on one day, or why that cannot be said."""
    age = sums.age
    if age <= rules.new_to:
        return _newcomer(sums, benchmark, rules)
    if sums.own_user_days < rules.min_user_days:
        return _DORMANT if sums.silent_days >= rules.dormant_days else _INSUFFICIENT
    if age < rules.mature_from:
        return _blended(sums, benchmark, rules)
    return _verdict(_OWN, rules.mature, sums.index_sum, sums.index_days, sums.own_sum, sums.own_days)


def _newcomer(sums: Sums, benchmark: Benchmark | None, rules: Rules) -> Verdict:
    """Cumulative use against the median account on the same day of tenure; zero use is a verdict."""
    age = sums.age
    if age < rules.new_from:
        return _TOO_NEW
    if sums.seen_days <= age:
        return _INSUFFICIENT
    if benchmark is None or benchmark.num == 0:
        return _NO_BENCHMARK
    days = age + 1
    return _verdict(Basis.NEW_ACCOUNT, rules.new, sums.cumulative, days, benchmark.num, benchmark.den * days)


def _blended(sums: Sums, benchmark: Benchmark | None, rules: Rules) -> Verdict:
    """B = w·own + (1-w)·(segment's median index per active user)·(own users), w = own days / 90."""
    if benchmark is None:
        return _NO_BENCHMARK
    missing = rules.baseline_days - sums.own_days
    baseline = sums.own_sum * benchmark.den + missing * benchmark.num * sums.known_users
    return _verdict(
        Basis.BLENDED, rules.young, sums.index_sum, sums.index_days, baseline, rules.baseline_days * benchmark.den
    )


def _verdict(basis: Basis, limits: Thresholds, index: int, index_den: int, baseline: int, baseline_den: int) -> Verdict:
    measured, against = index * baseline_den * SCALE, index_den * baseline
    drop = _NO_DROP
    if measured < limits.fire * against:
        drop = Drop.SEVERE if measured < limits.severe * against else Drop.MODERATE
    return _new(Verdict, (drop, None, basis, index, index_den, baseline, baseline_den))


def _thresholds(basis: Basis | None, rules: Rules) -> Thresholds:
    if basis is Basis.OWN:
        return rules.mature
    return rules.young if basis is Basis.BLENDED else rules.new


def _advance(episode: Episode, verdict: Verdict, sums: Sums, limits: Thresholds) -> Episode:
    if verdict.drop is Drop.SEVERE and episode.highest is not Drop.SEVERE:
        return episode._replace(escalated_on=sums.day)
    if _at_least(verdict.index_num, verdict.index_den, verdict, limits.resolve):
        back = _at_least(sums.index_sum, sums.index_days, episode.opening, limits.resolve)
        return episode._replace(
            resolved_on=sums.day, resolution=Resolution.RECOVERED if back else Resolution.NEW_NORMAL
        )
    return episode


def _at_least(num: int, den: int, against: Verdict, share: int) -> bool:
    """Whether num/den has reached that share of the verdict's baseline."""
    return num * against.baseline_den * SCALE >= share * den * against.baseline_num
