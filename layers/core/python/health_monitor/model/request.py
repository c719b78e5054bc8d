"""One question to a vendor, as a value: declarations make it, the adapter asks it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Headers = Mapping[str, str]
"""Names in lower case."""


@dataclass(frozen=True)
class Request:
    """One HTTP request below the source's address; with `lines` its answer is one JSON record a line, streamed."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    method: Literal["GET", "POST"] = "GET"
    headers: Headers = field(default_factory=dict)
    lines: bool = False
