"""Conversations, flags and messages without the people who have to be forgotten."""

from typing import Any

from health_monitor.ingest.scrub import Scrubber
from health_monitor.model.alert import Errand, Message
from health_monitor.model.outreach import Conversation, Flag, Mail, Wording

ERASED = "(erased)"
"""Stands where something was that named them."""
_NOBODY: dict[str, Any] = {"contact_id": None, "contact_name": None, "contact_email": None}


def is_with(conversation: Conversation, scrubber: Scrubber) -> bool:
    """Whether it is a conversation with them."""
    person = {"contact_id": conversation.contact_id, "email": conversation.contact_email or ""}
    return scrubber.is_of({"account_id": conversation.account_id, **person})


def concerns(conversation: Conversation, scrubber: Scrubber) -> bool:
    """Whether it is with them, or anything in it names them."""
    said = conversation.model_dump(mode="json", include={"check_in", "follow_up", "reasons", "log", "response"})
    return is_with(conversation, scrubber) or scrubber.mentions(said)


def scrubbed(conversation: Conversation, scrubber: Scrubber) -> Conversation:
    """The conversation without them: when what happened, and that is all."""
    with_them = is_with(conversation, scrubber)
    changes: dict[str, Any] = {
        "reasons": tuple(without(one, scrubber) for one in conversation.reasons),
        "log": tuple(
            one.model_copy(update={"because": without(one.because, scrubber), "by": without(one.by, scrubber)})
            for one in conversation.log
        ),
    }
    for mail in conversation.mails:
        if with_them or scrubber.mentions(mail.model_dump(mode="json")):
            changes[mail.step] = _unworded(mail)
    if conversation.response:
        key = without(conversation.response.source_key, scrubber)
        changes["response"] = conversation.response.model_copy(update={"source_key": key})
    return conversation.model_copy(update=changes | (_NOBODY if with_them else {}))


def scrubbed_flag(flag: Flag, scrubber: Scrubber) -> Flag:
    """What was said, if it does not name them."""
    return flag.model_copy(update={"because": without(flag.because, scrubber)})


def scrubbed_message(message: Message | Errand, scrubber: Scrubber) -> Message | Errand:
    """A message up to the line that names them: what follows it is the mail that was suggested."""
    if isinstance(message, Errand):
        return message
    kept: list[str] = []
    for line in message.text.splitlines():
        if scrubber.mentions(line):
            return message.model_copy(update={"text": "\n".join([*kept, ERASED])})
        kept.append(line)
    return message


def _unworded(mail: Mail) -> Mail:
    nothing = Wording(subject=ERASED, text=ERASED)
    return mail.model_copy(update={"suggested": nothing, "wording": nothing if mail.wording else None, "to": None})


def without(text: str, scrubber: Scrubber) -> str:
    """The text, if it does not name them."""
    return ERASED if scrubber.mentions(text) else text
