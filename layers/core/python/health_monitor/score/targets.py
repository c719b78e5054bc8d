"""How far each measure could be moved, in its own unit: `14 of 20 seats active → 17`, and what it would be worth then.

The same formulas as in the measures' own functions, from the numbers that a stored reading names: a past date's measure
can be moved too. A test holds them equal.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from health_monitor.model.measure import MEASURES
from health_monitor.model.score import FULL, Number, Reading
from health_monitor.score.reading import Settings, value_of
from health_monitor.score.said import singular

MOST = 5
"""So many more answers, messages or reviews at most: nobody plans for the twentieth."""


class Numbers(dict[str, Number]):
    """A reading's numbers, as numbers."""

    def of(self, name: str) -> float:
        """The number; KeyError where the reading has none of that name."""
        value = self[name]
        if not isinstance(value, int | float):
            raise KeyError(name)
        return float(value)

    def whole(self, name: str) -> int:
        """The number, where it counts something."""
        return int(self.of(name))


class Option(NamedTuple):
    """A value that the measure could have (hundredths), at what it says then, in words from now to then."""

    value: int
    now: Number
    then: Number
    said: str


Moves = Callable[[Numbers, Settings, int], Iterator[Option]]
"""From a reading's numbers, the measure's settings and the value that it has."""


def options(measure: str, reading: Reading, settings: Settings) -> tuple[Option, ...]:
    """Every better value within reach, the smallest change first; none where nobody can move it, or nothing is known.

    Also none where the reading is of an older version and names other numbers.
    """
    moves = MOVES.get(measure)
    if moves is None or reading.value is None or not MEASURES[measure].actionable:
        return ()
    try:
        found = [one for one in moves(Numbers(reading.numbers), settings, reading.value) if one.value > reading.value]
    except KeyError:
        return ()
    best: dict[int, Option] = {}
    for one in found:
        best.setdefault(one.value, one)
    return tuple(best[value] for value in sorted(best))


def _active_users(numbers: Numbers, _: Settings, __: int) -> Iterator[Option]:
    active, seats = numbers.whole("active"), numbers.whole("seats")
    for then in range(active + 1, seats + 1):
        yield Option(value_of(then / seats), active, then, f"{active} of {seats} seats active → {then}")


def _login_frequency(numbers: Numbers, settings: Settings, _: int) -> Iterator[Option]:
    """People who come less often come daily: those who come least often first."""
    daily, weekly, monthly = (numbers.whole(name) for name in ("daily", "weekly", "monthly"))
    users = daily + weekly + monthly
    for more in range(1, weekly + monthly + 1):
        seldom = max(monthly - more, 0)
        often = weekly - max(more - monthly, 0)
        points = (daily + more) * settings["daily"] + often * settings["weekly"] + seldom * settings["monthly"]
        words = f"people who come daily: {daily} of {users} → {daily + more}"
        yield Option(value_of(points / users / 100), daily, daily + more, words)


def _feature_depth(numbers: Numbers, _: Settings, __: int) -> Iterator[Option]:
    used, core = numbers.whole("used"), numbers.whole("core")
    unused = f" (unused: {numbers['unused']})"
    for then in range(used + 1, core + 1):
        yield Option(value_of(then / core), used, then, f"{used} of {core} core features used → {then}{unused}")


def _user_health(_: Numbers, __: Settings, value: int) -> Iterator[Option]:
    yield from _points("the users' mean score", value)


def _usage_trend(numbers: Numbers, settings: Settings, _: int) -> Iterator[Option]:
    index, before = numbers.whole("index"), numbers.whole("index_90_days_ago")
    low, high = settings["zero_at"], settings["full_at"]
    for then in range(index + 1, max(round(before * high), index) + 1):
        value = value_of(round((then / before - low) / (high - low), 9))
        yield Option(value, index, then, f"{index} active user-days in 14 days → {then}")


def _peer_usage(numbers: Numbers, _: Settings, __: int) -> Iterator[Option]:
    now, median = numbers.of("use_per_seat"), numbers.of("median")
    yield Option(
        FULL // 2,
        now,
        median,
        f"{100 * now:.0f} % of the seats active on a usual day → {100 * median:.0f} %, the peers' median",
    )


def _qbr_attendance(numbers: Numbers, _: Settings, __: int) -> Iterator[Option]:
    attended, held = numbers.whole("attended"), numbers.whole("held")
    for more in range(1, MOST + 1):
        words = f"{attended} of {held} business reviews attended → {_next(more, 'review')} too"
        yield Option(value_of((attended + more) / (held + more)), attended, attended + more, words)


def _response_rate(numbers: Numbers, _: Settings, __: int) -> Iterator[Option]:
    answered, sent = numbers.whole("answered"), numbers.whole("sent")
    for more in range(1, MOST + 1):
        words = f"{answered} of {sent} messages answered → {_next(more, 'message')} too"
        yield Option(value_of((answered + more) / (sent + more)), answered, answered + more, words)


def _training(numbers: Numbers, settings: Settings, _: int) -> Iterator[Option]:
    attended = numbers.whole("attended")
    for then in range(attended + 1, int(settings["sessions"]) + 1):
        words = f"trainings attended in 12 months: {attended} → {then}"
        yield Option(value_of(then / settings["sessions"]), attended, then, words)


