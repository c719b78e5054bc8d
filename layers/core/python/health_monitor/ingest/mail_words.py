"""Everything that a mail says, in whatever encoding it came: to find out whether it names somebody."""

from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32


def words_of(raw: bytes) -> list[str]:
    """The mail's lines as they stand, and the decoded words of its headers and parts."""
    return [raw.decode(errors="replace"), *_decoded(message_from_bytes(raw, policy=compat32))]


def _decoded(mail: Message) -> Iterator[str]:
    for part in mail.walk():
        for value in part.values():
            yield from _header(str(value))
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield content.decode(errors="replace")
            yield content.decode("latin-1")


def _header(value: str) -> Iterator[str]:
    try:
        yield str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError):
        return
