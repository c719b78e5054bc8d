"""What a night keeps of an account's health for ever: the whole score, and all it takes to make it anew."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from health_monitor.model.account import Account
from health_monitor.model.evidence import Evidence, Use, UserDays
from health_monitor.model.score import DimensionScore, History, MeasureScore, Reading, Score, Standing
from health_monitor.model.state_json import Named
from health_monitor.score.peers import trains
from health_monitor.score.portfolio import nps_answers

OF_PEOPLE = frozenset({"name", "domain"})
"""What of an account says who it is and counts for nothing: it stays out of files that are kept for ever."""
REMADE = frozenset({"account_id", "as_of", "version", "card", "score", "coverage", "provisional", "history"})
"""What of a standing stands elsewhere in its line, or is made from the days before."""


def health_line(score: Score, standing: Standing, evidence: Evidence) -> Named:
    """The score with each measure's numbers and records, where the account stood, its facts and its use that night.

    Unknowns and what is empty are left out. values: tenths of the score, hundredths of dimensions and measures.
    """
    dimensions = list(map(_dimension, score.dimensions))
    return {
        **_without_nothing(score._asdict(), day=score.day.isoformat(), dimensions=dimensions),
        "standing": standing.model_dump(mode="json", exclude=set(REMADE), exclude_defaults=True),
        "account": evidence.account.model_dump(mode="json", exclude=set(OF_PEOPLE), exclude_none=True),
        **({"use": use_line(evidence.use)} if evidence.use else {}),
        "scope": evidence.scope,
        "core_features": list(evidence.core_features),
        "trains": trains(evidence),
        **({"nps": list(answers)} if (answers := nps_answers(evidence)) else {}),
    }


def score_of_line(named: Mapping[str, Any]) -> Score:
    """The score in a line's `health`."""
    return Score(
        date.fromisoformat(named["day"]), named["version"], named["card"], named.get("value"), named["coverage"],
        named["provisional"], tuple(map(_dimension_of, named["dimensions"])),
    )  # fmt: skip


def standing_of_line(account_id: str, named: Mapping[str, Any], history: History | None = None) -> Standing:
    """Where the account stood, by a line's `health`; history: its scores up to that day, else of that day alone."""
    day = date.fromisoformat(named["day"])
    own = History(named["version"], day.toordinal(), (named.get("value"),))
    return Standing.model_validate(
        dict(named["standing"])
        | {
            "account_id": account_id, "as_of": day, "version": named["version"], "card": named["card"],
            "score": named.get("value"), "coverage": named["coverage"], "provisional": named["provisional"],
            "history": history or own,
        }
    )  # fmt: skip


def evidence_of_line(named: Mapping[str, Any], day: date) -> Evidence:
    """The account's facts and use that night, by a line's `health`; its records are in the dossier as of the day."""
    use = named.get("use")
    return Evidence(
        day=day,
        account=Account.model_validate(named["account"]),
        use=use_of_line(use) if use else None,
        core_features=tuple(named["core_features"]),
        scope=named["scope"],
    )


def _without_nothing(known: Mapping[str, Any], **said: Any) -> Named:
    return {name: value for name, value in (dict(known) | said).items() if value is not None}


def _dimension(one: DimensionScore) -> Named:
    return _without_nothing(one._asdict(), measures=list(map(_measure, one.measures)))


def _measure(one: MeasureScore) -> Named:
    value, numbers, records, because = one.reading
    named: Named = {"name": one.name, "points": one.points}
    if value is not None:
        named["value"] = value
    if numbers:
        named["numbers"] = dict(numbers)
    if records:
        named["records"] = list(records)
    return named if because is None else named | {"because": because}


def _dimension_of(named: Mapping[str, Any]) -> DimensionScore:
    return DimensionScore(
        named["name"], named["weight"], named.get("value"), tuple(map(_measure_of, named["measures"]))
    )


def _measure_of(named: Mapping[str, Any]) -> MeasureScore:
    numbers, records = named.get("numbers", {}), tuple(named.get("records", ()))
    return MeasureScore(
        named["name"], named["points"], Reading(named.get("value"), numbers, records, named.get("because"))
    )


def use_line(use: Use) -> Named:
    """An account's use on a day, for a line; what is unknown is left out."""
    return _without_nothing(use._asdict(), key_users=[one._asdict() for one in use.key_users])


def use_of_line(named: Mapping[str, Any]) -> Use:
    """What `use_line` wrote."""
    known = {field: named.get(field) for field in Use._fields} | {
        "user_health": tuple(named["user_health"]),
        "features": tuple(named["features"]),
        "key_users": tuple(UserDays(**one | {"features": tuple(one["features"])}) for one in named["key_users"]),
    }
    return Use(**known)
