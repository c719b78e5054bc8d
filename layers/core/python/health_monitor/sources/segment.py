"""Segment's webhook (Actions): one message in a body, or a list of them where batching is on.

X-Signature: hex HMAC-SHA1 of the message's text. Of a list only the first message is signed, so a list is believed
only when the request also carries a secret header. Nothing in the signature says when: what is sent again is
recognised by its messageId.
"""

import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from pydantic import Field, field_validator

from health_monitor.model.account import Account, Contact
from health_monitor.model.errors import BadRecord, NeedsHuman
from health_monitor.model.heard import OF_USER, Heard, HeardAccount, HeardContact, HeardDeletion, HeardEvent, Ref
from health_monitor.model.intake import Reject
from health_monitor.model.limits import LONGEST, check_name, kind_of, moment, text_of
from health_monitor.sources.spec import Headers, Push, PushSettings, Secret, Source

SIGNATURE = "X-Signature"
AHEAD = timedelta(minutes=5)
"""How far a sender's clock may be ahead of ours."""
SECRETS = {
    "shared_secret": "The Shared Secret of the Webhook (Actions) destination.",
    "previous_shared_secret": "The one before, accepted as well while it is changed; may be empty.",
    "header_name": "The secret header's name, where `secret_header` is on.",
    "header_value": "Its value; at least 32 random characters.",
}
BATCH = "set batch_size to 0, or send the secret header and set secret_header: true"
LONGEST_CONTACT = 128


class SegmentSettings(PushSettings):
    """`feature` and `account` name properties of a track call that say which feature was used, and by which account.

    secret_header: demand the secret header on every request; lists of messages are believed only with it.
    creates_accounts: a group call of an account that nobody knows yet begins one.
    account_traits, contact_traits: our fields, and the traits of group and identify calls that fill them.
    """

    quiet_days: int | None = Field(default=2, ge=0, le=30)
    secret_header: bool = False
    creates_accounts: bool = False
    feature: str = ""
    account: str = ""
    account_traits: dict[str, str] = Field(
        default={"name": "name", "domain": "website", "industry": "industry", "plan": "plan"}
    )
    contact_traits: dict[str, str] = Field(default={"name": "name", "email": "email", "title": "title"})

    @field_validator("account_traits")
    @classmethod
    def _of_accounts(cls, traits: dict[str, str]) -> dict[str, str]:
        return _known(traits, set(Account.model_fields) - {"account_id"})

    @field_validator("contact_traits")
    @classmethod
    def _of_contacts(cls, traits: dict[str, str]) -> dict[str, str]:
        return _known(traits, set(Contact.model_fields) - {"account_id", "contact_id", "user_id"})


def _known(traits: dict[str, str], fields: set[str]) -> dict[str, str]:
    for field in traits:
        if field not in fields:
            raise ValueError(f"{field} is no field of ours; choose from {', '.join(sorted(fields))}")
    return traits


def verify(settings: SegmentSettings, headers: Headers, body: bytes, secret: Secret, _now: datetime) -> None:
    """Raises BadRecord unless Segment signed these bytes, and sent the secret header where one is demanded."""
    keys = [key for name in ("shared_secret", "previous_shared_secret") if (key := secret.get(name))]
    if not keys:
        raise NeedsHuman("the secret of the source segment has no shared_secret; store the destination's")
    if settings.secret_header:
        _check_header(headers, secret)
    given = headers.get(SIGNATURE.lower(), "").strip().lower().encode(errors="replace")
    if not given:
        raise BadRecord(SIGNATURE, "is missing", "set a Shared Secret in the destination's settings")
    signed = body
    if body.lstrip()[:1] == b"[":
        if not settings.secret_header:
            raise BadRecord(SIGNATURE, "covers only the first message of a list", BATCH)
        signed = _first(body)
    expected = [hmac.new(key.encode(), signed, "sha1").hexdigest().encode() for key in keys]
    if not any(hmac.compare_digest(one, given) for one in expected):
        raise BadRecord(SIGNATURE, "does not match", "store the destination's Shared Secret as shared_secret")


