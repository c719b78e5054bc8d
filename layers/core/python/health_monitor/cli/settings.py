"""`health-monitor config …`: check the numbers, and make them live without a deploy."""

from pathlib import Path
from typing import Annotated

import typer

from health_monitor import wiring
from health_monitor.cli.console import console, many
from health_monitor.flows.configure import load_config, load_crms, load_sources, publish_config
from health_monitor.flows.effect import withheld
from health_monitor.flows.runs import read_bundle
from health_monitor.model.config import Bundle
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
    crms = load_crms(texts[CRM], sources) if CRM in texts else {}
    console.print(f"Sources that are on at the next deploy: {', '.join(sources) or 'none'}.")
    console.print(f"CRMs that are told at the next deploy: {', '.join(crms) or 'none'}.")


@config.command()
def publish(
    folder: Folder = Path("config"), yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Make a configuration live: the next night uses it. Try it with `replay --config` first.

    Asks before it leaves accounts without automatic mail to measure what mail is worth (holdout in routing.yaml).
    """
    world = wiring.aws_world()
    bundle = load_config(wiring.config_texts(folder))
    before = world.journal.live_config()
    if bundle.routing.holdout.percent:
        _tell_withheld(bundle, world)
        if not yes and not _is_live(bundle, world):
            typer.confirm("Withhold automatic mail from them?", abort=True)
    version = publish_config(bundle, world.blobs, world.journal)
    console.print(f"Version {version} is live" + (f" (before: {before})." if before else "."))


def _is_live(bundle: Bundle, world: World) -> bool:
    """Whether the same accounts are held out already."""
    version = world.journal.live_config()
    return version is not None and read_bundle(world.blobs, version).routing.holdout == bundle.routing.holdout


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
