"""Close a night: its record when it went well, what is missing when it did not."""

from datetime import datetime, timedelta
from typing import Any

from health_monitor.act.wording import operations_messages
from health_monitor.flows.plan_scoring import through_of
from health_monitor.flows.runs import NIGHTLY, OUTSIDE, read_json, run_key
from health_monitor.flows.summarise import missing_batches
from health_monitor.model.alert import Notice
from health_monitor.model.run import Plan, RunInput, RunRecord
from health_monitor.ports.alerts import Notices, Outbox
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.journal import Journal


def report_run(plan: Plan, now: datetime, blobs: Blobs, journal: Journal) -> dict[str, Any]:
    """What the night came to; `next` is the input of the following night while nights are still missing."""
    summary = read_json(blobs, run_key(plan.as_of, plan.run, "summary.json"))
    decided = read_json(blobs, run_key(plan.as_of, plan.run, "decided.json"))
    record = RunRecord(
        as_of=plan.as_of, run=plan.run, status="complete", config=plan.config, planned=plan.planned,
        judged=summary["judged"], outside_tenure=summary[OUTSIDE], opened=decided["opened"],
        escalated=decided["escalated"], resolved=decided["resolved"], held=decided["held"],
        no_verdict=summary["no_verdict"], incident=summary["incident"], finished_at=now,
    )  # fmt: skip
    if plan.run == NIGHTLY:
        journal.save_run(record)
    result = record.model_dump(mode="json", exclude={"finished_at"})
    if plan.run == NIGHTLY and plan.as_of < plan.through:
        return result | {"next": {"as_of": plan.through.isoformat()}}
    return result


def report_failure(
    asked: RunInput, execution: str, cause: str, now: datetime, blobs: Blobs, journal: Journal,
    notices: Notices, outbox: Outbox, operations_email: str, slack_channel: str,
) -> RunRecord:  # fmt: skip
    """The record of a night that failed, with the batches it lacks; operations hear of it once an execution."""
    last = journal.last_complete()
    through = through_of(asked, now)
    as_of = min(through, last + timedelta(days=1)) if last else through
    kept = blobs.get(run_key(as_of, NIGHTLY, "plan.json"))
    plan = Plan.model_validate_json(kept) if kept else None
    missing = missing_batches(plan, blobs) if plan else []
    record = RunRecord(
        as_of=as_of, run=NIGHTLY, status="failed", config=plan.config if plan else "none",
        planned=plan.planned if plan else 0, judged=0, missing_batches=tuple(missing), finished_at=now,
    )  # fmt: skip
    journal.save_run(record)
    notice_id = f"run_failed/{as_of}/{execution}"
    messages = operations_messages(
        notice_id,
        f"The night of {as_of} failed",
        _text(record, plan, execution, cause),
        operations_email,
        slack_channel,
    )
    notice = Notice(
        notice_id=notice_id, alert_id=None, account_id=None, kind="run_failed", status="ready", due_on=as_of,
        messages=messages,
    )  # fmt: skip
    outbox.put(notices.save_absent(notice).messages)
    return record


def _text(record: RunRecord, plan: Plan | None, execution: str, cause: str) -> str:
    what = "It stopped before it was planned." if plan is None else _missing(record, plan)
    return (
        f"Execution {execution} ended with: {cause}\n{what}\n"
        "Redrive it in the Step Functions console (it goes on where it stopped), or start it again with "
        f'{{"as_of": "{record.as_of}"}}. Nothing is judged or sent twice.'
    )


def _missing(record: RunRecord, plan: Plan) -> str:
    if not record.missing_batches:
        return f"All {plan.batches} batches are judged; a later step failed."
    shown = ", ".join(record.missing_batches[:10])
    return f"{len(record.missing_batches)} of {plan.batches} batches are not judged yet: {shown}."
