"""What only the real table can get wrong: limits, refusals, throttling, and what an item looks like."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from health_monitor.adapters.codec import claim_name
from health_monitor.adapters.dynamodb_accounts import DynamoAccounts
from health_monitor.adapters.dynamodb_alerts import DynamoAlerts, DynamoClaims, DynamoNotices
from health_monitor.adapters.dynamodb_journal import DynamoJournal
from health_monitor.adapters.dynamodb_table import TRIES, Table, from_wire, to_wire
from health_monitor.adapters.dynamodb_usage import DynamoRings, DynamoStates
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.ports.usage import RING_DAYS
from tests.builders import (
    A_DAY,
    A_MOMENT,
    a_history,
    a_notice,
    a_series,
    a_state,
    an_account,
    an_alert,
    an_episode,
    freshness,
)
from tests.conftest import TABLE, shape_of_table

Answer = Callable[..., Any]


class Grudging:
    """A client that leaves work undone, or raises, as often as it is told; otherwise it is the real one."""

    def __init__(self, real: Any, moods: Iterator[int | Exception]) -> None:
        self._real, self._moods = real, moods
        self.calls: list[str] = []

    def __getattr__(self, call: str) -> Answer:
        def answer(**asked: Any) -> Any:
            self.calls.append(call)
            mood = next(self._moods, 0)
            if isinstance(mood, Exception):
                raise mood
            part, left = _leave(call, asked, mood)
            done = getattr(self._real, call)(**part) if part else {"Responses": {}}
            return done | left

        return answer


def _leave(call: str, asked: dict[str, Any], many: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split a bulk request into what is done and what is left undone."""
    if not many or not call.startswith("batch"):
        return asked, {}
    done, left = deepcopy(asked["RequestItems"]), deepcopy(asked["RequestItems"])
    for all_of_it, kept in ((done, slice(many, None)), (left, slice(0, many))):
        for table, work in all_of_it.items():
            if isinstance(work, dict):
                work["Keys"] = work["Keys"][kept]
            else:
                all_of_it[table] = work[kept]
    undone = {"UnprocessedKeys" if "get" in call else "UnprocessedItems": left}
    empty = not any(work["Keys"] if isinstance(work, dict) else work for work in done.values())
    return ({} if empty else {"RequestItems": done}), undone


def refused(code: str, *reasons: str) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "…"}}
    return ClientError(response | {"CancellationReasons": [{"Code": reason} for reason in reasons]}, "Call")


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def table(aws: None, pauses: list[float]) -> Table:
    return Table("health", pause=pauses.append)


def grudging(table: Table, *moods: int | Exception) -> Grudging:
    stub = Grudging(table.client, iter(moods))
    table.client = stub  # type: ignore[assignment]
    return stub


def test_keys_left_undone_are_read_again_after_a_growing_pause(table: Table, pauses: list[float]) -> None:
    accounts = DynamoAccounts(table)
    ids = [f"{n:03d}" for n in range(90)]
    accounts.save(an_account(account_id) for account_id in ids)
    stub = grudging(table, 90, 90, 90, 40, 1)
    assert list(accounts.read(ids)) == ids
    assert stub.calls == ["batch_get_item"] * 6
    assert len(pauses) == 5
    assert pauses[0] < pauses[1] < pauses[2]


def test_writes_left_undone_are_written_again(table: Table, pauses: list[float]) -> None:
    accounts = DynamoAccounts(table)
    ids = [f"{n:03d}" for n in range(60)]
    grudging(table, 25, 7)
    accounts.save(an_account(account_id) for account_id in ids)
    assert list(accounts.ids()) == ids
    assert len(pauses) == 2


def test_a_table_that_never_gets_on_is_left_for_later(table: Table, pauses: list[float]) -> None:
    stub = grudging(table, *[1] * 20)
    with pytest.raises(TryAgain):
        DynamoAccounts(table).read(["acme"])
    assert len(stub.calls) == TRIES
    assert sum(pauses) < 10


def test_the_pauses_of_a_rerun_are_the_same(table: Table, pauses: list[float]) -> None:
    for _ in range(2):
        table.wait(3, seed="acme")
    assert pauses[0] == pauses[1]


def test_a_hundred_states_cost_one_call(table: Table) -> None:
    stub = grudging(table)
    DynamoStates(table).write_absent({f"{n:03d}": a_state() for n in range(100)})
    assert stub.calls == ["transact_write_items"]


def test_states_that_appear_while_others_are_written_are_kept(table: Table, pauses: list[float]) -> None:
    states, other = DynamoStates(table), DynamoStates(Table("health"))
    first, late = a_state(A_DAY), a_state(A_DAY)._replace(episode=None)
    read, write = table.client.batch_get_item, table.client.transact_write_items

    class Overtaken:
        """Another process writes one of the states right before we write, and another right after we looked."""

        looked = written = 0

        def transact_write_items(self, **asked: Any) -> Any:
            if not Overtaken.written:
                other.write_absent({"acme": first})
            Overtaken.written += 1
            return write(**asked)

        def batch_get_item(self, **asked: Any) -> Any:
            answer = read(**asked)
            if not Overtaken.looked:
                other.write_absent({"third": first})
            Overtaken.looked += 1
            return answer

    table.client = Overtaken()  # type: ignore[assignment]
    asked = {"acme": late, "other": late, "third": late}
    assert states.write_absent(asked) == {"acme": first, "other": late, "third": first}
    assert (Overtaken.looked, Overtaken.written) == (2, 3)
    assert pauses == []


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_met_others_is_repeated(table: Table, pauses: list[float], reason: str) -> None:
    busy = refused("TransactionCanceledException", reason, "None")
    grudging(table, busy)
    assert DynamoStates(table).write_absent({"acme": a_state()}) == {"acme": a_state()}
    assert len(pauses) == 1


