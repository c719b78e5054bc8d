"""Rows that do not fit into memory come back whole, whatever their number."""

import pytest

from health_monitor.adapters.files import DiskSpool, account_spool
from health_monitor.ingest.histories import build_history
from health_monitor.model.intake import Intake
from health_monitor.model.usage import UsageEvent

FIRST = 739_768


def test_an_account_too_large_for_memory_has_the_same_history_a_day_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DiskSpool, "LARGE", 3)
    monkeypatch.setattr(DiskSpool, "BUFFERED", 2)
    rows = [UsageEvent("acme", f"u{n % 3}", "report", f"2026-06-{1 + n % 5:02d}", FIRST + n % 5, n) for n in range(20)]
    small = [UsageEvent("bolt", "u1", "report", "2026-06-01", FIRST, 1)]
    spool = account_spool()
    spool.add(rows + small)
    found = {account_id: list(pieces) for account_id, pieces in spool.pieces()}
    assert [sorted({row.day for row in piece}) for piece in found["acme"]] == [[FIRST + n] for n in range(5)]
    assert found["bolt"] == [small]
    assert build_history("acme", found["acme"], None, 800_000, Intake()) == build_history(
        "acme", [rows], None, 800_000, Intake()
    )
