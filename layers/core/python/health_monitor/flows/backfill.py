"""Judge the stored past at once, so that the first night starts from the truth instead of from silence.

Without it every account that is low today would raise an alert on the first night, dated today. With it the open
episodes have their real opening days, newcomers have benchmarks, and only what happens from now on is told to people.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from health_monitor.decide.alerts import alert_of
from health_monitor.flows.backfill_health import Reach, backfill_health
from health_monitor.flows.model_past import Stores
from health_monitor.flows.plan_scoring import live_config
from health_monitor.flows.replay import walk_history
from health_monitor.flows.runs import NIGHTLY, OUTSIDE, read_bundle, run_key, to_json, write_benchmarks
from health_monitor.model.alert import Alert
from health_monitor.model.config import Bundle
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.replay import Replay, Walk
from health_monitor.model.run import RunRecord
from health_monitor.ports.usage import UsageHistory
from health_monitor.ports.world import World
from health_monitor.usage.incident import incident_text
from health_monitor.usage.night import variant
from health_monitor.usage.portfolio import Walked, seat_medians

AT_ONCE = 100


def backfill(
    history: UsageHistory, through: date, default: Bundle, now: datetime, world: World,
    progress: Callable[[int], None] = lambda _done: None,
) -> RunRecord:  # fmt: skip
    """States after `through`, every episode so far as an alert, where accounts stand, and what the night after reads.

    Accounts stand there with their scores of the past half-year, as far as a rebuild has left their use week by week.
    """
    blobs, journal = world.blobs, world.journal
    _must_be_past(through, history, now, journal.last_complete())
    bundle = read_bundle(blobs, live_config(default, blobs, journal))
    walked = walk_history(history, bundle, through, progress)
    current = [walk for walk in walked.replay.walks if walk.last and walk.end == through.toordinal()]
    for at in range(0, len(current), AT_ONCE):
        world.states.write_absent({w.account.account_id: w.last for w in current[at : at + AT_ONCE] if w.last})
    world.alerts.save_past(past_alerts(walked.replay, bundle))
    ratios = {walk.account.account_id: walk.last.verdict.ratio for walk in current if walk.last}
    stores = Stores(blobs, world.accounts, world.dossiers, world.standings, journal)
    health = backfill_health(Reach(through, history.data_from), bundle, ratios, stores, world.rings, progress)
    write_benchmarks(blobs, through, walked.ledger, _medians(walked, current, bundle) | health)
    record = _record(walked.replay, current, through, now)
    blobs.put(run_key(through, NIGHTLY, "summary.json"), to_json(_summary(record, walked.replay)))
    journal.save_run(record)
    return record


def _must_be_past(through: date, history: UsageHistory, now: datetime, judged: date | None) -> None:
    """Only days that are over, have data, and were never judged: a day without data would be judged as a silence."""
    if judged is not None:
        raise NeedsHuman(f"nights are judged through {judged} already; a past that people have seen is not rewritten")
    latest = now.date() - timedelta(days=1)
    if through > history.last_day:
        raise NeedsHuman(
            f"--through {through} is after the last day with data; give {history.last_day} or an earlier day"
        )
    if through > latest:
        raise NeedsHuman(f"--through {through} is not over yet; the last complete day is {latest} (UTC)")
    if through < history.data_from:
        raise NeedsHuman(
            f"--through {through} is before the first day with data; give {history.data_from} or a later day"
        )


def past_alerts(replay: Replay, bundle: Bundle) -> Iterator[Alert]:
    """Every episode of a replay as an alert."""
    for walk in replay.walks:
        rules = bundle.profile_of(walk.account).rules()
        windows = (rules.index_days, rules.baseline_days)
        for episode in walk.episodes:
            held = (walk.account.account_id, episode.opened_on) in replay.suppressed
            yield alert_of(
                walk.account, episode, windows, profile=rules.profile, variant=variant(rules), config=replay.config,
                suppressed=incident_text(replay.incidents[episode.opened_on]) if held else None,
            )  # fmt: skip


def _medians(walked: Walked, current: list[Walk], bundle: Bundle) -> dict[str, Any]:
    return {
        "benchmarks": walked.ledger.table(bundle.benchmark_min_accounts),
        "per_seat": seat_medians(current, bundle),
    }


def _record(replay: Replay, current: list[Walk], through: date, now: datetime) -> RunRecord:
    today = through.toordinal()
    happened = [state.happened for walk in current if (state := walk.last)]
    reasons = [state.verdict.reason.value for walk in current if (state := walk.last) and state.verdict.reason]
    incident = replay.incidents.get(today)
    planned = len(replay.walks) + len(replay.never_judged)
    return RunRecord(
        as_of=through, run="backfill", status="complete", config=replay.config, planned=planned, judged=len(current),
        outside_tenure=planned - len(current), opened=happened.count("opened"), escalated=happened.count("escalated"),
        resolved=happened.count("resolved"), no_verdict={name: reasons.count(name) for name in sorted(set(reasons))},
        incident=incident_text(incident) if incident else None, finished_at=now,
    )  # fmt: skip


def _summary(record: RunRecord, replay: Replay) -> dict[str, Any]:
    since = record.as_of.toordinal()
    while record.incident and since - 1 in replay.incidents:
        since -= 1
    return {
        "judged": record.judged,
        OUTSIDE: record.outside_tenure,
        "no_verdict": record.no_verdict,
        "incident": record.incident,
        "incident_since": date.fromordinal(since).isoformat() if record.incident else None,
    }
