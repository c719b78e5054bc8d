"""Outreach: one conversation with one person about one alert, from draft to answer, with every decision on record."""

import hashlib
from datetime import date, datetime
from typing import Literal, NamedTuple

from pydantic import AwareDatetime, Field

from health_monitor.model.account import ContactId, Email, Id, Text
from health_monitor.model.alert import Fall, Severity
from health_monitor.model.strict import Strict

Step = Literal["check_in", "follow_up"]
"""The first mail of a conversation, and the one that follows when nobody answers."""

MailStatus = Literal[
    "draft", "queued", "approved", "sending", "sent", "delivered", "bounced", "complained", "uncertain", "cancelled",
    "withheld",
]  # fmt: skip
"""draft: a person decides. queued: goes out by itself when it is due. approved: a person has pressed send.

sending: written before the provider is asked; one that stays so is never sent again by itself. uncertain: it may have
been sent, and only the provider's word or a person's settles it. withheld: held out, to measure what mail is worth.
"""

UNSENT = frozenset({"draft", "queued", "approved"})
OUT = frozenset({"sent", "delivered"})

Ending = Literal["answered", "recovered", "churned", "opted_out", "dismissed", "no_response", "erased"]

What = Literal[
    "drafted", "queued", "waits", "not_sent", "edited", "approved", "sending", "sent", "delivered", "bounced",
    "complained", "uncertain", "cancelled", "withheld", "answered", "snoozed", "woken", "dismissed", "follow_up_due",
    "task", "escalated", "reassigned", "ended",
]  # fmt: skip


MEASURED_AFTER = (0, 14, 30, 60)
"""Days after which a conversation's account is looked at again."""


class Wording(Strict):
    """What a mail says, as plain text; its HTML part is made from this."""

    subject: str = Field(max_length=256)
    text: str = Field(max_length=8_000)


class Mail(Strict):
    """One step of a conversation. `lacks`: merge fields that nobody knows, so that a person has to fill them in."""

    step: Step
    status: MailStatus = "draft"
    template: str
    suggested: Wording
    worded_by: Literal["template", "model"] = "template"
    lacks: tuple[str, ...] = ()
    wording: Wording | None = None
    due_at: AwareDatetime | None = None
    approved_by: Email | None = None
    sending_until: AwareDatetime | None = None
    sent_at: AwareDatetime | None = None
    receipt: str | None = None
    to: Email | None = None
    """The address it went to, which may not be the contact's any more."""

    @property
    def final(self) -> Wording:
        """What goes out, or went out: a person's words where there are any, else the draft."""
        return self.wording or self.suggested


class Response(Strict):
    """How the customer answered, through which channel, and what told us."""

    kind: Literal["reply", "meeting", "ticket", "csm_contact"]
    at: AwareDatetime
    source: str
    source_key: str


class Entry(Strict):
    """One decision: what was done or not done, why, and who did it (`automatic` when nobody)."""

    at: AwareDatetime
    step: Step | None = None
    what: What
    code: str
    because: str
    by: str = "automatic"


class Card(Strict):
    """Where in Slack the conversation's card stands, so that it can be rewritten."""

    channel: str
    ts: str


