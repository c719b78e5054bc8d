"""Conversations, and everything that may stop or answer one, in DynamoDB; outreach_items.py has the table of keys."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from health_monitor.adapters import codec
from health_monitor.adapters import outreach_items as items
from health_monitor.adapters.codec import Item
from health_monitor.adapters.dynamodb_table import READ_AT_ONCE, Table
from health_monitor.adapters.lots import lots
from health_monitor.model.errors import TryAgain
from health_monitor.model.outreach import Conversation, Flag, Suppression, Switch

_ABSENT = "attribute_not_exists(pk)"
_TRIES = 20


class DynamoConversations:
    """OUTREACH items; each change names the version that it knows."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def start(self, conversation: Conversation) -> Conversation:
        if self._table.put_if(items.conversation_item(conversation), _ABSENT):
            return conversation
        stored = self.get(conversation.conversation_id)
        if stored is None:
            raise TryAgain("a conversation was forgotten while it was begun")
        return stored

    def get(self, conversation_id: str) -> Conversation | None:
        item = self._table.get(*items.conversation_key(conversation_id))
        return items.conversation_of(item) if item else None

    def replace(self, conversation: Conversation, version: int) -> bool:
        return self._table.put_if(items.conversation_item(conversation), "#version = :version", version=version)

    def of_account(self, account_id: str) -> list[Conversation]:
        found = self._table.query(codec.account_key(account_id), "OUTREACH#")
        return items.oldest_first(map(items.conversation_of, found))

    def due(self, now: datetime) -> list[Conversation]:
        found = self._table.query_index(
            "due", "due_kind = :kind AND due_at <= :now", kind=items.DUE, now=codec.moment(now)
        )
        return items.longest_waiting_first(map(items.conversation_of, found))

    def unfinished_of(self, csm_email: str) -> list[Conversation]:
        found = self._table.query_index("open_by_csm", "csm = :csm", csm=items.mine(csm_email))
        return items.oldest_first(map(items.conversation_of, found))

    def ids(self) -> Iterator[str]:
        for shard in codec.SHARDS:
            for item in self._table.query_index("directory", "#shard = :shard", shard=f"{items.LISTED}{shard}"):
                yield items.listed_id(item)

    def all(self) -> Iterator[Conversation]:
        for some in lots(self.ids(), READ_AT_ONCE):
            found = self._table.get_many([items.conversation_key(name) for name in some], consistent=True)
            yield from map(items.conversation_of, found)


class DynamoQuotas:
    """QUOTA items, each with the places that are taken in it; those that are over go with the next write."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take(self, name: str, holder: str, at: datetime, limit: int, within: timedelta) -> bool:
        me, now = items.place(holder), codec.moment(at)

        def taking(taken: dict[str, str]) -> dict[str, str] | None:
            counted = items.still_taken(taken, at, within)
            if me not in counted and len(counted) >= limit:
                return None
            return counted | {me: max(counted.get(me, ""), now)}

        return self._change(name, taking)

    def release(self, name: str, holder: str) -> None:
        me = items.place(holder)
        self._change(name, lambda taken: {who: when for who, when in taken.items() if who != me})

    def _change(self, name: str, fn: Callable[[dict[str, str]], dict[str, str] | None]) -> bool:
        """Whether the places could be changed so; None: not so."""
        for attempt in range(_TRIES):
            item = self._table.get(*items.quota_key(name))
            taken = dict(item["taken"]) if item else {}
            wanted = fn(taken)
            if wanted is None or wanted == taken:
                return wanted is not None
            if self._write(name, item, wanted):
                return True
            self._table.wait(attempt, seed=name)
        raise TryAgain("too many ask for a place at once")

    def _write(self, name: str, before: Item | None, taken: dict[str, str]) -> bool:
        pk, sk = items.quota_key(name)
        item = {"pk": pk, "sk": sk, "taken": taken, "version": before["version"] + 1 if before else 1}
        if before is None:
            return self._table.put_if(item, _ABSENT)
        return self._table.put_if(item, "#version = :version", version=before["version"])


class DynamoSuppressions:
    """SUPPRESSED items, named by the digest of the address."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, email: str, suppression: Suppression) -> None:
        self._table.put_if(items.suppressed_item(email, suppression), _ABSENT)

    def find(self, email: str) -> Suppression | None:
        item = self._table.get(*items.suppressed_key(email))
        return codec.noun(Suppression, item) if item else None


class DynamoThreads:
    """THREAD items, each listed beside its account before it counts."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def remember(self, keys: Iterable[str], conversation_id: str) -> None:
        some = list(keys)
        self._table.write_many([items.listed_thread_item(key, conversation_id) for key in some])
        self._table.write_many([items.thread_item(key, conversation_id) for key in some])

    def find(self, key: str) -> str | None:
        item = self._table.get(f"THREAD#{key}", "THREAD")
        return str(item["conversation_id"]) if item else None

    def forget(self, conversation_id: str) -> int:
        listed = list(self._table.query(*items.threads_of(conversation_id)))
        self._table.write_many([], delete=[(f"THREAD#{item['thread']}", "THREAD") for item in listed])
        self._table.write_many([], delete=[(item["pk"], item["sk"]) for item in listed])
        return len(listed)


class DynamoFlags:
    """FLAG items, beside the account or under the CSM whom they are about."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, holder: str, flag: Flag) -> None:
        self._table.put(items.flag_item(holder, flag))

    def clear(self, holder: str, kind: str) -> bool:
        return self._table.delete_if((items.holder_key(holder), f"FLAG#{kind}"), "attribute_exists(pk)")

    def of(self, holder: str) -> list[Flag]:
        return [codec.noun(Flag, item) for item in self._table.query(items.holder_key(holder), "FLAG#")]


class DynamoOutreachSwitch:
    """The CONFIG item beside the one that points to the live configuration."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self) -> Switch:
        item = self._table.get("CONFIG", "outreach")
        return codec.noun(Switch, item) if item else Switch()

    def put(self, switch: Switch, before: Switch | None = None) -> bool:
        item = {"pk": "CONFIG", "sk": "outreach"} | switch.model_dump(mode="json", exclude_none=True)
        if before is None:
            self._table.put(item)
            return True
        # Whoever turns it writes when; so that moment tells whether anybody has since.
        then = before.model_dump(mode="json")["changed_at"]
        if then is None:
            return self._table.put_if(item, "attribute_not_exists(changed_at)")
        return self._table.put_if(item, "changed_at = :then", then=then)
