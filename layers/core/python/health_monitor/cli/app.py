"""`health-monitor`: every command, and how errors reach a person."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from health_monitor.cli.accounts import accounts, portfolio
from health_monitor.cli.answers import heard_back
from health_monitor.cli.console import pasteable, remember
from health_monitor.cli.cost import cost
from health_monitor.cli.crm import crm
from health_monitor.cli.effect import effect
from health_monitor.cli.erase import erase
from health_monitor.cli.explain import explain
from health_monitor.cli.identity import link, unlink, unmatched
from health_monitor.cli.live import go_live, why
from health_monitor.cli.look import alerts, runs, show
from health_monitor.cli.model import model
from health_monitor.cli.outreach import away, cancel, edit, flag, outreach, send, unflag
from health_monitor.cli.override import override
from health_monitor.cli.quarantine import quarantine
from health_monitor.cli.records import backfill, importing, rebuild
from health_monitor.cli.replay import replay
from health_monitor.cli.settings import config
from health_monitor.cli.status import source, status
from health_monitor.cli.template import template
from health_monitor.cli.users import users
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain
from health_monitor.settings import read_env_file

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command()(replay)
app.add_typer(importing, name="import")
for command in (
    rebuild,
    backfill,
    show,
    explain,
    accounts,
    portfolio,
    users,
    alerts,
    runs,
    status,
    quarantine,
    unmatched,
    link,
    unlink,
    cost,
):
    app.command()(command)
for about_mail in (go_live, why, send, edit, cancel, flag, unflag, away, heard_back, effect):
    app.command()(about_mail)
app.add_typer(outreach, name="outreach")
app.add_typer(crm, name="crm")
app.add_typer(source, name="source")
app.add_typer(erase, name="erase")
app.add_typer(config, name="config")
app.add_typer(model, name="model")
app.add_typer(override, name="override")
app.add_typer(template, name="template")


@app.callback()
def _commands(
    env: Annotated[
        Path | None,
        typer.Option(help="File with the deployment's HM_… variables, such as .demo/env while the demo runs."),
    ] = None,
) -> None:
    """Notice declining accounts weeks before they cancel."""
    remember(env)
    if env:
        read_env_file(env)


def main() -> None:
    """Run a command; what a person can mend is told in one sentence, without a traceback."""
    try:
        app()
    except TryAgain as error:
        _end("Try again", str(error), code=3)
    except (NeedsHuman, AlreadyDone) as error:
        _end("Error", str(error), code=2)
    except OSError as error:
        if not error.filename:
            raise
        _end("Error", f"{error.filename}: {error.strerror}; check the path, and whether you may use it", code=2)


def _end(how: str, why: str, code: int) -> NoReturn:
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print(f"[bold red]{how}:[/]", end=" ")
    console.print(pasteable(why), markup=False)
    sys.exit(code)
