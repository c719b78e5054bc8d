"""Three accounts to look at: a warning that came true, a false alarm, and a customer the rule missed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from health_monitor.learn.outcomes import days_by_account
from health_monitor.learn.report import Report, Story
from health_monitor.learn.stretches import daily
from health_monitor.model.config import Bundle, UsageDrop
from health_monitor.model.replay import NO_RATIO, Replay, Walk
from health_monitor.model.usage import Drop, Episode, Resolution

DAYS_BEFORE = 150
DAYS_AFTER = 75
READABLE_EPISODES = 3
"""More episodes than this make a picture nobody reads."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One alert in the picture; days are ISO dates."""

    opened_on: str
    severe: bool
    resolved_on: str | None


@dataclass(frozen=True, slots=True)
class Worked:
    """One account's picture. `percents` is the 14-day index in percent of its baseline by day, None = no verdict.

    `lines`: alert below, severe below, resolved from, in percent.
    """

    title: str
    account_id: str
    name: str | None
    sentence: str
    first_day: str
    percents: tuple[int | None, ...]
    active_users: tuple[int, ...]
    marks: tuple[Mark, ...]
    left_on: str | None
    lines: tuple[int, int, int]


def worked_examples(replay: Replay, report: Report, bundle: Bundle | None = None) -> tuple[Worked, ...]:
    """At most three, chosen for being typical and readable; the same every time."""
    walks = {walk.account.account_id: walk for walk in replay.walks}
    alerts = days_by_account(report.kept)
    stories = [s for s in report.churners.stories if s.account_id in walks]
    found: list[Worked] = []
    if right := _typical(stories, report, walks):
        found.append(_worked("A warning that came true", walks[right.account_id], right.text, right, bundle))
    for title, resolution in _endings(report):
        if calm := _closed_as(resolution, walks, alerts, report):
            found.append(_worked(title, walks[calm[0]], _calm_sentence(calm[1]), None, bundle))
    if missed := _missed(stories):
        found.append(_worked("A customer it missed", walks[missed.account_id], missed.text, missed, bundle))
    return tuple(found[:3])


def _endings(report: Report) -> tuple[tuple[str, Resolution], ...]:
    if report.has_churn_dates:
        return (("A false alarm", Resolution.RECOVERED),)
    return (("Usage came back", Resolution.RECOVERED), ("A new normal", Resolution.NEW_NORMAL))


def _typical(stories: Iterable[Story], report: Report, walks: Mapping[str, Walk]) -> Story | None:
    """Warned about as early as is usual here, with few episodes."""
    usual = report.rule.median_lead_days.value or 30
    warned = [s for s in stories if s.lead_days is not None]
    return min(warned, key=lambda s: (_crowded(walks[s.account_id]), abs((s.lead_days or 0) - usual)), default=None)


def _missed(stories: Sequence[Story]) -> Story | None:
    """Preferably one whose usage never fell: that is what the rule cannot see."""
    missed = [s for s in stories if s.status == "missed"]
    return min(missed, key=lambda s: s.reason != "never_below", default=None)


def _closed_as(
    resolution: Resolution, walks: Mapping[str, Walk], alerts: Mapping[str, Sequence[int]], report: Report
) -> tuple[str, Episode] | None:
    """An alert on an account that stayed, closed after about three weeks."""
    latest = date.fromisoformat(report.to_day).toordinal() - report.horizon_days
    found = [
        (walk.account.account_id, episode)
        for account_id in alerts
        for walk in (walks[account_id],)
        if walk.account.churn_date is None
        for episode in walk.episodes
        if episode.resolution is resolution and episode.opened_on <= latest
    ]
    return min(found, key=lambda f: (_crowded(walks[f[0]]), abs(_length(f[1]) - 21), f[0]), default=None)


def _length(episode: Episode) -> int:
    return (episode.resolved_on or episode.opened_on) - episode.opened_on


def _crowded(walk: Walk) -> bool:
    return len(walk.episodes) > READABLE_EPISODES or len(walk.codes) < DAYS_BEFORE


def _calm_sentence(episode: Episode) -> str:
    level = "severe" if episode.highest is Drop.SEVERE else "moderate"
    ended = "its usage came back" if episode.resolution is Resolution.RECOVERED else "it settled on a lower level"
    return f"A {level} alert; {ended} after {_length(episode)} days, and the account stayed"


def _worked(
    title: str,
    walk: Walk,
    sentence: str,
    story: Story | None,
    bundle: Bundle | None,
) -> Worked:
    account = walk.account
    first, last = _window(walk, story)
    ratios = walk.ratios[first - walk.start : last - walk.start + 1]
    users = daily(walk, walk.series.active_users)[first - walk.start : last - walk.start + 1]
    marks = tuple(_mark(e, last) for e in walk.episodes if first <= e.opened_on <= last)
    return Worked(
        title=title,
        account_id=account.account_id,
        name=account.name,
        sentence=sentence,
        first_day=date.fromordinal(first).isoformat(),
        percents=tuple(None if r == NO_RATIO else r // 100 for r in ratios),
        active_users=tuple(users),
        marks=marks,
        left_on=story.left_on if story else None,
        lines=_lines(walk, bundle),
    )


def _window(walk: Walk, story: Story | None) -> tuple[int, int]:
    """The months before it left, or the months around its last alert."""
    if story or not walk.episodes:
        last = walk.end
    else:
        last = min(walk.end, (walk.episodes[-1].resolved_on or walk.episodes[-1].opened_on) + DAYS_AFTER)
    return max(walk.start, last - DAYS_BEFORE - DAYS_AFTER), last


def _mark(episode: Episode, last: int) -> Mark:
    end = episode.resolved_on
    return Mark(
        opened_on=date.fromordinal(episode.opened_on).isoformat(),
        severe=episode.highest is Drop.SEVERE,
        resolved_on=date.fromordinal(end).isoformat() if end is not None and end <= last else None,
    )


def _lines(walk: Walk, bundle: Bundle | None) -> tuple[int, int, int]:
    drop = bundle.profile_of(walk.account).usage_drop.mature if bundle else UsageDrop()
    return int(drop.fire_lt * 100), int(drop.severe_lt * 100), int(drop.resolve_gte * 100)
