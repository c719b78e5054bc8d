"""A customer mail as it leaves: from the CSM's own address, answerable, and stoppable."""

import re
import unicodedata
from html import escape
from typing import NamedTuple

from health_monitor.model.outreach import Conversation, OutgoingMail, Step, action_id

LONGEST_NAME = 120
_JOINERS = "\u200c\u200d"
"""Persian and Indian words are written with them."""
_LINK = re.compile(r"https://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")
FOOTER = "If you would rather not get mails like this one: {url}"
_LOOK = (
    "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
    "font-size:15px;line-height:1.5;max-width:600px;word-break:break-word"
)
"""On an element: mail programs drop style sheets, and many the body. No colours: each darkens it in its way."""


class Letterhead(NamedTuple):
    """What stands on every mail of a conversation: its token, our address on the web, and the domain of answers."""

    token: str
    public_url: str
    reply_domain: str
    from_name: str | None = None
    to: str = ""


def outgoing(conversation: Conversation, step: Step, head: Letterhead) -> OutgoingMail:
    """The mail of a step, ready for the provider. Names and subjects become one line, whatever they held."""
    final, csm = conversation.mail(step).final, conversation.csm_email or ""
    url = f"{head.public_url.rstrip('/')}/unsubscribe/{head.token}"
    footer = FOOTER.format(url=url)
    answers = head.reply_domain
    return OutgoingMail(
        action_id=action_id(conversation.conversation_id, conversation.contact_id, step),
        mail_from=csm,
        from_name=one_line(head.from_name),
        to=head.to,
        to_name=(one_line(conversation.contact_name) or "")[:LONGEST_NAME] or None,
        reply_to=f"reply+{head.token}@{answers}" if answers else csm,
        subject=one_line(final.subject) or "",
        text=f"{final.text.rstrip()}\n\n-- \n{footer}\n",
        html=html_of(final.text, footer),
        unsubscribe_url=url,
        unsubscribe_address=f"unsubscribe+{head.token}@{answers}" if answers else None,
        in_reply_to=conversation.check_in.receipt if step == "follow_up" else None,
    )


def one_line(text: str | None) -> str | None:
    """The text without what is not seen: a line end could begin another header, and some turn the reading direction."""
    seen = "".join(
        one if one in _JOINERS or unicodedata.category(one)[0] not in "CZ" else _gap(one) for one in text or ""
    )
    return " ".join(seen.split()) or None


def _gap(character: str) -> str:
    """What only steers how text is shown parts no words."""
    return "" if unicodedata.category(character) == "Cf" else " "


def html_of(text: str, footer: str) -> str:
    """The same words as a web page: paragraphs, and links that can be clicked; what looks like HTML stays text."""
    paragraphs = "".join(f"<p>{_linked(part)}</p>\n" for part in text.strip().split("\n\n"))
    small = f'<p style="color:#767676;font-size:12px">{_linked(footer)}</p>'
    return (
        f'<!doctype html>\n<html><head><meta charset="utf-8"></head><body>\n<div style="{_LOOK}">\n'
        f"{paragraphs}{small}\n</div>\n</body></html>\n"
    )


def _linked(text: str) -> str:
    parts, at = [], 0
    for found in _LINK.finditer(text):
        link = escape(found[0])
        parts += [escape(text[at : found.start()]), f'<a href="{link}">{link}</a>']
        at = found.end()
    return "".join([*parts, escape(text[at:])]).replace("\n", "<br>\n")
