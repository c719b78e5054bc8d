"""Answer Slack: believe its signature, then do what was clicked, typed or opened."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from health_monitor.flows.keyring import DOUBT, LIFE, Keyring
from health_monitor.flows.slack_actions import click
from health_monitor.flows.slack_cards import publish_home
from health_monitor.flows.slack_modal import submit
from health_monitor.flows.slack_stage import Stage
from health_monitor.model.errors import BadRecord, NeedsHuman, TryAgain

SENDER = "slack"
LIMIT = 1024 * 1024
"""Bytes of a body; Slack's own are a few thousand."""
TOLERANCE = 300
"""Seconds that Slack's clock and ours may differ, in both directions."""
_STAMP = re.compile(r"[0-9]{1,12}")
"""Longer numbers are no moment, and no number that can be compared with one."""


class Call(NamedTuple):
    """A request as it arrived; `kind`: actions or events; `body` is base64 when it is `encoded`."""

    kind: str
    headers: Mapping[str, str]
    body: str
    encoded: bool


class Answer(NamedTuple):
    """What Slack hears, as a status and JSON; `why` is for our own log."""

    status: int
    body: dict[str, Any]
    why: str = ""


def answer_slack(call: Call, keyring: Keyring, stage: Stage) -> Answer:
    """200 with what Slack is to show; the same request again does nothing twice.

    A refusal says why; 503 makes Slack tell the person to try again, and send an event again.
    """
    status = 400
    try:
        body = _body(call)
        if len(body) > LIMIT:
            return Answer(413, {"error": "too long"}, f"{len(body)} bytes")
        status = 401
        believe(call.headers, body, keyring, stage.ports.clock.now())
        status = 400
        answers = {"actions": _actions, "events": _events}
        if call.kind not in answers:
            return Answer(404, {"error": "actions or events"}, "unknown address")
        return Answer(200, answers[call.kind](body, stage))
    except BadRecord as error:
        return Answer(status, {"error": str(error)}, str(error))
    except (TryAgain, NeedsHuman) as error:
        return Answer(503, {"error": "not now"}, f"{type(error).__name__}: {error}")


def believe(headers: Mapping[str, str], body: bytes, keyring: Keyring, now: datetime) -> None:
    """Slack signed exactly these bytes within the last minutes. Raises BadRecord when it did not."""
    given = {name.lower(): value for name, value in headers.items()}
    stamp, signature = given.get("x-slack-request-timestamp", ""), given.get("x-slack-signature", "")
    if not (_STAMP.fullmatch(stamp) and abs(now.timestamp() - int(stamp)) <= TOLERANCE):
        raise BadRecord("X-Slack-Request-Timestamp", "is not of these minutes", "send it again, freshly signed")
    for at_most in (LIFE, DOUBT):  # a secret that was changed a moment ago is read again
        if hmac.compare_digest(_signed(keyring, at_most, stamp, body), signature.encode()):
            return
    raise BadRecord("X-Slack-Signature", "does not fit", "put the app's signing secret into the Slack secret")


def _signed(keyring: Keyring, at_most: Any, stamp: str, body: bytes) -> bytes:
    secret = keyring.secret(SENDER, at_most).get("signing_secret")
    if not secret:
        raise NeedsHuman('the Slack secret has no "signing_secret"; copy it from the app\'s Basic Information')
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
    return f"v0={digest.hexdigest()}".encode()


def _body(call: Call) -> bytes:
    try:
        return base64.b64decode(call.body, validate=True) if call.encoded else call.body.encode()
    except ValueError:
        raise BadRecord("body", "cannot be decoded", "send it as Slack does") from None


def _actions(body: bytes, stage: Stage) -> dict[str, Any]:
    try:
        payload = _object(parse_qs(body.decode())["payload"][0])
    except (ValueError, KeyError):
        raise BadRecord("payload", "is no JSON in a form", "send it as Slack does") from None
    answers = {"block_actions": click, "view_submission": submit}
    answer = answers.get(str(payload.get("type")))
    return answer(payload, stage) if answer else {}


def _events(body: bytes, stage: Stage) -> dict[str, Any]:
    try:
        said = _object(body.decode())
    except ValueError:
        raise BadRecord("body", "is no JSON", "send it as Slack does") from None
    if said.get("type") == "url_verification":
        return {"challenge": str(said.get("challenge", ""))}
    event = said.get("event")
    if isinstance(event, dict) and event.get("type") == "app_home_opened" and event.get("tab", "home") == "home":
        user = str(event.get("user", ""))
        publish_home(user, stage.ports.slack.email_of(user), stage.ports)
    return {}


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except RecursionError:
        raise ValueError("too much in one another") from None
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found
