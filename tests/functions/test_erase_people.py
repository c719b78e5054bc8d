"""The function that forgets: it works while there is time, says what is left, and rings when that takes days."""

from datetime import timedelta

import pytest

from health_monitor.adapters.memory import MemoryWorld, PushedClock
from health_monitor.flows.forget import request
from health_monitor.flows.reception import Reception
from health_monitor.model.errors import NeedsHuman
from tests.builders import A_MOMENT
from tests.functions.conftest import Call, Context


def an_hour_later(product: MemoryWorld) -> None:
    assert isinstance(product.clock, PushedClock)
    product.clock.push(seconds=3600)


def test_it_finishes_what_was_asked_for_an_hour_after_it_was_removed(product: MemoryWorld, call: Call) -> None:
    request("account", "falls", "falls", A_MOMENT, Reception.of(product))
    assert call("erase_people", {}) == {"finished": 0, "open": 1}
    assert [one.state for one in product.erasures.all()] == ["removed, last check pending"]
    an_hour_later(product)
    assert call("erase_people", {}) == {"finished": 1, "open": 0}
    assert call("erase_people", {}) == {"finished": 0, "open": 0}


def test_it_leaves_for_the_next_time_what_time_does_not_allow(
    product: MemoryWorld, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    request("account", "falls", "falls", A_MOMENT, Reception.of(product))
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 1_000)
    assert call("erase_people", {}) == {"finished": 0, "open": 1}


def test_it_fails_and_so_rings_when_somebody_waits_for_days(
    product: MemoryWorld, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    request("account", "falls", "falls", A_MOMENT - timedelta(days=3), Reception.of(product))
    with monkeypatch.context() as hurry:
        hurry.setattr(Context, "get_remaining_time_in_millis", lambda _: 1_000)
        with pytest.raises(NeedsHuman, match="1 erasures are open for more than two days"):
            call("erase_people", {})
    with pytest.raises(NeedsHuman):
        call("erase_people", {})
    an_hour_later(product)
    assert call("erase_people", {}) == {"finished": 1, "open": 0}
