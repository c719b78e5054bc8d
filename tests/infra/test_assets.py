"""What is uploaded is what was locked, small, and the same bytes every time."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from health_monitor.model.config import Bundle
from infra import assets, bytecode
from infra.bytecode import lambda_python
from infra.synth import synth
from tests.infra.deployed import EVERYTHING, Deployed

UNPACKED_LIMIT = 40 * 2**20
CLONED = ("app.py", "cdk.json", "pyproject.toml", "uv.lock", "infra", "functions", "layers", "config", "local")
NEVER_IN_A_LAMBDA = ("boto3", "botocore", "typer", "rich", "yaml", "aws_xray_sdk", "pandas", "bin")


@pytest.fixture(scope="module")
def layers() -> assets.Layers:
    return assets.layers()


def bytes_of(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_layer_holds_exactly_the_locked_versions():
    assert assets.REQUIREMENTS.read_text() == assets.exported_requirements(), (
        "layers/deps/requirements.txt differs from the lock: run "
        "uv export --only-group lambda --frozen --no-emit-project --no-header --no-annotate "
        "> layers/deps/requirements.txt"
    )


def test_the_third_party_layer_is_built_for_lambda_and_not_for_this_machine(layers: assets.Layers):
    compiled = [path.name for path in layers.deps.rglob("*.so")]
    assert compiled
    assert all("cpython-313-aarch64-linux-gnu" in name for name in compiled)


def test_layers_leave_out_what_the_runtime_has_or_no_function_loads(layers: assets.Layers):
    assert not [name for name in NEVER_IN_A_LAMBDA if (layers.deps / "python" / name).exists()]
    package = layers.core / "python" / "health_monitor"
    assert (package / "settings.py").is_file()
    assert not [name for name in assets.NOT_FOR_LAMBDA if (package / name).exists()]


def test_both_layers_together_stay_small(layers: assets.Layers):
    files = [path for folder in (layers.deps, layers.core) for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < UNPACKED_LIMIT


def test_our_layer_is_the_same_bytes_however_often_it_is_built(tmp_path: Path):
    for name in ("first", "second"):
        assets.core_layer(tmp_path / name)
    assert bytes_of(tmp_path / "first") == bytes_of(tmp_path / "second")


def test_a_built_file_has_the_time_of_its_content_as_the_cdk_knows_files_by_number_size_and_time(
    layers: assets.Layers,
):
    files = [path for path in layers.core.rglob("*") if path.is_file()]
    known = {path.read_bytes(): path.stat().st_mtime for path in files}
    assert all(path.stat().st_mtime == known[path.read_bytes()] for path in files)
    assert len(set(known.values())) == len(known)


def test_two_syntheses_upload_the_same_assets(dev: Deployed, tmp_path: Path):
    again = Deployed(synth("dev", tmp_path, **EVERYTHING), "dev")
    assert again.assets() == dev.assets()
    assert again.templates == dev.templates


def test_another_clone_elsewhere_uploads_the_same_assets_with_nothing_but_the_command_of_cdk_json(
    dev: Deployed, tmp_path: Path
):
    clone, out = tmp_path / "a clone", tmp_path / "out"
    for name in CLONED:
        place = assets.ROOT / name
        if place.is_dir():
            shutil.copytree(place, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            clone.mkdir(exist_ok=True)
            shutil.copy(place, clone)
    _, *words = json.loads((clone / "cdk.json").read_text())["app"].split()
    # This interpreter has the locked packages already; making an environment takes a minute and a network.
    surroundings = {
        **os.environ,  # noqa: TID251 - for the program that is started
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps(EVERYTHING),
        "PYTHONPATH": str(clone / "layers" / "core" / "python"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run([sys.executable, *words], cwd=clone, env=surroundings, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    there = Deployed(out, "dev")
    assert there.assets() == dev.assets()
    assert there.templates == dev.templates


def test_no_compiled_file_of_this_machine_is_uploaded(dev: Deployed):
    for asset in dev.assembly.glob("asset.*"):
        foreign = [path for path in asset.rglob("*.pyc") if "cpython-313" not in path.name]
        assert not foreign


def test_modules_are_compiled_where_the_right_python_is_at_hand(layers: assets.Layers):
    package = layers.core / "python" / "health_monitor"
    compiled = {path.name for path in package.rglob("*.pyc")}
    sources = {f"{path.stem}.cpython-313.pyc" for path in package.rglob("*.py")}
    assert compiled == (sources if lambda_python() else set())


def test_a_new_deployment_starts_with_the_configuration_of_the_folder(layers: assets.Layers):
    stored = (layers.core / "python" / "health_monitor" / "default_config.json").read_bytes()
    bundle = Bundle.model_validate_json(stored)
    assert bundle.profiles
    assert bundle.to_json() == stored


def test_one_cdk_json_serves_the_command_line_and_the_app_alike():
    settings = json.loads((assets.ROOT / "cdk.json").read_text())
    assert settings["app"] == "python3 app.py"
    # What the command line would add to templates, and the app alone would not.
    assert not any(settings[name] for name in ("pathMetadata", "assetMetadata", "versionReporting"))


def test_without_the_right_python_sources_are_shipped_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    monkeypatch.setattr(bytecode, "_candidates", lambda: iter([Path("/bin/false")]))
    bytecode.lambda_python.cache_clear()
    assets.core_layer(tmp_path)
    bytecode.lambda_python.cache_clear()
    assert not list(tmp_path.rglob("*.pyc"))
    said = "no Python 3.13 here: shipping sources only, cold starts are about twice as slow"
    assert capsys.readouterr().err.strip() == said


def test_what_was_built_from_the_same_inputs_is_not_built_again(layers: assets.Layers):
    made = layers.core.stat().st_ctime_ns
    assert assets.layers() == layers
    assert layers.core.stat().st_ctime_ns == made
