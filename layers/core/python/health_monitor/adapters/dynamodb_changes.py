"""What of the names and erasures that processes remember may be out of date."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from health_monitor.adapters.dynamodb_table import Table

KEPT = 60
"""Names whose changes are told one by one: with so many the item is still read by one unit."""
AT_ONCE, REMOVED_AT_ONCE = 20, 40
"""Names in one update, and names it drops: an expression may have 4 KB."""
_KEY = "IDENTITY", "changes"
_PREFIX = "moved_"


class Moves(NamedTuple):
    """How often something changed, and at which of these moves each name did last, as far as somebody said so."""

    moves: int
    names: Mapping[str, int]

    def since(self, before: int) -> frozenset[str] | None:
        """The digests of all names that may mean something else since that move; None when it may be any name.

        Every move in between must have told its names: one that did not, or whose names are not kept any more, leaves
        a gap in the numbers. So an older version of the product, or a process that dies, never hides a change.
        """
        later = {name: at for name, at in self.names.items() if at > before}
        told = before <= self.moves and set(later.values()).issuperset(range(before + 1, self.moves + 1))
        return frozenset(later) if told else None

    def oldest(self) -> list[str]:
        """Names that need not be kept any more: always all of a move, for half of them would hide the others."""
        by_move: dict[int, list[str]] = defaultdict(list)
        for name, at in self.names.items():
            by_move[at].append(name)
        surplus: list[str] = []
        for at in sorted(by_move):
            if len(self.names) - len(surplus) <= KEPT or len(surplus) + len(by_move[at]) > REMOVED_AT_ONCE:
                break
            surplus += by_move[at]
        return surplus


class Changes:
    """A number that moves whenever what was read of names or erasures may be out of date."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def now(self) -> int:
        return self.read().moves

    def read(self) -> Moves:
        """The number, with the names that the latest moves were about."""
        item = self._table.get(*_KEY) or {"moves": 0}
        return Moves(int(item["moves"]), {name: int(at) for name, at in item.items() if name.startswith(_PREFIX)})

    def move(self, names: Iterable[str] = ()) -> None:
        """Something changed; names: all that may mean something else now, left out where it may be any."""
        told, known = sorted({moved(name) for name in names}), self.read()
        changed = ["moves", *(f"#{name}" for name in told if len(told) <= AT_ONCE)]
        update = "SET " + ", ".join(f"{name} = if_not_exists(moves, :zero) + :one" for name in changed)
        if surplus := [f"#{name}" for name in known.oldest() if name not in told]:
            away = f"{update} REMOVE {', '.join(surplus)}"
            if self._table.update_if(_KEY, away, "moves = :seen", seen=known.moves, zero=0, one=1):
                return
        self._table.update(_KEY, update, zero=0, one=1)


def digest(*parts: str) -> str:
    """A short name for something whose own name may be too long, or may not be told."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def moved(name: str) -> str:
    """How a name is told of: names may be people's."""
    return f"{_PREFIX}{digest(name)}"
