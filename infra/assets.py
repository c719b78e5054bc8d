"""Builds what functions unpack: the third-party layer, our own layer, and their twins for this machine. No Docker."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uv

from health_monitor.flows.configure import load_config
from health_monitor.wiring import config_texts
from infra.bytecode import compile_folder, lambda_python

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
REQUIREMENTS = ROOT / "layers" / "deps" / "requirements.txt"
PACKAGE = ROOT / "layers" / "core" / "python" / "health_monitor"
CONFIG = ROOT / "config"

NOT_FOR_LAMBDA = ("cli", "simulate")
FOR_LAMBDA = ("--python-platform", "aarch64-manylinux2014", "--python-version", "3.13", "--only-binary", ":all:")
# Installers note where and when they ran: of no use to a function, and different on every machine.
INSTALLERS_NOTES = ("bin", ".lock", "*.dist-info/RECORD", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED")
RECIPES = (Path(__file__), Path(__file__).with_name("bytecode.py"))
ZIP_EPOCH = 315_532_800  # 1 January 1980, the earliest moment a zip file can hold
SPAN = 2**31  # seconds, so that every time is one that a zip file can hold


@dataclass(frozen=True)
class Layers:
    """The folders that become Lambda layers, each with a `python` folder inside."""

    deps: Path
    core: Path


@dataclass(frozen=True)
class HostDependencies:
    """What a function finds in its world, rebuilt for this machine; the first three belong on PYTHONPATH."""

    core: Path
    deps: Path
    runtime: Path
    python: Path


def layers() -> Layers:
    """Build both layers where their inputs changed, and say where they are. The same inputs give the same bytes."""
    with _one_build_at_a_time():
        return Layers(
            deps=_built(BUILD / "layers" / "deps", _deps_recipe(FOR_LAMBDA), _deps_layer),
            core=_built(BUILD / "layers" / "core", _core_recipe(), core_layer),
        )


def host_dependencies() -> HostDependencies:
    """Build for this machine, where inputs changed, what a function has in Lambda, and say where it is.

    `core` is our package as the layer has it, `deps` the layer's third-party packages from the same lock, `runtime`
    only what the Lambda runtime itself brings (boto3, awslambdaric), and `python` the interpreter they are built for,
    outside any virtual environment, so that nothing else can be imported by accident.
    """
    runtime = _exported("lambda-runtime")
    with _one_build_at_a_time():
        return HostDependencies(
            core=_built(BUILD / "local" / "core", _core_recipe(), _host_core),
            deps=_built(BUILD / "local" / "deps", _deps_recipe(()), _host_packages(REQUIREMENTS.read_text())),
            runtime=_built(BUILD / "local" / "runtime", _digest([], runtime), _host_packages(runtime)),
            python=Path(sys.base_prefix, "bin", "python{}.{}".format(*sys.version_info)),
        )


def exported_requirements() -> str:
    """What the third-party layer has to hold: the lock's versions and hashes, as layers/deps/requirements.txt."""
    return _exported("lambda")


def core_layer(target: Path) -> None:
    """Our package without what no function loads, the default configuration in it, compiled."""
    _copy_core(target / "python")
    _compile_for_lambda(target)


def default_config(target: Path) -> None:
    """Write the configuration a new deployment starts with, checked and compiled from config/."""
    target.write_bytes(load_config(config_texts(CONFIG)).to_json())


def _deps_layer(target: Path) -> None:
    _install(target / "python", REQUIREMENTS.read_text(), FOR_LAMBDA)
    _compile_for_lambda(target)


def _host_core(target: Path) -> None:
    _copy_core(target)
    compile_folder(target, Path(sys.executable))


def _host_packages(requirements: str) -> Callable[[Path], None]:
    def build(target: Path) -> None:
        _install(target, requirements, ())
        compile_folder(target, Path(sys.executable))

    return build


def _copy_core(parent: Path) -> None:
    package = parent / PACKAGE.name
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", *NOT_FOR_LAMBDA))
    default_config(package / "default_config.json")


def _compile_for_lambda(target: Path) -> None:
    python = lambda_python()
    if python:
        compile_folder(target, python)


def _install(target: Path, requirements: str, platform: Iterable[str]) -> None:
    # Copied, not linked: the files' times are changed below, and a link would change them in uv's cache as well.
    options = ["--python", sys.executable, "--target", str(target), "--link-mode", "copy", "--require-hashes"]
    command = [uv.find_uv_bin(), "pip", "install", "--quiet", *options, *platform, "--requirements", "-"]
    subprocess.run(command, input=requirements, text=True, check=True)
    for pattern in INSTALLERS_NOTES:
        for note in sorted(target.glob(pattern)):
            shutil.rmtree(note) if note.is_dir() else note.unlink()


def _exported(group: str) -> str:
    options = ["--only-group", group, "--frozen", "--offline", "--no-emit-project", "--no-header", "--no-annotate"]
    command = [uv.find_uv_bin(), "export", "--quiet", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def _built(target: Path, recipe: str, build: Callable[[Path], None]) -> Path:
    """Build into a neighbour and swap, so that a build that fails half-way leaves nothing that looks finished."""
    stamp = target.with_name(f"{target.name}.stamp")
    if target.is_dir() and stamp.is_file() and stamp.read_text() == recipe:
        return target
    unfinished = target.with_name(f"{target.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    build(unfinished)
    _forget_times(unfinished)
    shutil.rmtree(target, ignore_errors=True)
    unfinished.rename(target)
    stamp.write_text(recipe)
    return target


def _forget_times(folder: Path) -> None:
    """The same file always has the same time, and another one another.

    From one run to the next the CDK remembers a file by its number, size and time: were all times one, a file of the
    same size that took over an older one's number would be uploaded as the older one, which is to say not at all.
    """
    for path in sorted(folder.rglob("*")):
        at = ZIP_EPOCH + (zlib.crc32(path.read_bytes()) % SPAN if path.is_file() else 0)
        os.utime(path, (at, at))


def _deps_recipe(platform: Iterable[str]) -> str:
    return _digest([REQUIREMENTS], *platform)


def _core_recipe() -> str:
    sources = (path for folder in (PACKAGE, CONFIG) for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return _digest(sorted(path for path in sources if path.is_file()))


def _digest(files: Iterable[Path], *words: str) -> str:
    """One hash of everything a build depends on, the interpreters and the recipes themselves included."""
    digest = hashlib.sha256(repr((words, sys.executable, sys.version, str(lambda_python()))).encode())
    for path in (*RECIPES, *files):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)} {len(content)} ".encode() + content)
    return digest.hexdigest()


@contextmanager
def _one_build_at_a_time() -> Iterator[None]:
    BUILD.mkdir(exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
