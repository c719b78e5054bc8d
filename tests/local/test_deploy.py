"""A cloud assembly arrives on the local AWS in order, runs there in isolation, and a refusal says why."""

import json

import pytest

from infra.assets import host_dependencies
from local import aws, deploy
from local.substitutions import Machine, localise
from tests.local.assemblies import ROLE, a_function, an_assembly

pytestmark = pytest.mark.local

CURIOUS = """
import importlib.util, os

class TryAgain(Exception):
    pass

def handler(event, context):
    if event.get("fail"):
        raise TryAgain("later")
    if event.get("reach"):
        import boto3
        boto3.client("s3").list_buckets()
    found = [name for name in event["modules"] if importlib.util.find_spec(name)]
    return {"found": found, "endpoint": os.environ["AWS_ENDPOINT_URL"]}
"""


@pytest.fixture(scope="module")
def local():
    with aws.running() as started:
        yield started


def test_a_folder_without_an_assembly_says_to_synthesize_first(tmp_path):
    with pytest.raises(deploy.DeployError, match="synthesize first"):
        deploy.read_assembly(tmp_path)


def test_stacks_come_in_an_order_in_which_each_finds_what_it_needs(tmp_path):
    assembly = an_assembly(tmp_path / "out", {"Work": {}, "Data": {}}, after={"Work": "Data"})
    assert [stack.name for stack in deploy.read_assembly(assembly)] == ["Data", "Work"]


def test_stacks_that_wait_for_each_other_are_named(tmp_path):
    assembly = an_assembly(tmp_path / "out", {"A": {}, "B": {}}, after={"A": "B", "B": "A"})
    with pytest.raises(deploy.DeployError, match="wait for each other: A, B"):
        deploy.read_assembly(assembly)


def test_the_same_folder_gives_the_same_zip(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.py").write_text("x")
    first = deploy.zipped(tmp_path)
    (tmp_path / "b" / "x.py").touch()
    assert deploy.zipped(tmp_path) == first


@pytest.mark.parametrize(
    ("stack", "resource", "reason"),
    [
        ("BrokenType", {"Type": "AWS::No::Such"}, r"AWS::No::Such"),
        (
            "BrokenValue",
            {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "Odd"}},
            r"Wrong \(AWS::SSM::Parameter\): .*Odd",
        ),
    ],
    ids=["a type nobody knows", "a property nobody understands"],
)
def test_a_refused_stack_names_the_resource_and_its_reason(local, tmp_path, stack, resource, reason):
    assembly = an_assembly(tmp_path / "out", {stack: {"Wrong": resource}})
    with pytest.raises(deploy.DeployError, match=rf"(?s)Stack {stack} was not created\..*{reason}"):
        deploy.deploy(local, assembly)


def test_a_function_sees_its_own_world_only_may_do_nothing_ungranted_and_reports_errors_by_class(local, tmp_path):
    host = host_dependencies()
    machine = Machine(host.python, (host.deps, host.core, host.runtime), "http://127.0.0.1:9/api")
    stack = {"Role": ROLE, "F": a_function(FunctionName="curious")}
    assembly = an_assembly(tmp_path / "out", {"Work": stack}, handler=CURIOUS)
    deploy.deploy(local, localise(assembly, tmp_path / "local", machine))
    ours, theirs = ["health_monitor.model", "pydantic", "boto3"], ["pytest", "typer", "ministack", "infra", "local"]
    assert invoked(local, {"modules": ours + theirs}) == {"found": ours, "endpoint": local.endpoint}
    assert invoked(local, {"fail": True})["errorType"] == "TryAgain"
    assert "is not authorized to perform: s3:ListAllMyBuckets" in invoked(local, {"reach": True})["errorMessage"]


def invoked(local, event):
    answer = local.client("lambda").invoke(FunctionName="curious", Payload=json.dumps(event))
    return json.load(answer["Payload"])
