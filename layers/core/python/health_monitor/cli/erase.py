"""`health-monitor erase …`: forget a person or an account, with a receipt."""

import json
from typing import Annotated

import typer

from health_monitor import wiring
from health_monitor.cli.console import console
from health_monitor.flows.erase import erase as erase_files
from health_monitor.flows.erase import erase_open, receipt
from health_monitor.flows.forget import request
from health_monitor.flows.reception import Reception
from health_monitor.model.errors import NeedsHuman

erase = typer.Typer(no_args_is_help=True, help="Forget a person or an account everywhere; this cannot be undone.")
AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Our id of the account.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@erase.command()
def contact(
    account_id: AccountId,
    contact_id: Annotated[str, typer.Argument(metavar="CONTACT", help="The contact's id there.")],
    yes: Yes = False,
) -> None:
    """A person at an account: contact, user and address. Their use stays counted, under a made-up name."""
    _known(account_id)
    if all(one.contact_id != contact_id for one in wiring.aws_world().accounts.contacts(account_id)):
        raise NeedsHuman(f"{account_id} has no contact {contact_id!r}; health-monitor show {account_id} lists them")
    _erase("contact", contact_id, account_id, yes)


@erase.command()
def user(
    account_id: AccountId,
    user_id: Annotated[str, typer.Argument(metavar="USER", help="The id with which their events come.")],
    yes: Yes = False,
) -> None:
    """A user of an account, and the contact that belongs to it. Their use stays counted, under a made-up name."""
    _known(account_id)
    _erase("user", user_id, account_id, yes)


@erase.command()
def account(account_id: AccountId, yes: Yes = False) -> None:
    """A whole account with its people, usage, states, alerts, names and history."""
    _known(account_id)
    _erase("account", account_id, account_id, yes)


@erase.command("open")
def go_on() -> None:
    """Go on with erasures that are not finished, also those that sources asked for; so does a function, hourly.

    The last check of each begins 20 minutes after its first pass at the earliest, when all that did not know has ended.
    """
    world = wiring.aws_world()
    for erasure in erase_open(world.clock.now, lambda: False, Reception.of(world)):
        console.print_json(json.dumps(receipt(erasure)))


def _known(account_id: str) -> None:
    if account_id not in wiring.aws_world().accounts.read([account_id]):
        raise NeedsHuman(f"there is no account {account_id!r}; check its spelling")


def _erase(kind: str, name: str, account_id: str, yes: bool) -> None:
    if not yes:
        typer.confirm(f"Forget {kind} {name} of {account_id} for good?", abort=True)
    world = wiring.aws_world()
    ports = Reception.of(world)
    erasure = request(kind, name, account_id, world.clock.now(), ports)
    (removed,) = erase_files([erasure], world.clock.now, lambda: False, ports)
    console.print_json(json.dumps(receipt(removed)))
