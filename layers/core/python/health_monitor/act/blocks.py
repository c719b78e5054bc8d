"""Pieces of Slack's Block Kit, each within Slack's limits whatever it is given."""

import json
import re
from datetime import datetime
from typing import Any

Block = dict[str, Any]

SECTION = 3_000
LINES = 80
"""Of a quotation: each costs a mark, and the whole has to fit into a section."""
FIELD = 2_000
HEADER = 150
BUTTON = 75
PLAIN = 2_000
BLOCK_ID = 255
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
OPTIONS = 100
OPTION_TEXT = 75
_CUT_ENTITY = re.compile(r"&[a-z]{0,3}$")


def fit(text: str, limit: int) -> str:
    """Text that means nothing but itself to Slack: nobody is called by an account named `<!channel>`."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe if len(safe) <= limit else _CUT_ENTITY.sub("", safe[: limit - 1]) + "…"


def line(text: str, limit: int = 200) -> str:
    """The same on one line; a blank where there is nothing to see."""
    return fit(" ".join(text.split()), limit) or "–"


def stamp(at: datetime, otherwise: str) -> str:
    """A moment that Slack shows to each reader in their own time; `otherwise` where it cannot."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{otherwise}>"


def code(text: str, limit: int = 300) -> str:
    """A command to copy."""
    return f"`{line(text.replace('`', ''), limit)}`"


def quoted(text: str, limit: int) -> tuple[str, bool]:
    """Set apart as a quotation, and whether something had to be left out."""
    kept = fit(text, limit)
    lines = kept.split("\n")
    return "\n".join(f"> {one}" for one in lines[:LINES]), kept.endswith("…") != text.endswith("…") or len(
        lines
    ) > LINES


def mrkdwn(text: str, limit: int = SECTION) -> Block:
    """Slack's markup, made of pieces that are safe; nothing in it becomes a link or a mention by itself."""
    return {"type": "mrkdwn", "text": text[:limit], "verbatim": True}


def plain(text: str, limit: int) -> Block:
    """Plain text, which Slack shows as it is."""
    shown = " ".join(text.split()) or "–"
    return {"type": "plain_text", "text": shown if len(shown) <= limit else shown[: limit - 1] + "…"}


def section(text: str) -> Block:
    return {"type": "section", "text": mrkdwn(text)}


def fields(pairs: list[tuple[str, str]]) -> Block:
    """Names and values in two columns; values are safe already."""
    return {"type": "section", "fields": [mrkdwn(f"*{name}*\n{value}", FIELD) for name, value in pairs[:10]]}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text, HEADER)}


def context(text: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text)]}


def divider() -> Block:
    return {"type": "divider"}


def actions(name: str, elements: list[Block]) -> Block:
    """A row of buttons; its name comes back with a click, unless it is too long for Slack."""
    named = {"block_id": name} if len(name) <= BLOCK_ID else {}
    return {"type": "actions", **named, "elements": elements}


def button(action_id: str, text: str, value: dict[str, str], style: str = "", confirm: Block | None = None) -> Block:
    """`style`: primary, danger, or none; `confirm`: what Slack asks first."""
    said = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    made: Block = {"type": "button", "action_id": action_id, "text": plain(text, BUTTON), "value": said}
    return made | ({"style": style} if style else {}) | ({"confirm": confirm} if confirm else {})


def select(action_id: str, placeholder: str, choices: list[tuple[str, str]]) -> Block:
    """A menu of (value, text)."""
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(placeholder, HEADER),
        "options": [option(value, text) for value, text in choices[:OPTIONS]],
    }


def option(value: str, text: str) -> Block:
    return {"text": plain(text, OPTION_TEXT), "value": value}


def confirm(title: str, text: str, yes: str, no: str = "Back") -> Block:
    """The question before something that cannot be taken back."""
    return {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
    }


def field_input(name: str, label: str, element: Block, hint: str = "") -> Block:
    """One input of a modal; what is typed comes back under `name`."""
    made: Block = {"type": "input", "block_id": name, "label": plain(label, PLAIN), "element": element}
    return made | ({"hint": plain(hint, PLAIN)} if hint else {})


def text_input(value: str, longest: int, *, multiline: bool) -> Block:
    """A text to change; Slack itself allows 3,000 characters."""
    longest = min(longest, SECTION)
    made: Block = {"type": "plain_text_input", "action_id": "text", "multiline": multiline, "max_length": longest}
    return made | ({"initial_value": value[:longest]} if value else {})
