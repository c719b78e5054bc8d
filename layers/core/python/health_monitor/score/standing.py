"""Where an account stands: status, colour, trend, tier, signals, readiness to grow and priority, from its score."""

from datetime import datetime

from health_monitor.model.config import HighValue
from health_monitor.model.evidence import Evidence
from health_monitor.model.retention import Retention
from health_monitor.model.score import Driver, History, Score, Standing
from health_monitor.model.scorecard import BandSet, Scorecard
from health_monitor.score.calendar import last_touch
from health_monitor.score.expansion import expansion_ready, expansion_score, signs_of
from health_monitor.score.priority import chance_of, priority_of
from health_monitor.score.signals import ended_of, signals_of
from health_monitor.score.status import color_of, limited, status_of, within
from health_monitor.score.tiers import Place, tier_of
from health_monitor.score.trend import deltas, extended, flags_of, momentum_of, trend_of


def stand(
    score: Score, evidence: Evidence, before: Standing | None, scorecard: Scorecard, retention: Retention,
    drivers: tuple[Driver, ...], *, high_value: HighValue, at: datetime | None = None,
) -> Standing:  # fmt: skip
    """The account's standing tonight. The same arguments, or tonight's own as `before`, give the same standing.

    before: the last one, whose history goes on where its version is the score's. high_value: the configuration's.
    at: the moment of a rescoring between two nights.
    """
    bands = bands_of(scorecard, score.card)
    placed = _placed(score, evidence, before, scorecard, bands, at)
    value = within(score.value, placed.status, bands)
    place = Place(
        value, placed.status, placed.deltas, momentum_of(placed.deltas, scorecard.trend), placed.trend,
        high_value.covers(evidence.account),
    )  # fmt: skip
    tier = tier_of(place, score, evidence, scorecard.coverage_tiers)
    tiered = placed.model_copy(update={"drivers": drivers, "last_touch": last_touch(evidence), "tier": tier})
    signals = signals_of(evidence, score, tiered, before, scorecard, at)
    signs = signs_of(evidence, scorecard.expansion)
    ready = expansion_ready(value, tiered.deltas, signs, signals, scorecard.expansion)
    return tiered.model_copy(
        update={
            "signals": signals,
            "ended": ended_of(signals, evidence, before),
            "expansion_ready": ready,
            "expansion_score": expansion_score(score, signs),
            "p_churn": chance_of(value, retention),
            "priority": priority_of(value, evidence, retention),
        }
    )


def bands_of(scorecard: Scorecard, card: str) -> BandSet:
    """The band set of a card, by the card's name."""
    return scorecard.band_sets[next(one.bands for one in scorecard.scorecards if one.name == card)]


def _placed(
    score: Score, evidence: Evidence, before: Standing | None, scorecard: Scorecard, bands: BandSet, at: datetime | None
) -> Standing:
    """Status, colour and trend; the override's status counts, the model's stays visible."""
    day = score.day.toordinal()
    history = extended(before.history if before else None, score.version, day, score.value)
    moved = deltas(history, day)
    by_bands = status_of(score.value, bands)
    model, limit = limited(score, by_bands, scorecard) if by_bands else (None, None)
    override = evidence.dossier.override_on(evidence.day)
    status = override.status if override else model
    return Standing(
        account_id=evidence.account.account_id, as_of=score.day, at=at, version=score.version, card=score.card,
        score=score.value, coverage=score.coverage, provisional=score.provisional,
        status=status, model_status=model, limited_by=limit, override=override.name if override else None,
        display_color=color_of(status, momentum_of(moved, scorecard.trend)),
        trend=trend_of(history, day, scorecard.trend), deltas=moved,
        flags=flags_of(history, day, moved, scorecard.trend, bands),
        dimensions={one.name: one.value for one in score.dimensions},
        history=History(*history),
    )  # fmt: skip
