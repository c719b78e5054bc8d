"""`health-monitor template preview`: what would be written to an account, before anything is."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Annotated

import typer

from health_monitor import wiring
from health_monitor.cli.console import console
from health_monitor.flows.go_live import standing
from health_monitor.flows.preview import Preview, preview
from health_monitor.model.account import Contact
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.routing import MERGE_FIELDS, TEMPLATES

WIDTH = 80
TOLD = {"slack": "in Slack", "email": "by email"}

template = typer.Typer(no_args_is_help=True, help="The mails' templates: see what an account would get.")


@template.callback()
def _templates() -> None:
    """The mails' templates."""


@template.command("preview")
def show_preview(
    account_id: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Our id of the account.")],
    step: Annotated[str, typer.Option(help=f"Which mail: {', '.join(TEMPLATES)}.")] = "check_in",
) -> None:
    """The mail that an account would get: to whom, which words, and why."""
    if step not in TEMPLATES:
        raise NeedsHuman(f"--step {step}: there is no such mail; give one of {', '.join(TEMPLATES)}")
    world = wiring.aws_world()
    account = world.accounts.read([account_id]).get(account_id)
    if account is None:
        raise NeedsHuman(f"there is no account {account_id!r}; find it with health-monitor show {account_id}")
    as_of = world.journal.last_complete() or world.clock.now().date()
    found = preview(step, account, wiring.bundle_now(), as_of, wiring.outreach_desk())
    _print_who(found, world.accounts.contacts(account_id))
    _print_mail(found)
    for drop, chosen, reasons in found.routes:
        how = "goes out by itself, once live" if chosen.send == "automatic" else "a person sends it"
        first = ", high priority" if chosen.high_priority else ""
        told = " and ".join(TOLD[one] for one in chosen.tell)
        _say(f"If usage falls {drop}ly: {how}{f'; the CSM is told {told}' if told else ''}{first}.")
        _say(f"Why: {'; '.join(reasons)}.", indent=2)
    console.print(standing(world.outreach_switch.get()), markup=False)


def _print_who(found: Preview, contacts: Sequence[Contact]) -> None:
    contact = found.choice.contact
    to = f"{contact.name or 'no name'} <{contact.email}>" if contact else "nobody"
    _say(f"To: {to} ({found.choice.because})")
    for skipped in found.choice.skipped:
        _say(f"Not to {_named(skipped, contacts)}")


def _print_mail(found: Preview) -> None:
    wording = found.mail.suggested
    _say(f"Template: {found.mail.template}")
    _say(f"\nSubject: {wording.subject}\n\n{wording.text}\n", indent=2)
    _say(f"Tip: {found.tip.name}, because {found.why_tip}" if found.tip else "Tip: none fits")
    if found.mail.lacks:
        lacks = ", ".join(MERGE_FIELDS.get(name, name) for name in found.mail.lacks)
        _say(f"Missing: {lacks}; with a gap it never goes out by itself")


def _named(skipped: str, contacts: Sequence[Contact]) -> str:
    """The contact's name before the reason why not, instead of their id."""
    found = (one for one in contacts if one.name and skipped.startswith(f"{one.contact_id}, "))
    contact = next(found, None)
    return f"{contact.name}{skipped[len(contact.contact_id) :]}" if contact else skipped


def _say(text: str, indent: int = 0) -> None:
    """Wrapped at words, line by line; a command, an address or a name stays whole."""
    gap = " " * indent
    for line in text.split("\n"):
        for part in wrap(line, WIDTH - indent, break_long_words=False, break_on_hyphens=False) or [""]:
            console.print(f"{gap}{part}" if part else "", markup=False)
