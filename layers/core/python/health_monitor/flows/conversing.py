"""How a conversation is changed: by one at a time, in one write with the reason, and then told to whom it concerns."""

from collections.abc import Callable
from typing import get_args

from health_monitor.act.conversation import outdated
from health_monitor.model.alert import Errand
from health_monitor.model.errors import AlreadyDone, TryAgain
from health_monitor.model.outreach import Conversation, MailStatus, Step
from health_monitor.ports.alerts import Outbox
from health_monitor.ports.outreach import Conversations

_TRIES = 10
INSTEAD, UNCERTAIN, TASK = "instead", "uncertain/email", "task/email"
"""How the ids of the mails end that tell a colleague of a conversation; the first two follow the step of its mail."""


def internal_mails(conversation_id: str) -> list[str]:
    """The ids of everything that colleagues may be told by mail of a conversation, beside its alert's own notices."""
    kinds = [UNCERTAIN, *(f"{status}/{INSTEAD}" for status in get_args(MailStatus))]
    told = [f"{conversation_id}/{step}/{kind}" for step in get_args(Step) for kind in kinds]
    return [*told, f"{conversation_id}/{TASK}"]


def change(
    conversations: Conversations, conversation_id: str, fn: Callable[[Conversation], Conversation]
) -> Conversation:
    """The conversation after `fn`, a transition of act/conversation.py or act/sending.py; no change, no write.

    `fn` may be called more than once, each time with what is stored by then. Raises AlreadyDone when it says so or when
    the conversation was erased, TryAgain when too many change it at once.
    """
    for _ in range(_TRIES):
        known = conversations.get(conversation_id)
        if known is None:
            raise AlreadyDone("this conversation was erased")
        changed = fn(known)
        if changed == known:
            return known
        changed = outdated(changed, known).model_copy(update={"version": known.version + 1})
        if conversations.replace(changed, known.version):
            return changed
    raise TryAgain(f"{conversation_id}: too many change this conversation at once")


def tell(outbox: Outbox, conversation: Conversation) -> None:
    """Let its Slack card and the CRM catch up with what has changed; asking more often than needed harms nothing."""
    name, version = conversation.conversation_id, conversation.version
    outbox.put(
        (
            Errand(errand_id=f"{name}/card/{version}", channel="slack", conversation_id=name),
            Errand(errand_id=f"{name}/crm/{version}", channel="crm", conversation_id=name),
        )
    )
