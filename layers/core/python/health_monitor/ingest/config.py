"""The customer's YAML into one configuration bundle; errors name file, line, field and remedy."""

from collections.abc import Mapping

import yaml
from pydantic import ValidationError

from health_monitor.model.config import Bundle
from health_monitor.model.errors import NeedsHuman

SEGMENTS = "segments.yaml"


def read_bundle(texts: Mapping[str, str]) -> Bundle:
    """The bundle in a folder's files, by file name. Raises NeedsHuman with every mistake at once."""
    if SEGMENTS not in texts:
        raise NeedsHuman(f"{SEGMENTS} is missing; copy the one in config/ and change it")
    try:
        root = yaml.compose(texts[SEGMENTS], Loader=yaml.SafeLoader)
        return Bundle.model_validate(yaml.safe_load(texts[SEGMENTS]))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise NeedsHuman(
            f"{SEGMENTS}, line {line}: is not YAML: {error.problem}; check indentation and quotes"
        ) from None
    except ValidationError as error:
        mistakes = [_mistake(root, tuple(e["loc"]), e["msg"], e["input"]) for e in error.errors()]
        raise NeedsHuman("\n".join(mistakes)) from None


def _mistake(root: yaml.Node | None, loc: tuple[int | str, ...], message: str, given: object) -> str:
    field = ".".join(str(part) for part in loc) or "the file"
    if message == "Extra inputs are not permitted":
        return f"{SEGMENTS}, line {_line(root, loc)}: {field}: no such setting; remove it or correct its spelling"
    text = message.removeprefix("Value error, ")
    shown = f" (found {given!r})" if isinstance(given, str | int | float | bool | None) else ""
    return f"{SEGMENTS}, line {_line(root, loc)}: {field}: {text[0].lower() + text[1:]}{shown}"


def _line(node: yaml.Node | None, loc: tuple[int | str, ...]) -> int:
    """The line of the innermost part of the path that is in the file."""
    line = 1 if node is None else node.start_mark.line + 1
    for part in loc:
        step = _child(node, part)
        if step is None:
            break
        key, node = step
        line = key.start_mark.line + 1
    return line


def _child(node: yaml.Node | None, part: int | str) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == part), None)
    return None
