"""Conversations, and everything that may stop or answer one, in DynamoDB.

pk                    sk                          what
ACCOUNT#<id>          OUTREACH#<rule>#<opened_on> a conversation; `shard` + `account_id` put it in the directory,
                                                  `csm` + `opened_at` are there until it has ended,
                                                  `due_kind` + `due_at` while something is due
                      FLAG#<kind>                 what somebody said about the account
                      TOUCH#<at>#<source>#<key>   a touchpoint
                      TICKET#<source>#<key>       a support request
CSM#<address>         FLAG#<kind>                 what somebody said about a CSM
QUOTA#<digest>        QUOTA                       who has taken a place, and when
SUPPRESSED#<digest>   SUPPRESSED                  an address that gets no mail
THREAD#<key>          THREAD                      whose conversation a key is
CONFIG                outreach                    the switch
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from health_monitor.adapters import codec
from health_monitor.adapters.codec import Item
from health_monitor.adapters.dynamodb_table import Key, Table
from health_monitor.model.crm import CrmEntry, CrmFacts, CrmName
from health_monitor.model.errors import TryAgain
from health_monitor.model.outreach import CSM, Conversation, Flag, Suppression, Switch, Ticket, Touchpoint

DUE = "outreach"
MINE = "outreach:"
LISTED = "outreach-"
NOT_LOGGED = "crm"
_ABSENT = "attribute_not_exists(pk)"
_TRIES = 20


class DynamoConversations:
    """OUTREACH items; each change names the version that it knows."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def start(self, conversation: Conversation) -> Conversation:
        self._table.put_if(conversation_item(conversation), _ABSENT)
        stored = self.get(conversation.conversation_id)
        if stored is None:
            raise KeyError(conversation.conversation_id)
        return stored

    def get(self, conversation_id: str) -> Conversation | None:
        item = self._table.get(*_conversation_key(conversation_id))
        return _conversation(item) if item else None

    def replace(self, conversation: Conversation, version: int) -> bool:
        return self._table.put_if(conversation_item(conversation), "#version = :version", version=version)

    def of_account(self, account_id: str) -> list[Conversation]:
        return _oldest_first(map(_conversation, self._table.query(codec.account_key(account_id), "OUTREACH#")))

    def due(self, now: datetime) -> list[Conversation]:
        found = self._table.query_index("due", "due_kind = :kind AND due_at <= :now", kind=DUE, now=codec.moment(now))
        return [_conversation(item) for item in found]

    def unfinished_of(self, csm_email: str) -> list[Conversation]:
        found = self._table.query_index("open_by_csm", "csm = :csm", csm=f"{MINE}{codec.csm_key(csm_email)}")
        return _oldest_first(map(_conversation, found))

    def ids(self) -> Iterator[str]:
        for shard in codec.SHARDS:
            for item in self._table.query_index("directory", "shard = :shard", shard=f"{LISTED}{shard}"):
                rule, _, opened_on = item["sk"].removeprefix("OUTREACH#").rpartition("#")
                yield f"{item['account_id']}/{rule}/{opened_on}"


