"""`health-monitor quarantine`: what could not be used, why, and what to do."""

from typing import Annotated

import typer

from health_monitor import wiring
from health_monitor.cli.console import console, many
from health_monitor.flows.receive_webhook import INBOX
from health_monitor.flows.rejects import Refused, latest_refused
from health_monitor.model.intake import Reject


def quarantine(
    source: Annotated[
        str | None, typer.Argument(metavar="[SOURCE]", help="Whose records; everybody's if left out.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many records.")] = 50,
) -> None:
    """Records that could not be used, and why.

    The latest first, each with its place, the reason and what to do. A webhook's body is kept for 30 days.
    """
    blobs = wiring.aws_world().blobs
    found = latest_refused(blobs, source, limit)
    if not found:
        console.print("Nothing is in the quarantine.")
    for lot in found:
        _print(lot, blobs.bucket)
    records, shown = sum(lot.records for lot in found), sum(len(lot.shown) for lot in found)
    if records > shown:
        console.print(f"{records - shown:,} more are not shown; see them with --limit {records}")


def _print(lot: Refused, bucket: str) -> None:
    if not lot.shown:
        return
    console.print(f"{lot.source}, {lot.day}: {many(lot.records, 'record')}")
    place = lot.shown[0].file  # what was refused together came together
    console.print(f"  its body: s3://{bucket}/{place}" if place.startswith(INBOX) else f"  {place}", markup=False)
    for one in lot.shown:
        console.print(f"  {_where(one)}: {one.reason}\n    → {one.remedy}", markup=False)


def _where(one: Reject) -> str:
    return f"line {one.line}, {one.field}" if one.line else one.field
