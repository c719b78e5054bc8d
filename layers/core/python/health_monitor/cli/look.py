"""`health-monitor show`, `alerts` and `runs`: what the product has stored, readably."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from health_monitor import wiring
from health_monitor.cli.console import console, many
from health_monitor.cli.stored import record_line, standing_lines
from health_monitor.flows.look import accounts_alike, accounts_called, csms, open_alerts
from health_monitor.model.errors import NeedsHuman
from health_monitor.ports.world import World

LAST_DAYS = 14
PLUMBING = frozenset(("shard", "ttl", "compacted", "csm", "pages", "due_kind", "opened_at", "digest"))
"""What the table needs and says nothing about the account."""
ALERT_COLUMNS = {
    "account": 7, "name": 6, "opened": 10, "severity": 8, "usage": 10, "CSM": 10, "held back because": 15,
}  # fmt: skip
"""Each with so many characters that no date or number is broken in 80 columns."""
WIDEST = 4_000
KINDS = ("PROFILE", "CONTACT", "ALERT", "OUTREACH", "FLAG", "DOSSIER", "SCORE", "RING", "USERS", "STATE", "")


def show(
    account_id: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Our id of the account.")],
    every_day: Annotated[bool, typer.Option("--all", help="Every stored day instead of the last fortnight.")] = False,
) -> None:
    """Everything stored about one account.

    Profile, people, alerts, conversations, usage per day, states.
    """
    world = wiring.aws_world()
    items = world.shelf.items_of(account_id)
    if not items:
        found = _the_one_called(account_id, world)
        console.print(f"{account_id!r} is a name of the account {found!r}.", markup=False)
        items = world.shelf.items_of(found)
    states = [item for item in items if item["item"].startswith("STATE#")]
    hidden = states[: 0 if every_day else -LAST_DAYS]
    for item in sorted(items, key=_reading_order):
        if item not in hidden:
            _print(item, every_day)
    if hidden:
        console.print(f"\n{len(hidden)} earlier states are not shown; see them with --all")


def runs(limit: Annotated[int, typer.Option(min=1, help="How many nights.")] = 14) -> None:
    """The latest nights, and what they raised.

    What was planned, judged and raised, and what is missing.
    """
    found = wiring.aws_world().journal.runs(limit)
    if not found:
        raise NeedsHuman("no night has been run yet; start the state machine with {}, or wait for its schedule")
    counted = ("planned", "judged", "opened", "escalated", "resolved", "held")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0)  # whole nights and counts in 80 columns
    for name in ("night", "status"):
        table.add_column(name, no_wrap=True)
    for name in counted:
        table.add_column(name, no_wrap=True, justify="right")
    table.add_column("incident or missing")
    for one in found:
        missing = f"{many(len(one.missing_batches), 'batch', 'batches')} missing" if one.missing_batches else ""
        counts = (f"{getattr(one, name):,}" for name in counted)
        table.add_row(str(one.as_of), one.status, *counts, one.incident or missing)
    console.print(table)


def alerts(
    csm_email: Annotated[str | None, typer.Argument(help="Whose open alerts; everybody's if left out.")] = None,
    unassigned: Annotated[bool, typer.Option("--unassigned", help="Those of accounts without a CSM.")] = False,
) -> None:
    """Open alerts of current accounts, worst first."""
    world = wiring.aws_world()
    whose = "" if unassigned else csm_email
    found = open_alerts(whose, world.journal.last_complete(), world.alerts, world.accounts)
    if not found and csm_email and csm_email not in csms(world.accounts):
        raise NeedsHuman(f"no account has the CSM {csm_email}; check the spelling, or leave it out to see everybody's")
    if not found:
        console.print("No open alerts" + (f" for {csm_email}." if csm_email else "."))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name, narrowest in ALERT_COLUMNS.items():
        table.add_column(name, overflow="fold", min_width=narrowest)
    for account, one in found:
        worse = f", severe {one.escalated_on}" if one.escalated_on else ""
        facts = (account.account_id, account.name or "", str(one.opened_on), one.severity, one.percent + worse)
        table.add_row(*map(escape, (*facts, account.csm_email or "nobody", one.suppressed or "")))
    _print_whole(table)


def _the_one_called(name: str, world: World) -> str:
    """The only account that goes by the name. Raises NeedsHuman, with those that could be meant."""
    meant = accounts_called(name, world.accounts, world.names)
    if len(meant) == 1:
        return meant[0].account_id
    alike = meant or accounts_alike(name, world.accounts)
    told = ", ".join(one.account_id + (f" ({one.name})" if one.name else "") for one in alike)
    unknown = "check its spelling, or import it: health-monitor import accounts accounts.csv"
    raise NeedsHuman(f"nothing is stored about {name!r}; {f'did you mean {told}?' if alike else unknown}")


def _reading_order(item: dict[str, Any]) -> int:
    """Who it is, who the people are, what is wrong, then the numbers behind it."""
    return next(at for at, kind in enumerate(KINDS) if item["item"].startswith(kind))


def _print(item: dict[str, Any], every_day: bool) -> None:
    console.print(f"\n[bold]{item['item']}[/]")
    for line in standing_lines(item, every_day) if item["item"] == "SCORE" else _lines(item, every_day):
        console.print(f"  {line}", markup=False)


def _lines(item: dict[str, Any], every_day: bool) -> Iterator[str]:
    for name, value in item.items():
        if name in PLUMBING or name == "item":
            continue
        if isinstance(value, list):
            shown = value if every_day else value[-LAST_DAYS:]
            yield f"{name}, last {len(shown)} of {len(value)}" if len(shown) < len(value) else name
            yield from (f"  {_line(one, item['item'])}" for one in shown)
        elif isinstance(value, dict):
            yield f"{name}: " + ", ".join(f"{key} {part}" for key, part in _flat(value))
        else:
            yield f"{name}: {value}"


def _line(one: Any, item: str) -> str:
    if not isinstance(one, dict):
        return str(one)
    return record_line(one) if item == "DOSSIER" else "  ".join(f"{key} {part}" for key, part in _flat(one))


def _flat(nested: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in nested.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _print_whole(table: Table) -> None:
    """On a terminal cells go on in the next line; elsewhere a row is one line, however long it is."""
    if console.is_terminal:
        console.print(table)
    else:
        Console(width=WIDEST, highlight=False).print(table)
