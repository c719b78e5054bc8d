"""What HubSpot's companies, people and deals mean, and what is asked when."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from health_monitor.model.errors import NeedsHuman
from health_monitor.model.heard import DOMAIN, OURS, Heard, HeardAccount, HeardContact, HeardRecord, Ref
from health_monitor.model.intake import Reject
from health_monitor.model.request import Request
from health_monitor.sources import hubspot
from health_monitor.sources.hubspot import HUBSPOT
from health_monitor.sources.hubspot_values import milliseconds
from health_monitor.sources.hubspot_words import (
    Deal,
    HubspotSettings,
    archived_company,
    company_properties,
    deal_records,
    heard_company,
    heard_contact,
)
from health_monitor.sources.spec import Page, Recall

NOW = datetime(2026, 11, 5, 6, 30, tzinfo=UTC)
THEN = "2026-11-01T10:00:00.000Z"
Answers = Callable[[Request], Any]


def a_company(number: str = "1", **properties: str | None) -> dict[str, Any]:
    facts = {"name": "Acme", "domain": "Acme.example", "lifecyclestage": "customer", "hs_lastmodifieddate": THEN}
    return {"id": number, "properties": facts | properties, "createdAt": THEN, "updatedAt": THEN, "archived": False}


def a_deal(number: str = "d1", closes: str | None = "2026-06-01", **properties: str | None) -> Deal:
    return Deal(number, {"closedate": closes, "pipeline": "sales", "hs_is_closed": "false"} | properties)


def won(number: str = "d1", closes: str = "2026-06-01", **properties: str | None) -> Deal:
    return a_deal(number, closes, hs_is_closed="true", hs_is_closed_won="true", **properties)


def heard(settings: HubspotSettings, company: dict[str, Any], *deals: Deal) -> tuple[HeardAccount, list[Reject]]:
    *refused, account = heard_company(settings, company, {"9": "carla@example.com"}, deals)
    assert isinstance(account, HeardAccount)
    return account, [one for one in refused if isinstance(one, Reject)]


def test_a_company_says_what_its_properties_say_by_the_names_that_the_settings_give() -> None:
    settings = HubspotSettings(
        account_id="our_id", analytics_id="mp_id", tier="tier__c", segment="size", plan="plan", use_case="why",
        arr="arr", renewal_date="renews", signup_date="began", churn_date="left", licensed_seats="seats",
    )  # fmt: skip
    account, refused = heard(settings, a_company(
        our_id="acme", mp_id="mp-acme", tier__c="gold", size="smb", plan="pro", why="reports", arr="1200.50",
        renews="2027-01-31", began="1764547200000", left=None, seats="25", hubspot_owner_id="9", industry="",
    ))  # fmt: skip
    assert refused == []
    assert account.facts == {
        "name": "Acme", "domain": "Acme.example", "csm_email": "carla@example.com", "tier": "gold", "segment": "smb",
        "plan": "pro", "use_case": "reports", "industry": None, "arr": Decimal("1200.50"),
        "renewal_date": date(2027, 1, 31), "signup_date": date(2025, 12, 1), "churn_date": None, "licensed_seats": 25,
    }  # fmt: skip
    assert account.names == (Ref(OURS, "acme"), Ref("mixpanel", "mp-acme"), Ref(DOMAIN, "acme.example"))
    assert (account.ref, account.creates) == (Ref("hubspot", "1"), True)
    assert account.changed_at == datetime(2026, 11, 1, 10, tzinfo=UTC)


def test_a_company_goes_by_the_ids_of_those_that_were_merged_into_it() -> None:
    settings = HubspotSettings(merged_ids="hs_merged_object_ids")
    merged, _ = heard(settings, a_company(hs_merged_object_ids="17; 18;"))
    assert merged.names == (Ref(DOMAIN, "acme.example"), Ref("hubspot", "17"), Ref("hubspot", "18"))
    alone, _ = heard(settings, a_company(hs_merged_object_ids=None))
    assert alone.names == (Ref(DOMAIN, "acme.example"),)
    assert "hs_merged_object_ids" in company_properties(settings)


def test_a_property_that_no_setting_names_is_not_spoken_of_and_so_changes_nothing() -> None:
    account, _ = heard(HubspotSettings(), a_company())
    assert set(account.facts) == {"name", "domain", "csm_email", "industry"}
    assert account.names == (Ref(DOMAIN, "acme.example"),)


def test_an_owner_who_is_gone_is_no_csm() -> None:
    account, _ = heard(HubspotSettings(), a_company(hubspot_owner_id="404"))
    assert account.facts["csm_email"] is None


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("arr", "a lot"), ("arr", "NaN"), ("arr", "1e99"), ("renewal_date", "soon"), ("renewal_date", "9" * 30),
        ("licensed_seats", "2.5"), ("licensed_seats", "-1"), ("tier", "x" * 513),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused_and_leaves_its_field_empty(field: str, said: str) -> None:
    account, [refused] = heard(HubspotSettings(**{field: "prop"}), a_company(prop=said))
    assert (refused.file, refused.field) == ("hubspot/companies/1", "prop")
    assert account.facts[field] is None
    assert account.facts["name"] == "Acme"


def test_the_deal_that_was_won_last_says_the_arr_that_the_company_does_not() -> None:
    settings = HubspotSettings(arr="arr", deal_arr="amount")
    deals = (won("d1", "2025-06-01", amount="10"), won("d2", amount="20"), a_deal("d3", "2026-12-01", amount="99"))
    assert heard(settings, a_company(), *deals)[0].facts["arr"] == Decimal(20)
    assert heard(settings, a_company(arr="5"), *deals)[0].facts["arr"] == Decimal(5)
    assert heard(settings, a_company(), deals[2])[0].facts["arr"] is None


def test_the_next_open_deal_of_the_renewal_pipeline_says_the_renewal_date_else_the_won_one() -> None:
    settings = HubspotSettings(renewal_pipeline="renewals", deal_renewal_date="ends")
    ended = won(ends="2026-08-31")
    later, next_ = (a_deal(f"o{day}", day, pipeline="renewals") for day in ("2027-02-01", "2026-12-01"))
    other = a_deal("x", "2026-11-10")
    assert heard(settings, a_company(), ended, later, next_, other)[0].facts["renewal_date"] == date(2026, 12, 1)
    assert heard(settings, a_company(), ended, other)[0].facts["renewal_date"] == date(2026, 8, 31)
    assert heard(settings, a_company(), other)[0].facts["renewal_date"] is None
    only_pipeline = HubspotSettings(renewal_pipeline="renewals")
    assert heard(only_pipeline, a_company(), ended, next_)[0].facts == {
        "name": "Acme", "domain": "Acme.example", "csm_email": None, "industry": None,
        "renewal_date": date(2026, 12, 1),
    }  # fmt: skip


def test_a_deal_whose_day_cannot_be_read_is_refused_and_left_out() -> None:
    account, [refused] = heard(HubspotSettings(deal_arr="amount"), a_company(), won("d7", "never", amount="1"))
    assert (refused.file, refused.field) == ("hubspot/deals/d7", "closedate")
    assert account.facts["arr"] is None


def test_a_person_is_said_by_the_names_that_the_settings_give() -> None:
    properties = {"firstname": "Ann", "lastname": None, "email": "Ann@Acme.example", "jobtitle": "CTO", "uid": "u1"}
    settings = HubspotSettings(contact_user_id="uid", contact_role="r")
    [person] = heard_contact(settings, a_company("77") | {"properties": properties}, "1")
    assert person == HeardContact(
        ref=Ref("hubspot", "1"), contact_id="77", changed_at=datetime(2026, 11, 1, 10, tzinfo=UTC),
        facts={"name": "Ann", "email": "ann@acme.example", "user_id": "u1", "role": None, "title": "CTO"},
    )  # fmt: skip


@pytest.mark.parametrize(("said", "role"), [
    ("END_USER;CHAMPION;EXECUTIVE_SPONSOR", "EXECUTIVE_SPONSOR"), ("Decision Maker", "Decision Maker"),
    ("INFLUENCER;OTHER", "INFLUENCER"), (" ; ", ""), (None, None),
])  # fmt: skip
def test_of_several_buying_roles_the_one_that_counts_most_is_taken(said: str | None, role: str | None) -> None:
    settings = HubspotSettings(contact_role="hs_buying_role")
    [person] = heard_contact(settings, a_company("77") | {"properties": {"hs_buying_role": said}}, "1")
    assert isinstance(person, HeardContact)
    assert person.facts["role"] == role


def test_a_person_who_left_is_told_with_the_day_and_how() -> None:
    settings = HubspotSettings(contact_departed_on="left", contact_departure="how", contact_department="dept")
    properties = {"left": "2026-10-30", "how": "Deactivated", "dept": "x" * 513}
    refused, person = heard_contact(settings, a_company("77") | {"properties": properties}, "1")
    assert isinstance(refused, Reject)
    assert (refused.file, refused.field) == ("hubspot/contacts/77", "dept")
    assert isinstance(person, HeardContact)
    told = {name: person.facts[name] for name in ("departed_on", "departure", "department")}
    assert told == {"departed_on": date(2026, 10, 30), "departure": "deactivated", "department": None}


DEALS = HubspotSettings(deal_arr="amount", deal_renewal_date="until", renewal_pipeline="renewals")


def the_deals(*deals: Deal) -> list[tuple[str, str, dict[str, Any]]]:
    found = [one for one in deal_records(DEALS, "1", deals) if isinstance(one, HeardRecord)]
    return [(one.kind, one.key, {name: said for name, said in one.facts.items() if said is not None}) for one in found]


def test_a_deal_that_was_won_says_what_the_contract_is_worth_since() -> None:
    new, worth = won("d1", "2026-06-01", amount="30", until="2027-06-01"), date(2026, 6, 1)
    facts = {"subscription": "deals", "effective_on": worth, "arr": Decimal(30), "ends_on": date(2027, 6, 1)}
    assert the_deals(new) == [("subscription", "d1", facts)]
    assert the_deals(a_deal("d2", amount="30"), won("d3", amount="many"), won("d4"), a_deal("d5", None)) == []


def test_a_renewal_says_when_it_is_due_and_how_it_ended() -> None:
    due, day = {"pipeline": "renewals"}, date(2026, 6, 1)
    lost = due | {"hs_is_closed": "true", "hs_is_closed_won": "false", "closed_lost_reason": "too dear"}
    assert the_deals(a_deal("d1", **due)) == [("renewal", "d1", {"due_on": day})]
    [_, (kind, key, facts)] = the_deals(won("d2", amount="30", **due))
    assert (kind, key) == ("renewal", "d2")
    assert facts == {"due_on": day, "decided_on": day, "outcome": "renewed", "arr_after": Decimal(30)}
    [(_, _, facts)] = the_deals(a_deal("d3", **lost))
    assert facts == {
        "due_on": day, "decided_on": day, "outcome": "churned", "arr_after": 0, "reason": "too dear"
    }  # fmt: skip


def test_a_moment_becomes_milliseconds_whatever_its_form() -> None:
    assert milliseconds("2026-11-01T10:00:00.123Z") == milliseconds("1793527200123") == 1793527200123
    assert milliseconds("2026-11-01T10:00:00.123") == 1793527200123


def asked(settings: HubspotSettings, cursor: str, answers: Answers, recall: Recall) -> tuple[list[Request], Page]:
    pages, requests = hubspot.page(settings, cursor, recall), []
    try:
        request = next(pages)
        while True:
            requests.append(request)
            request = pages.send(answers(request))
    except StopIteration as done:
        return requests, done.value


def told(**by_path: Any) -> Answers:
    """Answers by the last part of the path that is known; an empty one otherwise."""

    def answer(request: Request) -> Any:
        key = request.path.strip("/").replace("crm/v3/", "").replace("crm/v4/", "").replace("/", "_")
        if request.params.get("archived") == "true":
            key = "archived"
        return by_path.get(key, {"results": []})

    return answer


def links(here: str, *there: Any, after: str | None = None) -> dict[str, Any]:
    paging = {"paging": {"next": {"after": after}}} if after else {}
    return {"from": {"id": here}, "to": [{"toObjectId": number} for number in there], **paging}


WITHOUT_TOUCHES = HubspotSettings(touchpoints=False, tickets=False)


def after_first_pull(settings: HubspotSettings) -> str:
    return hubspot.begin(settings, hubspot.rest(settings, hubspot.begin(settings, None, NOW)), NOW)


def test_the_first_pull_lists_companies_with_their_people_and_then_the_archive() -> None:
    settings, recall = WITHOUT_TOUCHES, Recall()
    answers = told(
        objects_companies={"results": [a_company("1"), a_company("2", lifecyclestage="lead")],
                           "paging": {"next": {"after": "2"}}},
        owners={"results": [{"id": 9, "email": "Carla@Example.com"}, {"id": "8", "email": None}]},
        associations_companies_contacts_batch_read={"results": [links("1", 77, 78)]},
        objects_contacts_batch_read={"results": [a_company("77")]},
    )  # fmt: skip
    requests, page = asked(settings, hubspot.begin(settings, None, NOW), answers, recall)
    assert [request.path for request in requests] == [
        "/crm/v3/objects/companies", "/crm/v3/owners/", "/crm/v4/associations/companies/contacts/batch/read",
        "/crm/v3/objects/contacts/batch/read",
    ]  # fmt: skip
    assert [(type(one).__name__, ref_of(one)) for one in page.records] == [("HeardAccount", "1"), ("HeardContact", "1")]
    assert recall.notes["owners"] == {"9": "carla@example.com"}
    assert recall.counts["no_customer"] == 1
    assert page.cursor
    requests, page = asked(settings, page.cursor, told(), recall)
    assert [request.params.get("after") for request in requests] == ["2"]
    assert page.cursor
    requests, page = asked(settings, page.cursor, told(archived={"results": [a_company("3")]}), recall)
    assert [request.params["archived"] for request in requests] == ["true"]
    assert (page.records, page.cursor, page.complete) == ([], None, None)
    assert recall.counts["archived"] == 1


def ref_of(one: Heard) -> str:
    assert isinstance(one, HeardAccount | HeardContact)
    return one.ref.name


def test_an_archived_company_ends_only_where_the_settings_say_so() -> None:
    archived = a_company("3") | {"archived": True, "archivedAt": "2026-10-30T09:00:00Z"}
    settings = HubspotSettings(archived_ends=True)
    cursor = json.dumps({"stage": "archived", "began": NOW.isoformat()})
    _, page = asked(settings, cursor, told(archived={"results": [archived]}), Recall())
    assert page.records == [archived_company(archived)]
    assert archived_company(archived).facts == {"observed_until": date(2026, 10, 30)}
    assert archived_company(archived).creates is False
    assert heard(settings, a_company())[0].facts["observed_until"] is None


def test_later_pulls_search_what_changed_since_ten_minutes_before_the_last_one_began() -> None:
    settings = WITHOUT_TOUCHES
    requests, page = asked(settings, after_first_pull(settings), told(), Recall())
    [request] = requests
    assert (request.path, request.method) == ("/crm/v3/objects/companies/search", "POST")
    since = str(int(datetime(2026, 11, 5, 6, 20, tzinfo=UTC).timestamp() * 1000))
    assert request.body
    assert request.body["filterGroups"] == [
        {"filters": [{"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": since}]}
    ]
    assert request.body["sorts"] == [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}]
    assert (request.body["limit"], request.body["after"]) == (100, "0")
    assert stages(settings, page) == ["contacts", "archived"]
    assert stages(settings.model_copy(update={"deal_arr": "amount"}), page) == ["contacts", "deals", "archived"]
    every = ["contacts", "emails", "meetings", "calls", "notes", "tickets", "archived"]
    assert stages(HubspotSettings(), page) == every
    assert stages(HubspotSettings(touchpoints=False), page) == ["contacts", "tickets", "archived"]


def stages(settings: HubspotSettings, page: Page) -> list[str]:
    seen = []
    while page.cursor:
        seen.append(json.loads(page.cursor)["stage"])
        _, page = asked(settings, page.cursor, told(), Recall())
    return seen


def test_a_search_goes_on_at_the_last_moment_seen_and_never_by_position() -> None:
    settings = HubspotSettings()
    answer = {"results": [a_company("5", lifecyclestage="lead")], "paging": {"next": {"after": "100"}}}
    late = {**answer, "results": [a_company("5", lifecyclestage="lead", hs_lastmodifieddate="2026-11-05T06:25:00Z")]}
    _, page = asked(settings, after_first_pull(settings), told(objects_companies_search=late), Recall())
    assert page.cursor
    place = json.loads(page.cursor)
    assert (place["stage"], place["from"]) == ("companies", str(milliseconds("2026-11-05T06:25:00Z")))


def test_an_answer_that_is_not_sorted_stops_the_pull_rather_than_skip() -> None:
    late = a_company("5", lifecyclestage="lead", hs_lastmodifieddate="2026-11-05T06:25:00Z")
    answer = {"results": [late, a_company("6", lifecyclestage="lead")], "paging": {"next": {"after": "100"}}}
    settings = HubspotSettings()
    with pytest.raises(NeedsHuman, match="did not sort"):
        asked(settings, after_first_pull(settings), told(objects_companies_search=answer), Recall())


def test_a_moment_with_more_than_a_page_is_read_by_id_and_then_left() -> None:
    settings, bulk = HubspotSettings(), str(milliseconds("2026-11-05T06:25:00Z"))
    place = json.loads(after_first_pull(settings)) | {"from": bulk}
    same = a_company("5", lifecyclestage="lead", hs_lastmodifieddate="2026-11-05T06:25:00Z")
    more = told(objects_companies_search={"results": [same], "paging": {"next": {"after": "100"}}})
    _, page = asked(settings, json.dumps(place), more, Recall())
    assert page.cursor
    assert json.loads(page.cursor)["id"] == "0"
    requests, page = asked(settings, page.cursor, more, Recall())
    assert requests[0].body
    assert [one["operator"] for one in requests[0].body["filterGroups"][0]["filters"]] == ["EQ", "GT"]
    assert requests[0].body["sorts"][0]["propertyName"] == "hs_object_id"
    assert page.cursor
    assert json.loads(page.cursor)["id"] == "5"
    _, page = asked(settings, page.cursor, told(), Recall())
    assert page.cursor
    place = json.loads(page.cursor)
    assert (place["from"], "id" in place, place["stage"]) == (str(int(bulk) + 1), False, "companies")


def test_people_who_changed_are_heard_where_their_company_is_a_customer() -> None:
    settings = HubspotSettings()
    cursor = json.dumps(json.loads(after_first_pull(settings)) | {"stage": "contacts"})
    answers = told(
        objects_contacts_search={"results": [a_company("77"), a_company("78")]},
        associations_contacts_companies_batch_read={"results": [links("77", 1), links("78", 2)]},
        objects_companies_batch_read={"results": [a_company("1"), a_company("2", lifecyclestage="lead")]},
    )
    _, page = asked(settings, cursor, answers, Recall())
    assert [(one.contact_id, one.ref.name) for one in page.records if isinstance(one, HeardContact)] == [("77", "1")]


def test_a_deal_that_changed_brings_its_company_anew() -> None:
    settings = HubspotSettings(deal_arr="amount")
    cursor = json.dumps(json.loads(after_first_pull(settings)) | {"stage": "deals"})
    deal = {"id": "d1", "properties": dict(won(amount="30").properties)}
    answers = told(
        objects_deals_search={"results": [deal]},
        associations_deals_companies_batch_read={"results": [links("d1", 1)]},
        objects_companies_batch_read={"results": [a_company("1")]},
        associations_companies_deals_batch_read={"results": [links("1", "d1", "gone")]},
        objects_deals_batch_read={"results": [deal]},
    )
    _, page = asked(settings, cursor, answers, Recall(notes={"owners": {}}))
    account, worth = page.records
    assert isinstance(worth, HeardRecord)
    assert (worth.kind, worth.facts["arr"]) == ("subscription", Decimal(30))
    assert isinstance(account, HeardAccount)
    assert account.facts["arr"] == Decimal(30)


def test_owners_and_associations_are_read_to_their_last_page() -> None:
    settings = HubspotSettings()

    def answers(request: Request) -> Any:
        if request.path == "/crm/v3/owners/":
            first = "after" not in request.params
            more = {"paging": {"next": {"after": "2"}}} if first else {}
            return {"results": [{"id": "1" if first else "2", "email": "x@example.com"}], **more}
        if request.path.endswith("contacts/batch/read") and request.body and "associations" in request.path:
            again = "after" in request.body["inputs"][0]
            return {"results": [links("1", 78) if again else links("1", 77, after="77")]}
        return told(objects_companies={"results": [a_company("1")]},
                    objects_contacts_batch_read={"results": [a_company("77"), a_company("78")]})(request)  # fmt: skip

    recall = Recall()
    _, page = asked(settings, hubspot.begin(settings, None, NOW), answers, recall)
    assert set(recall.notes["owners"]) == {"1", "2"}
    assert [one.contact_id for one in page.records if isinstance(one, HeardContact)] == ["77", "78"]


def test_a_pull_that_stopped_halfway_goes_on_there_and_the_next_reaches_back_to_its_beginning() -> None:
    settings, later = HubspotSettings(), NOW.replace(day=6)
    halfway = json.dumps({"stage": "contacts", "began": NOW.isoformat(), "since": "1", "read": [], "history": "0"})
    assert json.loads(hubspot.begin(settings, halfway, later)) == json.loads(halfway)
    read = ["emails", "meetings", "calls", "notes", "tickets"]
    assert json.loads(hubspot.rest(settings, halfway)) == {"since": NOW.isoformat(), "read": read}
    assert hubspot.no_day(halfway) is None  # type: ignore[func-returns-value]


def test_the_private_app_says_who_asks_and_where() -> None:
    assert hubspot.authorise({"token": "t"}) == {"authorization": "Bearer t"}
    assert HUBSPOT.address
    assert HUBSPOT.address(HubspotSettings()) == "https://api.hubapi.com"
