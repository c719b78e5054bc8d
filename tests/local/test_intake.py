"""A day's records arrive by themselves at the deployed product: by webhook and by a pull, and are judged at night."""

import gzip
import hmac
import json
import urllib.request
from datetime import datetime, timedelta
from urllib.error import HTTPError

import pytest

from health_monitor import wiring
from local import product as products
from local import vendors

pytestmark = pytest.mark.local

FORGED, LARGE = "v1=" + "0" * 64, b"x" * (1024 * 1024 + 1)


def post(product, body, signature=None, source="signed", at=None):
    """Send a body as a customer's own code does, and return the status and what was said."""
    stamp = str(int((at or wiring.clock().now()).timestamp()))
    signed = hmac.new(product.secret("signed")["secret"].encode(), f"{stamp}.".encode() + body, "sha256").hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Health-Monitor-Timestamp": stamp,
        "X-Health-Monitor-Signature": signature or f"v1={signed}",
    }
    request = urllib.request.Request(f"{product.webhook_url}/{source}", data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as refused:
        return refused.code, json.loads(refused.read())


def an_export(day):
    """What Mixpanel has of one day: three events of one person, one of them twice, and one of nobody's account."""
    noon = int(datetime.combine(day, datetime.min.time()).timestamp()) + 12 * 3600
    has = {"company_id": "a-1", "distinct_id": "m-user", "mp_processing_time_ms": 1}
    lines = [{"event": "view", "properties": has | {"time": noon + at, "$insert_id": f"i{at}"}} for at in (0, 1, 2, 2)]
    return [*lines, {"event": "view", "properties": {"time": noon, "distinct_id": "x", "$insert_id": "n"}}]


@pytest.fixture(scope="module", name="yesterday")
def _yesterday():
    return wiring.clock().now().date() - timedelta(days=1)


@pytest.fixture(scope="module", name="product")
def _product(yesterday):
    mixpanel = vendors.mixpanel({yesterday.isoformat(): an_export(yesterday)}, project_id="1234567").start()
    hubspot = vendors.hubspot(vendors.Portal()).start()
    doubles = {
        "mixpanel": products.Double(mixpanel.address, vendors.MIXPANEL_SECRET),
        "hubspot": products.Double(hubspot.address, {"token": "revoked"}),
    }
    try:
        with products.running(vendors=doubles) as product, pytest.MonkeyPatch.context() as environment:
            for name, value in product.environment().items():
                environment.setenv(name, value)
            wiring.forget()
            yield product
    finally:
        wiring.forget()
        mixpanel.stop()
        hubspot.stop()


@pytest.fixture(scope="module", name="day")
def _day(product, yesterday):
    """What every step of a day answered: accounts, events, the same again, a pull, the same again, the night."""
    account = {"account_id": "a-1", "name": "Acme", "csm_email": "csm@example.com", "signup_date": "2026-01-01"}
    event = {"account_id": "a-1", "user_id": "w-user", "event": "save", "occurred_at": f"{yesterday}T10:00:00Z"}
    body = json.dumps({"accounts": [account], "events": [event | {"event_id": f"e{n}"} for n in range(3)]}).encode()
    answers = [post(product, body), post(product, body)]
    assert product.wait_until_consumed()
    # As if it had been pulled before: everything since January would be asked for otherwise.
    taken = json.dumps({"taken": (yesterday - timedelta(days=1)).isoformat()})
    wiring.source_states().save_cursor("mixpanel", taken, wiring.clock().now())
    pulls = [product.pull("mixpanel"), product.pull("mixpanel")]
    return answers, pulls, product.run_night(yesterday)


def test_a_signed_webhook_is_taken_in_whenever_it_is_sent(day):
    answers, _, _ = day
    assert answers == [(202, {"received": 4})] * 2


def test_a_pull_takes_what_is_new_and_the_next_one_nothing(day):
    _, (first, again), _ = day
    assert (first["status"], again["status"]) == ("done", "done"), first
    assert (first["events"], again.get("events", 0)) == (3, 0)


def test_the_night_judges_what_both_brought_each_event_once(day, yesterday):
    _, _, night = day
    assert night.in_words.startswith("The run succeeded")
    ring = wiring.rings().read(["a-1"])["a-1"]
    assert {user.user_id for user in ring.users} == {"w-user", "m-user"}
    assert {user.last_day for user in ring.users} == {yesterday.toordinal()}
    assert ring.series.events[yesterday.toordinal() - ring.series.first_day] == 6


@pytest.mark.parametrize(
    ("body", "sent", "status"),
    [
        (b"{}", {"signature": FORGED}, 401),
        (b"{}", {"at": datetime.fromisoformat("2026-01-01T00:00:00+00:00")}, 401),
        (LARGE, {}, 413),
        (b"{", {}, 400),
        (b"{}", {"source": "telepathy"}, 404),
    ],
    ids=["forged", "stale", "over a megabyte", "no JSON", "no such source"],
)
def test_what_cannot_be_believed_or_read_is_refused_in_words(product, body, sent, status):
    found, said = post(product, body, **sent)
    assert found == status
    assert {"reason", "remedy"} <= said["error"].keys()


def test_a_refused_credential_pauses_its_source_and_tells_operations_once_what_to_do(product):
    pulls = [product.pull("hubspot")["status"] for _ in range(2)]
    assert pulls == ["paused", "paused"]
    assert product.wait_until_delivered()
    told = [mail for mail in product.aws.mailbox() if "source resume hubspot" in mail["BodyText"]]
    assert [mail["To"] for mail in told] == [["operations@example.com"]]


def test_the_erasure_goes_through_every_folder_it_may_and_must(product, day):
    account = {"account_id": "a-2", "name": "Bolt", "csm_email": "csm@example.com"}
    event = {"account_id": "a-2", "user_id": "gone", "event": "save", "occurred_at": f"{wiring.clock().now().date()}"}
    asked = [{"kind": "user", "id": "gone", "account_id": "a-2"}]
    for body in ({"accounts": [account], "events": [event]}, {"deletions": asked}):
        assert post(product, json.dumps(body).encode())[0] == 202
        assert product.wait_until_consumed()
    assert product.invoke("erase_people") == {"finished": 0, "open": 1}
    (removed,) = wiring.erasures().all()
    assert removed.state == "removed, last check pending"
    assert not stored_that_names("gone")
    an_hour_ago = {"first_pass_at": removed.first_pass_at - timedelta(hours=1)}
    wiring.erasures().save(removed.model_copy(update=an_hour_ago))
    assert product.invoke("erase_people") == {"finished": 1, "open": 0}
    (finished,) = wiring.erasures().all()
    assert (finished.state, finished.user_ids) == ("finished", ())
    assert not stored_that_names("gone")


def stored_that_names(somebody):
    stored = [wiring.blobs().get(key) or b"" for key in wiring.blobs().keys("")]
    read = [gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data for data in stored]
    return [data for data in read if somebody.encode() in data]


def test_nothing_waits_in_any_dead_letter_queue(product, day):
    assert not any(wiring.dead_letters().depths().values())
