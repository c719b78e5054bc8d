"""`health-monitor model …`: how health is scored; check it, try it on your own history, make it live, take it back."""

import shlex
import sys
from pathlib import Path
from textwrap import wrap
from typing import Annotated

import typer

from health_monitor import wiring
from health_monitor.cli.console import console, many, progress
from health_monitor.cli.who import OPERATOR, ByOperator
from health_monitor.flows.configure import doubtful_scoring, live_bundle, load_scorecard
from health_monitor.flows.model_apply import Wish, apply_model, ledger, planned_counts, rollback_model
from health_monitor.flows.model_past import Stores, stored_past
from health_monitor.flows.model_plan import last_day, plan_model, weigh_model
from health_monitor.flows.model_told import counted, plan_json, plan_page, weights_json, weights_page
from health_monitor.model.config import Bundle
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.scorecard import Card, Scorecard
from health_monitor.model.scoring_change import Applied

model = typer.Typer(no_args_is_help=True, help="How health is scored: check it, try it on your history, make it live.")
Note = Annotated[str, typer.Option(help="Why, in a sentence; it stands in the history.")]
Folder = Annotated[Path, typer.Argument(help="Folder with scorecard.yaml; without that file, the product's counts.")]


@model.command()
def validate(folder: Folder = Path("config")) -> None:
    """Read a folder's scorecard, and say what is wrong with it, or its version and what each account is scored by."""
    texts = wiring.config_texts(folder)
    scorecard = load_scorecard(texts)
    whose = "" if "scorecard.yaml" in wiring.config_files(folder) else " has no scorecard of its own; the product's"
    console.print(f"{folder}{whose} is valid: scoring version {scorecard.version}.")
    for card in scorecard.scorecards:
        for line in _told(card, scorecard):
            console.print(f"  {line}", markup=False)
    for doubt in doubtful_scoring(texts, scorecard):
        console.print(f"probably a mistake: {doubt}", markup=False)


@model.command()
def plan(
    folder: Folder = Path("config"),
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
) -> None:
    """Replay a folder's scorecard over the stored history, beside the live one: what it would have changed."""
    scorecard, stores = load_scorecard(wiring.config_texts(folder)), _stores()
    with progress("replaying accounts") as done:
        past = stored_past(stores, last_day(stores), progress=done)
        found = plan_model(scorecard, _live(), past, stores, wiring.aws_world().clock.now())
    if as_json:
        sys.stdout.write(plan_json(found))
        return
    console.print(f"Scorecard {found.before} (live) to {found.after}:")
    for line in (*(f"  {change}" for change in found.changes), "", *plan_page(found)):
        console.print(line, markup=False)
    console.print(
        f"\nNothing is changed. To make it live: health-monitor model apply {folder} --note WHY", markup=False
    )


@model.command()
def apply(
    folder: Folder = Path("config"), note: Note = "", by: ByOperator = OPERATOR,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:  # fmt: skip
    """Make a folder's scorecard live, after a plan of exactly this change; it asks, and nobody is alerted by it."""
    scorecard = load_scorecard(wiring.config_texts(folder))
    wish = Wish(by, note, wiring.aws_world().clock.now(), str(folder))
    counts = planned_counts(scorecard, _live(), wish, _stores())
    if not yes:
        _ask(wish, counted(counts))
    with progress("restating accounts") as done:
        _tell(apply_model(scorecard, _live(), wish, _stores(), done))


@model.command()
def rollback(note: Note = "", by: ByOperator = OPERATOR) -> None:
    """Bring back the scorecard that was live before; it stands in the history like any other change."""
    wish = Wish(by, note, wiring.aws_world().clock.now())
    with progress("restating accounts") as done:
        _tell(rollback_model(_live(), wish, _stores(), done))


@model.command()
def weights(as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False) -> None:
    """How each dimension went with customers staying, on your own history, and which weights that speaks for."""
    stores = _stores()
    with progress("scoring accounts") as done:
        found = weigh_model(_live(), stored_past(stores, last_day(stores), progress=done), stores)
    if as_json:
        sys.stdout.write(weights_json(found))
        return
    for line in weights_page(found):
        console.print(line, markup=False)


@model.command()
def history() -> None:
    """Which scorecards went live, when, by whom and why; the last one first."""
    entries = ledger(_stores())
    console.print(f"Live: scorecard {_live().scorecard.version}.")
    for entry in reversed(entries):
        for line in _entry(entry):
            console.print(line, markup=False)
    if not entries:
        console.print("It was never changed.")


def _stores() -> Stores:
    world = wiring.aws_world()
    return Stores(world.blobs, world.accounts, world.dossiers, world.standings, world.journal)


def _live() -> Bundle:
    world = wiring.aws_world()
    return live_bundle(world.journal, world.blobs, wiring.default_bundle())


def _ask(wish: Wish, found: str) -> None:
    """Somebody has to agree, with the plan before their eyes. Raises NeedsHuman where nobody can be asked."""
    try:
        console.print(f"Planned: {found}.", markup=False)
        typer.confirm("Make this live?", abort=True)
    except typer.Abort:
        again = f"health-monitor model apply {wish.folder} --note {shlex.quote(wish.note)} --yes"
        raise NeedsHuman(f"nothing was applied; if all of this is meant: {again}") from None


def _tell(entry: Applied) -> None:
    console.print(f"Scorecard {entry.after} is live (before: {entry.before}).")
    restated = many(entry.restated or 0, "account is", "accounts are")
    console.print(f"{restated} restated, nobody was alerted; what was reported stays as it was.")
    if entry.kind == "apply":
        console.print("To go back: health-monitor model rollback --note WHY")
        return
    console.print("To go forward again, with that scorecard in a folder: health-monitor model plan FOLDER")


def _entry(entry: Applied) -> list[str]:
    did = "applied" if entry.kind == "apply" else "rolled back"
    done = (
        "not finished; give the command again"
        if entry.restated is None
        else f"{many(entry.restated, 'account')} restated"
    )
    lines = [f"{entry.at:%Y-%m-%d %H:%M} UTC  {did}  {entry.before} → {entry.after}  by {_who(entry.by)}; {done}"]
    lines += wrap(entry.note, 98, initial_indent="  ", subsequent_indent="  ")
    if entry.counts:
        lines += wrap(f"plan: {counted(entry.counts)}", 98, initial_indent="  ", subsequent_indent="  ")
    return lines


def _who(by: str) -> str:
    return f"{by} (nobody gave --as)" if by == OPERATOR else by


def _told(card: Card, scorecard: Scorecard) -> tuple[str, str, str]:
    bands = scorecard.band_sets[card.bands]
    asked = {name: names for name, names in card.when.model_dump().items() if names}
    whom = " and ".join(f"{name} {' or '.join(names)}" for name, names in asked.items()) or "all others"
    weights = ", ".join(f"{name} {one.weight:f}" for name, one in scorecard.dimensions_of(card).items())
    edges = f"healthy from {bands.healthy:f}, moderate from {bands.moderate:f}, at risk from {bands.at_risk:f}"
    return f"{card.name} ({whom}):", f"  {weights}", f"  {edges}"
