"""How conversations, and everything that may stop or answer one, look when they are stored, for every store.

pk                    sk                          what
ACCOUNT#<id>          OUTREACH#<rule>#<opened_on> a conversation; `shard` + `account_id` put it in the directory,
                                                  `csm` + `opened_at` are there until it has ended,
                                                  `due_kind` + `due_at` while something is due
                      FLAG#<kind>                 what somebody said about the account
                      THREAD#<rule>#<day>#<key>   a key of a conversation, so that it can be found and forgotten
                      CRM#<vendor>#…              what a CRM was told (dynamodb_crm.py)
CSM#<address>         FLAG#<kind>                 what somebody said about a CSM
QUOTA#<digest>        QUOTA                       who, by digest, has taken a place, and when
SUPPRESSED#<digest>   SUPPRESSED                  an address that gets no mail
THREAD#<key>          THREAD                      whose conversation a key is
CONFIG                outreach                    the switch

What is under ACCOUNT# names the account and goes with it, and with it each THREAD# that it names. QUOTA and SUPPRESSED
name nobody and stay.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from health_monitor.adapters import codec
from health_monitor.adapters.codec import Item
from health_monitor.model.outreach import CSM, Conversation, Flag, Suppression

DUE = "outreach"
MINE = "outreach:"
LISTED = "outreach-"
Key = tuple[str, str]


def conversation_key(conversation_id: str) -> Key:
    pk, sk = codec.alert_keys(conversation_id)
    return pk, f"OUTREACH#{sk.removeprefix('ALERT#')}"


def conversation_item(conversation: Conversation) -> Item:
    """The conversation, and its places in the three indexes."""
    pk, sk = conversation_key(conversation.conversation_id)
    item: Item = {"pk": pk, "sk": sk, "shard": f"{LISTED}{codec.shard_of(conversation.account_id)}"}
    item |= {"account_id": conversation.account_id, "version": conversation.version}
    if conversation.ended is None:
        item |= {"csm": mine(conversation.csm_email), "opened_at": conversation.opened_on.isoformat()}
    if due := conversation.next_at:
        item |= {"due_kind": DUE, "due_at": codec.moment(due)}
    return item | {"conversation": conversation.model_dump_json(exclude_defaults=True)}


def conversation_of(item: Item) -> Conversation:
    return Conversation.model_validate_json(item["conversation"])


def listed_id(item: Item) -> str:
    """The conversation's id, from what the directory holds of it."""
    rule, _, opened_on = item["sk"].removeprefix("OUTREACH#").rpartition("#")
    return f"{item['account_id']}/{rule}/{opened_on}"


def mine(csm_email: str | None) -> str:
    """Where a CSM's unfinished conversations are, apart from their alerts."""
    return f"{MINE}{codec.csm_key((csm_email or '').lower())}"


def oldest_first(found: Iterable[Conversation]) -> list[Conversation]:
    return sorted(found, key=lambda one: (one.opened_on, one.conversation_id))


def longest_waiting_first(found: Iterable[Conversation]) -> list[Conversation]:
    waiting = [(at, one.conversation_id, one) for one in found if (at := one.next_at)]
    return [one for _, _, one in sorted(waiting, key=lambda row: row[:2])]


def quota_key(name: str) -> Key:
    return f"QUOTA#{_digest(name)}", "QUOTA"


def place(holder: str) -> str:
    """A holder's name where it stays: nobody's, for the holder is a conversation and would name the account."""
    return _digest(holder)[:32]


def still_taken(taken: Mapping[str, str], at: datetime, within: timedelta) -> dict[str, str]:
    """The places that count: older ones are over."""
    return {who: when for who, when in taken.items() if when > codec.moment(at - within)}


def suppressed_item(email: str, suppression: Suppression) -> Item:
    pk, sk = suppressed_key(email)
    return {"pk": pk, "sk": sk} | suppression.model_dump(mode="json")


def suppressed_key(email: str) -> Key:
    return f"SUPPRESSED#{codec.email_key(email)}", "SUPPRESSED"


def thread_item(key: str, conversation_id: str) -> Item:
    return {"pk": f"THREAD#{key}", "sk": "THREAD", "conversation_id": conversation_id}


def listed_thread_item(key: str, conversation_id: str) -> Item:
    """The same beside the account: by it the other is found when the account or the conversation is forgotten."""
    pk, prefix = threads_of(conversation_id)
    return {"pk": pk, "sk": f"{prefix}{key}", "thread": key}


def threads_of(conversation_id: str) -> Key:
    """Where the keys of a conversation are listed."""
    pk, sk = codec.alert_keys(conversation_id)
    return pk, f"THREAD#{sk.removeprefix('ALERT#')}#"


def holder_key(holder: str) -> str:
    """A CSM's flags are under their address, an account's beside the account."""
    if holder.startswith(CSM):
        return f"CSM#{holder.removeprefix(CSM).lower()}"
    return codec.account_key(holder)


def flag_item(holder: str, flag: Flag) -> Item:
    keys = {"pk": holder_key(holder), "sk": f"FLAG#{flag.kind}"}
    return keys | flag.model_dump(mode="json", exclude_none=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
