"""Daily counts, user pages and arrivals as few bytes: one packed value is read many times faster than 128 items.

Ring, all numbers little-endian:
  byte 0      layout version, 1
  bytes 1-3   width in bytes (1, 2, 4 or 8) of one number of events, active users, new users
  then        events of day 0, 1, …; active users of day 0, 1, …; new users of day 0, 1, …
Each column is as wide as its largest number needs, so no count is ever too large to keep: 128 days of a usual
account are about half a kilobyte (one write unit), those of a huge one 1.5 KB.

User page: a MessagePack list [2, features, users]. features: the names of all features on the page, each once. users,
by user id: [user_id, first day, days to the last one, last_feature, fortnight, time of last_seen, session, used].
session is nil or [seconds, session_at, or nil when that is last_seen]; used is a flat list: the place of a feature
among the names, how many days before the user's last one it was used last, the next place, and so on. Pages written
before features were remembered are still read: the list of users alone, each without its last element; of the features
they know the last one.

Arrival: a MessagePack list of [day, time, user_id, event, 8 bytes of a hash of event_id, n, session_seconds].

Days are counted from 1 January 1970. A time is nil when only the day is known, seconds from 00:00 UTC when it is a
whole second, else 86,400 plus the microseconds; what is written in any other way stays a text.
"""

import re
import struct
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from msgspec import msgpack

from health_monitor.model.usage import Series, UsageEvent, UserUse
from health_monitor.ports.usage import RING_DAYS

_VERSION = 1
_HEADER = "<4B"
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}

PAGE_BYTES = 300_000
"""A stored item may have 400 KB; the rest is room for keys and one last, very long name."""
PAGE_USERS = 256
"""So many users share a page, on average: whoever comes or goes changes one page only."""
PLACE_BYTES, NUMBERS_BYTES = 4, 64
"""At most: a feature's place (one of 16,384) with its days, and all else of a user that is no text."""

Time = int | str | None
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 86_400
_TIME = re.compile(r"T(\d\d):(\d\d):(\d\d)(?:\.(\d{6}))?\+00:00")
_HASHED = re.compile(r"#[0-9a-f]{16}")


def cut_to_ring(series: Series) -> Series:
    """The last RING_DAYS days of a series; earlier ones decide nothing any more."""
    too_many = max(len(series.events) - RING_DAYS, 0)
    first_day = series.first_day + too_many
    return Series(first_day, series.events[too_many:], series.active_users[too_many:], series.new_users[too_many:])


def pack_counts(series: Series) -> bytes:
    """A series without its first day, as bytes."""
    columns = (series.events, series.active_users, series.new_users)
    widths = [_width(max(column, default=0)) for column in columns]
    body = (
        struct.pack(f"<{len(column)}{_CODES[width]}", *column) for column, width in zip(columns, widths, strict=True)
    )
    return struct.pack(_HEADER, _VERSION, *widths) + b"".join(body)


def unpack_counts(first_day: int, packed: bytes) -> Series:
    """The series again."""
    _, *widths = struct.unpack_from(_HEADER, packed)
    at = struct.calcsize(_HEADER)
    days = (len(packed) - at) // sum(widths)
    columns: list[list[int]] = []
    for width in widths:
        columns.append(list(struct.unpack_from(f"<{days}{_CODES[width]}", packed, at)))
        at += days * width
    return Series(first_day, *columns)


def pack_users(users: Iterable[UserUse]) -> list[bytes]:
    """Users in order of their ids, on as many pages as they need; the same users are always the same pages."""
    return [_page(page) for page in _pages(sorted(users, key=lambda user: user.user_id))]


def unpack_users(page: bytes) -> list[UserUse]:
    """The users of one page."""
    if not page.startswith(_SECOND_LAYOUT):
        return [_first_layout(_user(*packed, ())) for packed in _OLD_USERS.decode(page)]
    _, names, users = _USERS.decode(page)
    return [_user(*packed, names) for packed in users]


def pack_event(event: UsageEvent) -> bytes:
    """An event without its holder; the same event is always the same bytes."""
    _, user_id, name, occurred_at, day, n, event_id, session = event
    return _ENCODE([day - _EPOCH, pack_time(day, occurred_at), user_id, name, _short(event_id), n, session])


def unpack_event(holder: str, packed: bytes) -> UsageEvent:
    """The event again. Of its own id a hash is left, spelt #0123456789abcdef; packing that again changes nothing."""
    day, time, user_id, name, short, n, session = _EVENT.decode(packed)
    event_id = f"#{short.hex()}" if short else ""
    return UsageEvent(holder, user_id, name, unpack_time(day + _EPOCH, time), day + _EPOCH, n, event_id, session)


