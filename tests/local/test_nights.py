"""Whole nights on the deployed state machine: the same alerts as in memory, told once, whatever fails on the way."""

import json

import pytest

from health_monitor import wiring
from local import product as products
from tests.local.story import LAST, NIGHTS, a_story, alerts_of, spoil, wait_for

pytestmark = pytest.mark.local


@pytest.fixture(scope="module", name="story")
def _story():
    """A night; two at once; one in which a batch fails, which is repaired and run again; and what operators try."""
    with products.running() as product, pytest.MonkeyPatch.context() as environment:
        for name, value in product.environment().items():
            environment.setenv(name, value)
        wiring.forget()
        story = a_story(product, wiring.aws_world())
        story.push(NIGHTS[0])
        story.push(NIGHTS[2])
        repair = spoil(product, sorted(story.stored.accounts.ids())[210])
        story.push(LAST)
        story.failure_mails = wait_for(lambda: [mail for mail in story.mails() if mail[1].endswith("failed")])
        repair()
        story.nights.append(product.run_night(LAST))
        story.settled = story.traces()
        story.nights += [product.run_night(LAST), product.run_night(LAST, dry_run=True)]
        yield story


NEWER = "There is a newer card about this account."
"""What an older card says once its alert got worse."""


def test_every_night_is_judged_and_the_spoilt_one_fails_aloud(story):
    first, two_at_once, failed, repaired, again, dry = story.nights
    assert [n.in_words for n in (first, two_at_once, repaired, again, dry) if not n.succeeded] == []
    assert failed.failed_state == "score_accounts"
    assert failed.cause.startswith("1 of its batches failed: ")
    assert again.output == repaired.output


def test_a_missed_night_is_judged_before_the_one_asked_for(story):
    assert [record.as_of for record in story.stored.journal.runs(10)] == sorted(NIGHTS, reverse=True)
    assert {record.status for record in story.stored.journal.runs(10)} == {"complete"}
    assert story.nights[1].output["as_of"] == NIGHTS[2].isoformat()


def test_operations_hear_once_which_batch_is_missing(story):
    (mail,) = story.failure_mails
    assert mail[0] == "operations@example.com"
    assert f"The night of {LAST} failed" in mail[1]
    assert "1 of 2 batches are not judged yet: 00002." in mail[2]


def test_the_deployed_product_raises_the_alerts_that_memory_raises(story):
    expected = alerts_of(story.memory)
    assert alerts_of(story.stored) == expected
    assert expected


def test_every_alert_is_told_once_by_email_and_by_slack(story):
    told = [(m.to, m.subject, m.text) for m in story.memory.courier("email").delivered]
    assert [mail for mail in story.mails() if mail not in story.failure_mails] == sorted(told)
    posted = [text for text in story.traces()[2] if text != NEWER]
    assert len(posted) == len(set(posted))
    assert told
    assert posted


def test_a_rerun_and_a_dry_run_change_nothing_and_tell_nobody(story):
    assert story.traces() == story.settled


def test_what_a_batch_had_done_is_not_done_again(story):
    files = story.product.aws.client("s3").list_object_versions(
        Bucket=story.product.outputs["BucketName"], Prefix="history/"
    )["Versions"]
    assert len(files) == len({file["Key"] for file in files})


def test_nothing_waits_in_any_dead_letter_queue(story):
    queues = story.product.aws.client("sqs")
    dead = [url for url in queues.list_queues()["QueueUrls"] if not url.endswith(("-email", "-slack"))]
    waiting = {
        url: queues.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
        for url in dead
    }
    assert json.dumps(waiting).count('"0"') == len(dead) >= 4
