"""What the local Slack knows and says to the product: messages, views and people, with Slack's own refusals."""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

TEAM, APP, BOT = "T0LOCAL", "A0LOCAL", "U0BOT"
CONTENT = ("text", "blocks", "attachments")
TRIGGER_SECONDS = 3.0
"""A modal can be opened so long after the press that asks for it."""
BLOCKS_IN_A_MESSAGE, BLOCKS_IN_A_VIEW, TITLE_LENGTH, METADATA_LENGTH = 50, 100, 24, 3000
Said = dict[str, Any]


class Person(NamedTuple):
    """Somebody in the workspace."""

    user_id: str
    email: str
    name: str
    role: str

    @property
    def handle(self) -> str:
        """The short name."""
        return self.email.partition("@")[0]

    @property
    def shown(self) -> Said:
        """What the page shows."""
        return {"id": self.user_id, "email": self.email, "name": self.name, "role": self.role}

    @property
    def told(self) -> Said:
        """What Slack tells an app."""
        profile = {"email": self.email, "real_name": self.name, "display_name": self.handle}
        return {"id": self.user_id, "team_id": TEAM, "name": self.handle, "real_name": self.name, "deleted": False,
                "is_bot": False, "profile": profile}  # fmt: skip


def a_person(email: str, name: str, role: str) -> Person:
    """Somebody with an id that follows from the address."""
    return Person("U" + hashlib.blake2b(email.lower().encode(), digest_size=5).hexdigest().upper(), email, name, role)


class _RefusedError(Exception):
    """Slack refuses; its word for why."""


