"""The generic signed webhook: anybody's own code sends events, accounts, contacts and deletions.

X-Health-Monitor-Timestamp: unix seconds, at most five minutes from ours.
X-Health-Monitor-Signature: v1=<hex HMAC-SHA256 of "<timestamp>." and the raw body>; several may stand there, parted
by commas, and any one is enough. The body is JSON: {"events": […], "accounts": […], "contacts": […], "deletions": […],
"tickets": […], "surveys": […], …}, each record with the fields of the CSV files.
"""

import hmac
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, get_args

import msgspec

from health_monitor.model.account import Account, Contact
from health_monitor.model.errors import BadRecord, NeedsHuman
from health_monitor.model.heard import OURS, Heard, HeardAccount, HeardContact, HeardDeletion, HeardEvent, Ref
from health_monitor.model.intake import Reject
from health_monitor.model.limits import LONGEST, MOST_USES, check_name, moment, text_of
from health_monitor.sources.signed_records import LISTS, changed_at_of, name_of, read_record
from health_monitor.sources.spec import Headers, Push, PushSettings, Secret, Source, SourceSettings

TIMESTAMP = "X-Health-Monitor-Timestamp"
SIGNATURE = "X-Health-Monitor-Signature"
TOLERANCE = timedelta(minutes=5)
SECRETS = {
    "secret": "What your code signs with; at least 32 random characters.",
    "previous_secret": "The one before, accepted as well while senders change over; may be empty.",
}
LONGEST_CONTACT = 128
WHOLE_NUMBERS = ("n", "session_seconds")
_AT = re.compile(r"got `(\w+)`(?: - at `\$\.(\w+)`)?")
_MISSING = re.compile(r"missing required field `(\w+)`")
_KINDS = {"str": "a text", "int": "a number", "float": "a number", "bool": "true or false", "array": "a list"}


_Body = msgspec.defstruct(
    "_Body",
    [(kind, list[msgspec.Raw], []) for kind in ("events", "accounts", "contacts", "deletions", *LISTS)],
    forbid_unknown_fields=True,
)
"""A body's lists, each of records that are not read yet."""


class _Event(msgspec.Struct, gc=False):
    account_id: str | int
    user_id: str | int
    event: str
    occurred_at: str
    n: int | None = None
    event_id: str | int | None = None
    session_seconds: int | None = None


_BODY = msgspec.json.Decoder(_Body)
_EVENT = msgspec.json.Decoder(_Event)
_RECORD = msgspec.json.Decoder(dict[str, Any])


def verify(_settings: SourceSettings, headers: Headers, body: bytes, secret: Secret, now: datetime) -> None:
    """Raises BadRecord unless one of the secrets signed these bytes within five minutes of now."""
    keys = [key for name in SECRETS if (key := secret.get(name))]
    if not keys:
        raise NeedsHuman('the secret of the source signed has no secret; store one: {"secret": "…"}')
    stamp = _fresh(headers.get(TIMESTAMP.lower(), ""), now)
    parts = [part.strip().partition("=") for part in headers.get(SIGNATURE.lower(), "").split(",")]
    given = [value.strip().lower().encode(errors="replace") for version, _, value in parts if version == "v1" and value]
    if not given:
        raise BadRecord(SIGNATURE, "is missing or has no v1=", "send v1= and the hex HMAC-SHA256; see docs/webhooks.md")
    signed = f"{stamp}.".encode() + body
    expected = [hmac.new(key.encode(), signed, "sha256").hexdigest().encode() for key in keys]
    if not any(hmac.compare_digest(one, other) for one in expected for other in given):
        remedy = "sign the timestamp, a dot and the exact bytes of the body with the current secret"
        raise BadRecord(SIGNATURE, "does not match", remedy)


def _fresh(stamp: str, now: datetime) -> str:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
        raise BadRecord(TIMESTAMP, "is missing or no unix time", "send the seconds since 1970, such as 1793595600")
    apart = int(now.timestamp()) - int(stamp)
    if abs(apart) > TOLERANCE.total_seconds():
        when = f"{abs(apart)} seconds {'old' if apart > 0 else 'ahead'}"
        raise BadRecord(
            TIMESTAMP, f"is {when}, more than 300", "set the sender's clock, and sign again for every attempt"
        )
    return stamp


def count(body: bytes) -> int:
    """How many records a body holds."""
    return sum(map(len, _parts(body).values()))


def _parts(body: bytes) -> dict[str, list[msgspec.Raw]]:
    """The body's lists, also those that it leaves out."""
    try:
        return msgspec.structs.asdict(_BODY.decode(body))
    except msgspec.ValidationError as error:
        every = ", ".join(f'"{kind}": […]' for kind in _Body.__struct_fields__)
        remedy = f"send {{{every}}}; leave out what you have not"
        found = re.search(r"unknown field `(.*)`", str(error))
        if found:
            raise BadRecord(found[1][:80], "is no kind of record", remedy) from None
        raise _mistyped("body", "a list" if "`$." in str(error) else "an object", error, remedy) from None
    except (ValueError, RecursionError):
        raise BadRecord("body", "is not JSON", "send JSON in UTF-8, not compressed") from None


def read(_settings: SourceSettings, name: str, body: bytes, received: datetime) -> Iterator[Heard]:
    """Every record; one that cannot be used is a Reject that names its place, such as events[3].occurred_at."""
    parts, latest = _parts(body), (received + TOLERANCE).date()
    for at, raw in enumerate(parts.pop("events")):
        try:
            yield _event(raw, latest)
        except BadRecord as error:
            yield _reject(name, f"events[{at}]", error)
    for kind, raws in parts.items():
        for at, raw in enumerate(raws):
            yield from _understood(name, f"{kind}[{at}]", raw, _READERS[kind], received)


