"""`health-monitor replay`: what the rule would have said on your own history."""

import gc
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from health_monitor.cli.console import console, many, progress
from health_monitor.flows.configure import load_config
from health_monitor.flows.history import FileHistory, StoredHistory
from health_monitor.flows.replay import Reported, report_on, walk_history
from health_monitor.model.config import Bundle
from health_monitor.model.errors import NeedsHuman
from health_monitor.ports.files import Quarantine
from health_monitor.ports.usage import UsageHistory
from health_monitor.wiring import aws_world, clock, config_texts, disk_spool, quarantine_csv, text_file

DAY = ["%Y-%m-%d"]


def replay(
    out: Annotated[Path, typer.Option(help="Folder for alerts.csv, report.html, report.json, quarantine.csv.")],
    accounts: Annotated[
        Path | None, typer.Option(help="accounts.csv: account_id and whatever you know of each.")
    ] = None,
    events: Annotated[
        Path | None, typer.Option(help="events.csv, may be gzipped: account_id, user_id, event, occurred_at[, n].")
    ] = None,
    config: Annotated[Path, typer.Option(help="Folder with segments.yaml.")] = Path("config"),
    from_: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help="Report alerts that opened on this day or later.")
    ] = None,
    to: Annotated[
        datetime | None, typer.Option(formats=DAY, help="Judge through this day; what came later is not seen.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(min=0.01, help="Keep the best N alerts per 100 accounts a month.")
    ] = None,
) -> None:
    """Judge every account on every day of your history, and measure what that would have been worth.

    With --accounts and --events nothing is deployed and nothing leaves this machine. Without them the history that a
    deployment has stored is replayed (give --env before the command).
    """
    bundle = load_config(config_texts(config))
    first, last = from_.date() if from_ else None, to.date() if to else None
    _ready(out)
    with _no_search_for_cycles():
        with closing(quarantine_csv(out / "quarantine.csv")) as quarantine:
            with progress("reading events") as seen:
                history = _history(accounts, events, quarantine, _over(last), seen)
            _must_overlap(first, last, history)
            with progress("judging accounts") as judged:
                walked = walk_history(history, bundle, history.last_day, judged)
        with progress("measuring"):
            reported = report_on(walked.replay, bundle, history.intake.to_dict(), first, budget)
    _write(out, reported)
    _tell(out, history, reported, bundle)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """A replay makes millions of tuples and no cycles; looking for some takes a quarter of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _over(last: date | None) -> date:
    """A day that is not over cannot be judged yet, even when its first events are in the data."""
    yesterday = clock().now().date() - timedelta(days=1)
    return min(last, yesterday) if last else yesterday


def _must_overlap(first: date | None, last: date | None, history: UsageHistory) -> None:
    """What is asked for must lie within the data; a report about nothing helps nobody."""
    if last and last < history.data_from:
        raise NeedsHuman(f"--to {last} is before the first day with data, {history.data_from}; give a later day")
    if history.last_day < history.data_from:
        raise NeedsHuman(
            f"the data begin on {history.data_from}, and that day is not over yet (UTC); bring earlier days"
        )
    if first and last and first > last:
        raise NeedsHuman(f"--from {first} is after --to {last}; give an earlier day")
    if first and first > history.last_day:
        raise NeedsHuman(f"--from {first} is after the last day with data, {history.last_day}; give an earlier day")


def _history(
    accounts: Path | None, events: Path | None, quarantine: Quarantine, until: date, seen: Callable[[int], None]
) -> UsageHistory:
    """From files, or from what a deployment has stored."""
    if accounts and events:
        today = clock().now().date()
        return FileHistory(text_file(accounts), text_file(events), disk_spool(), quarantine, today, until, seen)
    if accounts or events:
        raise NeedsHuman("give both --accounts and --events, or neither to replay what a deployment has stored")
    try:
        world = aws_world()
    except NeedsHuman as error:
        raise NeedsHuman(
            f"give --accounts and --events; or, to replay what a deployment has stored, --env FILE before the command "
            f"({error})"
        ) from None
    return StoredHistory(world.blobs, world.accounts, until)


def _ready(out: Path) -> None:
    taken = next((path for path in (out, *out.parents) if path.exists() and not path.is_dir()), None)
    if taken:
        raise NeedsHuman(f"{taken} is a file; --out needs a folder")
    out.mkdir(parents=True, exist_ok=True)


def _write(out: Path, reported: Reported) -> None:
    (out / "alerts.csv").write_text(reported.alerts_csv)
    (out / "report.json").write_text(reported.report_json)
    (out / "report.html").write_text(reported.report_html)


def _tell(out: Path, history: UsageHistory, reported: Reported, bundle: Bundle) -> None:
    intake, report = history.intake, reported.report
    read = f"{many(intake.events, 'event')} of" if intake.events else "the stored usage of"
    console.print(f"Read {read} {many(intake.accounts, 'account')}, {history.data_from} to {history.last_day}.")
    for name, columns in intake.ignored_columns.items():
        if columns:
            console.print(f"{name}: columns not used: {', '.join(columns)}.")
    if intake.duplicates:
        console.print(f"{intake.duplicates:,} repeated rows collapsed, {intake.conflicts:,} of them with another n.")
    if intake.quarantined:
        refused = many(intake.quarantined, "row")
        console.print(f"{refused} could not be used; {out / 'quarantine.csv'} says why and what to do.")
        console.print(f"  Why: {intake.main_reasons}.", markup=False)
    console.print(f"Judged {report.account_days:,} account-days with configuration {bundle.version}.")
    console.print(reported.headline)
    console.print(f"\nOpen {out / 'report.html'}; rows: {out / 'alerts.csv'}; numbers: {out / 'report.json'}")
    console.print(f"Peak memory {_peak_mb():,.0f} MB.")


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
