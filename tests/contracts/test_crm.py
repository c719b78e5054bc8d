"""Whatever CRM: a thing is logged once, what fails is one of our errors, and only what is said to change is changed."""

from datetime import date, timedelta
from typing import Any

import pytest

from health_monitor.adapters.hubspot_crm import HubspotRecords
from health_monitor.model.crm import CrmFacts, WriteBack, is_ours
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.model.heard import HeardAccount
from health_monitor.sources.hubspot_words import HubspotSettings, company_properties, heard_company
from local.vendors import Trouble, Vendor
from tests.builders import A_MOMENT
from tests.contracts import crms
from tests.contracts.crms import CASES, CHARLIE, Case, an_entry

VENDORS = [name for name in CASES if name != "memory"]


@pytest.fixture(name="case", params=list(CASES))
def _case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]()


@pytest.fixture(name="real", params=VENDORS)
def _real(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]()


@pytest.mark.parametrize("kind", ["email", "note", "task"])
def test_a_record_says_it_all_and_whose_it_is(case: Case, kind: str) -> None:
    entry = an_entry(kind=kind, due_on=date(2026, 11, 5) if kind == "task" else None)
    assert case.crm.log(entry, case.company, case.contact)
    (text,) = case.holds()
    assert "Until Monday." in text
    assert "health-monitor why acme" in text
    assert entry.reference in text
    assert is_ours(text)


@pytest.mark.parametrize("kind", ["email", "note", "task"])
def test_what_may_have_been_logged_is_found_and_not_logged_twice(case: Case, kind: str) -> None:
    entry = an_entry(kind=kind, due_on=date(2026, 11, 5) if kind == "task" else None)
    case.loses_the_answer()
    with pytest.raises(TryAgain):
        case.crm.log(entry, case.company, None)
    first = case.crm.log(entry, case.company, None, again=True)
    assert case.crm.log(entry, case.company, None, again=True) == first
    assert len(case.holds()) == 1


def test_what_certainly_was_not_logged_is_logged_by_the_next_try(case: Case) -> None:
    case.breaks(Trouble(status=503))
    with pytest.raises(TryAgain):
        case.crm.log(an_entry(), case.company, None)
    case.crm.log(an_entry(), case.company, None, again=True)
    assert len(case.holds()) == 1


def test_two_things_of_one_moment_are_two_records(case: Case) -> None:
    for what in ("snoozed", "dismissed"):
        case.crm.log(an_entry(what), case.company, None, again=True)
    assert len(case.holds()) == 2


def test_a_contact_is_found_by_address(case: Case) -> None:
    assert case.crm.contact_of(case.company, CHARLIE) == case.contact
    assert case.crm.contact_of(case.company, "o'brien+x@acme.example") is None


def test_fields_are_set_and_what_is_not_said_stays(case: Case) -> None:
    case.crm.write_back(CrmFacts(account_id="acme", index=4.2, alert_status="open_moderate"), case.company)
    case.crm.write_back(CrmFacts(account_id="acme", last_outreach_at=A_MOMENT), case.company)
    said = " ".join(map(str, case.fields().values()))
    assert "4.2" in said
    assert "open_moderate" in said
    assert "2026-11-02" in said


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_what_passes_is_tried_again(real: Case, status: int) -> None:
    with pytest.raises(TryAgain):
        first_answer(real, Trouble(status=status))


@pytest.mark.parametrize("status", [400, 402, 403, 404, 410])
def test_what_does_not_pass_needs_a_person(real: Case, status: int) -> None:
    with pytest.raises(NeedsHuman):
        first_answer(real, Trouble(status=status))


def test_silence_is_tried_again(real: Case) -> None:
    with pytest.raises(TryAgain, match="no answer"):
        first_answer(real, Trouble(silent_seconds=60))


def test_an_account_that_the_crm_does_not_have_needs_a_person(real: Case) -> None:
    with pytest.raises(NeedsHuman):
        real.crm.log(an_entry(), "999", None)
    with pytest.raises(NeedsHuman):
        real.crm.write_back(CrmFacts(account_id="acme", index=1.0), "999")


