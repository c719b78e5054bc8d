"""`health-monitor go-live` and `why`: switching automatic mail on, and why something was or was not sent."""

from pathlib import Path
from textwrap import wrap
from typing import Annotated

import typer

from health_monitor import wiring
from health_monitor.cli.console import console, many, pasteable
from health_monitor.cli.who import OPERATOR, ByOperator
from health_monitor.flows import go_live as flow
from health_monitor.flows.circumstances import Sources
from health_monitor.flows.why import Told
from health_monitor.flows.why import why as why_flow
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.outreach import Finding, Switch

WIDTH = 80
SHOWN = 50


def go_live(
    by: ByOperator = OPERATOR,
    pilot: Annotated[Path | None, typer.Option(help="A CSV with a column account_id: only for these accounts.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    back_to_drafts: Annotated[bool, typer.Option("--back-to-drafts", help="Nothing by itself any more.")] = False,
) -> None:
    """Let moderate check-ins of standard accounts go out by themselves.

    Looks at everything that sending depends on, shows what would go out this week, asks, and switches.
    """
    world = wiring.aws_world()
    if back_to_drafts:
        flow.back_to_drafts(by, world.outreach_switch, world.clock.now())
        console.print("Every customer mail is a draft again; what is queued becomes one when its moment comes.")
        return
    sources = wiring.circumstance_sources()
    key = flow.keep_pilot(_listed(pilot), sources) if pilot else None
    stops = _inspect(sources)
    _preview(Switch(mode="pilot" if key else "live", pilot=key), sources)
    if stops:
        raise NeedsHuman(f"mail cannot go out yet: {'; '.join(f'{one.about}, {one.said}' for one in stops)}")
    if not yes:
        typer.confirm("Switch automatic check-ins on?", abort=True)
    queued = flow.go_live(key, by, sources, world.outbox, world.clock.now())
    console.print(f"{many(queued, 'draft')} queued. {flow.standing(world.outreach_switch.get())}")


def _listed(pilot: Path) -> str:
    try:
        return pilot.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise NeedsHuman(f"{pilot} is not UTF-8 text; save it as CSV in UTF-8") from None


def why(account_id: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Our id of the account.")]) -> None:
    """Why something was, or was not, sent to an account: every decision, in words and local time."""
    about, told = why_flow(account_id, wiring.aws_world(), wiring.bundle_now())
    for one in told:
        _tell(one)
    console.print(about, markup=False)


def _inspect(sources: Sources) -> list[Finding]:
    """Show how everything stands; what makes sending impossible."""
    accounts = list(sources.accounts.read(list(sources.accounts.ids())).values())
    found = flow.inspect(sources, accounts, wiring.why_no_unsubscribe_page)
    for one in found:
        console.print(f"{_mark(one):<6}{one.about}: {one.said}{f' → {one.remedy}' if one.remedy else ''}", markup=False)
    return [one for one in found if one.stops]


def _mark(one: Finding) -> str:
    return "STOP" if one.stops else "LOOK" if one.remedy else "ok"


def _preview(switch: Switch, sources: Sources) -> None:
    now = wiring.aws_world().clock.now()
    drafts = flow.preview(switch, sources, now)
    goes = [one for one in drafts if one.goes]
    console.print(f"\n{many(flow.last_week(sources, now), 'automatic check-in')} began in the last 7 days.")
    console.print(f"{many(len(drafts), 'draft')} waited for this; {len(goes)} would go out this week:")
    for one in drafts[:SHOWN]:
        label = one.account.label if one.account else one.conversation.account_id
        told = "it is older than 7 days" if not one.young else one.verdict.because or "it goes out at once"
        console.print(f"  {'goes ' if one.goes else 'stays'} {label}: {told}", markup=False)
    if len(drafts) > SHOWN:
        console.print(f"  and {len(drafts) - SHOWN} more")
    console.print(f"{flow.RULE} Caps count when each goes out.\n")


def _tell(one: Told) -> None:
    console.print(f"\n{one.title}", style="bold", markup=False)
    _indented(one.standing, 2)
    before = ""
    for at, step, said in one.decisions:
        if at != before:
            console.print(f"  {at}", markup=False)
        before = at
        _indented(f"{step}: {pasteable(said)}", 6)
    if one.next:
        console.print(f"  next: {one.next}", markup=False)
    console.print()


def _indented(text: str, by: int) -> None:
    """Wrapped at words only: a command or a name stays whole."""
    gap = " " * by
    for line in wrap(text, WIDTH - by, break_long_words=False, break_on_hyphens=False):
        console.print(f"{gap}{line}", markup=False)
