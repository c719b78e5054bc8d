"""HubSpot: companies, the people in them, their owners and deals. What is asked is here, what it means beside it.

The first pull lists every company; later ones search for what changed. A search is never paged by position, which skips
records that change meanwhile and ends at 10,000: each question begins where the last answer ended.
"""

import json
from collections.abc import Generator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from health_monitor.model.errors import NeedsHuman
from health_monitor.model.heard import Heard
from health_monitor.sources import hubspot_records
from health_monitor.sources.hubspot_questions import LIMIT, OBJECTS, OWNERS, associated, read
from health_monitor.sources.hubspot_values import milliseconds
from health_monitor.sources.hubspot_words import (
    CONTACT_MODIFIED,
    MODIFIED,
    NAME,
    Deal,
    HubspotSettings,
    archived_company,
    company_properties,
    contact_properties,
    deal_properties,
    deal_records,
    heard_company,
    heard_contact,
    is_customer,
)
from health_monitor.sources.spec import Page, Pages, Pull, Recall, Request, Secret, Source

FIELD = {"contacts": CONTACT_MODIFIED}
"""Which property holds an object's last change, where it is not MODIFIED."""
KEPT = ("began", "since", "history", "read")
"""What every stage of a pull knows."""


def authorise(secret: Secret) -> dict[str, str]:
    """The token of a private app."""
    return {"authorization": f"Bearer {secret['token']}"}


def begin(settings: HubspotSettings, kept: str | None, now: datetime) -> str:
    """Everything, the first time; then what changed since the last pull began, and a little before."""
    place: dict[str, Any] = {"read": [], "history": _stamp(now - timedelta(days=settings.history_days))}
    place |= json.loads(kept) if kept else {}
    if "stage" in place:  # a run stopped halfway
        return json.dumps(place)
    following = {"stage": "companies", "began": now.isoformat(), "read": place["read"], "history": place["history"]}
    if since := place.get("since"):
        following |= {"since": _stamp(datetime.fromisoformat(since) - timedelta(minutes=settings.overlap_minutes))}
    return json.dumps(following)


def _stamp(at: datetime) -> str:
    return str(milliseconds(at.isoformat()))


def page(settings: HubspotSettings, cursor: str, recall: Recall) -> Pages:
    """A hundred companies, or people, deals or touchpoints that changed, with all that belongs to them."""
    place = json.loads(cursor)
    if place["stage"] == "archived" or ("since" not in place and place["stage"] == "companies"):
        records, following = yield from _listed(settings, place, recall)
    else:
        records, following = yield from _changed(settings, place, recall)
    if following is None and (stage := _next_stage(settings, place)):
        following = {name: place[name] for name in KEPT if name in place} | {"stage": stage}
    # No day is said to be complete: that is about usage, and a night need not wait for the CRM.
    return Page(records, json.dumps(following) if following else None)


def rest(settings: HubspotSettings, cursor: str) -> str:
    """When this pull began; and which kinds were read, because one that is switched on later has a history, too."""
    return json.dumps({"since": json.loads(cursor)["began"], "read": hubspot_records.stages(settings)})


def no_day(_cursor: str) -> None:
    """What is said again of a company changes nothing, so nothing has to be remembered."""


def _next_stage(settings: HubspotSettings, place: Mapping[str, Any]) -> str | None:
    touches = hubspot_records.stages(settings)
    stages = ["companies", *touches, "archived"]
    if "since" in place:  # the first pull reads people and deals with their companies
        stages = ["companies", "contacts", *(["deals"] if settings.reads_deals else []), *touches, "archived"]
    return dict(pairwise(stages)).get(place["stage"])


Found = Generator[Request, Any, tuple[list[Heard], dict[str, Any] | None]]


def _listed(settings: HubspotSettings, place: dict[str, Any], recall: Recall) -> Found:
    """Companies in HubSpot's own order, all of them or the archived ones."""
    archived = place["stage"] == "archived"
    asked = {"limit": str(LIMIT), "properties": ",".join(company_properties(settings))}
    asked |= {"archived": str(archived).lower()} | ({"after": place["after"]} if "after" in place else {})
    answer = yield Request(f"{OBJECTS}/companies", asked)
    after = answer.get("paging", {}).get("next", {}).get("after")
    following = place | {"after": after} if after else None
    found = [company for company in answer["results"] if is_customer(settings, company)]
    recall.counts["no_customer"] += len(answer["results"]) - len(found)
    if archived:
        recall.counts["archived"] += len(found)
        return [archived_company(company) for company in found] if settings.archived_ends else [], following
    return (yield from _companies(settings, found, recall)), following


def _changed(settings: HubspotSettings, place: dict[str, Any], recall: Recall) -> Found:
    """What changed, the oldest change first."""
    stage = place["stage"]
    properties = {
        "companies": company_properties(settings),
        "contacts": contact_properties(settings),
        "deals": [MODIFIED],
    }
    chosen = properties[stage] if stage in properties else hubspot_records.properties(settings, stage)
    answer = yield _search(stage, place, chosen)
    found = answer["results"]
    if stage == "companies":
        companies = [company for company in found if is_customer(settings, company)]
        recall.counts["no_customer"] += len(found) - len(companies)
        records = yield from _companies(settings, companies, recall)
    elif stage == "contacts":
        records = yield from _people(settings, found)
    elif stage in hubspot_records.PROPERTIES:
        records = yield from hubspot_records.heard_records(settings, stage, found, recall)
    else:
        pairs = yield from associated("deals", "companies", [deal["id"] for deal in found])
        companies = yield from read("companies", [there for _, there in pairs], company_properties(settings))
        customers = [company for company in companies if is_customer(settings, company)]
        records = yield from _companies(settings, customers, recall)
    return records, _after(place, answer)


