"""Replays made by hand: a test names the days that matter to it."""

from array import array
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from health_monitor.model.account import Account
from health_monitor.model.replay import NO_RATIO, Incident, Replay, Walk
from health_monitor.model.usage import Basis, Drop, Episode, Resolution, Series, Verdict

DAY_ONE = date(2026, 1, 1)
FIRST = DAY_ONE.toordinal()
NO_DROP, SEVERE = 4, 6


def day(n: int) -> date:
    """Day n of the history; day 0 is the first."""
    return DAY_ONE + timedelta(days=n)


def an_episode(opened: int, *, resolved: int | None = None, highest: Drop = Drop.SEVERE) -> Episode:
    opening = Verdict(highest, None, Basis.OWN, 3, 14, 45, 90)
    return Episode(
        FIRST + opened,
        highest,
        opening,
        resolved_on=None if resolved is None else FIRST + resolved,
        resolution=None if resolved is None else Resolution.RECOVERED,
    )


def a_walk(
    account_id: str,
    days: int = 200,
    *,
    episodes: Sequence[Episode] = (),
    churn: int | None = None,
    codes: Sequence[int] | None = None,
    ratios: Sequence[int] | None = None,
    active: Sequence[int] | None = None,
    start: int = 0,
    **known: Any,
) -> Walk:
    """`days` judged days, cut where the account left; without episodes usage stays at its baseline."""
    length = days if churn is None else min(days, churn - start)
    users = list(active if active is not None else [1] * length)[:length]
    codes = list(codes if codes is not None else [0, 0, 0] + [NO_DROP] * length)[:length]
    shown = list(ratios if ratios is not None else [10_000] * length)[:length]
    facts: dict[str, Any] = {"segment": "smb", "usage_start": day(start)} | known
    return Walk(
        account=Account(account_id=account_id, churn_date=None if churn is None else day(churn), **facts),
        start=FIRST + start,
        end=FIRST + start + length - 1,
        series=Series(FIRST + start, users, users, [1] + [0] * (length - 1)),
        codes=bytes(codes),
        ratios=array("H", [r if c >= NO_DROP else NO_RATIO for r, c in zip(shown, codes, strict=True)]),
        episodes=tuple(episodes),
        last=None,
    )


def a_replay(
    walks: Iterable[Walk],
    *,
    last: int = 199,
    incidents: Iterable[int] = (),
    suppressed: Iterable[tuple[str, int]] = (),
    never_judged: Sequence[Account] = (),
) -> Replay:
    return Replay(
        walks=list(walks),
        never_judged=list(never_judged),
        incidents={FIRST + n: Incident(FIRST + n, 5_000, 40) for n in incidents},
        suppressed=frozenset((account_id, FIRST + opened) for account_id, opened in suppressed),
        first_day=FIRST,
        last_day=FIRST + last,
        config="abc123",
    )


def a_random_walk(account_id: str, seed: str, days: int = 120) -> Walk:
    """A made-up life: some episodes, some silence, perhaps an end."""
    chance = Random(f"{seed}/{account_id}")
    episodes, at = [], chance.randrange(3, 30)
    while at < days - 2:
        end = at + chance.randrange(1, 25)
        episodes.append(an_episode(at, resolved=end if end < days else None))
        at = end + chance.randrange(1, 30)
    left = chance.randrange(at, days + 1) if chance.random() < 0.3 and at < days else None
    kept = [e for e in episodes if left is None or e.opened_on < FIRST + left]
    return a_walk(
        account_id,
        days,
        episodes=kept,
        churn=left,
        ratios=[chance.randrange(0, 15_000) for _ in range(days)],
        active=[int(chance.random() < 0.6) for _ in range(days)],
        segment=chance.choice(["smb", "large"]),
    )


def random_replay(accounts: int, seed: str, days: int = 120) -> Replay:
    walks = [a_random_walk(f"a{n:03d}", seed, days) for n in range(accounts)]
    return a_replay(walks, last=days - 1)
