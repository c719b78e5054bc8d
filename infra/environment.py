"""The project's own environment, `.venv`, made from the lock where it is missing or older than the lock.

`make` and `cdk synth` both come through here, so this file runs on whatever Python they found: nothing but the standard
library, and nothing that an older Python could not read.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
PYTHON = FOLDER / "bin" / "python"
READY = FOLDER / ".ready"
LOCK = ROOT / "build" / ".environment.lock"
WRITTEN_DOWN_IN = (ROOT / "pyproject.toml", ROOT / "uv.lock")
UV = "uv==0.13.9"
VERSIONS = ((3, 13), (3, 12), (3, 11))
NEEDED = "Python 3.11, 3.12 or 3.13 is needed; install one, or name it: make PYTHON=/path/to/python3.12"
INCOMPLETE = "Python's venv is incomplete; on Debian: apt-get install python3-venv"


def enter() -> None:
    """Go on in the project's environment: at once where we are in it, else by starting the same command there."""
    ours = Path(sys.prefix).resolve() == FOLDER
    if not ours and find_spec("aws_cdk"):
        return  # somebody's own environment, with everything in it
    make()
    if not ours:
        os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606 - there is nothing here that a shell could misread


def make() -> None:
    """Build the environment, or bring it up to the lock; nothing happens where it is so already."""
    if _is_ready():
        return
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_ready():
            _build()


def _is_ready() -> bool:
    return READY.is_file() and all(file.stat().st_mtime <= READY.stat().st_mtime for file in WRITTEN_DOWN_IN)


def _build() -> None:
    if not PYTHON.exists() and subprocess.run([_python(), "-m", "venv", FOLDER], check=False).returncode:
        shutil.rmtree(FOLDER, ignore_errors=True)
        sys.exit(INCOMPLETE)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV]
    sync = [str(FOLDER / "bin" / "uv"), "sync", "--quiet", "--frozen", "--python", str(PYTHON)]
    for step in (pip, sync):
        # The CDK reads our standard output: what installers say belongs on the other one.
        if subprocess.run(step, cwd=ROOT, stdout=sys.stderr, check=False).returncode:
            sys.exit("The packages could not be installed; what the installer said stands above.")
    READY.touch()


def _python() -> str:
    """A Python of a version that the packages are locked for: this one, or one that is on the path."""
    if sys.version_info[:2] in VERSIONS:
        return sys.executable
    found = (shutil.which(f"python{major}.{minor}") for major, minor in VERSIONS)
    return next(filter(None, found), None) or sys.exit(NEEDED)


if __name__ == "__main__":
    make()
