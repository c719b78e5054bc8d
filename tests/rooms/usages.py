"""Usage made by hand: a test names the days and the numbers that matter to it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from health_monitor.model.usage import Benchmark, Rules, Series, State, Sums, Tenure, Thresholds
from health_monitor.usage.rule import step
from health_monitor.usage.windows import walk_sums

START_DATE = date(2026, 1, 1)
START = START_DATE.toordinal()
SPEC = Thresholds(6_000, 4_000, 7_000)
"""The issue's 60, 40 and 70 %."""
Benchmarks = Callable[[int], Benchmark | None]


def the_rules(**changes: Any) -> Rules:
    """The issue's numbers, typed here once more so that a changed default is noticed."""
    return Rules(
        profile="standard",
        by_events=False,
        exclude_current=False,
        index_days=14,
        baseline_days=90,
        new_from=3,
        new_to=29,
        min_user_days=5,
        dormant_days=30,
        new=SPEC,
        young=SPEC,
        mature=SPEC,
    )._replace(**changes)


EXCLUDING = the_rules(exclude_current=True)


def stretches(*parts: tuple[int, int]) -> list[int]:
    """(days, users a day) one after the other."""
    return [level for days, level in parts for _ in range(days)]


def a_life(users: Sequence[int], *, events: Sequence[int] | None = None, people: int | None = None) -> Series:
    """Daily counts from the account's start; all its people (the first day's, unless said) appear on day one."""
    known = people if people is not None else (users[0] if users else 0)
    newcomers = [known] + [0] * (len(users) - 1) if users else []
    return Series(START, list(users if events is None else events), list(users), newcomers)


def lived(
    users: Sequence[int],
    rules: Rules | None = None,
    *,
    events: Sequence[int] | None = None,
    people: int | None = None,
    benchmark: Benchmarks = lambda _age: None,
    seen_from: int = 0,
) -> list[State]:
    """The state after every day of an account's life."""
    rules = rules or the_rules()
    series = a_life(users, events=events, people=people)
    states: list[State] = []
    for sums in walk_sums(series, Tenure(START, START + seen_from), START + len(users) - 1, rules):
        states.append(step(states[-1] if states else None, sums, benchmark(sums.age), rules))
    return states


def happenings(states: Iterable[State]) -> list[tuple[int, str]]:
    """(day of tenure, what happened), quiet days left out."""
    return [(state.day - START, state.happened) for state in states if state.happened]


def mature(index_sum: int, own_sum: int = 9_000, *, day: int = START + 200, **known: Any) -> Sums:
    """A day of an old account: 14 days summing to index_sum against 90 days summing to own_sum (100 a day)."""
    facts: dict[str, Any] = {
        "day": day,
        "age": day - START,
        "seen_days": day - START + 1,
        "index_sum": index_sum,
        "index_days": 14,
        "own_sum": own_sum,
        "own_days": 90,
        "own_user_days": 9_000,
        "cumulative": 20_000,
        "known_users": 100,
        "silent_days": 0,
    }
    return Sums(**(facts | known))


def days_of(*index_sums: int, rules: Rules | None = None, own_sum: int = 9_000) -> list[State]:
    """An old account's states on consecutive days, each given by its 14-day sum."""
    states: list[State] = []
    for offset, index_sum in enumerate(index_sums):
        sums = mature(index_sum, own_sum, day=START + 200 + offset)
        states.append(step(states[-1] if states else None, sums, None, rules or the_rules()))
    return states


def flat_benchmark(num: int, den: int = 1) -> Benchmarks:
    return lambda _age: Benchmark(num, den, 5, "smb/active_user_days")
