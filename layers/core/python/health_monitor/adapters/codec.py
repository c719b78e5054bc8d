"""How each noun looks when it is stored, in one place, for every store.

An item is a flat dictionary with the table's two keys. Names are words, dates are ISO, and a person can read
all of it except packed counts, users and arrivals; `readable` unpacks those. Only arrivals expire by themselves: a
state or a claim that vanished would let a rerun judge or tell again, and a year of an account's states costs 0.1 MB.

  pk                  sk                          what
  ACCOUNT#<id>        PROFILE                     the account; `shard` + `account_id` put it in the directory
                      CONTACT#<contact>           a person
                      RING                        the last days' counts, packed; its users, or the names of their pages
                      USERS#<hash>                users, packed; a page is named by its content
                      H#<yyyymmddhh>…             the different events that arrived in an hour; large ones are split
                      STATE#<day>                 where the account stood after that day
                      DOSSIER                     its records: tickets, answers, bills and so on; packed
                      SCORE                       its health score of now, with those of the last half-year; packed
                      ALERT#<rule>#<opened_on>    an alert; `csm` + `opened_at` only while it is open
  WAITING#<holder>    H#<yyyymmddhh>…             events whose name belongs to no account yet; these stay
  NOTICE#<id>         NOTICE                      a notice; `due_kind` + `due_at` only while it is held
  MESSAGE#<digest>    CLAIM                       who sends or sent a message; its id would name the account
  RUN                 <as_of>                     a night's record
  CONFIG              live                        which configuration new runs use
  SOURCE              <name>                      how far a source is complete
Names and where sources stand: dynamodb_intake.py. Erasures: dynamodb_erasures.py. Conversations, flags and what
else outreach keeps, also beside the account: outreach_items.py.
"""

import hashlib
import json
import zlib
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any, TypeVar

from health_monitor.adapters.dossier_packing import readable_dossier, standing_text, unpack_dossier
from health_monitor.adapters.packing import (
    cut_to_ring,
    pack_counts,
    pack_users,
    unpack_counts,
    unpack_event,
    unpack_users,
)
from health_monitor.model.account import Account, Contact
from health_monitor.model.alert import Alert, Notice
from health_monitor.model.run import RunRecord, SourceFreshness
from health_monitor.model.state_json import named_state, state_of
from health_monitor.model.strict import Strict
from health_monitor.model.usage import History, Ring, Series, State, UserUse
from health_monitor.ports.intake import ARRIVALS_KEPT

Item = dict[str, Any]
Noun = TypeVar("Noun", bound=Strict)

ACCOUNTS_PREFIX = "ACCOUNT#"
WAITING_PREFIX = "WAITING#"
SHARDS = tuple("01234567")
NOBODY = "-"
"""Stands for "no CSM" in the index, where the empty string is not allowed."""
HELD = "held_notice"
INLINE_BYTES = 3_000
"""Users that fit into this are in the ring itself: with it they are read and written as one item."""

_ENCODE = json.JSONEncoder(separators=(",", ":")).encode


def account_key(account_id: str) -> str:
    """The partition of everything about one account."""
    return f"{ACCOUNTS_PREFIX}{account_id}"


def state_key(day: int) -> str:
    return f"STATE#{date.fromordinal(day).isoformat()}"


def page_key(page: bytes) -> str:
    return f"USERS#{blake2b(page, digest_size=8).hexdigest()}"


def hour_key(at: datetime) -> str:
    """Where the arrivals of an hour begin, in the order of the hours."""
    return f"H#{hour_text(at)}"


def last_key(until: datetime | None) -> str:
    """Where the arrivals of the hours before it end, also those of hours that are split; None = of all hours."""
    return f"{hour_key(until - timedelta(hours=1))}~" if until else "H#~"


def hour_of(key: str) -> datetime:
    """The hour again, in UTC."""
    return hour_from(key.split("#")[1])


def hour_text(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%d%H}"


