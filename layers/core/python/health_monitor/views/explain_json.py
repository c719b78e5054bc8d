"""Why an account has its score, for programs: everything, in points and days."""

from dataclasses import asdict
from typing import Any

from health_monitor.model.explanation import Explanation, Unreported
from health_monitor.model.records import AnyRecord
from health_monitor.model.score import Score, Standing


def explain_json(found: Explanation) -> dict[str, Any]:
    """Scores and points in points, measures from 0 to 100."""
    return {
        "account_id": found.account.account_id,
        "name": found.account.name,
        "date": found.reported.day.isoformat(),
        "reported": True,
        "config": found.reported.config,
        **score_json(found.reported.score),
        "restated": _points(found.restated),
        "standing": _standing(found.reported.standing),
        "now": _standing(found.now) if found.now else None,
        **_changes(found),
        "issues": [one._asdict() | {"points": _points(one.points)} for one in found.issues],
        "advice": [{"title": one.title, "steps": [step._asdict() for step in one.steps]} for one in found.phases],
        "lifts": _lifts(found),
        "compared": [
            one._asdict() | {name: _points(getattr(one, name)) for name in ("low", "median", "high", "difference")}
            for one in found.compared
        ],
        "records": {name: _record(one) for name, one in found.records.items()},
    }


def _changes(found: Explanation) -> dict[str, Any]:
    """What changed since when, and what most likely made it fall."""
    base = found.base
    since = base and {
        "date": base.day.isoformat(),
        "wanted": (base.wanted or base.day).isoformat(),
        "restated": base.restated,
        **score_json(base.score),
    }
    return {
        "since": since,
        "falling_since": found.since.isoformat() if found.since else None,
        "cause": found.cause and found.cause.measure,
        "waterfall": _waterfall(found),
        "marks": list(found.marks),
    }


def unreported_json(found: Unreported, day: str | None) -> dict[str, Any]:
    """That nothing was reported, why, and what is worked out now in its place."""
    restated = found.restated
    return {
        "account_id": found.account.account_id,
        "date": day,
        "reported": False,
        "because": found.because,
        "restated": restated and {"date": restated.day.isoformat(), **score_json(restated)},
    }


def score_json(score: Score) -> dict[str, Any]:
    """A score with its dimensions, measures, numbers and the names of the records."""
    return {
        "score": _points(score.value),
        "coverage": score.coverage / 100,
        "provisional": score.provisional,
        "scorecard": score.card,
        "version": score.version,
        "dimensions": [
            {
                "name": one.name,
                "weight": one.weight / 100,
                "value": _hundredths(one.value),
                "measures": [
                    {
                        "name": each.name, "points": each.points / 100, "value": _hundredths(each.reading.value),
                        "numbers": dict(each.reading.numbers), "records": list(each.reading.records),
                        "because": each.reading.because,
                    }
                    for each in one.measures
                ],
            }
            for one in score.dimensions
        ],
    }  # fmt: skip


def _standing(standing: Standing) -> dict[str, Any]:
    said = standing.model_dump(mode="json", exclude={"history", "account_id", "dimensions"})
    said["score"] = _points(standing.score)
    said["coverage"] = standing.coverage / 100
    said["deltas"] = {name: _points(value) for name, value in standing.deltas._asdict().items()}
    said["drivers"] = [one._asdict() | {"points": _points(one.points)} for one in standing.drivers]
    return said


def _waterfall(found: Explanation) -> dict[str, Any] | None:
    if found.waterfall is None:
        return None
    changes = [
        one._asdict() | {
            "points": _points(one.points),
            "before": one.before._asdict() if one.before else None,
            "after": one.after._asdict() if one.after else None,
        }
        for one in found.waterfall.changes
    ]  # fmt: skip
    return {
        "before": _points(found.waterfall.before),
        "after": _points(found.waterfall.after),
        "points": _points(found.waterfall.points),
        "changes": changes,
    }


def _lifts(found: Explanation) -> list[dict[str, Any]] | None:
    if found.lifts is None:
        return None
    return [
        {
            "status": one.status,
            "score": _points(one.score),
            "because": one.because,
            "targets": one.targets and [
                target._asdict() | {
                    "points": _points(target.points), "value": _hundredths(target.value), "to": _hundredths(target.to)
                }
                for target in one.targets
            ],
        }
        for one in found.lifts
    ]  # fmt: skip


def _record(record: AnyRecord | None) -> dict[str, Any] | None:
    return {name: _plain(value) for name, value in asdict(record).items() if value is not None} if record else None


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float) else list(value) if isinstance(value, tuple) else str(value)


def _points(tenths: int | None) -> float | None:
    return None if tenths is None else tenths / 10


def _hundredths(value: int | None) -> float | None:
    return None if value is None else value / 100
