"""News of an account that should not wait for the night: who takes it in asks for a rescoring."""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date, timedelta

from health_monitor.model.alert import Rescoring
from health_monitor.model.records import KIND_OF, AnyRecord, Invoice, Note, Person, Ticket
from health_monitor.ports.alerts import Outbox

SPONSOR = "executive_sponsor"
RECENT = timedelta(days=30)
"""What is older than this is no news of an account that nobody has scored yet: it is its past."""


def want_rescoring(
    news: Mapping[str, Iterable[AnyRecord]], today: date, outbox: Outbox,
    told: Mapping[str, Iterable[AnyRecord]] | None = None, scored: Container[str] | None = None,
) -> None:  # fmt: skip
    """One wish an account, however much of it is new; whether it is granted depends on the account and the news.

    Told after the records are kept: who is asked must find them. Notes count for nothing. told: what was said, news or
    not; what is critical of it is wished for again, in case somebody died before wishing. scored: the
    accounts that were scored before, where that is known: of the others only what is critical and recent is wished for,
    so that a past that is brought in asks for nothing.
    """
    wanted: dict[str, list[AnyRecord]] = {
        account_id: [one for one in some if not isinstance(one, Note)] for account_id, some in news.items()
    }
    for account_id, some in (told or {}).items():
        wanted.setdefault(account_id, []).extend(one for one in some if why_critical(one, today))
    if scored is not None:
        wanted = {key: some if key in scored else _urgent(some, today) for key, some in wanted.items()}
    outbox.put([_wish(account_id, some, today) for account_id, some in wanted.items() if some])


def why_critical(record: AnyRecord, today: date) -> str | None:
    """What cannot wait, whoever's account it is: a P1 opened, a bill overdue, an executive sponsor gone."""
    match record:
        case Ticket(severity="p1", solved_at=None):
            return "a P1 is open"
        case Invoice() if record.days_overdue(today):
            return "a bill is overdue"
        case Person(role=role) if role == SPONSOR and record.departed_on:
            return "the executive sponsor has gone"
        case _:
            return None


def _urgent(some: Iterable[AnyRecord], today: date) -> list[AnyRecord]:
    """What is critical and happened lately."""
    return [one for one in some if why_critical(one, today) and today - _day_of(one) <= RECENT]


def _day_of(record: AnyRecord) -> date:
    """When it became critical: a bill when it was due, a person when they left."""
    match record:
        case Invoice(due_on=day) | Person(departed_on=date() as day):
            return day
        case _:
            return record.when.date()


def _wish(account_id: str, some: Sequence[AnyRecord], today: date) -> Rescoring:
    grave = next((why for one in some if (why := why_critical(one, today))), None)
    kinds = ", ".join(sorted({KIND_OF[type(one)] for one in some}))
    return Rescoring(account_id=account_id, critical=grave is not None, why=grave or f"news: {kinds}")
