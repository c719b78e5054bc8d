"""Which records are stored already, as eight bytes each: a million of them need 16 MB; a set of numbers, eighty."""

from array import array
from collections.abc import Iterable, Iterator
from hashlib import blake2b

START = 1 << 14
LARGE = 1 << 20
"""Slots from which on it only doubles: four times as many at once would be too much memory."""
FULL = 0.7
"""The share of slots beyond which a search takes long."""


class Seen:
    """A set of hashes that only grows. `added` counts what is new since it was read."""

    def __init__(self, stored: bytes = b"") -> None:
        known = array("Q")
        known.frombytes(stored)
        self.added = 0
        size = START
        while len(known) > FULL * size:
            size *= 2
        self._lay_out(size, known)

    def add(self, text: str) -> bool:
        """Remember a record by the text that identifies it; False when it is known."""
        # Zero is an empty slot.
        key = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") or 1
        slots, mask = self._slots, self._mask
        at = key & mask
        while found := slots[at]:
            if found == key:
                return False
            at = (at + 1) & mask
        slots[at] = key
        self._count += 1
        self.added += 1
        if self._count > self._most:
            self._lay_out((2 if len(slots) >= LARGE else 4) * len(slots), self._known())
        return True

    def __len__(self) -> int:
        return self._count

    def to_bytes(self) -> bytes:
        """Every hash."""
        return array("Q", self._known()).tobytes()

    def _known(self) -> Iterator[int]:
        return (key for key in self._slots if key)

    def _lay_out(self, size: int, known: Iterable[int]) -> None:
        slots, mask, count = array("Q", bytes(8 * size)), size - 1, 0
        for count, key in enumerate(known, 1):  # noqa: B007  (how many there were)
            at = key & mask
            while slots[at]:
                at = (at + 1) & mask
            slots[at] = key
        self._slots, self._mask, self._most, self._count = slots, mask, FULL * size, count