def hour_from(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d%H").replace(tzinfo=UTC)


def arrivals_until(hour: datetime) -> int:
    """When the arrivals of an hour expire, in epoch seconds."""
    return int((hour + ARRIVALS_KEPT).timestamp())


def arrival_item(prefix: str, holder: str, key: str, elements: set[bytes], *, expires: bool) -> Item:
    ttl = {"ttl": arrivals_until(hour_of(key))} if expires else {}
    return {"pk": f"{prefix}{holder}", "sk": key, "e": sorted(elements)} | ttl


def alert_keys(alert_id: str) -> tuple[str, str]:
    """The account's part may itself hold slashes; the rule and the day do not. What is no id names no item."""
    rest, _, opened_on = alert_id.rpartition("/")
    account_id, _, rule = rest.rpartition("/")
    return account_key(account_id), f"ALERT#{rule}#{opened_on}"


def shard_of(account_id: str) -> str:
    """Derived, so that an account is always in the same one of the directory's eight parts."""
    return SHARDS[zlib.crc32(account_id.encode()) % len(SHARDS)]


def moment(at: datetime) -> str:
    """Always UTC and equally long, so that the order of texts is the order of moments."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def profile_item(account: Account) -> Item:
    keys = {"pk": account_key(account.account_id), "sk": "PROFILE", "shard": shard_of(account.account_id)}
    return keys | _fields(account)


def contact_item(contact: Contact) -> Item:
    return {"pk": account_key(contact.account_id), "sk": f"CONTACT#{contact.contact_id}"} | _fields(contact)


def ring_items(history: History) -> tuple[Item, list[Item]]:
    """The ring, and the pages of its users when they are too many to be in it."""
    pk, series, packed = account_key(history.account_id), cut_to_ring(history.series), pack_users(history.users)
    ring = {
        "pk": pk,
        "sk": "RING",
        "first_day": date.fromordinal(series.first_day).isoformat(),
        "counts": pack_counts(series),
    } | ({"compacted": hour_text(history.compacted)} if history.compacted else {})
    if sum(map(len, packed)) <= INLINE_BYTES:
        return ring | {"users": list(packed)}, []
    pages = [{"pk": pk, "sk": page_key(page), "users": [page]} for page in packed]
    return ring | {"pages": [page["sk"] for page in pages]}, pages


def ring_of(item: Item) -> Ring:
    compacted = hour_from(item["compacted"]) if "compacted" in item else None
    return Ring(series_of(item), users_of(item) if "users" in item else None, compacted)


def series_of(item: Item) -> Series:
    return unpack_counts(date.fromisoformat(item["first_day"]).toordinal(), item["counts"])


def users_of(item: Item) -> tuple[UserUse, ...]:
    return tuple(user for page in item["users"] for user in unpack_users(page))


def state_item(account_id: str, state: State) -> Item:
    keys = {"pk": account_key(account_id), "sk": state_key(state.day)}
    return keys | {"state": state_to_json(state)}


def alert_item(alert: Alert) -> Item:
    pk, sk = alert_keys(alert.alert_id)
    index = {"csm": csm_key(alert.csm_email), "opened_at": alert.opened_on.isoformat()} if alert.is_open else {}
    return {"pk": pk, "sk": sk} | index | _fields(alert)


def claim_name(message_id: str) -> str:
    """A message's name where its claim stays for ever: it says nothing about the account, which may be erased."""
    return hashlib.sha256(message_id.encode()).hexdigest()


def email_key(email: str) -> str:
    """An address where it stays for ever: recognised when it comes again, and nobody's name."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def csm_key(csm_email: str | None) -> str:
    return csm_email or NOBODY


def notice_item(notice: Notice) -> Item:
    index = {"due_kind": HELD, "due_at": notice.due_on.isoformat()} if notice.status == "held" else {}
    keys = {"pk": f"NOTICE#{notice.notice_id}", "sk": "NOTICE"}
    return keys | index | _fields(notice)


def run_item(record: RunRecord) -> Item:
    return {"pk": "RUN", "sk": record.as_of.isoformat()} | _fields(record)


def freshness_item(freshness: SourceFreshness) -> Item:
    keys = {"pk": "SOURCE", "sk": freshness.source}
    return keys | _fields(freshness) | {"received_at": moment(freshness.received_at)}


def grown(stored: SourceFreshness | None, new: SourceFreshness) -> SourceFreshness:
    """What is known after both: the stretch of complete days only ever gets longer."""
    if stored is None:
        return new
    return SourceFreshness(
        source=new.source,
        complete_from=min(stored.complete_from, new.complete_from),
        complete_through=max(stored.complete_through, new.complete_through),
        received_at=max(stored.received_at, new.received_at),
        waited_for=new.waited_for,
        quiet_days=new.quiet_days,
    )


def noun(kind: type[Noun], item: Item) -> Noun:
    """The model object an item holds, without the keys around it."""
    return kind.model_validate({name: item[name] for name in kind.model_fields if name in item})


def state_to_json(state: State) -> str:
    """A state as one line of JSON that a person can read."""
    return _ENCODE(named_state(state))


def state_from_json(text: str) -> State:
    return state_of(json.loads(text))


def readable(item: Item) -> Item:
    """The item as a person wants to see it: `item` names it, packed values are unpacked."""
    shown = {"item": item["sk"]} | {name: value for name, value in sorted(item.items()) if name not in {"pk", "sk"}}
    if "counts" in shown:
        shown["days"] = _readable_days(series_of(shown))
        del shown["counts"]
    if "users" in shown:
        shown["users"] = [_readable_user(user) for user in users_of(shown)]
    if "e" in shown:
        shown["events"] = [_readable_event(packed) for packed in sorted(shown.pop("e"))]
    if "records" in shown:
        shown |= readable_dossier(unpack_dossier(shown.pop("records")))
    if "standing" in shown:
        shown["standing"] = standing_text(shown["standing"])
    for packed in ("state", "conversation", "entry", "standing"):
        if packed in shown:
            shown |= json.loads(shown.pop(packed))
    return shown


def _fields(model: Strict) -> Item:
    return model.model_dump(mode="json", exclude_none=True)


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def _readable_days(series: Series) -> list[Item]:
    counts = zip(series.events, series.active_users, series.new_users, strict=True)
    return [
        {"day": _iso(series.first_day + i), "events": events, "active_users": active, "new_users": new}
        for i, (events, active, new) in enumerate(counts)
    ]


def _readable_user(user: UserUse) -> Item:
    days = {"first_day": _iso(user.first_day), "last_day": _iso(user.last_day)}
    features = {name: _iso(day) for name, day in user.features}
    return user._asdict() | days | {"fortnight": f"{user.fortnight:014b}", "features": features}


def _readable_event(packed: bytes) -> Item:
    event = unpack_event("", packed)._asdict()
    return {name: value for name, value in event.items() if name not in {"account_id", "day"}}
