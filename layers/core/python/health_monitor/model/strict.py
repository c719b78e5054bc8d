"""The base of every noun: frozen, nothing extra, nothing guessed."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    # A noun's validator is made when it is first used: no function uses them all, and making one takes milliseconds. A
    # default that is a noun is therefore made by a factory.
    # An error that nobody expected is logged as it is, and what it refuses may name people.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True)
