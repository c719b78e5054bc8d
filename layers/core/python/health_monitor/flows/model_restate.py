"""An account's standing under another scorecard, as if it had always been scored by it, and news to nobody."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date

from health_monitor.flows.health import Judging
from health_monitor.flows.model_past import Past, under
from health_monitor.flows.model_replay import walk
from health_monitor.model.config import Bundle
from health_monitor.model.evidence import Evidence
from health_monitor.model.retention import Retention
from health_monitor.model.score import Signal, Standing


def restated(past: Past, old: Standing, bundles: tuple[Bundle, Bundle], retention: Retention) -> Standing:
    """Where the account stands by the second configuration, with a history of it; `old`: where it stands by the first.

    What the other scorecard alone brings about stands as told, so that nobody hears of it. What records have brought
    about since the last night is left for the next one to find, and to tell. One that was rescored between two nights
    is restated as of that moment.
    """
    live, other = bundles
    *_, last = walk(past, other, retention)
    history = last.standing.history
    evidence = _on(past, old.at.astimezone(UTC).date() if old.at else old.as_of)

    def stood(bundle: Bundle, before: Standing) -> Standing:
        judging = Judging(evidence.day, bundle, evidence.peers, retention)
        return judging.health(under(evidence, bundle.scorecard.core_features), before, old.at).standing

    found = stood(other, old.model_copy(update={"history": history}))
    signals = tuple(_unheard(found, stood(live, old), old))
    rescored = {"as_of": old.as_of, "history": history} if old.at else {}
    return found.model_copy(update={"signals": signals, **rescored})


def _on(past: Past, day: date) -> Evidence:
    """What was known on that day; of use, what was kept last: before the first night that is once a week."""
    return replace(past.days[-1], day=day, dossier=past.dossier.as_of(day))


def _unheard(found: Standing, as_before: Standing, old: Standing) -> Iterator[Signal]:
    """The signals of the other scorecard, without what the former one would say for the first time."""
    known = {one.kind: one for one in (*old.ended, *old.signals)}
    news = {one.kind for one in as_before.signals if not _heard(one, known.get(one.kind))}
    for one in found.signals:
        if one.kind not in news:
            yield one if one.kind in known else one._replace(silent=True)
        elif one.kind in known:
            yield known[one.kind]


def _heard(signal: Signal, known: Signal | None) -> bool:
    """Whether it stood before, as grave and of the same records."""
    return known is not None and set(signal.records) <= set(known.records) and signal.severity == known.severity
