"""What each CRM was told, in DynamoDB, beside the account. Nothing of what it says is kept here.

pk            sk                       what
ACCOUNT#<id>  CRM#<vendor>#<key>       an entry: `held_until` once somebody has tried, `record_id` once it is logged;
                                       `why` + `due_kind` + `due_at` while it could not be.
              CRMFACTS#<vendor>        what was last written back
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from health_monitor.adapters import codec
from health_monitor.adapters.codec import Item
from health_monitor.adapters.dynamodb_table import Key, Table
from health_monitor.model.crm import CrmFacts, CrmName, NotLogged, account_of
from health_monitor.ports.crm import Attempt

WAITING = "crm"
_NOT_YET = "attribute_not_exists(record_id)"


class DynamoCrmLedger:
    """CRM and CRMFACTS items."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def is_logged(self, vendor: CrmName, key: str) -> bool:
        item = self._table.get(*_keys(vendor, key))
        return item is not None and "record_id" in item

    def attempt(self, vendor: CrmName, key: str, at: datetime, lease: timedelta) -> Attempt:
        item = self._table.get(*_keys(vendor, key)) or {}
        before = item.get("held_until", "")
        if "record_id" in item:
            return Attempt.DONE
        if before > codec.moment(at):
            return Attempt.HELD
        since = {"before": before} if before else {}
        unchanged = "held_until = :before" if before else "attribute_not_exists(held_until)"
        won = self._table.update_if(
            _keys(vendor, key), "SET held_until = :until", f"{_NOT_YET} AND {unchanged}",
            until=codec.moment(at + lease), **since,
        )  # fmt: skip
        if not won:
            return Attempt.HELD
        return Attempt.AGAIN if before else Attempt.FIRST

    def logged(self, vendor: CrmName, key: str, record_id: str) -> None:
        update = "SET record_id = :record REMOVE held_until, whole_key, why, due_kind, due_at"
        self._table.update(_keys(vendor, key), update, record=record_id)

    def failed(self, failure: NotLogged, *, surely: bool) -> None:
        update = "SET whole_key = :whole, why = :why, due_kind = :kind, due_at = if_not_exists(due_at, :at)"
        self._table.update_if(
            _keys(failure.vendor, failure.key), f"{update} REMOVE held_until" if surely else update, _NOT_YET,
            whole=failure.key, why=failure.why, kind=WAITING, at=codec.moment(failure.since),
        )  # fmt: skip

    def drop(self, vendor: CrmName, key: str) -> None:
        self._table.delete_if(_keys(vendor, key), _NOT_YET)

    def failures(self) -> list[NotLogged]:
        return _longest_first(self._table.query_index("due", "due_kind = :kind", kind=WAITING))

    def failures_of(self, account_id: str) -> list[NotLogged]:
        return _longest_first(self._table.query(codec.account_key(account_id), "CRM#"))

    def written(self, vendor: CrmName, account_id: str) -> CrmFacts | None:
        item = self._table.get(codec.account_key(account_id), f"CRMFACTS#{vendor}")
        return codec.noun(CrmFacts, item) if item else None

    def wrote(self, vendor: CrmName, facts: CrmFacts) -> None:
        keys = {"pk": codec.account_key(facts.account_id), "sk": f"CRMFACTS#{vendor}"}
        self._table.put(keys | facts.model_dump(mode="json", exclude_none=True))


def _keys(vendor: CrmName, key: str) -> Key:
    """Without the account's id, which stands before it already: a sort key has 1,024 bytes."""
    account_id = account_of(key)
    return codec.account_key(account_id), f"CRM#{vendor}#{key.removeprefix(account_id)}"


def _longest_first(items: Iterable[Item]) -> list[NotLogged]:
    found = [
        NotLogged(
            vendor=item["sk"].split("#")[1], key=item["whole_key"], why=item["why"],
            since=datetime.fromisoformat(item["due_at"]),
        )
        for item in items
        if "why" in item
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.since, one.vendor, one.key))
