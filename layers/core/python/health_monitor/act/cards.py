"""A conversation's card in Slack: what changed, for whom, the suggested mail, how it stands, and what one can do."""

import shlex
from datetime import date, datetime
from typing import Any, NamedTuple

from health_monitor.act.blocks import (
    BLOCK_ID,
    Block,
    actions,
    button,
    code,
    confirm,
    context,
    fields,
    header,
    line,
    quoted,
    section,
    select,
)
from health_monitor.act.difference import edited
from health_monitor.act.standing import Reader, day, last, marked, spoken, standing
from health_monitor.act.wording import sentence
from health_monitor.model.account import Account, Contact
from health_monitor.model.alert import Alert
from health_monitor.model.outreach import UNSENT, Conversation, Mail, Switch
from health_monitor.model.usage import UserUse

DRAFT_SHOWN = 2_000
NEWER = "There is a newer card about this account."
SNOOZES = (("1", "1 day"), ("3", "3 days"), ("7", "1 week"), ("14", "2 weeks"))
"""Days, and how a person calls them."""


class CardFacts(NamedTuple):
    """What a card says besides: the recipient, what they used last, the CSM in Slack, who reads it, the switch, the
    account's score in words.

    `seen` is the recipient's use, or with `anybody` that of whoever was there last; `feature` what it was, in words.
    """

    contact: Contact | None = None
    seen: UserUse | None = None
    feature: str | None = None
    anybody: bool = False
    csm_user: str | None = None
    reader: Reader = Reader()
    switch: Switch = Switch()
    health: str | None = None


def card(
    conversation: Conversation, account: Account, alert: Alert | None, facts: CardFacts, now: datetime, link: str
) -> dict[str, Any]:
    """`text` for notifications, and `blocks`; a finished one has no buttons. `link`: an address, or a command."""
    title = _title(conversation, account, alert)
    blocks = [header(title)]
    if alert:
        blocks.append(section(line(sentence(account, alert), 1_000)))
    blocks.append(fields(_facts(conversation, account, facts)))
    blocks.append(section(told(conversation, now, facts)))
    if buttons := row(conversation):
        blocks.append(buttons)
    blocks += _draft(conversation.current)
    segment = f" · {line(_as_words(account.segment))}" if account.segment else ""
    blocks.append(context(f"{line('; '.join(dict.fromkeys(conversation.reasons)), 1_500)}{segment} · {_linked(link)}"))
    return {"text": line(title), "blocks": blocks}


def newer() -> dict[str, Any]:
    """What is left of a card when a newer one was posted: it offers nothing."""
    return {"text": NEWER, "blocks": [section(NEWER)]}


def told(conversation: Conversation, now: datetime, facts: CardFacts) -> str:
    """How it stands, one sentence a line, in Slack's markup."""
    return "\n".join(marked(one, facts.reader.zone) for one in standing(conversation, now, facts.reader, facts.switch))


def card_text(
    conversation: Conversation, account: Account, alert: Alert | None, facts: CardFacts, now: datetime, link: str
) -> tuple[str, str]:
    """Subject and text of the email that says the same when Slack cannot be reached."""
    mail = conversation.current
    lines = [sentence(account, alert), ""] if alert else []
    lines += [f"Health: {facts.health}", ""] if facts.health else []
    reader = facts.reader
    lines += [*(spoken(one, reader.zone) for one in standing(conversation, now, reader, facts.switch)), ""]
    lines += [f"To: {conversation.contact_name or '–'} <{conversation.contact_email or 'nobody to write to'}>"]
    lines += [f"Subject: {mail.final.subject}", "", mail.final.text, "", "-- "]
    lines += ["Slack could not be reached, so this comes by email; its card follows when Slack answers again."]
    lines += [f"All of it: {link}"]
    return " ".join(_title(conversation, account, alert).split()), "\n".join(lines)


def show_command(account_id: str) -> str:
    """What to type to see all of an account."""
    return f"health-monitor show {shlex.quote(account_id)}"


