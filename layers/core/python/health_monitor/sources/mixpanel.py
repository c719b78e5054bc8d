"""Mixpanel: events by the raw export, a day at a time. The export repeats events, and some come days late."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from pydantic import Field, field_validator, model_validator

from health_monitor.model.errors import BadRecord, TryAgain
from health_monitor.model.heard import Heard, HeardEvent, Ref
from health_monitor.model.intake import Reject
from health_monitor.sources.spec import Page, Pages, Pull, Recall, Request, Secret, Source, SourceSettings

NAME = "mixpanel"
HOSTS = {"us": "data", "eu": "data-eu", "in": "data-in"}
HELD = 5_000
"""Events among which the latest of several repeats is chosen; one that comes after them adds what it says."""
LONGEST = 256
SECONDS = tuple(f"{second:02}+00:00" for second in range(60))
ENDED_EARLY = b"export terminated early"
"""What Mixpanel writes when it gives up in the middle: in the body, after status 200."""
BROKEN = (msgspec.DecodeError, UnicodeDecodeError)
OWN = frozenset({"time", "distinct_id", "$user_id", "$insert_id", "mp_processing_time_ms"})
_new = tuple.__new__  # the class's own is written in Python, and slow millions of times
_packed = msgspec.json.Encoder().encode
"""What identifies a record, as bytes."""


class MixpanelSettings(SourceSettings):
    """Which project, which property says the account, and how far back."""

    project_id: Annotated[str, Field(pattern=r"^\d+$")]
    group_key: Annotated[str, Field(min_length=1)]
    first_day: date
    region: Literal["us", "eu", "in"] = "us"
    timezone: str = "UTC"
    late_days: Annotated[int, Field(ge=0, le=30)] = 5
    session_seconds: str | None = None
    events: tuple[str, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            _zone(name)
        except (OSError, ValueError, KeyError):
            raise ValueError("is no time zone; write the project's, such as Europe/Berlin, or UTC") from None
        return name

    @model_validator(mode="after")
    def _are_apart(self) -> "MixpanelSettings":
        if self.group_key in OWN or self.session_seconds in OWN | {self.group_key}:
            raise ValueError("group_key: and session_seconds must be properties of their own; name others")
        return self


def authorise(secret: Secret) -> dict[str, str]:
    """A service account's name and secret."""
    pair = f"{secret['user']}:{secret['secret']}".encode()
    return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}


def address(settings: MixpanelSettings) -> str:
    return f"https://{HOSTS[settings.region]}.mixpanel.com/api/2.0"


def begin(settings: MixpanelSettings, kept: str | None, now: datetime) -> str:
    """From the first day, or the late days before the one that was taken last; through the project's today."""
    place = json.loads(kept) if kept else {}
    start = settings.first_day
    if "next" in place:  # a run stopped halfway
        start = date.fromisoformat(place["next"])
    elif "taken" in place:
        start = max(start, date.fromisoformat(place["taken"]) - timedelta(days=settings.late_days))
    today = now.astimezone(_zone(settings.timezone)).date()
    return _cursor(min(start, today), now)


def page(settings: MixpanelSettings, cursor: str, recall: Recall) -> Pages:
    """One day's events: those that are not stored already."""
    place = json.loads(cursor)
    day, now = date.fromisoformat(place["next"]), datetime.fromisoformat(place["now"])
    asked = {"project_id": settings.project_id, "from_date": day.isoformat(), "to_date": day.isoformat()}
    if settings.events:
        asked["event"] = json.dumps(settings.events)
    # Exactly this encoding: the contract knows no other.
    blocks = yield Request("/export", asked, headers={"accept-encoding": "gzip"}, lines=True)
    over = min(datetime.combine(day + timedelta(days=1), datetime.min.time(), _zone(settings.timezone)), now)
    today = now.astimezone(_zone(settings.timezone)).date()
    following = _cursor(day + timedelta(days=1), now) if day < today else None
    # A day of the project that is not over yet may hold the end of a UTC day that is.
    complete = over.astimezone(UTC).date() - timedelta(days=1)
    return Page(_Day(settings, day, now, recall).records(blocks), following, complete)


