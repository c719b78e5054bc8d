"""Accounts of which something is missing that alerts need: told to operations once for each set of them."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from health_monitor.act.wording import operations_messages, quality_text
from health_monitor.flows.runs import to_json
from health_monitor.model.alert import Notice
from health_monitor.model.run import Plan

LISTED = 20
"""Accounts that the message names; it counts the others."""
SUBJECT = "Accounts without a tier or a CSM"


def lacking_in(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """What the night's accounts lack: a digest of all, the first of them, and how many there are."""
    lacking = {row["account_id"]: row["lacks"] for row in rows if row.get("lacks")}
    if not lacking:
        return None
    listed = {account_id: lacking[account_id] for account_id in sorted(lacking)[:LISTED]}
    digest = hashlib.sha256(to_json(lacking)).hexdigest()[:16]
    return {"digest": digest, "accounts": listed, "total": len(lacking)}


def quality_notice(plan: Plan, summary: Mapping[str, Any], operations_email: str, slack_channel: str) -> Notice | None:
    """The notice about them; the same set always makes the same one."""
    lacking = summary.get("lacking")
    if not lacking:
        return None
    notice_id = _notice_id(lacking)
    text = quality_text(lacking["accounts"], lacking["total"])
    return Notice(
        notice_id=notice_id, kind="data_quality", status="ready", due_on=plan.as_of,
        messages=operations_messages(notice_id, SUBJECT, text, operations_email, slack_channel),
    )  # fmt: skip


def told_about(summary: Mapping[str, Any], account_id: str) -> list[str]:
    """The notices of a night that name the account."""
    lacking = summary.get("lacking")
    return [_notice_id(lacking)] if lacking and account_id in lacking["accounts"] else []


def _notice_id(lacking: Mapping[str, Any]) -> str:
    return f"data_quality/{lacking['digest']}"
