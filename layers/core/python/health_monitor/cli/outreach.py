"""`health-monitor outreach …`, `send`, `edit`, `cancel`, `flag`, `unflag`, `away`: what a person does about mail."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from textwrap import shorten, wrap
from typing import Annotated

import typer

from health_monitor import wiring
from health_monitor.cli.console import console, many, pasteable
from health_monitor.cli.who import OPERATOR, As, ByOperator
from health_monitor.flows import go_live, person_acts
from health_monitor.flows.why import last_decision, mail_status
from health_monitor.model.account import Account
from health_monitor.model.config import Bundle
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.outreach import Conversation, Wording

outreach = typer.Typer(no_args_is_help=True, help="Customer mail: what there is, and stopping all of it.")
LINE = 76
ConversationId = Annotated[
    str, typer.Argument(metavar="CONVERSATION", help="Its name, as `outreach list` writes it; or its account's id.")
]
AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Our id of the account.")]
Until = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day on which it counts; for good if left out.")
]


@outreach.command("list")
def listing(
    csm: Annotated[str | None, typer.Argument(help="Whose; everybody's if left out.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
) -> None:
    """Conversations with customers, the oldest first: name, account, to whom, CSM, mail, why.

    Into a pipe it writes one line each, with tabs between.
    """
    world = wiring.aws_world()
    known = world.conversations.all()
    found = [one for one in known if (everything or not one.ended) and csm in (None, one.csm_email)]
    if not found:
        console.print("No conversations.")
        return
    known_accounts, bundle = world.accounts.read(sorted({one.account_id for one in found})), wiring.bundle_now()
    for one in sorted(found, key=lambda one: (one.opened_on, one.conversation_id)):
        _list(_facts(one, known_accounts, bundle))


@outreach.command()
def status() -> None:
    """Whether customer mail goes out by itself, who said so, and how to change it."""
    world = wiring.aws_world()
    switch = world.outreach_switch.get()
    console.print(go_live.standing(switch), markup=False)
    if switch.changed_at:
        console.print(f"Set by {switch.changed_by} on {switch.changed_at:%Y-%m-%d %H:%M} UTC.", markup=False)
    if switch.pilot:
        console.print(f"The pilot has {many(go_live.pilot_size(switch, world.blobs), 'account')}.")


@outreach.command()
def stop(by: ByOperator = OPERATOR) -> None:
    """The kill switch: no customer mail at all, not even one that a person sends."""
    world = wiring.aws_world()
    go_live.stop(by, True, world.outreach_switch, world.clock.now())
    console.print("Stopped. What becomes due meanwhile turns into a draft; what a person sends is refused at once.")
    console.print("To go on: health-monitor outreach start")


@outreach.command()
def start(by: ByOperator = OPERATOR) -> None:
    """Let customer mail go on. What turned into drafts meanwhile stays so: nothing leaves in a burst."""
    world = wiring.aws_world()
    go_live.stop(by, False, world.outreach_switch, world.clock.now())
    console.print(go_live.standing(world.outreach_switch.get()), markup=False)


def send(conversation: ConversationId, by: As) -> None:
    """Send a draft, or what waits, now."""
    world, known = wiring.aws_world(), _mine(conversation, by)
    person_acts.send(known, known.current.step, by, world.clock.now(), _means())
    console.print(f"It is being sent; health-monitor why {known.account_id} tells what became.", markup=False)


def edit(
    conversation: ConversationId, by: As,
    subject: Annotated[str | None, typer.Option(help="The new subject; the old one if left out.")] = None,
    file: Annotated[Path | None, typer.Option(help="A file with the new text; the old one if left out.")] = None,
) -> None:  # fmt: skip
    """Change the words of a mail that is not sent yet."""
    world, known = wiring.aws_world(), _mine(conversation, by)
    if subject is None and file is None:
        _show(known)
        return
    old = known.current.final
    text = file.read_text() if file else old.text
    wording = Wording(subject=subject or old.subject, text=text)
    person_acts.edit(known, known.current.step, by, world.clock.now(), _means(), wording)
    console.print(f"Changed; to send it: health-monitor send {known.conversation_id} --as {by}", markup=False)


def cancel(conversation: ConversationId, by: As) -> None:
    """Never send a mail that is not sent yet."""
    world, known = wiring.aws_world(), _mine(conversation, by)
    person_acts.cancel(known, known.current.step, by, world.clock.now(), _means())
    console.print(f"The mail of {known.conversation_id} is never sent.", markup=False)


def flag(
    account_id: AccountId,
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(person_acts.KINDS)}.")],
    because: Annotated[str, typer.Option(help="Why; the CSM reads it beside every mail that it stops.")],
    by: ByOperator = OPERATOR,
    until: Until = None,
) -> None:
    """Say something of an account that stops automatic mail."""
    world, last = wiring.aws_world(), _day(until)
    person_acts.flag(account_id, kind, because, by, last, world.clock.now(), world.flags, world.accounts)
    console.print(f"{account_id}: {kind}{f' until {last}' if last else ''}.", markup=False)


def unflag(account_id: AccountId, kind: Annotated[str, typer.Argument(help="What is no longer so.")]) -> None:
    """Take back what was said of an account."""
    if not wiring.aws_world().flags.clear(account_id, kind):
        raise NeedsHuman(f"{account_id} is not marked as {kind!r}")
    console.print(f"{account_id} is no longer marked as {kind}.", markup=False)


def away(
    csm: Annotated[str, typer.Argument(help="The CSM's address.")],
    by: ByOperator = OPERATOR,
    until: Until = None,
    back: Annotated[bool, typer.Option("--back", help="They are here again.")] = False,
) -> None:
    """A CSM is away: nothing goes out by itself in their name."""
    world = wiring.aws_world()
    if back:
        said = "is back" if person_acts.back(csm, world.flags) else "was not away"
        console.print(f"{csm} {said}.", markup=False)
        return
    last = _day(until)
    person_acts.away(csm, last, by, world.clock.now(), world.flags, wiring.bundle_now().team, world.accounts)
    console.print(f"{csm} is away{f' until {last}' if last else ''}.", markup=False)


def _day(until: datetime | None) -> date | None:
    return until.date() if until else None


def _mine(name: str, by: str) -> Conversation:
    """The conversation, if `by` may act for its CSM."""
    found = person_acts.find(name, wiring.aws_world().conversations)
    person_acts.allow(found, by, wiring.bundle_now().team)
    return found


def _means() -> person_acts.Means:
    world = wiring.aws_world()
    return person_acts.Means(world.conversations, world.outbox, world.outreach_switch, world.suppressions)


def _facts(one: Conversation, accounts: Mapping[str, Account], bundle: Bundle) -> tuple[str, str, str, str, str, str]:
    """Its name, account, recipient, CSM, mail, and the latest decision with its reason."""
    account = accounts.get(one.account_id)
    label = account.label if account else one.account_id
    whom, csm = one.contact_name or one.contact_email or "nobody", one.csm_email or "nobody"
    mail, why = mail_status(one, bundle), pasteable(last_decision(one, bundle))
    return one.conversation_id, label, whom, csm, mail, "" if mail.endswith(why.removeprefix("it")) else why


def _list(facts: tuple[str, str, str, str, str, str]) -> None:
    """The name whole on a line of its own, to be copied; for other programs everything on one line."""
    name, label, whom, csm, mail, why = (" ".join(fact.split()) for fact in facts)
    if not console.is_terminal:
        typer.echo("\t".join((name, label, whom, csm, mail, why)))
        return
    console.print(name, style="bold", markup=False)
    console.print(f"  {label}, to {whom}; CSM {csm}", markup=False)
    for line in wrap(
        shorten(f"{mail}; {why}" if why else mail, 2 * LINE, placeholder=" …"), LINE, break_on_hyphens=False
    ):
        console.print(f"  {line}", markup=False)


def _show(one: Conversation) -> None:
    """What it says now, and how to change that."""
    console.print(f"Subject: {one.current.final.subject}\n\n{one.current.final.text}", markup=False)
    console.print("\nTo change it: --subject TEXT and --file FILE.")
