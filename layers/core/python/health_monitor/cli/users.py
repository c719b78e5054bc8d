"""`health-monitor users`: an account's users one by one."""

import json
from typing import Annotated

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from health_monitor import wiring
from health_monitor.cli.console import console, many
from health_monitor.flows.configure import live_bundle
from health_monitor.flows.users import tell_users

FIRST = 50
WIDEST = 4_000


def users(
    account_id: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Our id of the account.")],
    everybody: Annotated[bool, typer.Option("--all", help="Every user instead of the first fifty.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for programs.")] = False,
) -> None:
    """An account's users: who they are, how they fare, and who has gone.

    Name, role, last seen, score, state and features used of the core ones.
    """
    world = wiring.aws_world()
    bundle = live_bundle(world.journal, world.blobs, wiring.default_bundle())
    told = tell_users(account_id, bundle, world)
    if as_json:
        console.print(json.dumps(told.named, indent=2), markup=False)
        return
    for fact in told.facts:
        console.print(fact, markup=False)
    shown = told.rows if everybody else told.rows[:FIRST]
    table = Table(*told.columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for cells in shown:
        table.add_row(*map(escape, cells))
    if shown:
        console.print(table, width=None if console.is_terminal else WIDEST)
    if len(shown) < len(told.rows):
        console.print(f"{many(len(told.rows) - len(shown), 'more user')}; see them with --all")
