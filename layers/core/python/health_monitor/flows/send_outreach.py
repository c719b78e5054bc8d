"""One customer mail, at most once: look at what is so now, write that it is being sent, send it, write the outcome.

A process that dies after writing `sending` leaves a mail that nobody sends again by itself: the provider's own event
tells what became of it, or else a person.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from health_monitor.act import conversation as steps
from health_monitor.act import mails, sending
from health_monitor.act.drafting import csm_name
from health_monitor.act.mail import Letterhead, outgoing
from health_monitor.act.tokens import token
from health_monitor.decide.holdout import held_out
from health_monitor.decide.interlocks import CAP_ACCOUNT, CAP_CONTACT, GO, HELD_OUT, Verdict, check
from health_monitor.flows.circumstances import Sources, circumstances
from health_monitor.flows.conversing import UNCERTAIN, change, tell
from health_monitor.model.account import Contact
from health_monitor.model.alert import Errand, Message
from health_monitor.model.errors import AlreadyDone, TryAgain
from health_monitor.model.outreach import (
    UNSENT,
    Conversation,
    Delivery,
    Ending,
    Mail,
    Step,
    action_id,
    tag_of,
    thread_key,
)
from health_monitor.ports.alerts import Outbox
from health_monitor.ports.outreach import Quotas, Threads

BUSY = "busy"
BUSY_FOR = timedelta(minutes=5)
"""How long a mail waits that the provider had no time for; the queue hands its errand out again after six."""


@dataclass(frozen=True)
class Desk:
    """What sending works with. `key`: the secret of the tokens; `reply_domain`: empty where answers go to the CSM."""

    sources: Sources
    quotas: Quotas
    threads: Threads
    outbox: Outbox
    key: bytes
    public_url: str
    reply_domain: str
    operations_email: str


def send_outreach(errand: Errand, desk: Desk, now: datetime) -> str:
    """Send the mail that the errand names, if nothing is against it now; what happened, for the log.

    Raises AlreadyDone when somebody else did it, TryAgain and NeedsHuman before anything was sent.
    """
    now, step = errand.as_of or now, errand.step or "check_in"
    conversation = desk.sources.conversations.get(errand.conversation_id)
    if conversation is None:
        raise AlreadyDone("this conversation was erased")
    mail = next((one for one in conversation.mails if one.step == step), None)
    if mail is None or mail.status not in ("queued", "approved"):
        # Whoever did it may have died before he told, or before he gave back what he had taken.
        if mail and mail.step == "check_in" and mails.never_left(conversation, mail):
            _release(conversation, None, desk)
        tell(desk.outbox, conversation)
        raise AlreadyDone(f"nothing to send: it is {mail.status if mail else 'not there'}")
    if mail.due_at and mail.due_at > now:
        return f"not due before {mail.due_at:%Y-%m-%dT%H:%M}Z"
    return _decide(conversation, mail, desk, now)


def tell_uncertain(conversation: Conversation, step: Step, outbox: Outbox, operations_email: str) -> None:
    """The CSM hears of a mail that may have been sent, by card and by email: only a person can look."""
    name = conversation.contact_name or "the contact"
    text = (
        f"A mail to {name} at {conversation.account_id} may have been sent, or not: the provider did not answer.\n"
        "It is not sent again by itself. If the provider tells what became of it, the card in Slack says so.\n"
        "Otherwise ask the contact or look into the mailbox, then press `It was sent` or `Send again` on the card,\n"
        f"or see health-monitor why {conversation.account_id}."
    )
    message = Message(
        message_id=f"{conversation.conversation_id}/{step}/{UNCERTAIN}",
        channel="email",
        to=conversation.csm_email or operations_email,
        subject=f"A mail to {conversation.account_id} may have been sent",
        text=text,
    )
    outbox.put((message,))
    tell(outbox, conversation)


def _decide(conversation: Conversation, mail: Mail, desk: Desk, now: datetime) -> str:
    sources = desk.sources
    switch = sources.switch.get()
    known = circumstances(conversation, switch, sources, now)
    verdict = check(conversation, mail.step, known, sources.bundle.routing, switch, now)
    automatic_first = mail.status == "queued" and mail.step == "check_in"
    if verdict.do == "go" and automatic_first:
        verdict = _capped(conversation, known.contact, desk, now)
        if verdict.do == "go" and held_out(conversation.account_id, sources.bundle.routing.holdout):
            # Its places stay taken, so that accounts that are held out are counted like those that are not.
            withhold = partial(steps.withhold, step=mail.step, at=now, because=HELD_OUT)
            return _record(conversation, mail, desk, withhold)
    if verdict.do == "go":
        assert known.contact, "without a contact nothing goes"
        return _send(conversation, mail, known.contact, desk, now)
    said = _record(conversation, mail, desk, partial(_apply, step=mail.step, verdict=verdict, now=now))
    if automatic_first and verdict.do != "wait":
        _release(conversation, known.contact, desk)
    return f"{said}: {verdict.code}"


def _apply(conversation: Conversation, step: Step, verdict: Verdict, now: datetime) -> Conversation:
    if verdict.do == "wait":
        assert verdict.until, "who waits knows until when"
        return steps.wait(conversation, step, now, verdict.until, verdict.code, verdict.because)
    if verdict.do == "hand_over":
        return steps.hand_over(conversation, step, now, verdict.code, verdict.because)
    ending: Ending = verdict.code  # type: ignore[assignment]  # the code of an end is one of the endings
    return steps.end(conversation, now, ending, verdict.because)


def _record(conversation: Conversation, judged: Mail, desk: Desk, fn: partial[Conversation]) -> str:
    name, to = conversation.conversation_id, conversation.contact_id
    changed = change(desk.sources.conversations, name, lambda one: fn(_as_judged(one, judged, to)))
    tell(desk.outbox, changed)
    return changed.log[-1].what


def _as_judged(stored: Conversation, judged: Mail, to: str | None) -> Conversation:
    """What was judged as automatic is not what a person has pressed send on since, nor the other way round.

    Nor is it a mail to somebody else.
    """
    status = stored.mail(judged.step).status
    if status == "draft":
        raise AlreadyDone("it is a draft again")
    if status in UNSENT and (status != judged.status or stored.contact_id != to):
        raise TryAgain("somebody acted on this mail meanwhile")
    return stored


def _capped(conversation: Conversation, contact: Contact | None, desk: Desk, now: datetime) -> Verdict:
    """Take the places for the contact and one for the account; whoever has taken them before has them."""
    caps, holder = desk.sources.bundle.routing.caps, conversation.conversation_id
    *by_contact, by_account = _places(conversation, contact)
    if not all(desk.quotas.take(one, holder, now, 1, timedelta(days=caps.contact_days)) for one in by_contact):
        return Verdict("hand_over", "cap_contact", CAP_CONTACT.format(days=caps.contact_days))
    if not desk.quotas.take(by_account, holder, now, caps.per_account, timedelta(days=caps.account_days)):
        because = CAP_ACCOUNT.format(most=caps.per_account, days=caps.account_days)
        return Verdict("hand_over", "cap_account", because)
    return GO


def _release(conversation: Conversation, contact: Contact | None, desk: Desk) -> None:
    for place in _places(conversation, contact):
        desk.quotas.release(place, conversation.conversation_id)


def _places(conversation: Conversation, contact: Contact | None) -> tuple[str, str, str]:
    """The address's, which two accounts may share; the contact's, whose address may change; the account's."""
    address = (contact.email if contact else conversation.contact_email) or ""
    digest = hashlib.sha256(address.strip().lower().encode()).hexdigest()
    person = f"person:{conversation.contact_id}@{conversation.account_id}"
    return f"contact:{digest}", person, f"account:{conversation.account_id}"


