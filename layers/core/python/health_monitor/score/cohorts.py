"""With whom an account is compared, and how it does among them: 65 against 58 is not 65 against 78."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from statistics import quantiles
from typing import Any, NamedTuple

from health_monitor.model.account import Account

MIN_ACCOUNTS = 5
"""Smaller groups are not shown: one account's score would show through, and chance would rule (issue: n ≥ 5)."""
TENURES = ((90, "under 3 months"), (365, "3 to 12 months"), (730, "1 to 2 years"), (1_095, "2 to 3 years"))
"""Days of tenure below which an account belongs to the group."""
OLDEST = "3 years and more"
SIZES = ((11, "1 to 10"), (51, "11 to 50"), (201, "51 to 200"), (1_001, "201 to 1,000"))
"""Employees below which an account belongs to the group (the usual classes of company sizes)."""
LARGEST = "more than 1,000"

Groups = dict[str, str]
"""By what accounts are alike, and how this one is."""


class Cohort(NamedTuple):
    """Scores of n alike accounts, in tenths: the lower quartile, the median and the upper quartile."""

    n: int
    low: int
    median: int
    high: int


class Comparison(NamedTuple):
    """An account among its cohort: tenths above (or below, negative) the median, and between which quartiles."""

    by: str
    group: str
    cohort: Cohort
    difference: int
    place: str


def groups_of(account: Account, day: date) -> Groups:
    """Everything the account is compared by; what nobody knows of it is left out."""
    start = account.signup_date or account.usage_start
    known = {
        "segment": account.segment,
        "industry": account.industry,
        "size": _class(account.employees or None, SIZES, LARGEST),
        "use_case": account.use_case,
        "plan": account.plan,
        "tenure": _class((day - start).days if start and start <= day else None, TENURES, OLDEST),
        "onboarding": f"{start.year}-Q{(start.month + 2) // 3}" if start and start <= day else None,
    }
    return {by: group for by, group in known.items() if group}


def cohorts_of(scored: Iterable[tuple[Account, int | None]], day: date) -> dict[str, dict[str, Cohort]]:
    """From accounts with their scores (tenths) the cohorts that are large enough, by what makes them alike."""
    values: dict[tuple[str, str], list[int]] = defaultdict(list)
    for account, value in scored:
        if value is not None:
            for by, group in groups_of(account, day).items():
                values[by, group].append(value)
    cohorts: dict[str, dict[str, Cohort]] = defaultdict(dict)
    for (by, group), some in sorted(values.items()):
        if len(some) >= MIN_ACCOUNTS:
            cohorts[by][group] = _cohort(some)
    return dict(cohorts)


def compared(
    account: Account, value: int | None, day: date, cohorts: Mapping[str, Mapping[str, Cohort]]
) -> tuple[Comparison, ...]:
    """The account among each of its cohorts that there is; nothing without a score."""
    if value is None:
        return ()
    found = ((by, group, cohorts.get(by, {}).get(group)) for by, group in groups_of(account, day).items())
    return tuple(
        Comparison(by, group, cohort, value - cohort.median, _place(value, cohort))
        for by, group, cohort in found
        if cohort is not None
    )


def named_cohorts(cohorts: Mapping[str, Mapping[str, Cohort]]) -> dict[str, Any]:
    """As the night's benchmarks keep them."""
    return {by: {group: cohort._asdict() for group, cohort in some.items()} for by, some in cohorts.items()}


def cohorts_from(named: Mapping[str, Any]) -> dict[str, dict[str, Cohort]]:
    """What `named_cohorts` wrote."""
    return {by: {group: Cohort(**one) for group, one in some.items()} for by, some in named.items()}


def _cohort(values: list[int]) -> Cohort:
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return Cohort(len(values), int(low), int(middle), int(high))


def _place(value: int, cohort: Cohort) -> str:
    if value < cohort.low:
        return "in the lowest quarter"
    if value < cohort.median:
        return "below the median"
    return "in the highest quarter" if value > cohort.high else "at the median or above"


def _class(number: int | None, classes: tuple[tuple[int, str], ...], last: str) -> str | None:
    return None if number is None else next((name for below, name in classes if number < below), last)
