"""How HubSpot writes values: everything is a text, or null."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from html import unescape
from typing import Any, get_args

from health_monitor.model.account import role_word
from health_monitor.model.intake import Reject
from health_monitor.model.records import Role


class UnusableError(Exception):
    """A property's value that cannot be what it is taken for."""


def a_text(said: str) -> str:
    """A text as it is."""
    if len(said) > 512:
        raise UnusableError("is longer than 512 characters")
    return said


def a_role(said: str) -> str:
    """HubSpot's buying role may hold several, with ; between them: the one that counts most."""
    words = {role_word(one): one.strip() for one in said.split(";") if one.strip()}
    return a_text(next((words[role] for role in get_args(Role) if role in words), next(iter(words.values()), "")))


def a_number(said: str) -> Decimal:
    """A number; with as many digits as can be kept."""
    try:
        number = Decimal(said)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or len(number.as_tuple().digits) + abs(int(number.as_tuple().exponent)) > 38:
        raise UnusableError("is not a number")
    return number


def a_whole(said: str) -> int:
    """A whole number from 0 up."""
    number = a_number(said)
    if number != int(number) or not 0 <= number <= 10**9:
        raise UnusableError("is not a whole number from 0 up")
    return int(number)


def a_day(said: str) -> date:
    """HubSpot writes a day as 2026-01-31, as a moment, or as milliseconds since 1970."""
    try:
        return moment_of(said).date()
    except (ValueError, OverflowError, OSError):
        raise UnusableError("is not a date") from None


def moment_of(said: str) -> datetime:
    """A moment as HubSpot writes it: in ISO 8601 or as milliseconds since 1970. Raises ValueError when it is none."""
    if said.lstrip("-").isdigit():
        return datetime.fromtimestamp(int(said) / 1000, UTC)
    at = datetime.fromisoformat(said)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def milliseconds(said: str) -> int:
    """A moment as HubSpot's filters want it."""
    at = moment_of(said) - datetime(1970, 1, 1, tzinfo=UTC)
    return (at.days * 86_400 + at.seconds) * 1_000 + at.microseconds // 1_000


class Reader:
    """Reads one object's properties; HubSpot's values are texts, or null."""

    def __init__(self, record: str, properties: Mapping[str, str | None]) -> None:
        self._record, self._properties = record, properties
        self.refused: list[Reject] = []

    def value(self, name: str, read: Callable[[str], Any]) -> Any:
        said = (self._properties.get(name) or "").strip()
        try:
            return read(said) if said else None
        except UnusableError as error:
            self.refused.append(Reject(self._record, 0, name, str(error), "correct the property in HubSpot"))
            return None


def plain(html: str) -> str:
    """What a note says, without its markup, cut to what is kept of one."""
    text = unescape(re.sub(r"<[^>]*>", " ", html))
    return " ".join(text.split())[:2_000]
