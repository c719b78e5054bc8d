"""Take in what a source sends: believe it, keep it, queue it, answer. Understanding it comes later, in its own time."""

import base64
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any, NamedTuple

from health_monitor.flows.keyring import DOUBT, LIFE, Keyring
from health_monitor.model.errors import BadRecord, NeedsHuman, TryAgain
from health_monitor.model.source import Pointer
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.clock import Clock
from health_monitor.ports.intake import Inbox
from health_monitor.sources import SOURCES
from health_monitor.sources.spec import Headers, Push, SourceSettings

INBOX = "inbox/"
LIMIT = 1024 * 1024
"""Bytes of a body."""
RETRY_AFTER_SECONDS = 30
_SPEED = 4  # the sender waits; a smaller file is not worth his time


class Knock(NamedTuple):
    """A request at our door; `body` is base64 when it is `encoded`."""

    source: str
    headers: Mapping[str, str]
    body: str
    encoded: bool


class Answer(NamedTuple):
    """What the sender hears, as an HTTP status and JSON; `why` is for our own log."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = {}  # noqa: RUF012  (nobody changes it)
    why: str = ""


@dataclass(frozen=True)
class Door:
    """What the webhook needs: which sources are on, their secrets, and where bodies go."""

    sources: Mapping[str, SourceSettings]
    keyring: Keyring
    blobs: Blobs
    inbox: Inbox
    clock: Clock


def receive_webhook(knock: Knock, door: Door) -> Answer:
    """202 once the body is stored and queued; sending it again is harmless."""
    settings = door.sources.get(knock.source)
    push = SOURCES[knock.source].push if settings else None
    if push is None:
        return _refused(
            404, BadRecord("source", "is not on", "check the address, or turn it on in config/sources.yaml")
        )
    status = 400
    try:
        body, headers = _body(knock), {name.lower(): value for name, value in knock.headers.items()}
        if len(body) > LIMIT:
            error = BadRecord("body", f"has {len(body)} bytes, more than {LIMIT}", "send fewer records at once")
            return _refused(413, error)
        status = 401
        _believe(push, settings, knock.source, headers, body, door)
        status = 400
        received = push.count(body)
        _keep(knock.source, body, door)
    except BadRecord as error:
        return _refused(status, error)
    except (TryAgain, NeedsHuman) as error:
        return _busy(error)
    return Answer(202, {"received": received})


def _body(knock: Knock) -> bytes:
    try:
        return base64.b64decode(knock.body, validate=True) if knock.encoded else knock.body.encode()
    except ValueError:
        raise BadRecord("body", "cannot be decoded", "send JSON in UTF-8") from None


def _believe(push: Push, settings: Any, source: str, headers: Headers, body: bytes, door: Door) -> None:
    now = door.clock.now()
    secret = door.keyring.secret(source, LIFE)
    try:
        push.verify(settings, headers, body, secret, now)
    except BadRecord:
        newer = door.keyring.secret(source, DOUBT)
        if newer == secret:
            raise
        push.verify(settings, headers, body, newer, now)


def _keep(source: str, body: bytes, door: Door) -> None:
    """Named by its content, and queued even when it is there: whoever died in between is healed by repetition."""
    now = door.clock.now().astimezone(UTC)
    key = f"{INBOX}{source}/{now.date()}/{hashlib.sha256(body).hexdigest()}.json.gz"
    door.blobs.put_absent(key, gzip.compress(body, _SPEED, mtime=0))
    door.inbox.put(Pointer(source=source, key=key, received_at=now))


def _refused(status: int, error: BadRecord) -> Answer:
    told = {"field": error.field, "reason": error.reason, "remedy": error.remedy}
    return Answer(status, {"error": told}, why=f"{error.field} {error.reason}")


def _busy(error: Exception) -> Answer:
    remedy = f"send it again after {RETRY_AFTER_SECONDS} seconds"
    told = {"field": "", "reason": "cannot be taken in at the moment", "remedy": remedy}
    return Answer(503, {"error": told}, {"Retry-After": str(RETRY_AFTER_SECONDS)}, f"{type(error).__name__}: {error}")
