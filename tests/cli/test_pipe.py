"""Whoever reads only the beginning of an answer, as `| head` does, gets it without an error after it."""

import subprocess
import sys

ASKS = (
    "import sys; from health_monitor.cli import app, main; from health_monitor.cli.console import console\n"
    "@app.app.command()\n"
    "def much() -> None:\n"
    "    for _ in range(100_000): console.print('a line')\n"
    "sys.argv = ['health-monitor', 'much']; main()"
)


def test_a_reader_who_leaves_early_is_no_error() -> None:
    done = subprocess.Popen([sys.executable, "-c", ASKS], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.stdout
    assert done.stderr
    assert done.stdout.readline() == b"a line\n"
    done.stdout.close()
    assert done.stderr.read() == b""
    done.wait(timeout=30)
    done.stderr.close()
