"""Judge one batch of accounts for one night."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from health_monitor.flows.compact import compact
from health_monitor.flows.runs import OUTSIDE, lines_key, pack_lines, read_bundle, read_medians
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.run import Batch, Plan
from health_monitor.model.usage import Series, State
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.intake import Arrivals
from health_monitor.ports.usage import RING_DAYS, Rings, States
from health_monitor.usage.benchmark import LAST_AGE
from health_monitor.usage.night import Judged, judge_night, line


def score_accounts(
    plan: Plan, batch: Batch, blobs: Blobs, accounts: Accounts, rings: Rings, arrivals: Arrivals, states: States
) -> dict[str, Any]:
    """Counts only; the verdicts are in the states and in the batch's file of history.

    What has arrived goes into the rings first; on a dry run it is only counted for this judgement.

    A state that is there already stands, whatever has arrived since: late data never rewrites a verdict.
    """
    bundle, medians = read_bundle(blobs, plan.config), read_medians(blobs, plan.as_of)
    ids = list(batch.account_ids)
    known = accounts.read(ids)
    series = compact(known, rings, arrivals, plan.as_of, keep=not plan.dry_run)
    _must_reach_back(plan, series)
    before = states.read(ids, plan.as_of - timedelta(days=1))
    judged = [
        found
        for account_id, account in known.items()
        if (found := judge_night(
            account, series.get(account_id), before.get(account_id), medians, bundle, plan.as_of, plan.data_from
        ))
    ]  # fmt: skip
    stored = _keep(plan, judged, states)
    rows = [line(one, stored[one.account.account_id], medians, bundle) for one in judged]
    outside = [{"account_id": account_id, OUTSIDE: True} for account_id in ids if account_id not in stored]
    keep = blobs.put if plan.dry_run else blobs.put_absent
    keep(lines_key(plan, batch.batch), pack_lines(rows + outside))
    return {"batch": batch.batch, "judged": len(rows), OUTSIDE: len(outside)}


def _must_reach_back(plan: Plan, rings: Mapping[str, Series]) -> None:
    """A full ring that ends long after the night has lost days that the night's baseline needs."""
    today = plan.as_of.toordinal()
    data_from = plan.data_from.toordinal() if plan.data_from else 0
    for account_id, ring in rings.items():
        if len(ring.events) >= RING_DAYS and ring.first_day > max(data_from, today - LAST_AGE):
            raise NeedsHuman(
                f"the ring of {account_id} begins on {date.fromordinal(ring.first_day)}, too late for the baseline of "
                f"{plan.as_of}; run health-monitor rebuild --through {plan.as_of}, then this night and those after it, "
                "then health-monitor rebuild"
            )


def _keep(plan: Plan, judged: list[Judged], states: States) -> dict[str, State]:
    fresh = {one.account.account_id: one.state for one in judged}
    return fresh if plan.dry_run else states.write_absent(fresh)
