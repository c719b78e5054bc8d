"""DynamoDB as far as the processor of a client sees it: real requests and answers, no network, and counted units.

It stands where the network begins, so that building, signing and reading messages cost what they cost in production,
and what happens behind the network costs next to nothing. Units follow DynamoDB's documented size rules.
"""

import base64
import json
from collections.abc import Mapping
from io import BytesIO
from math import ceil
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HTTPHeaders
from botocore.client import BaseClient

Wire = dict[str, Any]
READ_UNIT, WRITE_UNIT = 4096, 1024


class _Body(BytesIO):
    def stream(self, **_: object) -> Any:
        while chunk := self.read(65536):
            yield chunk


class Answers:
    """One table."""

    def __init__(self) -> None:
        self.read_units = self.write_units = 0.0
        self._items: dict[tuple[str, str], tuple[str, int]] = {}

    def attach(self, client: BaseClient) -> None:
        """From now on this client talks to the table."""
        answer: Any = self._answer  # botocore's types know no handler that answers, though its code asks for one
        client.meta.events.register("before-send.dynamodb", answer)

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).partition(".")[2]
        asked: Any = request.body
        body: str = getattr(self, f"_{operation}")(json.loads(asked))
        return AWSResponse(request.url, 200, HTTPHeaders(), _Body(body.encode()))

    def _PutItem(self, asked: Wire) -> str:  # noqa: N802  (DynamoDB's own names)
        self._put(asked["Item"])
        return "{}"

    def _Query(self, asked: Wire) -> str:  # noqa: N802
        pk = next(iter(asked["ExpressionAttributeValues"].values()))["S"]
        found = [item for key, item in self._items.items() if key[0] == pk]
        self.read_units += ceil(sum(size for _, size in found) / READ_UNIT)
        return f'{{"Items":[{",".join(text for text, _ in found)}],"Count":{len(found)}}}'

    def _BatchGetItem(self, asked: Wire) -> str:  # noqa: N802
        [(table, wanted)] = asked["RequestItems"].items()
        found = [self._items.get((key["pk"]["S"], key["sk"]["S"]), ("", 1)) for key in wanted["Keys"]]
        share = 1 if wanted.get("ConsistentRead") else 0.5
        self.read_units += sum(share * ceil(size / READ_UNIT) for _, size in found)
        return f'{{"Responses":{{"{table}":[{",".join(text for text, _ in found if text)}]}},"UnprocessedKeys":{{}}}}'

    def _BatchWriteItem(self, asked: Wire) -> str:  # noqa: N802
        for requests in asked["RequestItems"].values():
            for one in requests:
                self._put(one["PutRequest"]["Item"])
        return '{"UnprocessedItems":{}}'

    def _TransactWriteItems(self, asked: Wire) -> str:  # noqa: N802
        for one in asked["TransactItems"]:
            self._put(one["Put"]["Item"], times=2)
        return "{}"

    def _put(self, item: Wire, times: int = 1) -> None:
        size = sum(len(name) + _size(value) for name, value in item.items())
        self._items[item["pk"]["S"], item["sk"]["S"]] = (json.dumps(item), size)
        self.write_units += times * ceil(size / WRITE_UNIT)


def _size(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    if kind == "N":
        return len(content) // 2 + 2
    if kind == "B":
        return len(base64.b64decode(content))
    if kind == "L":
        return 3 + sum(1 + _size(part) for part in content)
    if kind == "M":
        return 3 + sum(1 + len(name) + _size(part) for name, part in content.items())
    return len(content.encode()) if kind == "S" else 1
