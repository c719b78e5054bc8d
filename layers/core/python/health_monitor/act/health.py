"""An account's score and status in one sentence, for whoever is told something of it."""

from health_monitor.model.records import STATUS, HealthStatus, Override
from health_monitor.model.score import Standing


def stands(standing: Standing) -> str:
    """Score, status, and what to think of them."""
    if standing.score is None:
        little = f"not enough known ({standing.coverage // 100} %)"
        return little if standing.status is None else f"{little}, {_word(standing.status)} by override"
    told = f"{standing.score / 10:.1f}, {_word(standing.status)}"
    if standing.override:
        told += f" by override (the score says {_word(standing.model_status)})"
    if standing.deltas.d30:
        told += f", {standing.deltas.d30 / 10:+.1f} in 30 days"
    return f"{told}, provisional: {standing.coverage // 100} % is known" if standing.provisional else told


def health_words(standing: Standing | None, override: Override | None) -> str | None:
    """The same, with whose judgement it is and why where a person overrode it; None where nobody knows anything."""
    if override is None:
        return stands(standing) if standing else None
    judged = f"{override.author} until {override.expires_on}: {override.reason}"
    if standing is None or standing.override != override.name:
        before = f"{stands(standing)}; " if standing else ""
        return f"{before}{_word(override.status)} by override of {judged}"
    return f"{stands(standing)}; override of {judged}"


def _word(status: HealthStatus | None) -> str:
    return STATUS[status] if status else "unknown"
