"""From an account's episode to the alert that people see."""

from collections.abc import Sequence
from datetime import date

from health_monitor.model.account import Account
from health_monitor.model.alert import SEVERITY, USAGE_DROP, Alert, alert_id
from health_monitor.model.usage import Basis, Episode, Verdict


def alert_of(
    account: Account,
    episode: Episode,
    windows: Sequence[int],
    *,
    profile: str,
    variant: str,
    config: str,
    suppressed: str | None,
) -> Alert:
    """The alert of an episode as it stands, with its first day's numbers; `windows`: days of index and of baseline."""
    opening, opened_on = episode.opening, date.fromordinal(episode.opened_on)
    return Alert(
        alert_id=alert_id(account.account_id, USAGE_DROP, opened_on),
        account_id=account.account_id,
        rule=USAGE_DROP,
        opened_on=opened_on,
        usage_drop=episode.usage_drop,
        highest_usage_drop=episode.highest,
        severity=SEVERITY[episode.highest],
        escalated_on=_date(episode.escalated_on),
        resolved_on=_date(episode.resolved_on),
        resolution=episode.resolution,
        index=round(opening.index, 6),
        baseline=round(opening.baseline, 6),
        ratio=round(opening.ratio or 0.0, 6),
        basis=opening.basis or Basis.OWN,
        index_days=windows[0],
        baseline_days=windows[1],
        profile=profile,
        variant=variant,
        config=config,
        suppressed=suppressed,
        csm_email=account.csm_email,
    )


def as_of_today(alert: Alert, today: Verdict) -> Alert:
    """The alert with a later day's numbers instead of its first day's, for telling that it got worse."""
    numbers = {"index": today.index, "baseline": today.baseline, "ratio": today.ratio, "basis": today.basis}
    return alert.model_copy(update=numbers)


def _date(day: int | None) -> date | None:
    return date.fromordinal(day) if day else None
