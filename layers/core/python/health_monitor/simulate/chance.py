"""Draws built on `random()` alone, so that one seed means one world on every Python version."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def draws(*names: object) -> Random:
    """A stream of chance that belongs to these names and to nothing else."""
    return Random("/".join(map(str, names)))  # noqa: S311  a made-up world guards no secret


def between(rng: Random, low: float, high: float) -> float:
    """Any number from low to high, all equally likely."""
    return low + (high - low) * rng.random()


def whole(rng: Random, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return low + int((high - low + 1) * rng.random())


def pick(rng: Random, choices: Sequence[T]) -> T:
    """One of the choices, all equally likely."""
    return choices[int(len(choices) * rng.random())]


def weighted(rng: Random, choices: Sequence[tuple[T, float]]) -> T:
    """One of the choices, as likely as its weight says."""
    total = 0.0
    for _, weight in choices:  # sum() rounds floats differently from Python 3.12 on
        total += weight
    left = rng.random() * total
    for choice, weight in choices:
        left -= weight
        if left < 0:
            return choice
    return choices[-1][0]


def shuffled(rng: Random, choices: Sequence[T]) -> list[T]:
    """The same choices in any order."""
    mixed = list(choices)
    for last in range(len(mixed) - 1, 0, -1):
        other = int((last + 1) * rng.random())
        mixed[last], mixed[other] = mixed[other], mixed[last]
    return mixed


def several(rng: Random, choices: Sequence[tuple[T, float]], count: int) -> tuple[T, ...]:
    """Different choices, the weightier ones sooner."""
    rest = list(choices)
    taken: list[T] = []
    while rest and len(taken) < count:
        choice = weighted(rng, rest)
        taken.append(choice)
        rest = [(other, weight) for other, weight in rest if other != choice]
    return tuple(taken)
