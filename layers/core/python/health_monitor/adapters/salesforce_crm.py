"""Salesforce as a CRM that is told: tasks at account and contact, and the account's own fields.

With an external id on Task a record is written by that id, so that writing it again changes nothing. Without one the
account's tasks of the day are read before a repetition; a query sees what was committed, so all that is left is a try
that is still under way when its lease is over.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import quote

import httpx

from health_monitor.adapters.crm_http import CrmHttp
from health_monitor.adapters.http import carry_out, check
from health_monitor.model.crm import CrmEntry, CrmFacts, SalesforceCrm, digest
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.ports.clock import Clock

WHO = "Salesforce"
REST = timedelta(hours=1)
"""The allowance is counted over 24 hours that move along; asking sooner only uses up more of it."""
PASSES = frozenset({"REQUEST_LIMIT_EXCEEDED", "UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE"})
"""Error codes of a moment, whatever the status: Salesforce says 403 for too many requests."""
LONGEST_SUBJECT, LONGEST_TEXT = 255, 32_000
"""Of a Task, in characters: Salesforce's field reference."""
LISTED = 200


class SalesforceRecords:
    """One org. `secret` gives client_id and client_secret when they are first needed."""

    def __init__(
        self, settings: SalesforceCrm, secret: Callable[[], Mapping[str, str]], client: httpx.Client, clock: Clock
    ) -> None:
        self._settings, self._secret, self._client, self._clock = settings, secret, client, clock
        self._http = CrmHttp(WHO, settings.address, client, clock, self._refused)
        self._data = f"/services/data/{settings.api_version}"
        self._token = ""
        self._not_before: datetime | None = None
        self._owners: dict[str, str | None] = {}

    def company_of(self, account_id: str) -> str | None:
        key = self._settings.account_key
        return self._first("Account", {key: _text(account_id)}) if key else None

    def contact_of(self, company_id: str, email: str) -> str | None:
        return self._first("Contact", {"AccountId": _text(company_id), "Email": _text(email)})

    def log(self, entry: CrmEntry, company_id: str, contact_id: str | None, *, again: bool = False) -> str:
        if again and (found := self._find(entry, company_id)):
            return found
        tasks, said = f"{self._data}/sobjects/Task", self._fields(entry, company_id, contact_id)
        key = self._settings.external_id_field
        if key is None:
            return str(self._ask("POST", tasks, said)["id"])
        made = self._ask("PATCH", f"{tasks}/{key}/{digest(entry.key)}", said)
        return str(made["id"]) if made else digest(entry.key)

    def write_back(self, facts: CrmFacts, company_id: str) -> None:
        named = self._settings.write_back.model_dump(exclude_none=True)
        values = {field: getattr(facts, name) for name, field in named.items() if getattr(facts, name) is not None}
        said = {field: _moment(value) if isinstance(value, datetime) else value for field, value in values.items()}
        if said:
            self._ask("PATCH", f"{self._data}/sobjects/Account/{quote(company_id, safe='')}", said)

    def _fields(self, entry: CrmEntry, company_id: str, contact_id: str | None) -> dict[str, Any]:
        owner = self._owner(entry.owner_email)
        room = LONGEST_TEXT - len(entry.body) + len(entry.text)
        text = entry.model_copy(update={"text": entry.text[:room]}).body
        return {
            "Subject": entry.subject[:LONGEST_SUBJECT],
            "Description": text,
            "WhatId": company_id,
            "Status": "Not Started" if entry.kind == "task" else "Completed",
            "TaskSubtype": "Email" if entry.kind == "email" else "Task",
            "ActivityDate": (entry.due_on or entry.at.astimezone(UTC).date()).isoformat(),
            **({"WhoId": contact_id} if contact_id else {}),
            **({"OwnerId": owner} if owner else {}),
        }

    def _owner(self, email: str | None) -> str | None:
        """The user with the CSM's address; a record without one belongs to the app's own user."""
        if email and email not in self._owners:
            self._owners[email] = self._first("User", {"Email": _text(email), "IsActive": "true"})
        return self._owners.get(email or "")

    def _find(self, entry: CrmEntry, company_id: str) -> str | None:
        """The record that an earlier try has left, if any; a long text cannot be asked for, so it is read."""
        if key := self._settings.external_id_field:
            return self._first("Task", {key: _text(digest(entry.key))})
        day = entry.due_on or entry.at.astimezone(UTC).date()
        where = {"WhatId": _text(company_id), "ActivityDate": day.isoformat()}
        found = self._query("Id, Description", "Task", where, f"ORDER BY CreatedDate DESC LIMIT {LISTED}")
        return next((str(one["Id"]) for one in found if entry.reference in (one.get("Description") or "")), None)

    def _first(self, of: str, where: Mapping[str, str]) -> str | None:
        found = self._query("Id", of, where, "LIMIT 1")
        return str(found[0]["Id"]) if found else None

    def _query(self, wanted: str, of: str, where: Mapping[str, str], rest: str) -> list[Any]:
        conditions = " AND ".join(f"{field} = {value}" for field, value in where.items())
        asked = " ".join(("SELECT", wanted, "FROM", of, "WHERE", conditions, rest))
        return list(self._ask("GET", f"{self._data}/query", params={"q": asked})["records"])

    def _ask(self, method: str, path: str, body: Any = None, *, params: dict[str, str] | None = None) -> Any:
        """The answer's content. A token that has run out is renewed, once."""
        if self._not_before and self._clock.now() < self._not_before:
            raise TryAgain(
                f"{WHO}: the day's requests are used up; not asked again before {self._not_before:%H:%M} UTC"
            )
        self._token = self._token or self._renewed()
        response = self._http.answer(method, path, self._token, params=params, body=body)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            self._token = self._renewed()
            response = self._http.answer(method, path, self._token, params=params, body=body)
        if not response.is_success:
            self._refused(response)
        return self._http.content(response)

    def _renewed(self) -> str:
        secret = self._secret()
        if missing := [name for name in ("client_id", "client_secret") if not secret.get(name)]:
            raise NeedsHuman(f"{WHO}: its secret has no {', '.join(missing)}; it must be JSON with both")
        form = {"grant_type": "client_credentials"} | {name: secret[name] for name in ("client_id", "client_secret")}
        request = self._client.build_request("POST", f"{self._settings.address}/services/oauth2/token", data=form)
        response = carry_out(self._client, request, WHO)
        if response.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED):
            raise NeedsHuman(f"{WHO}: the app's client id or secret is refused; renew them, see docs/crm.md")
        check(response.status_code, WHO)
        return str(self._http.content(response)["access_token"])

    def _refused(self, response: httpx.Response) -> NoReturn:
        """What a refusal means: by its error code, which says more than its status."""
        code, fields = _error(response)
        if code == "REQUEST_LIMIT_EXCEEDED":
            self._not_before = self._clock.now() + REST
        if code in PASSES:
            raise TryAgain(f"{WHO}: {code}")
        if code and 400 <= response.status_code < 500 and response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            about = f" ({', '.join(fields)})" if fields else ""
            raise NeedsHuman(f"{WHO}: {code}{about}; see docs/crm.md for the permissions and fields it needs")
        check(response.status_code, WHO)
        raise AssertionError("a success is not refused")


def _error(response: httpx.Response) -> tuple[str, list[str]]:
    """The first error's code, and the fields that it is about; its words could quote people."""
    try:
        said = response.json()
        return str(said[0]["errorCode"]), [str(field) for field in said[0].get("fields", [])]
    except (ValueError, LookupError, TypeError, AttributeError):
        return "", []


def _text(said: str) -> str:
    """A text in a question, quoted so that it can say nothing more."""
    escaped = said.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
