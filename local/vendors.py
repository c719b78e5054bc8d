"""Stand-ins for Mixpanel's raw export and for HubSpot on this machine, with their limits, and failures on command."""

import base64
import gzip
import json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from local.aws import HOST

MIXPANEL_SECRET = {"user": "pull.local", "secret": "local-secret"}
HUBSPOT_SECRET = {"token": "pat-local"}
SEARCH_MOST = 10_000


@dataclass(frozen=True)
class Trouble:
    """How one answer goes wrong: a status, perhaps with Retry-After; seconds of silence; a body cut after a share."""

    status: int = 200
    retry_after: str | None = None
    silent_seconds: float = 0.0
    cut_at: float | None = None


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    params: dict[str, list[str]]
    headers: dict[str, str]
    body: Any = None


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Vendor:
    """A running double. `troubles` befall the next requests, one each; `asked` is everything it was asked."""

    reply: Callable[[Asked], Answer]
    per_second: float | None = None
    per_hour: int | None = None
    troubles: deque[Trouble] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    _moments: deque[float] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        """What the product calls instead of the vendor."""
        assert self._server is not None
        return f"http://{HOST}:{self._server.server_address[1]}"

    def start(self, port: int = 0) -> "Vendor":
        """Listen on this port, or on a free one."""
        self._server = _Server((HOST, port), _Door)
        self._server.vendor = self  # type: ignore[attr-defined]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def answer(self, asked: Asked) -> tuple[Answer, Trouble]:
        """What it says, and how that goes wrong on the way."""
        with self._lock:
            self.asked.append(asked)
            trouble = self.troubles.popleft() if self.troubles else Trouble()
            limited = self._over_the_limit(time.monotonic())
        if trouble.status != 200 or limited:
            said = {"retry-after": trouble.retry_after} if trouble.retry_after else {}
            return Answer(trouble.status if trouble.status != 200 else 429, b"{}", said), trouble
        return self.reply(asked), trouble

    def _over_the_limit(self, now: float) -> bool:
        while self._moments and self._moments[0] <= now - 3600:
            self._moments.popleft()
        lately = sum(1 for at in self._moments if at > now - 1)
        if (self.per_hour and len(self._moments) >= self.per_hour) or (self.per_second and lately >= self.per_second):
            return True
        self._moments.append(now)
        return False


