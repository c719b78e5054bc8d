"""What comparable accounts do: made from one night's accounts, and read by the next night's."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from statistics import quantiles
from typing import Any

from health_monitor.model.evidence import Evidence, Peers
from health_monitor.score.measures_usage import DIGITS, FORTNIGHT, use_per_seat

EVERYBODY = "-"
"""The scope of all accounts: of those without a segment, and of those whose segment is too small."""
TRAINING = frozenset({"training", "webinar"})
USED_BY = 10
"""A feature is one of the product's core features when a tenth of the accounts that use the product use it (ours)."""


class PeerCount:
    """Counts a night's accounts one by one."""

    def __init__(self) -> None:
        self._usage: dict[str, list[float]] = defaultdict(list)
        self._features: Counter[str] = Counter()
        self._using = 0
        self._trains = False

    def add(self, evidence: Evidence, *, trained: bool) -> None:
        """One account; of one without use, only whether it was trained is known."""
        self._trains = self._trains or trained
        use = evidence.use
        if use is None:
            return
        if use.seen_days >= FORTNIGHT:
            for scope in {evidence.scope, EVERYBODY}:
                self._usage[scope].append(use_per_seat(use, evidence.account))
        if use.active_30:
            self._using += 1
            self._features.update(use.features)

    def peers(self) -> Peers:
        """What the next night compares with."""
        return Peers(
            {scope: (_twentieths(shares), len(shares)) for scope, shares in sorted(self._usage.items())},
            common(self._features, self._using),
            self._trains,
        )


def common(used: Mapping[str, int], using: int) -> tuple[str, ...]:
    """The features that a tenth of so many accounts use; used: how many use each."""
    return tuple(sorted(name for name, accounts in used.items() if accounts * USED_BY >= using))


def trains(evidence: Evidence) -> bool:
    """Whether any training of the account is recorded."""
    return any(one.kind in TRAINING for one in evidence.dossier.touchpoints)


def peers_of(night: Iterable[Evidence]) -> Peers:
    """The peers that one night's accounts are for the next."""
    count = PeerCount()
    for evidence in night:
        count.add(evidence, trained=trains(evidence))
    return count.peers()


def named_peers(peers: Peers) -> dict[str, Any]:
    """As the night's benchmarks keep them."""
    usage = {scope: {"at": list(at), "n": n} for scope, (at, n) in peers.usage.items()}
    return {"usage": usage, "features": list(peers.features), "trains": peers.trains}


def peers_from(named: Mapping[str, Any]) -> Peers:
    """What `named_peers` wrote; nobody's before the first night."""
    if not named:
        return Peers()
    usage = {scope: (tuple(one["at"]), one["n"]) for scope, one in named["usage"].items()}
    return Peers(usage, tuple(named["features"]), named["trains"])


def _twentieths(shares: list[float]) -> tuple[float, ...]:
    """The values at 0, 5, …, 100 %."""
    if len(shares) == 1:
        return tuple(shares * 21)
    inner = quantiles(shares, n=20, method="inclusive")
    return tuple(round(value, DIGITS) for value in (min(shares), *inner, max(shares)))
