"""`make demo`: the whole product on this machine, from history to messages, without AWS."""

import fcntl
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.markup import escape

from health_monitor import wiring
from health_monitor.cli.console import many
from health_monitor.flows.backfill import backfill
from health_monitor.flows.configure import load_config, publish_config
from health_monitor.flows.history import StoredHistory
from health_monitor.flows.import_records import import_accounts, import_contacts, import_events, import_records
from health_monitor.flows.names import claim_domains
from health_monitor.flows.rebuild import Rebuilt, rebuild
from health_monitor.flows.reception import Reception
from health_monitor.flows.use_history import keep_use
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.heard import RecordKind
from health_monitor.model.intake import Intake
from health_monitor.ports.files import Quarantine
from health_monitor.ports.world import World
from local import live as living
from local import product, team
from local.arriving import arrive, pull_facts
from local.aws import LocalAwsError
from local.data import Files, live_files, own_files
from local.deploy import DeployError
from local.health import Health
from local.health_story import ScoreStory
from local.live import LiveDay
from local.night import NightError
from local.outreach_story import Story
from local.senders import SendError
from local.summary import summarise, where_next
from local.synth import SynthError
from local.vendors import Vendor

FOLDER = Path(".demo")
ENV, LOCK = FOLDER / "env", FOLDER / "lock"
CONFIG = FOLDER / "config"
"""The configuration that the demo publishes, to be changed and published by whoever tries it."""
MACHINE = "STATE_MACHINE"
"""In the demo's env file: the workflow that `make night` starts."""
DESK = "SLACK_AND_MAILBOX"
"""In the demo's env file: where `make slack` and `make mailbox` look."""
NIGHTS = 7
TROUBLES = (LocalAwsError, DeployError, NightError, SynthError, SendError, product.InvokeError)
T = TypeVar("T")
console = Console(soft_wrap=True, highlight=False)


@dataclass(frozen=True)
class Options:
    """What the environment of `make demo` asks for."""

    data: Path | None
    nights: int
    exit: bool

    @classmethod
    def read(cls) -> "Options":
        data = os.environ.get("DATA")
        nights = os.environ.get("DEMO_NIGHTS", str(NIGHTS))
        if not nights.isdigit() or not 1 <= int(nights) <= 21:
            raise NeedsHuman(f"DEMO_NIGHTS={nights}: give a number from 1 to 21")
        return cls(Path(data) if data else None, int(nights), os.environ.get("DEMO_EXIT") == "1")


def main() -> int:
    """Run the demo; 0 when it ended well."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        options = Options.read()
        with ExitStack() as open_doors:
            open_doors.enter_context(_alone())
            files, live = _files(options)
            vendors = open_doors.enter_context(living.doubles(live)) if live else {}
            running = open_doors.enter_context(product.running(vendors=living.known_to_product(vendors)))
            open_doors.enter_context(product.inside(running))
            _run(running, files, live, vendors, options)
            if not options.exit:
                _wait()
        console.print("\nIt has stopped (DEMO_EXIT=1); make demo without it keeps running, and says where to look.")
        return 0
    except (NeedsHuman, *TROUBLES) as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print("[bold red]Error:[/]", escape(str(error)))
        return 2
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 0


@contextmanager
def _alone() -> Iterator[None]:
    """The folder is this demo's for the length of a `with` block; the lock goes with the process, however it ends."""
    FOLDER.mkdir(exist_ok=True)
    with LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NeedsHuman("a demo runs in this folder; stop it first, with Ctrl-C where it was started") from None
        try:
            yield
        finally:
            ENV.unlink(missing_ok=True)


def _files(options: Options) -> tuple[Files, LiveDay | None]:
    """What is imported, and what then arrives by itself; of somebody's own history nothing does."""
    if options.data:
        return own_files(options.data), None
    today = wiring.clock().now().date()
    files, portfolio = _timed("Simulating a SaaS portfolio", lambda: live_files(FOLDER / "data", today))
    return files, living.a_live_day(portfolio)


def _run(
    running: product.LocalProduct, files: Files, live: LiveDay | None, vendors: dict[str, Vendor], options: Options
) -> None:
    """History, its nights, the day that arrives by itself, its night, and what came of it all."""
    _tell_the_command_line(running)
    world = wiring.aws_world()
    if live:
        _hire(running, world, live)
    imported = _load(files, world, running, live, options)
    last = live.day if live else imported
    nights = [last - timedelta(days=back) for back in reversed(range(options.nights))]
    console.print(f"Judging the last {many(options.nights, 'night')} with the deployed state machine")
    _judge(running, [night for night in nights if night <= imported])
    if live:
        arrive(running, world, live)
        _judge(running, [last])
    if not running.wait_until_delivered(within_seconds=120):
        raise NeedsHuman(
            f"messages are still queued after two minutes ({running.undelivered}); "
            f"log of the local AWS: {running.aws.log}"
        )
    examples = summarise(running, world, last, options.nights, live)
    health = Health(world, nights[0], last)
    scored = health.tell()
    health.check()
    answered = Story(running, world, vendors).tell() if live else None
    if live:
        ScoreStory(world, last, CONFIG).tell(scored)
    if not live:
        console.print("With your own history no day arrives by itself; send events as docs/webhooks.md shows.")
    if not options.exit:
        where_next(running, examples, last, ENV, vendors, (answered, scored), CONFIG if live else None)


