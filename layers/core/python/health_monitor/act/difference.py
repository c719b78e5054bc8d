"""What a person changed in a draft before sending it, word by word."""

from difflib import SequenceMatcher
from itertools import islice

from health_monitor.model.outreach import Mail, Wording

SHOWN = 3
_LONGEST = 60


def difference(before: Wording, after: Wording) -> str:
    """Such as `1 word removed, 2 added: “Hi” → “Good morning”`; empty when nothing changed.

    The first few places are shown, each cut to 60 characters.
    """
    old, new = _words(before), _words(after)
    changed = [part for part in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if part[0] != "equal"]
    if not changed:
        return ""
    out, into = sum(b - a for _, a, b, _, _ in changed), sum(d - c for _, _, _, c, d in changed)
    both = bool(out and into)
    shown = [_place(old[a:b], new[c:d], both) for _, a, b, c, d in islice(changed, SHOWN)]
    if len(changed) > SHOWN:
        shown.append(f"and {len(changed) - SHOWN} more")
    counts = [f"{n} {{}}{did}" for n, did in ((out, "removed"), (into, "added")) if n]
    first = f"{'word' if (out or into) == 1 else 'words'} "
    return f"{', '.join(one.format('' if at else first) for at, one in enumerate(counts))}: {'; '.join(shown)}"


def _place(old: list[str], new: list[str], both: bool) -> str:
    """Where all were added, or all removed, the count has said so already."""
    if old and new:
        return f"{_quote(old)} → {_quote(new)}"
    return f"{('added ' if new else 'removed ') if both else ''}{_quote(old or new)}"


def edited(mail: Mail) -> str:
    """The same between a mail's draft and what a person made of it."""
    return difference(mail.suggested, mail.final)


def _words(wording: Wording) -> list[str]:
    return f"{wording.subject}\n{wording.text}".split()


def _quote(words: list[str]) -> str:
    text = " ".join(words)
    return f"“{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}”"
