"""Whether all is well, and where it is not, what to do next."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from health_monitor.flows.archive import IMPORTED
from health_monitor.flows.erase import is_overdue
from health_monitor.flows.reception import QUARANTINE
from health_monitor.flows.runs import LATE
from health_monitor.model.run import RunRecord, SourceFreshness
from health_monitor.model.source import SourceState
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.world import World

QUARANTINE_DAYS = 7


class Line(NamedTuple):
    """One thing to know. `action` is what a person has to do; None when nothing."""

    about: str
    said: str
    action: str | None = None


def status(world: World, configured: Iterable[str] = ()) -> list[Line]:
    """Every source, the last night, and everything that waits for somebody."""
    now = world.clock.now()
    return [
        *_sources(world, set(configured), now),
        _last_run(world.journal.runs(1), now),
        *_files(world.blobs, now),
        _unmatched(len(world.unmatched.all())),
        _erasures(world, now),
        *_dead_letters(world.dead_letters.depths()),
    ]


def _sources(world: World, configured: set[str], now: datetime) -> Iterator[Line]:
    states = {state.source: state for state in world.sources.all()}
    fresh = {one.source: one for one in world.journal.freshness()}
    # Files are waited for only where no source delivers usage by itself.
    known = (configured | states.keys() | fresh.keys()) - ({IMPORTED} if len(fresh) > 1 else set())
    for name in sorted(known):
        yield _source(name, states.get(name, SourceState(source=name)), fresh.get(name), now)
    if not configured | states.keys() | fresh.keys():
        action = "import events: health-monitor import events events.csv; or enable a source in config/sources.yaml"
        yield Line("sources", "none has delivered yet", action)


def _source(name: str, state: SourceState, fresh: SourceFreshness | None, now: datetime) -> Line:
    if state.paused_at:
        said = f"paused since {state.paused_at:%Y-%m-%d %H:%M} UTC: {state.paused_because}"
        return Line(name, said, f"when that is mended: health-monitor source resume {name}")
    if fresh is None and state.last_pull_at:  # a CRM, which tells of accounts and of no day's usage
        silent = now - state.last_pull_at > timedelta(days=1)
        return Line(name, f"pulled {state.last_pull_at:%Y-%m-%d %H:%M} UTC", _late_action(name) if silent else None)
    if fresh is None:
        action = "see that its schedule or webhook is set up (docs/operate.md), and its function's log"
        return Line(name, "never delivered", action)
    said = f"complete through {fresh.complete_through}, received {fresh.received_at:%Y-%m-%d %H:%M} UTC"
    if days := fresh.days_late(now.date() - timedelta(days=1)):
        late = f"{days} day{'s' if days > 1 else ''} late, {said}"
        return Line(name, late, _late_action(name))
    return Line(name, said)


def _late_action(name: str) -> str:
    if name == IMPORTED:
        return "bring what is missing: health-monitor import events events.csv"
    return f"look at what {name} last said: its function's log, and its own status page"


def _last_run(runs: list[RunRecord], now: datetime) -> Line:
    if not runs:
        return Line("last run", "no night was run yet", "start the state machine with {}, or wait for its schedule")
    last = runs[0]
    said = f"{last.as_of} {last.status}, {last.judged:,} of {last.planned:,} judged"
    if last.status == "failed":
        missing = f"; missing batches: {', '.join(last.missing_batches[:5])}" if last.missing_batches else ""
        return Line("last run", said + missing, f'redrive it, or start it again with {{"as_of": "{last.as_of}"}}')
    if last.as_of < now.date() - timedelta(days=2):
        action = "see why the schedule did not start it (docs/operate.md); starting it catches up in order"
        return Line("last run", f"{said}; nights are missing since", action)
    return Line("last run", said)


def _files(blobs: Blobs, now: datetime) -> Iterator[Line]:
    """The counts stand in the files' names, so that no file has to be read."""
    since = (now.date() - timedelta(days=QUARANTINE_DAYS)).isoformat()
    recent: Counter[str] = Counter()
    for key in blobs.keys(QUARANTINE):
        _, source, day, name = key.split("/")
        if day >= since:
            recent[source] += _count(name.partition(".")[0])
    for source, records in sorted(recent.items()):
        place = f"s3://{blobs.bucket}/{QUARANTINE}{source}/"
        yield Line("quarantine", f"{records:,} records of {source} in the last 7 days", f"mend what {place} says")
    if not recent:
        yield Line("quarantine", "nothing in the last 7 days")
    late = sum(map(_count, blobs.keys(LATE)))
    yield (
        Line("late events", f"{late:,} not counted yet", "health-monitor rebuild") if late else Line("late events", "0")
    )


def _count(key: str) -> int:
    return int(key.rpartition("-")[2])


def _unmatched(names: int) -> Line:
    if not names:
        return Line("unmatched", "every name has its account")
    return Line(
        "unmatched", f"{names:,} {'names' if names > 1 else 'name'} without an account", "health-monitor unmatched"
    )


def _erasures(world: World, now: datetime) -> Line:
    waiting = [one for one in world.erasures.all() if one.finished_at is None]
    if not waiting:
        return Line("erasures", "none open")
    removed = sum(one.state == "removed, last check pending" for one in waiting)
    said = f"{len(waiting)} open, the oldest since {waiting[0].requested_at:%Y-%m-%d}"
    said += f"; {removed} of them removed, last check pending" if removed else ""
    action = "health-monitor erase open, and see erase_people's log" if is_overdue(waiting[0], now) else None
    return Line("erasures", said, action)


def _dead_letters(depths: dict[str, int]) -> Iterator[Line]:
    for name, waiting in depths.items():
        if waiting:
            yield Line(f"dead: {name}", f"{waiting:,} could not be handled", "see why, then redrive (docs/operate.md)")
    if not any(depths.values()):
        yield Line("dead letters", "none")
