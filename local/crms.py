"""Stand-ins for HubSpot and Salesforce as CRMs that are written to, and that a person can read: GET / shows it all."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from health_monitor import wiring
from local import vendors
from local.vendors import HUBSPOT_SECRET, Answer, Asked, Portal, Vendor, as_json

SALESFORCE_SECRET = {"client_id": "app.local", "client_secret": "local-secret"}
ENGAGEMENTS = ("emails", "notes", "tasks")
TIES = {
    186: ("emails", "companies"), 198: ("emails", "contacts"), 190: ("notes", "companies"), 202: ("notes", "contacts"),
    192: ("tasks", "companies"), 204: ("tasks", "contacts"),
}  # fmt: skip
CONDITION = re.compile(r"(\w+) = (?:'((?:[^'\\]|\\.)*)'|([\w-]+))")
QUESTION = re.compile(
    r"SELECT (?P<wanted>.+?) FROM (?P<of>\w+) WHERE (?P<where>.+?)(?: ORDER BY .+?)? LIMIT (?P<n>\d+)$"
)


def hubspot(portal: Portal) -> Vendor:
    """HubSpot's objects as `vendors.hubspot` shows them, and written to. What is in `portal.hidden` no search finds."""
    reading = vendors.hubspot(portal)

    def reply(asked: Asked) -> Answer:
        if asked.path == "/":
            return as_json(200, {kind: list(portal.objects.get(kind, {}).values()) for kind in ENGAGEMENTS})
        if asked.headers.get("authorization") != f"Bearer {HUBSPOT_SECRET['token']}":
            return reading.reply(asked)
        if asked.path == "/crm/v3/owners/" and "email" in asked.params:
            found = [one for one in portal.owners if one["email"] == asked.params["email"][0]]
            return as_json(200, {"results": found})
        what = asked.path.removeprefix("/crm/v3/objects/").split("/")
        return (_told(portal, asked, what) if asked.path.startswith("/crm/v3/objects/") else None) or reading.reply(
            asked
        )

    return Vendor(reply, per_second=19)


def _told(portal: Portal, asked: Asked, what: list[str]) -> Answer | None:
    match (asked.method, what):
        case ("POST", [kind]) if kind in ENGAGEMENTS:
            return _create(portal, kind, asked.body)
        case ("POST", [kind, "search"]) if kind in ENGAGEMENTS:
            return _search(portal, kind, asked.body)
        case ("PATCH", [kind, number]):
            return _change(portal, kind, number, asked.body)
        case ("GET", [kind, number]):
            by = asked.params.get("idProperty", ["hs_object_id"])[0]
            known = portal.objects.get(kind, {}).values()
            found = next((one for one in known if one["properties"].get(by) == unquote(number)), None)
            return as_json(200, found) if found else _missing()
    return None


def _create(portal: Portal, kind: str, body: Any) -> Answer:
    for tie in body["associations"]:
        (said,) = tie["types"]
        here, there = TIES.get(said["associationTypeId"], ("", ""))
        if here != kind or tie["to"]["id"] not in portal.objects.get(there, {}):
            return as_json(400, {"status": "error", "category": "VALIDATION_ERROR", "message": "invalid association"})
    number = str(9_000 + sum(len(portal.objects.get(one, {})) for one in ENGAGEMENTS))
    portal.put(kind, number, wiring.clock().now().isoformat(), **body["properties"])
    for tie in body["associations"]:
        portal.link(kind, number, TIES[tie["types"][0]["associationTypeId"]][1], tie["to"]["id"])
    return as_json(201, portal.objects[kind][number])


def _search(portal: Portal, kind: str, body: Any) -> Answer:
    (wanted,) = body["filterGroups"][0]["filters"]
    seen = [one for number, one in portal.objects.get(kind, {}).items() if number not in portal.hidden]
    found = [one for one in seen if _milliseconds(one["properties"][wanted["propertyName"]]) == int(wanted["value"])]
    start = int(body["after"])
    page = found[start : start + body["limit"]]
    more = {"paging": {"next": {"after": str(start + len(page))}}} if start + len(page) < len(found) else {}
    return as_json(200, {"total": len(found), "results": page, **more})


def _change(portal: Portal, kind: str, number: str, body: Any) -> Answer:
    known = portal.objects.get(kind, {}).get(number)
    if known is None:
        return _missing()
    noted = ("hs_object_id", "hs_lastmodifieddate", "lastmodifieddate")
    properties = {name: value for name, value in known["properties"].items() if name not in noted}
    portal.put(kind, number, wiring.clock().now().isoformat(), **properties | body["properties"])
    return as_json(200, portal.objects[kind][number])


