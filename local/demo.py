"""`make demo`: the whole product on this machine, from history to messages, without AWS."""

import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.markup import escape

from health_monitor import wiring
from health_monitor.act.wording import sentence
from health_monitor.cli.console import many
from health_monitor.flows.backfill import backfill, past_alerts
from health_monitor.flows.history import StoredHistory
from health_monitor.flows.import_records import import_accounts, import_contacts, import_events
from health_monitor.flows.rebuild import Rebuilt, rebuild
from health_monitor.flows.replay import walk_history
from health_monitor.model.alert import Alert
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.intake import Intake
from health_monitor.ports.world import World
from local import product
from local.aws import LocalAwsError
from local.data import Files, own_files, simulated_files
from local.deploy import DeployError
from local.night import NightError
from local.synth import SynthError

FOLDER = Path(".demo")
ENV = FOLDER / "env"
MACHINE = "STATE_MACHINE"
"""In the demo's env file: the workflow that `make night` starts."""
NIGHTS = 7
WORKED_EXAMPLES = 3
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
        files = _files(options)
        with product.running() as running:
            _settle(running)
            last = _load(files, wiring.aws_world(), options)
            _judge(running, last, options)
            _summarise(running, wiring.aws_world(), last, options)
            if not options.exit:
                _wait()
        return 0
    except (NeedsHuman, LocalAwsError, DeployError, NightError, SynthError) as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print("[bold red]Error:[/]", escape(str(error)))
        return 2
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 0
    finally:
        ENV.unlink(missing_ok=True)


def _files(options: Options) -> Files:
    if options.data:
        return own_files(options.data)
    return _timed("Simulating a SaaS portfolio", lambda: simulated_files(FOLDER / "data")[0])


def _settle(running: product.LocalProduct) -> None:
    """Let this process, and the command line beside it, work on the product that has just been deployed."""
    environment = running.environment() | {MACHINE: running.outputs["StateMachineArn"]}
    FOLDER.mkdir(exist_ok=True)
    ENV.write_text("".join(f"{name}={value}\n" for name, value in sorted(environment.items())))
    os.environ.update(environment)
    wiring.forget()


def _load(files: Files, world: World, options: Options) -> date:
    """Import everything, and judge the past up to the nights that the workflow will judge; the last of those."""
    today = world.clock.now().date()
    intakes = _timed("Importing accounts, contacts and events", lambda: _import(files, world, today))
    _tell_refused(intakes)
    rebuilt: Rebuilt = _timed(
        "Rebuilding usage from the archive",
        lambda: rebuild(world.blobs, world.accounts, world.names, world.rings, wiring.disk_spool(), world.clock.now()),
    )
    accounts, events = (sum(getattr(one, kind) for one in intakes) for kind in ("accounts", "events"))
    console.print(f"  {accounts:,} accounts, {events:,} events, {rebuilt.data_from} to {rebuilt.through}")
    # A day that is not over cannot be judged yet, even when its first events are in the data.
    last = min(rebuilt.through, today - timedelta(days=1))
    through = last - timedelta(days=options.nights)
    if through < rebuilt.data_from:
        raise NeedsHuman(f"the data begin on {rebuilt.data_from}: too few days for {options.nights} nights")
    _timed(
        f"Judging the past through {through} at once",
        lambda: backfill(
            StoredHistory(world.blobs, world.accounts), through, wiring.default_bundle(), world.clock.now(),
            world.blobs, world.states, world.alerts, world.journal,
        ),
    )  # fmt: skip
    return last


def _import(files: Files, world: World, today: date) -> list[Intake]:
    refused = wiring.quarantine_csv(FOLDER / "quarantine.csv")
    intakes = [import_accounts(wiring.text_file(files.accounts), world.accounts, world.blobs, refused, today)]
    if files.contacts:
        contacts = wiring.text_file(files.contacts)
        intakes.append(import_contacts(contacts, world.accounts, world.blobs, refused, today))
    intakes.append(
        import_events(
            wiring.text_file(files.events), world.accounts, world.blobs, world.arrivals, world.journal,
            wiring.disk_spool(daily=True), refused, world.clock.now(), lambda _rows: None,
        )
    )  # fmt: skip
    refused.close()
    return intakes


def _tell_refused(intakes: list[Intake]) -> None:
    for one in intakes:
        if one.quarantined:
            where = FOLDER / "quarantine.csv"
            console.print(f"  {many(one.quarantined, 'row')} could not be used; {where} says why and what to do")
            console.print(f"    mostly: {one.main_reasons}", markup=False)


