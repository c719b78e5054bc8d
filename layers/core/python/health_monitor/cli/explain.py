"""`health-monitor explain`: why an account has its score."""

import json
from datetime import datetime
from typing import Annotated

import typer

from health_monitor import wiring
from health_monitor.cli.console import console, progress
from health_monitor.flows.explain import explain as explain_flow
from health_monitor.flows.explain_told import explained_json, explained_page
from health_monitor.flows.model_past import Stores
from health_monitor.model.explanation import Unreported

NOT_FOUND = 2
"""As for any other day or account that there is nothing about."""

Day = Annotated[
    datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="As that night reported it; else the last.")
]
Since = Annotated[
    datetime | None,
    typer.Option("--since", formats=["%Y-%m-%d"], help="What changed since that day; else in 30 days."),
]


def explain(
    account_id: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Our id of the account.")],
    on: Day = None,
    since: Since = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for programs.")] = False,
) -> None:
    """Why an account has its score: what counts, what changed, what is wrong, what to do, and what would make it green.

    As the night reported it: any past day can be shown again, whatever changed since. Ends with code 2 where no night
    reported on that day.
    """
    world = wiring.aws_world()
    stores = Stores(world.blobs, world.accounts, world.dossiers, world.standings, world.journal)
    with progress("working out the past") as done:
        found = explain_flow(
            account_id, on.date() if on else None, since.date() if since else None, stores, wiring.bundle_now(), done
        )
    if as_json:
        console.print(json.dumps(explained_json(found), indent=2), markup=False)
    else:
        for line in explained_page(found):
            console.print(line, markup=False)
    if isinstance(found, Unreported):
        raise typer.Exit(NOT_FOUND)
