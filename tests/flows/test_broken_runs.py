"""A run that judged fewer accounts than it planned is a failure, and says what to do."""

from collections.abc import Callable
from typing import Any

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.report_run import report_failure
from health_monitor.flows.runs import lines_key, pack_lines
from health_monitor.flows.summarise import summarise
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.run import Plan, RunRecord
from health_monitor.simulate.workflow import CHANNEL, OPERATIONS, batches, deliver_all, steps
from tests.flows.stage import EVE, NIGHT, a_plan, asking, end_state, heard, next_morning, run_night, told


def test_a_missing_batch_stops_the_night_and_is_named(world: MemoryWorld) -> None:
    plan = judged(world, "score_accounts 00001", "score_accounts 00003")
    with pytest.raises(NeedsHuman) as stopped:
        summarise(plan, world.blobs)
    assert str(stopped.value) == (
        "2026-11-01: 1 of 3 batches are missing (00002); redrive the execution, or start it again with "
        '{"as_of": "2026-11-01"}'
    )


def test_many_missing_batches_are_counted_and_the_first_are_named(memory: MemoryWorld) -> None:
    plan = a_plan(memory).model_copy(update={"batches": 900})
    with pytest.raises(NeedsHuman, match=r"900 of 900 batches are missing \(00001, 00002, .*00005…\)"):
        summarise(plan, memory.blobs)


def test_a_batch_that_lost_an_account_stops_the_night_and_names_the_folder_to_repair(world: MemoryWorld) -> None:
    plan = a_plan(world)
    for batch in batches(world, plan):
        world.blobs.put(lines_key(plan, batch.batch), pack_lines([]))
    with pytest.raises(NeedsHuman) as stopped:
        summarise(plan, world.blobs)
    assert "0 of 11 planned accounts were looked at" in str(stopped.value)
    assert "history/nightly/2026-11-01/" in str(stopped.value)


def test_after_the_missing_batch_is_judged_the_night_ends_as_if_nothing_had_happened(world: MemoryWorld) -> None:
    judged(world, "score_accounts 00001")
    fails(world, "first")
    deliver_all(world)
    (done,) = run_night(world)
    assert (done["status"], done["judged"], done["missing_batches"]) == ("complete", 11, [])
    assert world.journal.run(NIGHT).status == "complete"  # type: ignore[union-attr]
    assert len([message for message in told(world) if not message.startswith("run_failed")]) == 5


def test_a_failed_run_names_the_missing_batches_and_tells_operations(world: MemoryWorld) -> None:
    judged(world, "score_accounts 00002")
    record = fails(world, "night-1")
    assert (record.as_of, record.status, record.missing_batches) == (NIGHT, "failed", ("00001", "00003"))
    assert world.journal.run(NIGHT) == record
    (mail,) = sent(world, "email")
    assert (mail.to, mail.subject) == (OPERATIONS, "The night of 2026-11-01 failed")
    assert "2 of 3 batches are not judged yet: 00001, 00003." in mail.text
    assert "night-1 ended with: FAILED" in mail.text
    assert '{"as_of": "2026-11-01"}' in mail.text


def test_operations_hear_of_a_failed_execution_once_and_of_the_next_one_again(world: MemoryWorld) -> None:
    a_plan(world)
    for execution in ("night-1", "night-1", "night-2"):
        fails(world, execution)
    assert told_failures(world) == ["night-1", "night-2"]


def test_a_night_that_was_never_planned_says_so(world: MemoryWorld) -> None:
    record = fails(world, "night-1")
    assert (record.planned, record.config, record.missing_batches) == (0, "none", ())
    assert "It stopped before it was planned." in sent(world, "email")[0].text


def test_a_night_whose_batches_are_all_there_says_so(world: MemoryWorld) -> None:
    judged(world, *(f"score_accounts {batch:05}" for batch in (1, 2, 3)))
    fails(world, "night-1")
    assert "All 3 batches are judged; a later step failed." in sent(world, "email")[0].text


def test_a_failure_after_missed_nights_is_about_the_first_of_them(world: MemoryWorld) -> None:
    next_morning(world)
    night = next_morning(world)
    assert fails(world, "night-1", as_of=str(night)).as_of == NIGHT


def test_a_complete_night_is_never_marked_as_failed(world: MemoryWorld) -> None:
    run_night(world)
    left = world.journal.runs(10)
    assert report(world, {"as_of": str(NIGHT)}, "again") is None
    deliver_all(world)
    assert world.journal.runs(10) == left
    mail = sent(world, "email")[-1]
    assert mail.subject == "The run of 2026-11-01 failed"
    assert "The nights through 2026-11-01 are judged and stand" in mail.text


@pytest.mark.parametrize("given", [{"as_of": "2026-11-30"}, {"as_of": "soon"}, {"acounts": ["falls"]}])
def test_an_input_that_cannot_be_used_is_reported_and_is_no_failed_night(
    world: MemoryWorld, given: dict[str, Any]
) -> None:
    left = world.journal.runs(10)
    report(world, given, "by-hand")
    deliver_all(world)
    assert world.journal.runs(10) == left
    (mail,) = sent(world, "email")
    assert mail.subject == "A run could not start"
    assert "2026-11-30 is not over yet" in mail.text or "input." in mail.text


@pytest.mark.parametrize("given", [{"dry_run": True}, {"accounts": ["falls"]}])
def test_a_failed_trial_is_reported_and_is_no_failed_night(world: MemoryWorld, given: dict[str, Any]) -> None:
    left = world.journal.runs(10)
    report(world, {"as_of": str(NIGHT)} | given, "by-hand")
    deliver_all(world)
    assert world.journal.runs(10) == left
    what = "The dry run" if "dry_run" in given else "The run of some accounts"
    assert sent(world, "email")[0].subject == f"{what} of 2026-11-01 failed"


def test_a_report_that_died_before_telling_tells_when_it_is_repeated(memory: MemoryWorld) -> None:
    fails(memory, "night-1", deliver=lambda _world: memory.outbox.take())
    fails(memory, "night-1")
    assert told_failures(memory) == ["night-1"]


def test_freshness_decides_nothing_after_the_plan(world: MemoryWorld) -> None:
    judged(world, *(f"score_accounts {batch:05}" for batch in (1, 2, 3)))
    heard(world, EVE, "a source that was connected a moment ago")
    assert run_night(world)[0]["incident"] is None
    assert end_state(world)["held"] == []


def judged(world: MemoryWorld, *names: str) -> Plan:
    """The night's plan, and only these of its batches."""
    plan = a_plan(world)
    for name, step in steps(world, plan):
        if name in names:
            step()
    return plan


def report(world: MemoryWorld, given: dict[str, Any], execution: str) -> RunRecord | None:
    return report_failure(
        given, execution, "FAILED", world.clock.now(), world.blobs, world.journal, world.notices, world.outbox,
        OPERATIONS, CHANNEL,
    )  # fmt: skip


def fails(
    world: MemoryWorld, execution: str, deliver: Callable[[MemoryWorld], object] = deliver_all, **given: Any
) -> RunRecord:
    record = report(world, asking(**given).model_dump(mode="json"), execution)
    deliver(world)
    assert record
    return record


def sent(world: MemoryWorld, channel: str) -> list[Any]:
    return world.courier(channel).delivered  # type: ignore[arg-type]


def told_failures(world: MemoryWorld) -> list[str]:
    return [message.message_id.split("/")[2] for message in sent(world, "slack")]
