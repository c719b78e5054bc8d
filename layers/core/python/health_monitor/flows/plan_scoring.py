"""Fix what a night is: its day, its configuration, its accounts."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from health_monitor.flows.archive import IMPORTED
from health_monitor.flows.runs import NIGHTLY, REBUILT, config_key, read_bundle, read_json, run_key, to_json
from health_monitor.model.config import Bundle
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.run import Batch, Plan, RunInput, SourceFreshness
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.journal import Journal

BATCH = 200
"""Accounts a child judges: two calls to read them, two to write their states; 19 state transitions per 1,000."""
LONGEST_GAP = timedelta(days=8, hours=12)
"""So long after the end of the last night's day the next may run, before arrivals begin to expire that it needs: they
are kept for 16 days, may be 7 days late, and an hour is read twice."""


def plan_scoring(
    asked: RunInput, now: datetime, default: Bundle, blobs: Blobs, accounts: Accounts, journal: Journal
) -> Plan:
    """The night's plan; planning the same night again gives the plan that was made first."""
    through = through_of(asked, now)
    as_of = night_of(asked, through, journal.last_complete())
    _refuse_unjudged_past(as_of, journal)
    _refuse_stale_rings(as_of, now, blobs, journal)
    version = _config(asked, default, blobs, journal)
    run = _run_name(asked, version)
    plan_key = run_key(as_of, run, "plan.json")
    kept = blobs.get(plan_key)
    if kept is None:
        plan = _planned(asked, as_of, run, version, blobs, accounts, journal).model_copy(update={"through": through})
        if blobs.put_absent(plan_key, plan.model_dump_json().encode()):
            return plan
        kept = blobs.get(plan_key) or b""  # somebody else planned the same night meanwhile, and theirs is the plan
    return _replanned(Plan.model_validate_json(kept), asked, through)


def _planned(
    asked: RunInput, as_of: date, run: str, version: str, blobs: Blobs, accounts: Accounts, journal: Journal
) -> Plan:
    """A new plan; its batches lie under a name made of their content, so that no other plan replaces them."""
    ids = _named(asked.accounts, accounts) if asked.accounts else list(accounts.ids())
    if not ids:
        raise NeedsHuman("there are no accounts yet; import some first: health-monitor import accounts accounts.csv")
    batches = list(_batches(ids))
    lines = b"".join(to_json(batch.model_dump(mode="json")) + b"\n" for batch in batches)
    key = run_key(as_of, run, f"batches-{hashlib.sha256(lines).hexdigest()[:8]}.jsonl")
    blobs.put(key, lines)
    sources = journal.freshness()
    return Plan(
        as_of=as_of, run=run, config=version, bucket=blobs.bucket, batches_key=key, planned=len(ids),
        batches=len(batches), dry_run=asked.dry_run, through=as_of,
        data_from=min((source.complete_from for source in sources), default=None),
        late=tuple(_late(sources, as_of)),
    )  # fmt: skip


def _late(sources: Sequence[SourceFreshness], as_of: date) -> list[str]:
    """Sources that had not delivered the night. Files are waited for only where no source delivers by itself."""
    by_itself = {source.source for source in sources} - {IMPORTED}
    late = [source.source for source in sources if source.days_late(as_of)]
    return sorted(name for name in late if name in by_itself or not by_itself)


def night_of(asked: RunInput, through: date, last_complete: date | None) -> date:
    """The night to judge now: missed nights come first, in order; a night that was judged is judged again."""
    whole = not asked.accounts and not asked.dry_run
    if last_complete is None or through <= last_complete:
        return through
    following = last_complete + timedelta(days=1)
    if not whole and through > following:
        raise NeedsHuman(f"as_of {through} is too early: the next night is {following}; give it, or an earlier one")
    return following


