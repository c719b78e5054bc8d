"""No message is lost quietly."""

import re

from health_monitor.flows.deliver import LEASE_SECONDS
from infra.assets import ROOT
from tests.infra.deployed import Deployed, Resource, spelled

READERS = {
    "email": "deliver_email",
    "slack": "deliver_slack",
    "intake": "consume_events",
    "outreach": "send_outreach",
    "follow-up": "follow_up",
    "crm": "log_to_crm",
    "rescore": "rescore",
}
ALIVE = tuple(READERS)
CHANNELS = ("email", "slack")
MISSED = ("not-pulled", "not-erased", "not-started", "not-reported", "not-swept", "not-heard", "not-received")
DEAD = (*(f"{name}-dead" for name in ALIVE), *MISSED)
AGE = "ApproximateAgeOfOldestMessage"
SLOWEST_ATTEMPT = 2 * (3 + 10)
"""Seconds: a channel that never answers; email is tried twice, Slack once."""


def test_these_are_all_the_queues(deployed: Deployed):
    assert set(deployed.queues) == {*ALIVE, *DEAD}


def test_every_queue_has_a_dead_letter_queue_and_an_alarm(deployed: Deployed):
    waiting = deployed.alarms_on(AGE)
    for name in ALIVE:
        queue, dead = deployed.queues[name], deployed.queues[f"{name}-dead"]
        assert spelled(queue["RedrivePolicy"]["deadLetterTargetArn"]) == dead["id"]
        assert any(watched.startswith(queue["id"]) for watched in waiting)


def test_messages_outlive_a_weekend_and_a_restore(deployed: Deployed):
    assert {queue["MessageRetentionPeriod"] for queue in deployed.queues.values()} == {14 * 24 * 3_600}


def test_the_first_dead_letter_rings(deployed: Deployed):
    filled = deployed.alarms_on("ApproximateNumberOfMessagesVisible")
    assert set(filled) == {deployed.queues[name]["id"] for name in DEAD}
    assert {(alarm["Threshold"], alarm["ComparisonOperator"]) for alarm in filled.values()} == {
        (0, "GreaterThanThreshold")
    }


def test_every_alarm_reaches_the_operations_mailbox(deployed: Deployed):
    (mailbox,) = deployed.all("AWS::SNS::Topic")
    alarms = deployed.all("AWS::CloudWatch::Alarm").values()
    assert alarms
    assert all([spelled(action) for action in alarm["AlarmActions"]] == [mailbox] for alarm in alarms)
    subscription = deployed.one("AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "operations@example.com")


def test_the_operating_guide_explains_every_alarm(deployed: Deployed):
    guide = (ROOT / "docs" / "operate.md").read_text()
    for alarm in deployed.all("AWS::CloudWatch::Alarm").values():
        says = re.sub(r"ingest_source_\w+", "ingest_source_SOURCE", alarm["AlarmDescription"])
        assert f"| {re.sub(r'[0-9]+ hours', 'N hours', says)} |" in guide


def test_a_night_without_a_run_rings_as_well(deployed: Deployed):
    (alarm,) = deployed.alarms_on("ExecutionsSucceeded").values()
    assert (alarm["TreatMissingData"], alarm["ComparisonOperator"]) == ("breaching", "LessThanThreshold")
    # The window slides: of a day's length it would ring whenever a night ends a little later than the one before.
    assert alarm["Period"] * alarm["EvaluationPeriods"] == (24 + 6) * 3_600
    assert deployed.alarms_on("ExecutionsFailed")
    assert deployed.alarms_on("ExecutionsTimedOut")


def test_every_queue_is_encrypted_at_rest_and_on_the_way(deployed: Deployed):
    closed = {
        spelled(policy["Queues"][0])
        for policy in deployed.all("AWS::SQS::QueuePolicy").values()
        if any(it["Effect"] == "Deny" for it in policy["PolicyDocument"]["Statement"])
    }
    for queue in deployed.queues.values():
        assert queue["SqsManagedSseEnabled"] is True
        assert queue["id"] in closed


def test_a_message_is_not_handed_out_again_while_one_call_may_still_work_on_it(deployed: Deployed):
    for name, reader in READERS.items():
        timeout, hidden = deployed.functions[reader]["Timeout"], deployed.queues[name]["VisibilityTimeout"]
        assert hidden >= 6 * timeout + reading(deployed, name).get("MaximumBatchingWindowInSeconds", 0)
        if name in CHANNELS:
            assert timeout < LEASE_SECONDS <= hidden


def test_an_outage_of_two_hours_moves_no_message_to_the_dead_letters_but_is_heard_of(deployed: Deployed):
    waiting = {watched: alarm["Threshold"] for watched, alarm in deployed.alarms_on(AGE).items()}
    for channel in ALIVE:
        queue = deployed.queues[channel]
        assert queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"] >= 2 * 3_600
        assert waiting[queue["id"]] <= 3_600


def test_one_call_has_time_to_try_every_message_it_was_given(deployed: Deployed):
    for channel in CHANNELS:
        batch = reading(deployed, channel)["BatchSize"]
        assert deployed.functions[f"deliver_{channel}"]["Timeout"] > batch * SLOWEST_ATTEMPT


def reading(deployed: Deployed, queue: str) -> Resource:
    """How a queue's messages reach its function."""
    sources = deployed.all("AWS::Lambda::EventSourceMapping").values()
    (found,) = (it for it in sources if deployed.queues[queue]["id"] == spelled(it["EventSourceArn"]))
    return found


def test_bodies_are_read_many_at_once_in_prod_and_soon_in_dev(dev: Deployed, prod: Deployed):
    soon, many = reading(dev, "intake"), reading(prod, "intake")
    assert soon["MaximumBatchingWindowInSeconds"] <= 2
    assert (many["BatchSize"], many["MaximumBatchingWindowInSeconds"]) == (500, 60)


def test_one_bad_message_does_not_send_its_whole_batch_back(deployed: Deployed):
    sources = deployed.all("AWS::Lambda::EventSourceMapping").values()
    assert len(sources) == len(READERS)
    assert all(source["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for source in sources)


def test_operations_have_one_page_for_each_stage(deployed: Deployed):
    page = deployed.one("AWS::CloudWatch::Dashboard")
    assert page["DashboardName"] == f"health-monitor-{deployed.stage}-operations"
    body = spelled(page["DashboardBody"])
    titles = ("Webhooks", "Bodies waiting", "How long pulls take", "Nightly runs", "Function errors", "Table units")
    assert all(title in body for title in (*titles, "Messages waiting", "Mail through SES", "Rates by which AWS"))
    assert all(name in body for name in ("Reputation.BounceRate", "Reputation.ComplaintRate"))
