"""How one user fares: how lately, how often and how broadly they use the product, and who has gone quiet.

The account's user health is the mean of these scores over everybody seen in 90 days.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Literal

from health_monitor.model.evidence import UserDays
from health_monitor.model.records import Person
from health_monitor.model.score import FULL
from health_monitor.model.usage import UserUse
from health_monitor.model.users import UserState

RECENCY, FREQUENCY, BREADTH = 40, 30, 30
"""Points of a user's score, of 100. `spec/product.md` §1a USERS (ours; the seeds name the parts, not the points)."""
FRESH_DAYS = 7
"""Seen within a week is as good as today: who comes every Monday is not worse off on a Friday."""
DORMANT_DAYS = 30
"""Days without any use after which a user is dormant; also the window of `features`. `spec/product.md` USERS."""
QUIET_DAYS = 14
"""Days of silence after which a user is at risk; after which one who came every week is dormant as a sponsor."""
DAILY_DAYS, WEEKLY_DAYS = 8, 2
"""Active days of 14 from which somebody comes daily, and weekly: more than every other day; each week once."""
RHYTHM = {"daily": 30, "weekly": 20, "monthly": 10, "none": 0}
"""Points of the frequency: seed 002 gives daily 30 and weekly 20, monthly is ours."""
BROAD = 3
"""So many core features are a user's full breadth (all of them where there are fewer): nobody's job needs them all."""
FORTNIGHT = 14
_RECENT = (1 << FORTNIGHT) - 1

Rhythm = Literal["daily", "weekly", "monthly", "none"]


def user_score(user: UserDays, core: Collection[str]) -> int:
    """A user's score in hundredths of a point, 0 to 10,000; without known core features the breadth does not count."""
    late = min(max(user.silent_days - FRESH_DAYS, 0), DORMANT_DAYS - FRESH_DAYS)
    points = RECENCY * FULL * (DORMANT_DAYS - FRESH_DAYS - late) // (DORMANT_DAYS - FRESH_DAYS)
    points += RHYTHM[rhythm_of(user)] * FULL
    if not core:
        return points // (RECENCY + FREQUENCY)
    broad = min(BROAD, len(core))
    used = min(len(frozenset(core).intersection(user.features)), broad)
    return (points + BREADTH * FULL * used // broad) // (RECENCY + FREQUENCY + BREADTH)


def rhythm_of(user: UserDays) -> Rhythm:
    """How often somebody comes, by the days of the last 14; monthly is at least once in 30 days."""
    if user.active_14 >= DAILY_DAYS:
        return "daily"
    if user.active_14 >= WEEKLY_DAYS:
        return "weekly"
    return "monthly" if user.silent_days < DORMANT_DAYS else "none"


def user_state(user: UserDays) -> UserState:
    """Dormant after 30 days without use; at risk after 14, or when fewer than half of the usual days are left."""
    if user.silent_days >= DORMANT_DAYS:
        return "dormant"
    if user.silent_days >= QUIET_DAYS or 2 * user.active_14 < user.usual_14:
        return "at_risk"
    return "engaged"


def user_days(user: UserUse, day: int) -> UserDays | None:
    """The user as of that day (an ordinal); None for somebody who came later."""
    if user.first_day > day:
        return None
    if user.last_day > day:
        user = _before(user, day)
    return days_of(user.user_id, user.first_day, user.last_day, user.fortnight, user.features, day)


def days_of(
    user_id: str, first: int, last: int, fortnight: int, features: Iterable[tuple[str, int]], day: int
) -> UserDays:
    """The same from its parts; `last` is no later than the day."""
    silent, used_from = day - last, day - DORMANT_DAYS
    return UserDays(
        user_id,
        silent,
        day - first,
        (fortnight << min(silent, FORTNIGHT) & _RECENT).bit_count(),
        fortnight.bit_count(),
        tuple([name for name, used in features if used > used_from]) if last > used_from else (),
    )


def key_users_of(persons: Iterable[Person]) -> frozenset[str]:
    """The users who are contacts with a role: their use is told of each, whoever else is active."""
    return frozenset(person.user_id for person in persons if person.role and person.user_id)


def departments_of(persons: Iterable[Person]) -> frozenset[str]:
    """The departments with somebody who is still there, however they are spelt."""
    return frozenset(one.department.casefold() for one in persons if one.department and one.departed_on is None)


def of_role(
    persons: Iterable[Person], role: str, users: Collection[UserDays]
) -> Iterator[tuple[Person, UserDays | None]]:
    """Those who have the role now, each with their use; None where they were never seen in the product."""
    seen = {user.user_id: user for user in users}
    for person in persons:
        if person.role == role and person.departed_on is None:
            yield person, seen.get(person.user_id or "")


def went_quiet(user: UserDays, dormant_days: float = DORMANT_DAYS, weekly_dormant_days: float = QUIET_DAYS) -> bool:
    """Whether somebody who matters is dormant: sooner if they used to come every week (`spec/product.md` §1c)."""
    return user.silent_days >= (weekly_dormant_days if user.usual_14 >= WEEKLY_DAYS else dormant_days)


def _before(user: UserUse, day: int) -> UserUse:
    """What an entry that has gone on tells of an earlier day.

    It forgets what a later day replaced. So a feature used after the day counts as used on the last day before it that
    is known, and of somebody whose fortnight lies after it, the features tell which one that was.
    """
    bits = user.fortnight >> (user.last_day - day)
    back = (bits & -bits).bit_length() - 1
    known = (used for _, used in user.features if used <= day)
    last = day - back if bits else max(known, default=user.first_day)
    features = tuple((name, min(used, last)) for name, used in user.features)
    return user._replace(last_day=last, fortnight=bits >> back if bits else 1, features=features)
