"""The modals that open from a card: while it loads, the draft to change, and why something cannot be done."""

import json
from collections.abc import Sequence
from datetime import datetime
from textwrap import shorten

from health_monitor.act.blocks import (
    SECTION,
    Block,
    code,
    context,
    field_input,
    line,
    plain,
    section,
    select,
    text_input,
)
from health_monitor.act.cards import CardFacts
from health_monitor.act.cards import told as how_it_stands
from health_monitor.model.account import Account, Contact
from health_monitor.model.outreach import Conversation

EDIT = "edit_draft"
SUBJECT, TEXT, TO = "subject", "text", "to"
"""What a submission calls its fields."""
_NAME = 30
SUBJECT_LONGEST, TEXT_LONGEST = 256, SECTION


def loading() -> Block:
    """Opened before anything else is done: Slack waits three seconds for it."""
    return _view("Edit & send", [section("One moment, the draft is coming …")])


def told(title: str, text: str) -> Block:
    """Why something was not done, in plain words."""
    return marked(title, line(text, SECTION))


def marked(title: str, text: str) -> Block:
    """The same in Slack's markup."""
    return _view(title, [section(text)])


def draft(
    conversation: Conversation, account: Account, facts: CardFacts, people: Sequence[Contact], now: datetime
) -> Block:
    """The draft to change, to whom, and when it goes out; `people`: who else could be written to."""
    mail = conversation.current
    if len(mail.final.text) > SECTION:
        how = f"health-monitor edit {conversation.conversation_id} --file text.txt --as YOUR-ADDRESS"
        return _view("Edit & send", [section(f"This draft is longer than Slack lets anybody edit; use {code(how)}.")])
    saves = mail.status == "queued"
    where = {"c": conversation.conversation_id, "s": mail.step, "m": "save" if saves else "send"}
    blocks = [
        *_to(conversation, people),
        field_input(SUBJECT, "Subject", text_input(mail.final.subject, SUBJECT_LONGEST, multiline=False)),
        field_input(TEXT, "Text", text_input(mail.final.text, SECTION, multiline=True), _lacks(mail.lacks)),
        context(
            f"From {line(conversation.csm_email or 'nobody: the account has no CSM', 330)}, to {line(account.label)}."
        ),
        context(how_it_stands(conversation, now, facts)),
    ]
    view = _view("Edit" if saves else "Edit & send", blocks, close="Cancel")
    return view | {
        "submit": plain("Save" if saves else "Send", 24),
        "callback_id": EDIT,
        "private_metadata": json.dumps(where, ensure_ascii=False),
    }


def _to(conversation: Conversation, people: Sequence[Contact]) -> list[Block]:
    """A menu with the recipient first: Slack lists a hundred, and the chosen one must be among them."""
    if not people:
        chosen = f"{conversation.contact_name or 'no name'} <{conversation.contact_email}>"
        return [section(f"*To* {line(chosen, 600) if conversation.contact_email else 'nobody to write to'}")]
    first = sorted(people, key=lambda one: one.contact_id != conversation.contact_id)
    menu = select("to", "Choose somebody", [(one.contact_id, _called(one)) for one in first])
    if first[0].contact_id == conversation.contact_id:
        menu["initial_option"] = menu["options"][0]
    return [field_input(TO, "To", menu)]


def _called(contact: Contact) -> str:
    """The name first, but a long one must not hide the address."""
    name = shorten(contact.name or "", _NAME, placeholder="…")
    known = [name, contact.email or "", (contact.role or "").replace("_", " ")]
    return ", ".join(one for one in known if one)


def _lacks(lacks: Sequence[str]) -> str:
    return f"Nobody knows {', '.join(lacks)}: write it so that it reads well without." if lacks else ""


def _view(title: str, blocks: list[Block], close: str = "Close") -> Block:
    return {"type": "modal", "title": plain(title, 24), "close": plain(close, 24), "blocks": blocks}
