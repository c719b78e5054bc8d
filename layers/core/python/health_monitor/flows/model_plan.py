"""What another scorecard would have changed: the stored past replayed under both, and that it was, kept."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from health_monitor.flows.config_changes import scorecard_changes
from health_monitor.flows.model_past import Past, Stores, reach_of
from health_monitor.flows.model_replay import landmarks, replayed
from health_monitor.flows.runs import RETENTION, read_json, to_json
from health_monitor.learn.findings import Findings
from health_monitor.learn.plan import findings
from health_monitor.learn.weights import Landmark, Weighing, weigh
from health_monitor.model.config import Bundle
from health_monitor.model.errors import AlreadyDone, NeedsHuman
from health_monitor.model.retention import Retention
from health_monitor.model.scorecard import Card, Dimensions, Scorecard
from health_monitor.model.scoring_change import StoredPlan
from health_monitor.score.card import card_of

PLANS = "model/plans/"


class Planned(NamedTuple):
    """A plan: from which scoring version to which, what differs in the file, and what that would have changed."""

    before: str
    after: str
    changes: list[str]
    findings: Findings


def plan_key(before: str, after: str) -> str:
    """Where the plan of exactly this change is kept."""
    return f"{PLANS}{before}-{after}.json"


def with_scorecard(bundle: Bundle, scorecard: Scorecard) -> Bundle:
    """The configuration with another scorecard; all else stays."""
    return bundle.model_copy(update={"scorecard": scorecard})


def last_day(stores: Stores) -> date:
    """Through which day there is history. Raises NeedsHuman when there is none."""
    night = reach_of(stores).night
    if night is None:
        raise NeedsHuman("no night is judged yet, so there is nothing to replay; run health-monitor backfill first")
    return night


def plan_model(candidate: Scorecard, live: Bundle, past: Iterable[Past], stores: Stores, now: datetime) -> Planned:
    """Replay both over the past, and keep that it was done. Raises AlreadyDone when nothing differs."""
    before, after = live.scorecard.version, candidate.version
    if before == after:
        raise AlreadyDone(f"scorecard {after} is live already; change scorecard.yaml first")
    through, retention = last_day(stores), read_retention(stores)
    bundles = (live, with_scorecard(live, candidate))
    found = findings(replayed(one, bundles, retention, through) for one in past)
    kept = StoredPlan(before=before, after=after, at=now, reach=reach_of(stores), counts=found.counts())
    stores.blobs.put(plan_key(before, after), to_json(kept.model_dump(mode="json")))
    return Planned(before, after, scorecard_changes(live.scorecard, candidate), found)


def weigh_model(live: Bundle, past: Iterable[Past], stores: Stores) -> tuple[Weighing, ...]:
    """For each set of weights of the live scorecard what the customers' own churns say about it.

    Scorecards that share a preset share its weights, and count together.
    """
    through, cards = last_day(stores), live.scorecard.scorecards
    found: dict[str, list[Landmark]] = defaultdict(list)
    whose = {card.name: _whose(card) for card in cards}
    for one in past:
        found[whose[card_of(one.account, live.scorecard).name]] += ()
        for name, landmark in landmarks(one, live, through):
            found[whose[name]].append(landmark)
    sets = {_whose(card): live.scorecard.dimensions_of(card) for card in cards}
    return tuple(
        weigh(name, found[name], _weights(sets[name]), tuple(card for card in whose if whose[card] == name))
        for name in sets
        if name in found
    )


def _whose(card: Card) -> str:
    return f"preset {card.preset}" if card.preset else f"scorecard {card.name}"


def _weights(dimensions: Dimensions) -> dict[str, Decimal]:
    """The heaviest first."""
    ordered = sorted(dimensions.items(), key=lambda one: (-one[1].weight, one[0]))
    return {name: one.weight for name, one in ordered}


def read_retention(stores: Stores) -> Retention:
    """What a score was worth so far."""
    return Retention.model_validate(read_json(stores.blobs, RETENTION))
