"""DynamoDB as far as the processor of a client sees it: real requests and answers, no network, and counted units.

It stands where the network begins, so that building, signing and reading messages cost what they cost in production,
and what happens behind the network costs next to nothing. Units follow DynamoDB's documented size rules: a write is
charged for the larger of the item before and after it, each index for what changes in it, a refused condition like a
write, a read by 4 KB, half when it need not be consistent.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from math import ceil
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HTTPHeaders
from botocore.client import BaseClient

from benchmarks.expressions import comparable, condition, update

Wire = dict[str, Any]
Key = tuple[str, str]
READ_UNIT, WRITE_UNIT, LARGEST = 4096, 1024, 400 * 1024
INDEXES = {
    "open_by_csm": ("csm", "opened_at", True),
    "due": ("due_kind", "due_at", True),
    "directory": ("shard", "account_id", False),
}
"""Partition and sort key of each index of the table, and whether it holds whole items."""


class Stored:
    """An item, its size in bytes, and how it is sent."""

    __slots__ = ("_text", "item", "size")

    def __init__(self, item: Wire, size: int = 0) -> None:
        self.item, self._text = item, ""
        self.size = size or item_size(item)

    @property
    def text(self) -> str:
        self._text = self._text or json.dumps(self.item)
        return self._text


NOTHING = Stored({}, 1)


class RefusedError(Exception):
    """The answer to a request that is not done."""

    def __init__(self, code: str, **more: object) -> None:
        super().__init__(code)
        self.body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code} | more)


class _Body(BytesIO):
    def stream(self, **_: object) -> Any:
        while chunk := self.read(65536):
            yield chunk


class Answers:
    """One table."""

    def __init__(self) -> None:
        self.read_units = self.write_units = 0.0
        self.calls = 0
        self._items: dict[str, dict[str, Stored]] = {}
        self._indexed: dict[tuple[str, str], dict[Key, Stored]] = {}

    def attach(self, client: BaseClient) -> None:
        """From now on this client talks to the table."""
        answer: Any = self._answer  # botocore's types know no handler that answers, though its code asks for one
        client.meta.events.register("before-send.dynamodb", answer)

    def stored(self) -> Iterator[Stored]:
        """Every item, without those of indexes."""
        for partition in self._items.values():
            yield from partition.values()

    def bytes_indexed(self) -> int:
        """Bytes of all indexes; DynamoDB keeps 100 more for each item in one."""
        return sum(100 + stored.size for partition in self._indexed.values() for stored in partition.values())

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        self.calls += 1
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).partition(".")[2]
        body: Any = request.body
        asked: Wire = json.loads(body)
        before = self.read_units + self.write_units
        try:
            text, status = getattr(self, f"_{operation}")(asked), 200
        except RefusedError as refused:
            text, status = refused.body, 400
        if "ReturnConsumedCapacity" in asked and status == 200:
            units = self.read_units + self.write_units - before
            used = {"TableName": asked.get("TableName", ""), "CapacityUnits": units}
            text = f'{text[:-1]}{"," if len(text) > 2 else ""}"ConsumedCapacity":{json.dumps(used)}}}'
        return AWSResponse(request.url, status, HTTPHeaders(), _Body(text.encode()))

    def _GetItem(self, asked: Wire) -> str:  # noqa: N802  (DynamoDB's own names)
        found = self._at(_key(asked["Key"]))
        self.read_units += _read(found.size, asked)
        return f'{{"Item":{found.text}}}' if found.item else "{}"

    def _PutItem(self, asked: Wire) -> str:  # noqa: N802
        self._write(_key(asked["Item"]), asked, lambda _: asked["Item"])
        return "{}"

    def _UpdateItem(self, asked: Wire) -> str:  # noqa: N802
        change = update(asked["UpdateExpression"], asked.get("ExpressionAttributeNames", {}))
        values = asked.get("ExpressionAttributeValues", {})
        after = self._write(_key(asked["Key"]), asked, lambda item: change(item, values) | asked["Key"])
        return f'{{"Attributes":{after.text}}}' if asked.get("ReturnValues") == "ALL_NEW" else "{}"

    def _DeleteItem(self, asked: Wire) -> str:  # noqa: N802
        self._write(_key(asked["Key"]), asked, lambda _: {})
        return "{}"

    def _Query(self, asked: Wire) -> str:  # noqa: N802
        names, values = asked.get("ExpressionAttributeNames", {}), asked["ExpressionAttributeValues"]
        meets = condition(asked["KeyConditionExpression"], names)
        index = asked.get("IndexName", "")
        sort = INDEXES[index][1] if index else "sk"
        found = [one for one in self._partition(index, values) if meets(one.item, values)]
        found.sort(key=lambda one: comparable(one.item[sort]), reverse=not asked.get("ScanIndexForward", True))
        found = found[: asked.get("Limit", len(found))]
        self.read_units += _read(sum(one.size for one in found), asked)
        return f'{{"Items":[{",".join(one.text for one in found)}],"Count":{len(found)}}}'

    def _BatchGetItem(self, asked: Wire) -> str:  # noqa: N802
        [(table, wanted)] = asked["RequestItems"].items()
        found = [self._at(_key(key)) for key in wanted["Keys"]]
        self.read_units += sum(_read(one.size, wanted) for one in found)
        texts = ",".join(one.text for one in found if one.item)
        return f'{{"Responses":{{"{table}":[{texts}]}},"UnprocessedKeys":{{}}}}'

    def _BatchWriteItem(self, asked: Wire) -> str:  # noqa: N802
        for requests in asked["RequestItems"].values():
            for one in requests:
                put: Wire = one.get("PutRequest", {}).get("Item", {})
                self._write(_key(put or one["DeleteRequest"]["Key"]), {}, lambda _, put=put: put)  # type: ignore[misc]
        return '{"UnprocessedItems":{}}'

    def _TransactWriteItems(self, asked: Wire) -> str:  # noqa: N802
        puts = [one["Put"] for one in asked["TransactItems"]]
        met = [self._meets(_key(put["Item"]), put) for put in puts]
        if not all(met):
            self.write_units += sum(2 * _write(Stored(put["Item"]).size) for put in puts)
            reasons = [{"Code": "None" if one else "ConditionalCheckFailed"} for one in met]
            raise RefusedError("TransactionCanceledException", CancellationReasons=reasons)
        for put in puts:
            self._write(_key(put["Item"]), {}, lambda _, put=put: put["Item"], times=2)  # type: ignore[misc]
        return "{}"

    def _at(self, key: Key) -> Stored:
        return self._items.get(key[0], {}).get(key[1], NOTHING)

    def _partition(self, index: str, values: Mapping[str, Wire]) -> list[Stored]:
        """Candidates only; the condition decides."""
        texts = [value["S"] for value in values.values() if "S" in value]
        if index:
            return [one for text in texts for one in self._indexed.get((index, text), {}).values()]
        return [one for text in texts for one in self._items.get(text, {}).values()]

    def _meets(self, key: Key, asked: Wire) -> bool:
        if "ConditionExpression" not in asked:
            return True
        meets = condition(asked["ConditionExpression"], asked.get("ExpressionAttributeNames", {}))
        return meets(self._at(key).item, asked.get("ExpressionAttributeValues", {}))

    def _write(self, key: Key, asked: Wire, change: Callable[[Wire], Wire], times: int = 1) -> Stored:
        before = self._at(key)
        if not self._meets(key, asked):
            self.write_units += _write(before.size)
            raise RefusedError("ConditionalCheckFailedException")
        item = change(before.item)
        after = Stored(item) if item else NOTHING
        if after.size > LARGEST:
            raise RefusedError("ValidationException")
        if item:
            self._items.setdefault(key[0], {})[key[1]] = after
        else:
            self._items.get(key[0], {}).pop(key[1], None)
        self.write_units += times * _write(max(before.size, after.size))
        for index in INDEXES:
            self._write_index(index, key, before.item, item)
        return after

    def _write_index(self, index: str, key: Key, before: Wire, after: Wire) -> None:
        old, new = _projected(index, before), _projected(index, after)
        if old == new:
            return
        partition, sort, _ = INDEXES[index]
        moved = bool(old and new) and (old[partition], old[sort]) != (new[partition], new[sort])
        sizes = [item_size(item) for item in (old, new) if item]
        self.write_units += sum(map(_write, sizes)) if moved else _write(max(sizes))
        if old:
            self._indexed[index, old[partition]["S"]].pop(key)
        if new:
            self._indexed.setdefault((index, new[partition]["S"]), {})[key] = Stored(new)


def item_size(item: Mapping[str, Any]) -> int:
    """Bytes of an item as DynamoDB counts them."""
    return sum(len(name) + _size(value) for name, value in item.items())


def _projected(index: str, item: Wire) -> Wire:
    partition, sort, whole = INDEXES[index]
    if partition not in item or sort not in item:
        return {}
    return item if whole else {name: item[name] for name in ("pk", "sk", partition, sort)}


def _read(size: int, asked: Mapping[str, Any]) -> float:
    return max(ceil(size / READ_UNIT), 1) * (1 if asked.get("ConsistentRead") else 0.5)


def _write(size: int) -> int:
    return ceil(size / WRITE_UNIT)


def _key(item: Wire) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def _size(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    if kind == "N":
        return len(content) // 2 + 2
    if kind == "B":
        return len(base64.b64decode(content))
    if kind == "BS":
        return sum(len(one) * 3 // 4 - one.count("=") for one in content)
    if kind == "L":
        return 3 + sum(1 + _size(part) for part in content)
    if kind == "M":
        return 3 + sum(1 + len(name) + _size(part) for name, part in content.items())
    return len(content.encode()) if kind == "S" else 1
