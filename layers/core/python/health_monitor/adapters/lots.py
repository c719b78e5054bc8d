"""A long stream in handy portions."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Thing = TypeVar("Thing")


def lots(things: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    """The things in order, `size` at a time, without holding all of them."""
    remaining = iter(things)
    while lot := list(islice(remaining, size)):
        yield lot
