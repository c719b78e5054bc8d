"""A mail to one of our reply addresses: whose answer it is, and on to the CSM, in the thread.

Noted first, passed on next, and only then is the mail itself deleted: it is personal data that nobody needs twice. What
is not passed on (spam, viruses, what is too large or cannot be read) stays under `mail/` until its month is over.
"""

from dataclasses import dataclass
from datetime import datetime

from health_monitor.act.forward import forwarded
from health_monitor.flows.reception import put_quarantine, short_digest
from health_monitor.flows.respond import respond, respond_to
from health_monitor.flows.unsubscribe import Exit, unsubscribe
from health_monitor.ingest.mail import Received, arrived_at, read_mail
from health_monitor.model.alert import Message
from health_monitor.model.errors import AlreadyDone, BadRecord, TryAgain
from health_monitor.model.intake import Reject
from health_monitor.model.outreach import Conversation, thread_key
from health_monitor.model.records import Touchpoint
from health_monitor.ports.alerts import Claim, Claims, Outbox
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.dossiers import Dossiers
from health_monitor.ports.outreach import Conversations, Forwarder, Suppressions, Threads

MAIL = "mail/"
"""Where the provider puts what arrives."""
LARGEST = 25 * 1024 * 1024
"""Bytes; many mailboxes take no more."""
LEASE_SECONDS = 90
"""Longer than the function may run, so that nobody passes a mail on while somebody else still might."""
SETUP = "AMAZON_SES_SETUP_NOTIFICATION"
SOURCE = "mail"


@dataclass(frozen=True)
class Desk:
    """What receiving works with."""

    blobs: Blobs
    conversations: Conversations
    threads: Threads
    dossiers: Dossiers
    suppressions: Suppressions
    claims: Claims
    outbox: Outbox
    forwarder: Forwarder
    mail_from: str
    operations_email: str


def receive_mail(key: str, received: datetime, desk: Desk, now: datetime) -> str:
    """What the mail under the key was, for the log. Raises AlreadyDone when it is gone: somebody took care of it."""
    raw = desk.blobs.get(key)
    if raw is None:
        raise AlreadyDone("this mail was passed on before")
    if key.endswith(SETUP):
        return _done(key, "setup", desk)
    try:
        mail = read_mail(raw)
    except BadRecord as error:
        reject = Reject(key, 0, error.field, error.reason, error.remedy)
        put_quarantine(desk.blobs, SOURCE, received.date(), [reject])
        return "unreadable"
    if mail.is_ours:
        return _done(key, "ours", desk)
    if _unsubscribed(mail, desk, now):
        return _done(key, "unsubscribed", desk)
    return _taken(key, raw, mail, arrived_at(raw, received), desk, now)


def _taken(key: str, raw: bytes, mail: Received, at: datetime, desk: Desk, now: datetime) -> str:
    conversation = _whose(mail, desk)
    if held := sorted(mail.verdicts - {"dmarc"}):
        _tell_held(key, conversation, f"the provider takes it for {' and '.join(held)}", desk)
        return held[0]
    if mail.sender == _keeper(conversation, desk).lower():
        return _from_us(key, mail, conversation, desk)
    if conversation:
        _note(key, mail, conversation, at, desk, now)
    if len(raw) > LARGEST:
        _tell_held(key, conversation, "it is too large to be passed on", desk)
        return "too_large"
    _pass_on(key, raw, mail, conversation, desk, now)
    return _done(key, _called(mail, conversation), desk)


def _keeper(conversation: Conversation | None, desk: Desk) -> str:
    """Who gets the mail."""
    return (conversation.csm_email if conversation else None) or desk.operations_email


def _from_us(key: str, mail: Received, conversation: Conversation | None, desk: Desk) -> str:
    """A copy of what a colleague wrote, or their mailbox's own answer: no customer's, and sent back it might go round.

    Where somebody else wrote it in their name, they hear of it.
    """
    if "dmarc" in mail.verdicts:
        _tell_held(key, conversation, "it says that it is from you, and the provider does not believe it", desk)
        return "forged"
    return _done(key, "from_us", desk)


def _called(mail: Received, conversation: Conversation | None) -> str:
    if conversation is None:
        return "unmatched"
    return "automatic" if mail.automatic else "answer"


def _done(key: str, what: str, desk: Desk) -> str:
    desk.blobs.delete(key)
    return what


def _unsubscribed(mail: Received, desk: Desk, now: datetime) -> bool:
    """Mail programs write to an address where others follow a link; whatever else is wrong with the mail, it counts."""
    ports = Exit(desk.conversations, desk.threads, desk.suppressions, desk.outbox)
    wanted = [token for kind, token in mail.tokens if kind == "unsubscribe"]
    done = [unsubscribe(token, now, "unsubscribe mail", ports) for token in wanted]
    return any(done)


def _whose(mail: Received, desk: Desk) -> Conversation | None:
    """By the token in an address that it came to, else by the mail that it answers."""
    tokens = (thread_key("token", token) for _, token in mail.tokens)
    for key in (*tokens, *(thread_key("mail", answered) for answered in mail.answers)):
        name = desk.threads.find(key)
        if name and (conversation := desk.conversations.get(name)):
            return conversation
    return None


def _note(key: str, mail: Received, conversation: Conversation, at: datetime, desk: Desk, now: datetime) -> None:
    """An answer to this conversation, and perhaps to others with people of the account."""
    known = (conversation.contact_email or "").lower() == mail.sender
    touch = Touchpoint(
        source=SOURCE, key=short_digest(key.encode()), changed_at=at, kind="email", at=at, inbound=True,
        automatic=bool(mail.automatic), contact_id=conversation.contact_id if known else None,
    )  # fmt: skip
    desk.dossiers.save(conversation.account_id, [touch])
    if not mail.automatic:
        respond_to(conversation.conversation_id, touch, desk.conversations, desk.outbox, now)
        respond(conversation.account_id, [touch], desk.conversations, desk.outbox, now)


def _pass_on(
    key: str, raw: bytes, mail: Received, conversation: Conversation | None, desk: Desk, now: datetime
) -> None:
    """Once, unless a sender dies just after it; what belongs to no conversation goes to operations."""
    claim_id = f"{key}/forwarded"
    claim = desk.claims.claim(claim_id, now, LEASE_SECONDS)
    if claim is Claim.HELD:
        raise TryAgain("this mail is being passed on by somebody else")
    if claim is Claim.SENT:
        return
    to = _keeper(conversation, desk)
    mark, doubtful = short_digest(key.encode()), "dmarc" in mail.verdicts
    data = forwarded(raw, to, desk.mail_from, mail.sender, mail.sender_name, mark, doubtful=doubtful)
    desk.claims.mark_sent(claim_id, now, desk.forwarder.forward(data, to))


def _tell_held(key: str, conversation: Conversation | None, why: str, desk: Desk) -> None:
    """A mail that is not passed on is no secret: whoever waits for it hears where it lies."""
    about = conversation.account_id if conversation else "no conversation that is known"
    text = (
        f"A mail about {about} arrived and was not passed on: {why}.\n"
        f"It lies in s3://{desk.blobs.bucket}/{key} for 30 days; ask whoever runs the product to look at it.\n"
    )
    message = Message(
        message_id=f"{key}/held/email", channel="email",
        to=_keeper(conversation, desk),
        subject="A mail was held back", text=text,
    )  # fmt: skip
    desk.outbox.put([message])
