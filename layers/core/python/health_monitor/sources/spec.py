"""How a source is declared: what to ask it, how it signs what it sends, and what its words mean in ours.

A declaration only describes. Fetching is the adapter's work, storing is the flow's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from health_monitor.model.heard import Heard
from health_monitor.model.strict import Strict

Secret = Mapping[str, str]
Headers = Mapping[str, str]
"""Names in lower case."""


class SourceSettings(Strict):
    """What `config/sources.yaml` says about a source; each source adds its own."""

    enabled: bool = False


@dataclass(frozen=True)
class Request:
    """One HTTP request below the source's address; with `lines` its answer is one JSON record a line, streamed."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    method: Literal["GET", "POST"] = "GET"
    headers: Headers = field(default_factory=dict)
    lines: bool = False


class Page(NamedTuple):
    """What one answer held, and the cursor after it; `cursor` None: nothing follows, this pull is done."""

    records: Iterable[Heard]
    cursor: str | None


@dataclass(frozen=True)
class Pull:
    """A source that is asked. A cursor is the source's own text; only this declaration reads it.

    begin: the cursor a pull starts with, from where the last one ended (None: never) and the present moment; it reaches
        back over whatever may have come late.
    request: what to ask at this cursor.
    read: the answer's records (an iterator of lines, or the parsed JSON) and the cursor after them.
    rest: the cursor to keep when the pull is done, from the moment it began.
    """

    every_minutes: int
    authorise: Callable[[Secret], Headers]
    begin: Callable[[Any, str | None, datetime], str]
    request: Callable[[Any, str], Request]
    read: Callable[[Any, str, Any], Page]
    rest: Callable[[Any, str, datetime], str]


@dataclass(frozen=True)
class Push:
    """A source that sends.

    verify: whether the raw bytes come from it; raises BadRecord, naming the header and the remedy.
    read: the records of a verified body; one that cannot be read is a Reject among them.
    """

    verify: Callable[[Any, Headers, bytes, Secret, datetime], None]
    read: Callable[[Any, str, bytes, datetime], Iterator[Heard]]


@dataclass(frozen=True)
class Source:
    """One vendor, or one kind of sender. `secret` says which fields its secret has, and what each is."""

    name: str
    title: str
    settings: type[SourceSettings]
    secret: Mapping[str, str]
    address: Callable[[Any], str] | None = None
    pull: Pull | None = None
    push: Push | None = None