@dataclass
class SlackApi:
    """The Web API, and everything it was told. `down` makes every call fail until it is set back."""

    token: str
    people: dict[str, Person] = field(default_factory=dict)
    trigger_seconds: float = TRIGGER_SECONDS
    down: bool = False
    whispers: list[tuple[str, str]] = field(default_factory=list)
    open_views: dict[str, Said] = field(default_factory=dict)
    homes: dict[str, Said] = field(default_factory=dict)
    _messages: dict[str, Said] = field(default_factory=dict)
    _channels: dict[str, str] = field(default_factory=dict)
    _triggers: dict[str, float] = field(default_factory=dict)
    _asked_by: dict[str, str] = field(default_factory=dict)
    _numbers: Iterable[int] = field(default_factory=lambda: count(1))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def invite(self, people: Iterable[Person]) -> None:
        """Let these people be in the workspace."""
        self.people |= {person.user_id: person for person in people}

    def answer(self, method: str, authorization: str, asked: Mapping[str, str], body: bytes | None) -> Said:
        """What Slack says to one call; like Slack, it answers a refusal with HTTP 200 and `ok: false`."""
        with self._lock:
            try:
                self._admit(authorization)
                return {"ok": True} | self._method(method)(_arguments(method, asked, body))
            except _RefusedError as refused:
                return {"ok": False, "error": str(refused)}

    def messages(self) -> list[Said]:
        """Every message as it stands, oldest first, with the channel's name."""
        with self._lock:
            return [one | {"channel": self.name_of(one["channel"])} for one in self._messages.values()]

    def message(self, ts: str) -> Said:
        """One message. Raises KeyError when there is none."""
        return self._messages[ts]

    def name_of(self, channel: str) -> str:
        """The channel's name, as it was written to."""
        return next((name for name, number in self._channels.items() if number == channel), channel)

    def rewrite(self, ts: str, told: Said) -> None:
        """Replace what a message says."""
        with self._lock:
            kept = {key: self._messages[ts][key] for key in ("ts", "channel")}
            new = {part: told[part] for part in CONTENT if told.get(part)}
            self._messages[ts] = {**kept, **new, "edited": {"user": BOT, "ts": self._moment()}}

    def whisper(self, user: str, text: str) -> None:
        """Say something that only one person sees."""
        self.whispers.append((user, text))

    def show_view(self, user: str, view: Said) -> Said:
        """Put a modal before somebody."""
        number = self.number()
        shown = {"id": f"V{number}", "team_id": TEAM, "hash": f"{number}.local", "app_id": APP, "bot_id": "B0LOCAL",
                 "root_view_id": f"V{number}", "previous_view_id": None, "state": {"values": {}}, **view}  # fmt: skip
        self.open_views[user] = shown
        return shown

    def a_trigger(self, user: str) -> str:
        """What allows a modal to be opened for somebody, once and soon."""
        trigger = f"{self.number()}.{TEAM}.{self._moment()}"
        self._triggers[trigger] = time.monotonic()
        self._asked_by[trigger] = user
        return trigger

    def number(self) -> int:
        """The next number."""
        return next(iter(self._numbers))

    def _method(self, name: str) -> Callable[[Said], Said]:
        known = {
            "auth.test": self._auth_test, "chat.postMessage": self._post, "chat.update": self._update,
            "chat.postEphemeral": self._whisper, "views.open": self._open, "views.update": self._update_view,
            "views.publish": self._publish, "users.info": self._info, "users.lookupByEmail": self._lookup,
        }  # fmt: skip
        if name not in known:
            raise _RefusedError("unknown_method")
        return known[name]

    def _admit(self, authorization: str) -> None:
        if self.down:
            raise _RefusedError("internal_error")
        if not authorization.startswith("Bearer "):
            raise _RefusedError("not_authed")
        if authorization != f"Bearer {self.token}":
            raise _RefusedError("invalid_auth")

    def _auth_test(self, _: Said) -> Said:
        return {"url": "https://local.slack.com/", "team": "Local", "user": "health-monitor", "team_id": TEAM,
                "user_id": BOT, "bot_id": "B0LOCAL", "is_enterprise_install": False}  # fmt: skip

    def _post(self, said: Said) -> Said:
        if not said.get("channel"):
            raise _RefusedError("channel_not_found")
        _check_content(said)
        channel, ts = self._channel(said["channel"]), self._moment()
        self._messages[ts] = {"ts": ts, "channel": channel} | {part: said[part] for part in CONTENT if said.get(part)}
        return {"channel": channel, "ts": ts, "message": {**self._messages[ts], "bot_id": "B0LOCAL", "type": "message"}}

    def _update(self, said: Said) -> Said:
        if said.get("channel") not in self._channels.values():  # by its id only: Slack knows no name here
            raise _RefusedError("channel_not_found")
        if said.get("ts") not in self._messages:
            raise _RefusedError("message_not_found")
        _check_content(said)
        self.rewrite(said["ts"], said)
        return {"channel": said["channel"], "ts": said["ts"], "text": said.get("text", ""),
                "message": self._messages[said["ts"]]}  # fmt: skip

    def _whisper(self, said: Said) -> Said:
        if said.get("user") not in self.people:
            raise _RefusedError("user_not_in_channel")
        _check_content(said)
        self.whisper(said["user"], str(said.get("text", "")))
        return {"message_ts": self._moment()}

    def _open(self, said: Said) -> Said:
        trigger = said.get("trigger_id", "")
        if trigger not in self._asked_by:
            raise _RefusedError("invalid_trigger_id")
        begun = self._triggers.pop(trigger, None)
        if begun is None:
            raise _RefusedError("exchanged_trigger_id")
        if time.monotonic() - begun > self.trigger_seconds:
            raise _RefusedError("expired_trigger_id")
        return {"view": self.show_view(self._asked_by[trigger], _checked_view(said, "modal"))}

    def _update_view(self, said: Said) -> Said:
        user = next((user for user, view in self.open_views.items() if view["id"] == said.get("view_id")), None)
        if user is None:
            raise _RefusedError("not_found")
        kept = self.open_views[user] | _checked_view(said, "modal")
        self.open_views[user] = kept | {"hash": f"{self.number()}.local"}
        return {"view": self.open_views[user]}

    def _publish(self, said: Said) -> Said:
        if said.get("user_id") not in self.people:
            raise _RefusedError("user_not_found")
        view = _checked_view(said, "home")
        self.homes[said["user_id"]] = {"id": f"V{self.number()}", "team_id": TEAM, "app_id": APP, **view}
        return {"view": self.homes[said["user_id"]]}

    def _info(self, said: Said) -> Said:
        if said.get("user") not in self.people:
            raise _RefusedError("user_not_found")
        return {"user": self.people[said["user"]].told}

    def _lookup(self, said: Said) -> Said:
        wanted = str(said.get("email", "")).lower()
        found = next((person for person in self.people.values() if person.email.lower() == wanted), None)
        if found is None:
            raise _RefusedError("users_not_found")
        return {"user": found.told}

    def _channel(self, name: str) -> str:
        if name in self._channels.values():
            return name
        made = name if name[:1] in "CDG" and name.isalnum() else f"C{len(self._channels) + 1:09d}"
        return self._channels.setdefault(name, made)

    def _moment(self) -> str:
        """Slack's mark of a moment, different each time."""
        return f"{int(time.time())}.{self.number():06d}"


def _arguments(method: str, asked: Mapping[str, str], body: bytes | None) -> Said:
    """Slack reads JSON in most methods; those about users want a form or a query."""
    if body is None or method.startswith("users."):
        return {name: json.loads(value) if name in ("view", "blocks") else value for name, value in asked.items()}
    try:
        told = json.loads(body)
    except ValueError:
        raise _RefusedError("invalid_json") from None
    if not isinstance(told, dict):
        raise _RefusedError("json_not_object")
    return told


def _check_content(said: Said) -> None:
    if not any(said.get(part) for part in CONTENT):
        raise _RefusedError("no_text")
    if len(said.get("blocks") or ()) > BLOCKS_IN_A_MESSAGE:
        raise _RefusedError("invalid_blocks")


def _checked_view(said: Said, kind: str) -> Said:
    view = said.get("view")
    if not isinstance(view, dict) or view.get("type") != kind or not view.get("blocks"):
        raise _RefusedError("invalid_arguments")
    title = (view.get("title") or {}).get("text", "")
    too_long = len(title) > TITLE_LENGTH or len(view.get("private_metadata") or "") > METADATA_LENGTH
    if too_long or len(view["blocks"]) > BLOCKS_IN_A_VIEW:
        raise _RefusedError("invalid_arguments")
    return view
