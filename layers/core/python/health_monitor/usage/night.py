"""One account on one night: its state, and the compact line that the rest of the night reads."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from health_monitor.model.account import Account
from health_monitor.model.config import Bundle
from health_monitor.model.state_json import Named, named_state, state_of
from health_monitor.model.usage import Benchmark, Rules, Series, State, Sums, Tenure
from health_monitor.usage.benchmark import Point, point, scope_of
from health_monitor.usage.incident import shift
from health_monitor.usage.rule import step
from health_monitor.usage.windows import sums_at, tenure_of

NEEDED = ("tier", "csm_email")
"""What alerts need of an account, beside its usage: how much it matters, and who hears of it."""


class Medians(NamedTuple):
    """What the night before left behind: benchmarks by `scope kind age`, and each segment's median index per seat."""

    benchmarks: Mapping[str, Benchmark]
    per_seat: Mapping[str, float]

    @classmethod
    def load(cls, named: Mapping[str, Any]) -> "Medians":
        """From the file that `summarise` wrote; empty before the first night."""
        benchmarks = {name: Benchmark(*values) for name, values in named.get("benchmarks", {}).items()}
        return cls(benchmarks, named.get("per_seat", {}))


class Judged(NamedTuple):
    """An account's sums on the night, its state, and whether it was new."""

    account: Account
    tenure: Tenure
    sums: Sums
    state: State
    rules: Rules
    series: Series | None


def judge_night(
    account: Account,
    series: Series | None,
    before: State | None,
    medians: Medians,
    bundle: Bundle,
    day: date,
    data_from: date | None,
) -> Judged | None:
    """The account's state after the day, from the state before it; None outside its tenure."""
    rules, today = bundle.profile_of(account).rules(), day.toordinal()
    tenure = tenure_of(
        account, series.first_day if series else None, data_from.toordinal() if data_from else None, rules
    )  # fmt: skip
    if tenure is None or not tenure.seen_from <= today <= account.last_day(day).toordinal():
        return None
    sums = sums_at(series, tenure, today, rules)
    state = step(before, sums, _benchmark(account, sums, medians, rules), rules)
    return Judged(account, tenure, sums, state, rules, series)


def line(judged: Judged, stored: State, medians: Medians, bundle: Bundle) -> Named:
    """What the night keeps of an account for ever: counts, state, and its share in benchmarks and medians."""
    account, sums, rules = judged.account, judged.sums, judged.rules
    seats = account.licensed_seats
    per_seat = sums.index_sum / (sums.index_days * seats) if seats else None
    scope = scope_of(account.segment, rules)
    usual = medians.per_seat.get(scope)
    own = point(account.segment, sums, rules)
    return {
        "account_id": account.account_id,
        "profile": rules.profile,
        "variant": variant(rules),
        "windows": [rules.index_days, rules.baseline_days],
        "scope": scope,
        "counts": _counts(judged.series, sums.day),
        "state": named_state(stored),
        "happened": stored.happened,
        "point": list(own) if own else None,
        "shift": _shift(judged, bundle),
        "index_per_seat": per_seat,
        "usage_index": per_seat / usual if per_seat is not None and usual else None,
        "high_value": bundle.high_value.covers(account),
    } | ({"lacks": lacks} if (lacks := [field for field in NEEDED if not getattr(account, field)]) else {})


def variant(rules: Rules) -> str:
    """Which reading of the rule this is, for people who look at an alert."""
    return f"{'events' if rules.by_events else 'active_user_days'}, baseline " + (
        f"{'excludes' if rules.exclude_current else 'includes'} the current {rules.index_days} days"
    )


def point_of(named: Named) -> Point | None:
    """The benchmark contribution in a line."""
    return Point(*named["point"]) if named["point"] else None


def line_state(named: Named) -> State:
    """The state in a line."""
    return state_of(named["state"])


def _benchmark(account: Account, sums: Sums, medians: Medians, rules: Rules) -> Benchmark | None:
    kind = "cumulative" if sums.age <= rules.new_to else "per_user"
    scope = scope_of(account.segment, rules)
    own = medians.benchmarks.get(f"{scope} {kind} {sums.age}")
    return own or medians.benchmarks.get(f"*/{scope.rpartition('/')[2]} {kind} {sums.age}")


def _shift(judged: Judged, bundle: Bundle) -> int | None:
    sums, week = judged.sums, bundle.data_incident.compare_days
    then = sums_at(judged.series, judged.tenure, sums.day - week, judged.rules)
    return shift(sums, then.index_sum, judged.rules, bundle.data_incident)


def _counts(series: Series | None, day: int) -> list[int]:
    at = day - series.first_day if series else -1
    if series is None or not 0 <= at < len(series.events):
        return [0, 0, 0]
    return [series.events[at], series.active_users[at], series.new_users[at]]
