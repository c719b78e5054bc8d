"""Every command that a document shows exists, with the options it is shown with."""

import re
import shlex
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from health_monitor.cli.app import app
from tests.docs.documents import ROOT, Shown, commands

SHOWN = sorted(set(commands()))
MAKEFILE = (ROOT / "Makefile").read_text()
READ_BY_MAKE = MAKEFILE + (ROOT / "local" / "demo.py").read_text()


def words(shown: Shown) -> list[str]:
    return shlex.split(re.sub(r"[…\[\]]", "", shown.text))


def problem(shown: Shown) -> str | None:
    """What is wrong with a command, if anything."""
    variables = [word for word in words(shown) if re.fullmatch(r"[A-Z_]+=.*", word)]
    rest = [word for word in words(shown) if word not in variables]
    unknown = [name for word in variables if (name := word.partition("=")[0]) not in READ_BY_MAKE]
    if unknown:
        return f"nobody reads {unknown}"
    if rest[0] == "make":
        targets = re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE)
        missing = [target for target in rest[1:] if target not in targets]
        return f"the Makefile has no {missing}" if missing else None
    return cli_problem(typer.main.get_command(app), rest[1:])


def cli_problem(command: Any, rest: list[str]) -> str | None:
    """Follow the words into the command's tree; every option must be one of the commands on the way."""
    options = set(options_of(command))
    for word in rest:
        if isinstance(command, TyperGroup) and re.fullmatch(r"[a-z][a-z-]*", word):
            if word not in command.commands:
                return f"there is no command {word}"
            command = command.commands[word]
            options |= set(options_of(command))
        elif word.startswith("--") and word.partition("=")[0] not in options:
            return f"there is no option {word}"
    return None


def options_of(command: Any) -> list[str]:
    return ["--help", *(option for parameter in command.params for option in parameter.opts)]


def test_the_documents_show_the_commands_that_matter():
    shown = [text for _, text in SHOWN]
    for wanted in ("make demo", "make test", "make check", "health-monitor replay", "import events", "backfill"):
        assert any(wanted in text for text in shown), wanted
    readme = {text for document, text in SHOWN if document == "README.md"}
    assert {"make demo", "make test"} <= readme


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: f"{shown.document}: {shown.text}"[:90])
def test_a_command_that_is_shown_exists(shown: Shown):
    assert problem(shown) is None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("make tea", "no ['tea']"),
        ("NOPE=1 make demo", "nobody reads ['NOPE']"),
        ("health-monitor replya --out out", "no command replya"),
        ("health-monitor replay --acounts a.csv", "no option --acounts"),
        ("health-monitor import spells a.csv", "no command spells"),
    ],
)
def test_a_command_that_does_not_exist_is_found_out(text: str, wrong: str):
    assert wrong in (problem(Shown("somewhere", text)) or "")


def test_every_command_of_the_cli_is_in_a_document():
    """What nobody can read about, nobody uses."""
    shown = " ".join(text for _, text in SHOWN)
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    leaves = [
        f"{name} {leaf}" if isinstance(command, TyperGroup) else name
        for name, command in root.commands.items()
        for leaf in (command.commands if isinstance(command, TyperGroup) else [name])
    ]
    missing = [leaf for leaf in leaves if not re.search(rf"health-monitor (--env \S+ )?{leaf}\b", shown)]
    assert not missing