def mixpanel(events: dict[str, Iterable[dict[str, Any]]], project_id: str = "1") -> Vendor:
    """The raw export of these events, by their day in the project's time zone."""

    def reply(asked: Asked) -> Answer:
        pair = base64.b64encode(f"{MIXPANEL_SECRET['user']}:{MIXPANEL_SECRET['secret']}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {pair}":
            return as_json(401, {"error": "Unauthorized"})
        if asked.path != "/export" or asked.params.get("project_id") != [project_id]:
            return as_json(400, {"error": "Unable to authenticate request"})
        first, last = asked.params["from_date"][0], asked.params["to_date"][0]
        wanted = json.loads(asked.params.get("event", ["[]"])[0])
        lines = (
            json.dumps(event)
            for day in sorted(events)
            if first <= day <= last
            for event in events[day]
            if not wanted or event["event"] in wanted
        )
        body = "".join(line + "\n" for line in lines).encode()
        if asked.headers.get("accept-encoding") == "gzip" and len(body) > 1400:
            return Answer(200, gzip.compress(body, 1), {"content-type": "text/plain", "content-encoding": "gzip"})
        return Answer(200, body, {"content-type": "text/plain"})

    return Vendor(reply, per_second=3, per_hour=60)


SUPPORT = {
    "id": "0", "label": "Support",
    "stages": [
        {"id": "1", "label": "New", "metadata": {"ticketState": "OPEN"}},
        {"id": "4", "label": "Closed", "metadata": {"ticketState": "CLOSED"}},
    ],
}  # fmt: skip


@dataclass
class Portal:
    """What a HubSpot portal holds: objects by kind and id, which belong together, and the owners.

    An object is {"id", "properties", "createdAt", "updatedAt", "archived"}; a link is (kind, id, kind, id).
    """

    objects: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    links: set[tuple[str, str, str, str]] = field(default_factory=set)
    owners: list[dict[str, Any]] = field(default_factory=list)
    pipelines: list[dict[str, Any]] = field(default_factory=lambda: [dict(SUPPORT)])
    """Those of tickets."""
    hidden: set[str] = field(default_factory=set)
    """Ids that HubSpot's index does not show yet."""

    def put(self, kind: str, number: str, updated_at: str, **properties: str | None) -> None:
        """Write an object, as of a moment in ISO 8601; HubSpot notes the moment among the properties, too."""
        moment = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        has = {"hs_object_id": number, moment: updated_at, **properties}
        found = {"id": number, "properties": has, "createdAt": updated_at, "updatedAt": updated_at, "archived": False}
        self.objects.setdefault(kind, {})[number] = found

    def link(self, kind: str, number: str, other: str, other_number: str) -> None:
        """Say that two objects belong together, both ways."""
        self.links |= {(kind, number, other, other_number), (other, other_number, kind, number)}

    def archive(self, kind: str, number: str, at: str) -> None:
        """Delete an object, as HubSpot does it: it can be seen in the archive for a while."""
        self.objects[kind][number] |= {"archived": True, "archivedAt": at, "updatedAt": at}


def hubspot(portal: Portal) -> Vendor:
    """HubSpot's objects, owners and associations."""

    def reply(asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {HUBSPOT_SECRET['token']}":
            return as_json(401, {"status": "error", "message": "Authentication credentials not found."})
        parts = asked.path.strip("/").split("/")
        if parts[2] in ("owners", "pipelines"):
            owners = _paged(portal.owners, asked.params)
            return as_json(200, owners if parts[2] == "owners" else {"results": portal.pipelines})
        if parts[:2] == ["crm", "v4"]:
            return as_json(200, {**COMPLETE, "results": _links(portal, parts[3], parts[4], asked.body["inputs"])})
        known = portal.objects.get(parts[3], {})
        if parts[4:] == ["search"]:
            return _search(list(known.values()), asked.body)
        if parts[4:] == ["batch", "read"]:
            found = [known[one["id"]] for one in asked.body["inputs"] if one["id"] in known]
            return as_json(200, {**COMPLETE, "results": [_shown(one, asked.body["properties"]) for one in found]})
        archived = asked.params.get("archived") == ["true"]
        listed = [known[number] for number in sorted(known, key=int) if known[number]["archived"] is archived]
        named = asked.params.get("properties", [""])[0].split(",")
        return as_json(200, _paged([_shown(one, named) for one in listed], asked.params))

    return Vendor(reply, per_second=19)


COMPLETE = {"status": "COMPLETE", "startedAt": "2026-01-01T00:00:00Z", "completedAt": "2026-01-01T00:00:00Z"}


def _search(known: list[dict[str, Any]], body: dict[str, Any]) -> Answer:
    start = int(body["after"])
    if start + body["limit"] > SEARCH_MOST:
        return as_json(400, {"status": "error", "message": "There is no page beyond 10,000 results."})
    found = [one for one in known if not one["archived"]]
    for asked in body["filterGroups"][0]["filters"]:
        found = [
            one for one in found if _passes(_number(one, asked["propertyName"]), asked["operator"], asked["value"])
        ]
    found.sort(key=lambda one: _number(one, body["sorts"][0]["propertyName"]))
    page = found[start : start + body["limit"]]
    answer: dict[str, Any] = {"total": len(found), "results": [_shown(one, body["properties"]) for one in page]}
    if start + len(page) < len(found):
        answer["paging"] = {"next": {"after": str(start + len(page))}}
    return as_json(200, answer)


def _passes(value: int, operator: str, wanted: str) -> bool:
    return {"GTE": value >= int(wanted), "GT": value > int(wanted), "EQ": value == int(wanted)}[operator]


def _number(found: dict[str, Any], name: str) -> int:
    said = found["properties"][name]
    if said.isdigit():
        return int(said)
    return round(datetime.fromisoformat(said).timestamp() * 1000)


def _shown(found: dict[str, Any], properties: list[str]) -> dict[str, Any]:
    always = {name: value for name, value in found["properties"].items() if name.endswith("lastmodifieddate")}
    return found | {"properties": always | {name: found["properties"].get(name) for name in properties if name}}


def _paged(found: list[dict[str, Any]], params: dict[str, list[str]]) -> dict[str, Any]:
    start, limit = int(params.get("after", ["0"])[0]), int(params.get("limit", ["10"])[0])
    more = {"paging": {"next": {"after": str(start + limit)}}} if start + limit < len(found) else {}
    return {"results": found[start : start + limit], **more}


def _links(portal: Portal, here: str, there: str, inputs: list[dict[str, str]]) -> list[dict[str, Any]]:
    types = [{"category": "HUBSPOT_DEFINED", "typeId": 1, "label": None}]
    results = []
    for one in inputs:
        to = sorted(link[3] for link in portal.links if link[:3] == (here, one["id"], there))
        if to:
            results.append(
                {"from": {"id": one["id"]}, "to": [{"toObjectId": int(n), "associationTypes": types} for n in to]}
            )
    return results


def as_json(status: int, body: Any) -> Answer:
    """An answer as JSON."""
    return Answer(status, json.dumps(body).encode(), {"content-type": "application/json"})


def body_of(headers: dict[str, str], sent: bytes) -> Any:
    """What a request says: JSON, or the fields of a form."""
    if headers.get("content-type") == "application/x-www-form-urlencoded":
        return parse_qs(sent.decode())
    return json.loads(sent) if sent else None


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked may be gone, as a function is that was stopped or killed; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Door(BaseHTTPRequestHandler):
    """Carries requests to the double, and its troubles back."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._carry()

    def do_POST(self) -> None:
        self._carry()

    def do_PATCH(self) -> None:
        self._carry()

    def log_message(self, *_: object) -> None:
        """Stay quiet: what was asked is kept."""

    def _carry(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        vendor: Vendor = self.server.vendor  # type: ignore[attr-defined]
        asked = Asked(self.command, url.path, parse_qs(url.query), headers, body_of(headers, sent))
        answer, trouble = vendor.answer(asked)
        time.sleep(trouble.silent_seconds)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        share = 1.0 if trouble.cut_at is None else trouble.cut_at
        self.wfile.write(answer.body[: int(share * len(answer.body))])
        self.close_connection = self.close_connection or share < 1
