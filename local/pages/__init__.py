"""The pages that people open on the laptop: Slack, and the mailbox. Plain files, read anew at each request."""

from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent
_FILES = {
    "/": ("slack.html", "text/html"),
    "/home": ("slack.html", "text/html"),
    "/mail": ("mail.html", "text/html"),
    "/slack.js": ("slack.js", "text/javascript"),
    "/mail.js": ("mail.js", "text/javascript"),
    "/shared.js": ("shared.js", "text/javascript"),
    "/desk.css": ("desk.css", "text/css"),
}
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; frame-src 'self'"


class Page(NamedTuple):
    """What a browser gets, and what it may do with it."""

    body: bytes
    kind: str
    policy: str = _POLICY


def a_page(path: str) -> Page | None:
    """The file behind a path; None when there is none."""
    name, kind = _FILES.get(path, ("", ""))
    return Page((_FOLDER / name).read_bytes(), f"{kind}; charset=utf-8") if name else None
