"""How an account used the product when a conversation about it began, and 14, 30 and 60 days later; who left."""

from collections import defaultdict
from datetime import date, timedelta
from functools import partial
from typing import Any

from health_monitor.act.conversation import measured
from health_monitor.flows.conversing import change
from health_monitor.flows.learn_retention import learn_retention
from health_monitor.flows.runs import NIGHTLY, OUTSIDE, read_lines
from health_monitor.model.errors import AlreadyDone
from health_monitor.model.outreach import MEASURED_AFTER, Conversation
from health_monitor.model.run import Plan
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.dossiers import Dossiers
from health_monitor.ports.outreach import Conversations
from health_monitor.usage.night import line_state


def learn_outcomes(
    plan: Plan, blobs: Blobs, conversations: Conversations, accounts: Accounts, dossiers: Dossiers
) -> dict[str, Any]:
    """Record the night's index with each conversation that is as old tonight, and what old scores were worth.

    Repeating it changes nothing. A night that is caught up comes by here like any other, with the lines of its own day.
    """
    if plan.run != NIGHTLY or plan.dry_run:
        return {"measured": 0, "retention": 0}
    judged = learn_retention(plan, blobs, accounts, dossiers)
    return {"measured": _measure(plan, blobs, conversations), "retention": judged}


def _measure(plan: Plan, blobs: Blobs, conversations: Conversations) -> int:
    """How many were measured. One that was not judged is recorded as None: missing is not zero."""
    wanted = _wanted(plan.as_of, conversations)
    if not wanted:
        return 0
    known = {row["account_id"]: _index(row) for row in read_lines(blobs, plan) if row["account_id"] in wanted}
    done = 0
    for account_id, some in sorted(wanted.items()):
        for name, days in some:
            done += _record(name, partial(measured, day=days, index=known.get(account_id)), conversations)
    return done


def _wanted(as_of: date, conversations: Conversations) -> dict[str, list[tuple[str, int]]]:
    """By account: each conversation's id, and how many days old it is; nothing but their ids is read."""
    ages = {(as_of - timedelta(days=days)).isoformat(): days for days in MEASURED_AFTER}
    wanted: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for name in conversations.ids():
        account_id, _, opened_on = name.rsplit("/", 2)
        if opened_on in ages:
            wanted[account_id].append((name, ages[opened_on]))
    return wanted


def _index(row: dict[str, Any]) -> float | None:
    if OUTSIDE in row:
        return None
    verdict = line_state(row).verdict
    return None if verdict.reason else verdict.index


def _record(name: str, fn: "partial[Conversation]", conversations: Conversations) -> bool:
    try:
        change(conversations, name, fn)
    except AlreadyDone:  # it was erased
        return False
    return True
