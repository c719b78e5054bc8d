"""Slack's limits on what it shows, as its documentation gives them, and its own schema where that is at hand."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

CONTRACT = Path(__file__).parents[3] / "shared" / "contracts" / "slack" / "blockkit.schema.json"
TEXTS = {"header": 150, "button": 75, "option": 75, "title": 24, "submit": 24, "close": 24}
CONFIRM = {"title": 100, "text": 300, "confirm": 30, "deny": 30}


@cache
def schema(part: str) -> jsonschema.Draft7Validator:
    whole = json.loads(CONTRACT.read_text())
    return jsonschema.Draft7Validator({"definitions": whole["definitions"], **whole["properties"][part]})


def a_message(card: dict[str, Any]) -> None:
    """A card that Slack takes."""
    assert 0 < len(card["text"]) <= 3_000
    assert len(card["blocks"]) <= 50
    _valid("blocks", card["blocks"])
    _blocks(card["blocks"])


def a_view(view: dict[str, Any]) -> None:
    """A modal or an App Home that Slack takes."""
    assert len(view["blocks"]) <= 100
    assert len(view.get("private_metadata", "")) <= 3_000
    for part in ("title", "submit", "close"):
        if part in view:
            _text(view[part], TEXTS[part])
    _valid(view["type"], view)
    _blocks(view["blocks"])


def _valid(part: str, shown: Any) -> None:
    if CONTRACT.is_file():
        assert [error.message[:300] for error in schema(part).iter_errors(shown)] == []


def _blocks(blocks: list[dict[str, Any]]) -> None:
    names = [block["block_id"] for block in blocks if "block_id" in block]
    assert len(names) == len(set(names))
    assert all(0 < len(name) <= 255 for name in names)
    for block in blocks:
        _BLOCKS[block["type"]](block)


def _section(block: dict[str, Any]) -> None:
    if "text" in block:
        _text(block["text"], 3_000)
    assert len(block.get("fields", [])) <= 10
    for field in block.get("fields", []):
        _text(field, 2_000)


def _header(block: dict[str, Any]) -> None:
    _text(block["text"], TEXTS["header"])


def _context(block: dict[str, Any]) -> None:
    assert len(block["elements"]) <= 10
    for element in block["elements"]:
        _text(element, 3_000)


def _actions(block: dict[str, Any]) -> None:
    assert 0 < len(block["elements"]) <= 25
    names = [element["action_id"] for element in block["elements"]]
    assert len(names) == len(set(names))
    for element in block["elements"]:
        _ELEMENTS[element["type"]](element)


def _input(block: dict[str, Any]) -> None:
    _text(block["label"], 2_000)
    if "hint" in block:
        _text(block["hint"], 2_000)
    _ELEMENTS[block["element"]["type"]](block["element"])


def _button(element: dict[str, Any]) -> None:
    _text(element["text"], TEXTS["button"])
    assert len(element["value"]) <= 2_000
    for part, limit in CONFIRM.items():
        if "confirm" in element:
            _text(element["confirm"][part], limit)


def _select(element: dict[str, Any]) -> None:
    _text(element["placeholder"], 150)
    options = [*element["options"], *([element["initial_option"]] if "initial_option" in element else [])]
    assert 0 < len(element["options"]) <= 100
    for option in options:
        _text(option["text"], TEXTS["option"])
        assert 0 < len(option["value"]) <= 150
    if "initial_option" in element:
        assert element["initial_option"] in element["options"]


def _typed(element: dict[str, Any]) -> None:
    assert 0 < element["max_length"] <= 3_000
    assert len(element.get("initial_value", "")) <= element["max_length"]


def _text(shown: dict[str, Any], limit: int) -> None:
    assert 0 < len(shown["text"]) <= limit, (len(shown["text"]), limit)
    assert shown["text"].strip()


_BLOCKS = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "divider": lambda _: None,
}
_ELEMENTS = {"button": _button, "static_select": _select, "plain_text_input": _typed}
