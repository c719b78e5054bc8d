"""Where mail leaves on the laptop: SES's door in front of the local AWS, which keeps what the local AWS forgets.

The local AWS takes the mail and checks its sender; headers, tags and raw text are kept here, as a mailbox would have
them. Failures come on command.
"""

import base64
import http.client
import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from local.aws import HOST
from local.vendors import Trouble

SEND, SUPPRESSED = "/v2/email/outbound-emails", "/v2/email/suppression/addresses/"
IDENTITY = "/v2/email/identities/"
PROVEN = {
    "DkimAttributes": {"SigningEnabled": True, "Status": "SUCCESS"},
    "MailFromAttributes": {"MailFromDomainStatus": "SUCCESS"},
}
"""What SES says of an identity once its records stand in DNS; here there is no DNS, and they do."""
IDENTITY = "/v2/email/identities/"
GONE_WRONG = {429: "TooManyRequestsException", 400: "MessageRejected"}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Letter:
    """A mail as it left: parts and headers as the recipient has them, and the tags that only SES sees."""

    message_id: str
    at: float
    mail_from: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    headers: tuple[tuple[str, str], ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    configuration_set: str = ""

    @property
    def is_to_a_customer(self) -> bool:
        """Whether SES is to tell what becomes of it."""
        return bool(self.configuration_set)

    def header(self, name: str) -> str:
        """A header's value, empty when it has none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def address(self) -> str:
        """Whom it went to, without the name."""
        return parseaddr(self.to[0])[1] if self.to else ""


class _Answer(NamedTuple):
    status: int
    body: bytes
    headers: dict[str, str]


@dataclass
class PostOffice:
    """A running door. `troubles` befall the next mails, one each; `letters` are those that left, oldest first.

    `as_of`: the story's own time (seconds), where it is ahead of the clock; what is told of a mail carries it.
    """

    upstream: str = ""
    letters: list[Letter] = field(default_factory=list)
    troubles: deque[Trouble] = field(default_factory=deque)
    suppressed: set[str] = field(default_factory=set)
    heard: list[Callable[[Letter], None]] = field(default_factory=list)
    as_of: float = 0.0
    _server: ThreadingHTTPServer | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """What the product calls instead of SES."""
        assert self._server is not None
        return f"http://{HOST}:{self._server.server_address[1]}"

    def start(self) -> "PostOffice":
        """Listen on a free port."""
        self._server = ThreadingHTTPServer((HOST, 0), _Door)
        self._server.office = self  # type: ignore[attr-defined]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def now(self) -> float:
        """The clock's seconds, or the story's where that is further on."""
        return max(time.time(), self.as_of)

    def find(self, message_id: str) -> Letter:
        """One letter. Raises LookupError when there is none."""
        for letter in self.letters:
            if letter.message_id == message_id:
                return letter
        raise LookupError(message_id)

    def to_customers(self) -> list[Letter]:
        """The customer mails that left, oldest first."""
        return [letter for letter in self.letters if letter.is_to_a_customer]

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> _Answer:
        """What SES says."""
        place = urlsplit(path).path
        if method == "GET" and place.startswith(SUPPRESSED) and self._refuses(unquote(place[len(SUPPRESSED) :])):
            told = {"SuppressedDestination": {"EmailAddress": unquote(place[len(SUPPRESSED) :]), "Reason": "BOUNCE",
                                              "LastUpdateTime": time.time()}}  # fmt: skip
            return _Answer(200, json.dumps(told).encode(), JSON)
        if method == "GET" and place.startswith(IDENTITY):
            return _in_order(self._forward(method, path, headers, body), unquote(place[len(IDENTITY) :]))
        if (method, place) != ("POST", SEND):
            answer = self._forward(method, path, headers, body)
            return _proven(answer) if method == "GET" and place.startswith(IDENTITY) else answer
        with self._lock:
            trouble = self.troubles.popleft() if self.troubles else Trouble()
        if trouble.status != 200:
            name = GONE_WRONG.get(trouble.status, "InternalServiceError")
            return _Answer(trouble.status, b"{}", JSON | {"x-amzn-ErrorType": name})
        answer = self._forward(method, path, headers, body)
        if answer.status == 200:
            self._keep(_letter(json.loads(body), json.loads(answer.body)["MessageId"], self.now()))
        time.sleep(trouble.silent_seconds)  # it took the mail, and whoever gave it does not hear so
        return answer

    def _refuses(self, address: str) -> bool:
        return address.lower() in self.suppressed

    def _keep(self, letter: Letter) -> None:
        with self._lock:
            self.letters.append(letter)
        for listener in self.heard:
            listener(letter)

    def _forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> _Answer:
        place = urlsplit(self.upstream)
        line = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            told = {name: value for name, value in answer.getheaders() if name.lower().startswith(("content-t", "x-"))}
            return _Answer(answer.status, answer.read(), told)
        finally:
            line.close()


def _in_order(answer: _Answer, domain: str) -> _Answer:
    """An identity that is known has its DNS records in place, which nobody can set for the local AWS."""
    if answer.status != 200:
        return answer
    records = {"DkimAttributes": {"SigningEnabled": True, "Status": "SUCCESS"},
               "MailFromAttributes": {"MailFromDomain": f"mail.{domain}", "MailFromDomainStatus": "SUCCESS",
                                      "BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}}  # fmt: skip
    return _Answer(200, json.dumps(json.loads(answer.body) | records).encode(), JSON)


def _proven(answer: _Answer) -> _Answer:
    """The identity as it is once somebody has done what docs/deploy.md asks for; what is not there stays so."""
    if answer.status != 200:
        return answer
    told = json.loads(answer.body)
    proven = told | {kind: told.get(kind, {}) | said for kind, said in PROVEN.items()}
    return answer._replace(body=json.dumps(proven).encode())


def _letter(asked: dict[str, Any], message_id: str, at: float) -> Letter:
    destination = asked.get("Destination", {})
    common: dict[str, Any] = {
        "message_id": message_id,
        "at": at,
        "mail_from": asked.get("FromEmailAddress", ""),
        "to": tuple(destination.get("ToAddresses", ())),
        "tags": {tag["Name"]: tag["Value"] for tag in asked.get("EmailTags", ())},
        "configuration_set": asked.get("ConfigurationSetName", ""),
    }
    content = asked["Content"]
    if "Raw" in content:
        return _from_raw(base64.b64decode(content["Raw"]["Data"]), common)
    simple = content["Simple"]
    bodies = {kind: simple["Body"].get(kind, {}).get("Data", "") for kind in ("Text", "Html")}
    headers = tuple((one["Name"], one["Value"]) for one in simple.get("Headers", ()))
    return Letter(
        subject=simple["Subject"]["Data"], text=bodies["Text"], html=bodies["Html"], headers=headers, **common
    )


def _from_raw(raw: bytes, common: dict[str, Any]) -> Letter:
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    common["mail_from"] = str(mail["From"] or common["mail_from"])
    common["to"] = common["to"] or (str(mail["To"]),)
    return Letter(
        subject=str(mail["Subject"] or ""),
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
        headers=tuple((name, str(value)) for name, value in mail.items()),
        **common,
    )


class _Door(BaseHTTPRequestHandler):
    """Carries requests to the office."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._carry()

    def do_POST(self) -> None:
        self._carry()

    def do_PUT(self) -> None:
        self._carry()

    def do_DELETE(self) -> None:
        self._carry()

    def log_message(self, *_: object) -> None:
        """Stay quiet: what left is kept."""

    def _carry(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        office: PostOffice = self.server.office  # type: ignore[attr-defined]
        answer = office.answer(self.command, self.path, dict(self.headers.items()), body)
        try:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
        except ConnectionError:  # whoever asked has given up waiting
            self.close_connection = True
