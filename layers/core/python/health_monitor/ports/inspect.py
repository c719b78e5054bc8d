"""What is stored about an account, for a person who wants to look or to have it forgotten."""

from typing import Any, Protocol


class Shelf(Protocol):
    def items_of(self, account_id: str) -> list[dict[str, Any]]:
        """Everything stored about an account, each item unpacked into dates, names and numbers; `item` says which."""

    def remove(self, account_id: str) -> int:
        """Forget everything stored about an account; how many items that were."""
