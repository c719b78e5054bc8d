"""Accounts and contacts in DynamoDB."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from typing import Any

from health_monitor.adapters import codec
from health_monitor.adapters.dynamodb_table import WRITE_AT_ONCE, Key, Table
from health_monitor.adapters.lots import lots
from health_monitor.model.account import Account, Contact
from health_monitor.model.heard import AccountChange, ContactChange


class DynamoAccounts:
    """PROFILE and CONTACT items; the sparse index `directory` lists who there is."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, accounts: Iterable[Account]) -> None:
        for some in lots(accounts, WRITE_AT_ONCE):
            self._table.write_many([codec.profile_item(account) for account in some])

    def ids(self) -> Iterator[str]:
        yield from merge(*(self._shard(shard) for shard in codec.SHARDS))

    def read(self, account_ids: Sequence[str]) -> dict[str, Account]:
        keys = [(codec.account_key(account_id), "PROFILE") for account_id in account_ids]
        # Half the price, and a profile of a second ago judges an account as well as the newest.
        found = {item["account_id"]: item for item in self._table.get_many(keys, consistent=False)}
        return {key: codec.noun(Account, found[key]) for key in account_ids if key in found}

    def merge(self, changes: Iterable[AccountChange]) -> list[bool]:
        news: list[bool] = []
        for change in changes:
            known = Account.model_validate({"account_id": change.account_id, **change.facts})
            item = codec.profile_item(known)
            news.append(self._merge((item.pop("pk"), item.pop("sk")), item, change))
        return news

    def save_contacts(self, contacts: Iterable[Contact]) -> None:
        for some in lots(contacts, WRITE_AT_ONCE):
            self._table.write_many([codec.contact_item(contact) for contact in some])

    def contacts(self, account_id: str) -> list[Contact]:
        found = self._table.query(codec.account_key(account_id), "CONTACT#")
        return [codec.noun(Contact, item) for item in found]

    def merge_contacts(self, changes: Iterable[ContactChange]) -> None:
        for change in changes:
            ids = {"account_id": change.account_id, "contact_id": change.contact_id}
            item = codec.contact_item(Contact.model_validate({**ids, **change.facts}))
            self._merge((item.pop("pk"), item.pop("sk")), item, change)

    def remove_contacts(self, account_id: str, contact_ids: Iterable[str]) -> None:
        pk = codec.account_key(account_id)
        self._table.write_many([], delete=[(pk, f"CONTACT#{contact_id}") for contact_id in contact_ids])

    def _merge(self, key: Key, fields: Mapping[str, Any], change: AccountChange | ContactChange) -> bool:
        """Whether it was news. One update: what another source writes at the same time is left alone."""
        said = f"changed_{change.source}"
        values = {**fields, said: codec.moment(change.changed_at)}
        emptied = [f"#{name}" for name in change.facts if name not in fields]
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in values)
        update += f" REMOVE {', '.join(emptied)}" if emptied else ""
        return self._table.update_if(key, update, f"attribute_not_exists(#{said}) OR #{said} <= :{said}", **values)

    def _shard(self, shard: str) -> Iterator[str]:
        for item in self._table.query_index("directory", "#shard = :shard", shard=shard):
            yield item["account_id"]
