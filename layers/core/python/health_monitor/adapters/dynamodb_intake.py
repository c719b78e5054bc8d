"""Names, and where sources stand, in DynamoDB. Erasures: dynamodb_erasures.py.

pk                     sk                  what
NAME#<source>#<name>   CLAIMS              who claims the name: one attribute a claim, and how many by each word
ACCOUNT#<id>           NAME#<digest>       one of the account's names, written after the claim
IDENTITY               changes             a number that moves with every claim and erasure, and the names it moved for
UNMATCHED              <digest>            a name whose records wait
INTAKE                 <source>            where a source stands
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from health_monitor.adapters import codec
from health_monitor.adapters.dynamodb_changes import Changes, Moves, digest, moved
from health_monitor.adapters.dynamodb_table import Key, Table
from health_monitor.adapters.known_names import Known, KnownNames
from health_monitor.adapters.lots import lots
from health_monitor.model.heard import CROWD, OF_USER, NameClaim, Ref, Unmatched
from health_monitor.model.source import SourceState

CLAIM_AT_ONCE = 50
MANY = 20
"""Names that are asked for at once: two reads for each of them cost as much as writing a file."""
_CLAIM, _COUNT = "claim_", "claims_by_"


class DynamoNames:
    """NAME items; a process remembers those that match until they change: they are asked for all day long.

    What it has found out about many names it leaves to the processes after it.
    """

    def __init__(self, table: Table, changes: Changes, kept: KnownNames) -> None:
        self._table = table
        self._changes = changes
        self._kept = kept
        self._known: Known = {}
        self._known_at: int | None = None
        self._inherited = False

    def claim(self, claims: Iterable[NameClaim]) -> None:
        """The name first, the account's own list of names last: after a crash in between it is all done once more."""
        for some in lots(claims, CLAIM_AT_ONCE):
            wanted = {_mirror_key(claim): claim for claim in some}
            known = {(item["pk"], item["sk"]) for item in self._table.get_many(list(wanted), consistent=True)}
            new = {key: claim for key, claim in wanted.items() if key not in known and self._record(claim)}
            if new:
                self._changes.move(name for claim in new.values() for name in _names_in(claim))
                self._table.write_many([_mirror(key, claim) for key, claim in new.items()])

    def claims(self, refs: Sequence[Ref]) -> dict[Ref, list[NameClaim]]:
        """Names that match nothing are asked for every time: they may match at any moment."""
        moves = self._changes.read()
        if moves.moves != self._known_at:
            self._known = _unchanged(self._known, moves.since(self._known_at or 0))
            self._known_at, self._inherited = moves.moves, False
        unknown, outdated = self._unknown(refs), False
        if len(unknown) >= MANY and not self._inherited:
            outdated = self._inherit(moves)
            unknown = self._unknown(refs)
        found = self._read(unknown)
        self._known |= found
        if outdated or len(found) >= MANY:
            self._kept.keep(moves.moves, self._known.values())
        return {ref: self._known[ref] for ref in refs if ref in self._known}

    def _inherit(self, moves: Moves) -> bool:
        """Take over what other processes found out and has not changed since; whether something has."""
        at, known = self._kept.last()
        still = _unchanged(known, moves.since(at))
        self._known = still | self._known
        self._inherited = True
        return bool(still) and at != moves.moves

    def of_account(self, account_id: str) -> list[NameClaim]:
        found = (_claim_in(item) for item in self._table.query(codec.account_key(account_id), "NAME#"))
        return sorted(found, key=lambda claim: (claim.ref, claim.by))

    def disclaim(self, claims: Iterable[NameClaim]) -> None:
        for claim in claims:
            self._take_back(claim)
            self._remove_empty(claim.ref)
            self._changes.move(_names_in(claim))
            self._table.write_many([], delete=[_mirror_key(claim)])

    def changed(self) -> None:
        self._changes.move()

    def _record(self, claim: NameClaim) -> bool:
        """Whether it is among the name's claims now: one that is crowded takes no more."""
        key, name, count = _name_key(claim.ref), _attribute(claim), _COUNT + claim.by
        if self._table.update_if(
            key, f"SET #{name} = :claim, #source = :source, #name = :name ADD #{count} :one",
            f"attribute_not_exists(#{name}) AND (attribute_not_exists(#{count}) OR #{count} < :crowd)",
            claim=_value(claim), source=claim.ref[0], name=claim.ref[1], one=1, crowd=CROWD,
        ):  # fmt: skip
            return True
        return name in (self._table.get(*key) or {})

    def _take_back(self, claim: NameClaim) -> None:
        """One that was crowded stays so: of the claims that were not recorded nobody knows."""
        key, name, count = _name_key(claim.ref), _attribute(claim), _COUNT + claim.by
        there = f"attribute_exists(#{name}) AND #{count}"
        if not self._table.update_if(
            key, f"REMOVE #{name} ADD #{count} :less", f"{there} < :crowd", less=-1, crowd=CROWD
        ):  # fmt: skip
            self._table.update_if(key, f"REMOVE #{name}", f"{there} = :crowd", crowd=CROWD)

    def _remove_empty(self, ref: Ref) -> None:
        """With its last claim; a crowded one stays, unless it is a user's, who may have to be forgotten."""
        item = self._table.get(*_name_key(ref))
        if item is None:
            return
        crowded = any(name.startswith(_COUNT) and n == CROWD for name, n in item.items())
        if not any(name.startswith(_CLAIM) for name in item) and (not crowded or ref.name.startswith(OF_USER)):
            self._table.write_many([], delete=[_name_key(ref)])

    def _unknown(self, refs: Iterable[Ref]) -> list[Ref]:
        return [ref for ref in dict.fromkeys(refs) if ref not in self._known]

    def _read(self, refs: Sequence[Ref]) -> Known:
        keys = [_name_key(ref) for ref in refs] + [_profile_key(ref.name) for ref in refs]
        # Consistent: a name claimed a moment ago must not let its records wait.
        items = {(item["pk"], item["sk"]): item for item in self._table.get_many(keys, consistent=True)}
        found: Known = {}
        for ref in refs:
            own = [NameClaim(ref=ref, account_id=ref.name, by="id")] if _profile_key(ref.name) in items else []
            if claims := own + list(_claims_in(ref, items.get(_name_key(ref), {}))):
                found[ref] = claims
        return found


