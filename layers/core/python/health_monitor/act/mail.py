"""A customer mail as it leaves: from the CSM's own address, answerable, and stoppable with one click."""

import re
from html import escape
from typing import NamedTuple

from health_monitor.model.outreach import Conversation, OutgoingMail, Step, action_id

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
_LINK = re.compile(r"https://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")
FOOTER = "If you would rather not get mails like this one, tell us with one click: {url}"


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
        to_name=one_line(conversation.contact_name),
        reply_to=f"reply+{head.token}@{answers}" if answers else csm,
        subject=one_line(final.subject) or "",
        text=f"{final.text.rstrip()}\n\n-- \n{footer}\n",
        html=html_of(final.text, footer),
        unsubscribe_url=url,
        unsubscribe_address=f"unsubscribe+{head.token}@{answers}" if answers else None,
        in_reply_to=conversation.check_in.receipt if step == "follow_up" else None,
    )


def one_line(text: str | None) -> str | None:
    """The text without line ends and control characters, which could begin another header."""
    return _CONTROL.sub(" ", text).strip() if text else None


def html_of(text: str, footer: str) -> str:
    """The same words as a web page: paragraphs, and links that can be clicked; what looks like HTML stays text."""
    paragraphs = "".join(f"<p>{_linked(part)}</p>\n" for part in text.strip().split("\n\n"))
    small = f'<p style="color:#767676;font-size:12px">{_linked(footer)}</p>'
    return f'<!doctype html>\n<html><head><meta charset="utf-8"></head><body>\n{paragraphs}{small}\n</body></html>\n'


def _linked(text: str) -> str:
    parts, at = [], 0
    for found in _LINK.finditer(text):
        link = escape(found[0])
        parts += [escape(text[at : found.start()]), f'<a href="{link}">{link}</a>']
        at = found.end()
    return "".join([*parts, escape(text[at:])]).replace("\n", "<br>\n")
