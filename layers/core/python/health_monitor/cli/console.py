"""How commands talk: progress while something takes time, plain sentences when it is done."""

import re
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_typed = {"env": ""}


def remember(env: Path | None) -> None:
    """With which deployment's file the command was typed."""
    _typed["env"] = f"--env {shlex.quote(str(env))} " if env else ""


def pasteable(text: str) -> str:
    """The text with its commands as they have to be typed for the same deployment."""
    return re.sub(r"\bhealth-monitor (?=[a-z])", lambda found: found[0] + _typed["env"], text)


class _Told(Console):
    """Whatever it prints, its commands can be pasted; only who breaks lines at words has to see to that before."""

    def print(self, *objects: Any, **how: Any) -> None:
        super().print(*(pasteable(one) if isinstance(one, str) else one for one in objects), **how)


console = _Told(soft_wrap=True, highlight=False)
progress_console = Console(stderr=True)


def many(n: int, noun: str, nouns: str = "") -> str:
    """One row, two rows; one batch, two batches."""
    return f"{n:,} {noun if n == 1 else nouns or f'{noun}s'}"


@contextmanager
def progress(what: str, of: int | None = None) -> Iterator[Callable[[int], None]]:
    """A line that moves on a terminal, and says nothing elsewhere; call what it gives with how much is done."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,}"), TimeElapsedColumn())
    with Progress(*columns, console=progress_console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=of)
        yield lambda done: bar.update(task, completed=done)
