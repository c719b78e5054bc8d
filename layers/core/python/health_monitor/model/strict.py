"""The base of every noun: frozen, nothing extra, nothing guessed."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    # An error that nobody expected is logged as it is, and what it refuses may name people.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True)
