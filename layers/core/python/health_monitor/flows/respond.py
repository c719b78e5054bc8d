"""An answer ends what was to follow: which conversations of an account a touchpoint answers.

Whoever of the account's people it was: a colleague who answers for the recipient has answered, and a follow-up after
that would show that nobody reads. A call, a meeting or a note counts, too, because a CSM logged that they spoke.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from health_monitor.act import conversation as step
from health_monitor.act import mails
from health_monitor.flows.conversing import change, tell
from health_monitor.model.errors import AlreadyDone
from health_monitor.model.outreach import Conversation, Response
from health_monitor.model.records import Touchpoint
from health_monitor.ports.alerts import Outbox
from health_monitor.ports.outreach import Conversations

Kind = Literal["reply", "meeting", "ticket", "csm_contact"]
_KINDS: dict[str, Kind] = {
    "email": "reply",
    "meeting": "meeting",
    "ticket": "ticket",
    "call": "csm_contact",
    "note": "csm_contact",
    "qbr": "csm_contact",
    "training": "csm_contact",
}
"""Who only read, watched or asked others has not answered us."""


def respond(
    account_id: str, touches: Iterable[Touchpoint], conversations: Conversations, outbox: Outbox, now: datetime
) -> list[str]:
    """The ids of the conversations that these touchpoints of an account answer; asking again changes nothing."""
    answers = [one for one in touches if is_answer(one, now)]
    if not answers:
        return []
    return [
        one.conversation_id
        for one in conversations.of_account(account_id)
        if (touch := first_answer(one, answers, now))
        and respond_to(one.conversation_id, touch, conversations, outbox, now)
    ]


def respond_to(
    conversation_id: str, touch: Touchpoint, conversations: Conversations, outbox: Outbox, now: datetime,
    because: str = "", by: str = "customer",
) -> bool:  # fmt: skip
    """This touchpoint is known to be about this conversation; whether it is its answer, now or since before."""
    response = response_of(touch)
    try:
        answered = change(
            conversations, conversation_id, lambda known: step.answer(known, now, response, because=because, by=by)
        )
    except AlreadyDone:
        return False  # it was erased
    if answered.response == response:
        tell(outbox, answered)  # also when it was answered before: who did that may have died before telling
    return answered.response == response


def response_of(touch: Touchpoint) -> Response:
    """The touchpoint as the answer to a conversation."""
    return Response(kind=_KINDS[touch.kind], at=touch.at, source=touch.source, source_key=touch.key)


def first_answer(conversation: Conversation, touches: Iterable[Touchpoint], now: datetime) -> Touchpoint | None:
    """The first of the touchpoints that answers the conversation, if its first mail went out and it is not over."""
    since = asked_at(conversation)
    if since is None or conversation.ended not in (None, "answered"):
        return None
    later = [one for one in touches if one.at >= since and is_answer(one, now)]
    return min(later, key=lambda one: (one.at, one.source, one.key), default=None)


def is_answer(touch: Touchpoint, now: datetime) -> bool:
    """Whether it shows that the customer reacted: not what no person wrote, our own mail to them, or a call to come."""
    reacted = touch.kind in _KINDS and (touch.inbound or touch.kind != "email")
    return touch.at <= now and not touch.automatic and reacted


def asked_at(conversation: Conversation) -> datetime | None:
    """Since when an answer can come: when the first mail was sent, or may have been; None when it was not."""
    mail = conversation.check_in
    if mail.status not in ("sending", "uncertain"):
        return mail.sent_at
    return mails.handed_over_at(conversation, mail.step)
