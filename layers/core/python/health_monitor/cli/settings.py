"""`health-monitor config …`: check the numbers, and make them live without a deploy."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from health_monitor import wiring
from health_monitor.cli.console import console, many
from health_monitor.flows.config_changes import changes
from health_monitor.flows.configure import (
    live_bundle,
    load_config,
    load_crms,
    load_sources,
    must_keep_scorecard,
    probable_mistakes,
    publish_config,
)
from health_monitor.flows.effect import withheld
from health_monitor.model.config import Bundle
from health_monitor.model.errors import NeedsHuman
from health_monitor.ports.world import World

config = typer.Typer(no_args_is_help=True, help="The rule's numbers: check them, make them live.")
Folder = Annotated[Path, typer.Argument(help="Folder with segments.yaml, and with sources.yaml where there is one.")]

NAMED = 10
SOURCES = "sources.yaml"
CRM = "crm.yaml"


@config.command()
def check(folder: Folder = Path("config")) -> None:
    """Read a configuration folder, and say what is wrong with it, or its version."""
    texts = wiring.config_texts(folder)
    bundle = load_config(texts)
    names = ", ".join(profile.name for profile in bundle.profiles)
    sources = load_sources(texts[SOURCES]) if SOURCES in texts else {}
    console.print(f"{folder} is valid: version {bundle.version}, profiles {names}.")
    _doubt(folder, texts, bundle)
    crms = load_crms(texts[CRM], sources) if CRM in texts else {}
    console.print(f"Sources that are on at the next deploy: {', '.join(sources) or 'none'}.")
    console.print(f"CRMs that are told at the next deploy: {', '.join(crms) or 'none'}.")


@config.command()
def publish(
    folder: Folder = Path("config"), yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Make a configuration live: the next night uses it. Try it with `replay --config` first.

    Says what changes, and which accounts get no automatic mail, to measure what mail is worth (holdout in
    routing.yaml); then it asks. A changed scorecard goes live with `model plan` and `model apply` instead.
    """
    world = wiring.aws_world()
    texts = wiring.config_texts(folder)
    bundle, live = load_config(texts), live_bundle(world.journal, world.blobs, wiring.default_bundle())
    before = world.journal.live_config()
    if before == bundle.version:
        console.print(f"Version {before} is live already; nothing changes.")
        return
    must_keep_scorecard(bundle, live, str(folder), world.journal)
    _doubt(folder, texts, bundle)
    differences = changes(live, bundle)
    for line in differences:
        console.print(f"  {line}", markup=False)
    if bundle.routing.holdout.percent:
        _tell_withheld(bundle, world)
    if differences and not yes:
        _ask(folder)
    version = publish_config(bundle, world.blobs, world.journal)
    console.print(f"Version {version} is live" + (f" (before: {before})." if before else "."))


def _doubt(folder: Path, texts: Mapping[str, str], bundle: Bundle) -> None:
    for doubt in probable_mistakes(texts, wiring.config_files(folder), bundle):
        console.print(f"probably a mistake: {doubt}", markup=False)


def _ask(folder: Path) -> None:
    """Somebody has to agree. Raises NeedsHuman where nobody can be asked."""
    try:
        typer.confirm("Make this live?", abort=True)
    except typer.Abort:
        again = f"health-monitor config publish {folder} --yes"
        raise NeedsHuman(f"nothing was published; if all of this is meant: {again}") from None


def _tell_withheld(bundle: Bundle, world: World) -> None:
    found = withheld(bundle, world.clock.now().date(), world.accounts)
    unknown = f" (not known of {found.unknown_arr})" if found.unknown_arr else ""
    console.print(
        f"Holdout of {bundle.routing.holdout.percent}%: {many(len(found.accounts), 'account')} of {found.of} that may "
        f"get automatic mail get none; their ARR is {found.arr:,.0f}{unknown}.",
        markup=False,
    )
    for account in found.accounts[:NAMED]:
        console.print(
            f"  {account.label}: {f'{account.arr:,.0f}' if account.arr is not None else 'unknown'}", markup=False
        )
    if len(found.accounts) > NAMED:
        console.print(f"  and {len(found.accounts) - NAMED} more")
