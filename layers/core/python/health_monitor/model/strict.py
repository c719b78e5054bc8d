"""The base of every noun: frozen, nothing extra, nothing guessed."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

Path = tuple[int | str, ...]
"""Where a setting stands: the names above it and its own, lists by position."""


def refuse(found: Iterable[tuple[Path, str]]) -> None:
    """Raises ValidationError with every mistake at its own place below what is being validated; none, nothing."""
    lines = [
        InitErrorDetails(type=PydanticCustomError("refused", "{why}", {"why": why}), loc=at, input=())
        for at, why in found
    ]
    if lines:
        raise ValidationError.from_exception_data("settings", lines, hide_input=True)


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
