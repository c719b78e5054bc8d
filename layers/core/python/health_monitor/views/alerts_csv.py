"""alerts.csv: one row an episode, for spreadsheets and for comparing two runs line by line."""

from collections.abc import Iterator, Sequence
from datetime import date

from health_monitor.model.alert import SEVERITY, USAGE_DROP
from health_monitor.model.replay import Kept, Replay, Walk
from health_monitor.model.usage import Episode, Verdict

COLUMNS = (
    *("account_id", "rule", "opened_on", "usage_drop", "highest_usage_drop", "severity", "escalated_on"),
    *("resolved_on", "resolution", "index", "baseline", "ratio", "suppressed"),
)
BUDGET_COLUMN = "kept_on"
SUPPRESSED = "portfolio_drop"
DECIMALS = 10_000


def header(has_budget: bool) -> list[str]:
    """The column names; with a budget one more says on which day an episode was kept."""
    return [*COLUMNS, *([BUDGET_COLUMN] if has_budget else [])]


def alert_rows(
    replay: Replay, *, from_day: int | None = None, to_day: int | None = None, kept: Sequence[Kept] | None = None
) -> Iterator[list[str]]:
    """Episodes opened from from_day to to_day, by account id and day; with a budget only the `kept` ones.

    index, baseline and ratio are those of the opening day, cut after four decimals, so that a printed ratio is
    below a threshold exactly when the rule said so.
    """
    first = replay.first_day if from_day is None else from_day
    last = replay.last_day if to_day is None else to_day
    kept_on = None if kept is None else {(k.account_id, k.opened_on): k.day for k in kept}
    for walk in sorted(replay.walks, key=lambda w: w.account.account_id):
        for episode in walk.episodes:
            if first <= episode.opened_on <= last:
                identity = (walk.account.account_id, episode.opened_on)
                row = _row(walk, episode, identity in replay.suppressed)
                if kept_on is None:
                    yield row
                elif identity in kept_on:
                    yield [*row, _day(kept_on[identity])]


def _row(walk: Walk, episode: Episode, suppressed: bool) -> list[str]:
    return [
        walk.account.account_id,
        USAGE_DROP,
        _day(episode.opened_on),
        episode.usage_drop.value,
        episode.highest.value,
        SEVERITY[episode.highest],
        _day(episode.escalated_on),
        _day(episode.resolved_on),
        episode.resolution.value if episode.resolution else "",
        *_numbers(episode.opening),
        SUPPRESSED if suppressed else "",
    ]


def _numbers(opening: Verdict) -> tuple[str, str, str]:
    index = _cut(opening.index_num, opening.index_den)
    baseline = _cut(opening.baseline_num, opening.baseline_den)
    return index, baseline, _cut(opening.index_num * opening.baseline_den, opening.index_den * opening.baseline_num)


def _cut(num: int, den: int) -> str:
    whole, part = divmod(DECIMALS * num // den, DECIMALS)
    return f"{whole}.{part:04d}"


def _day(day: int | None) -> str:
    return "" if day is None else date.fromordinal(day).isoformat()
