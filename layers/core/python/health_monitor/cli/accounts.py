"""`health-monitor accounts` and `portfolio`: who needs attention, and how all of them are together."""

import csv
import json
import sys
from datetime import datetime
from typing import Annotated

import typer

from health_monitor import wiring
from health_monitor.cli.console import console
from health_monitor.flows.accounts_list import list_accounts
from health_monitor.flows.accounts_list import portfolio as portfolio_flow
from health_monitor.flows.accounts_told import accounts_csv, accounts_json, accounts_page, portfolio_page
from health_monitor.model.listing import Sort, Wanted
from health_monitor.model.records import HealthStatus
from health_monitor.model.score import CoverageTier

Json = Annotated[bool, typer.Option("--json", help="Everything, for programs.")]


def accounts(
    sort: Annotated[Sort, typer.Option(help="What comes first: see below.")] = "priority",
    status: Annotated[HealthStatus | None, typer.Option(help="Only with this status.")] = None,
    segment: Annotated[str | None, typer.Option(help="Only of this segment.")] = None,
    tier: Annotated[str | None, typer.Option(help="Only of this commercial tier.")] = None,
    csm: Annotated[str | None, typer.Option(help="Only of this CSM's address; '' for those of nobody.")] = None,
    coverage_tier: Annotated[CoverageTier | None, typer.Option(help="Only of this coverage tier.")] = None,
    renewal: Annotated[int | None, typer.Option(min=1, help="Renewal due within so many days: 30, 60, 90.")] = None,
    open_alerts: Annotated[bool, typer.Option("--open-alerts", help="Only with an open alert.")] = False,
    why: Annotated[bool, typer.Option("--why", help="The main reasons under each.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet.")] = False,
    as_json: Json = False,
) -> None:
    """Every account with its score, and who needs attention first.

    priority: ARR times the chance to leave, more where a renewal is near; score: the lowest; trend: what fell most in
    30 days; renewal: the soonest; arr: the highest.
    """
    wanted = Wanted(status, segment, tier, csm, coverage_tier, renewal, open_alerts)
    found = list_accounts(wanted, sort, wiring.aws_world())
    if as_csv:
        csv.writer(sys.stdout).writerows(accounts_csv(found))
    elif as_json:
        console.print(json.dumps(accounts_json(found), indent=2), markup=False)
    else:
        for line in accounts_page(found, why=why):
            console.print(line, markup=False)


def portfolio(
    on: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Of that night; else of the last.")
    ] = None,
    as_json: Json = False,
) -> None:
    """How all accounts are together.

    Status, ARR at risk, coverage tiers and NPS, by segment and CSM.
    """
    world = wiring.aws_world()
    found = portfolio_flow(on.date() if on else None, world.blobs, world.journal)
    if as_json:
        console.print(json.dumps(found, indent=2), markup=False)
        return
    for line in portfolio_page(found):
        console.print(line, markup=False)
