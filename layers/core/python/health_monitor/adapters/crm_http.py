"""How both CRMs are asked: short waits where the vendor wants them, and every answer as one of our errors."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx

from health_monitor.adapters.http import carry_out, retry_after
from health_monitor.model.errors import TryAgain
from health_monitor.ports.clock import Clock

PATIENCE = 10.0
"""Seconds that a function waits itself; whoever is asked to wait longer comes back by the queue."""
TRIES = 3


class CrmHttp:
    """Requests to one CRM. `refused` raises what an answer means that is no success."""

    def __init__(
        self, who: str, address: str, client: httpx.Client, clock: Clock, refused: Callable[[httpx.Response], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._who, self._address, self._client = who, address, client
        self._clock, self._refused, self._sleep = clock, refused, sleep

    def ask(self, method: str, path: str, token: str, *, params: dict[str, str] | None = None, body: Any = None) -> Any:
        """The answer's content, None where it has none."""
        response = self.answer(method, path, token, params=params, body=body)
        if not response.is_success:
            self._refused(response)
        return self.content(response)

    def find(self, path: str, token: str, *, params: dict[str, str] | None = None) -> Any:
        """The content of a record; None where there is none."""
        response = self.answer("GET", path, token, params=params)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        if not response.is_success:
            self._refused(response)
        return self.content(response)

    def answer(
        self, method: str, path: str, token: str, *, params: dict[str, str] | None = None, body: Any = None
    ) -> httpx.Response:
        """Whatever it answers, after the waits that it asks for."""
        for _ in range(TRIES - 1):
            response = self._once(method, path, token, params, body)
            wait = retry_after(response.headers.get("retry-after"), self._clock.now())
            if response.status_code != HTTPStatus.TOO_MANY_REQUESTS or wait is None or wait > PATIENCE:
                return response
            self._sleep(wait)
        return self._once(method, path, token, params, body)

    def _once(self, method: str, path: str, token: str, params: dict[str, str] | None, body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self._address}{path}"
        request = self._client.build_request(method, url, params=params, json=body, headers=headers)
        return carry_out(self._client, request, self._who)

    def content(self, response: httpx.Response) -> Any:
        """What an answer holds."""
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError as error:
            raise TryAgain(f"{self._who}: an answer that is not JSON") from error
