"""An account's standing under another scorecard, as if it had always been scored by it, and news to nobody."""

from collections.abc import Iterator

from health_monitor.flows.health import Judging
from health_monitor.flows.model_past import Past, under
from health_monitor.flows.model_replay import walk
from health_monitor.model.config import Bundle
from health_monitor.model.retention import Retention
from health_monitor.model.score import Signal, Standing


def restated(past: Past, old: Standing, bundles: tuple[Bundle, Bundle], retention: Retention) -> Standing:
    """Where the account stands by the second configuration, with a history of it; `old`: where it stands by the first.

    What the other scorecard alone brings about stands as told, so that nobody hears of it. What records have brought
    about since the last night is left for the next one to find, and to tell.
    """
    live, other = bundles
    *_, last = walk(past, other, retention)
    evidence = past.days[-1]
    judging = Judging(evidence.day, other, evidence.peers, retention)
    going_on = old.model_copy(update={"history": last.standing.history})
    found = judging.health(under(evidence, other.scorecard.core_features), going_on).standing
    as_before = Judging(evidence.day, live, evidence.peers, retention).health(
        under(evidence, live.scorecard.core_features), old
    )
    return found.model_copy(update={"signals": tuple(_unheard(found, as_before.standing, old))})


def _unheard(found: Standing, as_before: Standing, old: Standing) -> Iterator[Signal]:
    """The signals of the other scorecard, without what the former one would say for the first time."""
    known = {one.kind: one for one in (*old.ended, *old.signals)}
    news = {one.kind for one in as_before.signals if one.kind not in known or one.since != known[one.kind].since}
    for one in found.signals:
        if one.kind not in news:
            yield one if one.kind in known else one._replace(silent=True)
        elif one.kind in known:
            yield known[one.kind]
