"""How overrides and the ledger of who was right read."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date

from health_monitor.learn.overrides import RECURRING, Case, Tally, missed, tallies
from health_monitor.model.records import STATUS, HealthStatus, Override
from health_monitor.model.score import Standing

Row = tuple[str, ...]
LIST = ("account", "status", "score says", "score", "by", "until", "why")
LEDGER = ("who", "overrides", "person right", "score right", "both", "neither", "not judged", "person of decided")
CASES = ("account", "set", "person said", "score said", "the customer", "right")
NONE = "–"
RIGHT = {"person": "the person", "model": "the score", "both": "both", "neither": "neither"}
OPEN = {"open": "open", "no_score": "there was no score", "taken_back": "taken back within a day"}


def list_rows(found: Iterable[tuple[str, Override, Standing | None]], today: date) -> list[Row]:
    """An override a row: the status that counts, and what the score says now."""
    return [
        (
            account_id, STATUS[one.status], _status(now.model_status if now else one.model_status),
            _points(now.score if now else one.score), one.author, _until(one, today), one.reason,
        )
        for account_id, one, now in found
    ]  # fmt: skip


def tally_rows(cases: Sequence[Case]) -> list[Row]:
    """Everybody together, then each author."""
    return [
        (
            one.who, str(one.n), str(one.person), str(one.model), str(one.both), str(one.neither), str(one.open),
            _share(one),
        )
        for one in tallies(cases)
    ]  # fmt: skip


def case_rows(cases: Iterable[Case]) -> list[Row]:
    """An override a row: what each said, and what came of it."""
    return [
        (
            one.account_id, one.override.at.astimezone(UTC).date().isoformat(), STATUS[one.override.status],
            _status(one.override.model_status), {True: "left", False: "stayed", None: "open"}[one.left],
            (RIGHT | OPEN)[one.verdict],
        )
        for one in cases
    ]  # fmt: skip


def missed_lines(cases: Iterable[Case]) -> Iterator[str]:
    """What people say again and again that the score does not see."""
    for word, n, right in missed(cases):
        often = "; think of a measure for it" if n >= RECURRING else ""
        yield f"Said to be missing in the score: {word}, {n} of these, {right} of them right so far{often}."


def _share(one: Tally) -> str:
    """Where they disagreed and one of them was right: how often that was the person."""
    return f"{one.person} of {one.decided}" if one.decided else NONE


def _status(status: HealthStatus | None) -> str:
    return STATUS[status] if status else NONE


def _points(score: int | None) -> str:
    return NONE if score is None else f"{score / 10:.1f}"


def _until(one: Override, today: date) -> str:
    if one.ended_at:
        return f"ended {one.ended_at.astimezone(UTC).date()} by {one.ended_by}"
    return f"{one.expires_on}" if one.in_force(today) else f"expired {one.expires_on}"
