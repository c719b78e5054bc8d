"""Score one account again between two nights, and tell at once what is critical and new.

Its use is that of the last night, its records are today's. The night's line stays as it was reported, and so does the
history: the next night scores the whole day. An account that no night has scored yet stands for the first time, with
nothing behind it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from health_monitor.flows.health import Judging, Seen, read_judging, seen_of
from health_monitor.flows.health_night import is_customer
from health_monitor.flows.runs import benchmark_before
from health_monitor.flows.tell_signals import Teller, tell_at_once
from health_monitor.model.account import Account
from health_monitor.model.alert import Rescoring
from health_monitor.model.config import Bundle
from health_monitor.model.errors import AlreadyDone, TryAgain
from health_monitor.model.score import History, Standing
from health_monitor.ports.dossiers import Dossiers, Standings
from health_monitor.ports.journal import Journal
from health_monitor.ports.usage import Rings, States


@dataclass(frozen=True)
class Desk:
    """What rescoring works with, by the configuration that is live."""

    bundle: Bundle
    rings: Rings
    states: States
    dossiers: Dossiers
    standings: Standings
    journal: Journal
    teller: Teller

    @cached_property
    def data_from(self) -> date | None:
        """From when on anything is known of usage."""
        return min((source.complete_from for source in self.journal.freshness()), default=None)


def rescore(wish: Rescoring, now: datetime, desk: Desk) -> int:
    """How many colleagues hear of something critical. Doing it again changes nothing and tells nobody twice.

    Raises AlreadyDone when the account can wait for the night, TryAgain when its standing is being written by others.
    """
    account, before, night = _wanted(wish, now, desk)
    standing = _standing(account, before, night, now, desk)
    if before and standing.model_copy(update={"at": before.at}) == before:
        # Nothing is new; who died between writing and telling tells now.
        return tell_at_once(account, before, desk.bundle, desk.teller)
    if desk.standings.read([wish.account_id], consistent=True).get(wish.account_id) != before:
        raise TryAgain(f"{wish.account_id}: its standing was written meanwhile")
    desk.standings.write([standing])
    return tell_at_once(account, standing, desk.bundle, desk.teller)


def _wanted(wish: Rescoring, now: datetime, desk: Desk) -> tuple[Account, Standing | None, date]:
    """The account, where it stands, and the night whose use and peers count."""
    account = desk.teller.accounts.read([wish.account_id]).get(wish.account_id)
    if account is None or not is_customer(account, now.date()):
        raise AlreadyDone("it is no customer")
    if not wish.critical and not desk.bundle.high_value.covers(account):
        raise AlreadyDone("the night will do")
    before = desk.standings.read([wish.account_id], consistent=True).get(wish.account_id)
    night = before.as_of if before else desk.journal.last_complete()
    if night is None:
        raise AlreadyDone("no night has been run yet")
    if before and before.version != desk.bundle.scorecard.version:
        raise TryAgain(f"{wish.account_id} stands by another scorecard than the one that is live")
    return account, before, night


def _standing(account: Account, before: Standing | None, night: date, now: datetime, desk: Desk) -> Standing:
    """Where it stands now. Peers are those of the night that it stood on, so that only news moves the score."""
    benchmarks = benchmark_before(desk.teller.blobs, night)
    judging: Judging = read_judging(now.date(), desk.bundle, desk.teller.blobs, benchmarks)
    dossier = desk.dossiers.read([account.account_id], consistent=True).get(account.account_id)
    evidence = judging.evidence(account, _seen(account, night, desk), dossier, used_on=night)
    standing = judging.health(evidence, before, now).standing
    history = before.history if before else History(standing.version, night.toordinal(), (None,))
    return standing.model_copy(update={"as_of": night, "history": history})


def _seen(account: Account, night: date, desk: Desk) -> Seen | None:
    """Its use as the night saw it."""
    key = account.account_id
    ring = desk.rings.read([key]).get(key)
    if ring is None:
        return None
    state = desk.states.read([key], night).get(key)
    ratio = state.verdict.ratio if state else None
    return seen_of(account, ring, ratio, night, desk.data_from, desk.bundle, desk.rings)
