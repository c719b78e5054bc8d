"""The demo's scores between two nights: a P1 that cannot wait, a person who knows better, and another scorecard."""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from health_monitor import wiring
from health_monitor.cli.console import many
from health_monitor.flows.configure import load_scorecard
from health_monitor.flows.model_past import Past, stored_past
from health_monitor.flows.model_plan import plan_model, read_retention
from health_monitor.flows.model_replay import replayed
from health_monitor.flows.override import Judgement, end_override, set_override
from health_monitor.learn.findings import Findings
from health_monitor.learn.plan import findings
from health_monitor.model.account import Account
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.records import STATUS, HealthStatus
from health_monitor.model.score import Standing
from health_monitor.model.scorecard import Scorecard
from health_monitor.ports.world import World
from health_monitor.views.explain import points
from local.health import say, stores_of, tell
from local.product import LocalProduct
from local.senders import Body, Senders
from local.team import MANAGER

WITHIN_SECONDS = 60.0
"""How soon an account is scored again after something critical."""
TICKET, CARD = "demo-p1", "scorecard.yaml"
SHIFT = 5
"""Percent of the score's weight that the planned scorecard takes from usage and gives to sentiment."""
UNCHANGED_WEEKS = timedelta(weeks=8)
"""So far back a scorecard is replayed against itself."""
REASON = "their new owner has signed"
console = Console(soft_wrap=True, highlight=False)


def open_p1(running: LocalProduct, world: World, day: date) -> None:
    """A high-value account that is well opens a P1, by the signed webhook; how soon it is scored, and who hears."""
    found = _somebody_well(world)
    if found is None:
        return
    account, before = found
    heard, begun = len(_mails_about(running, account)), time.monotonic()
    Senders(running).post([_ticket(account, day)])
    after = _scored_again(running, world, before)
    seconds = time.monotonic() - begun
    _delivered(running)
    told = _mails_about(running, account)[heard:]
    if not told:
        raise NeedsHuman(f"nobody heard of the P1 of {account.account_id}; log of the local AWS: {running.aws.log}")
    say(
        "a P1 is opened",
        f"by {account.account_id} (ARR {account.arr:,.0f}), told by the signed webhook: scored again within "
        f"{seconds:.1f} s, {points(before.score)} → {points(after.score)}, {_moved(before, after)}; "
        f"{' and '.join(sorted(told))} heard at once",
    )


def _somebody_well(world: World) -> tuple[Account, Standing] | None:
    """Who pays most of those that are healthy and have no signal, else of all without a P1; None before any night."""
    known = world.accounts.read(list(world.accounts.ids()))
    covered = wiring.bundle_now().high_value.covers
    standings = world.standings.read(sorted(key for key, one in known.items() if covered(one) and one.arr))
    well = [one for one in standings.values() if one.status == "healthy" and not one.signals]
    return max(((known[one.account_id], one) for one in well), key=lambda two: two[0].arr or 0, default=None)


def _moved(before: Standing, after: Standing) -> str:
    if after.status == before.status:
        return f"still {_status(after.status)}"
    return f"{_status(before.status)} → {_status(after.status)}"


def _ticket(account: Account, day: date) -> Body:
    at = f"{day}T15:10:00Z"
    ticket = {
        "account_id": account.account_id, "ticket_id": TICKET, "opened_at": at, "type": "incident", "severity": "p1",
        "solved_at": None, "changed_at": at,
    }  # fmt: skip
    return Body("signed", json.dumps({"tickets": [ticket]}).encode(), 1)


def _scored_again(running: LocalProduct, world: World, before: Standing) -> Standing:
    until = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < until:
        now = world.standings.read([before.account_id], consistent=True)[before.account_id]
        if now.at != before.at and any(one.kind == "p1_open" for one in now.signals):
            return now
        time.sleep(0.2)
    raise NeedsHuman(f"{before.account_id} was not scored again within a minute; log: {running.aws.log}")


def _mails_about(running: LocalProduct, account: Account) -> list[str]:
    """To whom mails about something critical of this account went."""
    some = (mail for mail in running.aws.mailbox() if mail["Subject"].startswith("[critical]"))
    return [mail["To"][0] for mail in some if account.account_id in mail["BodyText"]]


