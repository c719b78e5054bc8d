"""A stand-in for Slack on this machine: takes messages as Slack's Web API would, and shows what it was told."""

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from local.aws import HOST

TOKEN = "xoxb-local"
POST_MESSAGE = "/api/chat.postMessage"
CONTENT = ("text", "blocks", "attachments")


@dataclass(frozen=True)
class SlackSink:
    """A running Slack double; every accepted message is one JSON line in `file`."""

    file: Path
    server: ThreadingHTTPServer
    writing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def api_url(self) -> str:
        """What the product calls instead of https://slack.com/api."""
        return f"http://{HOST}:{self.server.server_address[1]}/api"

    @property
    def messages_url(self) -> str:
        """Where a person reads the messages in a browser."""
        return f"http://{HOST}:{self.server.server_address[1]}/messages"

    def messages(self) -> list[dict[str, Any]]:
        """Every message accepted so far, oldest first."""
        with self.writing:
            return [json.loads(line) for line in self.file.read_text().splitlines()]

    def answer(self, authorization: str, body: bytes) -> dict[str, Any]:
        """What Slack says to one message; like Slack, it answers a refusal with HTTP 200 and `ok: false`."""
        try:
            message = json.loads(body)
        except ValueError:
            return _refusal("invalid_json")
        if not isinstance(message, dict):
            return _refusal("json_not_object")
        error = _reason_to_refuse(authorization, message)
        return _refusal(error) if error else self._accept(message)

    def stop(self) -> None:
        """Stop listening; the file of messages stays."""
        self.server.shutdown()
        self.server.server_close()

    def _accept(self, message: dict[str, Any]) -> dict[str, Any]:
        with self.writing, self.file.open("a") as file:
            ts = f"{time.time():.6f}"
            file.write(json.dumps({"ts": ts, **message}) + "\n")
        return {"ok": True, "channel": message["channel"], "ts": ts, "message": {**message, "ts": ts}}


def start(file: Path, port: int = 0) -> SlackSink:
    """Start a Slack double on this port, or on a free one, with an empty file of messages."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("")
    sink = SlackSink(file, ThreadingHTTPServer((HOST, port), _Door))
    sink.server.sink = sink  # type: ignore[attr-defined]
    threading.Thread(target=sink.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return sink


def _reason_to_refuse(authorization: str, message: dict[str, Any]) -> str:
    if not authorization.startswith("Bearer "):
        return "not_authed"
    if authorization != f"Bearer {TOKEN}":
        return "invalid_auth"
    if not message.get("channel"):
        return "channel_not_found"
    return "" if any(message.get(part) for part in CONTENT) else "no_text"


def _refusal(error: str) -> dict[str, Any]:
    return {"ok": False, "error": error}


class _Door(BaseHTTPRequestHandler):
    """Carries requests to the sink."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != POST_MESSAGE:
            self._say(200, _refusal("unknown_method"))
            return
        self._say(200, self._sink().answer(self.headers.get("Authorization", ""), body))

    def do_GET(self) -> None:
        if self.path == "/messages":
            self._say(200, self._sink().messages())
        else:
            self._say(404, {"error": "Only /messages is here to read."})

    def log_message(self, *_: object) -> None:
        """Stay quiet: what arrived is in the file."""

    def _sink(self) -> SlackSink:
        sink: SlackSink = self.server.sink  # type: ignore[attr-defined]
        return sink

    def _say(self, status: int, answer: object) -> None:
        body = json.dumps(answer, indent=2, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
