"""Accounts and contacts, from CSV or from a source: what cannot be read is left empty, and told."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from health_monitor.ingest.events import AS_UTF8
from health_monitor.ingest.table import Table
from health_monitor.model.account import Account, Contact
from health_monitor.model.errors import BadRecord
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.limits import NO_TEXT

Noun = TypeVar("Noun", Account, Contact)
DATES = frozenset(("signup_date", "usage_start", "renewal_date", "churn_date", "observed_until", "departed_on"))
"""A bare number in these would be taken for seconds since 1970."""
EARLIEST = date(1900, 1, 1)
"""Many systems export an empty date as a day of the year 1; nobody signed up or left then."""
_DATE = "write it as 2026-01-31, or leave it empty"
_NUMBER = "write a plain number such as 12000.50, or leave it empty"
_WHOLE = "write a whole number from 0 up, or leave it empty"
MISTAKES = {
    "date": ("is not a date", _DATE),
    "decimal_max_digits": ("has more than {max_digits} digits", _NUMBER),
    "decimal": ("is not a number", _NUMBER),
    "finite": ("is not a number", _NUMBER),
    "int": ("is not a whole number", _WHOLE),
    "float": ("is not a number", _NUMBER),
    "bool": ("is not true or false", "write true or false, or leave it empty"),
    "literal": ("is not {expected}", "write one of them, or leave it empty"),
    "greater": ("is below {ge:.16g}", "write {ge:.16g} or more, or leave it empty"),
    "less": ("is above {le:.16g}", "write {le:.16g} or less, or leave it empty"),
    "missing": ("is empty", "give every row one"),
    "string_too_short": ("is empty", "give every row one"),
    "too_long": ("has more than {max_length} values", "keep the {max_length} that matter most"),
    "string_too_long": ("is longer than {max_length} characters", "shorten it to {max_length} characters"),
}
"""What pydantic calls a mistake, by the beginning of its name; in a person's words with its limit, and what to do."""


def read_accounts(
    name: str, lines: Iterator[str], intake: Intake, reject: Callable[[Reject], None]
) -> dict[str, Account]:
    """Every usable account by its id, in the file's order; the first row of an id is kept.

    Its set fields are the file's columns.
    """
    found: dict[str, Account] = {}
    for table, line, account in _read(Account, ("account_id",), name, lines, intake, reject):
        if account.account_id in found:
            table.refuse(line, BadRecord("account_id", f"appears twice: {account.account_id[:80]!r}", "keep one row"))
        else:
            found[account.account_id] = account
    intake.accounts = len(found)
    return found


def read_contacts(
    name: str, lines: Iterator[str], known: Collection[str], intake: Intake, reject: Callable[[Reject], None]
) -> list[Contact]:
    """Every usable contact of a known account; its set fields are the file's columns."""
    found: list[Contact] = []
    for table, line, contact in _read(Contact, ("account_id", "contact_id"), name, lines, intake, reject):
        if contact.account_id in known:
            found.append(contact)
        else:
            reason = f"is unknown: {contact.account_id[:80]!r}"
            table.refuse(line, BadRecord("account_id", reason, "add it to accounts.csv or mend its row there"))
    intake.contacts = len(found)
    return found


def usable(noun: type[Noun], ids: Mapping[str, Any], facts: Mapping[str, Any]) -> tuple[Noun, list[BadRecord]]:
    """The account or contact with every fact that can be read, and why the others are left empty.

    Raises BadRecord when an id cannot be used: without it nobody knows whose record it is.
    """
    given = {**ids, **facts}
    refused: dict[str, BadRecord] = {
        field: error for field, value in given.items() if (error := unreadable(field, value))
    }
    try:
        found = _validated(noun, given, refused)
    except ValidationError as invalid:
        refused |= {one.field: one for one in map(mistake, reversed(invalid.errors()))}
        if bad_id := next((refused[field] for field in ids if field in refused), None):
            raise bad_id from None
        found = _validated(noun, given, refused)
    early: dict[str, BadRecord] = {one.field: one for one in _early_days(found)}
    kept = found.model_copy(update=dict.fromkeys(early))
    return kept, [left_empty(one) for one in (*refused.values(), *early.values())]


def _validated(noun: type[Noun], given: Mapping[str, Any], refused: Collection[str]) -> Noun:
    return noun.model_validate({name: value for name, value in given.items() if name not in refused})


def _read(
    noun: type[Noun],
    required: tuple[str, ...],
    name: str,
    lines: Iterator[str],
    intake: Intake,
    reject: Callable[[Reject], None],
) -> Iterator[tuple[Table, int, Noun]]:
    optional = tuple(field for field in noun.model_fields if field not in required)
    table = Table(name, lines, required, optional, reject)
    intake.ignored_columns[name] = table.ignored

    def read(cells: dict[str, str]) -> tuple[Noun, list[BadRecord]]:
        ids = {field: cells.pop(field, "") for field in required}
        return usable(noun, ids, cells)

    for line, found in table.usable(read, intake):
        # An empty cell says that there is nothing; a column that the file has not says nothing.
        yield table, line, found.model_copy(update={column: getattr(found, column) for column in table.columns})


def unreadable(field: str, value: Any, dates: Collection[str] = DATES) -> BadRecord | None:
    """Why a value cannot be read, before anything else is asked of it."""
    if isinstance(value, str) and not NO_TEXT.isdisjoint(value):
        return BadRecord(field, "is not UTF-8 text", AS_UTF8)
    if field in dates and (isinstance(value, int | float) or (isinstance(value, str) and value.isdigit())):
        return BadRecord(field, f"is a number, not a date: {str(value)[:40]!r}", _DATE)
    return None


def _early_days(noun: Account | Contact) -> Iterator[BadRecord]:
    for field in sorted(DATES.intersection(type(noun).model_fields)):
        day = getattr(noun, field)
        if day and day < EARLIEST:
            yield BadRecord(field, f"is before {EARLIEST}: {day}", _DATE)


def left_empty(error: BadRecord) -> BadRecord:
    """What is told of a field that stays empty because of this."""
    return BadRecord(error.field, f"left empty as it {error.reason}", error.remedy)


def mistake(found: ErrorDetails) -> BadRecord:
    """What pydantic found wrong with a field, in a person's words."""
    kind = next((kind for kind in MISTAKES if found["type"].startswith(kind)), None)
    reason, remedy = MISTAKES[kind] if kind else (found["msg"][0].lower() + found["msg"][1:], "correct it")
    limit = found.get("ctx", {})
    reason, remedy = reason.format(**limit), remedy.format(**limit)
    shown = "" if reason == "is empty" else f": {str(found['input'])[:40]!r}"
    return BadRecord(str(found["loc"][0]), reason + shown, remedy)
