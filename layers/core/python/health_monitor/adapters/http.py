"""HTTP, with the one table that says which of our errors a status is."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from health_monitor.model.errors import NeedsHuman, TryAgain

TRY_AGAIN = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.LOCKED,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
"""Besides every 5xx."""

NEEDS_HUMAN: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "renew the key or token",
    HTTPStatus.PAYMENT_REQUIRED: "the vendor wants to be paid, or a larger plan",
    HTTPStatus.FORBIDDEN: "give the key or token the permission it lacks",
    HTTPStatus.NOT_FOUND: "check the address and the ids in the configuration",
    HTTPStatus.GONE: "the vendor has switched this off; change to what replaces it",
}
_OTHERWISE = "the vendor does not accept what we send; compare it with its documentation"


def a_client() -> httpx.Client:
    """A client that waits long enough for a slow vendor and not for a dead one."""
    return httpx.Client(timeout=httpx.Timeout(10.0, connect=3.0))


def carry(client: httpx.Client, request: httpx.Request, who: str) -> httpx.Response:
    """Send one request; a success comes back, anything else is TryAgain or NeedsHuman."""
    response = carry_out(client, request, who)
    check(response.status_code, who)
    return response


def carry_out(client: httpx.Client, request: httpx.Request, who: str) -> httpx.Response:
    """Send one request; whatever the answer says comes back, and no answer is TryAgain or NeedsHuman."""
    try:
        return client.send(request)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise NeedsHuman(f"{who}: the address {request.url} is no web address; correct it") from error
    except httpx.TransportError as error:
        raise TryAgain(f"{who}: no answer ({type(error).__name__})") from error


def check(status: int, who: str) -> None:
    """Say what a status means for us; a 2xx means nothing."""
    if 200 <= status < 300:
        return
    if passes(status):
        raise TryAgain(f"{who}: status {status}")
    raise NeedsHuman(f"{who}: status {status}; {NEEDS_HUMAN.get(status, _OTHERWISE)}")


def passes(status: int) -> bool:
    """Whether the same request may work later."""
    return status in TRY_AGAIN or status >= 500


def retry_after(value: str | None, now: datetime) -> float | None:
    """The seconds a vendor asks us to wait, which it writes as seconds or as a date; None when it says nothing."""
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):  # no date; or one without a zone, which cannot be compared
        return None
