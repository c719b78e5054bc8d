"""A customer's answer as it goes on to the CSM: the same mail, in the same thread, from an address that may send it."""

import re
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr

MARK = "X-Health-Monitor-Forwarded"
"""So that a mail that comes back to us is not passed on for ever."""
VIA = "via Health Monitor"
LINE = "\r\n"
_KEEP = frozenset({
    b"subject", b"date", b"in-reply-to", b"mime-version", b"content-type", b"content-transfer-encoding",
    b"content-disposition", b"content-language", b"auto-submitted", b"importance",
})  # fmt: skip
"""What is taken over as it stands; all else is about the way that the mail has come, and would be wrong on the next."""
_ID = re.compile(rb"<[!-;=?-~]{1,500}>")
_NAME = re.compile(rb"^([!-9;-~]+)[ \t]*:")
_LONGEST_NAME = 60
MOST_REFERENCES = 50


def forwarded(
    raw: bytes, to: str, mail_from: str, sender: str, sender_name: str, mark: str, *, doubtful: bool = False
) -> bytes:
    """The mail with new From, To, Reply-To and References, and every byte of its content as it was.

    doubtful: the sender may have been forged, which the CSM sees before the mail's own words.
    """
    head, body = _parted(raw)
    fields = list(_fields(head))
    kept = [text for name, text in fields if name in _KEEP]
    named = (_one_line(sender_name) or _one_line(sender))[:_LONGEST_NAME]
    doubt = " (sender not verified)" if doubtful else ""
    ours = EmailMessage(policy=SMTP)
    ours["To"] = Address(addr_spec=to)
    if (answer_to := _reply_to(sender)) is not None:
        ours["Reply-To"] = answer_to
    ours[MARK] = mark
    first = ours.as_bytes().partition(b"\r\n\r\n")[0]
    return b"\r\n".join([_from(f"{named}{doubt} {VIA}", mail_from), first, *_references(fields), *kept, b"", body])


def _from(name: str, address: str) -> bytes:
    """EmailMessage drops the quotes of a name that it folds, and then its brackets, commas and @ count."""
    if name.isascii():
        return f"From: {formataddr((name, address))}".encode()
    return f"From: {Header(name, 'utf-8', header_name='From').encode(linesep=LINE)} <{address}>".encode()


def _parted(raw: bytes) -> tuple[bytes, bytes]:
    found = re.search(rb"\r?\n\r?\n", raw)
    return (raw[: found.start()], raw[found.end() :]) if found else (raw, b"")


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    """Each header with its continued lines, by its name in lower case; a line that is none is left out."""
    fields: list[tuple[bytes, list[bytes]]] = []
    for line in head.replace(b"\r\n", b"\n").replace(b"\r", b" ").split(b"\n"):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1][1].append(line)
        elif found := _NAME.match(line):
            fields.append((found[1].lower(), [line]))
    seen: dict[bytes, bytes] = {}
    for name, lines in fields:
        seen.setdefault(name, b"\r\n".join(lines))
    return list(seen.items())


def _reply_to(sender: str) -> Address | None:
    """Where the CSM's answer goes: to the customer, past us."""
    try:
        return Address(addr_spec=sender) if sender.isascii() and sender else None
    except (MessageError, ValueError, IndexError):
        return None


def _references(fields: list[tuple[bytes, bytes]]) -> list[bytes]:
    """The whole thread, and the customer's own mail at its end: the provider gives ours another id.

    One id a line, as it stands: the library would encode a long one, and no mail program could read it.
    """
    said = dict(fields)
    ids = [
        found for name in (b"references", b"in-reply-to", b"message-id") for found in _ID.findall(said.get(name, b""))
    ]
    unique = list(dict.fromkeys(ids))
    return [b"References: " + b"\r\n ".join(unique[:1] + unique[1:][-MOST_REFERENCES:])] if unique else []


def _one_line(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