def test_a_short_wait_that_the_vendor_asks_for_is_kept(real: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(real.crm._http, "_sleep", waited.append)  # type: ignore[attr-defined]
    first_answer(real, Trouble(status=429, retry_after="3"))
    assert waited == [3.0]
    assert len(real.holds()) == 1


def test_a_long_wait_is_the_queues(real: Case) -> None:
    with pytest.raises(TryAgain, match="429"):
        first_answer(real, Trouble(status=429, retry_after="600"))


def test_a_refused_key_needs_a_person_and_a_renewed_one_works_at_once() -> None:
    case, tokens = crms.hubspot(), iter(["pat-old", "pat-local"])
    crm = case.crm
    assert isinstance(crm, HubspotRecords)
    crm._token_of = lambda: next(tokens)
    with pytest.raises(NeedsHuman, match="401; renew the key or token"):
        crm.log(an_entry(), "1", None)
    assert crm.log(an_entry(), "1", None)


def test_hubspots_missing_scope_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    case = crms.hubspot()
    body = (
        b'{"status":"error","category":"MISSING_SCOPES","errors":[{"message":"One or more of the following scopes are '
        b'required.","context":{"requiredGranularScopes":["crm.objects.contacts.write"]}}]}'
    )
    refuse(vendor_of(case), 403, body, monkeypatch)
    with pytest.raises(NeedsHuman, match=r"lacks the scope crm\.objects\.contacts\.write"):
        case.crm.log(an_entry(), "1", None)


def test_hubspot_ties_a_record_to_company_contact_and_owner() -> None:
    case = crms.hubspot()
    case.crm.log(an_entry(kind="email", subject="Hello"), "1", "2")
    sent = asked_by(case, "POST", "/crm/v3/objects/emails")
    assert [(one["to"]["id"], one["types"][0]["associationTypeId"]) for one in sent["associations"]] == [
        ("1", 186), ("2", 198),
    ]  # fmt: skip
    assert sent["properties"]["hubspot_owner_id"] == "7"
    assert sent["properties"]["hs_timestamp"] == "2026-11-02T06:00:00.000Z"
    assert sent["properties"]["hs_email_headers"] == (
        '{"from": {"email": "carla@example.com"}, "to": [{"email": "charlie@acme.example"}]}'
    )


def test_a_mail_of_somebody_who_was_forgotten_names_no_recipient_in_hubspot() -> None:
    case = crms.hubspot()
    case.crm.log(an_entry(kind="email", contact_email=None, owner_email=None), "1", None)
    assert asked_by(case, "POST", "/crm/v3/objects/emails")["properties"]["hs_email_headers"] == "{}"


def test_names_are_no_part_of_the_page_in_hubspot() -> None:
    case = crms.hubspot()
    case.crm.log(an_entry(text="<script>alert(1)</script> of <Acme & Sons>"), "1", None)
    (text,) = case.holds()
    assert "<script>" not in text
    assert "&lt;Acme &amp; Sons&gt;<br>" in text


def test_a_search_in_hubspot_reads_every_page_of_the_same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("health_monitor.adapters.hubspot_crm.LIMIT", 1)
    case = crms.hubspot()
    for what in ("snoozed", "dismissed", "answered"):
        case.crm.log(an_entry(what), "1", None)
    case.crm.log(an_entry("answered"), "1", None, again=True)
    assert len(case.holds()) == 3


def test_only_fields_with_a_name_are_sent() -> None:
    case = crms.hubspot(WriteBack(index="usage_index"))
    case.crm.write_back(CrmFacts(account_id="acme", alert_status="recovered"), "1")
    assert vendor_of(case).asked == []


def test_what_we_write_into_hubspot_is_not_read_back_as_a_change_of_the_account() -> None:
    case, settings = crms.hubspot(), HubspotSettings(tier="customer_tier")
    assert not {*company_properties(settings)} & {*crms.FIELDS.model_dump().values()}

    def heard() -> list[HeardAccount]:
        company = {"id": "1", "updatedAt": "2026-11-02T06:00:00Z", "properties": case.fields()}
        return [one for one in heard_company(settings, company, {}, ()) if isinstance(one, HeardAccount)]

    before = heard()
    case.crm.write_back(CrmFacts(account_id="acme", index=4.2, alert_status="recovered"), case.company)
    assert heard() == before


def test_salesforce_knows_our_id_where_a_field_holds_it() -> None:
    case = crms.salesforce()
    assert case.crm.company_of("acme") == "001A"
    assert case.crm.company_of("' OR Name != '") is None
    assert crms.hubspot().crm.company_of("acme") is None


def test_a_token_of_salesforce_that_has_run_out_is_renewed_once() -> None:
    case = crms.salesforce()
    case.crm.log(an_entry(), case.company, None)
    case.breaks(Trouble(status=401))
    case.crm.log(an_entry("dismissed"), case.company, None)
    assert len(case.holds()) == 2
    assert [one.path for one in vendor_of(case).asked].count("/services/oauth2/token") == 2


def test_a_token_that_salesforce_refuses_again_needs_a_person() -> None:
    case = crms.salesforce()
    case.crm.company_of("acme")
    case.breaks(Trouble(status=401))
    case.breaks(Trouble())
    case.breaks(Trouble(status=401))
    with pytest.raises(NeedsHuman, match="401"):
        case.crm.log(an_entry(), case.company, None)


def test_a_wrong_client_secret_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    case = crms.salesforce()
    monkeypatch.setattr(case.crm, "_secret", lambda: {"client_id": "app.local", "client_secret": "old"})
    with pytest.raises(NeedsHuman, match="client id or secret is refused"):
        case.crm.company_of("acme")
    monkeypatch.setattr(case.crm, "_secret", lambda: {"client_id": "app.local"})
    with pytest.raises(NeedsHuman, match="its secret has no client_secret"):
        case.crm.company_of("acme")


def test_salesforces_used_up_allowance_is_left_alone_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    case = crms.salesforce()
    refuse(vendor_of(case), 403, b'[{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "exceeded"}]', monkeypatch)
    with pytest.raises(TryAgain, match="REQUEST_LIMIT_EXCEEDED"):
        case.crm.company_of("acme")
    monkeypatch.undo()
    asked = len(vendor_of(case).asked)
    with pytest.raises(TryAgain, match="not asked again before 07:00 UTC"):
        case.crm.company_of("acme")
    assert len(vendor_of(case).asked) == asked
    case.clock.push(seconds=timedelta(hours=1).total_seconds())
    assert case.crm.company_of("acme") == "001A"


def test_a_field_that_salesforce_does_not_have_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    case = crms.salesforce()
    body = b'[{"errorCode": "INVALID_FIELD", "message": "about Charlie", "fields": ["Health_Monitor_Id__c"]}]'
    refuse(vendor_of(case), 400, body, monkeypatch)
    with pytest.raises(NeedsHuman, match=r"INVALID_FIELD \(Health_Monitor_Id__c\)") as told:
        case.crm.log(an_entry(), case.company, None)
    assert "Charlie" not in str(told.value)


def test_salesforce_gets_the_fields_of_a_task() -> None:
    case = crms.salesforce()
    case.crm.log(an_entry(kind="email", subject="x" * 300, text="y" * 40_000), case.company, case.contact)
    sent = asked_by(case, "PATCH", "/sobjects/Task/Health_Monitor_Id__c/")
    assert (sent["WhatId"], sent["WhoId"], sent["OwnerId"]) == ("001A", "003A", "005A")
    assert (sent["Status"], sent["TaskSubtype"], sent["ActivityDate"]) == ("Completed", "Email", "2026-11-02")
    assert (len(sent["Subject"]), len(sent["Description"])) == (255, 32_000)
    assert an_entry().reference in sent["Description"]


def test_a_task_is_open_until_the_day_it_is_due() -> None:
    case = crms.salesforce(None)
    case.crm.log(an_entry(kind="task", due_on=date(2026, 11, 5)), case.company, None)
    sent = asked_by(case, "POST", "/sobjects/Task")
    assert (sent["Status"], sent["ActivityDate"]) == ("Not Started", "2026-11-05")


def first_answer(case: Case, trouble: Trouble) -> None:
    """Log something; the first answer about it is trouble."""
    if isinstance(case.crm, HubspotRecords):
        case.crm._owner("carla@example.com")
    else:
        case.crm.contact_of(case.company, CHARLIE)
    case.breaks(trouble)
    case.crm.log(an_entry(), case.company, None)


def refuse(vendor: Vendor, status: int, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is asked, but for a token."""
    reply = vendor.reply

    def refusing(asked: Any) -> Any:
        answer = reply(asked)
        return answer if "token" in asked.path else type(answer)(status, body)

    monkeypatch.setattr(vendor, "reply", refusing)


def vendor_of(case: Case) -> Vendor:
    assert case.vendor
    return case.vendor


def asked_by(case: Case, method: str, path: str) -> Any:
    """What was sent to an address."""
    (found,) = [one.body for one in vendor_of(case).asked if one.method == method and path in one.path]
    return found
