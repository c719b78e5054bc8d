"""Whole files kept under a key: the archive, run files, benchmarks, configurations."""

from collections.abc import Iterator
from typing import Protocol


class Blobs(Protocol):
    @property
    def bucket(self) -> str:
        """Where they are, for those who read them by themselves (the state machine)."""

    def put(self, key: str, data: bytes) -> None:
        """Write, replacing what was there."""

    def put_absent(self, key: str, data: bytes) -> bool:
        """Write once: False when the key exists already, which then stays as it is."""

    def get(self, key: str) -> bytes | None:
        """The bytes, or None when there is nothing under the key."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key that begins with the prefix, in order."""

    def delete(self, key: str) -> None:
        """Remove what is under the key, if anything is."""
