"""`make bench`: every number beside its peer and its target. DATA=folder measures replay on your own history.

Times are processor seconds, medians of interleaved runs; only their ratios travel from one machine to another.
"""

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks import accuracy, bills, clicks, exports, night, reading, replay, scale, starts
from benchmarks.measure import Line
from health_monitor.model.errors import NeedsHuman
from local.data import Files, own_files, simulated_files

PUBLIC = "*/data/oulad_public"
"""The public data set, where somebody has put it beside the project."""


def main() -> int:
    """0, whatever the numbers are: a busy machine is no mistake in the product."""
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores. Ratios of processor time."
    )
    try:
        with _portfolio() as (name, files):
            _show(f"Replay of {name}", partial(replay.lines, files.accounts, files.events))
    except NeedsHuman as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    if public := _public():
        _show(
            f"Who leaves, by {public.name}: tuned on its first year, judged on the second",
            partial(accuracy.lines, public),
        )
    _show("Reading events of CSV files", reading.lines)
    _show("Reading Mixpanel's export", exports.lines)
    _show("A day and its night on DynamoDB (a client's processor time; the network is not there)", night.lines)
    _show("The same with more accounts", scale.lines)
    _show("A month, from the counts of `python -m benchmarks.units`", bills.lines)
    _show("Edit & send in Slack: processor seconds from nothing to the modal", clicks.lines)
    _show("Starts of functions, compiled (in brackets: with the clients they talk through)", starts.lines)
    return 0


@contextmanager
def _portfolio() -> Iterator[tuple[str, Files]]:
    given = os.environ.get("DATA")
    public = _public()
    if given or public:
        folder = Path(given or str(public))
        yield folder.name, own_files(folder)
        return
    with tempfile.TemporaryDirectory() as made:
        yield "a made-up portfolio (DATA=folder for another)", simulated_files(Path(made))[0]


def _public() -> Path | None:
    return next(Path(__file__).resolve().parents[2].glob(PUBLIC), None)


def _show(title: str, lines: Callable[[], Iterator[Line]]) -> None:
    print(f"\n{title}", flush=True)
    for what, measured, target, met in lines():
        said = "" if met is None else "met" if met else "MISSED"
        print(f"  {what:48} {measured:44} {target:10} {said}".rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