def _refuse_unjudged_past(as_of: date, journal: Journal) -> None:
    """A day before the first night has no states: judging it now would raise alerts about a past nobody watched."""
    last, record = journal.last_complete(), journal.run(as_of)
    if last and as_of <= last and (record is None or record.run != NIGHTLY):
        raise NeedsHuman(
            f"as_of {as_of} lies before the first night, whose past backfill has judged; "
            "see what the rule says of it with health-monitor replay"
        )


def _refuse_stale_rings(as_of: date, now: datetime, blobs: Blobs, journal: Journal) -> None:
    """Rings that lack something would be judged as if it had never happened."""
    rebuilt, last = read_json(blobs, REBUILT), journal.last_complete()
    ends = rebuilt.get("rings_through")
    if ends and as_of > date.fromisoformat(ends):
        raise NeedsHuman(
            f"the rings end on {ends}, as the last rebuild was told; run health-monitor rebuild --through {as_of} "
            "for this night, or health-monitor rebuild when no more nights are to be caught up"
        )
    # Not the moment it finished: a night that is caught up late still says of its rings that they reach to its own day.
    moments = [datetime.combine(last + timedelta(days=1), time(), UTC)] if last else []
    if moments and rebuilt:
        moments.append(datetime.fromisoformat(rebuilt["at"]))
    if moments and now - max(moments) > LONGEST_GAP:
        raise NeedsHuman(
            f"no night was judged since {max(moments):%Y-%m-%d}: arrivals may have expired; "
            "run health-monitor rebuild, then start again"
        )


def through_of(asked: RunInput, now: datetime) -> date:
    """The last night asked for: `as_of`, else the day before the scheduled time, else yesterday."""
    latest = now.date() - timedelta(days=1)
    at = asked.scheduled_time
    through = asked.as_of or (at.astimezone(UTC).date() - timedelta(days=1) if at else latest)
    if through > latest:
        raise NeedsHuman(f"as_of {through} is not over yet; the last complete day is {latest} (UTC)")
    return through


def _config(asked: RunInput, default: Bundle, blobs: Blobs, journal: Journal) -> str:
    if asked.config:
        read_bundle(blobs, asked.config)
        return asked.config
    return live_config(default, blobs, journal)


def live_config(default: Bundle, blobs: Blobs, journal: Journal) -> str:
    """The version that new runs use; the first of all runs stores and points to the one that came with the product."""
    live = journal.live_config()
    if live:
        return live
    blobs.put_absent(config_key(default.version), default.to_json())
    journal.point_config(default.version, only_if_none=True)
    return journal.live_config() or default.version


def _named(asked: tuple[str, ...], accounts: Accounts) -> list[str]:
    """The accounts that were asked for, each once. A misspelt one would be looked at and found outside its tenure."""
    ids = sorted(set(asked))
    known = accounts.read(ids)
    unknown = [account_id for account_id in ids if account_id not in known]
    if unknown:
        raise NeedsHuman(
            f"input.accounts: unknown (found {', '.join(map(repr, unknown[:5]))}); check their spelling, "
            "or import them: health-monitor import accounts accounts.csv"
        )
    return ids


def _run_name(asked: RunInput, version: str) -> str:
    if not asked.accounts and not asked.dry_run:
        return NIGHTLY
    what = to_json([sorted(set(asked.accounts or ())), version])
    return f"{'dry' if asked.dry_run else 'only'}-{hashlib.sha256(what).hexdigest()[:8]}"


def _replanned(plan: Plan, asked: RunInput, through: date) -> Plan:
    if asked.config and asked.config != plan.config:
        raise NeedsHuman(
            f"{plan.as_of} was planned with configuration {plan.config}; its verdicts stand. "
            f'To see what {asked.config} would say, add "dry_run": true'
        )
    return plan.model_copy(update={"through": through})


def _batches(ids: list[str]) -> Iterator[Batch]:
    rest = iter(ids)
    number = 0
    while own := tuple(islice(rest, BATCH)):
        number += 1
        yield Batch(batch=f"{number:05}", account_ids=own)
