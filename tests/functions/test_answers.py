"""The sweep, the follow-up and the receipt of mail, as Lambda calls them."""

from datetime import timedelta

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.model.alert import Errand
from tests.builders import A_MOMENT, a_conversation, an_account, an_alert
from tests.flows.test_follow_up import ID, sent
from tests.functions.conftest import Call

DUE = A_MOMENT + timedelta(days=7)


@pytest.fixture(autouse=True)
def _waiting(product: MemoryWorld) -> None:
    product.accounts.save([an_account()])
    product.alerts.save_absent(an_alert())
    product.conversations.start(sent(a_conversation()))
    product.threads.remember(("token:abcdefghijklmnopqrstuvwxyz",), ID)


def records(*bodies: str) -> dict[str, object]:
    return {"Records": [{"messageId": str(n), "body": body} for n, body in enumerate(bodies)]}


def an_errand(conversation_id: str = ID) -> str:
    errand = Errand(errand_id="e", channel="follow_up", conversation_id=conversation_id, as_of=DUE)
    return errand.model_dump_json()


def test_a_sweep_puts_what_is_due_into_its_queue_now_or_as_of_a_moment(call: Call, product: MemoryWorld) -> None:
    assert call("sweep_due", {}) == {"mails": 0, "follow_ups": 0, "left": 0}
    assert call("sweep_due", {"now": DUE.isoformat()}) == {"mails": 0, "follow_ups": 1, "left": 0}
    [errand] = [one for one in product.outbox.take() if isinstance(one, Errand)]
    assert (errand.conversation_id, errand.as_of) == (ID, DUE)


def test_an_errand_is_followed_and_only_what_fails_comes_back(call: Call, product: MemoryWorld) -> None:
    said = call("follow_up", records(an_errand(), an_errand("acme/usage_drop/2020-01-01"), "no errand"))
    assert said == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    known = product.conversations.get(ID)
    assert known
    assert known.follow_up
    assert known.follow_up.status in ("queued", "draft")


def test_what_somebody_else_is_changing_comes_back(
    call: Call, product: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(product.conversations, "replace", lambda *_: False)
    assert call("follow_up", records(an_errand())) == {"batchItemFailures": [{"itemIdentifier": "0"}]}


def test_a_mail_in_the_bucket_is_taken_and_one_that_is_gone_is_nothing_to_do(call: Call, product: MemoryWorld) -> None:
    mail = b"From: Charlie <charlie@acme.example>\r\nTo: reply+abcdefghijklmnopqrstuvwxyz@a.example\r\n\r\nHi\r\n"
    product.blobs.put("mail/a b+c", mail)
    event = {"time": DUE.isoformat(), "detail": {"bucket": {"name": "b"}, "object": {"key": "mail/a b+c"}}}
    assert call("receive_mail", event) == {"what": "answer"}
    assert call("receive_mail", event) == {"what": "this mail was passed on before"}
    assert [to for to, _ in product.forwarder().forwarded] == ["carla@example.com"]
