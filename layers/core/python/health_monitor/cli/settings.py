"""`health-monitor config …`: check the numbers, and make them live without a deploy."""

from pathlib import Path
from typing import Annotated

import typer

from health_monitor import wiring
from health_monitor.cli.console import console
from health_monitor.flows.configure import load_config, load_crms, load_sources, publish_config

config = typer.Typer(no_args_is_help=True, help="The rule's numbers: check them, make them live.")
Folder = Annotated[Path, typer.Argument(help="Folder with segments.yaml, and with sources.yaml where there is one.")]

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
def publish(folder: Folder = Path("config")) -> None:
    """Make a configuration live: the next night uses it. Try it with `replay --config` first."""
    world = wiring.aws_world()
    bundle = load_config(wiring.config_texts(folder))
    before = world.journal.live_config()
    version = publish_config(bundle, world.blobs, world.journal)
    console.print(f"Version {version} is live" + (f" (before: {before})." if before else "."))
