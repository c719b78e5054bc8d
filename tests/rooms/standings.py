"""Scores, histories and evidence for the tests of what follows from a score: a test names only what matters."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from health_monitor.model.config import HighValue
from health_monitor.model.dossier import Dossier
from health_monitor.model.evidence import Evidence, Use
from health_monitor.model.retention import Retention
from health_monitor.model.score import FULL, DimensionScore, Driver, History, MeasureScore, Reading, Score, Standing
from health_monitor.model.scorecard import BandSet, Card, Dimension, MeasureUse, Scorecard
from health_monitor.score.standing import stand
from tests.builders import an_account

DAY = date(2026, 11, 1)
TODAY = DAY.toordinal()
NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
NOBODY = HighValue(tiers=(), arr_at_least=Decimal(10**12))


def a_scorecard(bands: BandSet | None = None, **known: Any) -> Scorecard:
    usage = Dimension(weight=Decimal(100), measures={"usage_trend": MeasureUse(points=Decimal(100))})
    card = Card(name="everyone", dimensions={"usage": usage})
    return Scorecard(scorecards=(card,), band_sets={"default": bands or BandSet()}, **known)


def a_score(
    points: float | None = 80, version: str = "v1", measures: Mapping[str, int | None] | None = None,
    dimensions: Sequence[DimensionScore] = (), day: date = DAY,
) -> Score:  # fmt: skip
    """measures: their values in points; they are all of a dimension `usage`."""
    readings = [
        MeasureScore(name, 1_000, Reading(None if value is None else value * 100))
        for name, value in (measures or {}).items()
    ]
    value = None if points is None else round(points * 10)
    usage = DimensionScore("usage", FULL, None if value is None else value * 10, tuple(readings))
    return Score(day, version, "everyone", value, FULL, False, (usage, *dimensions))


def a_history(points: Mapping[int, float], version: str = "v1", today: int = TODAY) -> History:
    """From days ago to points."""
    first = today - max(points)
    values = [
        None if (ago := today - day) not in points else round(points[ago] * 10) for day in range(first, today + 1)
    ]
    return History(version, first, tuple(values))


def a_use(**known: Any) -> Use:
    facts: dict[str, Any] = {
        "age": 400, "seen_days": 400, "index_now": 100, "index_30": 100, "index_60": 100, "index_90": 100,
        "baseline": 1.0, "active_30": 10, "new_90": 0, "daily": 5, "weekly": 5, "monthly": 0,
        "user_health": (0, 0), "engaged": 10, "at_risk": 0, "dormant": 0, "features": (),
    }  # fmt: skip
    return Use(**(facts | known))


def evidence(dossier: Dossier | None = None, use: Use | None = None, day: date = DAY, **account: Any) -> Evidence:
    core = account.pop("core_features", ())
    return Evidence(day, an_account(**account), use, dossier or Dossier(), core_features=core)


def stands(
    score: Score, known: Evidence | None = None, before: Standing | None = None, scorecard: Scorecard | None = None,
    retention: Retention | None = None, drivers: tuple[Driver, ...] = (), high_value: HighValue = NOBODY,
    at: datetime | None = None,
) -> Standing:  # fmt: skip
    return stand(
        score, known or evidence(), before, scorecard or a_scorecard(), retention or Retention(), drivers,
        high_value=high_value, at=at,
    )  # fmt: skip


def a_standing(history: History | None = None, as_of: date | None = None, **known: Any) -> Standing:
    """How it stood the night before."""
    facts: dict[str, Any] = {
        "account_id": "acme", "as_of": as_of or date.fromordinal(TODAY - 1), "version": "v1", "card": "everyone",
        "score": 800, "coverage": FULL, "provisional": False, "status": "healthy", "model_status": "healthy",
        "history": history or History("v1", TODAY - 1, (800,)),
    }  # fmt: skip
    return Standing(**(facts | known))


def since(history: Mapping[int, float]) -> Standing:
    """The night before, after these scores by days ago."""
    return a_standing(a_history(history, today=TODAY))
