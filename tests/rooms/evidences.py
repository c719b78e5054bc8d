"""Records of an account for the tests of measures; days are counted back from the day of the score."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from health_monitor.model.dossier import Dossier
from health_monitor.model.evidence import Evidence, UserDays
from health_monitor.model.measure import MEASURES
from health_monitor.model.records import AnyRecord
from health_monitor.model.score import Reading
from health_monitor.score.measures import MEASURE
from tests.builders import A_DAY, an_evidence


def ago(days: int) -> date:
    return A_DAY - timedelta(days=days)


def noon(days: int) -> datetime:
    return datetime(A_DAY.year, A_DAY.month, A_DAY.day, 12, tzinfo=UTC) - timedelta(days=days)


def told(noun: type[Any], key: str = "1", **facts: Any) -> Any:
    return noun(source="s", key=key, changed_at=noon(0), **facts)


def several(noun: type[Any], *facts: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(told(noun, str(at), **one) for at, one in enumerate(facts, 1))


def known(*records: AnyRecord, **more: Any) -> Evidence:
    """Evidence of an account with these records."""
    return an_evidence(dossier=Dossier().with_records(records)[0].as_of(A_DAY), **more)


def reading(measure: str, evidence: Evidence, **settings: float) -> Reading:
    return MEASURE[measure](evidence, MEASURES[measure].settings | settings)


def value(measure: str, evidence: Evidence, **settings: float) -> int | None:
    return reading(measure, evidence, **settings).value


def a_user_of(user_id: str = "u1", silent_days: int = 0, usual_14: int = 0) -> UserDays:
    return UserDays(user_id, silent_days, 400, 0 if silent_days > 13 else 1, usual_14, ())
