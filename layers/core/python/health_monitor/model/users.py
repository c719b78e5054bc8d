"""An account's users one by one, as people look at them."""

from datetime import date
from typing import Literal, NamedTuple

from health_monitor.model.account import Account
from health_monitor.model.score import Signal

UserState = Literal["engaged", "at_risk", "dormant"]


class UserSeen(NamedTuple):
    """A user, or a contact with a role who was never seen; score in hundredths; last_seen None = never.

    features: those used in the last 30 days. silent: has a role, is still there, and stays away.
    """

    user_id: str | None
    name: str | None
    role: str | None
    department: str | None
    last_seen: date | None
    score: int | None
    state: UserState | None
    features: tuple[str, ...]
    departed_on: date | None
    departure: str | None
    silent: bool


class AccountUsers(NamedTuple):
    """All of an account's users as of the end of a day, those with a role first, then who came last.

    core: the core features of which a user's breadth is counted. used: features that anybody used in 30 days.
    health: the mean score of those seen in 90 days, in hundredths. active: how many came in 30 days. signals: last
    night's that are about people and licences.
    """

    account: Account
    day: date
    users: tuple[UserSeen, ...]
    core: tuple[str, ...]
    used: tuple[str, ...]
    health: int | None
    active: int
    signals: tuple[Signal, ...]

    @property
    def licence_use(self) -> float | None:
        """Users active in 30 days over licensed seats; None where seats are unknown."""
        return self.active / self.account.licensed_seats if self.account.licensed_seats else None