def row(conversation: Conversation) -> Block | None:
    """The buttons that do something now; none when it is finished or only waits for an answer."""
    if conversation.ended:
        return None
    value = {"c": conversation.conversation_id, "s": conversation.current.step}
    dismiss = button(
        "not_a_risk",
        "Not a risk",
        value,
        confirm=confirm("Not a risk?", "Nothing more is sent about this alert.", "Not a risk"),
    )
    offered = {
        "draft": _draft_buttons(conversation, value),
        "queued": _queued_buttons(value),
        "uncertain": _uncertain_buttons(value),
        "bounced": [button("send_again", "Make it a draft again", value)],
    }.get(conversation.current.status)
    return actions(conversation.conversation_id, [*offered, dismiss]) if offered else None


def _draft_buttons(conversation: Conversation, value: dict[str, str]) -> list[Block]:
    edit = button("edit", "Edit & send", value)
    ready = conversation.contact_email and not conversation.current.lacks
    send = [button("send", "Send", value, "primary")] if ready else []
    # A menu's choice has no room for the conversation; its row's name tells it, unless that is too long.
    short = len(conversation.conversation_id) <= BLOCK_ID
    return [*send, edit, *([select("snooze", "Snooze", list(SNOOZES))] if short else [])]


def _queued_buttons(value: dict[str, str]) -> list[Block]:
    gone = confirm("Cancel it?", "This mail is never sent.", "Cancel the mail")
    return [
        button("edit", "Edit", value),
        button("send", "Send now", value, "primary"),
        button("cancel", "Cancel", value, "danger", gone),
    ]


def _uncertain_buttons(value: dict[str, str]) -> list[Block]:
    again = confirm("Was it not sent?", "It becomes a draft again. If it did arrive, they get it twice.", "Draft")
    return [button("was_sent", "It was sent", value), button("send_again", "Send again", value, confirm=again)]


def _title(conversation: Conversation, account: Account, alert: Alert | None) -> str:
    flag = "🚩 High priority: " if conversation.high_priority else ""
    return f"{flag}{account.label}" + (f", usage at {alert.percent} of usual" if alert else "")


def _facts(conversation: Conversation, account: Account, facts: CardFacts) -> list[tuple[str, str]]:
    csm_email = conversation.csm_email
    name = line(facts.reader.calls(csm_email)) if csm_email else "nobody is assigned"
    seen = facts.seen
    whose = " (anybody)" if facts.anybody else ""
    when = day(date.fromisoformat(seen.last_seen[:10])) if seen else "unknown"
    arr = f"{account.arr:,.0f}" if account.arr is not None else "unknown"
    return [
        ("Write to", _recipient(conversation, facts.contact)),
        ("CSM", f"<@{facts.csm_user}>" if facts.csm_user else name),
        (f"Last seen · last feature{whose}", f"{when} · {line(facts.feature or 'unknown')}"),
        ("ARR · renewal", f"{arr} · {day(account.renewal_date) if account.renewal_date else 'unknown'}"),
        *([("Health", line(facts.health, 1_000))] if facts.health else []),
    ]


def _as_words(name: str) -> str:
    """Such as mid-market for mid_market."""
    return name.replace("_", "-")


def _recipient(conversation: Conversation, contact: Contact | None) -> str:
    if not conversation.contact_email:
        entry = last(conversation, "check_in", "not_sent")
        return f"nobody to write to{f' ({line(entry.because)})' if entry else ''}"
    role = f", {line(contact.role.replace('_', ' '), 60)}" if contact and contact.role else ""
    return f"{line(conversation.contact_name or 'no name')}{role}\n{line(conversation.contact_email, 330)}"


def _draft(mail: Mail) -> list[Block]:
    """The words that go out, or went; a long text is cut here, and whole in the modal."""
    words = mail.final
    name = "Suggested mail" if mail.status in UNSENT else "Mail"
    shown, cut = quoted(words.text, DRAFT_SHOWN)
    text = f"*{name}:* {line(words.subject, 260)}\n{shown}"
    text += "\n_(cut here; the whole text goes out)_" if cut else ""
    changed = edited(mail)
    return [section(text), *([context(f"Edited: {line(changed, 600)}")] if changed else [])]


def _linked(link: str) -> str:
    return f"<{line(link, 1_000)}|Open>" if link.startswith("https://") else code(link)
