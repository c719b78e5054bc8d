"""`health-monitor override`: a person judges an account otherwise than its score, and who was right in the end."""

from datetime import datetime
from typing import Annotated

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from health_monitor import wiring
from health_monitor.cli.console import console, many
from health_monitor.cli.who import ByPerson
from health_monitor.flows import override as flow
from health_monitor.flows import override_told as told
from health_monitor.flows.configure import live_bundle
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.records import STATUS, HealthStatus
from health_monitor.model.scorecard import Trend
from health_monitor.ports.world import World

WIDEST = 4_000
override = typer.Typer(no_args_is_help=True, help="A person's judgement in place of the score's status.")
AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Our id of the account.")]


@override.command(name="set")
def set_(
    account_id: AccountId,
    status: Annotated[str, typer.Argument(help="What it is: healthy, moderate, at_risk or critical.")],
    by: ByPerson,
    because: Annotated[str, typer.Option(help="Why; it stands wherever the status does.")],
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="The last day on which it counts; else in 90 days, or 30 for extremes."
        ),
    ] = None,
    missed: Annotated[
        str | None, typer.Option(help="What the score does not see, in a word or two, such as 'new competitor'.")
    ] = None,
) -> None:
    """Judge an account otherwise than its score. No mail goes to it by itself while this counts."""
    world = wiring.aws_world()
    judged = flow.Judgement(_status(status), because, by, until.date() if until else None, missed)
    made = flow.set_override(account_id, judged, world, _trend(world), world.clock.now())
    model = f"the score says {STATUS[made.model_status]}" if made.model_status else "it has no score yet"
    console.print(f"{account_id} is {STATUS[made.status]} until {made.expires_on}; {model}.", markup=False)
    console.print("Lists show it now; its tier and its alerts follow with the next scoring.", markup=False)


@override.command()
def end(account_id: AccountId, by: ByPerson) -> None:
    """Let the score's own status count again."""
    world = wiring.aws_world()
    flow.end_override(account_id, by, world, _trend(world), world.clock.now())
    console.print(f"The score's own status counts again for {account_id}.", markup=False)


@override.command(name="list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
) -> None:
    """The overrides in force: whose, why, how long, and what the score says instead."""
    world = wiring.aws_world()
    today = world.clock.now().date()
    found = told.listed(world, today, everything=everything)
    if not found.rows:
        console.print("There was never an override." if everything else "No override is in force.")
        return
    _print(found)


@override.command()
def ledger() -> None:
    """Every override against the score's status of that day, judged by whether the customer left within 90 days."""
    world = wiring.aws_world()
    found = told.judged(world, world.clock.now().date())
    if not found.cases.rows:
        console.print("There was never an override.")
        return
    console.print(f"{many(len(found.cases.rows), 'override')}, and who was right:")
    _print(found.tallies)
    _print(found.cases)
    for line in found.missed:
        console.print(line, markup=False)


def _status(said: str) -> HealthStatus:
    found = next((name for name in STATUS if name == said), None)
    if found is None:
        *others, last = STATUS
        raise NeedsHuman(f"status: {said!r} is none; write {', '.join(others)} or {last}")
    return found


def _trend(world: World) -> Trend:
    return live_bundle(world.journal, world.blobs, wiring.default_bundle()).scorecard.trend


def _print(shown: told.Shown) -> None:
    table = Table(*shown.columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in shown.rows:
        table.add_row(*map(escape, row))
    console.print(table, width=None if console.is_terminal else WIDEST)
