"""Senders on this machine: they sign as Segment and as a customer's own code do, and post to the local product."""

import hmac
import http.client
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from queue import Queue
from typing import NamedTuple
from urllib.parse import urlsplit

from local.product import LocalProduct

AT_ONCE = 4
"""Requests under way together: this machine has few cores, and the product shares them."""
TRIES = 5
ACCEPTED = 202


class SendError(Exception):
    """The product refused a body that should have been taken; the message holds what it said."""


class Use(NamedTuple):
    """`n` uses of one feature, as a sender knows them: `account` is the name that this sender uses."""

    account: str
    user_id: str
    event: str
    at: datetime
    use_id: str
    n: int = 1


class Body(NamedTuple):
    """What is posted to a source's address."""

    source: str
    data: bytes
    records: int


class Posted(NamedTuple):
    """How long the answer took that took the body, in seconds, and how many times it was posted."""

    seconds: float
    tries: int


def segment_body(use: Use) -> Body:
    """One track call: Segment sends each by itself where batching is off."""
    message = {
        "type": "track", "event": use.event, "userId": use.user_id, "messageId": use.use_id,
        "timestamp": use.at.isoformat(), "context": {"groupId": use.account}, "properties": {},
    }  # fmt: skip
    return Body("segment", json.dumps(message).encode(), 1)


def signed_body(uses: Sequence[Use]) -> Body:
    """Some events together."""
    events = [
        {
            "account_id": use.account, "user_id": use.user_id, "event": use.event, "occurred_at": use.at.isoformat(),
            "event_id": use.use_id, "n": use.n,
        }
        for use in uses
    ]  # fmt: skip
    return Body("signed", json.dumps({"events": events}).encode(), len(events))


def signature(source: str, secret: Mapping[str, str], data: bytes, now: datetime) -> dict[str, str]:
    """The headers by which the product believes that the source sent these bytes."""
    if source == "segment":
        return {"X-Signature": hmac.new(secret["shared_secret"].encode(), data, "sha1").hexdigest()}
    stamp = str(int(now.timestamp()))
    signed = hmac.new(secret["secret"].encode(), f"{stamp}.".encode() + data, "sha256").hexdigest()
    return {"X-Health-Monitor-Timestamp": stamp, "X-Health-Monitor-Signature": f"v1={signed}"}


def percentile(seconds: Iterable[float], share: float) -> float:
    """Within how many seconds this share of them was done."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass
class Senders:
    """Post bodies, a few at once, as senders do: signed, and again when the answer is an error of ours."""

    product: LocalProduct
    _secrets: dict[str, dict[str, str]] = field(default_factory=dict)

    def post(self, bodies: Iterable[Body]) -> list[Posted]:
        """Every body in this order, more or less. Raises SendError when one is refused."""
        waiting = list(bodies)
        for source in {body.source for body in waiting} - self._secrets.keys():
            self._secrets[source] = self.product.secret(source)
        lines = Queue[_Line]()
        for _ in range(AT_ONCE):
            lines.put(_Line(self.product.webhook_url))
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                return list(pool.map(partial(self._post, lines), waiting))
        finally:
            while not lines.empty():
                lines.get().close()

    def _post(self, lines: "Queue[_Line]", body: Body) -> Posted:
        line = lines.get()
        try:
            return self._insist(line, body)
        finally:
            lines.put(line)

    def _insist(self, line: "_Line", body: Body) -> Posted:
        said = ""
        for tries in range(1, TRIES + 1):
            begun = time.monotonic()
            headers = signature(body.source, self._secrets[body.source], body.data, datetime.now(UTC))
            status, said = line.ask(body, headers)
            if status == ACCEPTED:
                return Posted(time.monotonic() - begun, tries)
            if status < 500 and status != 429:
                raise SendError(f"{body.source}: {status} {said}")
            time.sleep(0.1 * 2**tries)
        raise SendError(f"{body.source}: still refused after {TRIES} tries: {said}")


class _Line:
    """One connection to the product, kept open from request to request."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._path = place.path
        self._connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)

    def ask(self, body: Body, headers: dict[str, str]) -> tuple[int, str]:
        """The answer's status and text; 503 when there was none."""
        told = headers | {"Content-Type": "application/json"}
        try:
            self._connection.request("POST", f"{self._path}/{body.source}", body.data, told)
            answer = self._connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.close()  # the next request opens it again
            return 503, str(error)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
