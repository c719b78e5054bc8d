"""`health-monitor effect`: what became of the alerts, and whether writing to customers helped."""

from collections.abc import Iterator
from datetime import datetime
from textwrap import wrap
from typing import Annotated, Literal

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from health_monitor import wiring
from health_monitor.cli.console import console, many
from health_monitor.flows.effect import Effect, Group
from health_monitor.flows.effect import effect as effect_flow

WIDTH = 80
COLUMNS = ("flagged", "drafted", "sent", "delivered", "replied", "recovered")
COMPARED = {
    "holdout": "Beside the holdout, whom only chance left out",
    "matched": "Beside similar accounts that got no mail for a reason unrelated to them",
}
HINT = (
    "There is no holdout, so this is a hint and no proof: these accounts may differ in what nobody recorded, fell at "
    "another time, and their CSMs may have called. To know, set holdout.percent in config/routing.yaml."
)
CAVEATS = {
    "holdout": "A CSM may write to an account that is held out; that makes the difference look smaller than it is.",
    "matched": HINT,
}


def effect(
    by: Annotated[
        Literal["template", "segment", "level"] | None, typer.Option(help="One row for each, instead of one for all.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Alerts from that day on; else from the first mail's.")
    ] = None,
) -> None:
    """From flagged to recovered, what stopped mail on the way, and whether the mail that went out by itself helped.

    Recovered: usage came back within 30 days. Use: the change after 14, 30 and 60 days, as a share of usual use.
    """
    world = wiring.aws_world()
    found = effect_flow(
        by, since.date() if since else None, world.clock.now().date(), world.accounts, world.alerts, world.conversations
    )
    if not found.groups:
        console.print("No alerts since then." if found.since else "There was no conversation with a customer yet.")
        return
    console.print(f"Alerts since {found.since}, and what became of them:")
    console.print(_table(found, by or ""))
    for group in found.groups:
        for line in _told(group, named=by is not None):
            console.print(line, markup=False)
    for line in (*_caveats(found), "", *_warning(found)):
        console.print(line, markup=False)


def _table(found: Effect, by: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in (by, *COLUMNS):
        table.add_column(name, overflow="fold", justify="left" if name == by else "right")
    for group in found.groups:
        way = group.funnel
        numbers = (way.flagged, way.drafted, way.sent, way.delivered, way.replied)
        table.add_row(escape(group.name), *map(str, numbers), f"{way.recovered} of {way.judged}")
    return table


def _told(group: Group, *, named: bool) -> Iterator[str]:
    """Why mail did not go out, and what it did where it went."""
    name = f"{group.name}: " if named else ""
    held = ", ".join(f"{code} {n}" for code, n in group.funnel.held)
    why = f"Not sent, and why: {held}." if held else ""
    found = group.comparison
    counts = f"{found.written_to} written to, {found.beside} not"
    if all(one.values is None for one in (found.recovered, *found.use.values())):
        few = f"Too few to tell what mail did ({counts}; {found.recovered.too_few})."
        yield from _wrapped(f"{name}{few} {why}")
        return
    if why:
        yield from _wrapped(f"{name}{why}")
    yield from _wrapped(f"{name}{COMPARED[found.kind]} ({counts}):")
    yield from _lifts(group)


def _lifts(group: Group) -> Iterator[str]:
    """Each difference, or that it cannot be told."""
    found = group.comparison
    for what, lift in (
        ("recovered", found.recovered),
        *((f"use after {days} days", one) for days, one in found.use.items()),
    ):
        if lift.values is None:
            yield f"  {what:<18} too few to tell ({lift.n[0]} and {lift.n[1]}; {lift.too_few})"
            continue
        one, other = (f"{100 * value:+.0f}%" if what != "recovered" else f"{100 * value:.0f}%" for value in lift.values)
        verdict = "" if lift.low > 0 or lift.high < 0 else "; no difference shown"
        yield (
            f"  {what:<18} {one} and {other}: {100 * lift.difference:+.0f} points, "
            f"95% {100 * lift.low:+.0f} to {100 * lift.high:+.0f}{verdict}"
        )


def _caveats(found: Effect) -> Iterator[str]:
    """What has to be kept in mind about the comparisons, said once."""
    kinds = {group.comparison.kind for group in found.groups}
    for kind, caveat in CAVEATS.items():
        if kind in kinds:
            yield from _wrapped(caveat)


def _warning(found: Effect) -> Iterator[str]:
    """Accounts are flagged when they are lowest: most of what follows would have followed anyway."""
    alone = found.untreated
    if len(found.groups) > 1:
        yield from _wrapped(
            f"{len(found.groups)} groups were looked at: of 20 such intervals one misses the truth by chance alone."
        )
    if alone.n:
        spread = f"95% {100 * alone.low:.0f} to {100 * alone.high:.0f}%"
        saw = (
            f"Of {many(alone.n, 'alert')} to which nobody wrote, {alone.recovered} recovered by themselves ({spread})."
        )
    else:
        saw = "How many recover by themselves is not known here yet: nobody was left alone for 30 days."
    yield from _wrapped(
        "Usage that is flagged at its lowest tends to come back whatever one does (regression to the mean), so the "
        f"share that recovers is no measure of the mail. {saw} Only a difference to accounts without mail counts."
    )


def _wrapped(text: str) -> list[str]:
    return wrap(text, WIDTH, subsequent_indent="  ")