def test_a_transaction_that_always_meets_others_is_left_for_later(table: Table) -> None:
    busy = refused("TransactionCanceledException", "TransactionConflict")
    moods: list[int | Exception] = [busy, 0] * TRIES
    grudging(table, *moods)
    with pytest.raises(TryAgain):
        DynamoStates(table).write_absent({"acme": a_state()})


def test_a_transaction_that_is_itself_wrong_is_a_bug_and_crashes(table: Table) -> None:
    wrong = refused("TransactionCanceledException", "ValidationError")
    grudging(table, wrong)
    with pytest.raises(ClientError):
        DynamoStates(table).write_absent({"acme": a_state()})


def test_freshness_that_somebody_else_extends_meanwhile_is_extended_by_both(table: Table, pauses: list[float]) -> None:
    journal, other = DynamoJournal(table), DynamoJournal(Table("health"))
    journal.save_freshness(freshness())
    real, later, earlier = table.client, A_DAY + timedelta(days=9), date(2025, 1, 1)

    class Overtaken:
        put_item = real.put_item
        looked = 0

        def get_item(self, **asked: Any) -> Any:
            answer = real.get_item(**asked)
            if not Overtaken.looked:
                other.save_freshness(freshness(complete_through=later))
            Overtaken.looked += 1
            return answer

    table.client = Overtaken()  # type: ignore[assignment]
    journal.save_freshness(freshness(complete_from=earlier))
    assert other.freshness() == [freshness(complete_from=earlier, complete_through=later)]
    assert len(pauses) == 1


def test_freshness_that_others_always_extend_is_left_for_later(table: Table) -> None:
    moods: list[int | Exception] = [0, refused("ConditionalCheckFailedException")]
    grudging(table, *moods * TRIES)
    with pytest.raises(TryAgain):
        DynamoJournal(table).save_freshness(freshness())


def test_conditions_are_answers_and_everything_else_is_an_error(table: Table) -> None:
    grudging(table, refused("ThrottlingException"), refused("AccessDeniedException"), refused("ValidationException"))
    alerts = DynamoAlerts(table)
    for error in (TryAgain, NeedsHuman, ClientError):
        with pytest.raises(error):
            alerts.save_absent(an_alert())


def test_a_missing_table_needs_a_human(aws: None) -> None:
    with pytest.raises(NeedsHuman, match="deploy first"):
        Table("elsewhere").get("a", "b")


def test_only_open_alerts_and_held_notices_and_profiles_are_in_the_indexes(table: Table) -> None:
    alerts, notices = DynamoAlerts(table), DynamoNotices(table)
    DynamoAccounts(table).save([an_account()])
    DynamoRings(table).write([a_history()])
    DynamoStates(table).write_absent({"acme": a_state()})
    for alert in (an_alert(), an_alert("b", resolved_on=A_DAY)):
        alerts.save_absent(alert)
    notices.save_absent(a_notice("held", status="held"))
    notices.save_absent(a_notice("ready"))
    assert _index("open_by_csm") == ["ALERT#usage_drop#2026-11-01"]
    assert _index("due") == ["NOTICE"]
    assert _index("directory") == ["PROFILE"]


def _index(name: str) -> list[str]:
    items = boto3.client("dynamodb").scan(TableName="health", IndexName=name)["Items"]
    return [item["sk"]["S"] for item in items]


def test_a_claim_can_be_read_by_a_person(table: Table) -> None:
    DynamoClaims(table).claim("m", A_MOMENT, 60)
    item = table.get(f"MESSAGE#{claim_name('m')}", "CLAIM")
    assert item
    assert item["lease_until"] == "2026-11-02T06:01:00.000000+00:00"


def test_what_a_night_reads_of_an_account_are_three_small_items(table: Table) -> None:
    """Profile ½ unit, ring 1, yesterday's state ½, and its arrivals; one state in a transaction is 2 to write."""
    episode = an_episode(escalated_on=A_DAY.toordinal(), resolved_on=A_DAY.toordinal())
    DynamoAccounts(table).save([an_account()])
    DynamoRings(table).write([a_history(series=a_series([70_000] * RING_DAYS))])
    DynamoStates(table).write_absent({"acme": a_state(episode=episode)})
    bytes_of = {item["sk"]: len(str(to_wire(item))) for item in table.query("ACCOUNT#acme")}
    assert bytes_of["PROFILE"] < 4_096
    assert bytes_of["RING"] < 4_096
    assert bytes_of["STATE#2026-11-01"] < 1_024


def test_values_come_back_as_they_went() -> None:
    item = {
        "pk": "a", "number": -3, "share": 0.1, "tiny": 1e-7, "yes": True, "bytes": b"\x00",
        "list": ["a", 1, {"b": 2.5}], "map": {}, "none_of_them": [],
    }  # fmt: skip
    assert from_wire(to_wire(item)) == item


def test_the_table_the_suite_runs_on_has_the_documented_shape() -> None:
    assert shape_of_table(TABLE) == {
        "keys": {"HASH": "pk", "RANGE": "sk"},
        "types": dict.fromkeys(["pk", "sk", "csm", "opened_at", "due_kind", "due_at", "shard", "account_id"], "S"),
        "indexes": {
            "open_by_csm": {"HASH": "csm", "RANGE": "opened_at", "holds": "ALL"},
            "due": {"HASH": "due_kind", "RANGE": "due_at", "holds": "ALL"},
            "directory": {"HASH": "shard", "RANGE": "account_id", "holds": "KEYS_ONLY"},
        },
    }
