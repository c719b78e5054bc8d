"""How an account's records, and where it stands, look when they are stored: one item each, packed.

pk                  sk          what
ACCOUNT#<id>        DOSSIER     all of its records but those that fell out; `digest` is theirs, and changes with them
                    SCORE       where it stands, with its scores of the last half-year
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from health_monitor.adapters.codec import Item, account_key
from health_monitor.adapters.dossier_packing import pack_dossier, pack_standing, size_of, standing_text, unpack_dossier
from health_monitor.model.dossier import EMPTY, Dossier, in_order, lasting, lasts
from health_monitor.model.records import AnyRecord
from health_monitor.model.score import Standing

DOSSIER, SCORE = "DOSSIER", "SCORE"
MOST_BYTES = 300_000
"""A stored item may have 400 KB; the rest is room for its keys and for growing."""


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

    Telling again costs no write. What says the same at a later moment is no news, but it is kept: a version in between
    may come late. What is older than everything in a full dossier is not new in it, however often it is told.
    """
    after, news = before.with_records(_not_fallen_out(before, told))
    if after is before:
        return before, []
    after = fitting(after)
    kept = {one.name: one for one in after.records()}
    return after, [one for one in news if kept.get(one.name) == one]


def scrubbed(before: Dossier, left_of: Callable[[AnyRecord], AnyRecord | None]) -> tuple[Dossier, int]:
    """What a function leaves of each record, and how many it changed."""
    left: dict[str, Any] = {}
    changed = 0
    for name in before.SHELF.values():
        shelf = getattr(before, name)
        kept = [left_of(one) for one in shelf]
        changed += sum(one != was for one, was in zip(kept, shelf, strict=True))
        left[name] = in_order(one for one in kept if one is not None)
    return replace(before, **left), changed


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
