"""The generic signed webhook: only who knows the secret is believed, and every record is used or refused in words."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.model.errors import BadRecord, NeedsHuman
from health_monitor.model.heard import OURS, Heard, HeardAccount, HeardContact, HeardDeletion, HeardEvent, Ref
from health_monitor.model.intake import Intake, Reject
from health_monitor.sources.signed import SIGNATURE, SIGNED, TIMESTAMP, count, read, verify

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
SECRET = {"secret": "now-0123456789", "previous_secret": "before-0123456789"}
BODY = b'{"events": [{"account_id": "acme", "user_id": "u1", "event": "report", "occurred_at": "2026-11-01"}]}'
SETTINGS = SIGNED.settings(enabled=True)
GOOD = {"account_id": "acme", "user_id": "u1", "event": "report", "occurred_at": "2026-11-02T05:30:00+02:00"}


def sign(body: bytes = BODY, key: str = SECRET["secret"], at: datetime = NOW) -> str:
    return "v1=" + hmac.new(key.encode(), f"{int(at.timestamp())}.".encode() + body, "sha256").hexdigest()


def knock(
    body: bytes = BODY, signature: str | None = None, at: datetime | str = NOW, secret: dict[str, str] = SECRET
) -> None:
    stamp = at if isinstance(at, str) else str(int(at.timestamp()))
    headers = {TIMESTAMP.lower(): stamp, SIGNATURE.lower(): sign() if signature is None else signature}
    verify(SETTINGS, headers, body, secret, NOW)


def heard(**lists: Any) -> list[Heard]:
    return list(read(SETTINGS, "inbox/x", json.dumps(lists).encode(), NOW))


def test_a_known_answer_so_that_other_languages_can_check_theirs() -> None:
    secret = {"secret": "health-monitor-example-secret"}
    body = b'{"events":[]}'
    signature = "v1=c980a61d4bfdba52e2eb55b6679206cd31c345f91b6c25c71ad1e35873e58d2d"
    knock(body, signature, "1793599200", secret)


@pytest.mark.parametrize("signature", [
    sign(),
    sign().upper().replace("V1", "v1"),
    sign(key=SECRET["previous_secret"]),
    f"v0=abc, v1={'0' * 64} ,{sign()}",
])  # fmt: skip
def test_whoever_signs_with_one_of_the_secrets_is_believed(signature: str) -> None:
    knock(signature=signature)


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_five_minutes_either_way_are_fine(seconds: int) -> None:
    at = NOW + timedelta(seconds=seconds)
    knock(signature=sign(at=at), at=at)


@pytest.mark.parametrize(("seconds", "reason"), [(-301, "is 301 seconds old"), (301, "is 301 seconds ahead")])
def test_what_is_stale_or_from_the_future_is_refused_though_it_is_signed(seconds: int, reason: str) -> None:
    at = NOW + timedelta(seconds=seconds)
    with pytest.raises(BadRecord, match=reason) as error:
        knock(signature=sign(at=at), at=at)
    assert (error.value.field, "sign again" in error.value.remedy) == (TIMESTAMP, True)


@pytest.mark.parametrize("stamp", ["", "soon", "1793599200.5", "-1793599200", "١٧٩٣٥٩٩٢٠٠", "9" * 400, " 1793599200"])
def test_a_timestamp_that_is_none_is_refused(stamp: str) -> None:
    with pytest.raises(BadRecord, match="is missing or no unix time"):
        knock(at=stamp)


FORGED = {
    "by somebody else": (BODY, sign(key="guessed")),
    "with an empty key": (BODY, sign(key="")),
    "for another time": (BODY, sign(at=NOW - timedelta(seconds=1))),
    "truncated": (BODY[:-2], None),
    "written anew": (json.dumps(json.loads(BODY), separators=(",", ":")).encode(), None),
    "longer": (BODY + b" ", None),
    "half a signature": (BODY, sign()[:40]),
    "not hex": (BODY, "v1=größe"),
}


@pytest.mark.parametrize(("body", "signature"), FORGED.values(), ids=FORGED)
def test_what_was_not_signed_as_it_stands_is_refused(body: bytes, signature: str | None) -> None:
    with pytest.raises(BadRecord, match="does not match"):
        knock(body, signature)


@pytest.mark.parametrize("signature", ["", "v0=abc", sign()[3:], "v1"])
def test_a_request_without_a_signature_is_told_how_to_sign(signature: str) -> None:
    with pytest.raises(BadRecord, match="v1="):
        knock(signature=signature)


def test_a_secret_that_nobody_has_stored_opens_no_door() -> None:
    for secret in ({}, {"secret": "", "previous_secret": ""}):
        with pytest.raises(NeedsHuman, match="store one"):
            knock(signature=sign(key=""), secret=secret)


@pytest.mark.parametrize(("body", "field", "reason"), [
    (b"", "body", "is not JSON"),
    (b"x", "body", "is not JSON"),
    (BODY[:-2], "body", "is not JSON"),
    (b"[" * 100_000, "body", "is a list, not an object"),
    (b'{"events":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}", "body", "is not JSON"),
    (b'"text"', "body", "is a text, not an object"),
    (b"null", "body", "is null, not an object"),
    (b'{"event": []}', "event", "is no kind of record"),
    (b'{"events": {}}', "events", "is an object, not a list"),
])  # fmt: skip
def test_a_body_of_another_form_is_refused_whole(body: bytes, field: str, reason: str) -> None:
    with pytest.raises(BadRecord) as error:
        count(body)
    assert (error.value.field, error.value.reason) == (field, reason)
    with pytest.raises(BadRecord):
        list(read(SETTINGS, "inbox/x", body, NOW))


def test_records_are_counted_at_the_door() -> None:
    assert count(b"{}") == 0
    assert count(b'{"events": [1, {"a": [2]}], "accounts": [{}], "deletions": [null]}') == 4


def test_an_event_is_who_did_what_when_and_how_often() -> None:
    more = GOOD | {"user_id": 7, "n": 3, "event_id": "e-1", "session_seconds": 90, "unheard_of": {}}
    day = NOW.date().toordinal()
    moment = "2026-11-02T03:30:00+00:00"
    assert heard(events=[GOOD, more, GOOD | {"n": None, "event_id": None}]) == [
        HeardEvent(Ref(OURS, "acme"), "u1", "report", moment, day),
        HeardEvent(Ref(OURS, "acme"), "7", "report", moment, day, 3, "e-1", 90),
        HeardEvent(Ref(OURS, "acme"), "u1", "report", moment, day),
    ]


BAD_EVENTS = [
    (17, "", "is a number, not an object", "write an object"),
    ({}, "account_id", "is missing", "give every event one"),
    (GOOD | {"account_id": True}, "account_id", "is true or false, not a text", "write a text"),
    (GOOD | {"account_id": ""}, "account_id", "is empty", "every event needs one"),
    (GOOD | {"user_id": ["u"]}, "user_id", "is a list, not a text", "write a text"),
    (GOOD | {"user_id": "u\0"}, "user_id", "is not UTF-8 text", "write it as UTF-8"),
    (GOOD | {"event": "x" * 257}, "event", "is longer than 256 characters", "shorten it"),
    (GOOD | {"event_id": "x" * 257}, "event_id", "is longer than 256 characters", "shorten it"),
    (GOOD | {"event_id": "\0"}, "event_id", "is not UTF-8 text", "write it as UTF-8"),
    (GOOD | {"occurred_at": 1793599200}, "occurred_at", "is a number, not a text", "write a text"),
    (GOOD | {"occurred_at": "yesterday"}, "occurred_at", "is not a date or timestamp", "write 2026-01-31"),
    (GOOD | {"occurred_at": "2026-11-01T09:30:00"}, "occurred_at", "has no time zone", "end it with Z"),
    (GOOD | {"occurred_at": "2026-11-03"}, "occurred_at", "is after today", "correct the date"),
    (GOOD | {"n": 0}, "n", "is not a whole number from 1 to", "leave it out for one use"),
    (GOOD | {"n": "3"}, "n", "is a text, not a whole number", "write a whole number"),
    (GOOD | {"n": 10**30}, "n", "is not a whole number from 1 to", "leave it out for one use"),
    (GOOD | {"session_seconds": -1}, "session_seconds", "is not a whole number from 0", "leave it out"),
]


@pytest.mark.parametrize(("record", "field", "reason", "remedy"), BAD_EVENTS)
def test_a_bad_event_names_its_place_and_remedy_and_the_others_are_used(
    record: Any, field: str, reason: str, remedy: str
) -> None:
    first, bad, last = heard(events=[GOOD, record, GOOD])
    assert isinstance(first, HeardEvent)
    assert isinstance(last, HeardEvent)
    assert isinstance(bad, Reject)
    assert (bad.file, bad.field) == ("inbox/x", f"events[1].{field}".rstrip("."))
    assert reason in bad.reason
    assert remedy in bad.remedy


def test_bytes_that_are_no_text_cost_their_record_and_no_other() -> None:
    body = BODY.replace(b"u1", b"u\xff").replace(b"]}", b", " + json.dumps(GOOD).encode() + b"]}")
    bad, good = read(SETTINGS, "inbox/x", body, NOW)
    assert bad == Reject("inbox/x", 0, "events[0]", "is not UTF-8 JSON", "write it as UTF-8")
    assert isinstance(good, HeardEvent)


def test_a_clock_a_little_ahead_of_ours_at_midnight_is_no_mistake() -> None:
    late = datetime(2026, 11, 2, 23, 58, tzinfo=UTC)
    body = json.dumps({"events": [GOOD | {"occurred_at": "2026-11-03T00:01:00Z"}]}).encode()
    assert [type(found) for found in read(SETTINGS, "inbox/x", body, late)] == [HeardEvent]


def test_an_account_is_told_of_field_by_field_and_begins_to_exist() -> None:
    record = {"account_id": "acme", "name": "Acme", "arr": 12000.5, "tier": None, "plan": "", "unheard_of": 1}
    assert heard(accounts=[record | {"changed_at": "2026-11-01"}, {"account_id": 5}]) == [
        HeardAccount(
            ref=Ref(OURS, "acme"), creates=True, changed_at=datetime(2026, 11, 1, tzinfo=UTC),
            facts={"name": "Acme", "arr": "12000.5", "tier": None, "plan": None},
        ),
        HeardAccount(ref=Ref(OURS, "5"), facts={}, creates=True, changed_at=NOW),
    ]  # fmt: skip


def test_a_contact_is_told_of_field_by_field() -> None:
    record = {"account_id": "acme", "contact_id": "c1", "email": "cy@example.com", "user_id": 3}
    assert heard(contacts=[record]) == [
        HeardContact(
            ref=Ref(OURS, "acme"), contact_id="c1", changed_at=NOW, facts={"email": "cy@example.com", "user_id": "3"}
        )
    ]  # fmt: skip


def test_a_deletion_says_whom_to_forget_and_perhaps_where() -> None:
    found = heard(deletions=[{"kind": "user", "id": 7}, {"kind": "contact", "id": "c1", "account_id": "acme"}])
    assert found == [
        HeardDeletion(source="signed", kind="user", name="7", requested_at=NOW),
        HeardDeletion(source="signed", kind="contact", name="c1", ref=Ref(OURS, "acme"), requested_at=NOW),
    ]


BAD_RECORDS = [
    ("accounts", "x", "", "is a text, not an object"),
    ("accounts", {}, "account_id", "is missing or empty"),
    ("accounts", {"account_id": "x" * 257}, "account_id", "is longer than 256 characters"),
    ("accounts", {"account_id": "a", "changed_at": "2026-11-09"}, "changed_at", "is after today: 2026-11-09"),
    ("contacts", {"account_id": "a", "contact_id": "c" * 129}, "contact_id", "is longer than 128 characters"),
    ("contacts", {"account_id": "a\0", "contact_id": "c"}, "account_id", "is not UTF-8 text"),
    ("deletions", {"kind": "company", "id": "a"}, "kind", "is not user, contact or account"),
    ("deletions", {"kind": "user"}, "id", "is missing or empty"),
    ("deletions", {"kind": "user", "id": "u", "account_id": ""}, "account_id", "is missing or empty"),
]


@pytest.mark.parametrize(("kind", "record", "field", "reason"), BAD_RECORDS)
def test_a_bad_record_of_another_kind_names_its_place_too(kind: str, record: Any, field: str, reason: str) -> None:
    (bad,) = heard(**{kind: [record]})
    assert isinstance(bad, Reject)
    assert (bad.field, bad.reason) == (f"{kind}[0].{field}".rstrip("."), reason)


def test_a_fact_that_is_no_text_is_left_out_and_the_rest_is_used() -> None:
    bad, account = heard(accounts=[{"account_id": "acme", "plan": {"a": 1}, "name": "Acme"}])
    assert isinstance(bad, Reject)
    assert (bad.field, bad.reason) == ("accounts[0].plan", "is an object, not a text")
    assert isinstance(account, HeardAccount)
    assert account.facts == {"name": "Acme"}


def test_the_same_mistake_in_many_records_is_counted_as_one() -> None:
    intake = Intake()
    for bad in heard(events=[{}, {}, {}]):
        assert isinstance(bad, Reject)
        intake.count(bad)
    assert intake.main_reasons == "3 × events.account_id is missing"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "account_id",
    "user_id",
    "event",
    "occurred_at",
    "n",
    "event_id",
    "session_seconds",
    "contact_id",
    "kind",
    "id",
]
RECORDS = JSON | st.dictionaries(st.sampled_from(FIELDS), JSON | st.sampled_from(["acme", "user", "2026-11-01"]))
LISTS = st.dictionaries(st.sampled_from(["events", "accounts", "contacts", "deletions"]), st.lists(RECORDS, max_size=4))


@given(LISTS)
def test_every_record_is_used_or_refused_whatever_it_is(lists: dict[str, list[Any]]) -> None:
    body = json.dumps(lists).encode()
    try:
        accepted = count(body)
    except BadRecord:
        return  # no JSON: NaN, or half a character
    found = list(read(SETTINGS, "inbox/x", body, NOW))
    places = {one.field.partition(".")[0] for one in found if isinstance(one, Reject)}
    used = [one for one in found if not isinstance(one, Reject)]
    assert len(used) <= accepted == sum(map(len, lists.values()))
    assert accepted <= len(used) + len(places)


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda some: b'{"events":[' + some + b"]}"))
def test_no_bytes_crash_the_reader(body: bytes) -> None:
    try:
        accepted = count(body)
    except BadRecord:
        return
    assert len(list(read(SETTINGS, "inbox/x", body, NOW))) == accepted