def _search(stage: str, place: Mapping[str, Any], properties: list[str]) -> Request:
    """From a moment on; or, where one moment has more than a page (a bulk edit), that moment by id."""
    field, since = FIELD.get(stage, MODIFIED), _since(place)
    filters = [{"propertyName": field, "operator": "GTE", "value": since}]
    sort = field
    if "id" in place:
        filters = [
            {"propertyName": field, "operator": "EQ", "value": since},
            {"propertyName": "hs_object_id", "operator": "GT", "value": place["id"]},
        ]
        sort = "hs_object_id"
    body = {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
        "properties": properties,
        "limit": LIMIT,
        "after": "0",
    }
    return Request(f"{OBJECTS}/{stage}/search", body=body, method="POST")


def _since(place: Mapping[str, Any]) -> str:
    """From when on is asked: where the last answer ended, else the last pull, else as far back as the history goes."""
    if "from" in place:
        return str(place["from"])
    is_new = place["stage"] in hubspot_records.PROPERTIES and place["stage"] not in place["read"]
    return str(place["history"] if is_new or "since" not in place else place["since"])


def _after(place: dict[str, Any], answer: Mapping[str, Any]) -> dict[str, Any] | None:
    """Where to go on: at the last moment seen, at the last id seen within one, or past that moment."""
    more, since = "next" in (answer.get("paging") or {}), _since(place)
    if "id" in place:
        bare = {name: value for name, value in place.items() if name != "id"}
        return place | {"id": str(answer["results"][-1]["id"])} if more else bare | {"from": str(int(since) + 1)}
    if not more:
        return None
    moments = [milliseconds(one["properties"][FIELD.get(place["stage"], MODIFIED)]) for one in answer["results"]]
    if moments != sorted(moments):
        # Going on at the last one would skip whatever stands before it unseen.
        raise NeedsHuman("HubSpot did not sort a search by its last change; report this as a defect of this connector")
    last = str(moments[-1])
    return place | ({"from": last} if int(last) > int(since) else {"from": since, "id": "0"})


def _companies(
    settings: HubspotSettings, companies: Sequence[Any], recall: Recall
) -> Generator[Request, Any, list[Heard]]:
    """The companies with their owners, deals and people."""
    if not companies:
        return []
    owners = recall.notes.get("owners")
    if owners is None:
        owners = recall.notes["owners"] = yield from _owners()
    ids = [str(company["id"]) for company in companies]
    deals = (yield from _deals(settings, ids)) if settings.reads_deals else {}
    records: list[Heard] = []
    for company in companies:
        its_deals = deals.get(str(company["id"]), ())
        said = list(heard_company(settings, company, owners, its_deals))
        # What cannot be read of a deal may have been told with the company.
        more = (one for one in deal_records(settings, str(company["id"]), its_deals) if one not in said)
        records += [*said, *more]
    pairs = yield from associated("companies", "contacts", ids)
    people = yield from read("contacts", [there for _, there in pairs], contact_properties(settings))
    known = {str(contact["id"]): contact for contact in people}
    told = [one for here, there in pairs if there in known for one in heard_contact(settings, known[there], here)]
    return records + told


def _people(settings: HubspotSettings, contacts: Sequence[Any]) -> Generator[Request, Any, list[Heard]]:
    """People who changed, if their company is a customer."""
    pairs = yield from associated("contacts", "companies", [contact["id"] for contact in contacts])
    companies = yield from read("companies", [there for _, there in pairs], [settings.customer_property])
    customers = {str(company["id"]) for company in companies if is_customer(settings, company)}
    known = {str(contact["id"]): contact for contact in contacts}
    told = (heard_contact(settings, known[here], there) for here, there in pairs if there in customers)
    return [one for some in told for one in some]


def _deals(settings: HubspotSettings, company_ids: Sequence[str]) -> Generator[Request, Any, dict[str, list[Deal]]]:
    pairs = yield from associated("companies", "deals", company_ids)
    found = yield from read("deals", [there for _, there in pairs], deal_properties(settings))
    known = {str(deal["id"]): deal["properties"] for deal in found}
    deals: dict[str, list[Deal]] = {}
    for here, there in pairs:
        if there in known:
            deals.setdefault(here, []).append(Deal(there, known[there]))
    return deals


def _owners() -> Generator[Request, Any, dict[str, str]]:
    """The address of every owner who is still there: an alert to one who left would reach nobody."""
    owners: dict[str, str] = {}
    after: str | None = ""
    while after is not None:
        answer = yield Request(OWNERS, {"limit": str(LIMIT)} | ({"after": after} if after else {}))
        owners |= {str(owner["id"]): owner["email"].lower() for owner in answer["results"] if owner.get("email")}
        after = answer.get("paging", {}).get("next", {}).get("after")
    return owners


HUBSPOT = Source(
    name=NAME,
    title="HubSpot",
    settings=HubspotSettings,
    secret={"token": "The access token of a private app."},
    address=lambda _settings: "https://api.hubapi.com",
    # Searches are the scarcest: four a second. The daily allowance is 650,000.
    pull=Pull(60, authorise, begin, page, rest, no_day, seconds_between=0.26, requests_a_run=20_000),
)
