"""What can happen to a customer, told in people: who leaves, who comes less often, who never starts.

Nothing here knows how anybody might notice it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from random import Random
from typing import NamedTuple

from health_monitor.simulate.chance import between, shuffled, whole
from health_monitor.simulate.names import person_name
from health_monitor.simulate.people import Curve, User


class Cause(StrEnum):
    """Why a customer's usage is what it is, where it is not simply steady."""

    DEPARTED_CHAMPION = "departed_champion"
    BUDGET_CUT = "budget_cut"
    QUIET_QUITTER = "quiet_quitter"
    FAILED_ONBOARDING = "failed_onboarding"
    COMPETITOR_TRIAL = "competitor_trial"
    MERGED_AWAY = "merged_away"
    SEASONAL = "seasonal"
    GROWER = "grower"
    DORMANT = "dormant"
    NEVER_STARTED = "never_started"


TROUBLES = frozenset(
    {
        Cause.DEPARTED_CHAMPION,
        Cause.BUDGET_CUT,
        Cause.QUIET_QUITTER,
        Cause.FAILED_ONBOARDING,
        Cause.COMPETITOR_TRIAL,
    }
)
"""The causes a customer success manager could do something about."""


class Ending(StrEnum):
    """How the story goes on."""

    LEAVES = "leaves"
    STAYS = "stays"
    RECOVERS = "recovers"


class Planted(NamedTuple):
    """The truth about one account: what happened, since when, how it ends, and the day it leaves, if it does."""

    cause: Cause
    began: date
    ending: Ending
    leaves_on: date | None = None


class Turn(NamedTuple):
    """The day on which a team's life turns, how it will end, and the chance in between."""

    rng: Random
    began: int
    ending: Ending


Change = Callable[[Sequence[User], Turn], tuple[User, ...]]
"""A team as it was, and the turn; the team as it then lives."""


def departed_champion(users: Sequence[User], turn: Turn) -> tuple[User, ...]:
    """The heaviest user is gone; without them the others come less and less over weeks."""
    rng, began, ending = turn
    back = began + whole(rng, 55, 80) if ending is Ending.RECOVERS else None
    team = [users[0]._replace(left=began)]
    for user in users[1:]:
        starts = began + whole(rng, 2, 9)
        team.append(user._replace(curve=_dip(starts, starts + whole(rng, 16, 30), between(rng, 0.02, 0.35), back)))
    if back:
        successor = users[0]._replace(user_id=f"{users[0].user_id}b", name=person_name(rng), joined=back - 10)
        team.append(successor)
    return tuple(team)


def budget_cut(users: Sequence[User], turn: Turn) -> tuple[User, ...]:
    """Most seats are given back, and those who held them stop on one day."""
    rng, began, _ = turn
    stay = max(1, round(len(users) * between(rng, 0.15, 0.38)))
    kept = {user.user_id for user in [users[0], *shuffled(rng, users[1:])][:stay]}
    return tuple(user if user.user_id in kept else user._replace(left=min(user.left, began)) for user in users)


def quiet_quitter(users: Sequence[User], turn: Turn) -> tuple[User, ...]:
    """Everybody comes a little less every week, for about three months, until nearly nobody does."""
    rng, began, _ = turn
    return tuple(
        user._replace(curve=_dip(began + whole(rng, 0, 20), began + whole(rng, 70, 95), between(rng, 0.0, 0.12)))
        for user in users
    )


def failed_onboarding(users: Sequence[User], turn: Turn) -> tuple[User, ...]:
    """They look at it once and do not come back; at best a second start weeks later works."""
    rng, began, ending = turn
    back = began + whole(rng, 35, 50) if ending is Ending.RECOVERS else None
    return tuple(
        user._replace(curve=_dip(began, began + whole(rng, 2, 5), 0.03, back, between(rng, 0.1, 0.5))) for user in users
    )


