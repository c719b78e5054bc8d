"""Slack is believed by its signature only; then what is clicked is done once, by those who may."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.answer_slack import LIMIT, Call, answer_slack, believe
from health_monitor.flows.keyring import Keyring
from health_monitor.flows.why import why
from health_monitor.model.errors import BadRecord, NeedsHuman, TryAgain
from tests.builders import A_MOMENT
from tests.flows.slack_room import (
    ADA,
    CARLA,
    ID,
    MONA,
    OTTO,
    SECRET,
    STRANGER,
    backstage,
    errands,
    furnished,
    last_view,
    press,
    said,
    signed,
    slack_of,
    stage,
    stored,
    submit,
)

VECTORS = Path(__file__).parents[3] / "shared" / "contracts" / "_signatures" / "vectors.json"
HELLO = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a"})


@pytest.fixture
def world() -> MemoryWorld:
    return furnished(memory_world(A_MOMENT))


def test_slacks_own_documented_example_is_believed() -> None:
    if not VECTORS.is_file():
        pytest.skip(f"the vendors' signature vectors are not here: {VECTORS}")
    (vector,) = [one for one in json.loads(VECTORS.read_text()) if one["vendor"] == "slack"]
    then = int(vector["headers"]["X-Slack-Request-Timestamp"])
    now = A_MOMENT + timedelta(seconds=then - A_MOMENT.timestamp())
    keyring = Keyring(lambda _: {"signing_secret": vector["secret"]}, memory_world(now).clock)
    believe(vector["headers"], vector["body"].encode(), keyring, now)
    with pytest.raises(BadRecord, match="does not fit"):
        believe(vector["headers"], vector["body"].encode() + b"&", keyring, now)


@pytest.mark.parametrize("encoded", [False, True])
def test_slack_is_answered_with_its_challenge(world: MemoryWorld, encoded: bool) -> None:
    answer = said(world, signed("events", HELLO, encoded=encoded))
    assert (answer.status, answer.body) == (200, {"challenge": "3eZbrw1a"})


@pytest.mark.parametrize("seconds", [-300, 300])
def test_clocks_may_differ_by_five_minutes(world: MemoryWorld, seconds: int) -> None:
    assert said(world, signed("events", HELLO, A_MOMENT + timedelta(seconds=seconds))).status == 200


@pytest.mark.parametrize("seconds", [-301, 301, -86_400])
def test_a_replayed_or_future_request_is_refused(world: MemoryWorld, seconds: int) -> None:
    assert said(world, signed("events", HELLO, A_MOMENT + timedelta(seconds=seconds))).status == 401


def forged() -> list[Call]:
    good = signed("events", HELLO)
    other = {
        **good.headers,
        "x-slack-signature": signed("events", HELLO, secret="guessed").headers["x-slack-signature"],
    }
    return [
        good._replace(headers=other),
        good._replace(body=HELLO + " "),
        good._replace(body=HELLO[:-1]),
        good._replace(body=""),
        good._replace(headers={}),
        good._replace(headers={**good.headers, "x-slack-signature": ""}),
        good._replace(headers={**good.headers, "x-slack-signature": "v0=é"}),
        good._replace(headers={**good.headers, "x-slack-signature": good.headers["x-slack-signature"][3:]}),
        good._replace(headers={**good.headers, "x-slack-request-timestamp": "²"}),
        good._replace(headers={**good.headers, "x-slack-request-timestamp": "-1"}),
        good._replace(headers={**good.headers, "x-slack-request-timestamp": "9" * 40}),
        good._replace(headers={**good.headers, "x-slack-request-timestamp": "9" * 400}),
        good._replace(headers={**good.headers, "x-slack-request-timestamp": "9" * 5_000}),
        good._replace(headers={**good.headers, "x-slack-request-timestamp": str(int(A_MOMENT.timestamp()) + 1)}),
    ]


@pytest.mark.parametrize("call", forged())
def test_a_forged_or_truncated_request_is_refused_and_nothing_is_looked_at(world: MemoryWorld, call: Call) -> None:
    assert said(world, call).status == 401
    assert slack_of(world).calls == []


def test_a_secret_that_is_missing_or_empty_believes_nobody(world: MemoryWorld) -> None:
    for secret in ({}, {"bot_token": "xoxb-1"}, {"signing_secret": ""}):
        answer = said(world, signed("events", HELLO, secret=""), secret)
        assert answer.status == 503
        assert 'no "signing_secret"' in answer.why


def test_a_secret_that_was_changed_a_moment_ago_is_read_again(world: MemoryWorld) -> None:
    secrets = {"signing_secret": "old"}
    keyring = Keyring(lambda _: dict(secrets), world.clock)
    keyring.secret("slack", timedelta(minutes=5))
    secrets["signing_secret"] = SECRET
    world.clock.push(seconds=11)
    assert answer_slack(signed("events", HELLO, world.clock.now()), keyring, stage(world)).status == 200


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (signed("elsewhere", HELLO), 404),
        (signed("events", "x" * (LIMIT + 1)), 413),
        (signed("events", "{"), 400),
        (signed("events", "[]"), 400),
        (signed("events", HELLO, encoded=True)._replace(body="%%%"), 400),
        (signed("actions", "payload=nothing"), 400),
        (signed("actions", "payload=" + "%5B" * 50_000), 400),
        (signed("events", "[" * 100_000), 400),
        (signed("actions", "payload=[]"), 400),
        (signed("actions", "other=1"), 400),
        (signed("events", '{"type": "event_callback", "event": {"type": "message"}}'), 200),
        (signed("events", '{"type": "event_callback", "event": 7}'), 200),
        (signed("actions", urlencode({"payload": '{"type": "shortcut"}'})), 200),
        (signed("actions", urlencode({"payload": '{"type": "block_actions", "actions": []}'})), 400),
        (signed("actions", urlencode({"payload": '{"type": "view_submission"}'})), 400),
    ],
)
def test_what_is_not_ours_is_refused_or_ignored(world: MemoryWorld, call: Call, status: int) -> None:
    assert said(world, call).status == status
    assert stored(world).version == 1


def test_the_modal_is_opened_before_anything_else_is_done(world: MemoryWorld) -> None:
    assert press(world, "edit").status == 200
    assert slack_of(world).calls == ["open_view 111.222.valid", "email_of", "update_view"]
    assert "how is it going?" in last_view(world)


def test_the_modal_offers_everybody_with_an_address_but_no_sponsor(world: MemoryWorld) -> None:
    press(world, "edit")
    assert "dana@acme.example" in last_view(world)
    assert "eve@acme.example" not in last_view(world)
    assert "Fred" not in last_view(world)


def test_a_submitted_draft_is_sent_with_the_persons_words(world: MemoryWorld) -> None:
    assert submit(world).body == {"response_action": "clear"}
    mail = stored(world).check_in
    assert (mail.status, mail.approved_by) == ("approved", "carla@example.com")
    assert (mail.final.subject, mail.final.text) == ("A word", "Hi Charlie, a word?")
    assert mail.suggested.subject == "A quick check-in", "the draft is kept, to see what was changed"
    assert errands(world) == [f"{ID}/outreach/check_in/2", f"{ID}/card/2", f"{ID}/crm/2"]
    assert CARLA in slack_of(world).homes


def test_what_a_person_changed_is_told_wherever_somebody_asks(world: MemoryWorld) -> None:
    submit(world)
    _, (told,) = why("acme", world, backstage(world).bundle())
    assert "changed by a person: " in told.standing
    assert "“quick check-in” → “word”" in told.standing


def test_a_double_click_sends_once_and_the_second_is_told(world: MemoryWorld) -> None:
    press(world, "send")
    first = errands(world)
    press(world, "send", MONA)
    assert [one for one in first if "outreach" in one] == [f"{ID}/outreach/check_in/2"]
    assert errands(world) == [f"{ID}/card/2", f"{ID}/crm/2"], "the card catches up; nothing is sent"
    assert "Carla pressed send already; nothing was done." in last_view(world)


def test_a_submission_that_slack_repeats_is_done_already(world: MemoryWorld) -> None:
    submit(world)
    errands(world)
    assert submit(world).body == {"response_action": "clear"}
    assert errands(world) == []
    assert submit(world, text="Other words").body["response_action"] == "update"
    assert submit(world, who=MONA).body["response_action"] == "update"


@pytest.mark.parametrize("who", [CARLA, MONA, ADA])
def test_the_csm_their_manager_and_an_admin_may_act(world: MemoryWorld, who: str) -> None:
    press(world, "send", who)
    assert stored(world).check_in.status == "approved"


@pytest.mark.parametrize("who", [OTTO, STRANGER])
@pytest.mark.parametrize("action", ["send", "edit", "not_a_risk", "cancel", "was_sent", "send_again", "snooze"])
def test_nobody_else_may_and_learns_nothing_about_the_account(world: MemoryWorld, who: str, action: str) -> None:
    press(world, action, who, choice="1" if action == "snooze" else "")
    assert stored(world).version == 1
    assert errands(world) == []
    assert "Only the account" in last_view(world)
    assert "Charlie" not in last_view(world)


@pytest.mark.parametrize("who", [OTTO, STRANGER])
def test_a_submission_with_forged_metadata_is_refused(world: MemoryWorld, who: str) -> None:
    answer = submit(world, who=who)
    assert answer.body["response_action"] == "update"
    assert "Only the account" in json.dumps(answer.body)
    assert stored(world).version == 1


def test_a_person_of_another_account_cannot_be_chosen(world: MemoryWorld) -> None:
    for stranger in ("c9", "c3", "c4"):
        answer = submit(world, to=stranger)
        assert answer.body == {
            "response_action": "errors",
            "errors": {"to": "This person can no longer be written to; choose another."},
        }
    assert stored(world).version == 1


def test_somebody_else_can_be_written_to(world: MemoryWorld) -> None:
    submit(world, "Hi Dana, a word?", to="c2")
    one = stored(world)
    assert (one.contact_id, one.contact_name, one.contact_email) == ("c2", "Dana", "dana@acme.example")
    assert one.check_in.status == "approved"
    assert [entry.code for entry in one.log] == ["recipient", "approved"]


def test_the_same_recipient_again_is_no_change(world: MemoryWorld) -> None:
    submit(world, to="c1")
    assert [entry.code for entry in stored(world).log] == ["approved"]


@pytest.mark.parametrize(
    ("subject", "text", "wrong"),
    [
        ("", "x", ["subject"]),
        ("x", " \n", ["text"]),
        ("", "", ["subject", "text"]),
        ("s" * 257, "t" * 3_001, ["subject", "text"]),
    ],
)
def test_what_cannot_be_sent_is_said_beside_its_input(
    world: MemoryWorld, subject: str, text: str, wrong: list[str]
) -> None:
    answer = submit(world, text, subject)
    assert answer.body["response_action"] == "errors"
    assert list(answer.body["errors"]) == wrong
    assert stored(world).version == 1


def test_a_subject_stays_on_one_line(world: MemoryWorld) -> None:
    submit(world, subject="Hello\r\nBcc: all@example.com")
    assert stored(world).check_in.final.subject == "Hello Bcc: all@example.com"


@pytest.mark.parametrize(
    ("payload", "name"),
    [({"c": "x", "s": "third"}, "step"), ({"s": "check_in"}, "conversation"), ([], "list"), ("x", "text")],
)
def test_a_value_that_we_never_gave_is_refused(world: MemoryWorld, payload: Any, name: str) -> None:
    click = {
        "type": "block_actions", "user": {"id": CARLA}, "trigger_id": "1",
        "actions": [{"action_id": "send", "value": json.dumps(payload)}],
    }  # fmt: skip
    assert said(world, signed("actions", urlencode({"payload": json.dumps(click)}))).status == 400


def test_a_button_of_somebody_else_is_ignored(world: MemoryWorld) -> None:
    assert press(world, "vote").body == {}
    assert slack_of(world).calls == []


@pytest.mark.parametrize(
    ("failure", "why"), [(TryAgain("slack: trigger_expired"), "TryAgain"), (NeedsHuman("x"), "Needs")]
)
def test_when_slack_does_not_open_the_modal_the_person_is_told_to_click_again(
    world: MemoryWorld, failure: Exception, why: str
) -> None:
    slack_of(world).failures.append(failure)
    answer = press(world, "edit")
    assert answer.status == 503
    assert why in answer.why


def test_a_home_that_slack_does_not_take_undoes_nothing(world: MemoryWorld) -> None:
    real = slack_of(world).publish_home

    def busy(user_id: str, view: dict[str, Any]) -> None:
        raise TryAgain("slack: ratelimited")

    slack_of(world).publish_home = busy  # type: ignore[method-assign]
    assert press(world, "send").status == 200
    assert stored(world).check_in.status == "approved"
    slack_of(world).publish_home = real  # type: ignore[method-assign]


def opened(world: MemoryWorld, who: str, tab: str = "home") -> dict[str, Any]:
    event = {"type": "event_callback", "event": {"type": "app_home_opened", "user": who, "tab": tab}}
    assert said(world, signed("events", json.dumps(event))).status == 200
    return slack_of(world).homes.get(who, {})


def test_home_shows_what_waits_for_whoever_opens_it(world: MemoryWorld) -> None:
    assert "1 to decide" in json.dumps(opened(world, CARLA))
    assert "1 to decide" in json.dumps(opened(world, MONA)), "her manager sees what waits for her"
    assert "1 to decide" in json.dumps(opened(world, ADA))
    assert "Nothing waits for you" in json.dumps(opened(world, OTTO))
    assert "Nothing waits for you" in json.dumps(opened(world, STRANGER))


def test_only_the_home_tab_is_filled(world: MemoryWorld) -> None:
    assert opened(world, CARLA, tab="messages") == {}


def test_an_event_that_slack_repeats_changes_nothing(world: MemoryWorld) -> None:
    assert opened(world, CARLA) == opened(world, CARLA)


def test_the_team_may_be_empty(world: MemoryWorld) -> None:
    from health_monitor.flows.slack_cards import whose
    from health_monitor.model.routing import Team

    assert whose("carla@example.com", Team()) == ["carla@example.com"]
    assert whose("ada@example.com", backstage(world).bundle().team)[-1] == "", "an admin sees nobody's accounts too"
