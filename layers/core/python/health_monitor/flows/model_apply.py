"""Another scorecard goes live: after a plan, with a note, without a word to anybody; and back again.

The configuration is pointed to first, then every account's scores are restated to the new version, so that trends go
on. What stops in between is finished by doing it again. The nights' lines stay as they were reported.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from health_monitor.flows.configure import publish_config
from health_monitor.flows.model_past import Past, Stores, reach_of, stored_past
from health_monitor.flows.model_plan import last_day, plan_key, read_retention, with_scorecard
from health_monitor.flows.model_restate import restated
from health_monitor.flows.runs import NIGHTLY, config_key, read_bundle, read_json, run_key, to_json
from health_monitor.flows.use_history import EVERY
from health_monitor.model.config import Bundle
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain
from health_monitor.model.score import HISTORY_DAYS
from health_monitor.model.scorecard import Scorecard
from health_monitor.model.scoring_change import Applied, StoredPlan

APPLIED = "model/applied/"
AT_ONCE = 100
Progress = Callable[[int], None]


class Wish(NamedTuple):
    """Who changes the scorecard, why, and when; folder: as the commands name it."""

    by: str
    note: str
    at: datetime
    folder: str = "config"


def apply_model(candidate: Scorecard, live: Bundle, wish: Wish, stores: Stores, progress: Progress) -> Applied:
    """Make the scorecard live and restate every account's scores; one that stopped half-way is finished.

    Raises NeedsHuman without a note or a plan of exactly this change over the present history, AlreadyDone when it is
    live, TryAgain while a night is being scored.
    """
    counts = planned_counts(candidate, live, wish, stores)
    begun = _unfinished(stores, "apply")
    if begun is None or begun.after != candidate.version:
        begun = _begun("apply", candidate, live, wish, stores, counts)
    return _finish(begun, live, stores, progress)


def planned_counts(candidate: Scorecard, live: Bundle, wish: Wish, stores: Stores) -> dict[str, Any]:
    """What the plan of this change found, also of one that stopped half-way. Raises as apply_model does."""
    _must_have_note(wish)
    begun = _unfinished(stores, "apply")
    if begun and begun.after == candidate.version:
        return begun.counts
    if candidate.version == live.scorecard.version:
        raise AlreadyDone(f"scorecard {candidate.version} is live already")
    return _must_be_planned(candidate, live, wish, stores).counts


def rollback_model(live: Bundle, wish: Wish, stores: Stores, progress: Progress) -> Applied:
    """Bring back the scorecard that was live before the present one was applied; no plan is asked for.

    One that stopped half-way is finished. Raises NeedsHuman when the present one is the first.
    """
    _must_have_note(wish)
    begun = _unfinished(stores, "rollback")
    if begun is None:
        version = live.scorecard.version
        applied = [one for one in ledger(stores) if one.kind == "apply" and one.after == version]
        if not applied:
            raise NeedsHuman(f"scorecard {version} is the first that was live, so there is none to go back to")
        former = read_bundle(stores.blobs, applied[-1].config_before).scorecard
        begun = _begun("rollback", former, live, wish, stores, {})
    return _finish(begun, live, stores, progress)


def ledger(stores: Stores) -> list[Applied]:
    """Every change of the scorecard, the first one first."""
    found = (stores.blobs.get(key) for key in sorted(stores.blobs.keys(APPLIED)))
    return [Applied.model_validate_json(data) for data in found if data]


def _must_have_note(wish: Wish) -> None:
    if not wish.note.strip():
        raise NeedsHuman('--note is empty; say in a sentence why, such as --note "usage predicts best"')


def _must_be_planned(candidate: Scorecard, live: Bundle, wish: Wish, stores: Stores) -> StoredPlan:
    """The plan of exactly this change. Raises NeedsHuman with the command to type."""
    before, after = live.scorecard.version, candidate.version
    command = f"health-monitor model plan {wish.folder}"
    data = stores.blobs.get(plan_key(before, after))
    if data is None:
        raise NeedsHuman(f"the change from scorecard {before} to {after} was never replayed; see first: {command}")
    plan, reach = StoredPlan.model_validate_json(data), reach_of(stores)
    if plan.reach != reach:
        when = f"{plan.at:%Y-%m-%d %H:%M} UTC, over the history through {plan.reach.night}"
        raise NeedsHuman(
            f"the plan is of {when}; the history has changed since (it goes through {reach.night} now); see again: "
            f"{command}"
        )
    return plan


def _unfinished(stores: Stores, kind: str) -> Applied | None:
    """The last change, when it is of that kind and stopped half-way."""
    entries = ledger(stores)
    last = entries[-1] if entries else None
    return last if last and last.restated is None and last.kind == kind else None


def _begun(
    kind: str, scorecard: Scorecard, live: Bundle, wish: Wish, stores: Stores, counts: dict[str, Any]
) -> Applied:  # fmt: skip
    """The entry in the ledger, with both configurations stored that it names."""
    after = with_scorecard(live, scorecard)
    _must_be_between_nights(stores, after.version)
    entry = Applied.model_validate(
        {
            "at": wish.at, "kind": kind, "by": wish.by, "note": wish.note.strip(),
            "before": live.scorecard.version, "after": scorecard.version,
            "config_before": live.version, "config_after": after.version, "counts": counts,
        }
    )  # fmt: skip
    for bundle in (live, after):
        stores.blobs.put_absent(config_key(bundle.version), bundle.to_json())
    if not stores.blobs.put_absent(_key(entry), _bytes(entry)):
        raise TryAgain("somebody else changes the scorecard at the same moment; see health-monitor model history")
    return entry


def _finish(entry: Applied, live: Bundle, stores: Stores, progress: Progress) -> Applied:
    """Point to it, restate, and say so in the ledger; each of them may have been done before."""
    before, planned = (read_bundle(stores.blobs, name) for name in (entry.config_before, entry.config_after))
    after = with_scorecard(live, planned.scorecard)
    publish_config(after, stores.blobs, stores.journal)
    _must_be_between_nights(stores, after.version)
    through = last_day(stores)
    past = stored_past(stores, through, through - timedelta(days=HISTORY_DAYS), progress)
    done = _restate(past, (before, after), stores)
    finished = entry.model_copy(update={"restated": done})
    stores.blobs.put(_key(entry), _bytes(finished))
    return finished


def _restate(past: Iterable[Past], bundles: tuple[Bundle, Bundle], stores: Stores) -> int:
    """Every account's scores under the new version; how many. Those that a first try has restated are left alone."""
    retention, version, done = read_retention(stores), bundles[1].scorecard.version, 0
    accounts = iter(past)
    while some := list(islice(accounts, AT_ONCE)):
        stand = stores.standings.read([one.account.account_id for one in some])
        those = [(one, old) for one in some if one.days and (old := stand.get(one.account.account_id))]
        near = [(one, old) for one, old in those if 0 <= (old.as_of - one.days[-1].day).days < EVERY]
        stores.standings.write(restated(one, old, bundles, retention) for one, old in near if old.version != version)
        done += len(near)
    return done


def _must_be_between_nights(stores: Stores, config: str) -> None:
    """Raises TryAgain while a night goes on with another configuration: it would write the former scores again."""
    night = last_day(stores) + timedelta(days=1)
    planned = read_json(stores.blobs, run_key(night, NIGHTLY, "plan.json"))
    if planned and planned["config"] != config:
        raise TryAgain(
            f"the night of {night} is being scored with the former scorecard; give the same command again once it is "
            "complete (health-monitor runs)"
        )


def _key(entry: Applied) -> str:
    return f"{APPLIED}{entry.at:%Y%m%dT%H%M%S%f}.json"


def _bytes(entry: Applied) -> bytes:
    return to_json(entry.model_dump(mode="json"))
