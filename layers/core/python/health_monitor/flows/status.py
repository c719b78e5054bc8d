"""Whether all is well, and where it is not, what to do next."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from health_monitor.flows.archive import IMPORTED
from health_monitor.flows.erase import is_overdue
from health_monitor.flows.go_live import standing
from health_monitor.flows.reception import QUARANTINE
from health_monitor.flows.rejects import quarantine_count
from health_monitor.flows.runs import LATE, read_json, summary_key
from health_monitor.model.run import RunRecord, SourceFreshness
from health_monitor.model.source import SourceState
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.world import World
from health_monitor.sources.spec import PushSettings, SourceSettings

QUARANTINE_DAYS = 7
NAMED = 5
INCIDENT = (
    "see that events arrive and that tracking works; what is still open is told when this ends, or after hold_days "
    "(config/segments.yaml)"
)


class Line(NamedTuple):
    """One thing to know. `action` is what a person has to do; None when nothing."""

    about: str
    said: str
    action: str | None = None


def status(world: World, configured: Mapping[str, SourceSettings]) -> list[Line]:
    """Every source, the last night, and everything that waits for somebody; `configured` are the enabled sources."""
    now, freshness = world.clock.now(), world.journal.freshness()
    return [
        *_outreach(world),
        *_sources(world, configured, freshness, now),
        _last_run(world.journal.runs(1), freshness, now),
        *_scores(world),
        *_files(world.blobs, now),
        _unmatched(len(world.unmatched.all())),
        _erasures(world, now),
        *_crm(len(world.crm_ledger.failures())),
        *_dead_letters(world.dead_letters.depths()),
    ]


def _outreach(world: World) -> Iterator[Line]:
    """What customers get, first of all; and every mail that may have been sent, which only a person can settle."""
    switch = world.outreach_switch.get()
    yield Line("outreach", standing(switch), "see why it was stopped, then start it again" if switch.stopped else None)
    known = world.conversations.all()
    uncertain = sorted(one.account_id for one in known if any(mail.status == "uncertain" for mail in one.mails))
    if uncertain:
        told = ", ".join(uncertain[:NAMED]) + (" …" if len(uncertain) > NAMED else "")
        said = f"{len(uncertain):,} may have been sent: {told}"
        yield Line("uncertain mail", said, f"settle each on its Slack card; health-monitor why {uncertain[0]}")


def _sources(
    world: World, configured: Mapping[str, SourceSettings], freshness: list[SourceFreshness], now: datetime
) -> Iterator[Line]:
    states = {state.source: state for state in world.sources.all()}
    fresh = {one.source: one for one in freshness}
    known = configured.keys() | states.keys() | fresh.keys()
    # Files are waited for only where no source delivers usage by itself.
    for name in sorted(known - ({IMPORTED} if len(fresh) > 1 else set())):
        state = states.get(name, SourceState(source=name))
        if name in fresh or state.paused_at or state.last_pull_at:
            yield _source(name, state, fresh.get(name), now)
        else:
            yield _silent(name, configured.get(name))
    if not known:
        action = "import events: health-monitor import events events.csv; or enable a source in config/sources.yaml"
        yield Line("sources", "none has delivered yet", action)


def _silent(name: str, settings: SourceSettings | None) -> Line:
    """A source that has never said anything."""
    if isinstance(settings, PushSettings) and settings.quiet_days is None:
        return Line(name, "nothing yet, and nobody waits for it (quiet_days: null)")
    action = "see that its schedule or webhook is set up (docs/operate.md), and its function's log"
    return Line(name, "never delivered", action)


def _source(name: str, state: SourceState, fresh: SourceFreshness | None, now: datetime) -> Line:
    if state.paused_at:
        said = f"paused since {state.paused_at:%Y-%m-%d %H:%M} UTC: {state.paused_because}"
        return Line(name, said, f"when that is mended: health-monitor source resume {name}")
    if fresh is None:  # a CRM, which tells of accounts and of no day's usage
        pulled = state.last_pull_at or now
        silent = now - pulled > timedelta(days=1)
        return Line(name, f"pulled {pulled:%Y-%m-%d %H:%M} UTC", _late_action(name) if silent else None)
    said = f"complete through {fresh.complete_through}, received {fresh.received_at:%Y-%m-%d %H:%M} UTC"
    if days := fresh.days_late(now.date() - timedelta(days=1)):
        late = f"{days} day{'s' if days > 1 else ''} late, {said}"
        return Line(name, late, _late_action(name))
    return Line(name, said)


def _late_action(name: str) -> str:
    if name == IMPORTED:
        return "bring what is missing: health-monitor import events events.csv"
    return f"look at what {name} last said: its function's log, and its own status page"


def _last_run(runs: list[RunRecord], freshness: list[SourceFreshness], now: datetime) -> Line:
    if not runs:
        return Line("last run", "no night was run yet", "start the state machine with {}, or wait for its schedule")
    last = runs[0]
    said = f"{last.as_of} {last.status}, {last.judged:,} of {last.planned:,} judged"
    if last.outside_tenure:
        said += f"; {last.outside_tenure:,} began later or have left"
    if last.status == "failed":
        missing = f"; missing batches: {', '.join(last.missing_batches[:5])}" if last.missing_batches else ""
        return Line("last run", said + missing, f'redrive it, or start it again with {{"as_of": "{last.as_of}"}}')
    if last.incident:
        said += f"; data incident, {last.incident}; new usage alerts held back that night: {last.held:,}"
    if _waits(last.as_of, freshness, now):
        action = "start it with {} when their days have arrived; each start catches up in order (docs/operate.md)"
        return Line("last run", f"{said}; nights since {last.as_of} are not judged", action)
    return Line("last run", said, INCIDENT if last.incident else None)


def _scores(world: World) -> Iterator[Line]:
    """How old the scores are that people see, and how many rest on too little."""
    night = world.journal.last_complete()
    portfolio = read_json(world.blobs, summary_key(night)).get("portfolio") if night else None
    if night and portfolio:
        scored, provisional = portfolio["score"]["n"], portfolio["provisional"]
        said = f"as of {night}: {scored:,} of {portfolio['accounts']:,} accounts have one"
        said += f"; {provisional:,} provisional, too little is known of these" if provisional else ""
        yield Line("scores", said)


def _waits(as_of: date, freshness: list[SourceFreshness], now: datetime) -> bool:
    """Whether a later night could have been judged: its day is long over, and some source is complete through it."""
    arrived = max((one.complete_through for one in freshness), default=as_of)
    return as_of < min(arrived, now.date() - timedelta(days=2))


def _files(blobs: Blobs, now: datetime) -> Iterator[Line]:
    """The counts stand in the files' names, so that no file has to be read."""
    since = (now.date() - timedelta(days=QUARANTINE_DAYS)).isoformat()
    recent: Counter[str] = Counter()
    for key in blobs.keys(QUARANTINE):
        _, source, day, name = key.split("/")
        if day >= since:
            recent[source] += quarantine_count(name)
    for source, records in sorted(recent.items()):
        said = f"{records:,} {'records' if records > 1 else 'record'} of {source} in the last 7 days"
        yield Line("quarantine", said, f"health-monitor quarantine {source}")
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


def _crm(missed: int) -> Iterator[Line]:
    if missed:
        yield Line("CRM", f"{missed:,} could not be told", "health-monitor crm failures")


def _dead_letters(depths: dict[str, int]) -> Iterator[Line]:
    for name, waiting in depths.items():
        if waiting:
            yield Line(f"dead: {name}", f"{waiting:,} could not be handled", "see why, then redrive (docs/operate.md)")
    if not any(depths.values()):
        yield Line("dead letters", "none")
