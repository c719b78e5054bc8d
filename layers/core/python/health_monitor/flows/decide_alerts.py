"""Raise, escalate and resolve the night's alerts; tell people, or hold back while the data is in doubt."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from health_monitor.act.wording import alert_messages, operations_messages
from health_monitor.decide.alerts import alert_of, as_of_today
from health_monitor.flows.quality import quality_notice
from health_monitor.flows.runs import NIGHTLY, OUTSIDE, read_bundle, read_json, read_lines, run_key, to_json
from health_monitor.model.account import Account
from health_monitor.model.alert import Alert, Errand, Message, Notice
from health_monitor.model.config import Bundle
from health_monitor.model.run import Plan
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Alerts, Notices, Outbox
from health_monitor.ports.blobs import Blobs
from health_monitor.usage.incident import held_back
from health_monitor.usage.night import line_state

CHUNK = 100


@dataclass(frozen=True)
class Desk:
    """Everything that deciding writes to, and whom it tells."""

    blobs: Blobs
    accounts: Accounts
    alerts: Alerts
    notices: Notices
    outbox: Outbox
    operations_email: str
    slack_channel: str


def decide_alerts(plan: Plan, desk: Desk) -> dict[str, Any]:
    """Counts of what the night changed; repeating it changes nothing and tells nobody twice."""
    bundle = read_bundle(desk.blobs, plan.config)
    summary = read_json(desk.blobs, run_key(plan.as_of, plan.run, "summary.json"))
    counts = {"opened": 0, "escalated": 0, "resolved": 0, "held": 0, "released": 0}
    for chunk in _happenings(plan, desk):
        ready: list[Message | Errand] = []
        for row, account in chunk:
            alert = _alert(plan, row, account, summary["incident"], bundle)
            counts[row["happened"]] += 1
            if not plan.dry_run:
                held, messages = _record(plan, row, account, alert, summary["incident"], desk, bundle)
                counts["held"] += held
                ready += messages
        desk.outbox.put(ready)
    if not plan.dry_run:
        _tell_incident(plan, summary, counts["held"], desk)
        _tell_quality(plan, summary, desk)
    if plan.run == NIGHTLY:
        counts["released"] = _release(plan, summary["incident"], desk)
    desk.blobs.put(run_key(plan.as_of, plan.run, "decided.json"), to_json(counts))
    return counts


def _happenings(plan: Plan, desk: Desk) -> Iterator[list[tuple[dict[str, Any], Account]]]:
    rows = [row for row in read_lines(desk.blobs, plan) if OUTSIDE not in row and row["happened"]]
    for at in range(0, len(rows), CHUNK):
        chunk = rows[at : at + CHUNK]
        known = desk.accounts.read([row["account_id"] for row in chunk])
        yield [(row, known[row["account_id"]]) for row in chunk if row["account_id"] in known]


def _alert(plan: Plan, row: dict[str, Any], account: Account, incident: str | None, bundle: Bundle) -> Alert:
    episode = line_state(row).episode
    assert episode is not None, "a line that says something happened has an episode"
    held = row["happened"] == "opened" and incident and held_back(account, episode.usage_drop, bundle)
    return alert_of(
        account, episode, row["windows"], profile=row["profile"], variant=row["variant"], config=plan.config,
        suppressed=incident if held else None,
    )  # fmt: skip


def _record(
    plan: Plan, row: dict[str, Any], account: Account, alert: Alert, incident: str | None, desk: Desk, bundle: Bundle
) -> tuple[bool, tuple[Message | Errand, ...]]:
    """Whether it is held back tonight, and what to queue now that all is saved.

    What was saved before is told again: dying between saving and queueing is healed by repeating both.
    """
    happened = row["happened"]
    if happened == "resolved":
        assert alert.resolved_on, "a resolved episode has its day"
        assert alert.resolution, "and how it ended"
        desk.alerts.resolve(alert.alert_id, alert.resolved_on, alert.resolution)
        return False, ()
    if happened == "opened":
        desk.alerts.save_absent(alert)
    else:
        desk.alerts.escalate(alert.alert_id, plan.as_of)
    held = bool(incident) and held_back(account, alert.highest_usage_drop, bundle)
    told = alert if happened == "opened" else as_of_today(alert, line_state(row).verdict)
    stored = desk.notices.save_absent(_notice(plan, happened, account, told, held, desk, bundle))
    return held, stored.messages if stored.status == "ready" else ()


def _notice(
    plan: Plan, happened: str, account: Account, alert: Alert, held: bool, desk: Desk, bundle: Bundle
) -> Notice:
    return Notice(
        notice_id=f"{alert.alert_id}/{happened}",
        alert_id=alert.alert_id,
        account_id=account.account_id,
        kind="opened" if happened == "opened" else "escalated",
        status="held" if held else "ready",
        # Nights that are caught up follow each other in seconds: what they hold waits from the last of them on.
        due_on=plan.through + timedelta(days=bundle.data_incident.hold_days) if held else plan.as_of,
        messages=alert_messages(account, alert, happened, plan.as_of, desk.operations_email, desk.slack_channel),
    )


def _tell_incident(plan: Plan, summary: dict[str, Any], held: int, desk: Desk) -> None:
    if not summary["incident"] or plan.run != NIGHTLY:
        return
    notice_id = f"incident/{summary['incident_since']}"
    text = (
        f"On {plan.as_of} the data looks wrong or the whole portfolio went quiet: {summary['incident']}.\n"
        f"{held} new usage alerts and escalations are held back. What is still open when this ends, or after two days, "
        "is delivered; severe drops of high-value accounts were delivered at once.\n"
        "Check that events arrive: health-monitor runs"
    )
    messages = operations_messages(
        notice_id, "Data incident: usage alerts are held back", text, desk.operations_email, desk.slack_channel
    )
    notice = Notice(
        notice_id=notice_id, alert_id=None, account_id=None, kind="incident", status="ready",
        due_on=date.fromisoformat(summary["incident_since"]), messages=messages,
    )  # fmt: skip
    desk.outbox.put(desk.notices.save_absent(notice).messages)


def _tell_quality(plan: Plan, summary: dict[str, Any], desk: Desk) -> None:
    notice = quality_notice(plan, summary, desk.operations_email, desk.slack_channel)
    if notice and plan.run == NIGHTLY:
        desk.outbox.put(desk.notices.save_absent(notice).messages)


def _raised_on(notice: Notice, alert: Alert) -> date:
    """The night that the notice speaks of."""
    return (alert.escalated_on if notice.kind == "escalated" else None) or alert.opened_on


def _release(plan: Plan, incident: str | None, desk: Desk) -> int:
    """Deliver what earlier nights held: all of it when the incident is over, else what has waited long enough."""
    until, ready = plan.as_of if incident else date.max, []
    for notice in desk.notices.held(until):
        alert = desk.alerts.get(notice.alert_id or "")
        if alert is None or _raised_on(notice, alert) >= plan.as_of:
            continue
        if alert.is_open:
            ready.append(notice)
        else:
            desk.notices.drop(notice.notice_id)
    desk.outbox.put([message for notice in ready for message in notice.messages])
    for notice in ready:
        desk.notices.release(notice.notice_id)
    return len(ready)
