"""Slack's Web API: one place for the token, and for what its error codes mean to us."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import httpx

from health_monitor.adapters.http import a_client, carry
from health_monitor.model.errors import NeedsHuman, TryAgain

TRY_AGAIN = frozenset(
    {
        "accesslimited",
        "fatal_error",
        "internal_error",
        "message_limit_exceeded",
        "rate_limited",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
        # The three seconds after a click were over: a new click brings a new trigger.
        "exchanged_trigger_id",
        "expired_trigger_id",
        "trigger_exchanged",
        "trigger_expired",
        # Somebody changed the view in between.
        "hash_conflict",
    }
)

_TOKEN = "install the Slack app again and put its new bot token into the secret"  # noqa: S105  (no token, advice)
_CHANNEL = "correct the channel (HM_SLACK_CHANNEL), or invite the app to it"
_SCOPE = "give the Slack app the scopes of docs/slack-app-manifest.yaml and install it again"

NEEDS_HUMAN = {
    "account_inactive": _TOKEN,
    "invalid_auth": _TOKEN,
    "not_authed": _TOKEN,
    "token_expired": _TOKEN,
    "token_revoked": _TOKEN,
    "channel_not_found": _CHANNEL,
    "is_archived": _CHANNEL,
    "not_in_channel": _CHANNEL,
    "missing_scope": _SCOPE,
    "no_permission": _SCOPE,
    "restricted_action": "let the app post in this channel (the workspace's own settings forbid it)",
    "not_enabled": "turn the app's Home tab on (App Home, Show Tabs)",
    "msg_too_long": "shorten the message's template",
}
_OTHERWISE = "look the code up in Slack's documentation of this method"
_TOKEN_REFUSED = frozenset(code for code, remedy in NEEDS_HUMAN.items() if remedy == _TOKEN)


class SlackApi:
    """Calls with a bot token, which is read when first needed and again after Slack refused it."""

    def __init__(self, api_url: str, read_token: Callable[[], str], client: httpx.Client | None = None) -> None:
        self._url = api_url.rstrip("/")
        self._read_token = read_token
        self._given_client = client
        self._token: str | None = None

    @cached_property
    def _client(self) -> httpx.Client:
        return self._given_client or a_client()

    def post(self, method: str, body: Mapping[str, Any], known: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Slack's answer to a call with a JSON body; an error code among `known` is an answer too."""
        request = self._client.build_request("POST", self._address(method), json=dict(body))
        return self._answer(request, known)

    def get(self, method: str, params: Mapping[str, str], known: frozenset[str] = frozenset()) -> dict[str, Any]:
        """The same for a method that only reads, and takes its arguments in the address."""
        request = self._client.build_request("GET", self._address(method), params=dict(params))
        return self._answer(request, known)

    def _address(self, method: str) -> httpx.URL:
        url = f"{self._url}/{method}"
        try:
            return httpx.URL(url)
        except httpx.InvalidURL as error:
            raise NeedsHuman(f"slack: the address {url} is no web address; correct it") from error

    def _answer(self, request: httpx.Request, known: frozenset[str]) -> dict[str, Any]:
        """Slack says 200 to failures too: only `ok` tells."""
        self._token = self._token or self._read_token()
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = carry(self._client, request, "slack")
        try:
            answer: dict[str, Any] = response.json()
        except ValueError as error:
            raise TryAgain("slack: an answer that is not JSON") from error
        if answer.get("ok") is True or answer.get("error") in known:
            return answer
        raise self._failure(str(answer.get("error", "no error code")))

    def _failure(self, code: str) -> Exception:
        if code in _TOKEN_REFUSED:
            # Somebody will put a new token into the secret; this process must not go on with the old one.
            self._token = None
        if code in TRY_AGAIN:
            return TryAgain(f"slack: {code}")
        return NeedsHuman(f"slack: {code}; {NEEDS_HUMAN.get(code, _OTHERWISE)}")
