"""What a sender hears, as HTTP: every answer is JSON that says what to do, and 202 means that nothing can be lost."""

import base64
import gzip
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.keyring import Keyring
from health_monitor.flows.receive_webhook import LIMIT
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.model.source import Pointer
from health_monitor.sources import SOURCES
from tests.builders import A_MOMENT
from tests.flows.crashes import Countdown, MortalPort, died
from tests.functions.conftest import Call
from tests.rooms.test_segment import TRACK, text
from tests.rooms.test_segment import sign as sign_for_segment
from tests.rooms.test_signed import sign

BODY = b'{"events": [{"account_id": "big", "user_id": "u1", "event": "report", "occurred_at": "2026-11-01"}]}'
STAMP = str(int(A_MOMENT.timestamp()))


@dataclass
class Safe:
    """Where the secrets are; counts how often somebody looked."""

    secrets: dict[str, dict[str, str]]
    looks: list[str] = field(default_factory=list)

    def read(self, source: str) -> dict[str, str]:
        self.looks.append(source)
        return self.secrets[source]


@pytest.fixture
def safe(product: MemoryWorld, monkeypatch: pytest.MonkeyPatch) -> Safe:
    """Two sources are on."""
    on = {name: SOURCES[name].settings(enabled=True) for name in ("signed", "segment")}
    safe = Safe({"signed": {"secret": "s3cret"}, "segment": {"shared_secret": "shared"}})
    keyring = Keyring(safe.read, product.clock)
    monkeypatch.setattr(wiring, "sources", lambda: on)
    monkeypatch.setattr(wiring, "keyring", lambda: keyring)
    return safe


def request(body: bytes = BODY, source: str = "signed", *, encoded: bool = False, **headers: str) -> dict[str, Any]:
    """The event of an HTTP API, payload 2.0."""
    known = {"x-health-monitor-timestamp": STAMP, "x-health-monitor-signature": sign(body, "s3cret", A_MOMENT)}
    if source == "segment":
        known = {"x-signature": sign_for_segment(body)}
    return {
        "version": "2.0",
        "routeKey": "POST /webhooks/{source}",
        "rawPath": f"/webhooks/{source}",
        "headers": {"content-type": "application/json"} | known | headers,
        "requestContext": {"http": {"method": "POST", "path": f"/webhooks/{source}"}},
        "pathParameters": {"source": source},
        "body": base64.b64encode(body).decode() if encoded else body.decode(),
        "isBase64Encoded": encoded,
    }


def heard(answer: dict[str, Any]) -> tuple[int, Any]:
    assert answer["headers"]["Content-Type"] == "application/json"
    return answer["statusCode"], json.loads(answer["body"])


def refusal(answer: dict[str, Any]) -> tuple[int, str]:
    status, told = heard(answer)
    assert set(told) == {"error"}
    assert set(told["error"]) == {"field", "reason", "remedy"}
    assert told["error"]["remedy"]
    return status, told["error"]["field"]


def test_a_body_that_is_believed_is_kept_queued_and_counted(product: MemoryWorld, call: Call, safe: Safe) -> None:
    assert heard(call("receive_webhook", request())) == (202, {"received": 1})
    (pointer,) = product.inbox.take()
    key = f"inbox/signed/2026-11-02/{hashlib.sha256(BODY).hexdigest()}.json.gz"
    assert pointer == Pointer(source="signed", key=key, received_at=A_MOMENT)
    assert gzip.decompress(product.blobs.get(key) or b"") == BODY


def test_segment_has_its_own_address(product: MemoryWorld, call: Call, safe: Safe) -> None:
    assert heard(call("receive_webhook", request(text(TRACK), "segment"))) == (202, {"received": 1})
    assert [pointer.source for pointer in product.inbox.take()] == ["segment"]
    answer = call(
        "receive_webhook", request(text([TRACK]), "segment", **{"x-signature": sign_for_segment(text(TRACK))})
    )
    assert refusal(answer) == (401, "X-Signature")
    assert "set batch_size to 0, or send the secret header" in answer["body"]


def test_a_body_in_base64_is_verified_as_it_was_sent(product: MemoryWorld, call: Call, safe: Safe) -> None:
    assert heard(call("receive_webhook", request(encoded=True)))[0] == 202
    event = request(encoded=True) | {"body": "%%%"}
    assert refusal(call("receive_webhook", event)) == (400, "body")


def test_names_of_headers_are_the_same_in_any_case(call: Call, safe: Safe) -> None:
    event = request()
    event["headers"] = {name.title(): value for name, value in event["headers"].items()}
    assert heard(call("receive_webhook", event))[0] == 202


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_the_content_type_is_no_matter_because_the_bytes_are(call: Call, safe: Safe, content_type: str) -> None:
    """What curl sends unasked."""
    for encoded in (True, False):
        answer = call("receive_webhook", request(encoded=encoded, **{"content-type": content_type}))
        assert heard(answer)[0] == 202


@pytest.mark.parametrize("source", ["nobody", "mixpanel", "", "../signed", "SIGNED"])
def test_a_source_that_is_not_on_or_does_not_push_is_not_found(call: Call, safe: Safe, source: str) -> None:
    assert refusal(call("receive_webhook", request(source=source))) == (404, "source")
    assert safe.looks == []


def test_a_forged_body_is_refused_and_nothing_is_kept(product: MemoryWorld, call: Call, safe: Safe) -> None:
    for forged in (
        request() | {"body": BODY.decode().replace("u1", "u2")},
        request(**{"x-health-monitor-signature": ""}),
        request(**{"x-health-monitor-timestamp": "0"}),
        request() | {"body": None},
    ):
        assert refusal(call("receive_webhook", forged))[0] == 401
    assert product.inbox.take() == []
    assert list(product.blobs.keys("inbox/")) == []


