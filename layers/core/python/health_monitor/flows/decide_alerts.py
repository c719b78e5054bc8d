"""Raise, escalate and resolve the night's alerts; tell people, or hold back while the data is in doubt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from health_monitor.act.wording import operations_messages
from health_monitor.decide.alerts import alert_of, as_of_today
from health_monitor.flows.begin_outreach import MODEL_DRAFTS, OutreachDesk, Raised, begin, drop, let_go, resolved
from health_monitor.flows.go_live import standing
from health_monitor.flows.log_to_crm import after_the_night
from health_monitor.flows.quality import quality_notice
from health_monitor.flows.reassign import reassign_all
from health_monitor.flows.runs import NIGHTLY, OUTSIDE, read_bundle, read_json, read_lines, run_key, to_json
from health_monitor.flows.tell_signals import Teller, tell_signals
from health_monitor.model.account import Account
from health_monitor.model.alert import USAGE_DROP, Alert, Errand, Message, Notice, alert_id
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
    outreach: OutreachDesk


@dataclass(frozen=True)
class _Night:
    """What every alert of a night is decided with; `worst`: the accounts whose drafts a model may word."""

    plan: Plan
    bundle: Bundle
    incident: str | None
    worst: frozenset[str]
    desk: Desk


def decide_alerts(plan: Plan, desk: Desk) -> dict[str, Any]:
    """Counts of what the night changed; repeating it changes nothing and tells nobody twice."""
    bundle = read_bundle(desk.blobs, plan.config)
    summary = read_json(desk.blobs, run_key(plan.as_of, plan.run, "summary.json"))
    episodes = [row for row in read_lines(desk.blobs, plan) if OUTSIDE not in row and "episode" in row["state"]]
    rows = [row for row in episodes if row["happened"]]
    night = _Night(plan, bundle, summary["incident"], _worst(rows), desk)
    counts = {"opened": 0, "escalated": 0, "resolved": 0, "held": 0, "released": 0}
    for chunk in _with_accounts(rows, desk):
        ready: list[Message | Errand] = []
        for row, account in chunk:
            counts[row["happened"]] += 1
            if not plan.dry_run:
                held, messages = _record(row, account, _alert(row, account, night), night)
                counts["held"] += held
                ready += messages
        desk.outbox.put(ready)
    if not plan.dry_run:
        _tell_incident(plan, summary, counts["held"], desk)
        _tell_quality(plan, summary, desk)
        _tell_signals(night, summary)
    if plan.run == NIGHTLY:
        counts["released"] = _release(plan, summary["incident"], desk)
    if plan.run == NIGHTLY and not plan.dry_run:
        _follow_the_csms(episodes, night)
        desk.outbox.put(after_the_night(plan.as_of, map(_alert_id, episodes)))
    decided = counts | {"outreach": standing(desk.outreach.switch.get())}
    desk.blobs.put(run_key(plan.as_of, plan.run, "decided.json"), to_json(decided))
    return decided


def _follow_the_csms(episodes: list[dict[str, Any]], night: _Night) -> None:
    """Whose open alert has another CSM by now is that one's to decide."""
    desk, outreach = night.desk, night.desk.outreach
    still = [row for row in episodes if row["happened"] != "resolved"]
    for chunk in _with_accounts(still, desk):
        alerts = [(_alert_id(row), account) for row, account in chunk]
        reassign_all(alerts, outreach.clock.now(), night.bundle.team, outreach.conversations, desk.outbox)


def _alert_id(row: dict[str, Any]) -> str:
    return alert_id(row["account_id"], USAGE_DROP, date.fromisoformat(row["state"]["episode"]["opened_on"]))


def _worst(rows: Sequence[dict[str, Any]]) -> frozenset[str]:
    """Those who lost the largest share of their usage."""
    raised = [row for row in rows if row["happened"] != "resolved"]
    raised.sort(key=lambda row: (line_state(row).verdict.ratio or 0.0, row["account_id"]))
    return frozenset(row["account_id"] for row in raised[:MODEL_DRAFTS])


def _with_accounts(rows: list[dict[str, Any]], desk: Desk) -> Iterator[list[tuple[dict[str, Any], Account]]]:
    for at in range(0, len(rows), CHUNK):
        chunk = rows[at : at + CHUNK]
        known = desk.accounts.read([row["account_id"] for row in chunk])
        yield [(row, known[row["account_id"]]) for row in chunk if row["account_id"] in known]


def _alert(row: dict[str, Any], account: Account, night: _Night) -> Alert:
    episode = line_state(row).episode
    assert episode is not None, "a line that says something happened has an episode"
    held = row["happened"] == "opened" and night.incident and held_back(account, episode.usage_drop, night.bundle)
    return alert_of(
        account, episode, row["windows"], profile=row["profile"], variant=row["variant"], config=night.plan.config,
        suppressed=night.incident if held else None,
    )  # fmt: skip


def _record(
    row: dict[str, Any], account: Account, alert: Alert, night: _Night
) -> tuple[bool, tuple[Message | Errand, ...]]:
    """Whether it is held back tonight, and what to queue now that all is saved.

    What was saved before is told again: dying between saving and queueing is healed by repeating both.
    """
    happened, desk = row["happened"], night.desk
    if happened == "resolved":
        assert alert.resolved_on, "a resolved episode has its day"
        assert alert.resolution, "and how it ended"
        desk.alerts.resolve(alert.alert_id, alert.resolved_on, alert.resolution)
        resolved(alert, desk.outreach)
        return False, ()
    if happened == "opened":
        desk.alerts.save_absent(alert)
    else:
        desk.alerts.escalate(alert.alert_id, night.plan.as_of)
    held = bool(night.incident) and held_back(account, alert.highest_usage_drop, night.bundle)
    told = alert if happened == "opened" else as_of_today(alert, line_state(row).verdict)
    raised = Raised(told, account, happened, held, account.account_id in night.worst)
    stored = desk.notices.save_absent(_notice(raised, night))
    return held, stored.messages if stored.status == "ready" else ()


def _notice(raised: Raised, night: _Night) -> Notice:
    alert, plan = raised.alert, night.plan
    hold_days = timedelta(days=night.bundle.data_incident.hold_days)
    return Notice(
        notice_id=f"{alert.alert_id}/{raised.kind}",
        alert_id=alert.alert_id,
        account_id=raised.account.account_id,
        kind=raised.kind,
        status="held" if raised.held else "ready",
        # Nights that are caught up follow each other in seconds: what they hold waits from the last of them on.
        due_on=plan.through + hold_days if raised.held else plan.as_of,
        messages=begin(raised, night.bundle, plan, night.desk.outreach),
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


def _tell_signals(night: _Night, summary: dict[str, Any]) -> None:
    if night.plan.run == NIGHTLY:
        desk, since = night.desk, summary["incident_since"]
        teller = Teller(desk.blobs, desk.accounts, desk.notices, desk.outbox, desk.operations_email)
        tell_signals(night.plan, night.bundle, date.fromisoformat(since) if since else None, teller)


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
            let_go(alert.alert_id, desk.outreach)
            ready.append(notice)
        else:
            drop(alert.alert_id, desk.outreach)
            desk.notices.drop(notice.notice_id)
    desk.outbox.put([message for notice in ready for message in notice.messages])
    for notice in ready:
        desk.notices.release(notice.notice_id)
    return len(ready)
