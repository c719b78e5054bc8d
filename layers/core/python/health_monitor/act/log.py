"""The log of a conversation: every decision about it, and why."""

from datetime import datetime
from typing import Any

from health_monitor.model.outreach import Conversation, Entry, Step, What

GAP = "left_out"
LONGEST_REASON = 400
LONGEST_LOG, FIRST_KEPT = 120, 20
"""A stored conversation has 400 KB. Of a longer log the first entries and the latest stay, and a gap says so."""


def note(
    conversation: Conversation, at: datetime, what: What, code: str, because: str, *, step: Step | None = None,
    by: str = "automatic", **changes: Any,
) -> Conversation:  # fmt: skip
    """The conversation with these changes and one more entry; the same decision again adds none."""
    entry = Entry(at=at, step=step, what=what, code=code, because=because[:LONGEST_REASON], by=by)
    last = next((one for one in reversed(conversation.log) if one.step == step), None)
    repeated = last is not None and (last.what, last.code, last.by) == (what, code, by)
    log = conversation.log if repeated else _bounded((*conversation.log, entry))
    changed = conversation.model_copy(update={**changes, "log": log})
    return conversation if changed == conversation else changed


def _bounded(log: tuple[Entry, ...]) -> tuple[Entry, ...]:
    if len(log) <= LONGEST_LOG:
        return log
    oldest_left = log[len(log) - (LONGEST_LOG - FIRST_KEPT)]
    gap = oldest_left.model_copy(update={"what": "waits", "code": GAP, "because": "earlier entries are left out here"})
    return (*log[:FIRST_KEPT], gap, *log[len(log) - (LONGEST_LOG - FIRST_KEPT) + 1 :])
