"""The template on the laptop is the synthesized one, except for what the list of substitutions says."""

import json
from pathlib import Path

import pytest

from local.substitutions import DROPPED, SUBSTITUTIONS, Machine, localise, localised
from tests.local.assemblies import ROLE, a_function, an_assembly

SLACK = "http://127.0.0.1:9/api"
MACHINE = Machine(Path("/usr/bin/python3"), (Path("/pack ages"), Path("/core")), SLACK)


def test_a_python_function_gets_another_runtime_and_keeps_everything_else():
    function = a_function(MemorySize=512)
    assert localised({"Resources": {"F": function}}, SLACK) == {
        "Resources": {"F": {**function, "Properties": {**function["Properties"], "Runtime": "provided.al2023"}}}
    }


def test_slack_is_replaced_only_where_a_function_knows_slack():
    deliver = a_function(Environment={"Variables": {"HM_SLACK_API_URL": "https://slack.com/api", "HM_STAGE": "dev"}})
    other = a_function(Environment={"Variables": {"HM_STAGE": "dev"}})
    resources = localised({"Resources": {"Deliver": deliver, "Other": other}}, SLACK)["Resources"]
    assert resources["Deliver"]["Properties"]["Environment"]["Variables"] == {
        "HM_SLACK_API_URL": SLACK,
        "HM_STAGE": "dev",
    }
    assert resources["Other"]["Properties"]["Environment"]["Variables"] == {"HM_STAGE": "dev"}


def test_other_runtimes_are_left_alone():
    template = {"Resources": {"F": a_function(Runtime="nodejs24.x")}}
    assert localised(template, SLACK) == template


def test_each_package_gains_a_bootstrap_and_the_original_stays_as_it_was(tmp_path):
    assembly = an_assembly(tmp_path / "cdk.out", {"Work": {"Role": ROLE, "F": a_function()}}, handler="handler = print")
    target = localise(assembly, tmp_path / "local", MACHINE)
    package = target / "asset.code"
    assert sorted(file.name for file in package.iterdir()) == ["bootstrap", "handler.py"]
    assert (package / "handler.py").read_text() == "handler = print"
    assert (package / "bootstrap").stat().st_mode & 0o111
    assert "PYTHONPATH=\"$LAMBDA_TASK_ROOT\":'/pack ages':/core" in (package / "bootstrap").read_text()
    assert sorted(file.name for file in (assembly / "asset.code").iterdir()) == ["handler.py"]
    original = json.loads((assembly / "Work.template.json").read_text())
    assert json.loads((target / "Work.template.json").read_text()) == localised(original, SLACK)


def test_localising_twice_gives_the_same(tmp_path):
    assembly = an_assembly(tmp_path / "cdk.out", {"Work": {"Role": ROLE, "F": a_function()}})
    for _ in range(2):
        localise(assembly, tmp_path / "local", MACHINE)
    assert (tmp_path / "local" / "asset.code" / "bootstrap").is_file()


@pytest.mark.parametrize(
    "entry", [*SUBSTITUTIONS, *DROPPED], ids=lambda entry: getattr(entry, "name", entry.resource_type)
)
def test_every_difference_gives_its_reason_in_one_sentence(entry):
    assert entry.because.endswith(".")
    assert entry.because.count(". ") == 0
