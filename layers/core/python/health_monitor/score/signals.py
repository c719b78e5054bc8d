"""What a person should hear of tonight: seed 002's alerts, each with how fast, since when, and in words.

A signal stands while what it says is so. It is new on one day only, its `since`, and that is the day it is told; one
that becomes graver is new once more.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import chain
from typing import Literal

from health_monitor.model.evidence import Evidence
from health_monitor.model.score import Score, Signal, Standing
from health_monitor.model.scorecard import Scorecard
from health_monitor.score.signals_facts import (
    licence_below_50,
    licence_waste,
    no_qbr_before_renewal,
    no_touchpoint,
    p1_open,
    payment_past_due,
    sponsor_departed,
    sponsor_dormant,
    usage_down_40_60d,
)
from health_monitor.score.signals_score import (
    Case,
    Found,
    declining_3_months,
    drop_10_30d,
    drop_20_30d,
    entered_at_risk,
    low_adoption,
    score_below_25,
    sustained_15_90d,
)

Severity = Literal["critical", "high", "moderate"]
ALL: tuple[tuple[Severity, Callable[[Case], Found | None]], ...] = (
    ("critical", score_below_25),
    ("critical", drop_20_30d),
    ("critical", sponsor_dormant),
    ("critical", sponsor_departed),
    ("critical", p1_open),
    ("critical", payment_past_due),
    ("high", entered_at_risk),
    ("high", drop_10_30d),
    ("high", sustained_15_90d),
    ("high", usage_down_40_60d),
    ("high", no_qbr_before_renewal),
    ("high", licence_waste),
    ("moderate", declining_3_months),
    ("moderate", licence_below_50),
    ("moderate", no_touchpoint),
    ("moderate", low_adoption),
)
"""Seed 002's three tiers of alerts; the function's name is the signal's kind."""
IMPLIES = {"drop_20_30d": "drop_10_30d", "licence_waste": "licence_below_50"}
"""Who hears of the one need not hear of the other."""
WHATEVER_THE_SCORECARD = frozenset(
    {"p1_open", "sponsor_departed", "usage_down_40_60d", "no_qbr_before_renewal", "licence_waste", "licence_below_50"}
)
"""Kinds that read nothing of the scorecard: they are news also on the night on which it changed."""
MOVES = frozenset({"drop_20_30d", "drop_10_30d", "sustained_15_90d", "declining_3_months"})
"""What the change of the score says. It says nothing of the customer while what is known of it changes."""
OF_THE_SCORE = MOVES | {"score_below_25", "entered_at_risk"}
"""Everything that the score says by itself."""
KNOWN_OTHERWISE = 1_000
"""Hundredths of a percent: where coverage moved by so much since the last night, the score moved with it."""
RETURNS_WITHIN = timedelta(days=14)
"""What comes back so soon was never over: it goes on, and nobody hears of it twice."""
GRAVITY: tuple[Severity, ...] = ("moderate", "high", "critical")


def signals_of(
    evidence: Evidence, score: Score, standing: Standing, before: Standing | None, scorecard: Scorecard,
    at: datetime | None = None,
) -> tuple[Signal, ...]:  # fmt: skip
    """Every signal that stands, the gravest first; one that stood before keeps its day.

    standing: as it is but for its signals. at: the moment of a rescoring between two nights.
    """
    case = Case(evidence, score, standing, scorecard)
    found = [(one.__name__, severity, said) for severity, one in ALL if (said := one(case))]
    implied = {IMPLIES[kind] for kind, _, _ in found if kind in IMPLIES}
    known = _known(evidence, before)
    fresh = [
        Signal(
            kind,
            severity,
            said.said,
            said.records,
            evidence.day,
            at,
            before is not None and _unfelt(kind, before, score),
        )
        for kind, severity, said in found
        if kind not in implied
    ]
    judged = (_softened(one, standing) for one in fresh)
    return tuple(sorted((_as_known(one, known.get(one.kind)) for one in judged), key=_gravest_first))


def ended_of(signals: Iterable[Signal], evidence: Evidence, before: Standing | None) -> tuple[Signal, ...]:
    """Those that stood before and do not stand any more, for as long as they may come back."""
    if before is None:
        return ()
    stand = {one.kind for one in signals}
    over = [one._replace(until=before.as_of) for one in before.signals] + list(before.ended)
    kept = {one.kind: one for one in reversed(over) if one.until and evidence.day - one.until < RETURNS_WITHIN}
    return tuple(kept[kind] for kind in sorted(kept) if kind not in stand)


def _known(evidence: Evidence, before: Standing | None) -> dict[str, Signal]:
    """What stood before by its kind; nothing of an account that was away for longer than a signal may pause."""
    if before is None or evidence.day - before.as_of >= RETURNS_WITHIN:
        return {}
    return {one.kind: one for one in chain(before.ended, before.signals)}


def _unfelt(kind: str, before: Standing, score: Score) -> bool:
    """Whether it came about without the customer: by another scorecard, or because more or less is known of it."""
    if (before.version, before.card) != (score.version, score.card):
        return kind not in WHATEVER_THE_SCORECARD
    known = abs(score.coverage - before.coverage) >= KNOWN_OTHERWISE
    return kind in MOVES and (known or (before.provisional and not score.provisional))


def _softened(found: Signal, standing: Standing) -> Signal:
    """What a provisional score says by itself is moderate: too little is known of the account to call anybody for it.

    A limit and an override are facts of their own.
    """
    by_fact = found.kind == "entered_at_risk" and (standing.limited_by or standing.override)
    if not standing.provisional or found.kind not in OF_THE_SCORE or by_fact:
        return found
    so_far = f"{found.said}; provisional: {standing.coverage // 100} % of the scorecard is known"
    return found._replace(severity="moderate", said=so_far)


def _as_known(found: Signal, known: Signal | None) -> Signal:
    """The same signal as before, unless it speaks of a record that is new, or became graver.

    It does not become milder while it stands, so that one that wavers is not told again and again.
    """
    if known is None or not set(found.records) <= set(known.records) or _gravity(found) > _gravity(known):
        return found
    return found._replace(severity=known.severity, since=known.since, at=known.at, silent=known.silent)


def _gravity(signal: Signal) -> int:
    return GRAVITY.index(signal.severity)


def _gravest_first(signal: Signal) -> int:
    return -_gravity(signal)
