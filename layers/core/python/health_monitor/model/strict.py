"""The base of every noun: frozen, nothing extra, nothing guessed."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

Valid = TypeVar("Valid")
Path = tuple[int | str, ...]
"""Where a setting stands: the names above it and its own, lists by position."""


def refuse(found: Iterable[tuple[Path, str]]) -> None:
    """Raises ValidationError with every mistake at its own place below what is being validated; none, nothing."""
    if lines := [_line(at, why) for at, why in found]:
        raise ValidationError.from_exception_data("settings", lines, hide_input=True)


def told_together(validate: Callable[[], Valid], found: Iterable[tuple[Path, str]]) -> Valid:
    """What is valid by itself and by what was found; raises ValidationError with the mistakes of both at once."""
    lines = [_line(at, why) for at, why in found]
    try:
        valid = validate()
    except ValidationError as error:
        lines = [*map(_again, error.errors()), *lines]
    if lines:
        raise ValidationError.from_exception_data("settings", lines, hide_input=True)
    return valid


def _line(at: Path, why: str) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("refused", "{why}", {"why": why}), loc=at, input=())


def _again(error: ErrorDetails) -> InitErrorDetails:
    if error["type"] in ("refused", "value_error"):
        return _line(error["loc"], error["msg"].removeprefix("Value error, "))
    return InitErrorDetails(type=error["type"], loc=error["loc"], input=error["input"], ctx=error.get("ctx", {}))


class Strict(BaseModel):
    # A noun's validator is made when it is first used: no function uses them all, and making one takes milliseconds. A
    # default that is a noun is therefore made by a factory.
    # An error that nobody expected is logged as it is, and what it refuses may name people.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy; what was computed once from the original's fields is computed anew from its own."""
        copied = super().model_copy(update=update, deep=deep)
        for computed in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[computed]
        return copied
