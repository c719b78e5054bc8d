"""The cloud assembly the laptop deploys: the very one AWS would get, made again only when its inputs changed."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASSEMBLIES = ROOT / "build" / "local" / "assemblies"
# More than one, because somebody may just be deploying the one before.
KEPT = 3
INPUTS = (
    "app.py",
    "cdk.json",
    "uv.lock",
    "infra",
    "functions",
    "layers",
    "config",
    "local/sources.yaml",
    "local/crm.yaml",
)
# All sources are on, for the doubles on this machine; everything else is as it would be deployed.
SETTINGS = {"sources": "local/sources.yaml", "crm": "local/crm.yaml", "reply_domain": "reply.example.com"}
COMPILED = ".pyc"


class SynthError(Exception):
    """The stacks could not be synthesized; the message holds what the CDK said."""


def assembly(folder: Path = ASSEMBLIES) -> Path:
    """Synthesize, unless there is an assembly of exactly these inputs already, and say where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(folder / ".lock"):
        target = folder / _digest_of_inputs()[:16]
        if not target.is_dir():
            unfinished = folder / "unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            _synthesize(unfinished)
            unfinished.rename(target)
            _forget_all_but_the_newest(folder)
    return target


def _synthesize(target: Path) -> None:
    # Its own process, so that the Node the CDK starts is gone again when the assembly is there.
    environment = {**os.environ, "CDK_OUTDIR": str(target), "CDK_CONTEXT_JSON": json.dumps(SETTINGS)}
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SynthError(f"The stacks could not be synthesized:\n{done.stderr[-3000:]}")


def _forget_all_but_the_newest(folder: Path) -> None:
    newest_first = sorted(folder.glob("*/"), key=lambda each: each.stat().st_mtime, reverse=True)
    for old in newest_first[KEPT:]:
        shutil.rmtree(old)


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