class DynamoQuotas:
    """QUOTA items, each with the places that are taken in it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take(self, name: str, holder: str, at: datetime, limit: int, within: timedelta) -> bool:
        for attempt in range(_TRIES):
            item = self._table.get(*_quota_key(name))
            taken = dict(item["taken"]) if item else {}
            if holder in taken:
                return True
            young = {who: when for who, when in taken.items() if when > codec.moment(at - within)}
            if len(young) >= limit:
                return False
            if self._write(name, item, taken | {holder: codec.moment(at)}):
                return True
            self._table.wait(attempt, seed=name)
        raise TryAgain("too many ask for a place at once")

    def release(self, name: str, holder: str) -> None:
        for attempt in range(_TRIES):
            item = self._table.get(*_quota_key(name))
            if item is None or holder not in item["taken"]:
                return
            if self._write(name, item, {who: when for who, when in item["taken"].items() if who != holder}):
                return
            self._table.wait(attempt, seed=name)
        raise TryAgain("too many ask for a place at once")

    def _write(self, name: str, before: Item | None, taken: dict[str, str]) -> bool:
        pk, sk = _quota_key(name)
        item = {"pk": pk, "sk": sk, "taken": taken, "version": (before["version"] if before else 0) + 1}
        if before is None:
            return self._table.put_if(item, _ABSENT)
        return self._table.put_if(item, "#version = :version", version=before["version"])


class DynamoSuppressions:
    """SUPPRESSED items, by the address's digest."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, email: str, suppression: Suppression) -> None:
        pk, sk = _suppressed_key(email)
        self._table.put_if({"pk": pk, "sk": sk} | suppression.model_dump(mode="json"), _ABSENT)

    def find(self, email: str) -> Suppression | None:
        item = self._table.get(*_suppressed_key(email))
        return codec.noun(Suppression, item) if item else None


class DynamoThreads:
    """THREAD items."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def remember(self, keys: Iterable[str], conversation_id: str) -> None:
        items = [{"pk": f"THREAD#{key}", "sk": "THREAD", "conversation_id": conversation_id} for key in keys]
        self._table.write_many(items)

    def find(self, key: str) -> str | None:
        item = self._table.get(f"THREAD#{key}", "THREAD")
        return str(item["conversation_id"]) if item else None


class DynamoFlags:
    """FLAG items, beside the account or under the CSM whom they are about."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, holder: str, flag: Flag) -> None:
        pk, sk = _flag_key(holder, flag.kind)
        self._table.put({"pk": pk, "sk": sk} | flag.model_dump(mode="json", exclude_none=True))

    def clear(self, holder: str, kind: str) -> bool:
        return self._table.delete_if(_flag_key(holder, kind), "attribute_exists(pk)")

    def of(self, holder: str) -> list[Flag]:
        return [codec.noun(Flag, item) for item in self._table.query(holder_key(holder), "FLAG#")]


class DynamoTouches:
    """TOUCH and TICKET items, beside their account."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, touchpoints: Iterable[Touchpoint]) -> None:
        self._table.write_many([_touch_item(one) for one in touchpoints])

    def of_account(self, account_id: str, since: datetime) -> list[Touchpoint]:
        last = "TOUCH$"  # the character after #
        found = self._table.query_between(
            codec.account_key(account_id), f"TOUCH#{codec.moment(since)}", last, consistent=True
        )
        return [codec.noun(Touchpoint, item) for item in found]

    def save_tickets(self, tickets: Iterable[Ticket]) -> None:
        for one in tickets:
            item = {"pk": codec.account_key(one.account_id), "sk": f"TICKET#{one.source}#{one.source_key}"}
            item |= one.model_dump(mode="json", exclude_none=True) | {"changed_at": codec.moment(one.changed_at)}
            older = "attribute_not_exists(pk) OR changed_at <= :changed"
            self._table.put_if(item, older, changed=codec.moment(one.changed_at))

    def tickets(self, account_id: str) -> list[Ticket]:
        found = [codec.noun(Ticket, item) for item in self._table.query(codec.account_key(account_id), "TICKET#")]
        return sorted(found, key=lambda one: (one.opened_at, one.source, one.source_key))


class DynamoCrmLedger:
    """What each CRM was told, beside the account: CRM#<vendor>#<key> items, and CRMFACTS#<vendor>."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def is_logged(self, vendor: CrmName, key: str) -> bool:
        item = self._table.get(*_crm_key(vendor, key))
        return item is not None and "record_id" in item

    def logged(self, vendor: CrmName, key: str, record_id: str) -> None:
        update = "SET record_id = :record REMOVE entry, why, due_kind, due_at"
        self._table.update(_crm_key(vendor, key), update, record=record_id)

    def failed(self, vendor: CrmName, entry: CrmEntry, why: str) -> None:
        self._table.update_if(
            _crm_key(vendor, entry.key),
            "SET entry = :entry, why = :why, due_kind = :kind, due_at = :at",
            "attribute_not_exists(record_id)",
            entry=entry.model_dump_json(), why=why, kind=NOT_LOGGED, at=codec.moment(entry.at),
        )  # fmt: skip

    def failures(self) -> list[tuple[CrmName, CrmEntry, str]]:
        found = self._table.query_index("due", "due_kind = :kind", kind=NOT_LOGGED)
        return [(_vendor_of(item), CrmEntry.model_validate_json(item["entry"]), item["why"]) for item in found]

    def written(self, vendor: CrmName, account_id: str) -> CrmFacts | None:
        item = self._table.get(codec.account_key(account_id), f"CRMFACTS#{vendor}")
        return codec.noun(CrmFacts, item) if item else None

    def wrote(self, vendor: CrmName, facts: CrmFacts) -> None:
        item = {"pk": codec.account_key(facts.account_id), "sk": f"CRMFACTS#{vendor}"}
        self._table.put(item | facts.model_dump(mode="json", exclude_none=True))


