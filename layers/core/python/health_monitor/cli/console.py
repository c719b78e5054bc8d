"""How commands talk: progress while something takes time, plain sentences when it is done."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

console = Console(soft_wrap=True, highlight=False)
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
