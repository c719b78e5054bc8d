"""The tables of docs/scoring.md and docs/scorecard.md, from the configuration and the catalogue.

`python -m tests.docs.scoring_tables` writes them into the documents.
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path

from health_monitor.ingest.config import read_scorecard
from health_monitor.model.measure import MEASURES, SETTINGS
from health_monitor.model.scorecard import Match, Scorecard
from health_monitor.score.signals import ALL
from tests.docs.documents import ROOT

DOCUMENTS = (ROOT / "docs" / "scoring.md", ROOT / "docs" / "scorecard.md")
OUR_NAMES = re.compile(r" \([A-Z]\d+\)")
"""What the code calls decisions; a reader of the document does not know them."""
MARKED = re.compile(r"<!-- table: (\w+) -->\n(.*?)<!-- end -->\n", re.DOTALL)


def shipped() -> Scorecard:
    return read_scorecard({"scorecard.yaml": (ROOT / "config" / "scorecard.yaml").read_text()})


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *([*row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def number(value: float | Decimal) -> str:
    return f"{round(float(value), 3):g}" if abs(value) < 1_000 else f"{value:,.0f}"


def dimensions(scorecard: Scorecard) -> str:
    names = list(scorecard.presets)
    rows = (
        [
            each,
            *(number(scorecard.presets[name][each].weight) for name in names),
            ", ".join(f"{MEASURES[one].title} {number(use.points)}" for one, use in dimension.measures.items()),
        ]
        for each, dimension in scorecard.presets[names[0]].items()
    )
    return table(["dimension", *(f"`{name}`" for name in names), "its measures, with their points"], rows)


def catalogue(_: Scorecard) -> str:
    rows = (
        [f"`{name}`", f"{spec.title}: {spec.unit}", spec.window, spec.source, spec.missing, spec.origin]
        for name, spec in MEASURES.items()
    )
    return table(("measure", "what it says", "window", "made of", "unknown when", "where the numbers are from"), rows)


def bands(scorecard: Scorecard) -> str:
    rows = (
        [card.name, whom(card.when), *(number(edge) for edge in (bands.healthy, bands.moderate, bands.at_risk))]
        for card in scorecard.scorecards
        for bands in [scorecard.band_sets[card.bands]]
    )
    return table(("scorecard", "for", "healthy from", "moderate from", "at risk from"), rows)


def whom(when: Match) -> str:
    asked = ((name, getattr(when, name)) for name in type(when).model_fields)
    return " and ".join(f"{name} {' or '.join(names)}" for name, names in asked if names) or "all others"


def limits(scorecard: Scorecard) -> str:
    rows = (
        [f"`{one.name}`", MEASURES[one.measure].title, number(one.at_most), one.status.replace("_", " ")]
        for one in scorecard.status_limits
    )
    return table(("limit", "while", "is at most", "no better than"), rows)


def tiers(scorecard: Scorecard) -> str:
    said = scorecard.coverage_tiers
    doubt = f"below {number(said.renewal_score_lt)} or declining"
    whose = (
        f"score below {number(said.t1_score_lt)}; or {number(-said.t1_drop_30d)} points lost in 30 days; or high value "
        f"and at risk or critical; or renewal within {said.t1_renewal_days} days and {doubt}",
        f"score below {number(said.t2_score_lt)}; or {number(-said.t2_drop_30d)} points lost in 30 days; "
        f"or renewal within {said.t2_renewal_days} days and {doubt}",
        "everybody else",
        f"score from {number(said.t4_score_gte)}, and engagement from {number(said.t4_engagement_gte)}",
        f"ARR below {number(said.low_arr_lt)}, and not declining",
    )
    shares = [f"{number(low)}–{number(high)} %" for low, high in said.shares] + ["the rest"]
    rows = {
        f"T{at}": [f"T{at}", who, f"every {days} days" if days else "none: automated", share]
        for at, (who, days, share) in enumerate(zip(whose, said.cadence_days, shares, strict=True), 1)
    }
    order = ("T1", "T2", "T5", "T4", "T3")
    return table(("tier", "who", "touchpoints", "usual share"), (rows[name] for name in order))


def signals(_: Scorecard) -> str:
    rows = (
        [severity, f"`{one.__name__}`", OUR_NAMES.sub("", (one.__doc__ or "").splitlines()[0])] for severity, one in ALL
    )
    return table(("how fast", "signal", "when"), rows)


def settings(_: Scorecard) -> str:
    rows = (
        [f"`{name}`", one.meaning, f"{number(one.low)} to {number(one.high)}", usual(name)]
        for name, one in SETTINGS.items()
    )
    return table(("setting", "what it says", "may be", "usual"), rows)


def usual(setting: str) -> str:
    found = [(name, spec.settings[setting]) for name, spec in MEASURES.items() if setting in spec.settings]
    values = dict.fromkeys(value for _, value in found)
    return "; ".join(
        f"{number(value)}: " + ", ".join(f"`{name}`" for name, one in found if one == value) for value in values
    )


TABLES: dict[str, Callable[[Scorecard], str]] = {
    "dimensions": dimensions, "bands": bands, "limits": limits, "tiers": tiers, "signals": signals,
    "settings": settings, "catalogue": catalogue,
}  # fmt: skip


def written(document: Path) -> str:
    """The document as its tables should be."""
    scorecard = shipped()
    return MARKED.sub(
        lambda found: f"<!-- table: {found[1]} -->\n{TABLES[found[1]](scorecard)}<!-- end -->\n", document.read_text()
    )


if __name__ == "__main__":
    for one in DOCUMENTS:
        one.write_text(written(one))
