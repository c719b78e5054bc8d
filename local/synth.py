"""The cloud assembly the laptop deploys: the very one AWS would get, made again only when its inputs changed."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASSEMBLY = ROOT / "build" / "local" / "cdk.out"
INPUTS = ("app.py", "cdk.json", "uv.lock", "infra", "functions", "layers", "config")
COMPILED = ".pyc"


class SynthError(Exception):
    """The stacks could not be synthesized; the message holds what the CDK said."""


def assembly(target: Path = ASSEMBLY) -> Path:
    """Synthesize, unless nothing it depends on has changed since the last time, and say where the assembly is."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(target.with_name(f"{target.name}.lock")):
        stamp, recipe = target.with_name(f"{target.name}.stamp"), _digest_of_inputs()
        if not (target.is_dir() and stamp.is_file() and stamp.read_text() == recipe):
            stamp.unlink(missing_ok=True)
            shutil.rmtree(target, ignore_errors=True)
            _synthesize(target)
            stamp.write_text(recipe)
    return target


def _synthesize(target: Path) -> None:
    # Its own process, so that the Node the CDK starts is gone again when the assembly is there.
    environment = {**os.environ, "CDK_OUTDIR": str(target)}
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SynthError(f"The stacks could not be synthesized:\n{done.stderr[-3000:]}")


def _digest_of_inputs() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(_inputs()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)} {len(content)} ".encode() + content)
    return digest.hexdigest()


def _inputs() -> Iterator[Path]:
    for name in INPUTS:
        place = ROOT / name
        for path in [place] if place.is_file() else place.rglob("*"):
            if path.is_file() and path.suffix != COMPILED:
                yield path


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