class DynamoOutreachSwitch:
    """The CONFIG item beside the one that points to the live configuration."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self) -> Switch:
        item = self._table.get("CONFIG", "outreach")
        return codec.noun(Switch, item) if item else Switch()

    def put(self, switch: Switch) -> None:
        self._table.put({"pk": "CONFIG", "sk": "outreach"} | switch.model_dump(mode="json", exclude_none=True))


def conversation_item(conversation: Conversation) -> Item:
    """The conversation, and its places in the three indexes."""
    pk, sk = _conversation_key(conversation.conversation_id)
    item: Item = {"pk": pk, "sk": sk, "shard": f"{LISTED}{codec.shard_of(conversation.account_id)}"}
    item |= {"account_id": conversation.account_id, "version": conversation.version}
    if conversation.ended is None:
        item |= {"csm": f"{MINE}{codec.csm_key(conversation.csm_email)}"}
        item |= {"opened_at": conversation.opened_on.isoformat()}
    if due := conversation.next_at:
        item |= {"due_kind": DUE, "due_at": codec.moment(due)}
    return item | {"conversation": conversation.model_dump_json(exclude_defaults=True)}


def _conversation(item: Item) -> Conversation:
    return Conversation.model_validate_json(item["conversation"])


def _conversation_key(conversation_id: str) -> Key:
    pk, sk = codec.alert_keys(conversation_id)
    return pk, f"OUTREACH#{sk.removeprefix('ALERT#')}"


def _touch_item(one: Touchpoint) -> Item:
    sk = f"TOUCH#{codec.moment(one.at)}#{one.source}#{one.source_key}"
    return {"pk": codec.account_key(one.account_id), "sk": sk} | one.model_dump(mode="json", exclude_none=True)


def _quota_key(name: str) -> Key:
    return f"QUOTA#{hashlib.sha256(name.encode()).hexdigest()}", "QUOTA"


def _suppressed_key(email: str) -> Key:
    return f"SUPPRESSED#{codec.email_key(email)}", "SUPPRESSED"


def _flag_key(holder: str, kind: str) -> Key:
    return holder_key(holder), f"FLAG#{kind}"


def _crm_key(vendor: CrmName, key: str) -> Key:
    """A key begins with the conversation's id, and so with the account's."""
    account_id = key.rpartition("|")[0].rsplit("/", 2)[0]
    return codec.account_key(account_id), f"CRM#{vendor}#{key}"


def _vendor_of(item: Item) -> CrmName:
    vendor: CrmName = item["sk"].split("#")[1]
    return vendor


def holder_key(holder: str) -> str:
    """A CSM's flags are under their address, an account's beside the account."""
    if holder.startswith(CSM):
        return f"CSM#{holder.removeprefix(CSM)}"
    return codec.account_key(holder)


def _oldest_first(found: Iterable[Conversation]) -> list[Conversation]:
    return sorted(found, key=lambda one: (one.opened_on, one.conversation_id))