class DynamoUnmatched:
    """UNMATCHED items; each says when its name was first and last heard."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, unmatched: Iterable[Unmatched]) -> None:
        for one in unmatched:
            last = codec.moment(one.last_seen)
            self._table.update_if(
                _unmatched_key(one.ref),
                "SET #source = :source, #name = :name, reason = :reason, candidates = :candidates, last_seen = :last, "
                "first_seen = if_not_exists(first_seen, :first)",
                "attribute_not_exists(pk) OR last_seen <= :last", source=one.ref.source, name=one.ref.name,
                reason=one.reason, candidates=one.candidates, last=last, first=codec.moment(one.first_seen),
            )  # fmt: skip

    def all(self) -> list[Unmatched]:
        return sorted(map(_unmatched_in, self._table.query("UNMATCHED")), key=lambda one: one.ref)

    def those(self, refs: Iterable[Ref]) -> list[Ref]:
        keys = [_unmatched_key(ref) for ref in refs]
        return [_unmatched_in(item).ref for item in self._table.get_many(keys, consistent=True)]

    def remove(self, ref: Ref) -> None:
        self._table.write_many([], delete=[_unmatched_key(ref)])


class DynamoSourceStates:
    """INTAKE items."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, source: str) -> SourceState:
        item = self._table.get("INTAKE", source)
        return codec.noun(SourceState, item) if item else SourceState(source=source)

    def save_cursor(self, source: str, cursor: str, at: datetime) -> None:
        update = "SET #source = :source, #cursor = :cursor, last_pull_at = :at"
        self._table.update(("INTAKE", source), update, source=source, cursor=cursor, at=codec.moment(at))

    def pause(self, source: str, because: str, at: datetime) -> bool:
        return self._table.update_if(
            ("INTAKE", source), "SET #source = :source, paused_because = :because, paused_at = :at",
            "attribute_not_exists(paused_at)", source=source, because=because, at=codec.moment(at),
        )  # fmt: skip

    def resume(self, source: str) -> None:
        self._table.update_if(("INTAKE", source), "REMOVE paused_because, paused_at", "attribute_exists(pk)")

    def all(self) -> list[SourceState]:
        return [codec.noun(SourceState, item) for item in self._table.query("INTAKE")]


def _names_in(claim: NameClaim) -> tuple[str, str]:
    """What may mean something else with the claim: the name, and the account's id, whichever source writes it."""
    return claim.ref.name, claim.account_id


def _unchanged(known: Known, changed: frozenset[str] | None) -> Known:
    """What is still so: nothing, when any name may have changed."""
    if changed is None:
        return {}
    return {ref: claims for ref, claims in known.items() if moved(ref.name) not in changed} if changed else known


def _name_key(ref: Ref) -> Key:
    return f"NAME#{ref.source}#{ref.name}", "CLAIMS"


def _profile_key(account_id: str) -> Key:
    return codec.account_key(account_id), "PROFILE"


def _mirror_key(claim: NameClaim) -> Key:
    return codec.account_key(claim.account_id), f"NAME#{digest(claim.by, *claim.ref)}"


def _unmatched_key(ref: Ref) -> Key:
    return "UNMATCHED", digest(*ref)


def _attribute(claim: NameClaim) -> str:
    return f"{_CLAIM}{claim.by}_{digest(claim.account_id)}"


def _value(claim: NameClaim) -> dict[str, Any]:
    since = {"since": codec.moment(claim.since)} if claim.since else {}
    told = {"told": claim.told} if claim.told else {}
    return {"claims": claim.account_id, "by": claim.by} | since | told


def _mirror(key: Key, claim: NameClaim) -> codec.Item:
    return {"pk": key[0], "sk": key[1], "source": claim.ref.source, "name": claim.ref.name} | _value(claim)


def _claim_in(item: Mapping[str, Any]) -> NameClaim:
    return _claim(Ref(item["source"], item["name"]), item)


def _claims_in(ref: Ref, item: Mapping[str, Any]) -> Iterator[NameClaim]:
    for name in sorted(item):
        if name.startswith(_CLAIM):
            crowded = item.get(_COUNT + item[name]["by"]) == CROWD
            yield _claim(ref, item[name]).model_copy(update={"crowded": crowded})


def _claim(ref: Ref, value: Mapping[str, Any]) -> NameClaim:
    told = Ref(*value["told"]) if "told" in value else None
    return NameClaim(ref=ref, account_id=value["claims"], by=value["by"], since=value.get("since"), told=told)


def _unmatched_in(item: Mapping[str, Any]) -> Unmatched:
    known = {name: item[name] for name in ("reason", "candidates", "first_seen", "last_seen")}
    return Unmatched(ref=Ref(item["source"], item["name"]), **known)
