"""`health-monitor crm …`: what the CRMs could not be told yet, and telling it again."""

from itertools import groupby

import typer

from health_monitor import wiring
from health_monitor.cli.console import console, many
from health_monitor.flows.log_to_crm import TITLES
from health_monitor.flows.log_to_crm import retry as retry_flow
from health_monitor.model.crm import CrmName, NotLogged

crm = typer.Typer(no_args_is_help=True, help="What the CRMs could not be told yet.")


@crm.command()
def failures() -> None:
    """What could not be logged or written, why, and since when.

    The CRM, then the reason, then the accounts; the longest waiting first.
    """
    found = wiring.aws_world().crm_ledger.failures()
    if not found:
        console.print("The CRMs know everything.")
    for (vendor, why), some in groupby(sorted(found, key=_reason), key=_reason):
        console.print(f"{TITLES[vendor]}: {why.removeprefix(f'{TITLES[vendor]}: ')}", markup=False)
        for one in sorted(some, key=lambda one: one.since):
            console.print(f"  {one.account_id}: {one.what}, since {one.since:%Y-%m-%d %H:%M} UTC", markup=False)
    if found:
        console.print(f"{many(len(found), 'thing')} to tell. Once it is mended: health-monitor crm retry")


@crm.command()
def retry() -> None:
    """Try everything again that could not be told.

    It takes a minute or two; then `health-monitor crm failures` shows what is left.
    """
    world = wiring.aws_world()
    count = retry_flow(world.crm_ledger, world.outbox, world.clock.now())
    if not count:
        console.print("The CRMs know everything.")
        return
    console.print(f"{many(count, 'conversation')} queued; see what is left: health-monitor crm failures")


def _reason(one: NotLogged) -> tuple[CrmName, str]:
    return one.vendor, one.why
