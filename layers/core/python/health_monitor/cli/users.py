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
from health_monitor.flows.users import users_of
from health_monitor.views.users import COLUMNS, user_cells, user_facts, users_json

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
    found = users_of(account_id, bundle, world)
    if as_json:
        console.print(json.dumps(users_json(found), indent=2), markup=False)
        return
    for fact in user_facts(found):
        console.print(fact, markup=False)
    shown = found.users if everybody else found.users[:FIRST]
    table = Table(*COLUMNS, box=box.SIMPLE_HEAD, pad_edge=False)
    for user in shown:
        table.add_row(*map(escape, user_cells(user, found)))
    if shown:
        console.print(table, width=None if console.is_terminal else WIDEST)
    if len(shown) < len(found.users):
        console.print(f"{many(len(found.users) - len(shown), 'more user')}; see them with --all")
