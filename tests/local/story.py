"""The same nights twice: in memory, and by the deployed state machine, with one batch that fails on the way."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.configure import publish_config
from health_monitor.flows.runs import REBUILT, to_json
from health_monitor.model.alert import Alert
from health_monitor.model.config import Bundle, Profile
from health_monitor.model.run import RunInput, SourceFreshness
from health_monitor.model.usage import History
from health_monitor.ports.world import World
from health_monitor.simulate.portfolio import a_portfolio
from health_monitor.simulate.workflow import arrive, histories_of, run_workflow
from local.night import Night
from local.product import LocalProduct

LAST = date(2026, 10, 31)
NIGHTS = tuple(LAST - timedelta(days=back) for back in (3, 2, 1, 0))
CONFIG = Bundle(profiles=(Profile(name="standard"),))
# Two batches, of which one can fail while the other does not.
ACCOUNTS, DAYS = 220, 130

Mail = tuple[str, str, str]
"""Recipient, subject and text."""
Traces = tuple[dict[str, Alert], list[Mail], list[str]]
"""Alerts, emails and Slack messages."""


@dataclass
class Story:
    """What was done, and what could be seen afterwards."""

    product: LocalProduct
    stored: World
    memory: MemoryWorld
    histories: list[History]
    nights: list[Night] = field(default_factory=list)
    failure_mails: list[Mail] = field(default_factory=list)
    settled: Traces | None = None

    def push(self, as_of: date) -> None:
        """Judge every night up to this one, in memory and on the state machine."""
        for world in (self.memory, self.stored):
            arrive(world, self.histories, as_of)  # type: ignore[arg-type]  # any world will do
        run_workflow(self.memory, RunInput(as_of=as_of), CONFIG)
        self.nights.append(self.product.run_night(as_of))

    def mails(self) -> list[Mail]:
        """Every email, in no order that matters."""
        assert self.product.wait_until_delivered()
        return sorted((mail["To"][0], mail["Subject"], mail["BodyText"]) for mail in self.product.aws.mailbox())

    def traces(self) -> Traces:
        """Everything a rerun could change for people."""
        return alerts_of(self.stored), self.mails(), [message["text"] for message in self.product.slack.messages()]


def a_story(product: LocalProduct, stored: World) -> Story:
    """A portfolio that both know, before its first night."""
    portfolio = a_portfolio(seed=7, accounts=ACCOUNTS, last_day=LAST, days=DAYS)
    first = portfolio.first_day
    memory = memory_world(datetime(LAST.year, LAST.month, LAST.day, 5, tzinfo=UTC) + timedelta(days=1))
    for world in (memory, stored):
        world.accounts.save(portfolio.accounts)
        publish_config(CONFIG, world.blobs, world.journal)
        # The deployed product's clock is the real one, long after these nights: only a rebuild makes their rings good.
        world.blobs.put(REBUILT, to_json({"at": stored.clock.now().isoformat(), "parts": []}))
        world.journal.save_freshness(
            SourceFreshness(source="feed", complete_from=first, complete_through=LAST, received_at=memory.clock.now())
        )
    return Story(product, stored, memory, histories_of(portfolio.accounts, portfolio.events(), LAST))


def alerts_of(world: World) -> dict[str, Alert]:
    """Every alert by its id."""
    return {
        alert.alert_id: alert for account_id in world.accounts.ids() for alert in world.alerts.of_account(account_id)
    }


def spoil(product: LocalProduct, account_id: str) -> Callable[[], None]:
    """Make one account's record unreadable, so that its batch fails; what comes back repairs it."""
    table, rows = product.outputs["TableName"], product.aws.client("dynamodb")
    key = {"pk": {"S": f"ACCOUNT#{account_id}"}, "sk": {"S": "PROFILE"}}
    whole = rows.get_item(TableName=table, Key=key)["Item"]
    rows.put_item(TableName=table, Item=whole | {"arr": {"S": "a lot"}})
    return lambda: rows.put_item(TableName=table, Item=whole)


def wait_for(what: Callable[[], Any], within_seconds: float = 20) -> Any:
    """What finally appears, or the last look at it when it does not appear in time."""
    deadline = time.monotonic() + within_seconds
    while not (found := what()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found
