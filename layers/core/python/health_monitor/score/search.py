"""The cheapest choice of steps that gains enough: at most one step of each kind, exact in whole numbers."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

COARSE = 6
"""So many steps of a kind are tried; where it has more, some evenly spread, and the one that is just enough."""
PATIENCE = 20_000
"""So many combinations are looked at; the best one so far is next to the cheapest long before."""


class Kind(NamedTuple):
    """A kind of step: what each costs, rising, and what every unit of cost gains; `must`: one has to be taken."""

    costs: tuple[int, ...]
    gain: int
    must: bool = False


class _State(NamedTuple):
    """How far the search has come: the kind that is next, what is still to gain, the cost, and what was taken."""

    at: int
    left: int
    cost: int
    taken: tuple[tuple[int, int], ...]


def cheapest(kinds: Sequence[Kind], need: int, each: int = 0) -> dict[int, int] | None:
    """For each kind that is taken, which of its steps; of equal costs the fewest steps. None when all is not enough.

    each: what taking a step costs beside its own cost, whichever it is.
    """
    order = sorted(range(len(kinds)), key=lambda one: (not kinds[one].must, -kinds[one].gain))
    rest = [sorted((kinds[one] for one in order[at:]), key=lambda kind: -kind.gain) for at in range(len(order) + 1)]
    best: _State | None = None
    stack, looked = [_State(0, need, 0, ())], 0
    while stack and looked < PATIENCE:
        looked += 1
        state = stack.pop()
        if best and (_least(rest[state.at], state.left, state.cost), len(state.taken)) >= (best.cost, len(best.taken)):
            continue
        if state.at < len(order) and (state.left > 0 or kinds[order[state.at]].must):
            stack.extend(_next(state, order[state.at], kinds[order[state.at]], each))
        elif state.left <= 0:
            best = state
    return dict(best.taken) if best else None


def _next(state: _State, which: int, kind: Kind, each: int) -> Iterator[_State]:
    """Without this kind, and with each of its steps that is tried; the one that is just enough is looked at first."""
    if not kind.must:
        yield state._replace(at=state.at + 1)
    enough = bisect_left(kind.costs, -(-state.left // kind.gain) if kind.gain else 0)
    last = len(kind.costs) - 1
    spread = {round(last * at / (COARSE - 1)) for at in range(COARSE)} if last >= COARSE else set(range(last + 1))
    for step in (*sorted(spread - {enough}), *((enough,) if enough <= last else ())):
        cost = kind.costs[step]
        yield _State(
            state.at + 1, state.left - cost * kind.gain, state.cost + cost + each, (*state.taken, (which, step))
        )


def _least(kinds: Sequence[Kind], left: int, cost: int) -> float:
    """What the whole would cost at least, if every kind had steps of any size; infinite when it cannot be enough."""
    for kind in kinds:
        if left <= 0:
            break
        full = kind.costs[-1] * kind.gain
        taken = kind.costs[-1] if full <= left else -(-left // kind.gain)
        left, cost = left - full, cost + taken
    return cost if left <= 0 else float("inf")
