"""Compiles folders ahead of time, because a function that has to compile what it imports starts half as fast."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import uv

LAMBDA_VERSION = (3, 13)
LAMBDA_NAME = "python{}.{}".format(*LAMBDA_VERSION)
SOURCES_ONLY = "no Python 3.13 here: shipping sources only, cold starts are about twice as slow"


@cache
def lambda_python() -> Path | None:
    """An interpreter of the version Lambda runs, or none (said on the screen) where this machine has no such thing."""
    found = next(filter(None, map(_if_lambda_version, _candidates())), None)
    if found is None:
        print(SOURCES_ONLY, file=sys.stderr)
    return found


def compile_folder(folder: Path, python: Path) -> None:
    """Compile every module below the folder, to the same bytes wherever and whenever that happens."""
    # Unchecked hashes hold no timestamp, stripped paths no checkout, and a fixed hash seed keeps constants in order.
    options = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(folder)]
    subprocess.run([python, "-m", "compileall", *options, str(folder)], check=True, env={"PYTHONHASHSEED": "0"})


def _candidates() -> Iterator[Path]:
    yield Path(sys.executable)
    on_path = shutil.which(LAMBDA_NAME)
    if on_path:
        yield Path(on_path)
    # uv does not see interpreters behind a version manager's shims, so look where the best known one keeps them.
    yield from sorted((Path.home() / ".pyenv" / "versions").glob(f"3.13*/bin/{LAMBDA_NAME}"))
    search = [uv.find_uv_bin(), "python", "find", "3.13", "--no-python-downloads", "--no-project", "--offline"]
    answer = subprocess.run(search, capture_output=True, text=True, check=False)
    if answer.returncode == 0:
        yield Path(answer.stdout.strip())


def _if_lambda_version(python: Path) -> Path | None:
    """The interpreter itself, which is not the file that was found where that is a version manager's shim."""
    question = f"import sys; print(sys.executable if sys.version_info[:2] == {LAMBDA_VERSION} else '')"
    answer = subprocess.run([python, "-c", question], capture_output=True, text=True, check=False)
    return Path(answer.stdout.strip()) if answer.stdout.strip() else None