def _milliseconds(said: str) -> int:
    return round(datetime.fromisoformat(said).timestamp() * 1000)


def _missing() -> Answer:
    return as_json(404, {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "resource not found"})


@dataclass
class Org:
    """What a Salesforce org holds: records by object and id; and the tokens that are good for the moment."""

    objects: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    issued: int = 0

    def put(self, of: str, record_id: str, **fields: Any) -> None:
        """Write a record whole."""
        self.objects.setdefault(of, {})[record_id] = {"Id": record_id, **fields}


def salesforce(org: Org) -> Vendor:
    """An org's tokens, questions, tasks and accounts."""
    records = r"/services/data/v\d+\.0/sobjects"
    doors: list[tuple[str, str, Callable[..., Answer]]] = [
        ("GET", r"/services/data/v\d+\.0/query", lambda asked: _query(org, asked.params["q"][0])),
        ("POST", rf"{records}/(\w+)", lambda asked, of: _insert(org, of, asked.body)),
        ("PATCH", rf"{records}/(\w+)/(\w+)", lambda asked, of, key: _update(org, of, key, asked.body)),
        ("PATCH", rf"{records}/(\w+)/(\w+)/(\w+)", lambda asked, of, by, key: _upsert(org, of, by, key, asked.body)),
    ]

    def reply(asked: Asked) -> Answer:
        if asked.path == "/":
            return as_json(200, {of: list(records.values()) for of, records in org.objects.items()})
        if asked.path == "/services/oauth2/token":
            return _token(org, asked.body)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in org.tokens:
            return _error(401, "INVALID_SESSION_ID")
        for method, pattern, door in doors:
            if asked.method == method and (found := re.fullmatch(pattern, asked.path)):
                return door(asked, *found.groups())
        return _error(404, "NOT_FOUND")

    return Vendor(reply)


def _token(org: Org, form: dict[str, list[str]]) -> Answer:
    wanted = {"grant_type": ["client_credentials"]} | {name: [value] for name, value in SALESFORCE_SECRET.items()}
    if form != wanted:
        return as_json(400, {"error": "invalid_client", "error_description": "invalid client credentials"})
    org.issued += 1
    org.tokens.add(f"token-{org.issued}")
    return as_json(200, {"access_token": f"token-{org.issued}", "token_type": "Bearer"})


def _query(org: Org, question: str) -> Answer:
    asked = QUESTION.fullmatch(question)
    if asked is None or re.sub(r" AND ", "", CONDITION.sub("", asked["where"])):
        return _error(400, "MALFORMED_QUERY")
    where = {
        name: re.sub(r"\\(.)", r"\1", text) if text else bare for name, text, bare in CONDITION.findall(asked["where"])
    }
    known = org.objects.get(asked["of"], {}).values()
    found = [one for one in known if all(str(one.get(name, "true")) == value for name, value in where.items())]
    wanted = asked["wanted"].split(", ")
    records = [{name: one.get(name) for name in wanted} for one in found[: int(asked["n"])]]
    url = f"/services/data/v65.0/sobjects/{asked['of']}/"
    shown = [{"attributes": {"type": asked["of"], "url": url + str(one.get("Id"))}, **one} for one in records]
    return as_json(200, {"totalSize": len(shown), "done": True, "records": shown})


def _insert(org: Org, of: str, fields: dict[str, Any]) -> Answer:
    if fields.get("WhatId") not in org.objects.get("Account", {}):
        return _error(400, "INVALID_CROSS_REFERENCE_KEY", "WhatId")
    record_id = f"00T{len(org.objects.get(of, {})):015d}"
    org.put(of, record_id, **fields)
    return as_json(201, {"id": record_id, "success": True, "errors": []})


def _upsert(org: Org, of: str, by: str, key: str, fields: dict[str, Any]) -> Answer:
    known = next((one for one in org.objects.get(of, {}).values() if one.get(by) == key), None)
    if known is None:
        return _insert(org, of, fields | {by: key})
    known.update(fields)
    return as_json(200, {"id": known["Id"], "success": True, "errors": [], "created": False})


def _update(org: Org, of: str, record_id: str, fields: dict[str, Any]) -> Answer:
    if record_id not in org.objects.get(of, {}):
        return _error(404, "NOT_FOUND")
    org.objects[of][record_id].update(fields)
    return Answer(204, b"")


def _error(status: int, code: str, *fields: str) -> Answer:
    said = [{"errorCode": code, "message": "in words that may quote a person", "fields": list(fields)}]
    return Answer(status, json.dumps(said).encode(), {"content-type": "application/json"})
