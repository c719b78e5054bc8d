"""HubSpot as a CRM that is told: emails, notes and tasks at company and contact, and the company's own fields.

HubSpot creates what it is told to create, every time: nothing in a request says that it is the same as an earlier one.
So whoever repeats a try looks first: a search for the record's moment, in which our reference line tells which one is
ours. Its index lags behind, by seconds as a rule (hubspot-api-php #59): a record that it shows only after the lease of
the earlier try is over would be created twice.
"""

import html
import json
from collections.abc import Callable
from datetime import UTC, datetime, time
from http import HTTPStatus
from typing import Any, NamedTuple, NoReturn
from urllib.parse import quote

import httpx

from health_monitor.adapters.crm_http import CrmHttp
from health_monitor.adapters.http import check
from health_monitor.model.crm import CrmEntry, CrmFacts, WriteBack
from health_monitor.model.errors import NeedsHuman
from health_monitor.ports.clock import Clock

WHO = "HubSpot"
OBJECTS, OWNERS = "/crm/v3/objects", "/crm/v3/owners/"
LIMIT = 100
"""Records a page of a search; HubSpot allows 200."""


class Kind(NamedTuple):
    """What HubSpot calls a kind of record, where its text stands, and the ids of its ties to a company and a person.

    The ids are HubSpot's own, the same in every portal: developers.hubspot.com, Associations, "Association type IDs".
    """

    objects: str
    body: str
    to_company: int
    to_contact: int


KINDS = {
    "email": Kind("emails", "hs_email_text", 186, 198),
    "note": Kind("notes", "hs_note_body", 190, 202),
    "task": Kind("tasks", "hs_task_body", 192, 204),
}


class HubspotRecords:
    """One portal. `token` is asked for when first needed."""

    def __init__(
        self, address: str, token: Callable[[], str], fields: WriteBack, client: httpx.Client, clock: Clock
    ) -> None:
        self._http = CrmHttp(WHO, address, client, clock, self._refused)
        self._token_of, self._fields = token, fields
        self._token = ""
        self._owners: dict[str, str | None] = {}

    def company_of(self, _account_id: str) -> str | None:
        """The source of the same name tells which company an account is."""
        return None

    def contact_of(self, _company_id: str, email: str) -> str | None:
        found = self._http.find(f"{OBJECTS}/contacts/{_quoted(email)}", self._key, params={"idProperty": "email"})
        return str(found["id"]) if found else None

    def log(self, entry: CrmEntry, company_id: str, contact_id: str | None, *, again: bool = False) -> str:
        kind = KINDS[entry.kind]
        if again and (found := self._find(kind, entry)):
            return found
        to = [(company_id, kind.to_company)] + ([(contact_id, kind.to_contact)] if contact_id else [])
        ties = [
            {
                "to": {"id": there},
                "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": number}],
            }
            for there, number in to
        ]
        body = {"properties": self._properties(entry), "associations": ties}
        return str(self._http.ask("POST", f"{OBJECTS}/{kind.objects}", self._key, body=body)["id"])

    def write_back(self, facts: CrmFacts, company_id: str) -> None:
        named = self._fields.model_dump(exclude_none=True)
        said = {field: _text(getattr(facts, name)) for name, field in named.items() if getattr(facts, name) is not None}
        if said:
            self._http.ask("PATCH", f"{OBJECTS}/companies/{_quoted(company_id)}", self._key, body={"properties": said})

    @property
    def _key(self) -> str:
        self._token = self._token or self._token_of()
        return self._token

    def _refused(self, response: httpx.Response) -> NoReturn:
        """What a refusal means: a missing permission is named, everything else goes by its status."""
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            self._token = ""  # read anew the next time: it may have been renewed by then
        if response.status_code == HTTPStatus.FORBIDDEN and (scopes := _scopes(response)):
            raise NeedsHuman(f"{WHO}: the private app lacks the scope {' or '.join(scopes)}; add it, then try again")
        if response.status_code == HTTPStatus.NOT_FOUND:
            raise NeedsHuman(f"{WHO}: no such record; link the account to the company's present id")
        check(response.status_code, WHO)
        raise AssertionError("a success is not refused")

    def _properties(self, entry: CrmEntry) -> dict[str, str]:
        owner = self._owner(entry.owner_email)
        return {"hs_timestamp": _moment(_when(entry))} | ({"hubspot_owner_id": owner} if owner else {}) | _says(entry)

    def _owner(self, email: str | None) -> str | None:
        """The HubSpot user with the CSM's address; a record without one is nobody's."""
        if email and email not in self._owners:
            found = self._http.ask("GET", OWNERS, self._key, params={"email": email, "limit": "1"})["results"]
            self._owners[email] = str(found[0]["id"]) if found else None
        return self._owners.get(email or "")

    def _find(self, kind: Kind, entry: CrmEntry) -> str | None:
        """The record that an earlier try has left, if any."""
        moment = str(round(_when(entry).timestamp() * 1000))
        filters = [{"propertyName": "hs_timestamp", "operator": "EQ", "value": moment}]
        after: str | None = "0"
        while after is not None:
            body = {
                "filterGroups": [{"filters": filters}], "sorts": [], "properties": [kind.body], "limit": LIMIT,
                "after": after,
            }  # fmt: skip
            page = self._http.ask("POST", f"{OBJECTS}/{kind.objects}/search", self._key, body=body)
            for one in page["results"]:
                if entry.reference in (one["properties"].get(kind.body) or ""):
                    return str(one["id"])
            after = page.get("paging", {}).get("next", {}).get("after")
        return None


def _says(entry: CrmEntry) -> dict[str, str]:
    if entry.kind == "email":
        people: dict[str, Any] = {"from": {"email": entry.owner_email}} if entry.owner_email else {}
        if entry.contact_email:  # who was forgotten since has none
            people["to"] = [{"email": entry.contact_email}]
        return {
            "hs_email_direction": "EMAIL", "hs_email_status": "SENT", "hs_email_subject": entry.subject,
            "hs_email_text": entry.body, "hs_email_headers": json.dumps(people),
        }  # fmt: skip
    if entry.kind == "note":
        return {"hs_note_body": _html(f"{entry.subject}\n{entry.body}")}
    return {
        "hs_task_subject": entry.subject, "hs_task_body": _html(entry.body), "hs_task_status": "NOT_STARTED",
        "hs_task_type": "TODO",
    }  # fmt: skip


def _when(entry: CrmEntry) -> datetime:
    """A task stands in HubSpot at the moment it is due; milliseconds, as HubSpot counts."""
    if entry.due_on:
        return datetime.combine(entry.due_on, time(9), UTC)
    at = entry.at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _html(text: str) -> str:
    """Notes and tasks are HTML there: what people and companies are called must not become part of the page."""
    return html.escape(text).replace("\n", "<br>")


def _text(value: float | str | datetime) -> str:
    """HubSpot's values are texts."""
    return _moment(value) if isinstance(value, datetime) else str(value)


def _quoted(part: str) -> str:
    return quote(part, safe="")


def _scopes(response: httpx.Response) -> list[str]:
    """What HubSpot says is missing: errors[].context.requiredGranularScopes, or requiredScopes in older answers."""
    try:
        contexts = [error.get("context", {}) for error in response.json().get("errors", [])]
    except (ValueError, AttributeError):
        return []
    named = (one.get("requiredGranularScopes") or one.get("requiredScopes") or [] for one in contexts)
    return list(dict.fromkeys(str(scope) for scopes in named for scope in scopes))
