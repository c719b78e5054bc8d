"""Close a night: its record when it went well, what is missing when it did not."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from health_monitor.act.wording import operations_messages
from health_monitor.flows.plan_scoring import through_of
from health_monitor.flows.runs import NIGHTLY, OUTSIDE, read_json, run_key
from health_monitor.flows.summarise import missing_batches
from health_monitor.model.alert import Notice
from health_monitor.model.errors import NeedsHuman
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
    result = record.model_dump(mode="json", exclude={"finished_at"}) | {"outreach": decided["outreach"]}
    if plan.run == NIGHTLY and plan.as_of < plan.through:
        return result | {"next": {"as_of": plan.through.isoformat(), "config": plan.config}}
    return result


def report_failure(
    given: Mapping[str, Any], execution: str, cause: str, now: datetime, blobs: Blobs, journal: Journal,
    notices: Notices, outbox: Outbox, operations_email: str, slack_channel: str,
) -> RunRecord | None:  # fmt: skip
    """Operations hear of it once an execution. The record, with the batches it lacks, when it was a whole night."""
    record, about, subject, text = _what_failed(given, execution, cause, now, blobs, journal)
    notice_id = f"run_failed/{about}/{execution}"
    notice = Notice(
        notice_id=notice_id, alert_id=None, account_id=None, kind="run_failed", status="ready",
        due_on=record.as_of if record else now.date(),
        messages=operations_messages(notice_id, subject, text, operations_email, slack_channel),
    )  # fmt: skip
    outbox.put(notices.save_absent(notice).messages)
    return record


def _what_failed(
    given: Mapping[str, Any], execution: str, cause: str, now: datetime, blobs: Blobs, journal: Journal
) -> tuple[RunRecord | None, str, str, str]:
    """The night's record if it was one, what to call it, and what operations read: subject and text."""
    ended = f"Execution {execution} ended with: {cause}"
    try:
        asked = RunInput.asked(given)
        through = through_of(asked, now)
    except NeedsHuman as mistake:
        why = "" if str(mistake) in cause else f": {mistake}"
        text = f"{ended}\nIts input cannot be used{why}; nothing was judged or sent."
        return None, "input", "A run could not start", text
    if asked.accounts or asked.dry_run:
        what = "The dry run" if asked.dry_run else "The run of some accounts"
        text = f"{ended}\nNo night is missing because of it. Start it again with the same input."
        return None, str(through), f"{what} of {through} failed", text
    last = journal.last_complete()
    if last and through <= last:
        text = f"{ended}\nThe nights through {last} are judged and stand: no night is missing because of it. "
        text += "Start it again with the same input."
        return None, str(through), f"The run of {through} failed", text
    record, text = _failed_night(through, last, ended, now, blobs, journal)
    return record, str(record.as_of), f"The night of {record.as_of} failed", text


def _failed_night(
    through: date, last: date | None, ended: str, now: datetime, blobs: Blobs, journal: Journal
) -> tuple[RunRecord, str]:
    as_of = min(through, last + timedelta(days=1)) if last else through
    kept = blobs.get(run_key(as_of, NIGHTLY, "plan.json"))
    plan = Plan.model_validate_json(kept) if kept else None
    missing = missing_batches(plan, blobs) if plan else []
    record = RunRecord(
        as_of=as_of, run=NIGHTLY, status="failed", config=plan.config if plan else "none",
        planned=plan.planned if plan else 0, judged=0, missing_batches=tuple(missing), finished_at=now,
    )  # fmt: skip
    journal.save_run(record)
    return record, _text(record, plan, ended)


def _text(record: RunRecord, plan: Plan | None, ended: str) -> str:
    what = "It stopped before it was planned." if plan is None else _missing(record, plan)
    return (
        f"{ended}\n{what}\n"
        "Redrive it in the Step Functions console (it goes on where it stopped), or start it again with "
        f'{{"as_of": "{record.as_of}"}}. Nothing is judged or sent twice.'
    )


def _missing(record: RunRecord, plan: Plan) -> str:
    if not record.missing_batches:
        return f"All {plan.batches} batches are judged; a later step failed."
    shown = ", ".join(record.missing_batches[:10])
    return f"{len(record.missing_batches)} of {plan.batches} batches are not judged yet: {shown}."
