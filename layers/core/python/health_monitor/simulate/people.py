"""The people who log in at one company: who they are, how much they work with the product, when they come and go."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from health_monitor.simulate.chance import between, several, weighted, whole
from health_monitor.simulate.names import person_name

FOREVER = 10**7
"""A day that never comes."""

Curve = tuple[tuple[int, float], ...]
"""How much of their usual work somebody does: (day, share) points, straight lines between them."""


class User(NamedTuple):
    """Somebody who logs in: on `presence` of working days from `joined` until the day before `left`."""

    user_id: str
    name: str
    presence: float
    features: tuple[str, ...]
    joined: int
    left: int = FOREVER
    curve: Curve = ()
    days_off: frozenset[int] = frozenset()

    def share_on(self, day: int) -> float:
        """How likely this person is to log in on an ordinary working day."""
        if day < self.joined or day >= self.left:
            return 0.0
        return self.presence * level(self.curve, day) if self.curve else self.presence


def level(curve: Curve, day: int) -> float:
    """The curve's height on a day; it stays at its ends for ever."""
    before = curve[0]
    for point in curve:
        if day < point[0]:
            if before is point:
                return point[1]
            return before[1] + (point[1] - before[1]) * (day - before[0]) / (point[0] - before[0])
        before = point
    return before[1]


KEENNESS = (((0.82, 0.95), 0.25), ((0.55, 0.8), 0.45), ((0.18, 0.4), 0.22), ((0.03, 0.1), 0.08))
"""Power users, regulars, occasional ones, and those who hardly ever log in."""
CHAMPION = 0.97
SPONSOR = 0.12


def a_team(
    rng: Random, account: str, count: int, joined: Sequence[int], mix: Sequence[tuple[str, float]]
) -> tuple[User, ...]:
    """One company's users: the champion first, then the administrator and the sponsor, then the others."""
    return tuple(_a_user(rng, account, place, joined[place], mix) for place in range(count))


def _a_user(rng: Random, account: str, place: int, joined: int, mix: Sequence[tuple[str, float]]) -> User:
    leaders = {0: CHAMPION, 1: 0.8, 2: SPONSOR}
    presence = leaders.get(place) or between(rng, *weighted(rng, KEENNESS))
    return User(
        user_id=f"u{account.removeprefix('acc')}-{place + 1:02d}",
        name=person_name(rng),
        presence=presence,
        features=several(rng, mix, whole(rng, 2, 5)),
        joined=joined,
    )


def with_days_off(rng: Random, users: Sequence[User], first: int, last: int) -> tuple[User, ...]:
    """The same people with their holidays, about three stretches a year."""
    return tuple(user._replace(days_off=_days_off(rng, first, last)) for user in users)


def _days_off(rng: Random, first: int, last: int) -> frozenset[int]:
    off: set[int] = set()
    day = first + whole(rng, 0, 120)
    while day <= last:
        off.update(range(day, day + weighted(rng, ((3, 2.0), (7, 3.0), (12, 1.0)))))
        day += whole(rng, 70, 170)
    return frozenset(off)


def with_turnover(rng: Random, users: Sequence[User], first: int, last: int) -> tuple[User, ...]:
    """The same team, in which now and then somebody leaves and a successor takes over the work."""
    changed: list[User] = []
    for place, user in enumerate(users):
        goes = first + whole(rng, 0, 365 * 6)
        if place < 3 or not max(first, user.joined + 30) < goes <= last:
            changed.append(user)
            continue
        changed.append(user._replace(left=goes))
        changed.append(_successor(rng, user, goes + whole(rng, 3, 15)))
    return tuple(changed)


def _successor(rng: Random, user: User, joined: int) -> User:
    return user._replace(user_id=f"{user.user_id}b", name=person_name(rng), joined=joined)
