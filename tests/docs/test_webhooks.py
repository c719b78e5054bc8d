"""The webhook's document: its examples sign as the product verifies, and its tables are what the code does."""

import json
import re
import subprocess
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from health_monitor.adapters.clock import SystemClock
from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.keyring import Keyring
from health_monitor.flows.receive_webhook import LIMIT, Door, Knock, receive_webhook
from health_monitor.flows.reception import Reception
from health_monitor.flows.respond import is_answer
from health_monitor.flows.take_in import take_in
from health_monitor.model.account import Account, Contact
from health_monitor.model.heard import TOLD, columns_of
from health_monitor.sources import SOURCES
from health_monitor.sources.segment import SegmentSettings
from health_monitor.sources.signed import _Body, _Event, read, verify
from tests.docs.documents import ROOT, blocks

DOCUMENT = ROOT / "docs" / "webhooks.md"
TEXT = DOCUMENT.read_text()
KEY = "s3cret & more"
CURL = """
curl() { while [ $# -gt 0 ]; do case "$1" in
  --header) printf '%s\\n' "$2" >> headers; shift 2;; --data-binary) printf '%s' "$2" > body; shift 2;; *) shift;;
esac; done; }
"""


def example(language: str) -> str:
    (found,) = (block for block in blocks(DOCUMENT) if block.language == language)
    return "\n".join(found.lines)


def shown_answer() -> list[str]:
    """The block after the one with curl."""
    all_blocks = blocks(DOCUMENT)
    at = next(n for n, block in enumerate(all_blocks) if block.language == "bash")
    return all_blocks[at + 1].lines


@pytest.fixture
def world() -> MemoryWorld:
    return memory_world(SystemClock().now())


def answer(world: MemoryWorld, headers: dict[str, str], body: str) -> list[str]:
    """What the product says to a request, as curl prints it."""
    keyring = Keyring(lambda _: {"secret": KEY}, world.clock)
    on = {"signed": SOURCES["signed"].settings(enabled=True)}
    said = receive_webhook(
        Knock("signed", headers, body, False), Door(on, keyring, world.blobs, world.inbox, world.clock)
    )
    return [json.dumps(said.body), str(said.status)]


def test_the_example_with_curl_and_openssl_is_believed(tmp_path: Path, world: MemoryWorld) -> None:
    program = CURL + example("bash")
    subprocess.run(["bash", "-ec", program], cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "SECRET": KEY}, check=True)
    lines = (tmp_path / "headers").read_text().splitlines()
    headers = {name: value for line in lines for name, _, value in [line.partition(": ")]}
    assert answer(world, headers, (tmp_path / "body").read_text()) == shown_answer()


def test_the_example_in_python_is_believed(monkeypatch: pytest.MonkeyPatch, world: MemoryWorld) -> None:
    asked: list[urllib.request.Request] = []

    class Reply:
        def __enter__(self) -> "Reply":
            return self

        def __exit__(self, *_: object) -> None: ...

        def read(self) -> bytes:
            return b"{}"

    def urlopen(request: urllib.request.Request, timeout: float) -> Reply:
        asked.append(request)
        return Reply()

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    names: dict[str, Any] = {}
    exec(example("python"), names)
    names["send"]("https://example.com/webhooks/signed", KEY, events=[{}, {}], accounts=[{}])
    (request,) = asked
    assert isinstance(request.data, bytes)
    assert answer(world, dict(request.header_items()), request.data.decode()) == ['{"received": 3}', "202"]


def test_the_known_answer_is_right() -> None:
    secret, stamp, body = re.findall(r"secret `(\S+)`, the timestamp `(\d+)` and the body\s+`(.*)`", TEXT)[0]
    signature = re.findall(r"^v1=[0-9a-f]{64}$", TEXT, re.MULTILINE)[0]
    headers = {"x-health-monitor-timestamp": stamp, "x-health-monitor-signature": signature}
    now = datetime.fromtimestamp(int(stamp), tz=SystemClock().now().tzinfo)
    verify(SOURCES["signed"].settings(), headers, body.encode(), {"secret": secret}, now)


def test_the_refusal_that_is_shown_is_ours(world: MemoryWorld) -> None:
    headers = {"X-Health-Monitor-Timestamp": str(int(world.clock.now().timestamp()) - 400)}
    assert answer(world, headers, "") == [example("json"), "401"]


def test_every_list_and_field_of_a_body_is_in_the_table() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", TEXT, re.MULTILINE)
    told = {
        name: set(re.findall(r"`(\w+)`", f"{must} {may}"))
        for name, must, may in rows
        if name in _Body.__struct_fields__
    }
    assert told.keys() == set(_Body.__struct_fields__)
    assert told["events"] == set(_Event.__struct_fields__)
    for kind in TOLD:
        columns = columns_of(kind)
        assert told[f"{kind}s"] == {*columns.required, *columns.optional}
    examples = (ROOT / "examples" / "README.md").read_text()
    for noun in (Account, Contact):
        assert all(f"`{field}`" in examples for field in noun.model_fields)


def test_the_example_of_records_means_what_the_document_says(tmp_path: Path, world: MemoryWorld) -> None:
    received = datetime.fromisoformat("2026-06-13T00:00:00Z")
    world.accounts.save([Account(account_id="acme")])
    heard = read(SOURCES["signed"].settings(), "body", example("jsonc").encode(), received)
    intake = take_in("signed", heard, received, Reception.of(world))
    assert (intake.records.total(), intake.quarantined) == (5, 0)
    dossier = world.dossiers.read(["acme"], consistent=True)["acme"]
    touches = {one.key: one for one in dossier.touchpoints}
    assert not is_answer(touches["mail-8"], received)
    assert is_answer(touches["call-7"], received)
    assert is_answer(touches["ticket-T-1"], received)
    [ticket] = dossier.tickets
    assert (ticket.severity, ticket.solved_at) == ("p1", None)


def test_every_setting_of_segment_and_every_status_is_told() -> None:
    for setting in SegmentSettings.model_fields.keys() - {"enabled"}:
        assert f"`{setting}" in TEXT, setting
    for field in {**SOURCES["segment"].secret, **SOURCES["signed"].secret}:
        assert f"`{field}`" in TEXT, field
    for status in (202, 400, 401, 404, 413, 503):
        assert f"\n| {status} |" in TEXT
    assert f"{LIMIT:,} bytes" in TEXT
