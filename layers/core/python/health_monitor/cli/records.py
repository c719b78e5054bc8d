"""`health-monitor import …`, `rebuild` and `backfill`: people's files into the product."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from health_monitor import wiring
from health_monitor.cli.console import console, many, progress
from health_monitor.flows import import_records
from health_monitor.flows.backfill import backfill as backfill_flow
from health_monitor.flows.configure import live_bundle
from health_monitor.flows.history import StoredHistory
from health_monitor.flows.names import claim_domains
from health_monitor.flows.rebuild import rebuild as rebuild_flow
from health_monitor.flows.reception import Reception
from health_monitor.flows.use_history import keep_use
from health_monitor.model.heard import TOLD, RecordKind, columns_of
from health_monitor.model.intake import Intake

importing = typer.Typer(
    no_args_is_help=True,
    help="Bring what is known of accounts as CSV files; importing one again changes nothing.",
)
File = Annotated[Path, typer.Argument(help="A CSV file, may be gzipped.")]
Refused = Annotated[Path, typer.Option("--quarantine", help="Where rows go that cannot be used.")]
QUARANTINE = Path("quarantine.csv")
WORDS: dict[RecordKind, str] = {kind: kind for kind in TOLD} | {
    "survey": "survey answer", "roi": "ROI record",
}  # fmt: skip


@importing.command()
def accounts(file: File, refused: Refused = QUARANTINE) -> None:
    """Accounts: account_id, and name, segment, tier, plan, arr, csm_email, dates and seats where known."""
    world = wiring.aws_world()
    with wiring.quarantine_csv(refused) as quarantine:
        intake = import_records.import_accounts(
            wiring.text_file(file), world.accounts, world.blobs, quarantine, world.clock.now()
        )
    _tell(intake, many(intake.accounts, "account"), refused)
    if joined := claim_domains(world.clock.now(), Reception.of(world)):
        console.print(f"{many(len(joined), 'name')} found their account; what waited has joined it.")


@importing.command()
def contacts(file: File, refused: Refused = QUARANTINE) -> None:
    """Contacts: account_id, contact_id, and user_id, name, email, role, title, department and more where known."""
    world = wiring.aws_world()
    with wiring.quarantine_csv(refused) as quarantine:
        intake = import_records.import_contacts(
            wiring.text_file(file), Reception.of(world), quarantine, world.clock.now()
        )
    _tell(intake, many(intake.contacts, "contact"), refused)


@importing.command()
def events(
    file: File,
    refused: Refused = QUARANTINE,
    through: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="The file is complete through this day; unless given, that of its last event."
        ),
    ] = None,
) -> None:
    """Usage events: account_id, user_id, event, occurred_at, and n where one row stands for several uses."""
    world = wiring.aws_world()
    with wiring.quarantine_csv(refused) as quarantine, progress("archiving events") as seen:
        intake = import_records.import_events(
            wiring.text_file(file), world.accounts, world.blobs, world.arrivals, world.journal,
            wiring.disk_spool(daily=True), quarantine, world.clock.now(), seen, through.date() if through else None,
            world.erasures.forgotten(),
        )  # fmt: skip
    _tell(intake, many(intake.events, "event"), refused)
    rebuild()


def _records(kind: RecordKind) -> Callable[[Path, Path], None]:
    """The command that imports records of this kind."""

    def command(file: File, refused: Refused = QUARANTINE) -> None:
        world = wiring.aws_world()
        with wiring.quarantine_csv(refused) as quarantine:
            intake = import_records.import_records(
                kind, wiring.text_file(file), Reception.of(world), quarantine, world.clock.now()
            )
        _tell(intake, many(intake.records[kind], WORDS[kind]), refused)

    must, may = columns_of(kind)
    command.__doc__ = (
        f"{WORDS[kind][0].upper()}{WORDS[kind][1:]}s: {', '.join(must)}, and {', '.join(may)} where known."
    )
    return command


for told in TOLD:
    importing.command("roi" if told == "roi" else f"{told}s")(_records(told))


def rebuild(
    through: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The last day of usage that the next nights see; only to catch up."),
    ] = None,
) -> None:
    """Set every account's usage to what the archive says: after an import, a repair or an erasure."""
    world, spool = wiring.aws_world(), wiring.disk_spool()
    with progress("rebuilding accounts") as done:
        rebuilt = rebuild_flow(
            world.blobs, world.accounts, world.names, world.rings, spool, world.clock.now(),
            through.date() if through else None, done,
        )  # fmt: skip
    with progress("their use week by week") as done:
        bundle = live_bundle(world.journal, world.blobs, wiring.default_bundle())
        keep_use(world.blobs, world.accounts, world.dossiers, spool, bundle, rebuilt, done)
    console.print(f"{rebuilt.accounts:,} accounts have usage from {rebuilt.data_from} to {rebuilt.through}.")


def backfill(
    through: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day to judge now; nights go on after it.")
    ],
) -> None:
    """Judge the imported past at once, so that the first night raises only what is new.

    Open episodes keep their real opening days and newcomers have benchmarks. Nobody is told about the past.
    """
    world = wiring.aws_world()
    with progress("judging the past") as done:
        record = backfill_flow(
            StoredHistory(world.blobs, world.accounts), through.date(), wiring.default_bundle(), world.clock.now(),
            world, done,
        )  # fmt: skip
    console.print(
        f"The past through {record.as_of} is judged; {record.judged:,} accounts are current. Nobody was told."
    )


def _tell(intake: Intake, what: str, refused: Path) -> None:
    console.print(f"Imported {what}.")
    for name, columns in intake.ignored_columns.items():
        if columns:
            console.print(f"{name}: columns not used: {', '.join(columns)}.")
    where = refused.resolve()
    if intake.emptied:
        console.print(
            f"{many(intake.emptied, 'cell')} could not be read and stayed empty; {where} says why.", markup=False
        )
    if intake.refused:
        console.print(
            f"{many(intake.refused, 'row')} could not be used; {where} says why and what to do.", markup=False
        )
    if intake.quarantined:
        console.print(f"  Why: {intake.main_reasons}.", markup=False)
