"""What a source told us: our nouns, but the source's name for the account. Whose record it is gets decided later."""

from typing import Any, Literal, NamedTuple

from pydantic import AwareDatetime

from health_monitor.model.account import ContactId, Id
from health_monitor.model.intake import Reject
from health_monitor.model.strict import Strict

OURS = ""
"""The source of a name that is one of our own account ids."""
DOMAIN = "domain"
"""The source of a name that is a company's web domain, in lower case, such as acme.com."""


class Ref(NamedTuple):
    """How a source names an account."""

    source: str
    name: str


class HeardEvent(NamedTuple):
    """`n` uses of one feature by one user. `day` is the UTC day's ordinal, `event_id` the source's own id or empty."""

    ref: Ref
    user_id: str
    event: str
    occurred_at: str
    day: int
    n: int = 1
    event_id: str = ""
    session_seconds: int | None = None


class HeardAccount(Strict):
    """What a source says of a company: only the fields of Account that it speaks of; None means it is empty there.

    `names` are the company's other names that it tells (its domain, its id in the analytics tool). One that is `ours`
    says which account it is. `creates`: an account that nobody knows yet begins to exist with this record.
    """

    ref: Ref
    facts: dict[str, Any]
    names: tuple[Ref, ...] = ()
    changed_at: AwareDatetime
    creates: bool = False


class HeardContact(Strict):
    """What a source says of a person at a company."""

    ref: Ref
    contact_id: ContactId
    facts: dict[str, Any]
    changed_at: AwareDatetime


class HeardDeletion(Strict):
    """A person or an account that the source has been told to forget, and so must we."""

    source: str
    kind: Literal["user", "contact", "account"]
    name: Id
    ref: Ref | None = None
    requested_at: AwareDatetime


Heard = HeardEvent | HeardAccount | HeardContact | HeardDeletion | Reject
"""One record of a source; a Reject is one that could not be read."""


class NameClaim(Strict):
    """That an account goes by a name, and who says so. `person` outranks `crm`, which outranks `domain`."""

    ref: Ref
    account_id: Id
    by: Literal["person", "crm", "domain"]
    since: AwareDatetime


class Unmatched(Strict):
    """A name that belongs to no account, or to more than one; its records wait."""

    ref: Ref
    reason: Literal["unknown", "ambiguous"]
    candidates: tuple[str, ...] = ()
    first_seen: AwareDatetime
    last_seen: AwareDatetime
