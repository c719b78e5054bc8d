"""`make load`: webhooks twice and in disorder, a consumer that is killed at work, a vendor that refuses and breaks off.

Whether every count is exact all the same, and how long it took.
"""

import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from rich.console import Console

from health_monitor import wiring
from health_monitor.ports.world import World
from local import product, vendors
from local.burden import DAYS, Counts, Load, the_accounts, the_bodies, the_export, the_truth, the_uses
from local.live import PROJECT
from local.product import Double, LocalProduct
from local.senders import Body, Posted, Senders, Use, percentile
from local.trouble import Probe, kill_consumers, send_probes
from local.vendors import Trouble

TROUBLES = (Trouble(429, retry_after="1"), Trouble(429), Trouble(cut_at=0.6))
"""What befalls the first questions to Mixpanel: throttled twice, then an answer that breaks off."""
PULLS = 5
DRAINED_WITHIN_SECONDS = 900
console = Console(soft_wrap=True, highlight=False)


class LoadError(Exception):
    """The product did not come to an end with what it was given; the message says with what, and where its log is."""


@dataclass
class Outcome:
    """What came of it. `wrong` holds the accounts and days (ordinals) whose counts are not what they must be."""

    wrong: list[tuple[str, int]] = field(default_factory=list)
    dead_letters: dict[str, int] = field(default_factory=dict)
    posted: list[Posted] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)
    killed: int = 0
    sending: float = 0.0
    draining: float = 0.0
    pulling: float = 0.0
    pulls: list[str] = field(default_factory=list)
    night: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether every count is right and no message was given up."""
        return not self.wrong and not any(self.dead_letters.values())


def main() -> int:
    """Run it in full and tell; 0 when every count is exact and no message was given up."""
    load = Load()
    console.print(f"{load.events:,} events by webhook, {load.pulled:,} by a pull, a tenth of each twice: some minutes")
    outcome = run(load)
    _tell(load, outcome)
    for account_id, day in outcome.wrong[:5]:
        console.print(f"[bold red]Wrong:[/] {account_id} on {date.fromordinal(day)}")
    return 0 if outcome.exact else 1


def run(load: Load) -> Outcome:
    """The load on a product of its own."""
    today = datetime.now(UTC).date()
    webhooks = list(the_uses("by webhook", load.events, load.accounts, today))
    to_pull = list(the_uses("by a pull", load.pulled, load.accounts, today))
    mixpanel = vendors.mixpanel(the_export(to_pull), PROJECT).start()
    mixpanel.troubles.extend(TROUBLES)
    doubles = {"mixpanel": Double(mixpanel.address, vendors.MIXPANEL_SECRET)}
    try:
        with product.running(vendors=doubles) as running, product.inside(running):
            world, outcome = wiring.aws_world(), Outcome()
            world.accounts.save(the_accounts(load.accounts))
            _send(running, load, the_bodies(load, webhooks), today, outcome)
            _pull(running, world, today, outcome)
            _judge(running, world, today, outcome)
            _compare(world, [*webhooks, *to_pull, *(probe.use for probe in outcome.probes)], outcome)
            return outcome
    finally:
        mixpanel.stop()


def _send(running: LocalProduct, load: Load, bodies: list[Body], today: date, outcome: Outcome) -> None:
    """Post everything, while the consumer is killed now and then, and wait until all of it is stored."""
    running.aws.client("sqs").set_queue_attributes(
        QueueUrl=running.outputs["IntakeQueueUrl"], Attributes={"VisibilityTimeout": str(load.again_after)}
    )
    over = threading.Event()
    with ThreadPoolExecutor(2) as beside:
        probing = beside.submit(send_probes, Senders(running), today, over)
        killing = beside.submit(kill_consumers, running.aws, load, over)
        try:
            begun = time.monotonic()
            outcome.posted = Senders(running).post(bodies)
            outcome.sending = time.monotonic() - begun
            _wait(running)
            outcome.draining = time.monotonic() - begun - outcome.sending
        finally:
            over.set()
        outcome.probes, outcome.killed = probing.result(), killing.result()
    _wait(running)


def _wait(running: LocalProduct) -> None:
    if not running.wait_until_consumed(DRAINED_WITHIN_SECONDS):
        raise LoadError(
            f"webhooks are queued after {DRAINED_WITHIN_SECONDS} s; log of the local AWS: {running.aws.log}"
        )


def _pull(running: LocalProduct, world: World, today: date, outcome: Outcome) -> None:
    """Pull as a schedule would, again and again, until a run comes to its end."""
    now = world.clock.now()
    place = f'{{"next": "{today - timedelta(days=DAYS)}", "now": "{now.isoformat()}"}}'
    world.sources.save_cursor("mixpanel", place, now)
    begun = time.monotonic()
    while "done" not in outcome.pulls and len(outcome.pulls) < PULLS:
        outcome.pulls.append(running.pull("mixpanel")["status"])
    outcome.pulling = time.monotonic() - begun


def _judge(running: LocalProduct, world: World, today: date, outcome: Outcome) -> None:
    night = running.run_night(today - timedelta(days=1))
    if not night.succeeded:
        raise LoadError(f"{night.in_words} (log of the local AWS: {running.aws.log})")
    outcome.night, outcome.dead_letters = night.seconds, world.dead_letters.depths()


def _compare(world: World, uses: Iterable[Use], outcome: Outcome) -> None:
    found: Counts = {}
    for account_id, ring in world.rings.read(list(world.accounts.ids())).items():
        days = enumerate(zip(ring.series.events, ring.series.active_users, strict=True), ring.series.first_day)
        found |= {(account_id, day): counts for day, counts in days if any(counts)}
    truth = the_truth(uses)
    outcome.wrong = sorted(key for key in truth.keys() | found.keys() if truth.get(key) != found.get(key))


def _tell(load: Load, outcome: Outcome) -> None:
    probes = sorted(probe.seconds for probe in outcome.probes)
    webhooks, taken = outcome.posted, outcome.sending + outcome.draining
    waits = " / ".join(
        f"{1000 * percentile([one.seconds for one in webhooks], share):.0f}" for share in (0.5, 0.95, 0.99)
    )
    way = " / ".join(f"{percentile(probes, share):.1f}" for share in (0.5, 0.95)) if probes else "none was sent"
    given_up = sum(outcome.dead_letters.values())
    rows = (
        ("counts per account and day", "all exact" if not outcome.wrong else f"{len(outcome.wrong)} wrong"),
        ("messages given up", f"{given_up}"),
        ("consumer killed at work", f"{outcome.killed} times"),
        ("webhooks answered, p50/p95/p99", f"{waits} ms, {len(webhooks):,} bodies"),
        ("taken in", f"{load.events / taken:,.0f} events/s; the last one {outcome.draining:.1f} s after its answer"),
        ("from post to counted, p50/p95", f"{way} s, while the consumer was killed"),
        ("pull", f"{outcome.pulling:.1f} s for {load.pulled:,} events; runs: {', '.join(outcome.pulls)}"),
        ("night after it", f"{outcome.night:.1f} s for {load.accounts:,} accounts"),
    )
    for what, said in rows:
        console.print(f"  {what:<31} {said}", markup=False)


if __name__ == "__main__":
    sys.exit(main())
