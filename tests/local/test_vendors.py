"""The vendors' doubles over real sockets: what their limits and troubles look like to the client we deploy."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from health_monitor.adapters.clock import SystemClock
from health_monitor.adapters.vendor import HttpVendor, a_patient_client
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.model.request import Request
from health_monitor.sources import hubspot, mixpanel
from local import vendors
from local.vendors import Portal, Trouble, Vendor
from tests.contracts.vendors import an_event

pytestmark = pytest.mark.local

DAY = {"project_id": "1", "from_date": "2026-11-01", "to_date": "2026-11-01"}
EXPORT = Request("/export", DAY, headers={"accept-encoding": "gzip"}, lines=True)
EVENTS = [an_event(f"i{number}", note="x" * (number % 50)) for number in range(5_000)]


@pytest.fixture(name="export")
def _export() -> Iterator[Vendor]:
    double = vendors.mixpanel({"2026-11-01": EVENTS}).start()
    yield double
    double.stop()


@pytest.fixture(name="ask")
def _ask(export: Vendor) -> Iterator[Callable[..., Any]]:
    """Ask the export, with seconds to be patient for."""
    with httpx.Client(timeout=httpx.Timeout(1.0), trust_env=False) as client:
        headers = mixpanel.authorise(vendors.MIXPANEL_SECRET)
        vendor = HttpVendor("Mixpanel", export.address, lambda: headers, 0.4, SystemClock(), time.sleep, client)
        yield lambda seconds=3.0, request=EXPORT: vendor.ask(request, SystemClock().now() + timedelta(seconds=seconds))


def test_a_packed_export_comes_in_whole_lines(ask: Callable[..., Any]) -> None:
    blocks = list(ask())
    assert all(block.endswith(b"\n") for block in blocks)
    assert sum(block.count(b"\n") for block in blocks) == len(EVENTS)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_a_packed_export_that_is_cut_on_the_way_is_never_whole(
    ask: Callable[..., Any], export: Vendor, share: float
) -> None:
    export.troubles.append(Trouble(cut_at=share))
    with pytest.raises(TryAgain, match="broke off"):
        list(ask())


def test_a_vendor_that_is_silent_too_long_is_asked_again(ask: Callable[..., Any], export: Vendor) -> None:
    export.troubles.append(Trouble(silent_seconds=1.5))
    assert sum(block.count(b"\n") for block in ask(10.0)) == len(EVENTS)
    assert len(export.asked) == 2


def test_the_doubles_limit_is_kept_by_the_clients_pace(ask: Callable[..., Any], export: Vendor) -> None:
    empty = Request("/export", DAY | {"from_date": "2026-10-01", "to_date": "2026-10-01"}, lines=True)
    for _ in range(4):
        assert list(ask(request=empty)) == []
    assert len(export.asked) == 4, "none was throttled"


def test_the_double_throttles_those_who_do_not_keep_the_pace(export: Vendor) -> None:
    with httpx.Client(trust_env=False) as client:
        answers = [client.get(f"{export.address}/export").status_code for _ in range(4)]
    assert answers == [401, 401, 401, 429]


@pytest.mark.parametrize("wait", [None, "1"])
def test_a_throttled_export_comes_after_a_wait(ask: Callable[..., Any], export: Vendor, wait: str | None) -> None:
    export.troubles.append(Trouble(429, wait))
    began = time.monotonic()
    assert sum(block.count(b"\n") for block in ask(10.0)) == len(EVENTS)
    assert time.monotonic() - began >= float(wait or 0)


def test_both_doubles_want_to_know_who_asks(export: Vendor) -> None:
    portal = vendors.hubspot(Portal()).start()
    try:
        with a_patient_client() as client:
            for address, request in ((export.address, EXPORT), (portal.address, Request(hubspot.OWNERS))):
                stranger = HttpVendor("v", address, dict, 0, SystemClock(), time.sleep, client)
                with pytest.raises(NeedsHuman, match="401"):
                    stranger.ask(request, SystemClock().now())
    finally:
        portal.stop()


def test_the_double_ends_a_search_at_ten_thousand_like_hubspot() -> None:
    portal = vendors.hubspot(Portal()).start()
    body = {"filterGroups": [{"filters": []}], "sorts": [], "properties": [], "limit": 100, "after": "10000"}
    try:
        with httpx.Client(trust_env=False) as client:
            headers = hubspot.authorise(vendors.HUBSPOT_SECRET)
            answer = client.post(f"{portal.address}/crm/v3/objects/companies/search", json=body, headers=headers)
        assert answer.status_code == 400
    finally:
        portal.stop()
