"""Judge one batch of accounts for one night: their usage by the rule, their health by the scorecard, in one pass."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from health_monitor.flows.compact import compact
from health_monitor.flows.health import Seen, read_judging
from health_monitor.flows.health_night import Row, add_health, keep_standings, standings_of
from health_monitor.flows.runs import OUTSIDE, benchmark_before, lines_key, pack_lines, read_bundle, unpack_lines
from health_monitor.model.account import Account
from health_monitor.model.config import Bundle
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.run import Batch, Plan
from health_monitor.model.usage import History, State
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.dossiers import Dossiers, Standings
from health_monitor.ports.intake import Arrivals
from health_monitor.ports.usage import RING_DAYS, Rings, States
from health_monitor.ports.world import World
from health_monitor.usage.benchmark import LAST_AGE
from health_monitor.usage.night import Judged, Medians, judge_night, line

Histories = Mapping[str, History]


@dataclass(frozen=True)
class Stores:
    """What a night reads of its accounts, and where it keeps what it finds."""

    blobs: Blobs
    accounts: Accounts
    rings: Rings
    arrivals: Arrivals
    states: States
    dossiers: Dossiers
    standings: Standings

    @classmethod
    def of(cls, world: World) -> "Stores":
        """Those of a world."""
        return cls(
            world.blobs, world.accounts, world.rings, world.arrivals, world.states, world.dossiers, world.standings
        )


def score_accounts(plan: Plan, batch: Batch, stores: Stores) -> dict[str, Any]:
    """Counts only; the verdicts are in the states, the scores in the standings, both in the batch's file of history.

    What has arrived goes into the rings first; on a dry run it is only counted for this judgement.

    A state that is there already stands, whatever has arrived since: late data never rewrites a verdict. So does the
    file: what it says of an account's health is where the account stands.
    """
    bundle, benchmarks = read_bundle(stores.blobs, plan.config), benchmark_before(stores.blobs, plan.as_of)
    ids = list(batch.account_ids)
    known = stores.accounts.read(ids)
    histories = compact(known, stores.rings, stores.arrivals, plan.as_of, keep=not plan.dry_run)
    _must_reach_back(plan, histories)
    medians, judging = Medians.load(benchmarks), read_judging(plan.as_of, bundle, stores.blobs, benchmarks)
    judged = _judge(plan, known, histories, medians, bundle, stores.states)
    stored = _keep(plan, judged, stores.states)
    rows: list[Row] = [line(one, stored[one.account.account_id], medians, bundle) for one in judged]
    rows += ({"account_id": account_id, OUTSIDE: True} for account_id in ids if account_id not in stored)
    before = stores.standings.read(ids)
    found = add_health(rows, known, _seen(judged, stored, histories), judging, stores.dossiers, before)
    there = _there(plan, batch, rows, stores.blobs)
    if not plan.dry_run:
        standings = found if there is None else standings_of(there, plan.as_of, before)
        keep_standings(standings, before, stores.standings, bundle.scorecard.trend)
    return {"batch": batch.batch, "judged": len(judged), OUTSIDE: len(rows) - len(judged)}


def _must_reach_back(plan: Plan, histories: Histories) -> None:
    """A full ring that ends long after the night has lost days that the night's baseline needs."""
    today = plan.as_of.toordinal()
    data_from = plan.data_from.toordinal() if plan.data_from else 0
    for account_id, (_, ring, *_) in histories.items():
        if len(ring.events) >= RING_DAYS and ring.first_day > max(data_from, today - LAST_AGE):
            raise NeedsHuman(
                f"the ring of {account_id} begins on {date.fromordinal(ring.first_day)}, too late for the baseline of "
                f"{plan.as_of}; run health-monitor rebuild --through {plan.as_of}, then this night and those after it, "
                "then health-monitor rebuild"
            )


def _judge(
    plan: Plan, known: Mapping[str, Account], histories: Histories, medians: Medians, bundle: Bundle, states: States
) -> list[Judged]:
    before = states.read(list(known), plan.as_of - timedelta(days=1))
    series = {account_id: history.series for account_id, history in histories.items()}
    found = (
        judge_night(account, series.get(key), before.get(key), medians, bundle, plan.as_of, plan.data_from)
        for key, account in known.items()
    )
    return [judged for judged in found if judged]


def _keep(plan: Plan, judged: Sequence[Judged], states: States) -> dict[str, State]:
    fresh = {one.account.account_id: one.state for one in judged}
    return fresh if plan.dry_run else states.write_absent(fresh)


def _seen(judged: Sequence[Judged], stored: Mapping[str, State], histories: Histories) -> dict[str, Seen]:
    """Those of whom events are known, with the verdict that stands."""
    return {
        key: Seen(
            histories[key].series, histories[key].users, one.tenure.start, one.tenure.seen_from,
            stored[key].verdict.ratio,
        )
        for one in judged
        if (key := one.account.account_id) in histories
    }  # fmt: skip


def _there(plan: Plan, batch: Batch, rows: list[Row], blobs: Blobs) -> Iterator[Row] | None:
    """Keep the batch's lines; where some were there, these stand, and None otherwise."""
    key = lines_key(plan, batch.batch)
    if plan.dry_run:
        blobs.put(key, pack_lines(rows))
        return None
    return None if blobs.put_absent(key, pack_lines(rows)) else unpack_lines(blobs.get(key) or b"")
