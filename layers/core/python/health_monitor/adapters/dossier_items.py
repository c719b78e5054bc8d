"""How an account's records, and where it stands, look when they are stored: one item each, packed.

pk                  sk          what
ACCOUNT#<id>        DOSSIER     all of its records but those that fell out; `digest` is theirs, and changes with them
                    SCORE       where it stands, with its scores of the last half-year
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from typing import Any, TypeVar

from health_monitor.adapters.codec import Item, account_key
from health_monitor.adapters.dossier_packing import pack_dossier, pack_standing, size_of, standing_text, unpack_dossier
from health_monitor.model.records import EMPTY, AnyRecord, Dossier, Survey, Ticket, in_order, lasting, lasts
from health_monitor.model.score import Standing

DOSSIER, SCORE = "DOSSIER", "SCORE"
MOST_BYTES = 300_000
"""A stored item may have 400 KB; the rest is room for its keys and for growing."""
Answer = TypeVar("Answer", Ticket, Survey)


def dossier_item(account_id: str, dossier: Dossier) -> Item:
    packed = pack_dossier(dossier)
    digest = blake2b(packed, digest_size=12).hexdigest()
    return {"pk": account_key(account_id), "sk": DOSSIER, "records": packed, "digest": digest}


def dossier_of(item: Item | None) -> Dossier:
    return unpack_dossier(item["records"]) if item else EMPTY


def standing_item(standing: Standing) -> Item:
    return {"pk": account_key(standing.account_id), "sk": SCORE, "standing": pack_standing(standing)}


def standing_of(item: Item) -> Standing:
    return Standing.model_validate_json(standing_text(item["standing"]))


def with_records(before: Dossier, told: Iterable[AnyRecord]) -> tuple[Dossier, list[AnyRecord]]:
    """The dossier with these records, cut to what an item can hold, and those of them that are new in it.

    Where nothing is new in it, it stays as it was: telling again costs no write. What is older than everything in a
    full dossier is not new in it, however often it is told.
    """
    after, news = before.with_records(_not_fallen_out(before, told))
    if not news:
        return before, []
    after = fitting(after)
    kept = {one.name: one for one in after.records()}
    return after, [one for one in news if kept.get(one.name) == one]


def without_people(before: Dossier, contact_ids: Iterable[str]) -> tuple[Dossier, int]:
    """Without these people and what was talked with them; their tickets and answers are nobody's. How many changed."""
    gone = set(contact_ids)
    after = replace(
        before,
        persons=tuple(one for one in before.persons if one.key not in gone),
        touchpoints=tuple(one for one in before.touchpoints if one.contact_id not in gone),
        tickets=tuple(_nobodys(one, gone) for one in before.tickets),
        surveys=tuple(_nobodys(one, gone) for one in before.surveys),
    )
    left = set(after.records())
    return after, sum(one not in left for one in before.records())


def fitting(dossier: Dossier) -> Dossier:
    """The dossier without the oldest quarter of its longest kinds, as often as it takes to fit into an item."""
    while len(pack_dossier(dossier)) > MOST_BYTES:
        longest = max(dossier.SHELF.values(), key=lambda name: size_of(getattr(dossier, name)))
        shelf = lasting(getattr(dossier, longest))
        kept: dict[str, Any] = {longest: in_order(shelf[len(shelf) // 4 + 1 :])}
        dossier = replace(dossier, full=dossier.full | {longest}, **kept)
    return dossier


def _not_fallen_out(before: Dossier, told: Iterable[AnyRecord]) -> Iterator[AnyRecord]:
    """Once something fell out of a kind, nothing that would have fallen out before it comes in."""
    last = {name: min(map(lasts, shelf)) for name in before.full if (shelf := getattr(before, name))}
    known = {one.name for name in before.full for one in getattr(before, name)}
    for one in told:
        name = before.SHELF[type(one)]
        if name not in last or one.name in known or lasts(one) > last[name]:
            yield one


def _nobodys(record: Answer, gone: Collection[str]) -> Answer:
    return replace(record, contact_id=None) if record.contact_id in gone else record
