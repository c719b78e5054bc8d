"""One account's health on one day: from what is known of it to its score and where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from health_monitor.flows.runs import RETENTION, benchmark_before, read_json
from health_monitor.model.account import Account
from health_monitor.model.config import Bundle
from health_monitor.model.dossier import EMPTY, Dossier
from health_monitor.model.evidence import Evidence, Peers, Use
from health_monitor.model.retention import Retention
from health_monitor.model.score import Score, Standing
from health_monitor.model.usage import Ring, Series, UserUse
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.usage import Rings
from health_monitor.score.card import score_of
from health_monitor.score.drivers import drivers
from health_monitor.score.peers import EVERYBODY, peers_from
from health_monitor.score.standing import stand
from health_monitor.score.tiers import cadence_of
from health_monitor.score.use import use_of
from health_monitor.score.users import key_users_of
from health_monitor.usage.windows import tenure_of


class Seen(NamedTuple):
    """An account's counts and users, when its tenure began (ordinals), and the usage rule's ratio that day."""

    series: Series
    users: tuple[UserUse, ...]
    start: int
    seen_from: int
    ratio: float | None


class Health(NamedTuple):
    """What an account was judged by, its score, and where it stands."""

    evidence: Evidence
    score: Score
    standing: Standing


@dataclass(frozen=True)
class Judging:
    """What every account of a day is scored with; retention: what a score was worth so far."""

    day: date
    bundle: Bundle
    peers: Peers = field(default_factory=Peers)
    retention: Retention = field(default_factory=Retention)

    @property
    def core_features(self) -> tuple[str, ...]:
        """The scorecard's; where it names none, those that the peers use."""
        return self.bundle.scorecard.core_features or self.peers.features

    def evidence(
        self, account: Account, seen: Seen | None, dossier: Dossier | None, used_on: date | None = None
    ) -> Evidence:
        """All that the account's score is made of; used_on: the day whose use counts, where that is not this day."""
        known = (dossier or EMPTY).as_of(self.day)
        return Evidence(
            day=self.day,
            account=account,
            use=self._use(seen, known, used_on or self.day) if seen else None,
            dossier=known,
            peers=self.peers,
            core_features=self.core_features,
            scope=scope_of(account),
        )

    def _use(self, seen: Seen, dossier: Dossier, day: date) -> Use:
        series, users, start, seen_from, ratio = seen
        keys = key_users_of(dossier.persons)
        return use_of(series, users, seen_from, start, day.toordinal(), self.core_features, keys, ratio)

    def health(self, evidence: Evidence, before: Standing | None, at: datetime | None = None) -> Health:
        """The score and the standing; before: the last one. at: the moment of a rescoring between two nights."""
        scorecard = self.bundle.scorecard
        if before:
            evidence = replace(evidence, cadence_days=cadence_of(before.tier, scorecard.coverage_tiers))
        score = score_of(evidence, scorecard)
        standing = stand(
            score, evidence, before, scorecard, self.retention, drivers(score),
            high_value=self.bundle.high_value, at=at,
        )  # fmt: skip
        return Health(evidence, score, standing)


def seen_of(
    account: Account, ring: Ring, ratio: float | None, day: date, data_from: date | None, bundle: Bundle, rings: Rings
) -> Seen | None:  # fmt: skip
    """What is seen of the account on that day, from its ring; None on a day outside its tenure."""
    since = data_from.toordinal() if data_from else None
    tenure = tenure_of(account, ring.series.first_day, since, bundle.profile_of(account).rules())
    if tenure is None or tenure.seen_from > day.toordinal():
        return None
    users = ring.users if ring.users is not None else tuple(rings.users(account.account_id))
    return Seen(ring.series, users, tenure.start, tenure.seen_from, ratio)


def scope_of(account: Account) -> str:
    """With whom an account is compared."""
    return account.segment or EVERYBODY


def read_judging(day: date, bundle: Bundle, blobs: Blobs, benchmarks: Mapping[str, Any] | None = None) -> Judging:
    """What that day is judged with: the peers of the night before, and what is known of retention."""
    known = benchmark_before(blobs, day) if benchmarks is None else benchmarks
    retention = Retention.model_validate(read_json(blobs, RETENTION))
    return Judging(day, bundle, peers_from(known.get("peers", {})), retention)
