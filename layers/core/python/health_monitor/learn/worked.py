"""Three accounts to look at: a warning that came true, a false alarm, and a customer the rule missed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from health_monitor.learn.report import Report, Story
from health_monitor.learn.stretches import daily
from health_monitor.model.config import Bundle, UsageDrop
from health_monitor.model.replay import NO_RATIO, Replay, Walk
from health_monitor.model.usage import Drop, Episode, Resolution

DAYS_BEFORE = 150
DAYS_AFTER = 75
TYPICAL_DAYS = 21
SLACK_DAYS = 7
EPISODE_COSTS = 30
"""One more episode in a picture is as bad as so many days without a line."""


Warned = Mapping[tuple[str, int | None], int]
"""Account and opening day of a kept alert, and the day it was kept."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One episode in the picture, and the day it was warned about if the selection kept it; days are ISO dates."""

    opened_on: str
    severe: bool
    resolved_on: str | None
    warned_on: str | None


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
    warned = {(k.account_id, k.opened_on): k.day for k in report.kept}
    stories = [s for s in report.churners.stories if s.account_id in walks]
    found: list[Worked] = []
    if right := _typical(stories, report, walks):
        found.append(_worked("A warning that came true", walks[right.account_id], right.text, right, warned, bundle))
    for title, resolution in _endings(report):
        if calm := _closed_as(resolution, walks, report):
            found.append(_worked(title, walks[calm[0]], _calm_sentence(calm[1]), None, warned, bundle))
    if missed := _missed(stories, walks):
        found.append(_worked("A customer it missed", walks[missed.account_id], missed.text, missed, warned, bundle))
    return tuple(found[:3])


def _endings(report: Report) -> tuple[tuple[str, Resolution], ...]:
    if report.has_churn_dates:
        return (("A false alarm", Resolution.RECOVERED),)
    return (("Usage came back", Resolution.RECOVERED), ("A new normal", Resolution.NEW_NORMAL))


def _typical(stories: Iterable[Story], report: Report, walks: Mapping[str, Walk]) -> Story | None:
    """Warned about as early as is usual here, with few episodes."""
    usual = report.rule.median_lead_days.value or 30
    warned = [s for s in stories if s.lead_days is not None]
    return min(
        warned,
        key=lambda s: (abs((s.lead_days or 0) - usual) > SLACK_DAYS, _crowded(walks[s.account_id])),
        default=None,
    )


def _missed(stories: Sequence[Story], walks: Mapping[str, Walk]) -> Story | None:
    """Preferably one whose usage never fell, with a history to look at: that is what the rule cannot see."""
    missed = [s for s in stories if s.status == "missed"]
    return min(missed, key=lambda s: (s.reason != "never_below", _crowded(walks[s.account_id])), default=None)


def _closed_as(resolution: Resolution, walks: Mapping[str, Walk], report: Report) -> tuple[str, Episode] | None:
    """A kept alert on an account that stayed, closed after about three weeks."""
    kept = {(k.account_id, k.opened_on) for k in report.kept}
    found = [
        (account_id, episode)
        for account_id in sorted({k.account_id for k in report.kept})
        if walks[account_id].account.churn_date is None
        for episode in walks[account_id].episodes
        if (account_id, episode.opened_on) in kept
        and episode.resolution is resolution
        and episode.opened_on <= walks[account_id].end - report.horizon_days
    ]
    return min(
        found, key=lambda f: (abs(_length(f[1]) - TYPICAL_DAYS) > SLACK_DAYS, _crowded(walks[f[0]]), f[0]), default=None
    )


def _length(episode: Episode) -> int:
    return (episode.resolved_on or episode.opened_on) - episode.opened_on


def _crowded(walk: Walk) -> tuple[bool, int]:
    """A long history with few episodes and few days without a verdict makes the clearest picture."""
    return len(walk.codes) < DAYS_BEFORE, EPISODE_COSTS * len(walk.episodes) + walk.ratios.count(NO_RATIO)


def _calm_sentence(episode: Episode) -> str:
    level = "severe" if episode.highest is Drop.SEVERE else "moderate"
    ended = "its usage came back" if episode.resolution is Resolution.RECOVERED else "it settled on a lower level"
    return f"A {level} alert; {ended} after {_length(episode)} days, and the account stayed"


def _worked(
    title: str, walk: Walk, sentence: str, story: Story | None, warned: Warned, bundle: Bundle | None
) -> Worked:
    account = walk.account
    first, last = _window(walk, story)
    seen = slice(first - walk.start, last - walk.start + 1)
    marks = tuple(
        _mark(e, last, warned.get((account.account_id, e.opened_on)))
        for e in walk.episodes
        if first <= e.opened_on <= last
    )
    return Worked(
        title=title,
        account_id=account.account_id,
        name=account.name,
        sentence=sentence,
        first_day=date.fromordinal(first).isoformat(),
        percents=tuple(None if r == NO_RATIO else r // 100 for r in walk.ratios[seen]),
        active_users=tuple(daily(walk, walk.series.active_users)[seen]),
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


def _mark(episode: Episode, last: int, warned_on: int | None) -> Mark:
    end = episode.resolved_on
    return Mark(
        opened_on=date.fromordinal(episode.opened_on).isoformat(),
        severe=episode.highest is Drop.SEVERE,
        resolved_on=date.fromordinal(end).isoformat() if end is not None and end <= last else None,
        warned_on=date.fromordinal(warned_on).isoformat() if warned_on is not None and warned_on <= last else None,
    )


def _lines(walk: Walk, bundle: Bundle | None) -> tuple[int, int, int]:
    drop = bundle.profile_of(walk.account).usage_drop.mature if bundle else UsageDrop()
    return int(drop.fire_lt * 100), int(drop.severe_lt * 100), int(drop.resolve_gte * 100)
