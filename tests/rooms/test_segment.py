"""Segment's webhook: only what Segment signed is believed, and its calls become ours."""

import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from health_monitor.model.errors import BadRecord, NeedsHuman
from health_monitor.model.heard import Heard, HeardAccount, HeardContact, HeardDeletion, HeardEvent, Ref
from health_monitor.model.intake import Reject
from health_monitor.sources.segment import SIGNATURE, SegmentSettings, count, read, verify
from tests.rooms.test_signed import JSON

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
AT = "2026-11-02T05:30:00.908Z"
SECRET = {"shared_secret": "shared", "previous_shared_secret": "", "header_name": "X-Key", "header_value": "knock"}
PLAIN, HEADED = SegmentSettings(enabled=True), SegmentSettings(enabled=True, secret_header=True)
TRACK = {"type": "track", "event": "Report Submitted", "userId": "u1", "messageId": "m1", "timestamp": AT,
         "context": {"groupId": "g1"}, "properties": {"n": 1, "s": "café  "}}  # fmt: skip
CONTRACTS = Path(__file__).parents[3] / "shared" / "contracts"


def text(message: Any) -> bytes:
    """As JavaScript writes JSON."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()


def sign(message: bytes, key: str = "shared") -> str:
    return hmac.new(key.encode(), message, "sha1").hexdigest()


def knock(body: bytes, signature: str, settings: SegmentSettings = PLAIN, header: str = "knock") -> None:
    verify(settings, {SIGNATURE.lower(): signature, "x-key": header}, body, SECRET, NOW)


def heard(message: Any, **settings: Any) -> list[Heard]:
    return list(read(SegmentSettings(enabled=True, **settings), "inbox/x", text(message), NOW))


def test_a_single_message_is_signed_as_a_whole() -> None:
    body = text(TRACK)
    knock(body, sign(body))
    knock(body, sign(body).upper())
    verify(
        PLAIN, {"x-signature": sign(body, "old")}, body, {"shared_secret": "new", "previous_shared_secret": "old"}, NOW
    )


FORGED = {
    "by somebody else": (text(TRACK), sign(text(TRACK), "guessed")),
    "with an empty key": (text(TRACK), sign(text(TRACK), "")),
    "truncated": (text(TRACK)[:-1], sign(text(TRACK))),
    "written anew": (json.dumps(TRACK).encode(), sign(text(TRACK))),
    "longer": (text(TRACK) + b"\n", sign(text(TRACK))),
    "not hex": (text(TRACK), "größe"),
}


@pytest.mark.parametrize(("body", "signature"), FORGED.values(), ids=FORGED)
def test_what_segment_did_not_sign_as_it_stands_is_refused(body: bytes, signature: str) -> None:
    with pytest.raises(BadRecord, match="does not match"):
        knock(body, signature)


def test_a_message_without_a_signature_is_told_where_to_set_the_secret() -> None:
    with pytest.raises(BadRecord, match="set a Shared Secret"):
        knock(text(TRACK), "")


@pytest.mark.parametrize("body", [text([TRACK, TRACK]), b" \n" + text([TRACK])])
def test_a_list_is_refused_unless_a_secret_header_is_demanded_because_only_its_first_message_is_signed(
    body: bytes,
) -> None:
    with pytest.raises(BadRecord, match="set batch_size to 0, or send the secret header"):
        knock(body, sign(text(TRACK)))


@pytest.mark.parametrize("body", [text([TRACK, {"type": "delete"}]), b"[ \n" + text(TRACK) + b" , {}]", text([TRACK])])
def test_a_list_with_the_secret_header_is_believed_by_its_first_message_as_it_stands(body: bytes) -> None:
    knock(body, sign(text(TRACK)), HEADED)
    with pytest.raises(BadRecord, match="X-Key: is missing or does not match"):
        knock(body, sign(text(TRACK)), HEADED, "nock")
    with pytest.raises(BadRecord, match="does not match"):
        knock(body.replace(b"u1", b"u2"), sign(text(TRACK)), HEADED)


@pytest.mark.parametrize("body", [b"[", b"[]", b"[\xff]", b"[" * 100_000, b"[truu]"])
def test_a_list_without_a_first_message_is_refused(body: bytes) -> None:
    with pytest.raises(BadRecord, match="is no list of messages"):
        knock(body, sign(text(TRACK)), HEADED)


def test_where_the_secret_header_is_demanded_single_messages_need_it_too() -> None:
    knock(text(TRACK), sign(text(TRACK)), HEADED)
    with pytest.raises(BadRecord, match="add the secret header"):
        verify(HEADED, {"x-signature": sign(text(TRACK))}, text(TRACK), SECRET, NOW)


@pytest.mark.parametrize("lacks", ["shared_secret", "header_name", "header_value"])
def test_a_secret_that_nobody_has_stored_opens_no_door(lacks: str) -> None:
    with pytest.raises(NeedsHuman, match=lacks):
        verify(HEADED, {"x-signature": sign(b"", ""), "": ""}, b"", SECRET | {lacks: ""}, NOW)


def test_a_track_call_is_a_use_by_its_group() -> None:
    day = NOW.date().toordinal()
    moment = "2026-11-02T05:30:00.908000+00:00"
    assert heard(TRACK) == [HeardEvent(Ref("segment", "g1"), "u1", "Report Submitted", moment, day, 1, "m1")]


def test_a_user_without_a_group_waits_under_his_own_name() -> None:
    (event,) = heard(TRACK | {"context": {}})
    assert isinstance(event, HeardEvent)
    assert event.ref == Ref("segment", "user:u1")


def test_a_visitor_is_counted_where_the_group_is_known() -> None:
    visitor = TRACK | {"userId": None, "anonymousId": "a1"}
    (event,) = heard(visitor)
    assert isinstance(event, HeardEvent)
    assert event.user_id == "a1"
    (bad,) = heard(visitor | {"context": {}})
    assert isinstance(bad, Reject)
    assert (bad.field, bad.reason) == ("context.groupId", "is missing, and so is userId")


def test_properties_may_name_the_feature_and_the_account() -> None:
    properties = {"feature": "reports", "workspace_id": 17}
    (event,) = heard(TRACK | {"context": None, "properties": properties}, feature="feature", account="workspace_id")
    assert isinstance(event, HeardEvent)
    assert (event.event, event.ref) == ("reports", Ref("segment", "17"))
    (without,) = heard(TRACK, feature="feature", account="workspace_id")
    assert isinstance(without, HeardEvent)
    assert (without.event, without.ref) == ("Report Submitted", Ref("segment", "g1"))
    (nowhere,) = heard(TRACK | {"context": {}}, account="workspace_id")
    assert isinstance(nowhere, HeardEvent)
    assert nowhere.ref == Ref("segment", "user:u1")


@pytest.mark.parametrize(("kind", "name", "event"), [("page", "Pricing", "Pricing"), ("page", None, "page"),
                                                     ("screen", "", "screen")])  # fmt: skip
def test_pages_and_screens_are_uses_too(kind: str, name: str | None, event: str) -> None:
    (found,) = heard(TRACK | {"type": kind, "name": name})
    assert isinstance(found, HeardEvent)
    assert found.event == event


def test_a_group_call_tells_of_a_company_and_whose_it_is() -> None:
    traits = {"name": "Initech", "website": "https://initech.example.com", "employees": 329, "plan": None}
    group = {"type": "group", "groupId": "g1", "userId": "u1", "traits": traits, "timestamp": AT}
    facts = {"name": "Initech", "domain": "https://initech.example.com", "plan": None}
    (company,) = heard(group)
    assert company == HeardAccount(
        ref=Ref("segment", "g1"), facts=facts, members=(Ref("segment", "user:u1"),),
        changed_at=datetime(2026, 11, 2, 5, 30, 0, 908000, tzinfo=UTC),
    )  # fmt: skip
    (begun,) = heard(group | {"userId": None}, creates_accounts=True, account_traits={"licensed_seats": "employees"})
    assert isinstance(begun, HeardAccount)
    assert (begun.facts, begun.members, begun.creates) == ({"licensed_seats": "329"}, (), True)


def test_an_identify_call_tells_of_a_person() -> None:
    traits = {"name": "Achilles", "email": "achilles@example.com", "address": {"city": "Phthia"}}
    identify = {"type": "identify", "userId": "u1", "traits": traits, "timestamp": "2026-11-01"}
    facts = {"user_id": "u1", "name": "Achilles", "email": "achilles@example.com"}
    when = datetime(2026, 11, 1, tzinfo=UTC)
    assert heard(identify) == [
        HeardContact(ref=Ref("segment", "user:u1"), contact_id="u1", facts=facts, changed_at=when)
    ]
    (grouped,) = heard(identify | {"context": {"groupId": "g1"}})
    assert isinstance(grouped, HeardContact)
    assert grouped.ref == Ref("segment", "g1")
    bad, person = heard(identify, contact_traits={"name": "name", "title": "address"})
    assert isinstance(bad, Reject)
    assert (bad.field, bad.reason) == ("traits.address", "is an object, not a text")
    assert isinstance(person, HeardContact)
    assert person.facts == {"user_id": "u1", "name": "Achilles"}


def test_a_delete_call_asks_to_forget() -> None:
    assert heard({"type": "delete", "userId": "u1"}) == [
        HeardDeletion(source="segment", kind="user", name="u1", requested_at=NOW)
    ]


BAD = [
    (17, "message", "is a number, not an object"),
    ({"type": "alias", "userId": "u1"}, "type", "is not track, page, screen, group, identify or delete"),
    ({}, "type", "is not track, page"),
    (TRACK | {"userId": ""}, "userId", "is empty"),
    (TRACK | {"userId": "u" * 252, "context": {}}, "userId", "is longer than 256"),
    (TRACK | {"event": None}, "event", "is empty"),
    (TRACK | {"event": {}}, "event", "is an object, not a text"),
    (TRACK | {"messageId": "m" * 257}, "messageId", "is longer than 256"),
    (TRACK | {"context": []}, "context", "is a list, not an object"),
    (TRACK | {"context": {"groupId": "g" * 257}}, "context.groupId", "is longer than 256"),
    (TRACK | {"timestamp": None}, "timestamp", "is missing"),
    (TRACK | {"timestamp": "2026-11-02T05:30:00"}, "timestamp", "has no time zone"),
    (TRACK | {"timestamp": "2026-11-04T05:30:00Z"}, "timestamp", "is after today"),
    ({"type": "group", "userId": "u1", "timestamp": AT}, "groupId", "is missing or empty"),
    ({"type": "identify", "anonymousId": "a1", "timestamp": AT}, "userId", "is missing or empty"),
    ({"type": "identify", "userId": "u" * 129, "timestamp": AT}, "userId", "is longer than 128"),
    ({"type": "delete"}, "userId", "is empty"),
]


@pytest.mark.parametrize(("message", "field", "reason"), BAD)
def test_a_bad_message_names_its_place_and_the_others_are_used(message: Any, field: str, reason: str) -> None:
    if isinstance(message, dict):
        (alone,) = heard(message)
        assert isinstance(alone, Reject)
        assert alone.field == field
    first, bad, last = heard([TRACK, message, TRACK])
    assert isinstance(first, HeardEvent)
    assert isinstance(last, HeardEvent)
    assert isinstance(bad, Reject)
    assert (bad.file, bad.field) == ("inbox/x", f"[1].{field}")
    assert reason in bad.reason
    assert bad.remedy


def test_a_text_that_was_cut_within_a_character_does_no_harm_where_nobody_reads_it() -> None:
    body = text(TRACK).replace("café".encode(), rb"\ud83d")
    assert count(body) == 1
    (event,) = read(PLAIN, "inbox/x", body, NOW)
    assert isinstance(event, HeardEvent)
    (bad,) = read(PLAIN, "inbox/x", text(TRACK).replace(b'"u1"', rb'"\ud83d"'), NOW)
    assert isinstance(bad, Reject)
    assert bad.reason == "is not UTF-8 text"


@pytest.mark.parametrize("body", [b"", b"x", b"17", b'"text"', b"null", b"\xff", b"[" * 100_000])
def test_a_body_of_another_form_is_refused_whole(body: bytes) -> None:
    with pytest.raises(BadRecord, match="body"):
        count(body)


def test_messages_are_counted_at_the_door() -> None:
    assert (count(text(TRACK)), count(text([TRACK, 1, {}])), count(b"[]")) == (1, 3, 0)


@pytest.mark.parametrize(("setting", "field"), [("account_traits", "colour"), ("account_traits", "account_id"),
                                                ("contact_traits", "user_id")])  # fmt: skip
def test_a_trait_for_a_field_that_does_not_exist_is_a_mistake(setting: str, field: str) -> None:
    with pytest.raises(ValidationError, match=f"{field} is no field of ours"):
        SegmentSettings.model_validate({setting: {field: "x"}})


KEYS = "type event userId anonymousId groupId messageId timestamp context properties traits name".split()  # noqa: SIM905
KINDS = st.sampled_from(["track", "page", "screen", "group", "identify", "delete", "alias"])
MESSAGES = JSON | st.dictionaries(st.sampled_from(KEYS), JSON | KINDS | st.sampled_from([AT, {"groupId": "g1"}]))


@given(st.lists(st.tuples(MESSAGES, KINDS), max_size=4))
def test_every_message_is_used_or_refused_whatever_it_is(messages: list[tuple[Any, str]]) -> None:
    sent = [message | {"type": kind} if isinstance(message, dict) else message for message, kind in messages]
    found = list(read(PLAIN, "inbox/x", json.dumps(sent).encode(), NOW))
    assert len(found) >= len(sent)
    assert sum(not isinstance(one, Reject) for one in found) <= len(sent)


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(body: bytes) -> None:
    for settings in (PLAIN, HEADED):
        with pytest.raises(BadRecord):
            knock(body, sign(b"something else"), settings)
    try:
        accepted = count(body)
    except BadRecord:
        return
    assert len(list(read(PLAIN, "inbox/x", body, NOW))) >= accepted


@pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the vendors' contracts are not beside the project")
def test_the_published_vectors_verify() -> None:
    vectors = [one for one in json.loads((CONTRACTS / "_signatures/vectors.json").read_text())
               if one["vendor"] == "segment"]  # fmt: skip
    assert {vector["mode"] for vector in vectors} == {"single", "batch"}
    for vector in vectors:
        headers = {"x-signature": vector["headers"]["X-Signature"], "x-key": "knock"}
        settings = HEADED if vector["mode"] == "batch" else PLAIN
        verify(settings, headers, vector["body"].encode(), SECRET | {"shared_secret": vector["secret"]}, NOW)


@pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the vendors' contracts are not beside the project")
def test_segments_own_examples_are_understood() -> None:
    examples = json.loads((CONTRACTS / "segment/webhook-examples.json").read_text())
    found = {name: heard(message) for name, message in examples.items()}
    used = {name: type(records[0]).__name__ for name, records in found.items()}
    assert used == {
        "page": "HeardEvent", "screen": "HeardEvent", "track": "HeardEvent", "common_fields_track": "HeardEvent",
        "identify": "HeardContact", "group": "HeardAccount", "delete": "HeardDeletion", "alias": "Reject",
    }  # fmt: skip


@pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the vendors' contracts are not beside the project")
def test_our_examples_are_messages_by_segments_contract() -> None:
    schema = json.loads((CONTRACTS / "segment/webhook.schema.json").read_text())["$defs"]["message"]
    known, required = schema["properties"], schema["required"]
    assert TRACK.keys() <= known.keys()
    assert set(required) <= TRACK.keys()
    assert {"track", "page", "screen", "group", "identify", "delete", "alias"} == set(known["type"]["enum"])
