"""`health-monitor link`, `unlink` and `unmatched`: which account goes by which names."""

from typing import Annotated

import typer

from health_monitor import wiring
from health_monitor.cli.console import console, many
from health_monitor.flows import names
from health_monitor.flows.reception import Reception
from health_monitor.model.heard import DOMAIN, OURS, Ref

AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Our id of the account.")]
Source = Annotated[str, typer.Argument(help="Who uses the name: mixpanel, domain …; ours: an account id.")]
Name = Annotated[str, typer.Argument(help="The name, exactly as `health-monitor unmatched` writes it.")]


def link(
    account_id: AccountId, source: Source, name: Name,
    new: Annotated[bool, typer.Option("--new", help="The account begins with what waits under the name.")] = False,
) -> None:  # fmt: skip
    """Say that an account goes by a name; what waits under it joins the account. No source overrules it."""
    world, ref = wiring.aws_world(), _ref(source, name)
    done = names.link(account_id, ref, world.clock.now(), Reception.of(world), new=new)
    console.print(f"{account_id} goes by {names.called(ref)}{_what_joined(done)}", markup=False)
    if done.before:
        console.print(f"It meant {done.before} until now; health-monitor rebuild moves the past, too.")
    elif done.late:
        told = f"{many(done.late, 'older event')} counted after: health-monitor rebuild"
        console.print(told, markup=False)


def unlink(account_id: AccountId, source: Source, name: Name) -> None:
    """Take a name from an account; its records wait from now on, unless another account goes by it."""
    world, ref = wiring.aws_world(), _ref(source, name)
    names.unlink(account_id, ref, world.clock.now(), Reception.of(world))
    console.print(f"{account_id} goes by {names.called(ref)} no more; its events of the last week wait.", markup=False)
    console.print("What nights have counted stays until health-monitor rebuild.", markup=False)


def unmatched() -> None:
    """Names that match no account, or more than one, with what waits under them and what to do."""
    found = list(names.list_unmatched(Reception.of(wiring.aws_world())))
    if not found:
        console.print("Every name has its account.")
    for one in found:
        _print(one)


def _print(one: names.Listed) -> None:
    ref, seen = one.unmatched.ref, one.unmatched
    unknown = "no account goes by it" if ref.source else "no such account"
    why = f"could be {', '.join(one.candidates)}" if one.candidates else unknown
    name = f"{ref.source}  {ref.name}" if ref.source else f"{ref.name} (sent as an account id)"
    console.print(f"{name}: {why}", markup=False)
    waiting = f"{many(one.events, 'event')} and {many(one.records, 'other record')} wait"
    waiting += f", and {many(one.late, 'event')} older than a week" if one.late else ""
    console.print(f"  {waiting}; seen {seen.first_seen:%Y-%m-%d} to {seen.last_seen:%Y-%m-%d}")
    first = "" if ref.source or one.candidates else "import the account, or "
    console.print(f"  next: {first}{one.next_action}", markup=False)


def _what_joined(done: names.Linked) -> str:
    told = [many(done.events, "event")] if done.events else []
    told += [many(done.records, "other record")] if done.records else []
    if told:
        return f"; {' and '.join(told)} joined."
    if done.known:
        return " already."
    return "." if done.late else "; nothing waited under it yet."


def _ref(source: str, name: str) -> Ref:
    if source == names.OURS_TYPED:
        return Ref(OURS, name)
    return Ref(source, name.lower() if source == DOMAIN else name)
