"""What names mean, in one file: a process that has just begun reads it instead of thousands of items."""

import zlib
from collections import defaultdict
from collections.abc import Iterable

from health_monitor.model.heard import NameClaim, Ref
from health_monitor.model.strict import Strict
from health_monitor.ports.blobs import Blobs

Known = dict[Ref, list[NameClaim]]


class _Kept(Strict):
    """What was known while this many changes had been made."""

    changes: int
    claims: tuple[NameClaim, ...]


class KnownNames:
    """names/<table>.bin. Of another table, such as one that was restored, the same number means something else."""

    def __init__(self, blobs: Blobs, table: str) -> None:
        self._blobs, self._key = blobs, f"names/{table}.bin"

    def last(self) -> tuple[int, Known]:
        """What somebody kept, and how many changes had been made by then."""
        known: Known = defaultdict(list)
        stored = self._blobs.get(self._key)
        if stored is None:
            return 0, {}
        kept = _Kept.model_validate_json(zlib.decompress(stored))
        for claim in kept.claims:
            known[claim.ref].append(claim)
        return kept.changes, dict(known)

    def keep(self, changes: int, known: Iterable[list[NameClaim]]) -> None:
        """`changes` was read before the claims were: what has changed by now, nobody will believe."""
        kept = _Kept(changes=changes, claims=tuple(claim for claims in known for claim in claims))
        self._blobs.put(self._key, zlib.compress(kept.model_dump_json().encode(), 1))
