"""Accounts without a tier or a CSM: operations hear of each set of them once."""

from health_monitor.adapters.memory import MemoryWorld
from tests.builders import an_account
from tests.flows.stage import next_morning, run_night

SENT = "data_quality/"


def told_to_operations(world: MemoryWorld) -> list[str]:
    return [one.text for one in world.courier("email").delivered if one.message_id.startswith(SENT)]


def test_operations_hear_which_accounts_lack_what_once_a_set(memory: MemoryWorld) -> None:
    run_night(memory)
    run_night(memory)
    (text,) = told_to_operations(memory)
    assert "big lacks its CSM" in text
    run_night(memory, next_morning(memory))
    assert len(told_to_operations(memory)) == 1
    memory.accounts.save([an_account("steady-1", tier=None)])
    run_night(memory, next_morning(memory))
    assert "steady-1 lacks its tier" in told_to_operations(memory)[1]


def test_a_portfolio_that_lacks_nothing_is_no_message(memory: MemoryWorld) -> None:
    memory.accounts.save([an_account("big", tier="enterprise")])
    run_night(memory)
    assert told_to_operations(memory) == []


def test_a_dry_run_tells_nobody(memory: MemoryWorld) -> None:
    run_night(memory, dry_run=True)
    assert told_to_operations(memory) == []
