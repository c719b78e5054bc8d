"""What a night's accounts are together: counts and revenue by status, tiers, readiness to grow, NPS and changes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from decimal import Decimal
from statistics import median
from typing import Any, NamedTuple

from health_monitor.model.account import Account
from health_monitor.model.evidence import Evidence
from health_monitor.model.score import Standing
from health_monitor.model.scorecard import STATUSES, Coverage
from health_monitor.score.tiers import TIERS

NPS_DAYS = 90
"""An NPS is made of everybody's latest answer within so many days."""
UNKNOWN = "unknown"
NOBODY = "-"
"""Accounts without a segment, or without a CSM."""
_BINS = 10


class Row(NamedTuple):
    """One account in the night: what a summary needs of it. answers: its people's latest NPS answers, 0 to 10."""

    segment: str
    csm: str
    arr: Decimal | None
    standing: Standing
    answers: tuple[int, ...] = ()


def row_of(standing: Standing, account: Account, answers: Iterable[int] = ()) -> Row:
    """An account as a summary counts it."""
    return Row(account.segment or NOBODY, account.csm_email or NOBODY, account.arr, standing, tuple(answers))


def summary_of(rows: Iterable[Row], tiers: Coverage) -> dict[str, Any]:
    """The portfolio's summary, each segment's and each CSM's; scores in tenths, revenue as the accounts have it."""
    whole, segments, csms = _Sums(), defaultdict[str, _Sums](_Sums), defaultdict[str, _Sums](_Sums)
    for row in rows:
        for sums in (whole, segments[row.segment], csms[row.csm]):
            sums.add(row)
    told = whole.summary() | {"tier_warnings": share_warnings(whole.tiers, tiers)}
    return {
        "portfolio": told,
        "segments": {name: sums.summary() for name, sums in sorted(segments.items())},
        "csms": {name: sums.summary() for name, sums in sorted(csms.items())},
    }


def share_warnings(counts: Mapping[str, int], tiers: Coverage) -> list[str]:
    """Which coverage tiers hold more or fewer accounts than seed 002 expects; a warning, never a quota (D7)."""
    n, told = sum(counts.values()), []
    for tier, (low, high) in zip(TIERS, tiers.shares, strict=False):
        share = 100 * counts.get(tier, 0) / n if n else low
        if not low <= share <= high:
            told.append(f"{tier} holds {share:.1f}% of {n} accounts; {low} to {high}% are expected")
    return told


def nps_answers(evidence: Evidence) -> tuple[int, ...]:
    """Everybody's latest NPS answer of the last 90 days; of those whose name nobody told, each answer counts."""
    latest: dict[tuple[str, str], int] = {}
    for one in evidence.dossier.surveys:
        recent = 0 <= (evidence.day - one.at.astimezone(UTC).date()).days < NPS_DAYS
        if one.survey == "nps" and recent:
            who = ("contact", one.contact_id) if one.contact_id else (one.source, one.key)
            latest[who] = one.score
    return tuple(latest.values())


def nps(promoters: int, detractors: int, n: int) -> int | None:
    """Percent of promoters (9, 10) less percent of detractors (0 to 6)."""
    return round(100 * (promoters - detractors) / n) if n else None


@dataclass
class _Sums:
    """What is counted of some accounts."""

    accounts: int = 0
    arr: Decimal = Decimal(0)
    statuses: Counter[str] = field(default_factory=Counter)
    revenue: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    tiers: Counter[str] = field(default_factory=Counter)
    scores: list[int] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)
    trends: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    ready_arr: Decimal = Decimal(0)
    coverage: int = 0
    answers: list[int] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """One account more."""
        standing, arr = row.standing, row.arr or Decimal(0)
        status = standing.status or UNKNOWN
        self.accounts += 1
        self.arr += arr
        self.statuses[status] += 1
        self.revenue[status] += arr
        self.answers += row.answers
        self.coverage += standing.coverage
        self.flags.update(standing.flags)
        self.tiers.update([standing.tier] if standing.tier else [])
        self.trends.update([standing.trend] if standing.trend else [])
        self._judged(standing, arr)

    def _judged(self, standing: Standing, arr: Decimal) -> None:
        if standing.score is not None:
            self.scores.append(standing.score)
        if standing.deltas.d30 is not None:
            self.moved.append(standing.deltas.d30)
        if standing.expansion_ready:
            self.ready_arr += arr
        kinds = {"expansion_ready": standing.expansion_ready, "provisional": standing.provisional}
        kinds |= {"overridden": standing.override is not None, "without_arr": not arr}
        self.counts.update(name for name, holds in kinds.items() if holds)

    def summary(self) -> dict[str, Any]:
        """As it is stored: the same accounts are always the same summary."""
        states = [*reversed(STATUSES), UNKNOWN]
        return {
            "accounts": self.accounts,
            "arr": str(self.arr),
            "status": {name: {"accounts": self.statuses[name], "arr": str(self.revenue[name])} for name in states},
            "at_risk_arr": str(self.revenue["at_risk"] + self.revenue["critical"]),
            "tiers": {tier: self.tiers[tier] for tier in TIERS},
            "expansion_ready": {"accounts": self.counts["expansion_ready"], "arr": str(self.ready_arr)},
            "score": {
                "n": len(self.scores), "mean": _mean(self.scores), "median": _median(self.scores),
                "by_ten": [sum(min(one // 100, _BINS - 1) == at for one in self.scores) for at in range(_BINS)],
            },
            "change_30d": {"n": len(self.moved), "mean": _mean(self.moved), "median": _median(self.moved)},
            "trend": {word: self.trends[word] for word in ("improving", "stable", "declining")},
            "flags": dict(sorted(self.flags.items())),
            "coverage": round(self.coverage / self.accounts) if self.accounts else None,
            "provisional": self.counts["provisional"],
            "overridden": self.counts["overridden"],
            "without_arr": self.counts["without_arr"],
            "nps": self._nps(),
        }  # fmt: skip

    def _nps(self) -> dict[str, int | None]:
        promoters, detractors = sum(one >= 9 for one in self.answers), sum(one <= 6 for one in self.answers)
        n = len(self.answers)
        return {"n": n, "promoters": promoters, "detractors": detractors, "score": nps(promoters, detractors, n)}


def _mean(values: list[int]) -> int | None:
    return round(sum(values) / len(values)) if values else None


def _median(values: list[int]) -> int | None:
    return round(median(values)) if values else None
