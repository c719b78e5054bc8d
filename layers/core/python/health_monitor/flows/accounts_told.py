"""Lists of accounts and the portfolio's summary, as people, spreadsheets and programs read them."""

from collections.abc import Iterator, Mapping
from typing import Any

from health_monitor.model.listing import Listing
from health_monitor.views.accounts_list import listing_csv, listing_json, listing_lines
from health_monitor.views.portfolio import portfolio_lines


def accounts_page(found: Listing, *, why: bool) -> Iterator[str]:
    """The list, line by line."""
    return listing_lines(found, why=why)


def accounts_csv(found: Listing) -> Iterator[tuple[str, ...]]:
    """The columns' names, then a row an account."""
    return listing_csv(found)


def accounts_json(found: Listing) -> dict[str, Any]:
    """Everything."""
    return listing_json(found)


def portfolio_page(found: Mapping[str, Any]) -> Iterator[str]:
    """The summary, line by line."""
    return portfolio_lines(found)
