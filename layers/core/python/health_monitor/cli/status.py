"""`health-monitor status` and `source`: whether all is well, and what to do where it is not."""

from collections.abc import Mapping
from contextlib import suppress
from textwrap import wrap
from typing import Annotated, Any

import typer

from health_monitor import wiring
from health_monitor.cli.console import console, pasteable
from health_monitor.flows.status import Line
from health_monitor.flows.status import status as status_flow
from health_monitor.model.errors import NeedsHuman

source = typer.Typer(no_args_is_help=True, help="Let a source that was paused go on.")
WIDTH = 80
INDENT = 21


def status() -> None:
    """Whether all is well, and what to do where it is not.

    Sources, last run, quarantine, late and unmatched records, erasures, dead letters. Code 1: somebody is needed.
    """
    configured: Mapping[str, Any] = {}
    with suppress(NeedsHuman):  # without the deployment's list, only what ever delivered is known
        configured = wiring.sources()
    lines = status_flow(wiring.aws_world(), configured)
    for line in lines:
        _print(line)
    if any(line.action for line in lines):
        raise typer.Exit(1)


@source.command()
def resume(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The source's name, as status writes it.")],
) -> None:
    """Let a paused source go on.

    It does so at its next schedule, after what paused it is mended.
    """
    states = wiring.aws_world().sources
    if not states.get(name).paused_at:
        raise NeedsHuman(f"{name} is not paused; health-monitor status shows which sources are")
    states.resume(name)
    console.print(f"{name} goes on at its next schedule, from where it stopped.")


def _print(line: Line) -> None:
    mark = "LOOK" if line.action else "ok"
    first, *rest = wrap(line.said, WIDTH - INDENT, break_on_hyphens=False) or [""]
    console.print(f"{mark:<6}{line.about[:13]:<15}{first}", markup=False)
    if line.action:
        rest += wrap(
            f"→ {pasteable(line.action)}",
            WIDTH - INDENT,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    for text in rest:
        console.print(" " * INDENT + text, markup=False)
