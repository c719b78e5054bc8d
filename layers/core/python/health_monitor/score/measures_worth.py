"""Value and money: does it pay off for them, and do they pay?"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from health_monitor.model.evidence import Evidence
from health_monitor.model.records import Goal, Renewal, Subscription
from health_monitor.model.score import Number, Reading
from health_monitor.score.calendar import renewal_of
from health_monitor.score.reading import BEST, WORST, Settings, unknown, value_of


def goals_met(evidence: Evidence, settings: Settings) -> Reading:
    """Mean progress of the goals that are open, or were met or due in the window; abandoned ones do not count.

    Progress is from start (else 0) to target; met is all of it. A goal without numbers is unknown until it is met, or
    due and not met: that is none. Unit: share.
    """
    since = evidence.day - timedelta(days=int(settings["days"]))
    counted = [one for one in evidence.dossier.goals if one.abandoned_on is None and _lately(one, since)]
    told = [(one, progress) for one in counted if (progress := _progress(one, evidence.day)) is not None]
    if not told:
        return unknown("there is no goal whose progress can be told", goals=len(counted))
    met = sum(one.met_on is not None for one, _ in told)
    mean = sum(progress for _, progress in told) / len(told)
    numbers = {"goals": len(told), "met": met, "mean_progress": round(mean, 4)}
    return Reading(value_of(mean), numbers, tuple(one.name for one, _ in told))


def roi_shown(evidence: Evidence, settings: Settings) -> Reading:
    """Days since a return was shown to them: 100 within the window, 0 at twice that, linear between.

    Never shown is 0 where goals are set, so that somebody looks after value at all; else it is unknown.
    """
    if not evidence.dossier.rois:
        return Reading(WORST, {"shown": 0}) if evidence.dossier.goals else unknown("no return was ever told")
    last = evidence.dossier.rois[-1]
    days = (evidence.day - last.shown_on).days
    return Reading(value_of(2 - days / settings["days"]), {"days_since": days}, (last.name,))


def use_cases(evidence: Evidence, _: Settings) -> Reading:
    """Use cases that are live, as a share of those bought, as the CRM says."""
    bought, live = evidence.account.use_cases_bought, evidence.account.use_cases_live
    if not bought or live is None:
        return unknown("the use cases bought and live are not known", bought=bought, live=live)
    return Reading(value_of(live / bought), {"live": live, "bought": bought})


def payment(evidence: Evidence, settings: Settings) -> Reading:
    """Days that the oldest open invoice is overdue: none 100, late 50, past due (15 days on) 0. The seed's, and D14."""
    known = [one for one in evidence.dossier.invoices if not one.voided]
    if not known:
        return unknown("no invoice was ever told")
    owed = [one for one in known if one.days_overdue(evidence.day)]
    if not owed:
        return Reading(BEST, {"days_overdue": 0}, (known[-1].name,))
    days = max(one.days_overdue(evidence.day) for one in owed)
    value = WORST if days >= settings["past_due_from"] else value_of(settings["late"] / 100)
    return Reading(value, {"days_overdue": days, "overdue_invoices": len(owed)}, tuple(one.name for one in owed))


def contract(evidence: Evidence, settings: Settings) -> Reading:
    """Days to the next renewal: 100 while it is far, `near` within 60 days, 0 when cancelled, churned or overdue."""
    ended = [*_cancelled(evidence.dossier.subscriptions), *_lost(evidence)]
    if ended:
        return Reading(WORST, {"ended": "yes"}, tuple(ended))
    due, stage = renewal_of(evidence), evidence.account.renewal_stage
    overdue = [one for one in evidence.dossier.renewals if one.outcome == "pending" and one.due_on < evidence.day]
    if overdue:
        days = max((evidence.day - one.due_on).days for one in overdue)
        return Reading(WORST, {"days_overdue": days, "stage": stage}, tuple(one.name for one in overdue))
    if due is None:
        return unknown("no renewal to come is known", stage=stage)
    days = (due - evidence.day).days
    value = value_of(settings["near"] / 100) if days <= settings["near_days"] else BEST
    pending = tuple(one.name for one in evidence.dossier.renewals if one.outcome == "pending")
    return Reading(value, {"days_to_renewal": days, "stage": stage}, pending)


