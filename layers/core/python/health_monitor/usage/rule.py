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

_NONE = {reason: Verdict(Drop.NONE, reason, None) for reason in NoVerdict}


def step(state: State | None, sums: Sums, benchmark: Benchmark | None, rules: Rules) -> State:
    """One day's judgement and what it does to the account's episode. A day without a verdict keeps the episode."""
    verdict = judge(sums, benchmark, rules)
    episode = state.open if state else None
    if verdict.reason is None:
        episode = _advance(episode, verdict, sums, _thresholds(verdict.basis, rules))
    return State(sums.day, verdict, episode)


def judge(sums: Sums, benchmark: Benchmark | None, rules: Rules) -> Verdict:
    """How far usage is below its baseline on one day, or why that cannot be said."""
    age = sums.age
    if age < rules.new_from:
        return _NONE[NoVerdict.TOO_NEW]
    if age <= rules.new_to:
        return _newcomer(sums, benchmark, rules)
    if sums.own_user_days < rules.min_user_days:
        silent = sums.silent_days >= rules.dormant_days
        return _NONE[NoVerdict.DORMANT if silent else NoVerdict.INSUFFICIENT_BASELINE]
    if age >= rules.mature_from:
        return _verdict(Basis.OWN, rules.mature, sums.index_sum, sums.index_days, sums.own_sum, sums.own_days)
    return _blended(sums, benchmark, rules)


def _newcomer(sums: Sums, benchmark: Benchmark | None, rules: Rules) -> Verdict:
    """Cumulative use against the median account on the same day of tenure; zero use is a verdict."""
    if sums.seen_days <= sums.age:
        return _NONE[NoVerdict.INSUFFICIENT_BASELINE]
    if benchmark is None or benchmark.num == 0:
        return _NONE[NoVerdict.NO_BENCHMARK]
    days = sums.age + 1
    return _verdict(Basis.NEW_ACCOUNT, rules.new, sums.cumulative, days, benchmark.num, benchmark.den * days)


def _blended(sums: Sums, benchmark: Benchmark | None, rules: Rules) -> Verdict:
    """B = w·own + (1-w)·(segment's median index per active user)·(own users), w = own days / 90."""
    if benchmark is None:
        return _NONE[NoVerdict.NO_BENCHMARK]
    missing = rules.baseline_days - sums.own_days
    baseline = sums.own_sum * benchmark.den + missing * benchmark.num * sums.known_users
    return _verdict(
        Basis.BLENDED, rules.young, sums.index_sum, sums.index_days, baseline, rules.baseline_days * benchmark.den
    )


def _verdict(basis: Basis, limits: Thresholds, index: int, index_den: int, baseline: int, baseline_den: int) -> Verdict:
    measured, against = index * baseline_den * SCALE, index_den * baseline
    drop = Drop.NONE
    if measured < limits.fire * against:
        drop = Drop.SEVERE if measured < limits.severe * against else Drop.MODERATE
    return Verdict(drop, None, basis, index, index_den, baseline, baseline_den)


def _thresholds(basis: Basis | None, rules: Rules) -> Thresholds:
    if basis is Basis.OWN:
        return rules.mature
    return rules.young if basis is Basis.BLENDED else rules.new


def _advance(episode: Episode | None, verdict: Verdict, sums: Sums, limits: Thresholds) -> Episode | None:
    if episode is None:
        return Episode(sums.day, verdict.drop, verdict) if verdict.drop is not Drop.NONE else None
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
