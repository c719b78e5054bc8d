"""Which records are stored already, as eight bytes each: a million of them need 16 MB; a set of numbers, eighty."""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

SIZES = 1 << 14, 1 << 18, 1 << 21
"""Slots; then it doubles. Few steps, because each lays out everything anew; the last holds a million and a half."""
FULL = 0.7
"""The share of slots beyond which a search takes long."""
PRIME = 0xC90FDAA22168C6F
"""The remainder by a prime is a fingerprint (Karp and Rabin). This one follows the first 60 bits of pi: records that
resemble each other differ by no multiple of it, as they might by one of a prime beside a power of two."""
Record = TypeVar("Record")


class Seen:
    """A set of fingerprints that only grows. `added` counts what is new since it was read."""

    def __init__(self, stored: bytes = b"") -> None:
        known = array("Q")
        known.frombytes(stored)
        self.added = 0
        self._lay_out(_size(len(known)), known)

    def add(self, records: Mapping[bytes, Record]) -> list[Record]:
        """Remember records by the bytes that identify each; those that were not known. Many at once are cheap."""
        if self._count + len(records) > FULL * len(self._slots):
            self._lay_out(_size(self._count + len(records)), self._known())
        slots, mask, news = self._slots, self._mask, []
        for identity, record in records.items():
            # Zero is an empty slot.
            key = int.from_bytes(identity, "big") % PRIME or 1
            at = key & mask
            while found := slots[at]:
                if found == key:
                    break
                at = (at + 1) & mask
            else:
                slots[at] = key
                news.append(record)
        self._count += len(news)
        self.added += len(news)
        return news

    def __len__(self) -> int:
        return self._count

    def to_bytes(self) -> bytes:
        """Every fingerprint."""
        return array("Q", self._known()).tobytes()

    def _known(self) -> Iterator[int]:
        return (key for key in self._slots if key)

    def _lay_out(self, size: int, known: Iterable[int]) -> None:
        slots, mask, count = array("Q", (0,)) * size, size - 1, 0
        for count, key in enumerate(known, 1):  # noqa: B007  (how many there were)
            at = key & mask
            while slots[at]:
                at = (at + 1) & mask
            slots[at] = key
        self._slots, self._mask, self._count = slots, mask, count


def _size(count: int) -> int:
    """So many slots for so many records."""
    size = next((size for size in SIZES if count <= FULL * size), 2 * SIZES[-1])
    while count > FULL * size:
        size *= 2
    return size
