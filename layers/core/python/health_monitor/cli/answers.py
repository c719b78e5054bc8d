"""`health-monitor heard-back`: a CSM has spoken with a customer, and no source tells of it."""

from typing import Annotated, Literal

import typer

from health_monitor import wiring
from health_monitor.cli.console import console, many
from health_monitor.flows import heard_back as flow


def heard_back(
    account_id: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Our id of the account.")],
    kind: Annotated[Literal["call", "meeting", "email", "note"], typer.Option(help="How you were in contact.")],
    by: Annotated[str, typer.Option(metavar="EMAIL", help="Who of us was.")],
    because: Annotated[str, typer.Option(help="What came of it, in a few words; it stands in the log.")],
) -> None:
    """Say that a customer has reacted: what was to follow by itself does not."""
    world = wiring.aws_world()
    answered = flow.heard_back(account_id, flow.Said(kind, by, because), world, world.clock.now())
    if answered:
        told = many(len(answered), "conversation")
        console.print(f"{account_id} has answered {told}; nothing more goes out by itself.", markup=False)
    else:
        console.print(f"Noted. No mail to {account_id} was waiting for an answer.", markup=False)
    console.print(f"See health-monitor why {account_id}", markup=False)
