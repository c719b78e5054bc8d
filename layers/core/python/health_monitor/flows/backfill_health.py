"""The health of the stored past, week by week, so that the first night has trends, peers and a worth of scores."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from health_monitor.flows.health import Health, Judging, Seen, scope_of, seen_of
from health_monitor.flows.health_night import is_customer
from health_monitor.flows.model_past import Stores, stored_past
from health_monitor.flows.model_replay import walk
from health_monitor.flows.runs import RETENTION, summary_key, to_json
from health_monitor.learn.retention import retention_of
from health_monitor.model.account import Account
from health_monitor.model.config import Bundle
from health_monitor.model.dossier import Dossier
from health_monitor.model.evidence import Evidence, Peers
from health_monitor.model.retention import Retention
from health_monitor.model.score import Standing
from health_monitor.ports.usage import Rings
from health_monitor.score.cohorts import cohorts_of, named_cohorts
from health_monitor.score.peers import PeerCount, named_peers, trains
from health_monitor.score.portfolio import Row, nps_answers, row_of, summary_of
from health_monitor.score.use import use_of

AT_ONCE = 100
Ratios = Mapping[str, float | None]
Progress = Callable[[int], None]


class Reach(NamedTuple):
    """Through which day the past is judged, and from which on anything is known of usage."""

    through: date
    data_from: date


def backfill_health(
    reach: Reach, bundle: Bundle, ratios: Ratios, stores: Stores, rings: Rings, progress: Progress
) -> dict[str, Any]:
    """Write where every account stands, with its scores of the past half-year; what the next night compares with.

    ratios: the usage rule's, of the last day. Repeating it writes the same. Nothing of it is news: each signal has the
    day on which it came about.
    """
    stood = dict[str, Standing]()
    retention = retention_of(_weeks(reach.through, bundle, stores, stood, progress), reach.through)
    stores.blobs.put(RETENTION, to_json(retention.model_dump(mode="json")))
    peers = _peers(reach, bundle, stores, rings)
    judging = Judging(reach.through, bundle, peers, retention)
    rows, scored = list[Row](), list[tuple[Account, int | None]]()
    for some in _lots(stores):
        found = list(_judged(some, reach, judging, (stood, ratios), stores, rings))
        stores.standings.write(one.standing for one in found)
        for one in found:
            rows.append(row_of(one.standing, one.evidence.account, nps_answers(one.evidence)))
            scored.append((one.evidence.account, one.score.value))
    summary = {"as_of": reach.through.isoformat()} | summary_of(rows, bundle.scorecard.coverage_tiers)
    stores.blobs.put(summary_key(reach.through), to_json(summary))
    return {"peers": named_peers(peers), "cohorts": named_cohorts(cohorts_of(scored, reach.through))}


def _weeks(
    through: date, bundle: Bundle, stores: Stores, stood: dict[str, Standing], progress: Progress
) -> Iterator[tuple[Account, Dossier, list[tuple[int, int | None]]]]:
    """Each account's scores week by week; `stood` is told where it stood on the last of them."""
    for past in stored_past(stores, through, progress=progress):
        weeks = [one.standing for one in walk(past, bundle, Retention())]
        if weeks:
            stood[past.account.account_id] = weeks[-1]
            yield past.account, past.dossier, [(one.as_of.toordinal(), one.score) for one in weeks]


def _lots(stores: Stores) -> Iterator[dict[str, Account]]:
    ids = iter(stores.accounts.ids())
    while some := list(islice(ids, AT_ONCE)):
        yield stores.accounts.read(some)


def _peers(reach: Reach, bundle: Bundle, stores: Stores, rings: Rings) -> Peers:
    """What everybody did on the last day: the first night has nobody else to compare with."""
    count, day = PeerCount(), reach.through.toordinal()
    for some in _lots(stores):
        records = stores.dossiers.read(list(some))
        for key, seen in _seen(some, reach, bundle, {}, rings).items():
            use = use_of(seen.series, seen.users, seen.seen_from, seen.start, day, (), frozenset(), None)
            known = records[key].as_of(reach.through) if key in records else None
            evidence = Evidence(reach.through, some[key], use, scope=scope_of(some[key]))
            count.add(evidence, trained=known is not None and trains(Evidence(reach.through, some[key], dossier=known)))
    return count.peers()


def _judged(
    some: Mapping[str, Account], reach: Reach, judging: Judging, known: tuple[Mapping[str, Standing], Ratios],
    stores: Stores, rings: Rings,
) -> Iterator[Health]:  # fmt: skip
    stood, ratios = known
    records, seen = stores.dossiers.read(list(some)), _seen(some, reach, judging.bundle, ratios, rings)
    for key, account in some.items():
        if is_customer(account, reach.through):
            yield judging.health(judging.evidence(account, seen.get(key), records.get(key)), stood.get(key))


def _seen(
    some: Mapping[str, Account], reach: Reach, bundle: Bundle, ratios: Ratios, rings: Rings
) -> dict[str, Seen]:  # fmt: skip
    """Those in whose tenure the last day is and of whom events are known."""
    found = {
        key: seen_of(some[key], ring, ratios.get(key), reach.through, reach.data_from, bundle, rings)
        for key, ring in rings.read(list(some)).items()
    }
    return {key: seen for key, seen in found.items() if seen}
