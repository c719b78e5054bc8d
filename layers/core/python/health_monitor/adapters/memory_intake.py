"""Names, where sources stand, and who must be forgotten, in memory."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from health_monitor.adapters.memory_store import MemoryAccounts
from health_monitor.model.heard import CROWD, OF_USER, NameClaim, Ref, Unmatched
from health_monitor.model.source import Erasure, SourceState


class MemoryNames:
    """Claims in a dictionary by name."""

    def __init__(self, accounts: MemoryAccounts) -> None:
        self._accounts = accounts
        self._claims: dict[Ref, dict[tuple[str, str], NameClaim]] = defaultdict(dict)
        self._crowded: set[tuple[Ref, str]] = set()

    def claim(self, claims: Iterable[NameClaim]) -> None:
        for claim in claims:
            if (claim.ref, claim.by) not in self._crowded:
                self._claims[claim.ref].setdefault((claim.by, claim.account_id), claim)
                if sum(by == claim.by for by, _ in self._claims[claim.ref]) == CROWD:
                    self._crowded.add((claim.ref, claim.by))

    def claims(self, refs: Sequence[Ref]) -> dict[Ref, list[NameClaim]]:
        found = {ref: self._own(ref) + self._claimed(ref) for ref in refs}
        return {ref: claims for ref, claims in found.items() if claims}

    def of_account(self, account_id: str) -> list[NameClaim]:
        claims = (claim for known in self._claims.values() for claim in known.values())
        mine = [claim for claim in claims if claim.account_id == account_id]
        return sorted(mine, key=lambda claim: (claim.ref, claim.by))

    def disclaim(self, claims: Iterable[NameClaim]) -> None:
        for claim in claims:
            self._claims.get(claim.ref, {}).pop((claim.by, claim.account_id), None)
            if not self._claims.get(claim.ref):
                self._claims.pop(claim.ref, None)
                if claim.ref.name.startswith(OF_USER):
                    self._crowded = {one for one in self._crowded if one[0] != claim.ref}

    def changed(self) -> None:
        """Nothing is remembered here."""

    def _claimed(self, ref: Ref) -> list[NameClaim]:
        return [
            claim.model_copy(update={"crowded": (ref, claim.by) in self._crowded})
            for claim in self._claims.get(ref, {}).values()
        ]

    def _own(self, ref: Ref) -> list[NameClaim]:
        return [NameClaim(ref=ref, account_id=key, by="id") for key in self._accounts.read([ref.name])]


class MemoryUnmatched:
    """Names that wait, in a dictionary."""

    def __init__(self) -> None:
        self._names: dict[Ref, Unmatched] = {}

    def save(self, unmatched: Iterable[Unmatched]) -> None:
        for one in unmatched:
            known = self._names.get(one.ref)
            if known is None or known.last_seen <= one.last_seen:
                first = known.first_seen if known else one.first_seen
                self._names[one.ref] = one.model_copy(update={"first_seen": first})

    def all(self) -> list[Unmatched]:
        return [one for _, one in sorted(self._names.items())]

    def those(self, refs: Iterable[Ref]) -> list[Ref]:
        return [ref for ref in refs if ref in self._names]

    def remove(self, ref: Ref) -> None:
        self._names.pop(ref, None)


class MemorySourceStates:
    """Where sources stand, in a dictionary."""

    def __init__(self) -> None:
        self._states: dict[str, SourceState] = {}

    def get(self, source: str) -> SourceState:
        return self._states.get(source, SourceState(source=source))

    def save_cursor(self, source: str, cursor: str, at: datetime) -> None:
        self._states[source] = self.get(source).model_copy(update={"cursor": cursor, "last_pull_at": at})

    def pause(self, source: str, because: str, at: datetime) -> bool:
        if self.get(source).paused_at:
            return False
        self._states[source] = self.get(source).model_copy(update={"paused_because": because, "paused_at": at})
        return True

    def resume(self, source: str) -> None:
        if source in self._states:
            going = {"paused_because": None, "paused_at": None}
            self._states[source] = self._states[source].model_copy(update=going)

    def all(self) -> list[SourceState]:
        return [state for _, state in sorted(self._states.items())]


class MemoryErasures:
    """Erasures in a dictionary."""

    def __init__(self) -> None:
        self._erasures: dict[str, Erasure] = {}

    def save(self, erasure: Erasure) -> None:
        self._erasures[erasure.erasure_id] = erasure

    def get(self, erasure_id: str) -> Erasure | None:
        return self._erasures.get(erasure_id)

    def all(self) -> list[Erasure]:
        return sorted(self._erasures.values(), key=lambda erasure: (erasure.requested_at, erasure.erasure_id))

    def forgotten(self) -> Mapping[str, datetime]:
        return {mark: erasure.requested_at for erasure in self.all() for mark in erasure.marks}


class MemoryDeadLetters:
    """Depths that a test sets."""

    def __init__(self) -> None:
        self.waiting: dict[str, int] = {}

    def depths(self) -> dict[str, int]:
        return dict(sorted(self.waiting.items()))
