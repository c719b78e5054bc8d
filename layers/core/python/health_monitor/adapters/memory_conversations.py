"""Conversations, and everything that may stop or answer one, in memory."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from health_monitor.adapters import codec
from health_monitor.adapters import outreach_items as shapes
from health_monitor.adapters.codec import Item, email_key
from health_monitor.model.outreach import Conversation, Flag, Suppression, Switch


class MemoryConversations:
    """Conversations in a dictionary."""

    def __init__(self) -> None:
        self._stored: dict[str, Conversation] = {}

    def start(self, conversation: Conversation) -> Conversation:
        return self._stored.setdefault(conversation.conversation_id, conversation)

    def get(self, conversation_id: str) -> Conversation | None:
        return self._stored.get(conversation_id)

    def replace(self, conversation: Conversation, version: int) -> bool:
        stored = self._stored.get(conversation.conversation_id)
        if stored is None or stored.version != version:
            return False
        self._stored[conversation.conversation_id] = conversation
        return True

    def of_account(self, account_id: str) -> list[Conversation]:
        return shapes.oldest_first(one for one in self._stored.values() if one.account_id == account_id)

    def due(self, now: datetime) -> list[Conversation]:
        due = (one for one in self._stored.values() if one.next_at and one.next_at <= now)
        return shapes.longest_waiting_first(due)

    def unfinished_of(self, csm_email: str) -> list[Conversation]:
        wanted = shapes.mine(csm_email)
        return shapes.oldest_first(
            one for one in self._stored.values() if one.ended is None and shapes.mine(one.csm_email) == wanted
        )

    def ids(self) -> Iterator[str]:
        yield from list(self._stored)

    def all(self) -> Iterator[Conversation]:
        yield from list(self._stored.values())

    def items(self, account_id: str) -> list[Item]:
        """What the table would hold."""
        return [shapes.conversation_item(one) for one in self.of_account(account_id)]

    def remove(self, account_id: str) -> None:
        """Forget every conversation of one account."""
        for one in self.of_account(account_id):
            del self._stored[one.conversation_id]


class MemoryQuotas:
    """Who, by digest, has taken a place, and when."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)

    def take(self, name: str, holder: str, at: datetime, limit: int, within: timedelta) -> bool:
        key, me = shapes.quota_key(name), shapes.place(holder)
        counted = shapes.still_taken(self._taken[key], at, within)
        if me not in counted and len(counted) >= limit:
            return False
        self._taken[key] = counted | {me: max(counted.get(me, ""), codec.moment(at))}
        return True

    def release(self, name: str, holder: str) -> None:
        self._taken[shapes.quota_key(name)].pop(shapes.place(holder), None)


class MemorySuppressions:
    """Suppressed addresses, by their digests."""

    def __init__(self) -> None:
        self._stored: dict[str, Suppression] = {}

    def add(self, email: str, suppression: Suppression) -> None:
        self._stored.setdefault(email_key(email), suppression)

    def find(self, email: str) -> Suppression | None:
        return self._stored.get(email_key(email))


class MemoryThreads:
    """Which conversation a key belongs to."""

    def __init__(self) -> None:
        self._stored: dict[str, str] = {}

    def remember(self, keys: Iterable[str], conversation_id: str) -> None:
        self._stored.update(dict.fromkeys(keys, conversation_id))

    def find(self, key: str) -> str | None:
        return self._stored.get(key)

    def forget(self, conversation_id: str) -> int:
        keys = [key for key, owner in self._stored.items() if owner == conversation_id]
        for key in keys:
            del self._stored[key]
        return len(keys)

    def items(self, account_id: str) -> list[Item]:
        """What the table would hold beside the account."""
        listed = [shapes.listed_thread_item(key, owner) for key, owner in self._stored.items()]
        return [item for item in listed if item["pk"] == codec.account_key(account_id)]

    def remove(self, account_id: str) -> None:
        """Forget the keys of every conversation of one account."""
        for item in self.items(account_id):
            del self._stored[item["thread"]]


class MemoryFlags:
    """Flags by holder and kind."""

    def __init__(self) -> None:
        self._stored: dict[str, dict[str, Flag]] = defaultdict(dict)

    def put(self, holder: str, flag: Flag) -> None:
        self._stored[shapes.holder_key(holder)][flag.kind] = flag

    def clear(self, holder: str, kind: str) -> bool:
        return self._stored[shapes.holder_key(holder)].pop(kind, None) is not None

    def of(self, holder: str) -> list[Flag]:
        return [flag for _, flag in sorted(self._stored[shapes.holder_key(holder)].items())]

    def items(self, account_id: str) -> list[Item]:
        """What the table would hold beside the account."""
        return [shapes.flag_item(account_id, flag) for flag in self.of(account_id)]

    def remove(self, account_id: str) -> None:
        """Forget what was said about one account."""
        self._stored.pop(shapes.holder_key(account_id), None)


class MemoryOutreachSwitch:
    """The switch."""

    def __init__(self) -> None:
        self._switch = Switch()

    def get(self) -> Switch:
        return self._switch

    def put(self, switch: Switch, before: Switch | None = None) -> bool:
        if before is not None and before != self._switch:
            return False
        self._switch = switch
        return True