def _send(conversation: Conversation, mail: Mail, contact: Contact, desk: Desk, now: datetime) -> str:
    """From `sending` on nobody may send it again, so everything that can fail comes before."""
    name, step = conversation.conversation_id, mail.step
    known, signed = token(desk.key, name), csm_name(conversation.csm_email, desk.sources.bundle.team)
    head = Letterhead(known, desk.public_url, desk.reply_domain, signed, contact.email or "")
    tag = tag_of(action_id(name, conversation.contact_id, step))
    desk.threads.remember((thread_key("token", known), thread_key("tag", tag)), name)

    def start(stored: Conversation) -> Conversation:
        return sending.start_sending(_as_judged(stored, mail, contact.contact_id), step, now, contact)

    started = change(desk.sources.conversations, name, start)
    delivery = desk.sources.mailer.send(outgoing(started, step, head))
    if delivery.receipt:
        desk.threads.remember((thread_key("mail", delivery.receipt),), name)
    return _outcome(started, step, delivery, desk, now)


def _outcome(conversation: Conversation, step: Step, delivery: Delivery, desk: Desk, now: datetime) -> str:
    after = timedelta(days=_days_after(step, desk))
    fn = {
        "sent": partial(sending.sent, step=step, at=now, receipt=delivery.receipt, follow_up=after),
        "busy": partial(sending.put_back, step=step, at=now, due_at=now + BUSY_FOR, because=delivery.why),
        "refused": partial(sending.refused, step=step, at=now, because=delivery.why),
        "unknown": partial(sending.unknown, step=step, at=now, because=delivery.why),
    }[delivery.outcome]
    changed = change(desk.sources.conversations, conversation.conversation_id, fn)
    if delivery.outcome == "refused" and step == "check_in":
        _release(changed, None, desk)
    if delivery.outcome == "unknown":
        tell_uncertain(changed, step, desk.outbox, desk.operations_email)
    else:
        tell(desk.outbox, changed)
    return delivery.outcome


def _days_after(step: Step, desk: Desk) -> int:
    routing = desk.sources.bundle.routing
    return routing.follow_up_days if step == "check_in" else routing.task_after_days
