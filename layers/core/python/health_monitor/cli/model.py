"""`health-monitor model …`: how health is scored; check it, try it on your own history, make it live, take it back."""

from pathlib import Path
from typing import Annotated

import typer

from health_monitor import wiring
from health_monitor.cli.console import console
from health_monitor.flows.configure import doubtful_scoring, load_scorecard
from health_monitor.model.scorecard import Card, Scorecard

model = typer.Typer(no_args_is_help=True, help="How health is scored: check it, try it on your history, make it live.")
Folder = Annotated[Path, typer.Argument(help="Folder with scorecard.yaml; without that file, the product's counts.")]


@model.command()
def validate(folder: Folder = Path("config")) -> None:
    """Read a folder's scorecard, and say what is wrong with it, or its version and what each account is scored by."""
    texts = wiring.config_texts(folder)
    scorecard = load_scorecard(texts)
    whose = "" if "scorecard.yaml" in wiring.config_files(folder) else " has no scorecard of its own; the product's"
    console.print(f"{folder}{whose} is valid: scoring version {scorecard.version}.")
    for card in scorecard.scorecards:
        console.print(f"  {_told(card, scorecard)}", markup=False)
    for doubt in doubtful_scoring(texts, scorecard):
        console.print(f"probably a mistake: {doubt}", markup=False)


def _told(card: Card, scorecard: Scorecard) -> str:
    bands = scorecard.band_sets[card.bands]
    asked = {name: names for name, names in card.when.model_dump().items() if names}
    whom = " and ".join(f"{name} {' or '.join(names)}" for name, names in asked.items()) or "all others"
    weights = ", ".join(f"{name} {one.weight:f}" for name, one in scorecard.dimensions_of(card).items())
    return (
        f"{card.name} ({whom}): {weights}; "
        f"healthy from {bands.healthy:f}, moderate from {bands.moderate:f}, at risk from {bands.at_risk:f}"
    )
