"""Asks a vendor's API: paced as the vendor wants it, again after a refusal of the moment, never beyond a deadline."""

import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from typing import Any

import httpx

from health_monitor.adapters.http import check, passes, retry_after
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.model.request import Headers, Request
from health_monitor.ports.clock import Clock

ATTEMPTS = 6
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds; the wait doubles from one to the other, and any share of it is taken."""
SLOW = httpx.Timeout(60.0, connect=5.0)
"""An export may think for a while before its first byte."""
UNUSABLE = (httpx.InvalidURL, httpx.UnsupportedProtocol)


def a_patient_client() -> httpx.Client:
    """A client that waits for a slow export; one is enough for a process."""
    return httpx.Client(timeout=SLOW)


class HttpVendor:
    """One vendor's API. `authorise` is called when first needed; `sleep` waits a number of seconds."""

    def __init__(
        self, who: str, address: str, authorise: Callable[[], Headers], seconds_between: float, clock: Clock,
        sleep: Callable[[float], None], client: httpx.Client,
    ) -> None:  # fmt: skip
        self._who, self._address, self._authorise = who, address.rstrip("/"), authorise
        self._between, self._clock, self._sleep = timedelta(seconds=seconds_between), clock, sleep
        self._client = client
        self._not_before: datetime | None = None

    @cached_property
    def _headers(self) -> Headers:
        return self._authorise()

    def ask(self, request: Request, until: datetime) -> Any:
        attempt = 0
        while True:
            self._keep_pace()
            response = self._answer(request)
            if not isinstance(response, _Refusal):
                return self._blocks(response) if request.lines else self._json(response)
            attempt += 1
            wait = self._wait(response, request, attempt)
            if attempt == ATTEMPTS or self._clock.now() + timedelta(seconds=wait) > until:
                raise TryAgain(f"{self._who}: {response.why} at attempt {attempt}; the next run goes on from here")
            self._sleep(wait)

    def _keep_pace(self) -> None:
        now = self._clock.now()
        if self._not_before and self._not_before > now:
            self._sleep((self._not_before - now).total_seconds())
        self._not_before = max(now, self._not_before or now) + self._between

    def _answer(self, request: Request) -> "httpx.Response | _Refusal":
        """The answer, its body still to be read; or why there is none for the moment."""
        url = f"{self._address}{request.path}"
        try:
            asked = self._client.build_request(
                request.method, url, params=dict(request.params), json=request.body,
                headers={**self._headers, **request.headers},
            )  # fmt: skip
            response = self._client.send(asked, stream=True)
            if 200 <= response.status_code < 300:
                return response
            response.close()
        except UNUSABLE as error:
            raise NeedsHuman(f"{self._who}: the address {url} is no web address; correct it") from error
        except httpx.TransportError as error:
            return _Refusal(f"no answer ({type(error).__name__})", None)
        if not passes(response.status_code):
            check(response.status_code, self._who)
        return _Refusal(f"status {response.status_code}", response.headers.get("retry-after"))

    def _wait(self, refusal: "_Refusal", request: Request, attempt: int) -> float:
        """Exponential with full jitter; the share is derived, so that it can be tested, and differs between callers."""
        now = self._clock.now()
        seed = f"{self._who} {request.path} {now.isoformat()} {attempt}".encode()
        share = int.from_bytes(blake2b(seed, digest_size=4).digest(), "big") / 2**32
        longest = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (attempt - 1))
        return (retry_after(refusal.retry_after, now) or 0.0) + share * longest

    def _json(self, response: httpx.Response) -> Any:
        try:
            response.read()
            return response.json()
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise TryAgain(f"{self._who}: the answer broke off ({type(error).__name__})") from error
        except ValueError as error:
            raise TryAgain(f"{self._who}: an answer that is not JSON") from error
        finally:
            response.close()

    def _blocks(self, response: httpx.Response) -> Iterator[bytes]:
        """The body in blocks of whole lines; a body that ends too early is never taken for a whole one."""
        rest = b""
        try:
            for block in _unpacked(response):
                lines, newline, rest = (rest + block).rpartition(b"\n")
                if newline:
                    yield lines + newline
        except (httpx.TransportError, httpx.DecodingError, zlib.error, EOFError) as error:
            raise TryAgain(f"{self._who}: the answer broke off ({type(error).__name__})") from error
        finally:
            response.close()
        if rest:
            yield rest


def _unpacked(response: httpx.Response) -> Iterator[bytes]:
    """By hand: the client takes a gzip body that was cut for a whole one."""
    if response.headers.get("content-encoding", "identity") != "gzip":
        yield from response.iter_bytes()
        return
    unpack, begun = zlib.decompressobj(wbits=31), False
    for packed in response.iter_raw():
        begun = True
        yield unpack.decompress(packed)
    if begun and not unpack.eof:
        raise EOFError


class _Refusal:
    def __init__(self, why: str, retry_after: str | None) -> None:
        self.why, self.retry_after = why, retry_after
