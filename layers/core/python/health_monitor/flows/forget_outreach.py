"""Forgetting a person in what outreach keeps of an account; what is with the account alone goes with the account."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from health_monitor.act import conversation as steps
from health_monitor.flows.conversing import change, internal_mails
from health_monitor.flows.reception import Reception
from health_monitor.ingest.scrub import Scrubber
from health_monitor.ingest.scrub_outreach import concerns, scrubbed, scrubbed_flag, scrubbed_message
from health_monitor.model.account import Contact
from health_monitor.model.errors import AlreadyDone
from health_monitor.model.outreach import Conversation
from health_monitor.model.source import Erasure

KINDS = ("opened", "escalated")
"""What an alert's notices are about; the rest of their names is the alert's id."""


def written_to(account_id: str, ports: Reception) -> list[Contact]:
    """Whom its conversations are with: their names stay there when the contact itself is long gone."""
    found = [one for one in ports.conversations.of_account(account_id) if one.contact_id]
    told = [{"contact_id": one.contact_id, "name": one.contact_name, "email": one.contact_email} for one in found]
    return [Contact.model_validate({"account_id": account_id} | one) for one in told]


def forget_outreach(erasure: Erasure, account_id: str, ports: Reception) -> int:
    """How much of it named them; nothing is sent to them afterwards, and no key leads to it any more.

    That they want no mail is kept: a digest of the address, which recognises it and tells it to nobody.
    """
    scrubber = Scrubber(erasure.model_copy(update={"account_id": account_id}))
    found = _conversations(erasure, account_id, scrubber, ports)
    for flag in ports.flags.of(account_id):
        if (left := scrubbed_flag(flag, scrubber)) != flag:
            ports.flags.put(account_id, left)
            found += 1
    return found


def _conversations(erasure: Erasure, account_id: str, scrubber: Scrubber, ports: Reception) -> int:
    some = [one for one in ports.conversations.of_account(account_id) if concerns(one, scrubber)]
    for one in some:
        _forget_messages(one.alert_id, scrubber, ports)
        hush(one.conversation_id, erasure.requested_at, ports)
        ports.threads.forget(one.conversation_id)

        def without(known: Conversation) -> Conversation:
            ended = steps.end(known, erasure.requested_at, "erased", "the person was forgotten", "erasure")
            return scrubbed(ended, scrubber)

        # The last of all: as long as it names them, a repetition comes here again.
        with suppress(AlreadyDone):
            change(ports.conversations, one.conversation_id, without)
    return len(some)


def hush(conversation_id: str, at: datetime, ports: Reception) -> None:
    """What colleagues were to be told of it and still waits in a queue is dropped when its turn comes."""
    for message_id in internal_mails(conversation_id):
        ports.claims.mark_sent(message_id, at, "erased")


def _forget_messages(alert_id: str, scrubber: Scrubber, ports: Reception) -> None:
    """What the CSM is told of the alert holds the suggested mail."""
    for kind in KINDS:
        notice_id = f"{alert_id}/{kind}"
        if notice := ports.notices.get(notice_id):
            left: Any = tuple(scrubbed_message(message, scrubber) for message in notice.messages)
            if left != notice.messages:
                ports.notices.reword(notice_id, left)
