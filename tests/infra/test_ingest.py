"""Live intake: a pull for each source that is asked, one address for those that send, and a reader behind a queue."""

import json
from pathlib import Path

import pytest

from health_monitor.model.errors import NeedsHuman
from health_monitor.sources import SOURCES
from infra.assets import ROOT
from infra.ingest import PULL, enabled_sources
from infra.synth import synth
from tests.infra.deployed import Deployed, listed, spelled

PULLED = sorted(name for name, source in SOURCES.items() if source.pull)
PUSHING = sorted(name for name, source in SOURCES.items() if source.push)


@pytest.fixture(scope="module")
def as_committed(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """What a team that has switched nothing on would deploy."""
    return Deployed(synth("dev", tmp_path_factory.mktemp("committed")), "dev")


def test_only_the_signed_webhook_is_on_until_a_team_says_otherwise(as_committed: Deployed):
    assert list(enabled_sources(ROOT / "config" / "sources.yaml")) == ["signed"]
    assert not [name for name in as_committed.functions if name.startswith("ingest_source")]
    assert set(as_committed.schedules) == {"nightly", "erasures", "sweep"}


def test_a_wrong_sources_file_stops_the_synthesis_and_says_where(tmp_path: Path):
    wrong = tmp_path / "sources.yaml"
    wrong.write_text("signed:\n  enabled: true\ntelepathy:\n  enabled: true\n")
    with pytest.raises(NeedsHuman, match=r"sources.yaml, line 3: telepathy: no such source; known are "):
        synth("dev", tmp_path / "out", sources=str(wrong))


@pytest.mark.parametrize("name", PULLED)
def test_a_source_that_is_pulled_has_its_own_function_schedule_and_settings(deployed: Deployed, name: str):
    function, schedule = deployed.functions[f"ingest_source_{name}"], deployed.schedules[name]
    told = function["Environment"]["Variables"]
    assert told["HM_SOURCE"] == name
    assert told["HM_SOURCE_URL"].startswith("https://")
    assert json.loads(told["HM_SOURCES"])[name]["enabled"] is True
    declared = SOURCES[name].pull
    assert declared
    hours, step = hours_of(schedule["ScheduleExpression"]), declared.every_minutes // 60
    assert hours == list(range(hours[0], 24, step))
    assert len(hours) * declared.every_minutes == 24 * 60
    window = schedule["FlexibleTimeWindow"]
    assert (window["Mode"], window["MaximumWindowInMinutes"]) == (
        "FLEXIBLE",
        max(1, min(15, declared.every_minutes // 4)),
    )


def hours_of(cron: str) -> list[int]:
    minute, hours, *every = cron.removeprefix("cron(").removesuffix(")").split()
    assert (minute, every) == ("0", ["*", "*", "?", "*"])
    return [int(hour) for hour in hours.split(",")]


@pytest.mark.parametrize("night", [1, 2, 5, 23])
def test_the_last_pull_before_a_night_is_an_hour_before_it_and_finds_the_judged_day_over(tmp_path: Path, night: int):
    made = synth("dev", tmp_path, sources=str(ROOT / "local" / "sources.yaml"), schedule_hour=str(night))
    schedules = Deployed(made, "dev").schedules
    for name in PULLED:
        assert night - 1 in hours_of(schedules[name]["ScheduleExpression"])
        assert schedules[name]["ScheduleExpressionTimezone"] == "Etc/UTC"
        # The pull begins and ends within these, and Lambda ends it after its own time.
        assert schedules[name]["FlexibleTimeWindow"]["MaximumWindowInMinutes"] + PULL.timeout.to_minutes() < 60


def test_a_pull_never_overlaps_itself(prod: Deployed):
    for name in PULLED:
        assert prod.functions[f"ingest_source_{name}"]["ReservedConcurrentExecutions"] == 1


def test_the_pulls_are_one_package_told_apart_by_their_variables(dev: Deployed):
    codes = [dev.functions[f"ingest_source_{name}"]["Code"] for name in PULLED]
    assert all(code == codes[0] for code in codes)


@pytest.mark.parametrize("name", PULLED)
def test_a_pull_may_read_its_own_secret_and_no_other(dev: Deployed, name: str):
    statements = dev.allowed(f"ingestsource{name}")
    (reading,) = (it for it in statements if "secretsmanager:GetSecretValue" in listed(it["Action"]))
    (secret,) = listed(reading["Resource"])
    assert f"Source{name}" in spelled(secret)


def test_the_address_of_webhooks_may_read_the_secrets_of_senders_only(dev: Deployed):
    (reading,) = (it for it in dev.allowed("receivewebhook") if "secretsmanager:GetSecretValue" in listed(it["Action"]))
    secrets = sorted(spelled(secret) for secret in listed(reading["Resource"]))
    assert len(secrets) == len(PUSHING)
    assert all(any(f"Source{name}" in secret for secret in secrets) for name in PUSHING)


def test_the_clock_starts_one_function_and_what_never_started_is_kept(deployed: Deployed):
    for name, schedule in deployed.schedules.items():
        target = schedule["Target"]
        assert schedule["State"] == "ENABLED"
        assert target["RetryPolicy"]["MaximumRetryAttempts"] >= 3
        dead = {"nightly": "not-started", "erasures": "not-erased", "sweep": "not-swept"}.get(name, "not-pulled")
        assert spelled(target["DeadLetterConfig"]["Arn"]) == deployed.queues[dead]["id"]


def test_what_a_function_gave_up_on_is_kept_as_well(deployed: Deployed):
    rules = {spelled(it["FunctionName"]): it for it in deployed.all("AWS::Lambda::EventInvokeConfig").values()}
    ids = {it["FunctionName"]: name for name, it in deployed.all("AWS::Lambda::Function").items()}
    others = {"erase_people": "not-erased", "sweep_due": "not-swept", "report_run": "not-reported"}
    others |= {"hear_mail_events": "not-heard", "receive_mail": "not-received"}
    for name, dead in {**{f"ingest_source_{it}": "not-pulled" for it in PULLED}, **others}.items():
        rule = rules[ids[f"health-monitor-{deployed.stage}-{name}"]]
        assert rule["MaximumRetryAttempts"] == 2
        assert spelled(rule["DestinationConfig"]["OnFailure"]["Destination"]) == deployed.queues[dead]["id"]


def test_a_clock_that_stops_rings(deployed: Deployed):
    watched = deployed.alarms_on("Invocations")
    assert len(watched) == len(PULLED) + len(("erase_people", "sweep_due"))
    assert {alarm["TreatMissingData"] for alarm in watched.values()} == {"breaching"}


WAYS_IN = {
    "POST /webhooks/{source}": "receive_webhook",
    "POST /slack/{kind}": "answer_slack",
    "GET /unsubscribe/{token}": "unsubscribe",
    "POST /unsubscribe/{token}": "unsubscribe",
}


def test_these_are_the_ways_in_and_they_are_limited(deployed: Deployed):
    routes = deployed.all("AWS::ApiGatewayV2::Route").values()
    assert {route["AuthorizationType"] for route in routes} == {"NONE"}
    integrations = deployed.all("AWS::ApiGatewayV2::Integration")
    assert {it["PayloadFormatVersion"] for it in integrations.values()} == {"2.0"}
    ids = {name: it["FunctionName"].rpartition("-")[2] for name, it in deployed.all("AWS::Lambda::Function").items()}
    lead = {name: ids[spelled(it["IntegrationUri"])] for name, it in integrations.items()}
    assert {route["RouteKey"]: lead[spelled(route["Target"]).partition("/")[2]] for route in routes} == WAYS_IN
    limits = deployed.one("AWS::ApiGatewayV2::Stage")["DefaultRouteSettings"]
    assert 0 < limits["ThrottlingRateLimit"] <= limits["ThrottlingBurstLimit"]


def test_the_log_of_the_address_holds_neither_bodies_nor_headers_nor_senders(deployed: Deployed):
    line = deployed.one("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]["Format"]
    assert set(json.loads(line)) == {"requestId", "time", "route", "status", "bytes", "milliseconds", "error"}
    # The path of an unsubscription is a key.
    assert not [word for word in ("body", "header", "sourceIp", "userAgent", "path") if word in line]


def test_errors_that_senders_see_ring(deployed: Deployed):
    assert deployed.alarms_on("5xx")
    assert deployed.alarms_on("4xx")


def test_everything_says_which_product_and_stage_it_belongs_to(deployed: Deployed):
    wanted = {"application": "health-monitor", "stage": deployed.stage}
    for kind in ("AWS::Lambda::Function", "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue"):
        for resource in deployed.all(kind).values():
            assert wanted.items() <= {tag["Key"]: tag["Value"] for tag in resource["Tags"]}.items()
