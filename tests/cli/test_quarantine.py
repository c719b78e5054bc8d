"""What could not be used is listed in words: where it stood, why, what to do, and where its body is."""

from datetime import date

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.reception import put_quarantine
from health_monitor.model.intake import Reject
from tests.cli.conftest import Command

BODY = "inbox/signed/2026-11-02/0123.json.gz"
DAY, BEFORE = date(2026, 11, 2), date(2026, 11, 1)
REFUSED = Reject(BODY, 0, "events[3].occurred_at", "is not a moment: '[soon]'", "write it as 2026-01-31T09:00:00Z")
ROW = Reject("mixpanel 2026-11-01", 7, "account", "is missing", "set the group key")


def test_an_empty_quarantine_says_so(health_monitor: Command) -> None:
    said = health_monitor("quarantine")
    assert (said.code, said.out) == (0, "Nothing is in the quarantine.\n")


def test_the_latest_rejects_come_first_with_place_reason_remedy_and_body(
    health_monitor: Command, product: MemoryWorld
) -> None:
    put_quarantine(product.blobs, "mixpanel", BEFORE, [ROW])
    put_quarantine(product.blobs, "signed", DAY, [REFUSED])
    said = health_monitor("quarantine")
    assert said.code == 0
    assert said.out.splitlines() == [
        "signed, 2026-11-02: 1 record",
        f"  its body: s3://{product.blobs.bucket}/{BODY}",
        "  events[3].occurred_at: is not a moment: '[soon]'",
        "    → write it as 2026-01-31T09:00:00Z",
        "mixpanel, 2026-11-01: 1 record",
        "  mixpanel 2026-11-01",
        "  line 7, account: is missing",
        "    → set the group key",
    ]


def test_one_source_is_asked_for_and_a_misspelt_one_is_told(health_monitor: Command, product: MemoryWorld) -> None:
    put_quarantine(product.blobs, "mixpanel", BEFORE, [ROW])
    put_quarantine(product.blobs, "signed", DAY, [REFUSED])
    assert "signed" not in health_monitor("quarantine", "mixpanel").out
    said = health_monitor("quarantine", "sigend")
    assert (said.code, "there is something of mixpanel, signed" in said.err) == (2, True)


def test_only_so_many_records_are_listed_and_the_others_are_counted(
    health_monitor: Command, product: MemoryWorld
) -> None:
    put_quarantine(product.blobs, "signed", DAY, [REFUSED._replace(line=at) for at in range(1, 6)])
    put_quarantine(product.blobs, "mixpanel", BEFORE, [ROW])
    said = health_monitor("quarantine", "--limit", 3).out
    assert (said.count("→"), "3 more are not shown; see them with --limit 6" in said) == (3, True)
