"""What a night's accounts say together: the incident, the medians, tomorrow's benchmarks."""

from datetime import date, timedelta
from typing import Any

from health_monitor.flows.health_summary import NightHealth
from health_monitor.flows.quality import lacking_in
from health_monitor.flows.runs import (
    NIGHTLY,
    OUTSIDE,
    lines_prefix,
    read_bundle,
    read_json,
    read_ledger,
    read_lines,
    run_key,
    summary_key,
    to_json,
    write_benchmarks,
)
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.run import Plan
from health_monitor.ports.blobs import Blobs
from health_monitor.usage.summary import summarise_night


def summarise(plan: Plan, blobs: Blobs) -> dict[str, Any]:
    """The night's summary, also kept beside its plan; where accounts stand together is kept for ever.

    Raises NeedsHuman when a planned batch is missing.
    """
    missing = missing_batches(plan, blobs)
    if missing:
        some = ", ".join(missing[:5]) + ("…" if len(missing) > 5 else "")
        raise NeedsHuman(
            f"{plan.as_of}: {len(missing)} of {plan.batches} batches are missing ({some}); "
            f'redrive the execution, or start it again with {{"as_of": "{plan.as_of}"}}'
        )
    health = NightHealth(plan.as_of)
    rows = [health.taken(row) for row in read_lines(blobs, plan)]
    if len(rows) < plan.planned:
        raise NeedsHuman(
            f"{plan.as_of}: {len(rows)} of {plan.planned} planned accounts were looked at; delete the batch files that "
            f"are too short below {lines_prefix(plan)} and redrive the execution: their states stand"
        )
    lines = [row for row in rows if OUTSIDE not in row]
    bundle, ledger = read_bundle(blobs, plan.config), read_ledger(blobs, plan.as_of - timedelta(days=1))
    night = summarise_night(lines, ledger, plan.late, bundle, plan.as_of)
    summary = {
        "judged": night.judged,
        OUTSIDE: len(rows) - len(lines),
        "no_verdict": night.no_verdict,
        "incident": night.incident,
        "lacking": lacking_in(lines),
    }
    if plan.run == NIGHTLY:
        write_benchmarks(blobs, plan.as_of, night.ledger, night.medians | health.benchmarks())
        blobs.put(summary_key(plan.as_of), to_json(health.summary(bundle.scorecard.coverage_tiers)))
    else:
        summary["incident"] = _summary(blobs, plan.as_of).get("incident", night.incident)
    summary["incident_since"] = _since(blobs, plan.as_of) if summary["incident"] else None
    blobs.put(run_key(plan.as_of, plan.run, "summary.json"), to_json(summary))
    return summary


def _summary(blobs: Blobs, as_of: date) -> dict[str, Any]:
    return read_json(blobs, run_key(as_of, NIGHTLY, "summary.json"))


def _since(blobs: Blobs, as_of: date) -> str:
    """An incident that goes on from the night before is the same incident."""
    before = _summary(blobs, as_of - timedelta(days=1)).get("incident_since")
    return str(before) if before else as_of.isoformat()


def missing_batches(plan: Plan, blobs: Blobs) -> list[str]:
    """Planned batches that have not left their lines: the manifest without the markers."""
    prefix = lines_prefix(plan)
    done = {key.removeprefix(prefix).partition(".")[0] for key in blobs.keys(prefix)}
    return [name for name in (f"{number:05}" for number in range(1, plan.batches + 1)) if name not in done]
