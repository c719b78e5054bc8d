"""A night's summary as text: the portfolio, its segments and its CSMs."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from health_monitor.views.wording import NONE, money, percent

STATUSES = (
    ("healthy", "healthy"), ("moderate", "moderate"), ("at_risk", "at risk"), ("critical", "critical"),
    ("unknown", "not enough known"),
)  # fmt: skip
GROUPS = (("segments", "segment"), ("csms", "CSM"))
Summary = Mapping[str, Any]


def portfolio_lines(found: Summary) -> Iterator[str]:
    """The page, within 100 columns; shares are of accounts."""
    whole = found["portfolio"]
    yield f"{whole['accounts']:,} accounts with {_money(whole['arr'])} of ARR, as of the night of {found['as_of']}"
    yield ""
    yield from _statuses(whole)
    yield ""
    yield from _facts(whole)
    for name, title in GROUPS:
        yield ""
        yield from _groups(found[name], title)
    for warning in whole["tier_warnings"]:
        yield f"Look at the coverage tiers: {warning}."


def _statuses(whole: Summary) -> Iterator[str]:
    for name, words in STATUSES:
        one = whole["status"][name]
        share = percent(one["accounts"] / whole["accounts"]) if whole["accounts"] else NONE
        yield f"  {words:<10} {one['accounts']:>7,} {share:>6}   ARR {_money(one['arr']):>14}"


def _facts(whole: Summary) -> Iterator[str]:
    score, moved, ready, nps = whole["score"], whole["change_30d"], whole["expansion_ready"], whole["nps"]
    tiers = ", ".join(f"{name} {count:,}" for name, count in whole["tiers"].items())
    trends = ", ".join(f"{count:,} {name}" for name, count in whole["trend"].items())
    told = "nobody answered" if nps["score"] is None else f"{nps['score']} from {nps['n']:,} people in 90 days"
    yield f"  ARR at risk        {_money(whole['at_risk_arr'])} (at risk and critical)"
    yield f"  Score              median {_points(score['median'])}, mean {_points(score['mean'])}"
    yield f"  Change in 30 days  median {_signed(moved['median'])} of {moved['n']:,} accounts; {trends}"
    yield f"  Coverage tiers     {tiers}"
    yield f"  Ready to expand    {ready['accounts']:,} accounts with {_money(ready['arr'])} of ARR"
    yield f"  NPS                {told}"
    known = NONE if whole["coverage"] is None else f"{whole['coverage'] / 100:.0f} %"
    yield (
        f"  Known              {known} of the scorecard on average; {whole['provisional']:,} scores are provisional, "
        f"{whole['overridden']:,} overridden"
    )


def _groups(groups: Mapping[str, Summary], title: str) -> Iterator[str]:
    yield (
        f"{title:<34} {'accounts':>8} {'healthy':>8} {'moderate':>8} {'at risk':>8} {'critical':>8} "
        f"{'median':>6} {'30 d':>6}"
    )
    for name, one in groups.items():
        counts = " ".join(f"{one['status'][status]['accounts']:>8,}" for status, _ in STATUSES[:-1])
        called = "none" if name == "-" else name
        yield (
            f"{called:<34} {one['accounts']:>8,} {counts} {_points(one['score']['median']):>6} "
            f"{_signed(one['change_30d']['median']):>6}"
        )


def _money(text: str) -> str:
    return money(float(Decimal(text)))


def _points(tenths: int | None) -> str:
    return NONE if tenths is None else f"{tenths / 10:.1f}"


def _signed(tenths: int | None) -> str:
    return NONE if tenths is None else f"{tenths / 10:+.1f}"
