"""The functions of customer mail: the queue's answer, the page's answer, and logs that name nobody."""

import json
from typing import Any

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.model.errors import TryAgain
from health_monitor.model.outreach import Delivery, Switch, action_id, tag_of
from tests.flows.mails import CHARLIE, EVENT_ACCOUNT, NAME, NOW, an_errand, begin, event, stored
from tests.functions.conftest import Call


@pytest.fixture
def mailing(product: MemoryWorld, monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    """Automatic mail is on, and one check-in is due."""
    monkeypatch.setattr(wiring, "link_key", lambda: b"key")
    product.clock.push(seconds=(NOW - product.clock.now()).total_seconds())
    product.outreach_switch.put(Switch(mode="live"))
    begin(product)
    return product


def queued() -> dict[str, Any]:
    return {"Records": [{"messageId": "q1", "body": json.dumps(an_errand().model_dump(mode="json"))}]}


def test_a_queued_mail_goes_out_once(mailing: MemoryWorld, call: Call) -> None:
    for _ in range(2):
        assert call("send_outreach", queued()) == {"batchItemFailures": []}
    assert len(mailing.mailer().sent) == 1
    assert stored(mailing).check_in.status == "sent"


def test_a_mail_that_the_provider_had_no_time_for_comes_back(mailing: MemoryWorld, call: Call) -> None:
    mailing.mailer().outcomes.append(Delivery("busy", why="throttled"))
    assert call("send_outreach", queued()) == {"batchItemFailures": [{"itemIdentifier": "q1"}]}
    mailing.clock.push(seconds=360)
    assert call("send_outreach", queued()) == {"batchItemFailures": []}
    assert len(mailing.mailer().sent) == 1


@pytest.mark.parametrize("failure", [TryAgain("throttled"), RuntimeError(f"about {CHARLIE}")])
def test_what_fails_comes_back_and_no_log_names_the_recipient(
    mailing: MemoryWorld, call: Call, failure: Exception, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    def fails(_: str) -> bool:
        raise failure

    monkeypatch.setattr(mailing.mailer(), "is_suppressed", fails)
    assert call("send_outreach", queued()) == {"batchItemFailures": [{"itemIdentifier": "q1"}]}
    assert CHARLIE not in caplog.text + str([vars(record) for record in caplog.records])
    assert mailing.mailer().sent == []


def test_ses_is_heard(mailing: MemoryWorld, call: Call) -> None:
    call("send_outreach", queued())
    tag = tag_of(action_id(NAME, "c1", "check_in"))
    assert call("hear_mail_events", event("Delivery", tag)) == {"heard": "delivered"}
    assert stored(mailing).check_in.status == "delivered"
    assert EVENT_ACCOUNT == "123456789012", "the account of the pretended function"


def test_one_click_is_answered_with_a_page(mailing: MemoryWorld, call: Call) -> None:
    call("send_outreach", queued())
    token = mailing.mailer().sent[0].unsubscribe_url.rpartition("/")[2]
    for method, ended in (("GET", None), ("POST", "opted_out")):
        asked = {"requestContext": {"http": {"method": method}}, "pathParameters": {"token": token}}
        answer = call("unsubscribe", asked)
        assert (answer["statusCode"], stored(mailing).ended) == (200, ended)
        assert answer["headers"]["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
