"""A stand-in for Slack on this machine: its Web API for the product, and pages on which a person clicks it through."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from local.aws import HOST
from local.pages import Page, a_page
from local.slack_api import SlackApi
from local.slack_people import Hands

TOKEN = "xoxb-local"
SIGNING_SECRET = "signing-secret-local"
Questions = dict[str, Callable[[dict[str, Any]], Any]]
"""What a page may ask, by name: what it says goes in, what it is told comes out."""


@dataclass
class SlackSink:
    """A running Slack double. `questions`: what the pages of its address ask, the mailbox's too."""

    server: ThreadingHTTPServer
    api: SlackApi
    hands: Hands
    questions: Questions

    @property
    def url(self) -> str:
        """Where a person looks at Slack in a browser."""
        return f"http://{HOST}:{self.server.server_address[1]}"

    @property
    def api_url(self) -> str:
        """What the product calls instead of https://slack.com/api."""
        return f"{self.url}/api"

    @property
    def messages_url(self) -> str:
        """Every message as JSON."""
        return f"{self.url}/messages"

    def messages(self) -> list[dict[str, Any]]:
        """Every message as it stands now, oldest first."""
        return self.api.messages()

    def ask(self, name: str, said: dict[str, Any]) -> Any:
        """What a page asks. Raises LookupError when there is no such question."""
        return self.questions[name](said)

    def stop(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


def start(port: int = 0) -> SlackSink:
    """Start a Slack double on this port, or on a free one, with an empty channel."""
    server = ThreadingHTTPServer((HOST, port), _Door)
    api = SlackApi(TOKEN)
    hands = Hands(api, SIGNING_SECRET)
    sink = SlackSink(server, api, hands, hands.questions)
    hands.address = sink.url
    server.sink = sink  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return sink


class _Door(BaseHTTPRequestHandler):
    """Carries requests to the sink."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        place = urlsplit(self.path).path
        if place.startswith("/api/"):
            self._api(place.removeprefix("/api/"), body)
        elif place.startswith("/response/"):
            self._json(200, self._sink().hands.responded(place.removeprefix("/response/"), json.loads(body)))
        elif self._is_from_elsewhere():
            self._json(403, {"error": "Only this page may ask this."})
        else:
            self._desk(place.removeprefix("/desk/"), json.loads(body or b"{}"))

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.startswith("/api/"):
            self._api(url.path.removeprefix("/api/"), b"")
        elif url.path.startswith("/letter/"):
            self._letter(unquote(url.path.removeprefix("/letter/")))
        elif url.path == "/messages":
            self._json(200, self._sink().messages())
        elif page := a_page(url.path):
            self._say(200, page)
        else:
            self._json(
                404, {"error": "Look at / for Slack, /mail for the mailbox, /messages for the messages as JSON."}
            )

    def log_message(self, *_: object) -> None:
        """Stay quiet: what arrived is kept."""

    def _api(self, method: str, body: bytes) -> None:
        kind = self.headers.get("Content-Type", "")
        asked = dict(parse_qsl(urlsplit(self.path).query))
        if "json" not in kind:
            asked |= dict(parse_qsl(body.decode()))
        told = body if "json" in kind else None
        self._json(200, self._sink().api.answer(method, self.headers.get("Authorization", ""), asked, told))

    def _desk(self, name: str, said: dict[str, Any]) -> None:
        try:
            self._json(200, self._sink().ask(name, said))
        except LookupError as error:
            self._json(404, {"error": f"unknown: {error}"})

    def _letter(self, message_id: str) -> None:
        """A mail's HTML part, in a frame that runs nothing; the page around it measures it, and opens its links."""
        may = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
        policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox {may}"
        try:
            self._say(
                200, Page(self._sink().ask("letter", {"id": message_id}).encode(), "text/html; charset=utf-8", policy)
            )
        except LookupError:
            self._json(404, {"error": "There is no such mail."})

    def _is_from_elsewhere(self) -> bool:
        """A page of another site, open in the same browser, must not press our buttons."""
        origin = self.headers.get("Origin")
        return origin is not None and origin != f"http://{self.headers.get('Host')}"

    def _sink(self) -> SlackSink:
        sink: SlackSink = self.server.sink  # type: ignore[attr-defined]
        return sink

    def _json(self, status: int, answer: object) -> None:
        body = json.dumps(answer, indent=2, ensure_ascii=False).encode()
        self._say(status, Page(body, "application/json; charset=utf-8"))

    def _say(self, status: int, page: Page) -> None:
        self.send_response(status)
        self.send_header("Content-Type", page.kind)
        self.send_header("Content-Length", str(len(page.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", page.policy)
        self.end_headers()
        self.wfile.write(page.body)