def expansion(evidence: Evidence, settings: Settings) -> Reading:
    """ARR against a year ago: unchanged 60, up a tenth 100, down three tenths 0, linear between.

    From the subscriptions; where these do not reach back so far, from the renewals of the year. Unit: ratio.
    """
    since = evidence.day - timedelta(days=int(settings["days"]))
    if arr_on(evidence.dossier.subscriptions, since):
        return _change(evidence, settings)
    decided = [one for one in evidence.dossier.renewals if one.decided_on and one.decided_on > since]
    told = [one for one in decided if one.arr_before and one.arr_after is not None]
    before = sum((one.arr_before for one in told if one.arr_before), Decimal(0))
    after = sum((one.arr_after for one in told if one.arr_after), Decimal(0))
    return _grown(before, after, settings, tuple(one.name for one in told))


def spend(evidence: Evidence, settings: Settings) -> Reading:
    """ARR against 90 days ago: unchanged 70, up a twentieth 100, down fifteen hundredths 0. From the subscriptions."""
    return _change(evidence, settings)


def arr_on(subscriptions: Iterable[Subscription], day: date) -> Decimal | None:
    """What all subscriptions were worth on that day; None before the first."""
    then = _latest(one for one in subscriptions if one.effective_on <= day)
    return sum((one.arr for one in then if not one.cancelled), Decimal(0)) if then else None


def _change(evidence: Evidence, settings: Settings) -> Reading:
    since = evidence.day - timedelta(days=int(settings["days"]))
    before, after = (arr_on(evidence.dossier.subscriptions, day) for day in (since, evidence.day))
    changed = [one.name for one in evidence.dossier.subscriptions if since < one.effective_on <= evidence.day]
    return _grown(before or Decimal(0), after or Decimal(0), settings, tuple(changed))


def _grown(before: Decimal, after: Decimal, settings: Settings, records: tuple[str, ...]) -> Reading:
    if before <= 0:
        return unknown("the ARR of then is not known")
    change = float(after / before) - 1
    unchanged = settings["unchanged"]
    gained = (100 - unchanged) * change / settings["full_growth"]
    lost = unchanged * change / settings["zero_loss"]
    numbers: dict[str, Number] = {"before": str(before), "after": str(after), "change": round(change, 4)}
    return Reading(value_of((unchanged + (gained if change >= 0 else lost)) / 100), numbers, records)


def _latest(subscriptions: Iterable[Subscription]) -> list[Subscription]:
    """Of each subscription what was said last; they come by day."""
    return list({(one.source, one.subscription): one for one in subscriptions}.values())


def _cancelled(subscriptions: Iterable[Subscription]) -> list[str]:
    """The names of all subscriptions where every one is cancelled."""
    latest = _latest(subscriptions)
    return [one.name for one in latest] if all(one.cancelled for one in latest) else []


def _lost(evidence: Evidence) -> list[str]:
    """The last renewal that was decided, where they left at it and have not come back."""
    decided: list[Renewal] = [one for one in evidence.dossier.renewals if one.outcome != "pending"]
    return [one.name for one in decided[-1:] if one.outcome == "churned" and not _came_back(one, evidence)]


def _came_back(lost: Renewal, evidence: Evidence) -> bool:
    """Whether a subscription, another renewal or a new beginning of the account follows the renewal they left at."""
    ended = max(lost.due_on, lost.decided_on or lost.due_on)
    account, dossier = evidence.account, evidence.dossier
    begun = [one.effective_on for one in _latest(dossier.subscriptions) if not one.cancelled]
    begun += [one for one in (account.signup_date, account.usage_start) if one is not None]
    due = (one.due_on for one in dossier.renewals if one.outcome == "pending")
    return any(day >= ended for day in begun) or any(day > ended for day in due)


def _lately(goal: Goal, since: date) -> bool:
    if goal.met_on is not None:
        return max(goal.met_on, goal.due_on or goal.met_on) >= since
    return goal.due_on is None or goal.due_on >= since


def _progress(goal: Goal, day: date) -> float | None:
    if goal.met_on is not None:
        return 1.0
    start = goal.start or 0.0
    if goal.current is not None and goal.target is not None and goal.target != start:
        return min(max((goal.current - start) / (goal.target - start), 0.0), 1.0)
    return 0.0 if goal.due_on is not None and goal.due_on < day else None
