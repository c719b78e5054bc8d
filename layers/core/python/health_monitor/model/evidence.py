"""Everything that one account's score on one day is made of: its facts, its use, its records, its peers."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from health_monitor.model.account import Account
from health_monitor.model.dossier import EMPTY, Dossier


class UserDays(NamedTuple):
    """One user as of a day: days since last active (0 = that day) and since first seen, active days of the last 14.

    features: those used in the last 30 days. usual_14: active days in the 14 days that ended when they were last
    active, which tells how often they used to come.
    """

    user_id: str
    silent_days: int
    known_days: int
    active_14: int
    usual_14: int
    features: tuple[str, ...]


class Use(NamedTuple):
    """An account's use as of a day, from its ring and its users. Stands in the night's line, so it can be replayed.

    index_now, index_30, index_60, index_90: sums of active user-days over the 14 days that ended today and 30, 60 and
    90 days ago; None when the account was not seen for all of these days. baseline: the usage rule's ratio of index to
    baseline, None without a verdict. active_30: distinct users active in the last 30 days; new_90: first seen in the
    last 90. daily, weekly, monthly: how many of the users active in the last 30 days come so often. user_health: the
    sum of the users' scores (hundredths) and how many of them were seen in the last 90 days; engaged, at_risk, dormant:
    of these. features: used by anybody in the last 30 days, sorted. key_users: those who are contacts with a role.
    """

    age: int
    seen_days: int
    index_now: int
    index_30: int | None
    index_60: int | None
    index_90: int | None
    baseline: float | None
    active_30: int
    new_90: int
    daily: int
    weekly: int
    monthly: int
    user_health: tuple[int, int]
    engaged: int
    at_risk: int
    dormant: int
    features: tuple[str, ...]
    key_users: tuple[UserDays, ...] = ()


class Peers(NamedTuple):
    """What comparable accounts did the night before.

    usage: for each scope the sorted index per seat (or per known user) at 0, 5, …, 100 %, and how many there were.
    features: those that at least a tenth of the accounts used. trains: whether any training is recorded anywhere.
    """

    usage: dict[str, tuple[tuple[float, ...], int]] = {}  # noqa: RUF012  (never written to)
    features: tuple[str, ...] = ()
    trains: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """One account on one day. `use` None: no event is known of it. `dossier` is as of the end of that day."""

    day: date
    account: Account
    use: Use | None = None
    dossier: Dossier = EMPTY
    peers: Peers = field(default_factory=Peers)
    core_features: tuple[str, ...] = ()
    """The scorecard's, else the peers'."""
    scope: str = "-"
    """With whom the account is compared: its segment."""
    cadence_days: int | None = None
    """Days between touchpoints by its coverage tier of the night before; 0: none are asked for; None: no tier yet."""