def _goals_met(_: Numbers, __: Settings, value: int) -> Iterator[Option]:
    yield from _points("the goals' mean progress", value, " %")


def _roi_shown(numbers: Numbers, _: Settings, __: int) -> Iterator[Option]:
    days = numbers.get("days_since")
    now = "never shown" if days is None else singular(f"last shown {days} days ago")
    yield Option(FULL, days, 0, f"a return {now} → shown now")


def _use_cases(numbers: Numbers, _: Settings, __: int) -> Iterator[Option]:
    live, bought = numbers.whole("live"), numbers.whole("bought")
    for then in range(live + 1, bought + 1):
        yield Option(value_of(then / bought), live, then, f"{live} of {bought} use cases live → {then}")


def _nps(numbers: Numbers, settings: Settings, value: int) -> Iterator[Option]:
    for more, mean in _more_answers(numbers.whole("answers"), value, settings["promoter"]):
        yield Option(mean, 0, more, f"NPS: {more} more {_answers(more)} of 9 or 10")


def _csat(numbers: Numbers, _: Settings, value: int) -> Iterator[Option]:
    for more, mean in _more_answers(numbers.whole("answers"), value, 100):
        yield Option(mean, 0, more, f"satisfaction: {more} more {_answers(more)} of 5")


def _support_friction(numbers: Numbers, settings: Settings, _: int) -> Iterator[Option]:
    """Open P1s are solved first, then there are fewer tickets; reopened ones stay reopened."""
    tickets, usual = numbers.whole("tickets"), numbers.of("usual")
    urgent, reopened = numbers.whole("open_p1"), numbers.whole("reopened")
    ways = [(tickets, left) for left in range(urgent - 1, -1, -1)]
    ways += [(fewer, 0) for fewer in range(tickets - 1, -1, -1)]
    for then, left in ways:
        costs = left * settings["p1_costs"] + reopened * settings["reopened_costs"]
        said = [f"open P1: {urgent} → {left}"] if left < urgent else []
        said += [f"tickets in 30 days: {tickets} → {then}"] if then < tickets else []
        yield Option(value_of(min(1.0, 2 - then / usual) - costs / 100), urgent, left, ", ".join(said))


def _sponsor(numbers: Numbers, settings: Settings, _: int) -> Iterator[Option]:
    yield _present("an executive sponsor", numbers, settings["dormant_days"])


def _champion(numbers: Numbers, settings: Settings, _: int) -> Iterator[Option]:
    yield _present("a champion", numbers, settings["days"])


def _touch_cadence(numbers: Numbers, _: Settings, __: int) -> Iterator[Option]:
    days = numbers.whole("days_since")
    yield Option(FULL, days, 0, singular(f"the last touchpoint {days} days ago → one now"))


def _departments(numbers: Numbers, settings: Settings, _: int) -> Iterator[Option]:
    count, full = numbers.whole("departments"), int(settings["departments"])
    for then in range(count + 1, full + 1):
        yield Option(value_of((then - 1) / (full - 1)), count, then, f"departments in it: {count} → {then}")


def _payment(numbers: Numbers, _: Settings, __: int) -> Iterator[Option]:
    days = numbers.whole("days_overdue")
    yield Option(FULL, days, 0, f"overdue invoices: {numbers.whole('overdue_invoices')} → 0")


def _points(what: str, value: int, unit: str = "") -> Iterator[Option]:
    """A mean that moves freely: by whole points."""
    now = value // 100
    for then in range(now + 1, FULL // 100 + 1):
        yield Option(then * 100, now, then, f"{what} {now}{unit} → {then}{unit}")


def _more_answers(answers: int, value: int, best: float) -> Iterator[tuple[int, int]]:
    """The mean after more of the best answers, at least: older answers weigh less than these, never more."""
    for more in range(1, MOST + 1):
        yield more, int((answers * value + more * best * 100) / (answers + more))


def _present(whom: str, numbers: Numbers, days: float) -> Option:
    silent = numbers.get("silent_days")
    if not numbers.whole("there"):
        return Option(FULL, 0, 1, f"nobody is {whom} → somebody is named, and active")
    now = "never heard from" if silent is None else singular(f"silent for {silent} days")
    return Option(FULL, silent, 0, f"{whom}, {now} → in touch within {days:g} days")


def _next(more: int, noun: str) -> str:
    return f"the next {noun}" if more == 1 else f"the next {more} {noun}s"


def _answers(more: int) -> str:
    return "answer" if more == 1 else "answers"


MOVES: dict[str, Moves] = {
    "active_users": _active_users,
    "login_frequency": _login_frequency,
    "feature_depth": _feature_depth,
    "user_health": _user_health,
    "usage_trend": _usage_trend,
    "peer_usage": _peer_usage,
    "qbr_attendance": _qbr_attendance,
    "response_rate": _response_rate,
    "training": _training,
    "goals_met": _goals_met,
    "roi_shown": _roi_shown,
    "use_cases": _use_cases,
    "nps": _nps,
    "csat": _csat,
    "support_friction": _support_friction,
    "executive_sponsor": _sponsor,
    "champion": _champion,
    "touch_cadence": _touch_cadence,
    "departments": _departments,
    "payment": _payment,
}
"""Every measure that somebody can move."""
