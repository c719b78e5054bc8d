"""The one DynamoDB table: single items, bulk reads and writes, and conditions, in plain Python values."""

import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from health_monitor.adapters.aws import code_of, patience, sorting_errors
from health_monitor.adapters.codec import Item
from health_monitor.model.errors import TryAgain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Key = tuple[str, str]
Wire = dict[str, Any]
Work = TypeVar("Work")

_MARKED = re.compile(r"#(\w+)")

READ_AT_ONCE = 100
WRITE_AT_ONCE = 25
TOGETHER = 100
"""DynamoDB's own limits for BatchGetItem, BatchWriteItem and TransactWriteItems."""

TRIES = 8
_LONGEST_PAUSE = 2.0
_PASSING = frozenset(
    {"None", "ConditionalCheckFailed", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
"""Reasons for a cancelled transaction that reading again and repeating can cure."""


class Table:
    """Reads and writes items; raises TryAgain when DynamoDB keeps refusing, NeedsHuman when it never will."""

    def __init__(self, name: str, pause: Callable[[float], None] = time.sleep) -> None:
        self._name = name
        self._pause = pause

    @cached_property
    def client(self) -> "DynamoDBClient":
        return boto3.client("dynamodb", config=unchecked())

    def get(self, pk: str, sk: str) -> Item | None:
        """One item as it is now."""
        with sorting_errors("reading the table"):
            answer = self.client.get_item(TableName=self._name, Key=_wire_key((pk, sk)), ConsistentRead=True)
        return from_wire(answer["Item"]) if "Item" in answer else None

    def put(self, item: Item) -> None:
        """Write an item whole, replacing what was there."""
        with sorting_errors("writing to the table"):
            self.client.put_item(TableName=self._name, Item=to_wire(item))

    def put_if(self, item: Item, condition: str, **values: Any) -> bool:
        """Write an item whole if the stored one meets the condition; say whether it did."""
        return self._conditional("put_item", {"Item": to_wire(item)}, condition, values)

    def update(self, key: Key, update: str, **values: Any) -> None:
        """Change an item, whatever it holds; it begins if there is none."""
        self._update(key, update, {f":{name}": _wire(value) for name, value in values.items()})

    def update_if(self, key: Key, update: str, condition: str, **values: Any) -> bool:
        """Change an item if it meets the condition; say whether it did."""
        return self._conditional("update_item", {"Key": _wire_key(key), "UpdateExpression": update}, condition, values)

    def delete_if(self, key: Key, condition: str, **values: Any) -> bool:
        """Delete an item if it meets the condition; say whether it did."""
        return self._conditional("delete_item", {"Key": _wire_key(key)}, condition, values)

    def query(
        self, pk: str, begins: str = "", *, newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Item]:
        """A partition's items whose sort key begins so, in order of it."""
        asked: Wire = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": pk}}}
        if begins:
            asked["KeyConditionExpression"] += " AND begins_with(sk, :begins)"
            asked["ExpressionAttributeValues"][":begins"] = {"S": begins}
        asked |= {"ScanIndexForward": not newest_first, "ConsistentRead": True}
        return islice(self._pages(asked | ({"Limit": limit} if limit else {})), limit)

    def query_between(self, pk: str, first: str, last: str, *, consistent: bool = False) -> Iterator[Item]:
        """A partition's items from one sort key to another, in order; of the last second only when consistent."""
        values = {":pk": {"S": pk}, ":first": {"S": first}, ":last": {"S": last}}
        condition = "pk = :pk AND sk BETWEEN :first AND :last"
        asked: Wire = {"KeyConditionExpression": condition, "ExpressionAttributeValues": values}
        return self._pages(asked | {"ConsistentRead": consistent})

    def add_to_set(self, key: Key, name: str, elements: Iterable[bytes], **fields: int) -> float:
        """Add to an item's set what is not in it yet, and set some fields; the write units that it cost."""
        told = "".join(f", #{field} = :{field}" for field in fields)
        update = f"ADD #{name} :{name}" + (f" SET {told[2:]}" if told else "")
        values = {f":{name}": _set(elements)} | {f":{field}": _wire(value) for field, value in fields.items()}
        return self._update(key, update, values)

    def take_from_set(self, key: Key, name: str, elements: Iterable[bytes]) -> None:
        """Take from an item's set what is in it."""
        self._update(key, f"DELETE #{name} :{name}", {f":{name}": _set(elements)})

    def query_index(self, index: str, condition: str, **values: str) -> Iterator[Item]:
        """An index's items that meet the key condition; a write of the last second may not show yet."""
        named = {f":{name}": {"S": value} for name, value in values.items()}
        return self._pages(
            {"IndexName": index, "KeyConditionExpression": condition, "ExpressionAttributeValues": named}
            | _names(condition)
        )

    def get_many(self, keys: Sequence[Key], *, consistent: bool, only: Sequence[str] = ()) -> list[Item]:
        """Those of the items that exist, in no order; `only` names the attributes wanted beside pk and sk."""
        found: list[Item] = []
        options = {"ConsistentRead": consistent} | _projection(only)

        def ask(wanted: list[Wire]) -> list[Wire]:
            request: Any = {self._name: {"Keys": wanted} | options}
            with sorting_errors("reading the table"):
                answer = self.client.batch_get_item(RequestItems=request)
            found.extend(from_wire(item) for item in answer["Responses"].get(self._name, []))
            left: Any = answer.get("UnprocessedKeys", {})
            return list(left[self._name]["Keys"]) if left else []

        # A key named twice in one call is an error there, and harmless here.
        for chunk in _chunks(list(dict.fromkeys(keys)), READ_AT_ONCE):
            self._until_done(ask, [_wire_key(key) for key in chunk])
        return found

    def write_many(self, items: Sequence[Item], delete: Sequence[Key] = ()) -> None:
        """Put items whole and delete others; of two with the same key the last one counts."""
        last = {(item["pk"], item["sk"]): item for item in items}
        requests: list[Wire] = [{"PutRequest": {"Item": to_wire(item)}} for item in last.values()]
        requests += [{"DeleteRequest": {"Key": _wire_key(key)}} for key in delete]
        for chunk in _chunks(requests, WRITE_AT_ONCE):
            self._until_done(self._write, chunk)

    def put_absent_together(self, items: Sequence[Item]) -> bool:
        """Write all of up to 100 items; or none, when one exists already or DynamoDB is too busy with them."""
        put = [
            {"Put": {"TableName": self._name, "Item": to_wire(i), "ConditionExpression": "attribute_not_exists(pk)"}}
            for i in items
        ]
        request: Any = put
        with sorting_errors("writing to the table"):
            try:
                self.client.transact_write_items(TransactItems=request)
            except ClientError as error:
                if not _cancelled(error):
                    raise
                return False
        return True

    def wait(self, attempt: int, seed: str) -> None:
        """Pause longer after each failed attempt; the jitter is derived, so that a rerun behaves the same."""
        share = zlib.crc32(f"{seed}/{attempt}".encode()) / 2**32
        self._pause(min(_LONGEST_PAUSE, 0.05 * 2**attempt) * (0.5 + share / 2))

    def _update(self, key: Key, update: str, values: Wire) -> float:
        with sorting_errors("writing to the table"):
            answer = self.client.update_item(
                TableName=self._name, Key=_wire_key(key), UpdateExpression=update, ExpressionAttributeValues=values,
                ReturnConsumedCapacity="TOTAL", **_names(update),
            )  # fmt: skip
        return answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)

    def _write(self, requests: list[Wire]) -> list[Wire]:
        items: Any = {self._name: requests}
        with sorting_errors("writing to the table"):
            answer = self.client.batch_write_item(RequestItems=items)
        left: Any = answer.get("UnprocessedItems", {})
        return list(left.get(self._name, []))

    def _until_done(self, ask: Callable[[list[Wire]], list[Wire]], work: list[Wire]) -> None:
        """Repeat what DynamoDB left undone; give up after TRIES answers in a row that did nothing at all."""
        fruitless = 0
        while left := ask(work):
            fruitless = 0 if len(left) < len(work) else fruitless + 1
            if fruitless == TRIES:
                raise TryAgain(f"the table is overloaded: {len(left)} items left undone")
            self.wait(fruitless, seed=str(left[0]))
            work = left

    def _conditional(self, call: str, request: Wire, condition: str, values: Mapping[str, Any]) -> bool:
        asked: Wire = {"TableName": self._name, "ConditionExpression": condition} | request
        if values:
            asked["ExpressionAttributeValues"] = {f":{name}": _wire(value) for name, value in values.items()}
        asked |= _names(condition + request.get("UpdateExpression", ""))
        with sorting_errors("writing to the table"):
            try:
                getattr(self.client, call)(**asked)
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
                return False
        return True

    def _pages(self, asked: Wire) -> Iterator[Item]:
        while True:
            with sorting_errors("reading the table"):
                answer = self.client.query(TableName=self._name, **asked)
            yield from (from_wire(item) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            asked = asked | {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def unchecked() -> Config:
    """A client's configuration: what this module spells is right, and DynamoDB checks it anyway.

    To have botocore check it first took a sixth of the time of writing.
    """
    return patience().merge(Config(parameter_validation=False))


def to_wire(item: Item) -> Wire:
    """An item as DynamoDB spells it."""
    return {name: _wire(value) for name, value in item.items()}


def from_wire(item: Mapping[str, Any]) -> Item:
    """An item in plain Python values."""
    return {name: _plain(value) for name, value in item.items()}


def _wire(value: Any) -> Wire:
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": repr(value) if isinstance(value, float) else str(value)}
    if isinstance(value, Mapping):
        return {"M": to_wire(dict(value))}
    return {"L": [_wire(part) for part in value]}


def _set(elements: Iterable[bytes]) -> Wire:
    return {"BS": sorted(elements)}


def _plain(value: Mapping[str, Any]) -> Any:
    kind, content = next(iter(value.items()))
    if kind == "N":
        return int(content) if content.lstrip("-").isdigit() else float(content)
    if kind == "M":
        return from_wire(content)
    if kind == "L":
        return [_plain(part) for part in content]
    return content


def _wire_key(key: Key) -> Wire:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def _names(expressions: str) -> Wire:
    """Attributes written as #name may be called what they like, even by one of DynamoDB's 570 reserved words."""
    marked = _MARKED.findall(expressions)
    return {"ExpressionAttributeNames": {f"#{name}": name for name in marked}} if marked else {}


def _projection(only: Sequence[str]) -> Wire:
    return {"ProjectionExpression": ",".join(("pk", "sk", *only))} if only else {}


def _chunks(work: Sequence[Work], size: int) -> Iterator[list[Work]]:
    for start in range(0, len(work), size):
        yield list(work[start : start + size])


def _cancelled(error: ClientError) -> bool:
    """Whether a transaction failed only because of what is stored or what others write, not because of itself."""
    if code_of(error) != "TransactionCanceledException":
        return False
    response: Any = error.response
    codes = {reason.get("Code", "None") for reason in response.get("CancellationReasons", [])}
    return bool(codes) and codes <= _PASSING