def rest(_settings: MixpanelSettings, cursor: str) -> str:
    return json.dumps({"taken": json.loads(cursor)["next"]})


def day_of(cursor: str) -> str:
    """The day whose records a cursor asks for."""
    return str(json.loads(cursor)["next"])


def _cursor(day: date, now: datetime) -> str:
    return json.dumps({"next": day.isoformat(), "now": now.isoformat()})


class _Once(dict[Any, Any]):
    """What a question's answer is, worked out when it is first asked."""

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self._answer = answer

    def __missing__(self, question: Any) -> Any:
        self[question] = answer = self._answer(question)
        return answer


class _Day:
    """One day's export on its way through. It has a million events and few names, and 1,440 minutes."""

    def __init__(self, settings: MixpanelSettings, day: date, now: datetime, recall: Recall) -> None:
        self._recall = recall
        self._file = f"{NAME}/{day}"
        self._line = 0
        self._decoder = msgspec.json.Decoder(_line_type(settings.group_key, settings.session_seconds))
        self._minutes = _Once(_minutes(settings.timezone, now))
        self._refs = _Once(lambda name: Ref(NAME, _checked("group_key", name)))
        self._features = _Once(lambda name: _checked("event", name))

    def records(self, blocks: Iterable[bytes]) -> Iterator[Heard]:
        """What is new in the blocks. Raises TryAgain when the last of them ends in the middle of a line."""
        held: dict[bytes, Any] = {}
        for block in blocks:
            repeated = 0
            for said in self._decoded(block):
                if said.__class__ is Reject:
                    yield said
                    continue
                has = said.properties
                key = _packed((said.event, has.distinct_id, has.time, has.insert_id))
                known = held.setdefault(key, said)
                if known is not said:
                    repeated += 1
                    if has.processed > known.properties.processed:
                        held[key] = said
            self._recall.counts["repeated"] += repeated
            if len(held) >= HELD:
                yield from self._fresh(held)
                held = {}
        yield from self._fresh(held)

    def _decoded(self, block: bytes) -> Iterable[Any]:
        try:
            # A whole block at once; a line at a time only when one of them is broken.
            found: list[Any] = self._decoder.decode_lines(block)
        except BROKEN:
            return self._one_by_one(block)
        self._line += len(found)
        return found

    def _one_by_one(self, block: bytes) -> Iterator[Any]:
        for line in block.splitlines(keepends=True):
            self._line += 1
            try:
                yield self._decoder.decode(line)
            except msgspec.ValidationError as error:
                yield self._refused(BadRecord(*_what(str(error)), "look at the event in Mixpanel"))
            except BROKEN as error:
                if ENDED_EARLY in line:
                    raise TryAgain(f"{NAME}: the export ended early, as its last line says") from error
                if not line.endswith(b"\n"):
                    raise TryAgain(f"{NAME}: the answer ends in the middle of a line") from error
                if line.strip():
                    yield self._refused(BadRecord("line", "is not JSON", "nothing to do, if it stays alone"))

    def _refused(self, error: BadRecord) -> Reject:
        return Reject(self._file, self._line, error.field, error.reason, error.remedy)

    def _fresh(self, held: dict[bytes, Any]) -> Iterator[Heard]:
        """What is not stored yet."""
        # With what is passed on: an event that comes again with another account is news.
        whole = {
            key + _packed((has.group, has.session)): said
            for key, said in held.items()
            if (has := said.properties).group is not None
        }
        news = self._recall.seen.add(whole)
        self._recall.counts.update({"without_account": len(held) - len(whole), "known": len(whole) - len(news)})
        return self._heard(news)

    def _heard(self, lines: Iterable[Any]) -> Iterator[Heard]:
        """In our words. One plain loop, because it turns a million times a day."""
        refs, features, minutes = self._refs, self._features, self._minutes
        for said in lines:
            has = said.properties
            group, time, insert_id, user = has.group, has.time, has.insert_id, has.user_id or has.distinct_id
            try:
                if not (user.__class__ is str and 0 < len(user) <= LONGEST and user.isprintable()):
                    user = _checked("distinct_id", user)
                second = time % 60
                start, day = minutes[time // 60]
                at = start + (SECONDS[second] if second.__class__ is int else _fraction(second))
                seconds = None if has.session is None else _seconds(has.session)
                feature, event_id = features[said.event], str(insert_id or "")
                for name in (group,) if group.__class__ is str else _names(group):
                    yield _new(HeardEvent, (refs[name], user, feature, at, day, 1, event_id, seconds))
            except BadRecord as error:
                yield Reject(self._file, 0, error.field, error.reason, error.remedy)


@lru_cache(maxsize=4)
def _line_type(group_key: str, session: str | None) -> Any:
    """A line with the properties that these settings name; whatever else it holds is not even read."""
    fields: list[Any] = [
        ("time", int | float),
        ("distinct_id", str | int | None, None),
        ("user_id", str | int | None, _named("$user_id")),
        ("insert_id", str | int | None, _named("$insert_id")),
        ("processed", int, msgspec.field(default=0, name="mp_processing_time_ms")),
        ("group", Any, _named(group_key)),
        ("session", Any, _named(session) if session else None),
    ]
    properties = msgspec.defstruct("Properties", fields, gc=False)
    return msgspec.defstruct("Line", [("event", str), ("properties", properties)], gc=False)


def _named(name: str) -> Any:
    return msgspec.field(default=None, name=name)


def _what(error: str) -> tuple[str, str]:
    """The field and the reason, from msgspec's words."""
    reason, _, path = error.partition(" - at ")
    missing = reason.partition("required field `")[2].rstrip("`")
    return (missing, "is missing") if missing else (path.strip("`").removeprefix("$.") or "line", reason.lower())


def _checked(field: str, text: Any) -> str:
    """A name that can be stored. A number is one too."""
    if text.__class__ is not str:
        text = str(text) if type(text) is int else ""
    if not (0 < len(text) <= LONGEST and text.isprintable()):
        raise BadRecord(field, "is empty, too long, or no text", f"send 1 to {LONGEST} printable characters")
    return str(text)


def _names(group: Any) -> Iterable[Any]:
    """The accounts of one event, each once."""
    several = group if isinstance(group, list) else [group]
    return dict.fromkeys(_checked("group_key", name) for name in several)


def _seconds(said: Any) -> int | None:
    """The session's length, where the property holds one."""
    if said is not None and isinstance(said, int | float) and not isinstance(said, bool) and 0 <= said <= 10**9:
        return int(said)
    return None


@lru_cache(maxsize=4)
def _zone(name: str) -> ZoneInfo | timezone:
    return UTC if name == "UTC" else ZoneInfo(name)


def _minutes(zone_name: str, now: datetime) -> Callable[[Any], tuple[str, int]]:
    """Reads the minutes of `time`: of UTC in new projects; in old ones, of the clock on the project's wall."""
    zone, latest = _zone(zone_name), (now + timedelta(days=1)).astimezone(UTC)

    def minute(number: int | float) -> tuple[str, int]:
        try:
            at = datetime.fromtimestamp(60 * number, UTC)
            at = at.replace(tzinfo=zone).astimezone(UTC)
        except (OverflowError, OSError, ValueError):
            raise BadRecord("time", "is no moment", "send seconds since 1970") from None
        if not at.year >= 2000 or at > latest:
            raise BadRecord("time", "is before 2000 or after today", "correct the sender's clock")
        return at.isoformat()[: len("2026-01-31T09:30:")], at.toordinal()

    return minute


def _fraction(second: float) -> str:
    """The end of a moment that is told more exactly than by the second."""
    return f"{min(second, 59.999999):09.6f}+00:00"


MIXPANEL = Source(
    name=NAME,
    title="Mixpanel",
    settings=MixpanelSettings,
    secret={"user": "The service account's user name.", "secret": "The service account's secret."},
    address=address,
    # An account's events of three hours are added at the price of one hour's; only the night has to find them.
    # Mixpanel allows 60 queries an hour and 3 a second; a run leaves ten for what has to be asked again.
    pull=Pull(180, authorise, begin, page, rest, day_of, seconds_between=0.4, requests_a_run=50),
)
