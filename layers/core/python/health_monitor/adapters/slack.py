"""Plain messages to Slack."""

from health_monitor.adapters.slack_api import SlackApi
from health_monitor.model.alert import Message


class SlackCourier:
    """Posts plain text."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    def deliver(self, message: Message) -> str:
        text = f"*{_plain(message.subject)}*\n{_plain(message.text)}"
        body = {"channel": message.to, "text": text, "unfurl_links": False}
        return str(self._api.post("chat.postMessage", body).get("ts", ""))


def _plain(text: str) -> str:
    """As text only: an account called `<!channel>` must not call the whole channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