class Conversation(Strict):
    """Everything about one outreach. Its id is the alert's: an alert has one conversation, with one person.

    `index_at`: the usage index on the day it began (0) and 14, 30 and 60 days later; None where there was none.
    `cards`: how many have been posted; what must be noticed is told on a new one, and `card` is None until then.
    `old_cards`: those that a newer one follows, until they say so.
    `severe_fall`: how far usage had fallen on the day on which the drop became severe; None when it was so from the
    beginning, or never.
    `version` counts the changes; whoever writes has to know the last one.
    """

    conversation_id: str
    alert_id: str
    account_id: Id
    opened_on: date
    severity: Severity
    segment: Text | None = None
    contact_id: ContactId | None = None
    contact_name: Text | None = None
    contact_email: Email | None = None
    csm_email: Email | None = None
    automatic: bool
    high_priority: bool = False
    tell: tuple[Literal["slack", "email"], ...] = ()
    reasons: tuple[str, ...]
    config: str
    check_in: Mail
    follow_up: Mail | None = None
    follow_up_at: AwareDatetime | None = None
    task_at: AwareDatetime | None = None
    snoozed_until: AwareDatetime | None = None
    response: Response | None = None
    ended: Ending | None = None
    card: Card | None = None
    cards: int = 0
    old_cards: tuple[Card, ...] = ()
    severe_fall: Fall | None = None
    index_at: dict[int, float | None] = Field(default_factory=dict)
    log: tuple[Entry, ...] = ()
    version: int = 1

    def mail(self, step: Step) -> Mail:
        """The mail of a step. Raises LookupError when there is none yet."""
        found = self.check_in if step == "check_in" else self.follow_up
        if found is None:
            raise LookupError(f"{self.conversation_id} has no follow-up yet")
        return found

    @property
    def mails(self) -> tuple[Mail, ...]:
        """Its mails, in order."""
        return (self.check_in, self.follow_up) if self.follow_up else (self.check_in,)

    @property
    def addresses(self) -> frozenset[str]:
        """Where its mails go and went, in lower case."""
        known = (self.contact_email, *(mail.to for mail in self.mails))
        return frozenset(one.lower() for one in known if one)

    @property
    def current(self) -> Mail:
        """The mail that it is about now."""
        return self.mails[-1]

    @property
    def next_at(self) -> datetime | None:
        """When somebody has to look at it again; None when nothing is due by itself."""
        moments = [_next_of(mail) for mail in self.mails]
        if self.ended is None:
            moments += [self.follow_up_at, self.task_at, self.snoozed_until]
        return min((one for one in moments if one), default=None)


def _next_of(mail: Mail) -> datetime | None:
    if mail.status in ("queued", "approved"):
        return mail.due_at
    return mail.sending_until if mail.status == "sending" else None


class Suppression(Strict):
    """Why an address gets no mail any more."""

    reason: Literal["unsubscribed", "bounced", "complained"]
    at: AwareDatetime
    source: str


CSM = "csm:"
"""How the holder of a CSM's flags begins; the address in lower case follows."""


class Flag(Strict):
    """What somebody said about an account, or about a CSM (`away`), until further notice or until a day."""

    kind: Literal[
        "complex", "escalation", "playbook", "live_conversation", "renewal_negotiation", "no_outreach", "away"
    ]
    because: str = Field(max_length=512)
    by: str
    at: AwareDatetime
    until: date | None = None


class Switch(Strict):
    """Whether automatic check-ins go out: drafts only before go-live, for some accounts in a pilot, or live.

    `stopped` is the kill switch: no customer mail at all, not even one that a person sends.
    """

    mode: Literal["draft", "pilot", "live"] = "draft"
    pilot: str | None = None
    stopped: bool = False
    changed_at: AwareDatetime | None = None
    changed_by: str | None = None


class OutgoingMail(NamedTuple):
    """A customer mail as it leaves: plain text and HTML, and the headers that make it answerable and stoppable."""

    action_id: str
    mail_from: str
    from_name: str | None
    to: str
    to_name: str | None
    reply_to: str
    subject: str
    text: str
    html: str
    unsubscribe_url: str
    unsubscribe_address: str | None = None
    in_reply_to: str | None = None


class Delivery(NamedTuple):
    """What became of handing a mail over. busy and refused: certainly not sent. unknown: nobody can say."""

    outcome: Literal["sent", "busy", "refused", "unknown"]
    receipt: str = ""
    why: str = ""


class Finding(NamedTuple):
    """How one thing stands that sending depends on; `stops`: as long as it stands so, mail cannot go out."""

    about: str
    said: str
    remedy: str | None = None
    stops: bool = False


def action_id(conversation_id: str, contact_id: str | None, step: Step) -> str:
    """One mail to one person about one alert; derived, so that every retry is the same action."""
    return f"{conversation_id}/{contact_id or ''}/{step}"


def thread_key(kind: Literal["token", "tag", "mail"], value: str) -> str:
    """Under what a conversation is found; of kinds that cannot pass for each other, since only a token is secret."""
    return f"{kind}:{value}"


def tag_of(action: str) -> str:
    """An action's name in the provider's events, which allow only letters, digits, - and _, and tell nobody's name."""
    return hashlib.sha256(action.encode()).hexdigest()[:32]