def test_a_body_that_is_stale_by_now_is_refused(product: MemoryWorld, call: Call, safe: Safe) -> None:
    product.clock.push(seconds=300)
    assert heard(call("receive_webhook", request()))[0] == 202
    product.clock.push(seconds=1)
    assert refusal(call("receive_webhook", request())) == (401, "X-Health-Monitor-Timestamp")


@pytest.mark.parametrize(("body", "field"), [(b"", "body"), (b"not json", "body"), (b"[]", "body"),
                                             (b'{"evnts": []}', "evnts"), (BODY[:-1], "body")])  # fmt: skip
def test_a_signed_body_that_is_of_no_use_is_a_bad_request(call: Call, safe: Safe, body: bytes, field: str) -> None:
    assert refusal(call("receive_webhook", request(body))) == (400, field)


@pytest.mark.parametrize("encoded", [True, False])
def test_a_megabyte_is_the_limit(product: MemoryWorld, call: Call, safe: Safe, encoded: bool) -> None:
    most = b'{"events": []' + b" " * (LIMIT - 14) + b"}"
    assert len(most) == LIMIT
    assert heard(call("receive_webhook", request(most, encoded=encoded))) == (202, {"received": 0})
    assert refusal(call("receive_webhook", request(most + b" ", encoded=encoded))) == (413, "body")
    assert len(product.inbox.take()) == 1


def test_the_limit_is_of_bytes_not_of_letters(call: Call, safe: Safe) -> None:
    body = ('{"x": "' + "é" * (LIMIT // 2) + '"}').encode()
    assert refusal(call("receive_webhook", request(body))) == (413, "body")


def test_a_secret_is_read_once_and_again_after_five_minutes(product: MemoryWorld, call: Call, safe: Safe) -> None:
    for _ in range(3):
        call("receive_webhook", request())
    assert safe.looks == ["signed"]
    product.clock.push(seconds=301)
    call("receive_webhook", request())
    assert safe.looks == ["signed", "signed"]


def test_a_secret_that_was_just_changed_is_read_again_but_not_at_every_forgery(
    product: MemoryWorld, call: Call, safe: Safe
) -> None:
    forged = request(**{"x-health-monitor-signature": "v1=0"})
    call("receive_webhook", forged)
    assert len(safe.looks) == 1
    product.clock.push(seconds=11)
    call("receive_webhook", forged)
    call("receive_webhook", forged)
    assert len(safe.looks) == 2
    safe.secrets["signed"] = {"secret": "newer"}
    product.clock.push(seconds=11)
    newly = request(**{"x-health-monitor-signature": sign(BODY, "newer", A_MOMENT)})
    assert heard(call("receive_webhook", newly))[0] == 202
    assert refusal(call("receive_webhook", request()))[0] == 401


class Broken:
    """A port that cannot be used now."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        def fail(*_: Any) -> None:
            raise self._error

        return fail


@pytest.mark.parametrize("error", [TryAgain("throttled"), NeedsHuman("AccessDenied; grant it")])
@pytest.mark.parametrize("port", ["blobs", "inbox"])
def test_what_cannot_be_kept_now_is_to_be_sent_again(
    monkeypatch: pytest.MonkeyPatch, call: Call, safe: Safe, port: str, error: Exception
) -> None:
    monkeypatch.setattr(wiring, port, lambda: Broken(error))
    answer = call("receive_webhook", request())
    assert refusal(answer) == (503, "")
    assert answer["headers"]["Retry-After"] == "30"
    assert str(error) not in answer["body"]


def test_a_secret_that_nobody_stored_is_told_to_us_and_not_to_the_sender(
    call: Call, safe: Safe, caplog: pytest.LogCaptureFixture
) -> None:
    safe.secrets["signed"] = {}
    answer = call("receive_webhook", request())
    assert refusal(answer)[0] == 503
    assert "secret" not in answer["body"]
    assert "store one" in str([record.__dict__ for record in caplog.records])


def test_whoever_dies_after_keeping_is_healed_by_sending_again(
    product: MemoryWorld, call: Call, safe: Safe, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = MortalPort(product.inbox, ("put",), Countdown(1))
    with monkeypatch.context() as dying:
        dying.setattr(wiring, "inbox", lambda: inbox)
        assert died(lambda: call("receive_webhook", request()))
    assert heard(call("receive_webhook", request()))[0] == 202
    assert len(product.inbox.take()) == 1
    assert len(list(product.blobs.keys("inbox/"))) == 1


def test_what_was_taken_in_is_not_logged_and_a_refusal_without_the_body(
    call: Call, safe: Safe, caplog: pytest.LogCaptureFixture
) -> None:
    call("receive_webhook", request())
    assert caplog.records == []
    call("receive_webhook", request(**{"x-health-monitor-signature": ""}))
    (record,) = caplog.records
    assert record.__dict__["status"] == 401
    assert "u1" not in str(record.__dict__)


@given(st.binary(max_size=80), st.booleans(), st.text(max_size=12), st.text(max_size=80))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_is_sent_breaks_the_door(
    call: Call, safe: Safe, body: bytes, encoded: bool, stamp: str, signature: str
) -> None:
    """Any bytes, signed or not, get an answer that its sender can read."""
    headers = {"x-health-monitor-timestamp": stamp, "x-health-monitor-signature": signature}
    sent = request(body, encoded=True) if encoded else request(b"x", **headers) | {"body": body.decode("latin-1")}
    status, _ = heard(call("receive_webhook", sent))
    assert status in ((202, 400) if encoded else (401,))