def _hire(running: product.LocalProduct, world: World, live: LiveDay) -> None:
    """The company behind the portfolio: its team is known to the product, and is in Slack."""
    csms = [account.csm_email for account in live.portfolio.accounts if account.csm_email]
    folder = team.written(CONFIG, team.a_team(csms))
    bundle = load_config(wiring.config_texts(folder))
    publish_config(bundle, world.blobs, world.journal)
    running.slack.api.invite(team.in_slack(bundle.team))


def _tell_the_command_line(running: product.LocalProduct) -> None:
    """Let the command line beside this process, and `make night`, work on the product that has just been deployed."""
    environment = running.environment() | {
        MACHINE: running.outputs["StateMachineArn"], DESK: running.slack.url,
    }  # fmt: skip
    ENV.write_text("".join(f"{name}={value}\n" for name, value in sorted(environment.items())))


def _load(files: Files, world: World, running: product.LocalProduct, live: LiveDay | None, options: Options) -> date:
    """Import everything, and judge the past up to the nights that the workflow will judge; the last imported day."""
    now = world.clock.now()
    intakes = _timed("Importing accounts, contacts, records and events", lambda: _import(files, world))
    _tell_refused(intakes)
    if live:
        pull_facts(running)
    spool = wiring.disk_spool()
    rebuilt: Rebuilt = _timed(
        "Rebuilding usage from the archive",
        lambda: rebuild(world.blobs, world.accounts, world.names, world.rings, spool, now),
    )
    _timed(
        "Each account's use of the past, week by week",
        lambda: keep_use(world.blobs, world.accounts, world.dossiers, spool, wiring.default_bundle(), rebuilt),
    )
    accounts, events = (sum(getattr(one, kind) for one in intakes) for kind in ("accounts", "events"))
    records = sum(sum(one.records.values()) for one in intakes)
    console.print(
        f"  {accounts:,} accounts, {events:,} events, {records:,} records, {rebuilt.data_from} to {rebuilt.through}"
    )
    # A day that is not over cannot be judged yet, even when its first events are in the data.
    imported = min(rebuilt.through, now.date() - timedelta(days=1))
    through = (live.day if live else imported) - timedelta(days=options.nights)
    if through < rebuilt.data_from:
        raise NeedsHuman(f"the data begin on {rebuilt.data_from}: too few days for {options.nights} nights")
    _timed(
        f"Judging the past through {through} at once",
        lambda: backfill(
            StoredHistory(world.blobs, world.accounts), through, wiring.default_bundle(), now,
            world,
        ),
    )  # fmt: skip
    return imported


def _import(files: Files, world: World) -> list[Intake]:
    refused, ports, now = wiring.quarantine_csv(FOLDER / "quarantine.csv"), Reception.of(world), world.clock.now()
    intakes = [import_accounts(wiring.text_file(files.accounts), world.accounts, world.blobs, refused, now)]
    claim_domains(now, ports)
    if files.contacts:
        contacts = wiring.text_file(files.contacts)
        intakes.append(import_contacts(contacts, ports, refused, now))
    # Together: reading events is this process's work, keeping records mostly that of the local AWS.
    with ThreadPoolExecutor(1) as beside:
        told = [beside.submit(_import_records, kind, path, ports, refused) for kind, path in files.records.items()]
        intakes.append(
            import_events(
                wiring.text_file(files.events), world.accounts, world.blobs, world.arrivals, world.journal,
                wiring.disk_spool(daily=True), refused, now, lambda _rows: None,
            )
        )  # fmt: skip
        intakes += [one.result() for one in told]
    refused.close()
    return intakes


def _import_records(kind: RecordKind, path: Path, ports: Reception, refused: Quarantine) -> Intake:
    return import_records(kind, wiring.text_file(path), ports, refused, wiring.clock().now())


def _tell_refused(intakes: list[Intake]) -> None:
    for one in intakes:
        if one.quarantined:
            where = FOLDER / "quarantine.csv"
            console.print(f"  {many(one.quarantined, 'row')} could not be used; {where} says why and what to do")
            console.print(f"    why: {one.main_reasons}", markup=False)


def _judge(running: product.LocalProduct, nights: list[date]) -> None:
    for day in nights:
        night = running.run_night(day)
        if not night.succeeded:
            raise NeedsHuman(f"{night.in_words} (log of the local AWS: {running.aws.log})")
        came = night.output
        console.print(
            f"  {came['as_of']}  {came['judged']:,} judged, {came['opened']} opened, {came['escalated']} escalated, "
            f"{came['resolved']} resolved{', data incident' if came['incident'] else ''}  ({night.seconds:.1f} s)"
        )


def _wait() -> None:
    console.print("\nEverything keeps running on 127.0.0.1. Ctrl-C stops it.")
    sys.stdout.flush()
    threading.Event().wait()


def _timed(what: str, do: Callable[[], T]) -> T:
    begun = time.monotonic()
    console.print(what, end="")
    try:
        result = do()
    except BaseException:
        console.print()
        raise
    console.print(f"  ({time.monotonic() - begun:.1f} s)")
    return result


if __name__ == "__main__":
    sys.exit(main())
