"""The daily job that forgets: it works while there is time, and says what is left."""

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.forget import request
from health_monitor.flows.reception import Reception
from tests.builders import A_MOMENT
from tests.functions.conftest import Call, Context


def test_it_finishes_what_was_asked_for(product: MemoryWorld, call: Call) -> None:
    request("account", "falls", "falls", A_MOMENT, Reception.of(product))
    assert call("erase_people", {}) == {"finished": 1, "open": 0}
    assert call("erase_people", {}) == {"finished": 0, "open": 0}


def test_it_leaves_for_tomorrow_what_time_does_not_allow(
    product: MemoryWorld, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    request("account", "falls", "falls", A_MOMENT, Reception.of(product))
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 1_000)
    assert call("erase_people", {}) == {"finished": 0, "open": 1}