@dataclass(frozen=True)
class ScoreStory:
    """What people do about a score: judge otherwise for a while, and try another scorecard on the past."""

    world: World
    last: date
    config: Path

    def tell(self, account_id: str | None) -> None:
        """One line each, with the checks."""
        console.print("\n[bold]When people judge otherwise[/]")
        if account_id:
            self._override(account_id)
        self._plan()
        self._unchanged()

    def _override(self, account_id: str) -> None:
        trend, now = wiring.bundle_now().scorecard.trend, self.world.clock.now()
        before = self._standing(account_id)
        status: HealthStatus = "moderate" if before.model_status != "moderate" else "healthy"
        csm = self.world.accounts.read([account_id])[account_id].csm_email or MANAGER
        made = set_override(account_id, Judgement(status, REASON, csm), self.world, trend, now)
        during = self._standing(account_id)
        end_override(account_id, csm, self.world, trend, now + timedelta(seconds=1))
        after = self._standing(account_id)
        if (during.status, during.model_status, after.status) != (status, before.model_status, before.model_status):
            raise NeedsHuman(f"the override of {account_id} did not count, or did not end; please report this")
        say(
            "an override",
            f"{csm} judges {account_id} {_status(status)} until {made.expires_on}: “{REASON}”; the "
            f"score's own “{_status(before.model_status)}” stays visible, and counts again when the override is ended",
        )

    def _standing(self, account_id: str) -> Standing:
        return self.world.standings.read([account_id], consistent=True)[account_id]

    def _plan(self) -> None:
        live, stores, begun = wiring.bundle_now(), stores_of(self.world), time.monotonic()
        past = stored_past(stores, self.last)
        found = plan_model(self._candidate(), live, past, stores, self.world.clock.now()).findings
        say(
            "another scorecard",
            f"{SHIFT} % of the weight from usage to sentiment, replayed over {many(found.weeks, 'week')} of "
            f"{many(found.accounts, 'account')}  ({time.monotonic() - begun:.1f} s): {_told(found)}",
        )

    def _candidate(self) -> Scorecard:
        """The configuration's scorecard as somebody might edit it."""
        texts = dict(wiring.config_texts(self.config))
        said: dict[str, Any] = yaml.safe_load(texts[CARD])
        dimensions = said["presets"]["default"]
        dimensions["usage"]["weight"] -= SHIFT
        dimensions["sentiment"]["weight"] += SHIFT
        return load_scorecard(texts | {CARD: yaml.safe_dump(said, sort_keys=False)})

    def _unchanged(self) -> None:
        """The live scorecard against itself."""
        found = findings(self._twice(stored_past(stores_of(self.world), self.last, self.last - UNCHANGED_WEEKS)))
        if found.moved or found.statuses[0] != found.statuses[1] or found.alerts[0] != found.alerts[1]:
            raise NeedsHuman("the same scorecard replayed twice gives two results; please report this")
        tell(
            f"Check: the live scorecard replayed against itself over {many(found.weeks, 'week')} changes nothing: "
            f"{many(found.scored_now, 'account')}, {many(found.alerts[0], 'alert')}."
        )

    def _twice(self, past: Iterable[Past]) -> Iterator[Any]:
        live, retention = wiring.bundle_now(), read_retention(stores_of(self.world))
        return (replayed(one, (live, live), retention, self.last) for one in past)


def _told(found: Findings) -> str:
    missed, false = found.missed, found.false_alarms
    return (
        f"{len(found.moved)} of {found.scored_now} would stand elsewhere today; alerts {found.alerts[0]:,} → "
        f"{found.alerts[1]:,}; of {many(found.churns, 'churn')} missed {missed.before.count} → {missed.after.count}; "
        f"of {many(found.renewals, 'renewal')} false alarms {false.before.count} → {false.after.count}; "
        "nothing is changed until it is applied"
    )


def _delivered(running: LocalProduct) -> None:
    if not running.wait_until_delivered(within_seconds=60):
        held, log = running.undelivered, running.aws.log
        raise NeedsHuman(f"messages are still queued after a minute ({held}); log of the local AWS: {log}")


def _status(status: HealthStatus | None) -> str:
    return STATUS[status] if status else "no status"