def competitor_trial(users: Sequence[User], turn: Turn) -> tuple[User, ...]:
    """Half the team or more tries something else, one after the other; then the others follow or all come back."""
    rng, began, ending = turn
    movers = max(1, round(len(users) * between(rng, 0.5, 0.7)))
    returns = began + whole(rng, 60, 75)
    moved = []
    for place, user in enumerate(shuffled(rng, users)):
        goes = began + (whole(rng, 0, 24) if place < movers else whole(rng, 50, 80))
        if ending is Ending.LEAVES:
            moved.append(user._replace(left=goes))
        else:
            moved.append(user._replace(curve=_dip(goes, goes + 1, 0.0, returns)) if place < movers else user)
    return tuple(sorted(moved, key=lambda user: user.user_id))


def seasonal(users: Sequence[User], turn: Turn) -> tuple[User, ...]:
    """Every year the same quiet weeks: most stay away, and then all are back."""
    rng, began, _ = turn
    lasts = whole(rng, 42, 63)
    left_over = between(rng, 0.15, 0.35)
    curve: Curve = ()
    for year in (-1, 0, 1):
        starts = began + 365 * year
        curve += _dip(starts, starts + 9, left_over, starts + lasts)
    return tuple(user._replace(curve=curve) for user in users)


def grower(users: Sequence[User], turn: Turn) -> tuple[User, ...]:
    """One team recommends it to the next: more than half of the people join month after month."""
    rng, began, _ = turn
    founders = max(3, len(users) * 2 // 5)
    return tuple(
        user if place < founders else user._replace(joined=began + whole(rng, 0, 300))
        for place, user in enumerate(users)
    )


def dormant(users: Sequence[User], turn: Turn) -> tuple[User, ...]:
    """They stopped long ago and still pay."""
    rng, began, _ = turn
    return tuple(user._replace(left=began - whole(rng, 0, 10)) for user in users)


def never_started(_users: Sequence[User], _turn: Turn) -> tuple[User, ...]:
    """Somebody signed, nobody ever logged in."""
    return ()


def merged_away(users: Sequence[User], _turn: Turn) -> tuple[User, ...]:
    """Bought by a company that uses something else: they work as ever until the contract ends."""
    return tuple(users)


def _dip(starts: int, ends: int, low: float, back: int | None = None, high: float = 1.0) -> Curve:
    down: Curve = ((starts, high), (ends, low))
    return down if back is None else (*down, (max(back, ends + 1), low), (max(back, ends + 1) + 12, 1.0))


class Story(NamedTuple):
    """How one cause changes a team, how such stories end, and after how many days those leave who leave."""

    change: Change
    endings: tuple[tuple[Ending, float], ...]
    leaves_after: tuple[int, int] = (0, 0)


STAYS = ((Ending.STAYS, 1.0),)
STORIES: Mapping[Cause, Story] = {
    Cause.DEPARTED_CHAMPION: Story(
        departed_champion, ((Ending.LEAVES, 0.6), (Ending.RECOVERS, 0.3), (Ending.STAYS, 0.1)), (60, 130)
    ),
    Cause.BUDGET_CUT: Story(budget_cut, ((Ending.LEAVES, 0.4), (Ending.STAYS, 0.6)), (75, 170)),
    Cause.QUIET_QUITTER: Story(quiet_quitter, ((Ending.LEAVES, 1.0),), (98, 135)),
    Cause.FAILED_ONBOARDING: Story(failed_onboarding, ((Ending.LEAVES, 0.7), (Ending.RECOVERS, 0.3)), (70, 160)),
    Cause.COMPETITOR_TRIAL: Story(competitor_trial, ((Ending.LEAVES, 0.65), (Ending.RECOVERS, 0.35)), (85, 125)),
    Cause.MERGED_AWAY: Story(merged_away, ((Ending.LEAVES, 1.0),), (60, 180)),
    Cause.SEASONAL: Story(seasonal, ((Ending.RECOVERS, 1.0),)),
    Cause.GROWER: Story(grower, STAYS),
    Cause.DORMANT: Story(dormant, STAYS),
    Cause.NEVER_STARTED: Story(never_started, STAYS),
}
