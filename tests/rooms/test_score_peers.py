"""What comparable accounts do, from one night for the next."""

import json
from typing import Any

from health_monitor.model.dossier import Dossier
from health_monitor.model.evidence import Evidence, Peers, Use
from health_monitor.model.records import Touchpoint
from health_monitor.score.peers import EVERYBODY, named_peers, peers_from, peers_of
from tests.builders import A_DAY, A_MOMENT, an_account
from tests.rooms.test_score_line import USE


def an_evidence(number: int = 1, use: Use | None = USE, dossier: Dossier | None = None, **known: Any) -> Evidence:
    account = an_account(f"a{number}", licensed_seats=20, **known)
    return Evidence(A_DAY, account, use, dossier or Dossier(), scope=account.segment or EVERYBODY)


def test_the_index_per_seat_is_spread_over_twentieths_in_its_segment_and_among_all() -> None:
    night = [an_evidence(n, USE._replace(index_now=28 * n), segment="smb") for n in range(21)]
    night.append(an_evidence(99, USE._replace(index_now=0), segment=None))
    peers = peers_of(night)
    assert peers.usage["smb"] == (tuple(round(n / 10, 6) for n in range(21)), 21)
    assert peers.usage[EVERYBODY][1] == 22


def test_without_seats_the_users_seen_in_90_days_stand_in() -> None:
    account = an_account(licensed_seats=None)
    (at, n) = peers_of([Evidence(A_DAY, account, USE._replace(index_now=56), scope="smb")]).usage["smb"]
    assert (set(at), n) == ({1.0}, 1)  # 56 over 14 days and 4 users


def test_an_account_not_seen_for_a_fortnight_is_nobodys_peer() -> None:
    assert peers_of([an_evidence(use=USE._replace(seen_days=13))]).usage == {}


def test_features_of_a_tenth_of_the_accounts_in_use_are_the_products_core() -> None:
    night = [an_evidence(n, USE._replace(features=("report",))) for n in range(10)]
    night += [an_evidence(10, USE._replace(features=("report", "rare")))]
    night += [an_evidence(11, USE._replace(active_30=0, features=())), an_evidence(12, None)]
    assert peers_of(night).features == ("report",)


def test_one_training_anywhere_says_that_trainings_are_recorded() -> None:
    call, webinar = (
        Touchpoint(source="crm", key=kind, changed_at=A_MOMENT, kind=kind, at=A_MOMENT)  # type: ignore[arg-type]
        for kind in ("call", "webinar")
    )
    assert not peers_of([an_evidence(dossier=Dossier(touchpoints=(call,)))]).trains
    assert peers_of([an_evidence(1), an_evidence(2, None, Dossier(touchpoints=(call, webinar)))]).trains


def test_the_next_night_reads_what_this_one_kept_and_the_first_night_knows_nobody() -> None:
    peers = peers_of([an_evidence(n) for n in range(3)])
    assert peers_from(json.loads(json.dumps(named_peers(peers)))) == peers
    assert peers_from({}) == Peers()
