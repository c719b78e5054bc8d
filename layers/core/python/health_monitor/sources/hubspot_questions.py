"""How HubSpot is asked for objects by id, and for what belongs to what."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from health_monitor.sources.spec import Request

OBJECTS, OWNERS, ASSOCIATIONS = "/crm/v3/objects", "/crm/v3/owners/", "/crm/v4/associations"
"""HubSpot's versions, once: the dated ones (/crm/objects/2026-09) take the same questions."""
PIPELINES = "/crm/v3/pipelines"
LIMIT = 100
Asking = Generator[Request, Any, list[Any]]
T = TypeVar("T")


def associated(here: str, there: str, ids: Iterable[Any]) -> Asking:
    """Pairs of ids, (here, there), each once."""
    pairs: dict[tuple[str, str], None] = {}
    waiting: list[dict[str, str]] = [{"id": str(number)} for number in dict.fromkeys(ids)]
    while waiting:
        inputs, waiting = waiting[:LIMIT], waiting[LIMIT:]
        answer = yield Request(f"{ASSOCIATIONS}/{here}/{there}/batch/read", body={"inputs": inputs}, method="POST")
        for result in answer["results"]:
            number = str(result["from"]["id"])
            pairs |= {(number, str(to["toObjectId"])): None for to in result["to"]}
            if after := result.get("paging", {}).get("next", {}).get("after"):
                waiting.append({"id": number, "after": after})
    return list(pairs)


def read(kind: str, ids: Iterable[str], properties: list[str]) -> Asking:
    """Objects by id; one that is gone is missing."""
    found: list[Any] = []
    for some in _chunks(list(dict.fromkeys(ids))):
        body = {
            "inputs": [{"id": number} for number in some], "properties": properties, "propertiesWithHistory": []
        }  # fmt: skip
        answer = yield Request(f"{OBJECTS}/{kind}/batch/read", body=body, method="POST")
        found += answer["results"]
    return found


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + LIMIT] for start in range(0, len(items), LIMIT))
