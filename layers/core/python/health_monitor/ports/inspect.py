"""What is stored, for a person who wants to look."""

from typing import Any, Protocol


class Shelf(Protocol):
    def items_of(self, account_id: str) -> list[dict[str, Any]]:
        """Everything stored about an account, each item unpacked into dates, names and numbers; `item` says which."""
