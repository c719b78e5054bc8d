"""Daily counts and user pages as few bytes: reading one packed value is many times faster than 128 items.

Ring, all numbers little-endian:
  byte 0      layout version, 1
  bytes 1-3   width in bytes (1, 2, 4 or 8) of one number of events, active users, new users
  then        events of day 0, 1, …; active users of day 0, 1, …; new users of day 0, 1, …
Each column is as wide as its largest number needs, so no count is ever too large to keep: 128 days of a usual
account are about half a kilobyte (one write unit), those of a huge one 1.5 KB.

User page: a MessagePack list of [user_id, first_day, last_day, last_feature, fortnight, events], by user id.
"""

import struct
from collections.abc import Iterable, Iterator

from msgspec import msgpack

from health_monitor.model.usage import Series, UserUse
from health_monitor.ports.usage import RING_DAYS

_VERSION = 1
_HEADER = "<4B"
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}

PAGE_BYTES = 300_000
"""A stored item may have 400 KB; the rest is room for keys and one last, very long name."""


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
    """Users in order of their ids, on as many pages as they need."""
    pages = _pages(sorted(users, key=lambda user: user.user_id))
    return [msgpack.encode(page) for page in pages]


def unpack_users(page: bytes) -> list[UserUse]:
    """The users of one page."""
    return msgpack.decode(page, type=list[UserUse])


def _width(largest: int) -> int:
    return next(width for width in _CODES if largest < 1 << 8 * width)


def _pages(users: Iterable[UserUse]) -> Iterator[list[UserUse]]:
    page: list[UserUse] = []
    room = PAGE_BYTES
    for user in users:
        size = len(msgpack.encode(user))
        if page and size > room:
            yield page
            page, room = [], PAGE_BYTES
        page.append(user)
        room -= size
    if page:
        yield page
