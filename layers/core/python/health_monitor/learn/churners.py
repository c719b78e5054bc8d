"""What replay would have said about each customer who left: how early it warned, or why it did not."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from health_monitor.learn.outcomes import HORIZON_DAYS, left_in_period, was_eligible
from health_monitor.learn.report import Churners, Story
from health_monitor.learn.stretches import Stretch, count_codes
from health_monitor.model.account import Account
from health_monitor.model.replay import CODES, FIRST_VERDICT, NO_RATIO
from health_monitor.model.usage import Episode, Resolution

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
CLOSED_AS = {Resolution.RECOVERED: "closed as recovered", Resolution.NEW_NORMAL: "closed as a new normal"}
WHY_NO_VERDICT = {
    "left_before_judged": "left before its first day of use",
    "too_new": "left too early: no verdict before day 3 of tenure",
    "no_benchmark": "never had a benchmark: too few comparable accounts had passed that tenure before",
    "insufficient_baseline": "too little use to have a baseline",
    "dormant": "silent for so long that there was nothing left to fall",
}


class Told(NamedTuple):
    """Why a churner was or was not warned, as a word for counting and as a sentence."""

    status: str
    reason: str
    text: str
    first_warning: int | None = None


def in_words(day: int) -> str:
    """A date as people write it: 3 March 2014."""
    of = date.fromordinal(day)
    return f"{of.day} {MONTHS[of.month - 1]} {of.year}"


def churners(
    those: Sequence[Stretch],
    never_judged: Iterable[Account],
    alerts: Mapping[str, Sequence[int]],
    period: tuple[int, int],
    has_budget: bool,
) -> Churners:
    """`alerts` are the rule's alert days by account, rising; `period` is the report's first and last day."""
    told = [
        (s.walk.account, _judged(s, alerts.get(s.account_id, ()), has_budget))
        for s in those
        if left_in_period(s, *period)
    ]
    told += [(account, _unjudged()) for account in never_judged if _left(account, period)]
    stories = sorted((_story(account, what) for account, what in told), key=_order)
    statuses = Counter(s.status for s in stories)
    never = Counter(s.reason for s in stories if s.status == "not_judged")
    return Churners(
        left=len(stories),
        eligible=statuses["warned"] + statuses["missed"],
        warned=statuses["warned"],
        missed=statuses["missed"],
        never_eligible=dict(sorted(never.items())),
        stories=tuple(stories),
    )


def _judged(stretch: Stretch, days: Sequence[int], has_budget: bool) -> Told:
    churn = stretch.churn or 0
    if not was_eligible(stretch):
        return _not_judged(_main_reason(stretch))
    near = [day for day in days if churn - HORIZON_DAYS <= day < churn]
    if near:
        return _warned(stretch, near[0], churn)
    reason, text = _why_missed(stretch, days, churn, has_budget)
    return Told("missed", reason, f"Missed: {text}")


def _warned(stretch: Stretch, day: int, churn: int) -> Told:
    ratio = stretch.walk.ratios[day - stretch.walk.start]
    text = f"First warning {in_words(day)}, {_days(churn - day)} before"
    if ratio != NO_RATIO:
        text += f", at {ratio // 100}% of its baseline"
    return Told("warned", "warned", text, day)


def _why_missed(stretch: Stretch, days: Sequence[int], churn: int, has_budget: bool) -> tuple[str, str]:
    before = [e for e in stretch.walk.episodes if e.opened_on < churn]
    inside = [e for e in before if e.opened_on >= stretch.first]
    if days:
        warned = next(e for e in reversed(inside) if e.opened_on <= days[-1])
        return "warned_too_early", _too_early(warned, days[-1], churn)
    if inside and has_budget:
        return "not_kept", f"{_low(inside[-1])}, but not kept within the budget"
    if before:
        return "warned_before_period", f"its last warning, on {in_words(before[-1].opened_on)}, is before this report"
    return "never_below", f"usage never fell below the line; {_lowest(stretch)}"


def _too_early(episode: Episode, day: int, churn: int) -> str:
    ended = "still open when it left"
    if episode.resolved_on is not None and episode.resolution:
        ended = f"{CLOSED_AS[episode.resolution]} on {in_words(episode.resolved_on)}"
    return f"warned {_days(churn - day)} before, on {in_words(day)}, and {ended}"


def _low(episode: Episode) -> str:
    if episode.resolved_on is None:
        return f"low since {in_words(episode.opened_on)}"
    return f"low from {in_words(episode.opened_on)} to {in_words(episode.resolved_on)}"


def _lowest(stretch: Stretch) -> str:
    start = stretch.walk.start
    ratios = stretch.walk.ratios[stretch.first - start : stretch.last - start + 1]
    lowest = min(ratios)
    day = stretch.first + ratios.index(lowest)
    return f"lowest {lowest // 100}% of its baseline, on {in_words(day)}"


def _main_reason(stretch: Stretch) -> str:
    """The commonest reason; too new only if there was no other."""
    days = {CODES[code]: count_codes(stretch.walk, code, stretch.first, stretch.last) for code in range(FIRST_VERDICT)}
    days["too_new"] = 0
    reason = max(days, key=lambda name: days[name])
    return reason if days[reason] else "too_new"


def _not_judged(reason: str) -> Told:
    return Told("not_judged", reason, f"Not judged: {WHY_NO_VERDICT[reason]}")


def _unjudged() -> Told:
    return _not_judged("left_before_judged")


def _left(account: Account, period: tuple[int, int]) -> bool:
    return account.churn_date is not None and period[0] < account.churn_date.toordinal() <= period[1] + 1


def _days(n: int) -> str:
    return "1 day" if n == 1 else f"{n} days"


def _story(account: Account, told: Told) -> Story:
    left = account.churn_date or date.min
    first = told.first_warning
    return Story(
        account_id=account.account_id,
        name=account.name,
        segment=account.segment,
        arr=None if account.arr is None else float(account.arr),
        left_on=left.isoformat(),
        status=told.status,
        reason=told.reason,
        first_warning=None if first is None else date.fromordinal(first).isoformat(),
        lead_days=None if first is None else left.toordinal() - first,
        text=told.text,
    )


def _order(story: Story) -> tuple[float, int, str]:
    return -(story.arr if story.arr is not None else -1), -(story.lead_days or 0), story.account_id
