"""What a source told us: our nouns, but the source's name for the account. Whose record it is gets decided later."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from functools import cache
from typing import Any, Literal, NamedTuple, Self, get_args

from pydantic import AwareDatetime

from health_monitor.model.account import ContactId, Id
from health_monitor.model.intake import Reject
from health_monitor.model.records import KIND_OF, KINDS, AnyRecord
from health_monitor.model.strict import Strict

OURS = ""
"""The source of a name that is one of our own account ids."""
DOMAIN = "domain"
"""The source of a name that is a company's web domain, in lower case, such as acme.com."""

OF_USER = "user:"
"""How a name begins under which a user's records are, when a source does not say of which account they are."""


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
    says which account it is. `members` belong to it but do not say who it is: its users, of whom some have two
    companies. `creates`: an account that nobody knows yet begins to exist with this record.
    """

    ref: Ref
    facts: dict[str, Any]
    names: tuple[Ref, ...] = ()
    members: tuple[Ref, ...] = ()
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


RecordKind = Literal[
    "ticket", "survey", "invoice", "subscription", "touchpoint", "goal", "roi", "pulse", "note", "renewal"
]  # fmt: skip
"""The kinds of records that a source tells; each has a noun in model/records.py."""
TOLD: tuple[RecordKind, ...] = get_args(RecordKind)
CHANGED_AT = "changed_at"


class HeardRecord(Strict):
    """What a source says of an account beside its use: a ticket, an answer to a survey, a bill, a renewal.

    `key` is the source's own id of it. `facts` are the noun's fields by name, as texts or as what they are; those that
    cannot be read are left empty when it is taken in, and told. The whole record is told each time: a field that is not
    there is empty now.
    """

    ref: Ref
    kind: RecordKind
    key: Id
    facts: dict[str, Any]
    changed_at: AwareDatetime

    @classmethod
    def of(cls, ref: Ref, record: AnyRecord) -> Self:
        """A record that has been read already."""
        named = {one.name: getattr(record, one.name) for one in fields(record)}
        kind, key, changed_at = KIND_OF[type(record)], named.pop("key"), named.pop(CHANGED_AT)
        facts = {name: value for name, value in named.items() if name != "source" and value is not None}
        return cls.model_validate({"ref": ref, "kind": kind, "key": key, "facts": facts, CHANGED_AT: changed_at})


class Columns(NamedTuple):
    """The fields of a record in a file or a request: those that it must have, and those that it may have."""

    required: tuple[str, ...]
    optional: tuple[str, ...]


@cache
def columns_of(kind: RecordKind) -> Columns:
    """How a kind of record is written: its noun's fields by name, its key as <kind>_id.

    A touchpoint may also say its subject, which is looked at and not kept.
    """
    own = [one for one in fields(KINDS[kind]) if one.name not in ("source", "key", CHANGED_AT)]
    must = [one.name for one in own if one.default is MISSING]
    may = [one.name for one in own if one.default is not MISSING]
    more = ("subject",) if kind == "touchpoint" else ()
    return Columns(("account_id", key_column(kind), *must), (*may, *more, CHANGED_AT))


def key_column(kind: RecordKind) -> str:
    """What the source's own id of such a record is called."""
    return f"{kind}_id"


Heard = HeardEvent | HeardAccount | HeardContact | HeardDeletion | HeardRecord | Reject
"""One record of a source; a Reject is one that could not be read."""


class AccountChange(NamedTuple):
    """What one source says of an account, and since when; fields it does not speak of are absent, None empties one."""

    account_id: str
    source: str
    changed_at: datetime
    facts: Mapping[str, Any]


class ContactChange(NamedTuple):
    """The same of a person at an account."""

    account_id: str
    contact_id: str
    source: str
    changed_at: datetime
    facts: Mapping[str, Any]


By = Literal["person", "id", "crm", "domain"]
"""Who says that an account goes by a name: somebody, its own id, the CRM, its web domain. Each outranks the next."""


CROWD = 50
"""So many accounts can claim a name by the same word; one more would tell nothing new, and is not recorded."""


class NameClaim(Strict):
    """That an account goes by a name, and who says so. An account's claim on its own id is never recorded.

    told: the company's record that told the name; None when it is nobody's or a member's own.
    crowded: so many accounts once went by it, with this word for it, that not all of them were recorded.
    """

    ref: Ref
    account_id: Id
    by: By
    since: AwareDatetime | None = None
    told: Ref | None = None
    crowded: bool = False


class Unmatched(Strict):
    """A name that belongs to no account, or to more than one; its records wait."""

    ref: Ref
    reason: Literal["unknown", "ambiguous"]
    candidates: tuple[str, ...] = ()
    first_seen: AwareDatetime
    last_seen: AwareDatetime
