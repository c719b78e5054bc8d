"""What the load test sends: events that are all different, where they count, and the bodies they travel in."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from health_monitor.model.account import Account
from local.live import REPEATED, exported
from local.senders import Body, Use, segment_body, signed_body

SIZES = (1, 5, 25, 100, 400)
"""Events in a signed body; Segment's have one each."""
DAYS, PEOPLE, FEATURES = 4, 12, 9
Counts = dict[tuple[str, int], tuple[int, int]]
"""Uses and people, by account and day."""


@dataclass(frozen=True)
class Load:
    """How much: events by webhook, how many of them one at a time by Segment, events to pull; how often to kill.

    kill_every: seconds in between. again_after: seconds after which a message comes again whose consumer died; half an
    hour when deployed.
    """

    events: int = 50_000
    one_by_one: int = 4_000
    pulled: int = 20_000
    accounts: int = 200
    kills: int = 3
    kill_every: float = 20.0
    again_after: int = 15


def the_accounts(number: int) -> list[Account]:
    """Accounts for the events to count for."""
    began = date(2026, 1, 1)
    return [Account(account_id=_name(at), csm_email="csm@example.com", signup_date=began) for at in range(number)]


def the_uses(kind: str, number: int, accounts: int, today: date) -> Iterator[Use]:
    """Events of the last days, more of some accounts than of others."""
    rng = Random(kind)
    begin = datetime.combine(today - timedelta(days=DAYS), datetime.min.time(), UTC)
    for at in range(number):
        moment = begin + timedelta(seconds=rng.randrange(DAYS * 86_400))
        account, use_id = _name(int(rng.random() * rng.random() * accounts)), _digest(f"{kind} {at}")
        yield Use(account, f"u{rng.randrange(PEOPLE)}", f"feature_{rng.randrange(FEATURES)}", moment, use_id)


def the_bodies(load: Load, uses: Sequence[Use]) -> list[Body]:
    """Every tenth event twice, all in disorder: an event seldom comes again in the company it came in first."""
    rng, calls, rest = Random(load.events), uses[: load.one_by_one], uses[load.one_by_one :]
    mixed = [*rest, *rest[::REPEATED]]
    rng.shuffle(mixed)
    bodies = [segment_body(use) for use in (*calls, *calls[::REPEATED])]
    at = 0
    while at < len(mixed):
        size = SIZES[len(bodies) % len(SIZES)]
        bodies.append(signed_body(mixed[at : at + size]))
        at += size
    rng.shuffle(bodies)
    return bodies


def the_export(uses: Iterable[Use]) -> dict[str, Iterable[dict[str, Any]]]:
    """The same as Mixpanel exports it, day by day, every tenth twice."""
    days: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for at, use in enumerate(uses):
        days[use.at.date().isoformat()] += [exported(use, use.account)] * (1 if at % REPEATED else 2)
    return {**days}


def the_truth(uses: Iterable[Use]) -> Counts:
    """What must be counted of them."""
    events: Counter[tuple[str, int]] = Counter()
    people: dict[tuple[str, int], set[str]] = defaultdict(set)
    for use in uses:
        place = (use.account, use.at.toordinal())
        events[place] += use.n
        people[place].add(use.user_id)
    return {place: (events[place], len(people[place])) for place in events}


def a_probe(number: int, today: date) -> Use:
    """One event whose way through the product is timed."""
    moment = datetime.combine(today - timedelta(days=1), datetime.min.time(), UTC) + timedelta(seconds=number)
    return Use(_name(0), f"probe-{number}", "probe", moment, _digest(f"probe {number}"))


def _name(at: int) -> str:
    return f"load-{at:04}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
