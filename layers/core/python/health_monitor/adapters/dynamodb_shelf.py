"""A look into the table."""

from typing import Any

from health_monitor.adapters import codec
from health_monitor.adapters.dynamodb_table import Table


class DynamoShelf:
    """An account's whole partition, made readable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def items_of(self, account_id: str) -> list[dict[str, Any]]:
        return [codec.readable(item) for item in self._table.query(codec.account_key(account_id))]

    def remove(self, account_id: str) -> int:
        """What is named elsewhere goes first: once its name is gone nobody finds it."""
        items = list(self._table.query(codec.account_key(account_id)))
        self._table.write_many(
            [], delete=[(f"THREAD#{item['thread']}", "THREAD") for item in items if "thread" in item]
        )
        self._table.write_many([], delete=[(item["pk"], item["sk"]) for item in items])
        return len(items)
