"""What is known of an account beside its usage: one noun for each kind of record.

Plain dataclasses, because every account's are read every night: pydantic checks them once, when they come in. Moments
are aware, days are dates. A record is its kind, source and key; of two versions the one that changed later stands.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from health_monitor.model.account import ContactId, Departure, Id, Text


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("has no time zone; write 2026-01-31T09:30:00Z")
    return at


Moment = Annotated[datetime, AfterValidator(_aware)]
Words = Annotated[str, Field(max_length=2_000)]
Money = Annotated[Decimal, Field(max_digits=40)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Level = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]

TicketType = Literal["bug", "how_to", "feature_request", "incident", "billing", "other"]
TicketSeverity = Literal["p1", "p2", "p3", "p4"]
TouchKind = Literal[
    "call", "email", "meeting", "qbr", "training", "webinar", "community", "help_centre", "ticket", "note"
]  # fmt: skip
Role = Literal["executive_sponsor", "champion", "decision_maker", "admin"]
"""The roles that relationship measures look for, as `account.role_word` spells what the CRM says."""
HealthStatus = Literal["healthy", "moderate", "at_risk", "critical"]
STATUS: dict[HealthStatus, str] = {
    "healthy": "healthy", "moderate": "moderate", "at_risk": "at risk", "critical": "critical",
}  # fmt: skip
"""As people read it."""
AT_RISK: frozenset[HealthStatus] = frozenset(("at_risk", "critical"))
"""Whoever has one of these may leave."""


_EVER = datetime(1900, 1, 1, tzinfo=UTC)
"""For what says nothing of when it began."""


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every record has. `key` is the source's own id of it."""

    source: str
    key: Id
    changed_at: Moment

    @property
    def name(self) -> str:
        """How lineage refers to it, such as ticket:hubspot/123."""
        return f"{KIND_OF[type(self)]}:{self.source}/{self.key}"

    @property
    def when(self) -> datetime:
        """The moment at which it begins to be true of the account, in UTC."""
        return _EVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket(Record):
    """A support request; `solved_at` None while it is open. csat: 1 to 5."""

    opened_at: Moment
    type: TicketType | None = None
    severity: TicketSeverity | None = None
    solved_at: Moment | None = None
    reopened: Count = 0
    csat: Annotated[int, Field(ge=1, le=5)] | None = None
    contact_id: ContactId | None = None

    @property
    def when(self) -> datetime:
        return self.opened_at.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey(Record):
    """One answer to a survey: NPS 0 to 10, CSAT 1 to 5, CES 1 to 7."""

    survey: Literal["nps", "csat", "ces"]
    score: Annotated[int, Field(ge=0, le=10)]
    at: Moment
    contact_id: ContactId | None = None

    @property
    def when(self) -> datetime:
        return self.at.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice(Record):
    """One bill; `paid_on` None while it is open."""

    due_on: date
    issued_on: date | None = None
    amount: Money | None = None
    paid_on: date | None = None
    voided: bool = False

    @property
    def when(self) -> datetime:
        return _start(self.issued_on or self.due_on)

    @property
    def is_open(self) -> bool:
        """Whether somebody has to pay it; a credit note waits for nobody's money."""
        return self.paid_on is None and not self.voided and (self.amount is None or self.amount > 0)

    def days_overdue(self, day: date) -> int:
        """Days since it was due, where it is still open; 0 where nothing is owed."""
        return max((day - self.due_on).days, 0) if self.is_open else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(Record):
    """What a subscription is worth from a day on; the next change of the same subscription is a record of its own."""

    subscription: Id
    effective_on: date
    arr: Money
    seats: Count | None = None
    plan: Text | None = None
    ends_on: date | None = None
    cancelled: bool = False

    @property
    def when(self) -> datetime:
        return _start(self.effective_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touchpoint(Record):
    """A contact between us and a customer; `inbound` when the customer began it.

    automatic: an out-of-office note or another answer that no person wrote. A meeting's moment is when it was booked,
    a QBR's or a training's when it took place; attended: None where nobody says.
    """

    kind: TouchKind
    at: Moment
    inbound: bool = False
    automatic: bool = False
    attended: bool | None = None
    contact_id: ContactId | None = None

    @property
    def when(self) -> datetime:
        return self.at.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal(Record):
    """What the customer wants to reach with the product, from start to target, and where it stands."""

    title: Text
    set_on: date
    start: Level | None = None
    current: Level | None = None
    target: Level | None = None
    due_on: date | None = None
    met_on: date | None = None
    abandoned_on: date | None = None
    use_case: Text | None = None

    @property
    def when(self) -> datetime:
        return _start(self.set_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roi(Record):
    """Evidence that the product paid off, shown to the customer on that day."""

    shown_on: date
    amount: Money | None = None
    what: Words | None = None

    @property
    def when(self) -> datetime:
        return _start(self.shown_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse(Record):
    """How the CSM rates the relationship, 1 (worst) to 5, with at most three reasons."""

    at: Moment
    rating: Annotated[int, Field(ge=1, le=5)]
    author: str | None = None
    reasons: Annotated[tuple[Text, ...], Field(max_length=3)] = ()

    @property
    def when(self) -> datetime:
        return self.at.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Record):
    """What somebody wrote down. It counts for nothing in the score; it stands on the timeline."""

    at: Moment
    text: Words
    author: str | None = None

    @property
    def when(self) -> datetime:
        return self.at.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal(Record):
    """One renewal and how it ended; a churn is a renewal that ended as churned."""

    due_on: date
    outcome: Literal["renewed", "contracted", "churned", "pending"] = "pending"
    decided_on: date | None = None
    arr_before: Money | None = None
    arr_after: Money | None = None
    reason: Text | None = None
    voluntary: bool | None = None

    @property
    def when(self) -> datetime:
        return _start(self.decided_on or self.due_on) if self.outcome != "pending" else _EVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Record):
    """What the score needs of a contact, derived from it; `key` is the contact's id. No name, no address.

    departed_on: the day they left, were deactivated, bounced or lost their role; `departure` says which.
    """

    role: Text | None = None
    user_id: Id | None = None
    department: Text | None = None
    departed_on: date | None = None
    departure: Departure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override(Record):
    """A person's judgement in place of the score's status, with reason, author and end; the score stays visible.

    missed: what the score does not see, in a word or two, such as `new competitor`; recurring ones become signals.
    model_status, score (tenths): what the model said when the person disagreed, so that the two can be compared later.
    """

    status: HealthStatus
    reason: Words
    author: str
    at: Moment
    expires_on: date
    ended_at: Moment | None = None
    ended_by: str | None = None
    missed: Text | None = None
    model_status: HealthStatus | None = None
    score: Annotated[int, Field(ge=0, le=1_000)] | None = None

    @property
    def when(self) -> datetime:
        return self.at.astimezone(UTC)

    def in_force(self, day: date) -> bool:
        """Whether it counts on that day, the last one included."""
        ended = self.ended_at is not None and self.ended_at.astimezone(UTC).date() <= day
        return self.at.astimezone(UTC).date() <= day <= self.expires_on and not ended


AnyRecord = (
    Ticket | Survey | Invoice | Subscription | Touchpoint | Goal | Roi | Pulse | Note | Renewal | Person | Override
)

KINDS: dict[str, type[Any]] = {
    "ticket": Ticket, "survey": Survey, "invoice": Invoice, "subscription": Subscription, "touchpoint": Touchpoint,
    "goal": Goal, "roi": Roi, "pulse": Pulse, "note": Note, "renewal": Renewal, "person": Person, "override": Override,
}  # fmt: skip
"""Every kind by its name in files, requests and lineage."""
KIND_OF = {noun: kind for kind, noun in KINDS.items()}
