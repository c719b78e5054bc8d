"""What a measure says, in words with its numbers: `Active users 40 of 100: active 14, seats 35`."""

import re
from decimal import Decimal

from health_monitor.model.measure import MEASURES
from health_monitor.model.score import Number, Reading

FACTS: dict[str, tuple[str, ...]] = {
    "active_users": ("{active} of {seats} seats active in 30 days",),
    "login_frequency": ("people who come daily: {daily}, weekly: {weekly}, less often: {monthly}",),
    "feature_depth": (
        "{used} of {core} core features used; unused: {unused}",
        "all {core} core features used",
    ),
    "user_health": ("users seen in 90 days: {users}; engaged {engaged}, at risk {at_risk}, dormant {dormant}",),
    "usage_trend": ("{index} active user-days in 14 days; a quarter ago {index_90_days_ago}",),
    "peer_usage": ("{use_per_seat} of the seats active on a usual day; the median of {peers} peers is {median}",),
    "qbr_attendance": ("{attended} of {held} business reviews attended",),
    "response_rate": ("{answered} of {sent} messages answered",),
    "training": ("sessions attended: {attended}",),
    "goals_met": ("{met} of {goals} goals met, {mean_progress} of the way on average",),
    "roi_shown": ("last shown {days_since} days ago", "never shown"),
    "use_cases": ("{live} of {bought} use cases live",),
    "nps": ("the latest of {answers} answers is {latest} of 10, {days_since} days ago",),
    "csat": ("mean of {answers} answers",),
    "support_friction": (
        "{tickets} tickets in 30 days (up to {usual} are usual), {open_p1} of them an open P1, {reopened} reopened",
    ),
    "csm_pulse": ("rated {rating} of 5",),
    "executive_sponsor": (
        "{there} named, {departed} departed, last heard from {silent_days} days ago",
        "{there} named, {departed} departed, never heard from",
        "nobody is named, {departed} departed",
    ),
    "champion": (
        "{there} named, {departed} departed, last heard from {silent_days} days ago",
        "{there} named, {departed} departed, never heard from",
        "nobody is named, {departed} departed",
    ),
    "touch_cadence": ("the last touchpoint was {days_since} days ago; {cadence_days} days are the rhythm",),
    "departments": ("departments with people in it: {departments}",),
    "relationship_rating": ("rated {rating} of 5",),
    "payment": (
        "overdue invoices: {overdue_invoices}, the oldest by {days_overdue} days",
        "nothing is overdue",
    ),
    "contract": (
        "{days_to_renewal} days to the renewal",
        "the renewal is {days_overdue} days overdue",
        "it has ended",
    ),
    "expansion": ("ARR {before} → {after} in a year ({change})",),
    "spend": ("ARR {before} → {after} in 90 days ({change})",),
}
"""What each measure was made of: the first of these whose numbers are all there."""
SHARES = frozenset({"mean_progress", "change", "ratio", "use_per_seat", "median"})
"""Numbers that people read as percent."""
_ONE = re.compile(r"(?<![\d.,])1 (day|ticket|message|answer|peer|goal|seat|review|P1 ticket|user-day)s\b")
MONEY = frozenset({"before", "after"})
"""Sums, kept as text so that no cent is lost."""
ABSENT = {"there": 0, "unused": "none"}
"""With nobody there, or nothing unused, the words are others."""


def title_of(measure: str) -> str:
    """A measure's name for people; its own name where a stored score has one that is no longer known."""
    spec = MEASURES.get(measure)
    return spec.title if spec else measure.replace("_", " ").capitalize()


def said(measure: str, reading: Reading) -> str:
    """The measure, its value and what it was made of; why it has none, where it has none."""
    if reading.value is None:
        return f"{title_of(measure)} unknown: {reading.because or 'nobody can say why'}"
    return f"{title_of(measure)} {reading.value // 10 / 10:g} of 100: {fact(measure, reading)}"


def changed(measure: str, before: Reading, after: Reading) -> str:
    """From what to what a measure changed; both are known."""
    return f"{said(measure, after)}; was: {fact(measure, before)}"


def fact(measure: str, reading: Reading) -> str:
    """What a measure was made of; all its numbers, where it has none that there are words for."""
    shown = {
        name: _shown(name, value)
        for name, value in reading.numbers.items()
        if value is not None and ABSENT.get(name) != value
    }
    for words in FACTS.get(measure, ()):
        try:
            return singular(words.format_map(shown))
        except KeyError:
            continue
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items())


def singular(text: str) -> str:
    """One day, not 1 days."""
    return _ONE.sub(r"1 \1", text)


def _shown(name: str, value: Number) -> str:
    if name in SHARES and isinstance(value, float | int):
        return f"{100 * value:.0f} %"
    if name in MONEY:
        return f"{Decimal(str(value)):,.0f}"
    return f"{value:,.4g}" if isinstance(value, float) and abs(value) < 1000 else str(value)
