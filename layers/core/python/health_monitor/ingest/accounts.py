"""Accounts and contacts from CSV."""

from collections.abc import Callable, Collection, Iterator
from datetime import date
from typing import TypeVar

from pydantic import ValidationError

from health_monitor.ingest.table import Table
from health_monitor.model.account import Account, Contact
from health_monitor.model.errors import BadRecord
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.limits import NO_TEXT

Noun = TypeVar("Noun", Account, Contact)
DATES = frozenset(("signup_date", "usage_start", "renewal_date", "churn_date", "observed_until"))
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
    "greater": ("is below 0", _WHOLE),
    "less": ("is above {le}", "correct it"),
    "missing": ("is empty", "give every row one"),
    "string_too_short": ("is empty", "give every row one"),
    "string_too_long": ("is longer than {max_length} characters", "shorten it to {max_length} characters"),
}
"""What pydantic calls a mistake, by the beginning of its name; in a person's words with its limit, and what to do."""


def read_accounts(
    name: str, lines: Iterator[str], intake: Intake, reject: Callable[[Reject], None]
) -> dict[str, Account]:
    """Every usable account by its id, in the file's order; the first row of an id is kept."""
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
    """Every usable contact of a known account."""
    found: list[Contact] = []
    for table, line, contact in _read(Contact, ("account_id", "contact_id"), name, lines, intake, reject):
        if contact.account_id in known:
            found.append(contact)
        else:
            reason = f"is unknown: {contact.account_id[:80]!r}"
            table.refuse(line, BadRecord("account_id", reason, "add it to accounts.csv or mend its row there"))
    intake.contacts = len(found)
    return found


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
    for line, row in table.rows():
        fields = {column: text for column, at in table.columns.items() if (text := row[at].strip())}
        try:
            yield table, line, _noun(noun, fields)
        except BadRecord as error:
            table.refuse(line, error)


def _noun(noun: type[Noun], fields: dict[str, str]) -> Noun:
    for field, text in fields.items():
        if not NO_TEXT.isdisjoint(text):
            raise BadRecord(field, "is not UTF-8 text", "save the file as “CSV UTF-8”")
        if field in DATES and text.isdigit():
            raise BadRecord(field, f"is a number, not a date: {text[:40]!r}", _DATE)
    try:
        found = noun.model_validate({"account_id": "", **fields})
    except ValidationError as error:
        raise _first(error) from None
    _check_days(found)
    return found


def _check_days(noun: Account | Contact) -> None:
    for field in sorted(DATES.intersection(type(noun).model_fields)):
        day = getattr(noun, field)
        if day and day < EARLIEST:
            raise BadRecord(field, f"is before {EARLIEST}: {day}", _DATE)


def _first(error: ValidationError) -> BadRecord:
    first = error.errors()[0]
    kind = next((kind for kind in MISTAKES if first["type"].startswith(kind)), None)
    reason, remedy = MISTAKES[kind] if kind else (first["msg"][0].lower() + first["msg"][1:], "correct it")
    limit = first.get("ctx", {})
    reason, remedy = reason.format(**limit), remedy.format(**limit)
    shown = "" if reason == "is empty" else f": {str(first['input'])[:40]!r}"
    return BadRecord(str(first["loc"][0]), reason + shown, remedy)
