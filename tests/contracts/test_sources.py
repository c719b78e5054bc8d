"""Every pulled source keeps the same promises, whatever its vendor does: nothing is skipped, nothing comes twice."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import PushedClock
from health_monitor.adapters.vendor import HttpVendor
from health_monitor.flows.ingest_source import ingest_source
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.model.request import Request
from health_monitor.sources.spec import Page, Pages, Recall
from local.vendors import Trouble
from tests.builders import A_DAY, A_MOMENT
from tests.contracts.vendors import MINUTES, Case, hubspot_case, mixpanel_case
from tests.flows.crashes import Countdown, Died, MortalPort

CASES: dict[str, Callable[[], Case]] = {"mixpanel": mixpanel_case, "hubspot": hubspot_case}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]()


def test_the_first_page_is_stored_and_its_place_is_kept(case: Case) -> None:
    case.one_request_a_run()
    pulled = case.pull()
    assert (pulled.status, pulled.pages) == ("unfinished", 1)
    assert 0 < len(set(case.store.names)) < len(case.expected)
    assert case.world.sources.get(case.source.name).cursor


def test_the_next_run_goes_on_from_there_until_all_is_taken(case: Case) -> None:
    case.one_request_a_run()
    runs = 1
    while case.pull().status != "done":
        runs += 1
    assert runs > 1
    assert sorted(case.store.names) == sorted(case.expected)


def test_a_whole_pull_takes_everything_once(case: Case) -> None:
    assert case.pull().status == "done"
    assert sorted(case.store.names) == sorted(case.expected)


def test_only_usage_says_through_which_day_it_is_complete(case: Case) -> None:
    case.pull()
    said = [(known.source, known.complete_from, known.complete_through) for known in case.world.journal.freshness()]
    assert said == ([("mixpanel", A_DAY, A_DAY)] if case.source.name == "mixpanel" else [])


def test_a_place_that_comes_twice_is_an_error_and_no_endless_pull(case: Case) -> None:
    pull = case.source.pull
    assert pull

    def stuck(settings: Any, cursor: str, recall: Recall) -> Pages:
        page = yield from pull.page(settings, cursor, recall)
        return Page(page.records, cursor)

    case.source = replace(case.source, pull=replace(pull, page=stuck))
    pulled = case.pull()
    assert pulled.status == "paused"
    assert pulled.because
    assert "came twice" in pulled.because


@pytest.mark.parametrize("said", [[], "", {"results": None}, {"results": [{"id": "1"}]}])
def test_an_answer_that_is_json_but_not_what_the_contract_says_ends_the_run_and_the_next_goes_on(
    case: Case, said: Any
) -> None:
    class Odd:
        def ask(self, request: Request, until: datetime) -> Any:
            return iter([]) if request.lines else said

    pulled = case.pull(vendor=Odd())
    assert pulled.status == ("try_again" if case.source.name == "hubspot" else "done")
    assert case.pull().status == "done"
    assert sorted(case.store.names) == sorted(case.expected)


def test_a_period_without_anything_is_taken_like_any_other(case: Case) -> None:
    case.pull()
    stored, place = len(case.store.records), case.world.sources.get(case.source.name).cursor
    case.world.clock.push(days=40)
    assert case.pull().status == "done"
    assert len(case.store.records) == stored
    assert case.world.sources.get(case.source.name).cursor != place


@pytest.mark.parametrize("wait", ["7", "Mon, 02 Nov 2026 06:00:07 GMT"])
def test_a_throttled_request_waits_as_long_as_the_vendor_says(case: Case, wait: str) -> None:
    case.double.troubles.append(Trouble(429, wait))
    assert case.pull().status == "done"
    assert 7 <= case.slept[0] < 9
    assert sorted(case.store.names) == sorted(case.expected)


@pytest.mark.parametrize("wait", [None, "soon", "Mon, 02 Nov 2026 06:00:07"])
def test_a_throttled_request_waits_a_growing_share_when_the_vendor_does_not_say(case: Case, wait: str | None) -> None:
    case.double.troubles.extend([Trouble(429, wait)] * 4)
    assert case.pull().status == "done"
    waits = [seconds for seconds in case.slept if seconds != pytest.approx(_pace(case), abs=0.01)]
    assert all(0 < seconds <= 2**place for place, seconds in enumerate(waits[:4]))
    assert sorted(case.store.names) == sorted(case.expected)


def test_a_wait_that_this_run_has_no_time_for_ends_it_cleanly_and_the_next_goes_on(case: Case) -> None:
    case.double.troubles.append(Trouble(429, "3600"))
    pulled = case.pull()
    assert pulled.status == "try_again"
    assert case.slept == []
    assert case.world.journal.freshness() == []
    case.world.clock.push(seconds=3600)
    assert case.pull().status == "done"
    assert sorted(case.store.names) == sorted(case.expected)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_credential_pauses_the_source_and_tells_operations_once(case: Case, status: int) -> None:
    case.double.troubles.append(Trouble(status))
    assert case.pull().status == "paused"
    asked = len(case.double.asked)
    case.world.clock.push(seconds=3600)
    assert case.pull().status == "paused"
    assert len(case.double.asked) == asked
    ids = {message.message_id for message in case.world.outbox.messages}
    assert len(ids) == 2, "an email and a Slack message"
    [email] = {message.text for message in case.world.outbox.messages if message.channel == "email"}
    assert f"health-monitor source resume {case.source.name}" in email
    assert str(status) in email
    case.world.sources.resume(case.source.name)
    assert case.pull().status == "done"
    assert sorted(case.store.names) == sorted(case.expected)


def test_a_pause_that_died_before_it_told_is_told_by_the_next_run(case: Case) -> None:
    case.double.troubles.append(Trouble(401))
    outbox = MortalPort(case.world.outbox, ("put",), Countdown(1))
    with pytest.raises(Died):
        case.pull(outbox=outbox)
    assert case.world.outbox.messages == []
    case.pull()
    assert {message.channel for message in case.world.outbox.messages} == {"email", "slack"}


@pytest.mark.parametrize("trouble", [Trouble(500), Trouble(503), Trouble(silent_seconds=99)])
def test_a_vendor_that_is_down_or_slow_is_left_alone_until_the_next_run(case: Case, trouble: Trouble) -> None:
    case.double.troubles.extend([trouble] * 6)
    pulled = case.pull()
    assert pulled.status == "try_again"
    assert case.world.outbox.messages == []
    assert case.pull().status == "done"
    assert sorted(case.store.names) == sorted(case.expected)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_an_answer_that_was_cut_is_never_taken_for_a_whole_one(case: Case, share: float) -> None:
    case.double.troubles.append(Trouble(cut_at=share))
    assert case.pull().status == "try_again"
    assert case.world.sources.get(case.source.name).cursor is None
    assert case.world.journal.freshness() == []
    assert case.pull().status == "done"
    assert set(case.store.names) == case.expected


def test_late_and_repeated_records_come_once(case: Case) -> None:
    case.pull()
    case.store.calls.clear()
    more = case.more()
    case.world.clock.push(seconds=3600)
    assert case.pull().status == "done"
    assert set(case.store.names) == more


def test_fields_that_nobody_knows_are_passed_over(case: Case) -> None:
    case.rename({"deep": [1, None, "x"]})
    assert case.pull().status == "done"
    assert sorted(case.store.names) == sorted(case.expected)


def test_wherever_a_run_dies_the_next_skips_nothing_and_doubles_nothing() -> None:
    for make in CASES.values():
        for done in (False, True):
            die_at = 1
            while _dies(make(), Countdown(die_at, done=done)):
                die_at += 1
            assert die_at > 4


def _dies(case: Case, countdown: Countdown) -> bool:
    """Whether a first run died; the second must complete what it left, and a third finds nothing new."""
    world = case.world
    mortal = {
        "blobs": MortalPort(world.blobs, ("put",), countdown),
        "states": MortalPort(world.sources, ("save_cursor",), countdown),
        "journal": MortalPort(world.journal, ("save_freshness",), countdown),
        "take_in": lambda *given: countdown.write(lambda: case.store(*given)),
    }
    try:
        case.pull(**mortal)
        return False
    except Died:
        pass
    assert case.pull().status == "done"
    assert set(case.store.names) == case.expected
    complete = {known.source: known.complete_through for known in world.journal.freshness()}
    assert complete == ({"mixpanel": A_DAY} if case.source.name == "mixpanel" else {})
    case.store.calls.clear()
    case.world.clock.push(days=1)
    case.pull()
    assert case.store.names == []
    return True


def test_no_page_is_begun_when_half_of_the_time_is_over(case: Case) -> None:
    def slow(*given: Any) -> Any:
        case.world.clock.push(seconds=MINUTES / 2)
        return case.store(*given)

    pulled = ingest_source(case.desk(take_in=slow), MINUTES)
    assert (pulled.status, pulled.pages) == ("unfinished", 1)


def test_the_vendors_pace_is_kept(case: Case) -> None:
    case.pull()
    first, last = A_MOMENT, case.world.clock.now()
    assert last - first >= timedelta(seconds=_pace(case) * (len(case.double.asked) - 1) - 0.001)


def test_the_summary_has_no_names_in_it(case: Case) -> None:
    said = json.dumps(case.pull().to_dict())
    assert "acme" not in said
    assert "ann@" not in said


def test_a_body_that_fails_in_the_middle_of_storing_keeps_the_place(case: Case) -> None:
    def refuses(*given: Any) -> Any:
        raise TryAgain("the table is throttled")

    pulled = case.pull(take_in=refuses)
    assert (pulled.status, pulled.because) == ("try_again", "the table is throttled")
    assert case.world.sources.get(case.source.name).cursor is None


def test_the_wiring_asks_the_vendor_with_the_secret_and_names_what_it_lacks(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"enabled": True, "project_id": "1", "group_key": "company", "first_day": "2026-11-01"}
    for name, value in {
        "HM_SOURCE": "mixpanel", "HM_SOURCES": json.dumps({"mixpanel": settings}), "HM_SOURCE_SECRETS": "ours",
        "HM_SOURCE_URL": "https://vendor.example", "HM_OPERATIONS_EMAIL": "ops@example.com",
        "HM_SLACK_CHANNEL": "#ops",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    boto3.client("secretsmanager").create_secret(Name="ours/mixpanel", SecretString='{"user": "u"}')
    desk = wiring.pull_desk()
    assert desk.source.name == "mixpanel"
    assert isinstance(desk.vendor, HttpVendor)
    with pytest.raises(NeedsHuman, match="its secret has no secret; it must be JSON with user, secret"):
        desk.vendor.ask(Request("/export"), A_MOMENT)
    with pytest.raises(NeedsHuman, match="segment sends by itself"):
        wiring.vendor("segment")


def test_every_setting_and_secret_field_is_documented(case: Case) -> None:
    text = (Path(__file__).parents[2] / "docs" / "sources.md").read_text()
    section = text.partition(f"## {case.source.title}")[2].partition("\n## ")[0]
    named = {*case.source.settings.model_fields, *case.source.secret} - {"enabled"}
    assert {name for name in named if f"`{name}`" not in section} == set()


def test_a_source_that_sends_by_itself_is_not_pulled(case: Case) -> None:
    case.source = replace(case.source, pull=None)
    pulled = ingest_source(replace(mixpanel_case().desk(), source=case.source), MINUTES)
    assert pulled.because == f"{case.source.name} sends by itself and is not pulled; take its schedule away"


@pytest.mark.parametrize("address", ["ftp://vendor", "vendor.example", "https://vendor.example:port"])
def test_an_address_that_is_none_needs_a_human(address: str) -> None:
    with pytest.raises(NeedsHuman, match="correct it"):
        answering(b"", address).ask(Request("/x"), A_MOMENT)


@pytest.mark.parametrize("body", [b"<html>", b'{"results": [', b""])
def test_an_answer_that_is_not_json_is_tried_again(body: bytes) -> None:
    with pytest.raises(TryAgain, match="not JSON"):
        answering(body).ask(Request("/x"), A_MOMENT)


def answering(body: bytes, address: str = "https://vendor.example") -> HttpVendor:
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=body)))
    if address != "https://vendor.example":
        client = httpx.Client()
    return HttpVendor("vendor", address, dict, 0, PushedClock(A_MOMENT), lambda _: None, client)


def _pace(case: Case) -> float:
    assert case.source.pull
    return case.source.pull.seconds_between