def _check_header(headers: Headers, secret: Secret) -> None:
    name, value = secret.get("header_name", "").strip(), secret.get("header_value", "")
    if not (name and value):
        raise NeedsHuman("the secret of the source segment has no header_name and header_value; store them")
    if not hmac.compare_digest(headers.get(name.lower(), "").encode(errors="replace"), value.encode()):
        raise BadRecord(name, "is missing or does not match", "add the secret header to the destination's mapping")


def _first(body: bytes) -> bytes:
    """The first message's text as it stands: parsed and written again it would have another signature."""
    try:
        text = body.decode()
        begins = len(text) - len(text.lstrip()[1:].lstrip())
        _, ends = json.JSONDecoder().raw_decode(text, begins)
    except (ValueError, RecursionError):
        raise BadRecord("body", "is no list of messages", "send it as Segment wrote it") from None
    return text[begins:ends].encode()


def count(body: bytes) -> int:
    """How many messages a body holds."""
    return len(_messages(body)[0])


def _messages(body: bytes) -> tuple[list[Any], bool]:
    """The messages, and whether they came as a list."""
    try:
        found = _parsed(body)
    except (ValueError, RecursionError):
        raise BadRecord("body", "is not JSON", "send it as Segment wrote it, not compressed") from None
    if not isinstance(found, list | dict):
        raise BadRecord("body", f"is {kind_of(found)}, not a message or a list", "send it as Segment wrote it")
    return (found, True) if isinstance(found, list) else ([found], False)


