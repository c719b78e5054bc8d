"""The account has another CSM: what is not sent yet is theirs, in their name."""

from datetime import datetime

from health_monitor.act.conversation import hand_over
from health_monitor.act.drafting import csm_name
from health_monitor.act.log import note
from health_monitor.act.mails import changing
from health_monitor.model.outreach import Conversation, Mail, Wording
from health_monitor.model.routing import Team


def reassign(conversation: Conversation, at: datetime, csm_email: str | None, team: Team) -> Conversation:
    """The same conversation with its new CSM; one that is over, or being sent in the old one's name, stays as it is.

    What would go out by itself becomes a draft, and a draft is signed by the new CSM where both names are known.
    """
    before = conversation.csm_email
    same = (before or "").lower() == (csm_email or "").lower()
    if same or conversation.ended or any(mail.status in ("approved", "sending") for mail in conversation.mails):
        return conversation
    because = f"the account's CSM is {csm_email or 'nobody'} now"
    for mail in conversation.mails:
        if mail.status == "queued":
            conversation = hand_over(conversation, mail.step, at, "csm_changed", f"{because}; check it, then send it")
        if mail.status in ("queued", "draft"):
            signed = _signed(conversation.mail(mail.step), csm_name(before, team), csm_name(csm_email, team))
            conversation = conversation.model_copy(update=changing(conversation, mail.step, **signed))
    return note(conversation, at, "reassigned", "csm_changed", because, csm_email=csm_email, card=None)


def _signed(mail: Mail, before: str | None, after: str | None) -> dict[str, Wording]:
    if not before or not after:
        return {}
    anew = {"suggested": _renamed(mail.suggested, before, after)}
    return anew | ({"wording": _renamed(mail.wording, before, after)} if mail.wording else {})


def _renamed(wording: Wording, before: str, after: str) -> Wording:
    """Only the last lines: a name in the middle may be spoken of."""
    head, found, tail = wording.text.rpartition(before)
    if not found or len(tail.strip()) > len(before):
        return wording
    return Wording(subject=wording.subject, text=f"{head}{after}{tail}")
