"""Messages to Slack."""

from collections.abc import Callable
from functools import cached_property

import httpx

from health_monitor.adapters.http import a_client, post_json
from health_monitor.model.alert import Message
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
    }
)

_TOKEN = "install the Slack app again and put its new bot token into the secret"  # noqa: S105  (no token, advice)
_CHANNEL = "correct the channel (HM_SLACK_CHANNEL), or invite the app to it"
_SCOPE = "give the Slack app the scope chat:write and install it again"

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
    "msg_too_long": "shorten the message's template",
}
_OTHERWISE = "look the code up under chat.postMessage in Slack's documentation"
_TOKEN_REFUSED = frozenset(code for code, remedy in NEEDS_HUMAN.items() if remedy == _TOKEN)


class SlackCourier:
    """Posts with a bot token, which is read when first needed and again after Slack refused it."""

    def __init__(self, api_url: str, read_token: Callable[[], str], client: httpx.Client | None = None) -> None:
        self._url = f"{api_url.rstrip('/')}/chat.postMessage"
        self._read_token = read_token
        self._given_client = client
        self._token: str | None = None

    @cached_property
    def _client(self) -> httpx.Client:
        return self._given_client or a_client()

    def deliver(self, message: Message) -> str:
        text = f"*{_plain(message.subject)}*\n{_plain(message.text)}"
        body: dict[str, object] = {"channel": message.to, "text": text, "unfurl_links": False}
        self._token = self._token or self._read_token()
        response = post_json(self._client, self._url, body, self._token, "slack")
        return self._receipt(response)

    def _receipt(self, response: httpx.Response) -> str:
        """Slack says 200 to failures too: only `ok` tells."""
        try:
            answer = response.json()
        except ValueError as error:
            raise TryAgain("slack: an answer that is not JSON") from error
        if answer.get("ok") is True:
            return str(answer.get("ts", ""))
        raise self._failure(str(answer.get("error", "no error code")))

    def _failure(self, code: str) -> Exception:
        if code in _TOKEN_REFUSED:
            # Somebody will put a new token into the secret; this process must not go on with the old one.
            self._token = None
        if code in TRY_AGAIN:
            return TryAgain(f"slack: {code}")
        return NeedsHuman(f"slack: {code}; {NEEDS_HUMAN.get(code, _OTHERWISE)}")


def _plain(text: str) -> str:
    """As text only: an account called `<!channel>` must not call the whole channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
