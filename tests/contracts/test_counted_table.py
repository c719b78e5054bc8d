"""The benchmarks' counting DynamoDB: it holds what the real adapters put there, and counts by the documented rules."""

import base64
from typing import Any

import boto3
import pytest

from benchmarks.answers import Answers, item_size
from health_monitor.adapters.dynamodb_table import Table


@pytest.fixture
def counted() -> tuple[Answers, Table]:
    answers, table = Answers(), Table("health", pause=lambda _: None)
    session = boto3.Session(region_name="eu-west-1", aws_access_key_id="none", aws_secret_access_key="none")
    table.__dict__["client"] = session.client("dynamodb")
    answers.attach(table.client)
    return answers, table


def work(table: Table) -> list[Any]:
    """Every kind of call that the adapters make, and what each answered."""
    said: list[Any] = []
    key = ("A", "H#2026061412")
    said.append(table.add_to_set(key, "e", [b"one", b"two"], ttl=5) > 0)
    said.append(table.add_to_set(key, "e", [b"two", b"three"], ttl=6) > 0)
    table.take_from_set(key, "e", [b"one"])
    table.put({"pk": "A", "sk": "RING", "counts": b"\x00\xff", "users": [b"a"], "n": 1.5, "of": {"a": [True]}})
    said.append(table.put_if({"pk": "A", "sk": "RING"}, "attribute_not_exists(pk)"))
    said.append(table.put_if({"pk": "B", "sk": "NEW", "shard": "1", "account_id": "B"}, "attribute_not_exists(pk)"))
    said.append(table.put_if({"pk": "C", "sk": "NEW", "shard": "1", "account_id": "C"}, "attribute_not_exists(pk)"))
    said.append(table.update_if(("B", "NEW"), "SET #a = if_not_exists(#a, :no) + :one", "attribute_exists(pk)",
                                no=0, one=1))  # fmt: skip
    said.append(table.update_if(("B", "NEW"), "SET #a = :one REMOVE gone", "#a <> :one OR #a > :one", one=1))
    said.append(table.update_if(("D", "X"), "SET due_on = :x", "attribute_not_exists(pk) OR due_on <= :x", x="2026"))
    said.append(table.update_if(("D", "X"), "SET due_on = :x", "(attribute_not_exists(pk)) OR due_on <= :x", x="2025"))
    said.append(table.put_absent_together([{"pk": "E", "sk": "1"}, {"pk": "E", "sk": "2"}]))
    said.append(table.put_absent_together([{"pk": "E", "sk": "2"}, {"pk": "E", "sk": "3"}]))
    table.write_many([{"pk": "F", "sk": str(n)} for n in range(30)], delete=[("E", "1")])
    said.append([item["account_id"] for item in table.query_index("directory", "#shard = :shard", shard="1")])
    said.append([item["sk"] for item in table.query("F", "2")])
    said.append([item["sk"] for item in table.query("F", newest_first=True, limit=2)])
    said.append([item["sk"] for item in table.query_between("F", "11", "13")])
    said.append(sorted((item["pk"], item["sk"]) for item in table.get_many([("E", "1"), ("F", "9")], consistent=True)))
    said += [sorted(item.items(), key=str) for pk in "ABCDE" for item in table.query(pk) if item["sk"] != key[1]]
    said += [sorted(item["e"]) for item in table.query("A", "H#")]
    return said


def test_it_answers_as_moto_does(counted: tuple[Answers, Table], request: pytest.FixtureRequest):
    mine = work(counted[1])
    request.getfixturevalue("aws")  # only now: moto would answer for both
    assert mine == work(Table("health", pause=lambda _: None))


def units(answers: Answers) -> tuple[float, float]:
    used = answers.write_units, answers.read_units
    answers.write_units = answers.read_units = 0
    return used


def test_a_write_is_charged_by_the_kilobyte_of_the_larger_item(counted: tuple[Answers, Table]):
    answers, table = counted
    table.put({"pk": "A", "sk": "1", "b": bytes(3000)})
    assert units(answers) == (3, 0)
    table.put({"pk": "A", "sk": "1"})
    assert units(answers) == (3, 0)
    table.write_many([], delete=[("A", "1")])
    assert units(answers) == (1, 0)


def test_a_set_that_grows_is_charged_whole_and_the_client_is_told(counted: tuple[Answers, Table]):
    answers, table = counted
    assert table.add_to_set(("A", "1"), "e", [bytes(900)]) == 1
    assert table.add_to_set(("A", "1"), "e", [bytes(901)]) == 2
    assert units(answers) == (3, 0)


def test_a_transaction_costs_twice_and_a_refused_condition_like_a_write(counted: tuple[Answers, Table]):
    answers, table = counted
    table.put_absent_together([{"pk": "A", "sk": "1"}, {"pk": "A", "sk": "2"}])
    assert units(answers) == (4, 0)
    table.put_if({"pk": "A", "sk": "1"}, "attribute_not_exists(pk)")
    assert units(answers) == (1, 0)


def test_an_index_is_charged_for_what_changes_in_it(counted: tuple[Answers, Table]):
    answers, table = counted
    profile = {"pk": "A", "sk": "PROFILE", "shard": "1", "account_id": "A", "name": "x"}
    table.put(profile)
    assert units(answers) == (2, 0)
    table.put(profile | {"name": "y"})
    assert units(answers) == (1, 0)
    table.put(profile | {"shard": "2"})
    assert units(answers) == (3, 0)


def test_reads_are_charged_by_four_kilobytes_and_half_when_they_may_be_late(counted: tuple[Answers, Table]):
    answers, table = counted
    table.put({"pk": "A", "sk": "1", "b": bytes(5000)})
    units(answers)
    list(table.query("A"))
    assert units(answers) == (0, 2)
    table.get_many([("A", "1"), ("A", "none")], consistent=False)
    assert units(answers) == (0, 1.5)
    list(table.query_between("A", "1", "2"))
    assert units(answers) == (0, 1)


def test_the_size_of_an_item_is_that_of_its_names_and_values():
    packed = base64.b64encode(b"12345").decode()
    assert item_size({"pk": {"S": "é"}, "n": {"N": "1234"}, "b": {"B": packed}}) == 2 + 2 + 1 + 4 + 1 + 5
    assert item_size({"e": {"BS": [packed, base64.b64encode(b"123").decode()]}}) == 1 + 5 + 3
    assert item_size({"l": {"L": [{"BOOL": True}]}, "m": {"M": {"a": {"S": "b"}}}}) == 1 + 5 + 1 + 6
