"""The people in the local Slack, and their hands: buttons, modals and the app's home, signed as Slack signs them."""

import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from local.slack_api import APP, TEAM, SlackApi

ANSWER_WITHIN_SECONDS = 3.0
"""Slack gives an app so long; a person then reads that it did not answer."""
PATIENCE_SECONDS = 30.0


class Posted(NamedTuple):
    """What the product answered to a signed request, and how long it took."""

    status: int
    body: str
    seconds: float

    @property
    def told(self) -> dict[str, Any]:
        """The answer as JSON; empty where there was none."""
        return dict(json.loads(self.body)) if self.body.strip().startswith("{") else {}


@dataclass
class Hands:
    """What people do in Slack. `product` is the address under which the product answers: /actions and /events follow.

    `slow_seconds`: how long an answer may take before the person reads that the app did not answer.
    """

    api: SlackApi
    secret: str
    product: str = ""
    address: str = ""
    slow_seconds: float = ANSWER_WITHIN_SECONDS

    @property
    def questions(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        """What Slack's page asks."""
        return {"state": self._state, "press": self._press, "submit": self._submit, "close": self._close,
                "home": self._home}  # fmt: skip

    def press(
        self, user: str, action: Mapping[str, Any], block_id: str, ts: str = "", view: Mapping[str, Any] | None = None
    ) -> Posted:
        """Somebody presses a button, or chooses from a menu, on a message (`ts`) or on a page of the app."""
        payload: dict[str, Any] = self._common("block_actions", user) | {
            "trigger_id": self.api.a_trigger(user),
            "actions": [{**action, "block_id": block_id, "action_ts": f"{time.time():.6f}"}],
        }
        if view:
            payload |= {"view": dict(view), "container": {"type": "view", "view_id": view["id"]}}
        else:
            payload |= self._on_message(ts, user)
        return self._post("/actions", urlencode({"payload": json.dumps(payload)}), "application/x-www-form-urlencoded")

    def submit(self, user: str, values: Mapping[str, Mapping[str, Any]]) -> Posted:
        """Somebody submits the modal that is open before them: `values` by block and action."""
        view = self.api.open_views[user]
        payload = self._common("view_submission", user) | {
            "trigger_id": self.api.a_trigger(user),
            "view": {**view, "state": {"values": values}},
            "response_urls": [],
        }
        answer = self._post(
            "/actions", urlencode({"payload": json.dumps(payload)}), "application/x-www-form-urlencoded"
        )
        self._after_submitting(user, answer)
        return answer

    def open_home(self, user: str) -> Posted:
        """Somebody opens the app's home."""
        event: dict[str, Any] = {"type": "app_home_opened", "user": user, "channel": f"D{user}", "tab": "home",
                 "event_ts": f"{time.time():.6f}"}  # fmt: skip
        if user in self.api.homes:
            event["view"] = self.api.homes[user]
        envelope = {"type": "event_callback", "team_id": TEAM, "api_app_id": APP, "event": event,
                    "event_id": f"Ev{self.api.number()}", "event_time": int(time.time())}  # fmt: skip
        return self._post("/events", json.dumps(envelope), "application/json")

    def responded(self, place: str, told: dict[str, Any]) -> dict[str, Any]:
        """What the product says to the address that came with a press: words for whoever pressed, or a new message."""
        user, _, ts = place.partition("/")
        if told.get("replace_original") and told.get("blocks"):
            self.api.rewrite(ts, told)
        else:
            self.api.whisper(user, str(told.get("text", "")))
        return {"ok": True}

    def _after_submitting(self, user: str, answer: Posted) -> None:
        told = answer.told
        if answer.status != 200 or told.get("response_action") == "errors":
            return
        if told.get("response_action") in ("update", "push"):
            self.api.show_view(user, told["view"])
        else:
            self.api.open_views.pop(user, None)

    def _state(self, said: dict[str, Any]) -> dict[str, Any]:
        user = str(said.get("user", ""))
        if user and user not in self.api.people:
            return {"error": "unknown user"}
        return {
            "people": [person.shown for person in self.api.people.values()],
            "messages": self.api.messages(),
            "whispers": [text for to, text in self.api.whispers if to == user],
            "view": self.api.open_views.get(user),
            "home": self.api.homes.get(user),
        }

    def _press(self, said: dict[str, Any]) -> dict[str, Any]:
        home = self.api.homes.get(said["user"]) if said.get("home") else None
        answer = self.press(said["user"], said["action"], said["block_id"], said.get("ts", ""), home)
        return self._told(answer)

    def _submit(self, said: dict[str, Any]) -> dict[str, Any]:
        if said["user"] not in self.api.open_views:
            return {"trouble": "This dialog is closed."}
        answer = self.submit(said["user"], said["values"])
        errors = answer.told.get("errors", {}) if answer.told.get("response_action") == "errors" else {}
        return self._told(answer) | {"errors": errors}

    def _close(self, said: dict[str, Any]) -> dict[str, Any]:
        self.api.open_views.pop(said["user"], None)
        return {}

    def _home(self, said: dict[str, Any]) -> dict[str, Any]:
        return self._told(self.open_home(said["user"]))

    def _told(self, answer: Posted) -> dict[str, Any]:
        """What a person sees of how the app answered."""
        if answer.status != 200:
            return {"trouble": f"The app answered with an error ({answer.status})."}
        if answer.seconds > self.slow_seconds:
            return {"trouble": f"The app took {answer.seconds:.1f} s; Slack waits for {self.slow_seconds:.0f}."}
        return {}

    def _common(self, kind: str, user: str) -> dict[str, Any]:
        person = self.api.people[user]
        return {
            "type": kind,
            "team": {"id": TEAM, "domain": "local"},
            "user": {"id": user, "username": person.handle, "name": person.handle, "team_id": TEAM},
            "api_app_id": APP,
            "token": "verification-token-local",
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _on_message(self, ts: str, user: str) -> dict[str, Any]:
        message = self.api.message(ts)
        channel = message["channel"]
        return {
            "channel": {"id": channel, "name": self.api.name_of(channel)},
            "container": {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False},
            "message": {key: value for key, value in message.items() if key != "channel"},
            "response_url": f"{self.address}/response/{user}/{ts}",
        }

    def _post(self, path: str, body: str, kind: str) -> Posted:
        moment = str(int(time.time()))
        headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": moment,
                   "X-Slack-Signature": signature(self.secret, moment, body)}  # fmt: skip
        place, begun = urlsplit(self.product), time.monotonic()
        line = http.client.HTTPConnection(str(place.hostname), place.port, timeout=PATIENCE_SECONDS)
        try:
            line.request("POST", place.path + path, body.encode(), headers)
            answer = line.getresponse()
            return Posted(answer.status, answer.read().decode(), time.monotonic() - begun)
        except (OSError, http.client.HTTPException) as error:
            return Posted(503, str(error), time.monotonic() - begun)
        finally:
            line.close()


def signature(secret: str, moment: str, body: str) -> str:
    """Slack's signature over a request's raw body."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{moment}:{body}".encode(), hashlib.sha256).hexdigest()
