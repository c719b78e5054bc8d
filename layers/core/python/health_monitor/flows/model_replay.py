"""The stored past under a scorecard: where each account would have stood, and what would have been raised."""

from collections.abc import Iterable, Iterator
from datetime import date

from health_monitor.flows.health import Health, Judging
from health_monitor.flows.model_past import Past, under
from health_monitor.learn.replayed import Facts, Point, Replayed, came_true
from health_monitor.learn.retention import left_on
from health_monitor.learn.weights import LANDMARK_DAYS, Landmark
from health_monitor.model.config import Bundle
from health_monitor.model.evidence import Evidence
from health_monitor.model.records import Renewal
from health_monitor.model.retention import Retention
from health_monitor.model.score import Standing
from health_monitor.score.card import score_of

LOUD = ("critical", "high")
"""Severities that somebody hears of within a day."""


def walk(past: Past, bundle: Bundle, retention: Retention) -> Iterator[Health]:
    """The account's health on each kept day, every one judged with the one before."""
    before: Standing | None = None
    for evidence in past.days:
        found = _judging(evidence, bundle, retention).health(under(evidence, bundle.scorecard.core_features), before)
        before = found.standing
        yield found


def replayed(past: Past, bundles: tuple[Bundle, Bundle], retention: Retention, through: date) -> Replayed:
    """The account under two configurations, and what became of it."""
    live, other = (tuple(_points(walk(past, bundle, retention))) for bundle in bundles)
    return Replayed(facts_of(past, through), (live, other))


def facts_of(past: Past, through: date) -> Facts:
    """What a plan needs of the account: whose it is, what it pays, when it left or renewed."""
    account = past.account
    seen = min(through, account.observed_until or through)
    left, renewed = (
        left_on(account, past.dossier),
        [_decided(one) for one in past.dossier.renewals if one.outcome == "renewed"],
    )
    return Facts(
        account.account_id, account.label, account.segment, account.csm_email, account.arr,
        left.toordinal() if left else None, tuple(sorted(day.toordinal() for day in renewed)), seen.toordinal(),
    )  # fmt: skip


def landmarks(past: Past, bundle: Bundle, through: date) -> Iterator[tuple[str, Landmark]]:
    """The account's dimensions every four weeks with what came of it in 90 days, where that is known; by card."""
    facts = facts_of(past, through)
    for evidence in past.days:
        day = evidence.day.toordinal()
        came = came_true(facts, day)
        if day % LANDMARK_DAYS == 0 and came is not None:
            score = score_of(under(evidence, bundle.scorecard.core_features), bundle.scorecard)
            values = {one.name: one.value for one in score.dimensions}
            yield score.card, Landmark(facts.account_id, day, values, facts.left if came else None)


def _judging(evidence: Evidence, bundle: Bundle, retention: Retention) -> Judging:
    return Judging(evidence.day, bundle, evidence.peers, retention)


def _points(found: Iterable[Health]) -> Iterator[Point]:
    """What stands when the replay begins is news to nobody."""
    first = True
    for one in found:
        stood = one.standing
        alerts = () if first else tuple(_alerts(stood))
        yield Point(stood.as_of.toordinal(), stood.score, stood.status, alerts)
        first = False


def _alerts(standing: Standing) -> Iterator[str]:
    for one in standing.signals:
        if one.severity in LOUD and one.since == standing.as_of and not one.silent:
            yield one.kind


def _decided(renewal: Renewal) -> date:
    return renewal.decided_on or renewal.due_on
