"""Once an hour: put everything whose time has come into the queue of whoever does it.

Nothing is changed here. Who takes an errand looks at what is so then, so a sweep may be repeated, cut short, or late.
"""

from collections.abc import Callable
from datetime import datetime

from health_monitor.model.alert import Errand
from health_monitor.model.outreach import Conversation
from health_monitor.ports.alerts import Outbox
from health_monitor.ports.outreach import Conversations


def sweep_due(
    now: datetime, conversations: Conversations, outbox: Outbox, *, as_of: datetime | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> dict[str, int]:  # fmt: skip
    """How many mails and how many follow-ups went into their queues, and how many are left to the next sweep.

    as_of: the moment that the errands carry, where the sweep was started for another time than now.
    """
    counts = {"mails": 0, "follow_ups": 0, "left": 0}
    for one in conversations.due(now):
        if enough():
            counts["left"] += 1
            continue
        mails, others = _mails(one, now, as_of), _others(one, now, as_of)
        outbox.put([*mails, *others])
        counts["mails"] += len(mails)
        counts["follow_ups"] += len(others)
    return counts


def _mails(one: Conversation, now: datetime, as_of: datetime | None) -> list[Errand]:
    """A mail that goes out by itself, or that somebody pressed send on."""
    return [
        Errand(
            errand_id=f"{one.conversation_id}/outreach/{mail.step}/{mail.due_at.isoformat()}", channel="outreach",
            conversation_id=one.conversation_id, step=mail.step, as_of=as_of,
        )
        for mail in one.mails
        if mail.status in ("queued", "approved") and mail.due_at and mail.due_at <= now
    ]  # fmt: skip


def _others(one: Conversation, now: datetime, as_of: datetime | None) -> list[Errand]:
    """An answer that did not come, a time to wait that is over, a mail of which nobody knows whether it was sent."""
    moments = [mail.sending_until for mail in one.mails if mail.status == "sending"]
    if one.ended is None:
        moments += [one.follow_up_at, one.task_at, one.snoozed_until]
    due = [at for at in moments if at and at <= now]
    if not due:
        return []
    errand = Errand(
        errand_id=f"{one.conversation_id}/follow_up/{min(due).isoformat()}", channel="follow_up",
        conversation_id=one.conversation_id, step="follow_up", as_of=as_of,
    )  # fmt: skip
    return [errand]
