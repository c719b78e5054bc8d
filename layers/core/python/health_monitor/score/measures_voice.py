"""Sentiment: what they say about us, what troubles them, and what their CSM feels."""

from datetime import datetime

from health_monitor.model.evidence import Evidence
from health_monitor.model.records import Ticket
from health_monitor.model.score import Reading
from health_monitor.score.reading import Settings, days_since, from_day, unknown, value_of, weighted

NO_FRICTION = ("how_to", "feature_request")
"""Who asks how, or for more, is at work with the product; the volume of these says something about growth (D13)."""
MONTH, USUAL = 30, 90
SCALE = {"csat": (1, 5), "ces": (1, 7)}
"""Worst and best answer."""


def nps(evidence: Evidence, settings: Settings) -> Reading:
    """Answers of the window as 100 (9, 10), 70 (7, 8) or 30 (0 to 6); each half-life older counts half. The seed's."""
    start = from_day(evidence.day, settings["days"])
    answers = [one for one in evidence.dossier.surveys if one.survey == "nps" and one.at >= start]
    if not answers:
        return unknown("nobody answered an NPS survey")
    values = [(_nps_value(one.score, settings), days_since(evidence.day, one.at)) for one in answers]
    numbers = {"answers": len(answers), "latest": answers[-1].score, "days_since": values[-1][1]}
    mean = weighted(values, settings["half_life"])
    return Reading(value_of(mean / 100), numbers, tuple(one.name for one in answers))


def csat(evidence: Evidence, settings: Settings) -> Reading:
    """Satisfaction (1 to 5), also with tickets, and ease (1 to 7) as 0 to 100; each half-life older counts half."""
    start = from_day(evidence.day, settings["days"])
    answers: list[tuple[datetime, float, str]] = [
        (one.at, _share(one.score, *SCALE[one.survey]), one.name)
        for one in evidence.dossier.surveys
        if one.survey in SCALE
    ]
    rated = ((one, one.csat) for one in evidence.dossier.tickets if one.csat is not None)
    answers += [(one.solved_at or one.opened_at, _share(stars, *SCALE["csat"]), one.name) for one, stars in rated]
    recent = [one for one in answers if one[0] >= start]
    if not recent:
        return unknown("nobody said how satisfied they are")
    mean = weighted(((share, days_since(evidence.day, at)) for at, share, _ in recent), settings["half_life"])
    return Reading(value_of(mean), {"answers": len(recent)}, tuple(sorted(name for _, _, name in recent)))


def support_friction(evidence: Evidence, settings: Settings) -> Reading:
    """100 without friction; falls with tickets beyond the usual, and by each open P1 and each reopening.

    Up to max(`free`, `usual_times` the 30-day mean of the 90 days before) in 30 days are usual; twice that is 0.
    How-to questions and feature requests are no friction (D13). Unit: tickets in 30 days.
    """
    if not evidence.dossier.tickets:
        return unknown("no ticket was ever told")
    troubles = [one for one in evidence.dossier.tickets if one.type not in NO_FRICTION]
    recent, before = _months(troubles, evidence)
    urgent = [one for one in evidence.dossier.tickets if one.severity == "p1" and one.solved_at is None]
    usual = max(settings["free"], settings["usual_times"] * before * MONTH / USUAL)
    reopened = sum(one.reopened for one in recent)
    costs = len(urgent) * settings["p1_costs"] + reopened * settings["reopened_costs"]
    numbers = {"tickets": len(recent), "usual": round(usual, 1), "open_p1": len(urgent), "reopened": reopened}
    value = value_of(min(1.0, 2 - len(recent) / usual) - costs / 100)
    return Reading(value, numbers, tuple(sorted({one.name for one in (*recent, *urgent)})))


def csm_pulse(evidence: Evidence, settings: Settings) -> Reading:
    """The CSM's latest rating in the window, 1 to 5, as 0 to 100."""
    start = from_day(evidence.day, settings["days"])
    latest = next((one for one in reversed(evidence.dossier.pulses) if one.at >= start), None)
    if latest is None:
        return unknown("the CSM has not rated it lately")
    return Reading(value_of(_share(latest.rating, 1, 5)), {"rating": latest.rating}, (latest.name,))


def _nps_value(score: int, settings: Settings) -> float:
    if score >= 9:
        return settings["promoter"]
    return settings["passive"] if score >= 7 else settings["detractor"]


def _share(answer: int, worst: int, best: int) -> float:
    return (min(max(answer, worst), best) - worst) / (best - worst)


def _months(troubles: list[Ticket], evidence: Evidence) -> tuple[list[Ticket], int]:
    """The tickets opened in the last 30 days, and how many were in the 90 days before these."""
    month, usual = from_day(evidence.day, MONTH), from_day(evidence.day, MONTH + USUAL)
    recent = [one for one in troubles if one.opened_at >= month]
    return recent, sum(usual <= one.opened_at < month for one in troubles)
