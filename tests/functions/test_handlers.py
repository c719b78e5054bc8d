"""Handlers are short, and importing one needs nothing and loads little."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from health_monitor.settings import NEEDS, VARIABLES
from tests.functions.conftest import HANDLERS, ROOT

LONGEST = 20
HEAVY = ("aws_xray_sdk", "pandas", "numpy", "typer", "rich", "yaml", "jinja2", "httpx", "email_validator")
PROBE = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.parametrize("name", HANDLERS)
def test_a_handler_imports_with_no_environment_and_loads_nothing_heavy(name: str) -> None:
    loaded = modules_after_importing(f"functions.{name}.handler")
    assert [heavy for heavy in HEAVY if heavy in loaded] == []
    assert "health_monitor.cli" not in loaded


@pytest.mark.parametrize("name", HANDLERS)
def test_every_function_of_a_handler_is_short(name: str) -> None:
    tree = ast.parse(source(name).read_text())
    lengths = {
        node.name: (node.end_lineno or 0) - node.lineno + 1
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }
    assert {function: lines for function, lines in lengths.items() if lines > LONGEST} == {}


@pytest.mark.parametrize("name", HANDLERS)
def test_nothing_happens_when_a_handler_is_imported(name: str) -> None:
    """Only docstrings, imports, functions, and the logger."""
    harmless = (ast.Import, ast.ImportFrom, ast.FunctionDef)
    rest = [node for node in ast.parse(source(name).read_text()).body[1:] if not isinstance(node, harmless)]
    assert [ast.unparse(node) for node in rest] == [f"logger = Logger(service='{name}')"]


def test_every_handler_has_its_settings_and_every_setting_is_explained() -> None:
    deployed = {"deliver" if name.startswith("deliver_") else name for name in NEEDS}
    assert deployed == set(HANDLERS)
    assert {variable for needed in NEEDS.values() for variable in needed} <= VARIABLES.keys()


def source(name: str) -> Path:
    return ROOT / "functions" / name / "handler.py"


def modules_after_importing(module: str) -> list[str]:
    """In a new process that knows nothing but where the code is."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, module],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    loaded: list[str] = json.loads(done.stdout)
    return loaded