def _parsed(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except ValueError:
        # Segment may cut a text in the middle of a character; the slower reader takes the half that is left.
        return json.loads(body)


def read(settings: SegmentSettings, name: str, body: bytes, received: datetime) -> Iterator[Heard]:
    """Every message's records; what cannot be used is a Reject that names its place, such as [3].timestamp."""
    messages, listed = _messages(body)
    for at, message in enumerate(messages):
        for found in _heard(settings, message, received):
            if isinstance(found, BadRecord):
                place = f"[{at}].{found.field}" if listed else found.field
                yield Reject(name, 0, place, found.reason, found.remedy)
            else:
                yield found


def _heard(settings: SegmentSettings, message: Any, received: datetime) -> Iterator[Heard | BadRecord]:
    try:
        kind = _part({"message": message}, "message").get("type")
        if kind in ("track", "page", "screen"):
            yield _use(settings, kind, message, received)
        elif kind == "group":
            yield from _company(settings, message, received)
        elif kind == "identify":
            yield from _person(settings, message, received)
        elif kind == "delete":
            yield HeardDeletion(source=SEGMENT.name, kind="user", name=_user(message), requested_at=received)
        else:
            remedy = "leave such calls out of the destination's trigger"
            yield BadRecord("type", "is not track, page, screen, group, identify or delete", remedy)
    except BadRecord as error:
        yield error


def _use(settings: SegmentSettings, kind: str, message: dict[str, Any], received: datetime) -> HeardEvent:
    properties = _part(message, "properties")
    event = text_of("event" if kind == "track" else "name", message.get("event" if kind == "track" else "name"))
    named = settings.feature and text_of(f"properties.{settings.feature}", properties.get(settings.feature))
    event = named or event or ("" if kind == "track" else kind)
    user_id = _user(message)
    ref = _account(settings, message) or _of_user(message)
    if ref is None:
        remedy = "send context.groupId, or call group for signed-in users; leave visitors out of the trigger"
        raise BadRecord("context.groupId", "is missing, and so is userId", remedy)
    check_name("event", event)
    event_id = text_of("messageId", message.get("messageId")) or ""
    if len(event_id) > LONGEST:
        check_name("messageId", event_id)
    day, occurred_at = _when(message, received)
    return HeardEvent(ref, user_id, event, occurred_at, day, 1, event_id)


def _company(settings: SegmentSettings, message: dict[str, Any], received: datetime) -> Iterator[Heard | BadRecord]:
    """A group call tells of the company, and whose company it is: its user's further calls need not name it."""
    group = _named("groupId", message.get("groupId"))
    if group is None:
        raise BadRecord("groupId", "is missing or empty", "send it with every group call")
    facts, refused = _facts(_part(message, "traits"), settings.account_traits)
    yield from refused
    user = _of_user(message)
    yield HeardAccount(
        ref=Ref(SEGMENT.name, group),
        facts=facts,
        members=(user,) if user else (),
        changed_at=_moment(message, received),
        creates=settings.creates_accounts,
    )


def _person(settings: SegmentSettings, message: dict[str, Any], received: datetime) -> Iterator[Heard | BadRecord]:
    """An identify call tells of a person; of a visitor without a userId there is nothing to keep."""
    user = _of_user(message)
    if user is None:
        raise BadRecord("userId", "is missing or empty", "leave visitors out of the destination's trigger")
    user_id = _user(message)
    if len(user_id) > LONGEST_CONTACT:
        raise BadRecord("userId", f"is longer than {LONGEST_CONTACT} characters", "identify people by a shorter id")
    facts, refused = _facts(_part(message, "traits"), settings.contact_traits)
    yield from refused
    yield HeardContact(
        ref=_account(settings, message) or user,
        contact_id=user_id,
        facts={"user_id": user_id} | facts,
        changed_at=_moment(message, received),
    )


def _account(settings: SegmentSettings, message: dict[str, Any]) -> Ref | None:
    """The account a message names by itself."""
    group = _named("context.groupId", _part(message, "context").get("groupId"))
    if group is None and settings.account:
        group = _named(f"properties.{settings.account}", _part(message, "properties").get(settings.account))
    return Ref(SEGMENT.name, group) if group else None


def _of_user(message: dict[str, Any]) -> Ref | None:
    """The name under which the records of a user without an account wait for his group call."""
    user_id = text_of("userId", message.get("userId"))
    name = _named("userId", f"{OF_USER}{user_id}") if user_id else None
    return Ref(SEGMENT.name, name) if name else None


def _user(message: dict[str, Any]) -> str:
    user_id = text_of("userId", message.get("userId")) or text_of("anonymousId", message.get("anonymousId"))
    check_name("userId", user_id or "")
    return user_id or ""


def _named(field: str, value: Any) -> str | None:
    name = text_of(field, value)
    if name:
        check_name(field, name)
    return name


def _when(message: dict[str, Any], received: datetime) -> tuple[int, str]:
    """Segment's own timestamp, in which it has allowed for the wrong clocks of devices."""
    text = text_of("timestamp", message.get("timestamp"))
    if text is None:
        raise BadRecord("timestamp", "is missing", "send messages as Segment wrote them")
    return moment(text, (received + AHEAD).date(), "timestamp")


def _moment(message: dict[str, Any], received: datetime) -> datetime:
    said = datetime.fromisoformat(_when(message, received)[1])
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def _part(message: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = message.get(name)
    if part is not None and not isinstance(part, dict):
        raise BadRecord(name, f"is {kind_of(part)}, not an object", "send messages as Segment wrote them")
    return part or {}


def _facts(traits: dict[str, Any], wanted: Mapping[str, str]) -> tuple[dict[str, Any], list[BadRecord]]:
    """Only what the traits speak of. One that is no text is left out and told; the rest is used."""
    facts: dict[str, Any] = {}
    refused = []
    for field, trait in wanted.items():
        if trait in traits:
            try:
                facts[field] = text_of(f"traits.{trait}", traits[trait])
            except BadRecord as error:
                refused.append(error)
    return facts, refused


SEGMENT = Source(
    name="segment",
    title="Segment",
    settings=SegmentSettings,
    secret=SECRETS,
    push=Push(verify, count, read),
)
