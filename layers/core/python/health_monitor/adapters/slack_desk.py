"""Slack's cards, modals, App Home and people."""

from functools import cached_property
from typing import Any

from health_monitor.adapters.slack_api import SlackApi
from health_monitor.model.outreach import Card

SCOPES: dict[str, tuple[str, ...]] = {
    "auth.test": (),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "views.open": (),
    "views.update": (),
    "views.publish": (),
    "users.info": ("users:read", "users:read.email"),
    "users.lookupByEmail": ("users:read", "users:read.email"),
}
"""The methods that we call, and what each asks the workspace's admin for."""

_GONE = frozenset({"message_not_found", "cant_update_message"})
_NOBODY = frozenset({"user_not_found", "users_not_found", "user_not_visible", "user_is_bot"})


class SlackApiDesk:
    """Slack's Web API; who has which address is asked once a process."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self._emails: dict[str, str] = {}
        self._users: dict[str, str] = {}

    def post(self, channel: str, card: dict[str, Any]) -> Card:
        """Slack says which channel a name like #customer-health is: only that id can be used for rewriting."""
        body = {"channel": channel, **card, "unfurl_links": False, "unfurl_media": False}
        answer = self._api.post("chat.postMessage", body)
        return Card(channel=str(answer.get("channel", channel)), ts=str(answer["ts"]))

    def rewrite(self, channel: str, ts: str, card: dict[str, Any]) -> bool:
        answer = self._api.post("chat.update", {"channel": channel, "ts": ts, **card}, _GONE)
        return answer["ok"] is True

    def open_view(self, trigger_id: str, view: dict[str, Any]) -> str:
        return str(self._api.post("views.open", {"trigger_id": trigger_id, "view": view})["view"]["id"])

    def update_view(self, view_id: str, view: dict[str, Any]) -> None:
        # Whoever has closed the modal in the meantime needs no other one.
        self._api.post("views.update", {"view_id": view_id, "view": view}, frozenset({"not_found"}))

    def publish_home(self, user_id: str, view: dict[str, Any]) -> None:
        self._api.post("views.publish", {"user_id": user_id, "view": view})

    def email_of(self, user_id: str) -> str | None:
        if user_id not in self._emails:
            answer = self._api.get("users.info", {"user": user_id}, _NOBODY)
            self._learn(answer.get("user") or {})
        return self._emails.get(user_id)

    def user_of(self, email: str) -> str | None:
        if email.lower() not in self._users:
            answer = self._api.get("users.lookupByEmail", {"email": email}, _NOBODY)
            self._learn(answer.get("user") or {})
        return self._users.get(email.lower())

    def _learn(self, user: dict[str, Any]) -> None:
        """An address counts when Slack has confirmed it, and when it belongs to a person of our own workspace."""
        profile = user.get("profile") or {}
        email, doubted = profile.get("email"), user.get("is_email_confirmed") is False
        outsider = any(user.get(kind) for kind in ("deleted", "is_bot", "is_stranger"))
        if email and not outsider and not doubted and self._is_ours(user):
            self._emails[str(user["id"])] = email.lower()
            self._users[email.lower()] = str(user["id"])

    def _is_ours(self, user: dict[str, Any]) -> bool:
        """Who shares a channel with us is no stranger to Slack, and their own admin gives them any address."""
        team, company = self._home
        theirs = (user.get("enterprise_user") or {}).get("enterprise_id")
        return user.get("team_id") == team or (company is not None and theirs == company)

    @cached_property
    def _home(self) -> tuple[str, str | None]:
        """Our workspace, and the organisation that it is part of."""
        answer = self._api.post("auth.test", {})
        return str(answer["team_id"]), answer.get("enterprise_id") or None
