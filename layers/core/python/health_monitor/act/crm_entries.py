"""What a conversation's log stands for in a CRM: its mails, the answer, what people decided, and how it ended."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from health_monitor.model.alert import Alert
from health_monitor.model.crm import CrmEntry, CrmFacts, entry_key
from health_monitor.model.outreach import OUT, Conversation, Entry
from health_monitor.model.usage import Drop

TASK_DAYS = 2
"""How long the CSM has for the last task."""
SATURDAY = 5


def crm_entries(conversation: Conversation, link: str) -> list[CrmEntry]:
    """Everything to log of a conversation so far, oldest first; the same log is always the same entries.

    `link`: what to open, or to type, for the whole story.
    """
    found: dict[str, CrmEntry] = {}
    begun: dict[str | None, datetime] = {}
    for entry in conversation.log:
        if entry.what == "sending":
            begun[entry.step] = entry.at
        if word := _word(entry):
            # That a mail was sent, and delivered, is one thing; that it came back and was sent anew is another.
            at = begun.get(entry.step, entry.at) if word == "sent" else entry.at
            key = entry_key(conversation.conversation_id, word, entry.step, at)
            found.setdefault(key, _SAYS[word](conversation, entry, key, link))
    return list(found.values())


def crm_facts(alert: Alert, index: float | None, conversations: Sequence[Conversation]) -> CrmFacts:
    """What is so now of the account of its latest alert; `index`: of the last night."""
    moments = [mail.sent_at for one in conversations for mail in one.mails if mail.sent_at]
    return CrmFacts(
        account_id=alert.account_id,
        index=None if index is None else round(index, 2),
        alert_status=_status(alert),
        last_outreach_at=max(moments, default=None),
    )


def changed(before: CrmFacts | None, now: CrmFacts) -> CrmFacts | None:
    """Only the facts that differ from what was written last; None when none does."""
    known = before.model_dump() if before else {}
    new = {name: value for name, value in now.model_dump(exclude_none=True).items() if known.get(name) != value}
    new.pop("account_id", None)
    return CrmFacts(account_id=now.account_id, **new) if new else None


def _status(alert: Alert) -> str:
    if alert.resolution:
        return alert.resolution.value
    return "open_severe" if alert.highest_usage_drop == Drop.SEVERE else "open_moderate"


def _word(entry: Entry) -> str | None:
    """What to log it as; None when it is not worth a record."""
    if entry.what in OUT:
        return "sent"
    if entry.what == "ended":
        return entry.code if entry.code in _OUTCOMES else None
    return entry.what if entry.what in _SAYS else None


def _mail(conversation: Conversation, entry: Entry, key: str, link: str) -> CrmEntry:
    mail = conversation.mail(entry.step or "check_in")
    by = f"by {mail.approved_by}" if mail.approved_by else "automatically"
    step = "check-in" if mail.step == "check_in" else "follow-up"
    about = f"Sent {by} as {step} after the usage alert of {conversation.opened_on:%Y-%m-%d}."
    return CrmEntry(
        key=key, account_id=conversation.account_id, contact_id=conversation.contact_id, kind="email",
        subject=mail.final.subject, text=f"{mail.final.text.rstrip()}\n\n{about}", at=entry.at,
        owner_email=conversation.csm_email, contact_email=conversation.contact_email, link=link,
    )  # fmt: skip


def _note(conversation: Conversation, entry: Entry, key: str, link: str) -> CrmEntry:
    subject, says = _NOTES[_word(entry) or ""]
    whom = conversation.contact_email or "the customer"
    who = "Health Monitor" if entry.by == "automatic" else entry.by
    said = says.format(whom=whom, who=who, because=entry.because, answer=_ANSWERS.get(entry.code, ""))
    return CrmEntry(
        key=key, account_id=conversation.account_id, contact_id=conversation.contact_id, kind="note", subject=subject,
        text=f"{said}\nIt is about the usage alert of {conversation.opened_on:%Y-%m-%d}.", at=entry.at,
        owner_email=conversation.csm_email, contact_email=conversation.contact_email, link=link,
    )  # fmt: skip


def _task(conversation: Conversation, entry: Entry, key: str, link: str) -> CrmEntry:
    who = conversation.contact_name or conversation.contact_email or "the customer"
    text = (
        f"{_lines(_mails_out(conversation))}\nNobody answered: {entry.because}.\n"
        f"Please call or write to {who} yourself, and say in Health Monitor what came of it."
    )
    return CrmEntry(
        key=key, account_id=conversation.account_id, contact_id=conversation.contact_id, kind="task",
        subject=f"No answer after the usage alert of {conversation.opened_on:%Y-%m-%d}", text=text, at=entry.at,
        due_on=_working_day(entry.at + timedelta(days=TASK_DAYS)).date(), owner_email=conversation.csm_email,
        contact_email=conversation.contact_email, link=link,
    )  # fmt: skip


def _mails_out(conversation: Conversation) -> Iterator[str]:
    for mail in conversation.mails:
        if mail.sent_at:
            yield f'{mail.sent_at:%Y-%m-%d}: "{mail.final.subject}"'


def _lines(said: Iterator[str]) -> str:
    lines = list(said)
    return "\n".join(["Written:", *lines]) if lines else "Nothing was sent."


def _working_day(at: datetime) -> datetime:
    return at if at.weekday() < SATURDAY else at + timedelta(days=7 - at.weekday())


_ANSWERS = {
    "reply": "The customer replied by mail.", "meeting": "A meeting with the customer was booked.",
    "ticket": "The customer opened a support request.", "csm_contact": "The CSM logged a contact with the customer.",
}  # fmt: skip
_OUTCOMES = {
    "recovered": ("Usage recovered", "Usage is back; what was to follow does not."),
    "no_response": ("No response", "Nobody answered; the CSM has a task."),
    "churned": ("Account left", "The account has left; what was to follow does not."),
    "opted_out": ("Unsubscribed", "{whom} wants no such mail any more, and gets none."),
}
_NOTES = _OUTCOMES | {
    "bounced": ("Mail bounced", "The mail to {whom} could not be delivered: {because}."),
    "complained": ("Marked as spam", "{whom} marked the mail as spam, and gets no more."),
    "answered": ("Customer answered", "{answer}"),
    "snoozed": ("Snoozed", "{who} put the usage alert off {because}."),
    "dismissed": ("Not a risk", "{who} sees no risk: {because}."),
}
_SAYS: dict[str, Callable[[Conversation, Entry, str, str], CrmEntry]] = {
    "sent": _mail, "task": _task, **dict.fromkeys(_NOTES, _note),
}  # fmt: skip
