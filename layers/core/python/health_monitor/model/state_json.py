"""A state as JSON with names instead of positions: whole numbers stay exact, unknowns are left out."""

from datetime import date
from typing import Any

from health_monitor.model.usage import Basis, Drop, Episode, NoVerdict, Resolution, State, Verdict

Named = dict[str, Any]
_DAYS = frozenset({"day", "opened_on", "escalated_on", "resolved_on"})


def named_state(state: State) -> Named:
    """The state with words for keys and ISO dates."""
    named: Named = _named(state)
    return named


def state_of(named: Named) -> State:
    """The state that `named_state` wrote."""
    episode = named.get("episode")
    return State(_day(named["day"]), _verdict(named["verdict"]), _episode(episode) if episode else None)


def _named(value: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    pairs = zip(value._fields, value, strict=True)  # type: ignore[attr-defined]  # every tuple in a State has names
    return {name: _iso(part) if name in _DAYS else _named(part) for name, part in pairs if part is not None}


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def _day(iso: str) -> int:
    return date.fromisoformat(iso).toordinal()


def _verdict(named: Named) -> Verdict:
    reason, basis = named.get("reason"), named.get("basis")
    return Verdict(
        Drop(named["drop"]),
        NoVerdict(reason) if reason else None,
        Basis(basis) if basis else None,
        named["index_num"],
        named["index_den"],
        named["baseline_num"],
        named["baseline_den"],
    )


def _episode(named: Named) -> Episode:
    escalated, resolved, how = (named.get(name) for name in ("escalated_on", "resolved_on", "resolution"))
    return Episode(
        _day(named["opened_on"]),
        Drop(named["usage_drop"]),
        _verdict(named["opening"]),
        _day(escalated) if escalated else None,
        _day(resolved) if resolved else None,
        Resolution(how) if how else None,
    )
