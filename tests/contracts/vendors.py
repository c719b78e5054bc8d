"""Each pulled vendor as the suite needs it: its double without a socket, what it holds, and what must come of it."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any

import httpx

from health_monitor.adapters.memory import MemoryWorld, PushedClock, memory_world
from health_monitor.adapters.vendor import HttpVendor
from health_monitor.flows.ingest_source import Desk, Pulled, ingest_source
from health_monitor.flows.join import join_known
from health_monitor.flows.reception import Reception
from health_monitor.model.heard import Heard, HeardEvent, HeardRecord
from health_monitor.model.intake import Intake
from health_monitor.sources.hubspot import HUBSPOT
from health_monitor.sources.hubspot_words import HubspotSettings
from health_monitor.sources.mixpanel import MIXPANEL, MixpanelSettings
from health_monitor.sources.spec import Source, SourceSettings
from local import vendors
from local.vendors import Asked, Portal, Vendor
from tests.builders import A_MOMENT

MINUTES = 900.0


class Store:
    """Takes records in, in memory: a record that comes again is the same one, as in the real stores."""

    def __init__(self) -> None:
        self.calls: list[list[Heard]] = []

    def __call__(self, source: str, heard: Iterable[Heard], received: datetime) -> Intake:
        self.calls.append([])
        for record in heard:
            self.calls[-1].append(record)
        return Intake(events=len(self.calls[-1]))

    @property
    def records(self) -> list[Heard]:
        return [record for call in self.calls for record in call]

    @property
    def names(self) -> list[str]:
        """One text for each record: what tells it from others."""
        return [name_of(record) for record in self.records]


def name_of(record: Heard) -> str:
    if isinstance(record, HeardEvent):
        return f"{record.ref.name} {record.event_id}"
    if isinstance(record, HeardRecord):
        return f"{record.kind} {record.key} {record.ref.name}"
    own = getattr(record, "contact_id", "")
    return f"{type(record).__name__} {own} {record.ref.name}"  # type: ignore[union-attr]


@dataclass
class Case:
    """One vendor. `more` makes it hold something late and something twice; both tell the names that must come."""

    source: Source
    settings: SourceSettings
    double: Vendor
    expected: set[str]
    more: Callable[[], set[str]]
    rename: Callable[[Any], None]
    secret: dict[str, str]
    world: MemoryWorld = field(default_factory=lambda: memory_world(A_MOMENT))
    store: Store = field(default_factory=Store)
    slept: list[float] = field(default_factory=list)

    def desk(self, **changed: Any) -> Desk:
        """Where it is pulled."""
        assert self.source.pull
        clock: PushedClock = self.world.clock
        vendor = HttpVendor(
            self.source.title, "https://vendor.example", lambda: self.source.pull.authorise(self.secret),  # type: ignore[union-attr]
            self.source.pull.seconds_between, clock, self._sleep, httpx.Client(transport=Wire(self.double)),
        )  # fmt: skip
        desk = Desk(
            source=self.source, settings=self.settings, vendor=vendor, take_in=self.store, clock=clock,
            join=partial(join_known, ports=Reception.of(self.world)), blobs=self.world.blobs, states=self.world.sources,
            journal=self.world.journal, notices=self.world.notices, outbox=self.world.outbox,
            operations_email="ops@example.com", slack_channel="#ops",
        )  # fmt: skip
        return replace(desk, **changed)

    def pull(self, **changed: Any) -> Pulled:
        """One run of a quarter of an hour."""
        return ingest_source(self.desk(**changed), MINUTES)

    def one_request_a_run(self) -> None:
        """As if the vendor allowed no more."""
        assert self.source.pull
        self.source = replace(self.source, pull=replace(self.source.pull, requests_a_run=1))

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.world.clock.push(seconds=seconds)


class Wire(httpx.BaseTransport):
    """A double behind an HTTP client, without a socket between."""

    def __init__(self, double: Vendor) -> None:
        self._double = double

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        params: dict[str, list[str]] = {}
        for name, value in request.url.params.multi_items():
            params.setdefault(name, []).append(value)
        body = json.loads(request.read()) if request.method == "POST" else None
        asked = Asked(request.method, request.url.path, params, dict(request.headers), body)
        answer, trouble = self._double.answer(asked)
        if trouble.silent_seconds:
            raise httpx.ReadTimeout("…")
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer.body, trouble.cut_at))


class _Body(httpx.SyncByteStream):
    def __init__(self, body: bytes, cut_at: float | None) -> None:
        self._body, self._cut_at = body, cut_at

    def __iter__(self) -> Iterator[bytes]:
        if self._cut_at is None:
            yield self._body
        else:
            yield self._body[: int(self._cut_at * len(self._body))]
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def an_event(insert_id: str, day: str = "2026-11-01", hour: int = 9, **properties: Any) -> dict[str, Any]:
    """One line of the export."""
    time = int(datetime.fromisoformat(f"{day}T{hour:02}:00:00+00:00").timestamp())
    facts = {"time": time, "distinct_id": "u1", "$insert_id": insert_id, "mp_processing_time_ms": 1, "company": "acme"}
    return {"event": "report", "properties": facts | properties}


def mixpanel_case() -> Case:
    events: dict[str, list[dict[str, Any]]] = {
        "2026-11-01": [an_event("a"), an_event("b", company=["acme", "brill"]), an_event("none", company=None)],
        "2026-11-02": [an_event("c", "2026-11-02", 1)],
    }
    double = vendors.mixpanel(events)
    double.per_second = double.per_hour = None

    def more() -> set[str]:
        events["2026-11-01"] += [an_event("late"), an_event("a", mp_processing_time_ms=2)]
        return {"acme late"}

    def rename(unknown: Any) -> None:
        for event in events["2026-11-01"]:
            event["unheard_of"] = event["properties"]["unheard_of"] = unknown

    settings = MixpanelSettings(enabled=True, project_id="1", group_key="company", first_day=date(2026, 11, 1))
    expected = {"acme a", "acme b", "brill b", "acme c"}
    return Case(MIXPANEL, settings, double, expected, more, rename, vendors.MIXPANEL_SECRET)


NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"
ACTIVITIES = (
    ("emails", "600"), ("meetings", "601"), ("calls", "602"), ("calls", "603"), ("notes", "604"), ("tickets", "605"),
)  # fmt: skip


def hubspot_case() -> Case:
    portal, before = Portal(), "2026-11-01T10:00:00.000Z"
    for number in range(1, 131):
        portal.put(
            "companies", str(number), before, name=f"C{number}", lifecyclestage="customer", domain=f"c{number}.example"
        )
    portal.put("companies", "500", before, name="Nobody yet", lifecyclestage="lead")
    portal.put("contacts", "900", before, firstname="Ann", email="Ann@x.example")
    portal.put("contacts", "901", before, firstname="Bo", email="bo@lead.example")
    portal.link("companies", "7", "contacts", "900")
    portal.link("companies", "500", "contacts", "901")
    portal.put("emails", "600", before, hs_timestamp=before, hs_email_direction="INCOMING_EMAIL", hs_email_subject="Hi")
    portal.put("meetings", "601", before, hs_createdate=before, hs_meeting_start_time="2026-11-09T10:00:00Z")
    portal.put("calls", "602", before, hs_timestamp=before, hs_call_status="COMPLETED")
    portal.put("calls", "603", before, hs_timestamp=before, hs_call_disposition=NO_ANSWER)
    portal.put("notes", "604", before, hs_timestamp=before, hs_note_body="They like it.")
    portal.put("tickets", "605", before, createdate=before, hs_ticket_priority="HIGH", hs_pipeline_stage="1")
    portal.put(
        "feedback_submissions", "608", before, hs_submission_timestamp=before, hs_survey_type="NPS", hs_value="9"
    )
    portal.link("feedback_submissions", "608", "contacts", "900")
    portal.put(
        "deals", "700", before, closedate="2026-02-01", pipeline="renewals", hs_is_closed="true",
        hs_is_closed_won="true", amount="1200",
    )  # fmt: skip
    portal.link("deals", "700", "companies", "7")
    for kind, number in ACTIVITIES:
        portal.link(kind, number, "companies", "7")
        portal.link(kind, number, "contacts", "900")
    portal.put("emails", "606", before, hs_timestamp=before, hs_email_direction="INCOMING_EMAIL")
    portal.link("emails", "606", "companies", "500")
    portal.owners = [{"id": "1", "email": "Carla@example.com", "archived": False, "type": "PERSON"}]
    double = vendors.hubspot(portal)
    double.per_second = None

    def more() -> set[str]:
        after = "2026-11-02T06:30:00.000Z"
        portal.put("companies", "8", after, name="C8 renamed", lifecyclestage="customer")
        portal.put("companies", "131", after, name="New", lifecyclestage="customer")
        portal.put("contacts", "900", after, firstname="Anna", email="ann@x.example")
        portal.put("tickets", "605", after, createdate=before, hs_ticket_priority="HIGH", hs_pipeline_stage="4")
        return {"HeardAccount  8", "HeardAccount  131", "HeardContact 900 7", "ticket 605 7"}

    def rename(unknown: Any) -> None:
        for company in portal.objects["companies"].values():
            company["unheardOf"] = company["properties"]["unheard_of"] = unknown

    expected = {f"HeardAccount  {number}" for number in range(1, 131)} | {"HeardContact 900 7"}
    expected |= {f"touchpoint {kind}-{number} 7" for kind, number in ACTIVITIES[:3]}
    expected |= {"touchpoint notes-604 7", "ticket 605 7", "survey 608 7", "subscription 700 7", "renewal 700 7"}
    settings = HubspotSettings(enabled=True, surveys=True, deal_arr="amount", renewal_pipeline="renewals")
    return Case(HUBSPOT, settings, double, expected, more, rename, vendors.HUBSPOT_SECRET)
