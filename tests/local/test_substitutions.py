"""The template on the laptop is the synthesized one, except for what the list of substitutions says."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from local.substitutions import DROPPED, NOWHERE, SUBSTITUTIONS, Machine, localise, localised
from tests.local.assemblies import ROLE, a_function, an_assembly

SLACK = "http://127.0.0.1:9/api"
MACHINE = Machine(Path("/usr/bin/python3"), (Path("/pack ages"), Path("/core")), SLACK)


def test_a_python_function_gets_another_runtime_and_keeps_everything_else():
    function = a_function(MemorySize=512)
    assert localised({"Resources": {"F": function}}, MACHINE) == {
        "Resources": {"F": {**function, "Properties": {**function["Properties"], "Runtime": "provided.al2023"}}}
    }


def test_slack_is_replaced_only_where_a_function_knows_slack():
    deliver = a_function(Environment={"Variables": {"HM_SLACK_API_URL": "https://slack.com/api", "HM_STAGE": "dev"}})
    other = a_function(Environment={"Variables": {"HM_STAGE": "dev"}})
    resources = localised({"Resources": {"Deliver": deliver, "Other": other}}, MACHINE)["Resources"]
    assert resources["Deliver"]["Properties"]["Environment"]["Variables"] == {
        "HM_SLACK_API_URL": SLACK,
        "HM_STAGE": "dev",
    }
    assert resources["Other"]["Properties"]["Environment"]["Variables"] == {"HM_STAGE": "dev"}


def test_a_source_is_pulled_from_its_double_or_from_nobody():
    vendor = {"HM_SOURCE": "mixpanel", "HM_SOURCE_URL": "https://data.mixpanel.com/api/2.0"}
    template = {"Resources": {"Pull": a_function(Environment={"Variables": vendor})}}
    for doubles, address in (({"mixpanel": "http://127.0.0.1:8"}, "http://127.0.0.1:8"), ({"hubspot": "x"}, NOWHERE)):
        pull = localised(template, replace(MACHINE, vendors=doubles))["Resources"]["Pull"]
        assert pull["Properties"]["Environment"]["Variables"] == {"HM_SOURCE": "mixpanel", "HM_SOURCE_URL": address}


def test_a_crm_is_its_double_or_off():
    told = {
        "HM_CRM": '{"hubspot":{"address":"https://api.hubapi.com","log":true},"salesforce":{"address":"https://a.b"}}'
    }
    template = {"Resources": {"Log": a_function(Environment={"Variables": told})}}
    local = localised(template, replace(MACHINE, vendors={"hubspot": "http://127.0.0.1:8"}))["Resources"]["Log"]
    assert json.loads(local["Properties"]["Environment"]["Variables"]["HM_CRM"]) == {
        "hubspot": {"address": "http://127.0.0.1:8", "log": True},
    }


def test_the_products_own_address_is_that_of_its_api_at_the_local_aws():
    told = {"HM_PUBLIC_URL": {"Fn::GetAtt": ["Api", "ApiEndpoint"]}}
    template = {"Resources": {"Send": a_function(Environment={"Variables": told})}}
    local = localised(template, replace(MACHINE, aws_url="http://127.0.0.1:4566"))["Resources"]["Send"]
    assert local["Properties"]["Environment"]["Variables"]["HM_PUBLIC_URL"] == {
        "Fn::Join": ["", ["http://127.0.0.1:4566/_aws/execute-api/", {"Ref": "Api"}, "/$default"]]
    }


def test_what_receives_mail_is_left_out():
    template = {"Resources": {"Rule": {"Type": "AWS::SES::ReceiptRule", "Properties": {}}, "F": a_function()}}
    assert set(localised(template, MACHINE)["Resources"]) == {"F"}


def test_other_runtimes_are_left_alone():
    template = {"Resources": {"F": a_function(Runtime="nodejs24.x")}}
    assert localised(template, MACHINE) == template


def test_only_the_demand_for_tls_leaves_a_policy():
    granted = {"Effect": "Allow", "Action": "sqs:SendMessage", "Condition": {"ArnEquals": {"aws:SourceArn": "arn"}}}
    refused = {"Effect": "Deny", "Action": "sqs:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    assert statements_of("AWS::SQS::QueuePolicy", [granted, refused]) == [granted]


def test_only_sending_mail_and_reading_secrets_are_granted_more_widely():
    rows = {"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": "table"}
    mail = {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": ["sender"]}
    whole = {"Effect": "Allow", "Action": ["ses:SendEmail", "ses:SendRawEmail"], "Resource": ["sender"]}
    widened = [rows, mail | {"Resource": "*"}, whole | {"Resource": "*"}]
    assert statements_of("AWS::IAM::Policy", [rows, mail, whole]) == widened


def test_whoever_may_send_a_message_may_send_a_batch_of_them():
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "queue"}
    assert statements_of("AWS::IAM::Policy", [send]) == [send | {"Action": ["sqs:SendMessage", "sqs:SendMessageBatch"]}]


def statements_of(policy, statements):
    template = {"Resources": {"P": {"Type": policy, "Properties": {"PolicyDocument": {"Statement": statements}}}}}
    return localised(template, MACHINE)["Resources"]["P"]["Properties"]["PolicyDocument"]["Statement"]


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
    assert json.loads((target / "Work.template.json").read_text()) == localised(original, MACHINE)


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


@pytest.mark.local
def test_the_real_template_differs_in_nothing_but_what_is_listed(assembly, tmp_path):
    target = localise(assembly, tmp_path / "local", MACHINE)
    listed = {(each.resource_type, ("Properties", *each.path)) for each in SUBSTITUTIONS}
    assert {difference for template in templates(assembly) for difference in differences(template, target)} == listed


@pytest.mark.local
def test_the_real_packages_differ_in_nothing_but_the_bootstrap(assembly, tmp_path):
    target = localise(assembly, tmp_path / "local", MACHINE)
    assert files_below(target) - files_below(assembly) == {
        package / "bootstrap" for package in packages_of_handlers(assembly)
    }
    assert files_below(assembly) <= files_below(target)


def templates(assembly):
    return sorted(assembly.glob("*.template.json"))


def differences(template, target):
    before = json.loads(template.read_text())
    after = json.loads((target / template.name).read_text())
    kept = before["Resources"].keys() - {
        name
        for name, resource in before["Resources"].items()
        if resource["Type"] in {it.resource_type for it in DROPPED}
    }
    assert {**before, "Resources": kept} == {**after, "Resources": after["Resources"].keys()}
    for name in kept:
        one, other = before["Resources"][name], after["Resources"][name]
        yield from ((one["Type"], path) for path in different_paths(one, other))


def different_paths(one, other, path=()):
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            yield from different_paths(one[key], other[key], (*path, key))
    elif one != other:
        yield path


def files_below(assembly):
    # A link to an untouched package counts as the files it leads to.
    folders = [folder for folder in assembly.iterdir() if folder.is_dir()]
    return {file.relative_to(folder.parent) for folder in folders for file in folder.rglob("*") if file.is_file()}


def packages_of_handlers(assembly):
    resources = [r for template in templates(assembly) for r in json.loads(template.read_text())["Resources"].values()]
    functions = [r["Properties"] for r in resources if r["Type"] == "AWS::Lambda::Function"]
    return {Path("asset." + function["Code"]["S3Key"].removesuffix(".zip")) for function in functions}