def _judge(running: product.LocalProduct, last: date, options: Options) -> None:
    console.print(f"Judging the last {options.nights} nights with the deployed state machine")
    for back in reversed(range(options.nights)):
        night = running.run_night(last - timedelta(days=back))
        if not night.succeeded:
            raise NeedsHuman(f"{night.in_words} (log of the local AWS: {running.aws.log})")
        came = night.output
        console.print(
            f"  {came['as_of']}  {came['judged']:,} judged, {came['opened']} opened, {came['escalated']} escalated, "
            f"{came['resolved']} resolved{', data incident' if came['incident'] else ''}  ({night.seconds:.1f} s)"
        )
    if not running.wait_until_delivered(within_seconds=120):
        raise NeedsHuman(f"messages are still queued after two minutes; log of the local AWS: {running.aws.log}")


def _summarise(running: product.LocalProduct, world: World, last: date, options: Options) -> None:
    known = world.accounts.read(list(world.accounts.ids()))
    alerts = [alert for account_id in known for alert in world.alerts.of_account(account_id)]
    since = last - timedelta(days=options.nights - 1)
    fresh = [alert for alert in alerts if max(alert.opened_on, alert.escalated_on or alert.opened_on) >= since]
    here = [alert for alert in alerts if alert.is_open and known[alert.account_id].last_day(last) >= last]
    now_open = Counter(alert.severity for alert in here)
    console.rule("[bold]Summary")
    console.print(
        f"{len(known):,} accounts. Open usage alerts: {now_open['high']:,} high, {now_open['moderate']:,} moderate. "
        f"In the last {options.nights} nights {_told(len(fresh))}"
    )
    for alert in _worked(fresh):
        worse = f", severe since {alert.escalated_on}" if alert.escalated_on else ""
        told = escape(sentence(known[alert.account_id], alert))
        console.print(f"\n  [bold]{alert.severity}[/], opened {alert.opened_on}{worse}: {told}")
    mailbox, slack = running.aws.mailbox(), running.slack.messages()
    console.print(f"\nMessages: {len(mailbox)} emails in the local mailbox, {len(slack)} in the local Slack.")
    _compare_with_replay(world, alerts, last)
    _where_next(running, _worked(fresh or here), last)


def _told(fresh: int) -> str:
    if not fresh:
        return "none opened or got worse."
    return f"{fresh} opened or got worse{f'; {WORKED_EXAMPLES} of them' if fresh > WORKED_EXAMPLES else ''}:"


def _compare_with_replay(world: World, alerts: list[Alert], last: date) -> None:
    """The workflow's alerts against the same rule run over the stored history in one go."""
    bundle = wiring.default_bundle()
    replayed = past_alerts(walk_history(StoredHistory(world.blobs, world.accounts), bundle, last).replay, bundle)
    expected, found = set(map(_facts, replayed)), set(map(_facts, alerts))
    if expected != found:
        raise NeedsHuman(f"the workflow and a replay disagree on {len(expected ^ found)} alerts; please report this")
    console.print(f"Check: a replay of the stored history gives the same {len(found):,} alerts, day for day.")


def _facts(alert: Alert) -> tuple[object, ...]:
    marks = (alert.opened_on, alert.usage_drop, alert.escalated_on, alert.resolved_on, alert.resolution)
    return (alert.account_id, *marks, bool(alert.suppressed), alert.index, alert.baseline, alert.ratio)


def _worked(fresh: list[Alert]) -> list[Alert]:
    """The worst first, and not three of a kind: one basis after the other."""
    ordered = sorted(fresh, key=lambda a: (a.severity != "high", a.ratio, a.alert_id))
    first_of_kind = {alert.basis: alert for alert in reversed(ordered)}
    chosen = list(first_of_kind.values())
    rest = [alert for alert in ordered if alert not in chosen]
    return sorted([*chosen, *rest][:WORKED_EXAMPLES], key=ordered.index)


def _where_next(running: product.LocalProduct, examples: list[Alert], last: date) -> None:
    command = f".venv/bin/health-monitor --env {ENV}"
    console.print("\nWhere to look next, while this runs:")
    console.print(f"  Slack           {running.slack.messages_url}")
    console.print(f"  mailbox         {running.aws.endpoint}/_ministack/ses/messages")
    if examples:
        console.print(f"  one account     {command} show {examples[0].account_id}")
        console.print(f"  a CSM's alerts  {command} alerts {examples[0].csm_email or ''}")
    console.print(f"  the nights      {command} runs")
    console.print(f"  run one again   make night INPUT='{json.dumps({'as_of': str(last)})}'")


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