def pack_time(day: int, occurred_at: str) -> Time:
    """What a moment says beyond its day."""
    head = _iso(day)
    if occurred_at == head:
        return None
    found = _TIME.fullmatch(occurred_at, len(head)) if occurred_at.startswith(head) else None
    if found:
        hours, minutes, seconds, micros = (int(part or 0) for part in found.groups())
        whole = hours * 3600 + minutes * 60 + seconds
        time = _DAY + whole * 1_000_000 + micros if micros else whole
        if unpack_time(day, time) == occurred_at:
            return time
    return occurred_at


def unpack_time(day: int, time: Time) -> str:
    """The moment again, as it was written."""
    if isinstance(time, str):
        return time
    if time is None:
        return _iso(day)
    seconds, micros = (time, 0) if time < _DAY else divmod(time - _DAY, 1_000_000)
    fraction = f".{micros:06}" if micros else ""
    return f"{_iso(day)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}+00:00"


def _short(event_id: str) -> bytes:
    if _HASHED.fullmatch(event_id):
        return bytes.fromhex(event_id[1:])
    return blake2b(event_id.encode(), digest_size=8).digest() if event_id else b""


@lru_cache(maxsize=1024)
def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def _page(users: list[UserUse]) -> bytes:
    names = sorted({name for user in users for name, _ in user.features})
    places = {name: place for place, name in enumerate(names)}
    packed = []
    for user in users:
        used = [number for name, day in user.features for number in (places[name], user.last_day - day)]
        packed.append([*_packed(user), used])
    return _ENCODE([2, names, packed])


def _packed(user: UserUse) -> list[Any]:
    user_id, first, last, feature, fortnight, last_seen, seconds, session_at, _ = user
    session = None if seconds is None else [seconds, None if session_at == last_seen else session_at]
    return [user_id, first - _EPOCH, last - first, feature, fortnight, pack_time(last, last_seen), session]


def _user(
    user_id: str, first: int, days: int, feature: str, fortnight: int, time: Time,
    session: tuple[int, str | None] | None, used: Sequence[int], names: Sequence[str] = (),
) -> UserUse:  # fmt: skip
    first += _EPOCH
    last = first + days
    last_seen = unpack_time(last, time)
    seconds, at = session or (None, "")
    features = tuple([(names[place], last - ago) for place, ago in zip(used[::2], used[1::2], strict=True)])
    return UserUse(
        user_id, first, last, feature, fortnight, last_seen, seconds, last_seen if at is None else at, features
    )


def _first_layout(user: UserUse) -> UserUse:
    return user._replace(features=((user.last_feature, user.last_day),))


def _width(largest: int) -> int:
    return next(width for width in _CODES if largest < 1 << 8 * width)


def _pages(users: Iterable[UserUse]) -> Iterator[list[UserUse]]:
    """Cut where a user's hash says so: somebody who comes in between moves nobody else to another page."""
    page: list[UserUse] = []
    room, names = PAGE_BYTES, set[str]()
    for user in users:
        size = _size(user, names)
        if page and (size > room or zlib.crc32(user.user_id.encode()) % PAGE_USERS == 0):
            yield page
            page, room, names = [], PAGE_BYTES, set()
            size = _size(user, names)
        page.append(user)
        names.update(name for name, _ in user.features)
        room -= size
    if page:
        yield page


def _size(user: UserUse, names: Collection[str]) -> int:
    """So many bytes a user takes at most on a page with these features; a character of UTF-8 is at most 4."""
    new = [name for name, _ in user.features if name not in names]
    texts = (user.user_id, user.last_feature, user.last_seen, user.session_at, *new)
    return NUMBERS_BYTES + PLACE_BYTES * len(user.features) + sum(4 * len(text) + 5 for text in texts)


_ENCODE = msgpack.Encoder().encode
_EVENT = msgpack.Decoder(tuple[int, Time, str, str, bytes, int, int | None])
_Session = tuple[int, str | None] | None
_OLD_USERS = msgpack.Decoder(list[tuple[str, int, int, str, int, Time, _Session]])
_USERS = msgpack.Decoder(tuple[int, list[str], list[tuple[str, int, int, str, int, Time, _Session, list[int]]]])
_SECOND_LAYOUT = b"\x93\x02"
"""A list of three whose first element is 2; the first element of an older page is a list, never a number."""
