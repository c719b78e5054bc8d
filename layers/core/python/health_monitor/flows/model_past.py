"""Every account's stored past as evidence, week by week: what a score under any scorecard is made from again.

Nights keep the facts and the use they scored with; days before the first of them have the use that a rebuild left, with
the facts of today. Records are as they were known to be true at the end of each day, so that what comes about by time
alone, such as an invoice that is past due, comes about on its day.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from typing import Any, NamedTuple

from health_monitor.flows.health import scope_of
from health_monitor.flows.reported import nights
from health_monitor.flows.runs import HEALTH, REBUILT, benchmark_before, night_prefix, read_json, read_rows, to_json
from health_monitor.flows.use_history import EVERY, read_use
from health_monitor.model.account import Account
from health_monitor.model.dossier import EMPTY, Dossier
from health_monitor.model.evidence import Evidence, Peers
from health_monitor.model.scoring_change import Reach
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.dossiers import Dossiers, Standings
from health_monitor.ports.journal import Journal
from health_monitor.score.line import evidence_of_line, use_line, use_of_line
from health_monitor.score.peers import TRAINING, PeerCount, peers_from

AT_ONCE = 100
"""Accounts whose records are read together."""
Kept = dict[str, list[tuple[int, bytes]]]
"""By account its days (ordinals, rising), packed: a portfolio's year has to fit into memory."""


@dataclass(frozen=True)
class Stores:
    """Where the past is, and where accounts stand."""

    blobs: Blobs
    accounts: Accounts
    dossiers: Dossiers
    standings: Standings
    journal: Journal


class Past(NamedTuple):
    """An account as it is known today, all its records, and its evidence on each day that is kept, rising."""

    account: Account
    dossier: Dossier
    days: list[Evidence]


def reach_of(stores: Stores) -> Reach:
    """Which history there is now."""
    return Reach(night=stores.journal.last_complete(), rebuilt=read_json(stores.blobs, REBUILT).get("at"))


def stored_past(
    stores: Stores, through: date, first: date = date.min, progress: Callable[[int], None] = lambda _done: None
) -> Iterator[Past]:
    """Account by account every seventh day from `first` on, and the day `through`."""
    known = stores.accounts.read(list(stores.accounts.ids()))
    wanted = [day for day in nights(stores.blobs) if first <= day <= through]
    wanted = [day for day in wanted if day.toordinal() % EVERY == 0 or day == through]
    kept, peers = _weeks(stores, known, first, min(wanted, default=through + timedelta(days=1)))
    for night in wanted:
        peers[night.toordinal()] = peers_from(benchmark_before(stores.blobs, night).get("peers", {}))
        for row in read_rows(stores.blobs, night_prefix(night)):
            if HEALTH in row:
                kept[row["account_id"]].append((night.toordinal(), _packed(row[HEALTH])))
    ids = iter(sorted(kept.keys() & known.keys()))
    done = 0
    while some := list(islice(ids, AT_ONCE)):
        dossiers = stores.dossiers.read(some)
        for account_id in some:
            yield _past(known[account_id], dossiers.get(account_id, EMPTY), kept.pop(account_id), peers)
        done += len(some)
        progress(done)


def under(evidence: Evidence, core_features: tuple[str, ...]) -> Evidence:
    """The evidence with a scorecard's core features; where it names none, those that the peers used."""
    return replace(evidence, core_features=core_features or evidence.peers.features)


def _packed(health: Mapping[str, Any]) -> bytes:
    return to_json({name: health[name] for name in ("account", "use", "scope", "core_features") if name in health})


def _weeks(stores: Stores, known: Mapping[str, Account], first: date, night: date) -> tuple[Kept, dict[int, Peers]]:
    """The use of the days before the first night, and with whom each of these days compares: the week before it."""
    kept: Kept = defaultdict(list)
    counts: dict[int, PeerCount] = defaultdict(PeerCount)
    trained = _first_training(stores.dossiers, known)
    for account_id, weeks in read_use(stores.blobs):
        account = known.get(account_id)
        for day, use in weeks if account else ():
            if first.toordinal() <= day < night.toordinal() and account:
                kept[account_id].append((day, to_json({"use": use_line(use)})))
                evidence = Evidence(date.fromordinal(day), account, use, scope=scope_of(account))
                counts[day + EVERY].add(evidence, trained=trained <= day)
    return kept, {day: count.peers() for day, count in counts.items()}


def _first_training(dossiers: Dossiers, known: Iterable[str]) -> int:
    """The day (an ordinal) since which trainings are recorded at all."""
    ids, first = iter(known), date.max.toordinal()
    while some := list(islice(ids, AT_ONCE)):
        for dossier in dossiers.read(some).values():
            days = (one.when.date().toordinal() for one in dossier.touchpoints if one.kind in TRAINING)
            first = min(first, min(days, default=first))
    return first


def _past(account: Account, dossier: Dossier, kept: list[tuple[int, bytes]], peers: Mapping[int, Peers]) -> Past:
    left = (account.churn_date or date.max).toordinal()
    days = [
        _evidence(account, dossier, day, json.loads(said), peers.get(day, Peers())) for day, said in kept if day < left
    ]
    return Past(account, dossier, days)


def _evidence(account: Account, dossier: Dossier, day: int, said: dict[str, Any], peers: Peers) -> Evidence:
    on = date.fromordinal(day)
    known = dossier.as_of(on)
    if "account" in said:
        return replace(evidence_of_line(said, on), dossier=known, peers=peers)
    return Evidence(on, account, use_of_line(said["use"]), known, peers, scope=scope_of(account))
