"""The deployed function over a vendor's double, with the real intake behind it: every event counted once."""

import zlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.reception import Reception
from health_monitor.flows.take_in import take_in
from health_monitor.model.heard import HeardEvent, NameClaim, Ref
from local.vendors import Trouble
from tests.builders import A_MOMENT, an_account
from tests.contracts.vendors import Case, hubspot_case, mixpanel_case
from tests.functions.conftest import Call


@pytest.fixture
def case(product: MemoryWorld, monkeypatch: pytest.MonkeyPatch) -> Case:
    """Mixpanel, behind the product's own take_in."""
    case = mixpanel_case()
    behind(case, monkeypatch)
    return case


def behind(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.world.accounts.save([an_account("acme"), an_account("brill")])
    case.world.names.changed()
    taking = partial(take_in, ports=Reception.of(case.world))
    monkeypatch.setattr(wiring, "pull_desk", lambda: case.desk(take_in=taking))


def test_events_are_counted_once_however_often_they_are_pulled(case: Case, call: Call) -> None:
    first = call("ingest_source", {})
    assert (first["status"], first["events"], first["without_account"]) == ("done", 4, 1)
    assert arrived(case) == {"acme": 3, "brill": 1}
    case.more()
    case.world.clock.push(seconds=3600)
    again = call("ingest_source", {})
    assert (again["events"], again["known"]) == (1, 3)
    assert arrived(case) == {"acme": 4, "brill": 1}
    assert call("ingest_source", {})["events"] == 0


def test_names_that_mean_an_account_by_now_are_joined_at_the_end_of_a_pull(case: Case, call: Call) -> None:
    brill = NameClaim(ref=Ref("segment", "B"), account_id="brill", by="crm")
    other = brill.model_copy(update={"account_id": "acme"})
    case.world.names.claim([brill, other])
    event = HeardEvent(brill.ref, "u", "report", A_MOMENT.isoformat(), A_MOMENT.toordinal())
    take_in("segment", [event], A_MOMENT, Reception.of(case.world))
    case.world.names.disclaim([other])
    assert call("ingest_source", {})["status"] == "done"
    assert arrived(case) == {"acme": 3, "brill": 2}


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda _: b"?", lambda _: zlib.compress(b"seven b")])
def test_a_damaged_file_of_what_was_seen_is_told_and_the_pull_goes_on(
    case: Case, call: Call, damage: Callable[[bytes], bytes]
) -> None:
    call("ingest_source", {})
    blobs = case.world.blobs
    keys = list(blobs.keys("seen/"))
    for key in keys:
        blobs.put(key, damage(blobs.get(key) or b""))
    case.world.clock.push(seconds=3600)
    again = call("ingest_source", {})
    assert keys
    assert (again["status"], again["damaged"] > 0) == ("done", True)
    assert arrived(case) == {"acme": 3, "brill": 1}
    assert "damaged" not in call("ingest_source", {})


def arrived(case: Case) -> dict[str, int]:
    found = case.world.arrivals.read(dict.fromkeys(("acme", "brill"), A_MOMENT - timedelta(days=1)))
    return {holder: len(events) for holder, events in found.items()}


def test_a_run_that_ends_early_says_why_and_is_no_failure(
    case: Case, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    case.double.troubles.append(Trouble(429, "86400"))
    answer = call("ingest_source", {})
    assert (answer["status"], answer["pages"]) == ("try_again", 0)
    assert "status 429" in answer["because"]
    assert [record.levelname for record in caplog.records if record.getMessage() == "pulled"] == ["WARNING"]


def test_companies_become_accounts_and_people_their_contacts(
    product: MemoryWorld, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = hubspot_case()
    behind(case, monkeypatch)
    assert call("ingest_source", {})["status"] == "done"
    [company] = case.world.accounts.read(["hubspot-7"]).values()
    assert company.name == "C7"
    [person] = case.world.accounts.contacts("hubspot-7")
    assert (person.name, person.email) == ("Ann", "ann@x.example")
