"""No message is lost quietly."""

from health_monitor.flows.deliver import LEASE_SECONDS
from health_monitor.settings import NEEDS
from tests.infra.deployed import Deployed, spelled

ALIVE = ("email", "slack")
DEAD = ("email-dead", "slack-dead", "not-started", "not-reported")
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


def test_a_night_without_a_run_rings_as_well(deployed: Deployed):
    (alarm,) = deployed.alarms_on("ExecutionsSucceeded").values()
    assert (alarm["TreatMissingData"], alarm["ComparisonOperator"]) == ("breaching", "LessThanThreshold")
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
    for channel in ALIVE:
        timeout = deployed.functions[f"deliver_{channel}"]["Timeout"]
        hidden = deployed.queues[channel]["VisibilityTimeout"]
        assert hidden >= 6 * timeout
        assert timeout < LEASE_SECONDS <= hidden


def test_an_outage_of_two_hours_moves_no_message_to_the_dead_letters_but_is_heard_of(deployed: Deployed):
    waiting = {watched: alarm["Threshold"] for watched, alarm in deployed.alarms_on(AGE).items()}
    for channel in ALIVE:
        queue = deployed.queues[channel]
        assert queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"] >= 2 * 3_600
        assert waiting[queue["id"]] <= 3_600


def test_one_call_has_time_to_try_every_message_it_was_given(deployed: Deployed):
    for source in deployed.all("AWS::Lambda::EventSourceMapping").values():
        (channel,) = (name for name in ALIVE if deployed.queues[name]["id"] in spelled(source["EventSourceArn"]))
        assert deployed.functions[f"deliver_{channel}"]["Timeout"] > source["BatchSize"] * SLOWEST_ATTEMPT


def test_one_bad_message_does_not_send_its_whole_batch_back(deployed: Deployed):
    sources = deployed.all("AWS::Lambda::EventSourceMapping").values()
    assert len(sources) == len([name for name in NEEDS if name.startswith("deliver_")])
    assert all(source["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for source in sources)


def test_operations_have_one_page_for_each_stage(deployed: Deployed):
    page = deployed.one("AWS::CloudWatch::Dashboard")
    assert page["DashboardName"] == f"health-monitor-{deployed.stage}-operations"
    body = spelled(page["DashboardBody"])
    assert all(title in body for title in ("Nightly runs", "Function errors", "Messages waiting", "Table units"))
