"""What a person changed in a draft before sending it, word by word."""

from difflib import SequenceMatcher
from itertools import islice

from health_monitor.model.outreach import Mail, Wording

SHOWN = 3
_LONGEST = 60


def difference(before: Wording, after: Wording) -> str:
    """Such as `1 word out, 2 in: "Hi" → "Good morning"`; empty when nothing changed.

    The first few places are shown, each cut to 60 characters.
    """
    old, new = _words(before), _words(after)
    changed = [part for part in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if part[0] != "equal"]
    if not changed:
        return ""
    out, into = sum(b - a for _, a, b, _, _ in changed), sum(d - c for _, _, _, c, d in changed)
    shown = [f"{_quote(old[a:b])} → {_quote(new[c:d])}" for _, a, b, c, d in islice(changed, SHOWN)]
    if len(changed) > SHOWN:
        shown.append(f"and {len(changed) - SHOWN} more")
    return f"{out} {'word' if out == 1 else 'words'} out, {into} in: {'; '.join(shown)}"


def edited(mail: Mail) -> str:
    """The same between a mail's draft and what a person made of it."""
    return difference(mail.suggested, mail.final)


def _words(wording: Wording) -> list[str]:
    return f"{wording.subject}\n{wording.text}".split()


def _quote(words: list[str]) -> str:
    text = " ".join(words)
    return f'"{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"}"' if words else "nothing"
