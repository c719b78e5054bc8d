"""`health-monitor link`, `unlink` and `unmatched`: which account goes by which names."""

from typing import Annotated

import typer

from health_monitor import wiring
from health_monitor.cli.console import console, many
from health_monitor.flows import names
from health_monitor.flows.reception import Reception
from health_monitor.model.heard import DOMAIN, Ref

AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Our id of the account.")]
Source = Annotated[str, typer.Argument(help="Who uses the name: mixpanel, hubspot, domain …")]
Name = Annotated[str, typer.Argument(help="The name, exactly as `health-monitor unmatched` writes it.")]


def link(
    account_id: AccountId, source: Source, name: Name,
    new: Annotated[bool, typer.Option("--new", help="The account begins with what waits under the name.")] = False,
) -> None:  # fmt: skip
    """Say that an account goes by a name; what waits under it joins the account. No source overrules it."""
    world = wiring.aws_world()
    before = names.link(account_id, _ref(source, name), world.clock.now(), Reception.of(world), new=new)
    console.print(f"{account_id} goes by {source} {name!r}; what waited has joined it.", markup=False)
    if before:
        console.print(f"It meant {before} until now; health-monitor rebuild moves the past, too.", markup=False)


def unlink(account_id: AccountId, source: Source, name: Name) -> None:
    """Take a name from an account; its records wait from now on, unless another account goes by it."""
    world = wiring.aws_world()
    names.unlink(account_id, _ref(source, name), Reception.of(world))
    console.print(f"{account_id} goes by {source} {name!r} no more.", markup=False)
    console.print("Past events stay with it until health-monitor rebuild.")


def unmatched() -> None:
    """Names that match no account, or more than one, with what waits under them and what to do."""
    found = list(names.list_unmatched(Reception.of(wiring.aws_world())))
    if not found:
        console.print("Every name has its account.")
    for one in found:
        ref, seen = one.unmatched.ref, one.unmatched
        why = f"could be {', '.join(one.candidates)}" if one.candidates else "no account goes by it"
        console.print(f"{ref.source or 'our id'}  {ref.name}: {why}", markup=False)
        waiting = f"{many(one.events, 'event')} and {many(one.records, 'other record')} wait"
        console.print(f"  {waiting}; seen {seen.first_seen:%Y-%m-%d} to {seen.last_seen:%Y-%m-%d}")
        console.print(f"  next: {one.next_action}", markup=False)


def _ref(source: str, name: str) -> Ref:
    return Ref(source, name.lower() if source == DOMAIN else name)
