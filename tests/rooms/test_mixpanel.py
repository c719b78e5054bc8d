"""What a line of Mixpanel's export means, and which day is asked for when."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from health_monitor.model.errors import TryAgain
from health_monitor.model.heard import Heard, HeardEvent, Ref
from health_monitor.model.intake import Reject
from health_monitor.model.request import Request
from health_monitor.sources import mixpanel
from health_monitor.sources.mixpanel import MIXPANEL, MixpanelSettings
from health_monitor.sources.spec import Page, Recall

NOW = datetime(2026, 11, 5, 6, 30, tzinfo=UTC)
NINE = int(datetime(2026, 11, 1, 9, 30, 5, tzinfo=UTC).timestamp())


def settings(**chosen: Any) -> MixpanelSettings:
    return MixpanelSettings(**({"project_id": "7", "group_key": "company", "first_day": date(2026, 11, 1)} | chosen))


def line(event: Any = "report", **properties: Any) -> bytes:
    facts = {"time": NINE, "distinct_id": "u1", "$insert_id": "i1", "company": "acme"} | properties
    return json.dumps({"event": event, "properties": facts, "more": 1}).encode() + b"\n"


def asked(given: MixpanelSettings, cursor: str, blocks: list[bytes], recall: Recall) -> tuple[Request, Page]:
    pages = mixpanel.page(given, cursor, recall)
    request = next(pages)
    with pytest.raises(StopIteration) as done:
        pages.send(iter(blocks))
    return request, done.value.value


def read(*lines: bytes, recall: Recall | None = None, **chosen: Any) -> list[Heard]:
    given = settings(**chosen)
    _, page = asked(given, mixpanel.begin(given, None, NOW), [b"".join(lines)], recall or Recall())
    return list(page.records)


def events(*lines: bytes, **chosen: Any) -> list[HeardEvent]:
    found = read(*lines, **chosen)
    assert all(isinstance(one, HeardEvent) for one in found)
    return found  # type: ignore[return-value]


def test_a_line_is_one_use_of_a_feature_by_a_user_of_an_account() -> None:
    [event] = events(line(mp_processing_time_ms=5, duration=30), session_seconds="duration")
    day = date(2026, 11, 1).toordinal()
    assert event == HeardEvent(
        Ref("mixpanel", "acme"), "u1", "report", "2026-11-01T09:30:05+00:00", day, 1, "i1", 30
    )  # fmt: skip


def test_an_event_may_belong_to_several_accounts_and_a_number_is_a_name() -> None:
    assert [event.ref.name for event in events(line(company=["acme", "brill", "acme", 9]))] == ["acme", "brill", "9"]
    assert [event.ref.name for event in events(line(company=12), line(company=12, **{"$insert_id": "i2"}))] == [
        "12"
    ] * 2
    assert [event.user_id for event in events(line(distinct_id=10**30))] == [str(10**30)]


def test_an_event_without_the_group_key_is_counted_and_no_error() -> None:
    recall = Recall()
    assert read(line(company=None), line(company=None, **{"$insert_id": "i2"}), recall=recall) == []
    assert recall.counts["without_account"] == 2


@pytest.mark.parametrize(("said", "user"), [({"$user_id": "real"}, "real"), ({"$user_id": 5}, "5"), ({}, "u1")])
def test_a_user_is_called_by_the_user_id_and_else_by_the_distinct_id(said: dict[str, Any], user: str) -> None:
    assert [event.user_id for event in events(line(**said))] == [user]


def test_of_repeats_the_one_that_was_processed_last_counts() -> None:
    recall = Recall()
    older, newer = line(mp_processing_time_ms=1), line(mp_processing_time_ms=2, company="brill")
    for order in ((older, newer), (newer, older)):
        assert [event.ref.name for event in events(*order, recall=Recall())] == ["brill"]
    read(older, newer, recall=recall)
    assert recall.counts["repeated"] == 1


def test_the_identity_is_event_user_time_and_insert_id_together() -> None:
    different = (line(), line("login"), line(distinct_id="u2"), line(time=NINE + 1), line(**{"$insert_id": "i2"}))
    assert len(events(*different)) == 5


def test_what_is_stored_already_is_not_told_again() -> None:
    recall = Recall()
    assert len(events(line(), recall=recall)) == 1
    again = Recall(type(recall.seen)(recall.seen.to_bytes()))
    assert [event.event_id for event in events(line(), line(**{"$insert_id": "i2"}), recall=again)] == ["i2"]
    assert (again.counts["known"], again.seen.added, len(again.seen)) == (1, 1, 2)


def test_more_events_than_are_held_at_once_all_come_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixpanel, "HELD", 3)
    given = settings()
    blocks = [line(**{"$insert_id": f"{block}.{n}"}) for block in range(5) for n in range(2)]
    _, page = asked(given, mixpanel.begin(given, None, NOW), [*blocks, line(**{"$insert_id": "0.0"})], Recall())
    assert len(list(page.records)) == 10


@pytest.mark.parametrize(
    ("broken", "field", "reason"),
    [
        (b"{]\n", "line", "is not JSON"),
        (b'{"event": "x"}\n', "properties", "is missing"),
        (b"[1]\n", "line", "expected `object`, got `array`"),
        (line(time=None), "properties.time", "expected `int | float`, got `null`"),
        (line(time=1e40), "time", "is no moment"),
        (line(time=0), "time", "is before 2000 or after today"),
        (line(time=NINE + 10**7), "time", "is before 2000 or after today"),
        (line(distinct_id=None), "distinct_id", "is empty, too long, or no text"),
        (line(distinct_id="x" * 257), "distinct_id", "is empty, too long, or no text"),
        (line("a\nb"), "event", "is empty, too long, or no text"),
        (line(company={"a": 1}, **{"$insert_id": "bad"}), "group_key", "is empty, too long, or no text"),
        (line(company=[""], **{"$insert_id": "bad"}), "group_key", "is empty, too long, or no text"),
    ],
)
def test_a_broken_line_is_refused_by_itself(broken: bytes, field: str, reason: str) -> None:
    first, second = line(), line(**{"$insert_id": "i2"})
    found = read(first, b"\n", broken, second)
    [refused] = [one for one in found if isinstance(one, Reject)]
    assert (refused.file, refused.field, refused.reason) == ("mixpanel/2026-11-01", field, reason)
    assert refused.remedy
    assert [one.event_id for one in found if isinstance(one, HeardEvent)] == ["i1", "i2"]


def test_a_refused_line_is_named_by_its_number() -> None:
    given = settings()
    blocks = [line() + line(), b"{]\n" + line()]
    _, page = asked(given, mixpanel.begin(given, None, NOW), blocks, Recall())
    assert [one.line for one in page.records if isinstance(one, Reject)] == [3]


@pytest.mark.parametrize("end", [line()[:-20], b"export terminated early\n", b"export terminated early"])
def test_a_body_that_ends_too_early_is_tried_again(end: bytes) -> None:
    with pytest.raises(TryAgain, match="end"):
        read(line(), end)


def test_an_event_that_only_says_so_has_not_ended_early() -> None:
    assert len(events(line("export terminated early"))) == 1


def test_a_last_line_without_its_newline_counts_when_it_is_whole() -> None:
    assert len(events(line(), line(**{"$insert_id": "i2"}).rstrip())) == 2


@pytest.mark.parametrize(
    ("zone", "moment"),
    [("UTC", "2026-11-01T09:30:05+00:00"), ("Asia/Kolkata", "2026-11-01T04:00:05+00:00")],
)
def test_the_time_of_an_old_project_is_the_clock_on_its_wall(zone: str, moment: str) -> None:
    assert [event.occurred_at for event in events(line(), timezone=zone)] == [moment]


def test_a_time_with_a_fraction_keeps_it() -> None:
    assert [event.occurred_at for event in events(line(time=NINE + 0.25))] == ["2026-11-01T09:30:05.250000+00:00"]
    end = NINE + 54.9999998
    assert [event.occurred_at for event in events(line(time=end))] == ["2026-11-01T09:30:59.999999+00:00"]


@pytest.mark.parametrize("said", ["long", True, -1, 1e12, None, [3]])
def test_a_session_length_that_is_none_is_unknown(said: Any) -> None:
    assert [event.session_seconds for event in events(line(duration=said), session_seconds="duration")] == [None]


def test_one_day_is_asked_for_with_exactly_the_encoding_of_the_contract() -> None:
    given = settings(events=("a", "b"))
    request, _ = asked(given, mixpanel.begin(given, None, NOW), [], Recall())
    assert request == Request(
        "/export",
        {"project_id": "7", "from_date": "2026-11-01", "to_date": "2026-11-01", "event": '["a", "b"]'},
        headers={"accept-encoding": "gzip"},
        lines=True,
    )


def test_the_days_follow_one_another_through_today_and_only_those_that_are_over_are_complete() -> None:
    given = settings()
    assert list(days(given, mixpanel.begin(given, None, NOW))) == [
        ("2026-11-01", date(2026, 11, 1)),
        ("2026-11-02", date(2026, 11, 2)),
        ("2026-11-03", date(2026, 11, 3)),
        ("2026-11-04", date(2026, 11, 4)),
        ("2026-11-05", date(2026, 11, 4)),
    ]


@pytest.mark.parametrize("zone", ["UTC", "Australia/Sydney", "Europe/Berlin", "America/Los_Angeles"])
def test_wherever_the_project_is_a_pull_after_midnight_completes_the_utc_day_before(zone: str) -> None:
    given = settings(timezone=zone)
    known = [day for _, day in days(given, mixpanel.begin(given, None, NOW))]
    assert known == sorted(known)
    assert known[-1] == date(2026, 11, 4)


@pytest.mark.parametrize(("zone", "complete"), [("Europe/Berlin", 2), ("America/Los_Angeles", 3)])
def test_a_day_of_the_project_completes_the_utc_day_that_ends_within_it(zone: str, complete: int) -> None:
    given = settings(timezone=zone)
    assert dict(days(given, mixpanel.begin(given, None, NOW)))["2026-11-03"] == date(2026, 11, complete)


def days(given: MixpanelSettings, cursor: str) -> Iterator[tuple[str, date | None]]:
    following: str | None = cursor
    while following:
        _, page = asked(given, following, [], Recall())
        yield mixpanel.day_of(following), page.complete
        following = page.cursor


def test_a_later_pull_asks_again_for_the_days_on_which_something_may_come_late() -> None:
    given = settings(first_day=date(2026, 1, 1))
    kept = mixpanel.rest(given, mixpanel.begin(settings(first_day=date(2026, 11, 5)), None, NOW))
    assert mixpanel.day_of(mixpanel.begin(given, kept, NOW)) == "2026-10-31"
    assert mixpanel.day_of(mixpanel.begin(settings(late_days=0), kept, NOW)) == "2026-11-05"
    assert mixpanel.day_of(mixpanel.begin(settings(), kept, NOW)) == "2026-11-01", "nothing before the first day"


def test_a_pull_that_stopped_halfway_goes_on_at_its_day() -> None:
    given = settings()
    _, page = asked(given, mixpanel.begin(given, None, NOW), [], Recall())
    assert mixpanel.day_of(mixpanel.begin(given, page.cursor, NOW)) == "2026-11-02"


def test_the_region_and_the_service_account_say_where_and_who() -> None:
    assert MIXPANEL.address
    assert [MIXPANEL.address(settings(region=region)) for region in ("us", "eu", "in")] == [
        "https://data.mixpanel.com/api/2.0",
        "https://data-eu.mixpanel.com/api/2.0",
        "https://data-in.mixpanel.com/api/2.0",
    ]
    assert mixpanel.authorise({"user": "u", "secret": "s"}) == {"authorization": "Basic dTpz"}


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [
        ({"timezone": "Mars/Base"}, "is no time zone"),
        ({"timezone": "../x"}, "is no time zone"),
        ({"group_key": "time"}, "must be properties of their own"),
        ({"session_seconds": "company"}, "must be properties of their own"),
        ({"project_id": "seven"}, "pattern"),
    ],
)
def test_settings_that_cannot_be_are_told(chosen: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        settings(**chosen)