def _understood(
    name: str, place: str, raw: msgspec.Raw, understand: Callable[..., Iterator[Heard | BadRecord]], received: datetime
) -> Iterator[Heard]:
    try:
        for found in understand(_record(raw), received):
            yield _reject(name, place, found) if isinstance(found, BadRecord) else found
    except BadRecord as error:
        yield _reject(name, place, error)


def _reject(name: str, place: str, error: BadRecord) -> Reject:
    field = f"{place}.{error.field}" if error.field else place
    return Reject(name, 0, field, error.reason, error.remedy)


def _event(raw: msgspec.Raw, latest: date) -> HeardEvent:
    try:
        given = _EVENT.decode(raw)
    except ValueError as error:
        raise _unreadable(error) from None
    account_id, user_id, event_id = str(given.account_id), str(given.user_id), str(given.event_id or "")
    for field, text in (("account_id", account_id), ("user_id", user_id), ("event", given.event)):
        if not (0 < len(text) <= LONGEST and text.isprintable()):
            check_name(field, text)
    if len(event_id) > LONGEST or "\0" in event_id:
        check_name("event_id", event_id)
    n = 1 if given.n is None else given.n
    if not 1 <= n <= MOST_USES:
        raise BadRecord("n", f"is not a whole number from 1 to {MOST_USES}", "leave it out for one use")
    if given.session_seconds is not None and not 0 <= given.session_seconds <= MOST_USES:
        raise BadRecord("session_seconds", f"is not a whole number from 0 to {MOST_USES}", "leave it out if unknown")
    day, occurred_at = moment(given.occurred_at, latest)
    return HeardEvent(
        Ref(OURS, account_id), user_id, given.event, occurred_at, day, n, event_id, given.session_seconds
    )  # fmt: skip


def _account(record: dict[str, Any], received: datetime) -> Iterator[Heard | BadRecord]:
    account_id = name_of(record, "account_id")
    changed_at = changed_at_of(record, received)
    facts, refused = _facts(record, [field for field in Account.model_fields if field != "account_id"])
    yield from refused
    yield HeardAccount(ref=Ref(OURS, account_id), facts=facts, changed_at=changed_at, creates=True)


def _contact(record: dict[str, Any], received: datetime) -> Iterator[Heard | BadRecord]:
    account_id, contact_id = name_of(record, "account_id"), name_of(record, "contact_id", LONGEST_CONTACT)
    changed_at = changed_at_of(record, received)
    wanted = [field for field in Contact.model_fields if field not in ("account_id", "contact_id")]
    facts, refused = _facts(record, wanted)
    yield from refused
    yield HeardContact(ref=Ref(OURS, account_id), contact_id=contact_id, facts=facts, changed_at=changed_at)


def _deletion(record: dict[str, Any], received: datetime) -> Iterator[Heard | BadRecord]:
    kinds = get_args(HeardDeletion.model_fields["kind"].annotation)
    kind = text_of("kind", record.get("kind"))
    if kind not in kinds:
        raise BadRecord("kind", "is not user, contact or account", "write one of them")
    ref = Ref(OURS, name_of(record, "account_id")) if record.get("account_id") is not None else None
    name = name_of(record, "id")
    yield HeardDeletion.model_validate(
        {"source": SIGNED.name, "kind": kind, "name": name, "ref": ref, "requested_at": received}
    )


def _record(raw: msgspec.Raw) -> dict[str, Any]:
    try:
        return _RECORD.decode(raw)
    except ValueError as error:
        raise _unreadable(error) from None


def _facts(record: dict[str, Any], fields: list[str]) -> tuple[dict[str, Any], list[BadRecord]]:
    """Only what the record speaks of. A value that is no text is left out and told; the rest is used."""
    facts: dict[str, Any] = {}
    refused = []
    for field in fields:
        if field in record:
            try:
                facts[field] = text_of(field, record[field])
            except BadRecord as error:
                refused.append(error)
    return facts, refused


_READERS: dict[str, Callable[..., Iterator[Heard | BadRecord]]] = {
    "accounts": _account, "contacts": _contact, "deletions": _deletion,
    **{name: partial(read_record, kind) for name, kind in LISTS.items()},
}  # fmt: skip


def _unreadable(error: ValueError) -> BadRecord:
    """What msgspec found wrong with a record, in a person's words."""
    missing = _MISSING.search(str(error))
    if missing:
        return BadRecord(missing[1], "is missing", "give every event one")
    found = _AT.search(str(error))
    field = (found and found[2]) or ""
    if isinstance(error, msgspec.ValidationError):
        wanted = "an object" if not field else "a whole number" if field in WHOLE_NUMBERS else "a text"
        return _mistyped(field, wanted, error, f"write {wanted}")
    return BadRecord("", "is not UTF-8 JSON", "write it as UTF-8")


def _mistyped(field: str, wanted: str, error: msgspec.ValidationError, remedy: str) -> BadRecord:
    found = _AT.search(str(error))
    given = _KINDS.get(found[1], "an object" if found[1] == "object" else found[1]) if found else "something else"
    return BadRecord((found and found[2]) or field, f"is {given}, not {wanted}", remedy)


SIGNED = Source(
    name="signed",
    title="Signed webhook of your own",
    settings=PushSettings,
    secret=SECRETS,
    push=Push(verify, count, read),
)
