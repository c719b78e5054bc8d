"""One of the team's YAML files: its settings, and for every mistake file, line, field and remedy."""

import re
from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from typing import Any, NamedTuple, TypeVar

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from health_monitor.model.errors import NeedsHuman
from health_monitor.model.strict import Path, Strict

Settings = TypeVar("Settings", bound=Strict)
COPY = "copy the one in config/ and change it"
MEANINGS = {
    "missing": "is missing; add it",
    "extra_forbidden": "no such setting; remove it or correct its spelling",
    "too_short": "is empty; write at least one",
    "too_long": "has too many values; remove some",
    "tuple_type": "is not a list; write it in brackets, such as [enterprise, strategic]",
    "model_type": "is not a group of settings; write its settings below it, as config/{file} does",
    "string_type": "is not a text; put it in quotes",
    "string_too_short": "is empty; write something",
    "string_pattern_mismatch": "is not a link; write one that begins with https://",
    "string_too_long": "is too long; shorten it",
    "dict_type": "is not a group of settings; write its settings below it, as config/{file} does",
    "bool": "is neither true nor false; write one of them",
    "int": "is not a whole number; write one such as 30",
    "decimal_whole_digits": "is too large; write a smaller number",
    "decimal_max_places": "has too many decimals; write at most {decimal_places}",
    "decimal": "is not a number; write one such as 30 or 0.60",
    "float": "is not a number; write one such as 30 or 0.60",
    "finite": "is not a number; write one such as 30 or 0.60",
    "invalid_key": "is not a text; put it in quotes",
}
"""Kinds of mistakes in the words of somebody who writes YAML, not Python; the others' own words say what is allowed."""
KNOWN = re.compile(r"(?P<none>no such [^;]*); known are (?P<names>.*)", re.DOTALL)
NO_DATES = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
"""No setting is a date: one that does not exist (2026-13-45) must be a mistake with a line like any other."""


class _Loader(yaml.SafeLoader):
    """YAML without dates; what looks like a number and is none, such as 0x_, is a mistake with a line."""

    yaml_implicit_resolvers = NO_DATES

    def whole_number(self, node: yaml.ScalarNode) -> int:
        """A whole number, as far as there is one."""
        try:
            return self.construct_yaml_int(node)
        except ValueError:
            problem = f"found a number that cannot be read: {node.value[:40]}"
            raise yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark) from None


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.whole_number)


class YamlFile(NamedTuple):
    """A file as it was written: its places, for whoever has to find a line, and its settings."""

    name: str
    root: yaml.Node
    settings: Any


def parsed(name: str, text: str) -> YamlFile:
    """The file's settings. Raises NeedsHuman for what is not YAML, or says something twice."""
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            raise NeedsHuman(f"{name}, line 1: has no settings; {COPY}")
        for key in _written_twice(root, set()):
            raise NeedsHuman(
                f"{name}, line {key.start_mark.line + 1}: {key.value}: stands here a second time; keep one"
            )
        return YamlFile(name, root, loader.construct_document(root))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        why = _empty_before_its_parts(text.splitlines()[:line]) or f"{error.problem}; check indentation and quotes"
        raise NeedsHuman(f"{name}, line {line}: is not YAML: {why}") from None
    except RecursionError:
        raise NeedsHuman(f"{name}, line 1: has too much in one another; {COPY}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NeedsHuman(f"{name}, line {line}: holds a character that no text has; save it as UTF-8") from None


def _empty_before_its_parts(lines: list[str]) -> str | None:
    """The commonest mistake of all: a list that was empty got its first part, and still says that it is empty."""
    said = [one.partition(" #")[0].strip() for one in lines if one.strip() and not one.strip().startswith("#")]
    if len(said) < 2 or not said[-1].startswith("- ") or not said[-2].endswith("[]"):
        return None
    return f"the list above is written as empty; take the [] away from {said[-2]!r}"


def _written_twice(node: yaml.Node, seen: set[yaml.Node]) -> Iterator[yaml.Node]:
    """Keys that a group of settings has already: YAML itself would silently take the last.

    What is only pointed at (&, *) is looked at once, even where it points at itself.
    """
    if node in seen:
        return
    seen.add(node)
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            if key.value in keys:
                yield key
            keys.add(key.value)
            yield from _written_twice(value, seen)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _written_twice(value, seen)


def validated(model: type[Settings], file: YamlFile) -> Settings:
    """The file's settings as the model has them. Raises NeedsHuman with every mistake at once."""
    try:
        return model.model_validate(file.settings)
    except ValidationError as error:
        raise NeedsHuman("\n".join(mistakes(file, error.errors()))) from None


def told(file: YamlFile, found: Iterable[tuple[Path, str]]) -> None:
    """Raises NeedsHuman with every mistake that only we know of, each with its place and what to do."""
    lines = [told_at(file, at, what) for at, what in found]
    if lines:
        raise NeedsHuman("\n".join(lines))


def told_at(file: YamlFile, at: Path, what: str) -> str:
    """What is said of a setting, with its place."""
    return f"{file.name}, line {line_of(file.root, at)}: {'.'.join(map(str, at))}: {what}"


def mistakes(file: YamlFile, errors: list[ErrorDetails], above: tuple[str, ...] = ()) -> Iterator[str]:
    """One line a mistake; a list that is short only because its parts are wrong is no mistake of its own."""
    for error in errors:
        loc = error["loc"]
        inner = any(other["loc"][: len(loc)] == loc for other in errors if other is not error)
        if error["type"] != "too_short" or not inner:
            yield _mistake(file, (*above, *loc), error)


def _mistake(file: YamlFile, loc: Path, error: ErrorDetails) -> str:
    loc = tuple(part for part in loc if part != "[key]")  # a name that is none is said of what has it
    message = error["msg"].removeprefix("Value error, ").replace("Input should", "should")
    if not loc:  # what concerns several settings begins with the name of the first
        field, _, message = message.partition(": ")
        return f"{file.name}, line {line_of(file.root, (field,))}: {field}: {message}"
    kind = next((kind for kind in MEANINGS if error["type"].startswith(kind)), "")
    meaning = MEANINGS.get(kind, message).format_map({"file": file.name, **error.get("ctx", {})})
    given = error["input"]
    meaning = _briefly(meaning, given if isinstance(given, str) else str(loc[-1]))
    shown = f" (found {given!r})" if isinstance(given, str | int | float | None) and kind != "extra_forbidden" else ""
    return f"{file.name}, line {line_of(file.root, loc)}: {'.'.join(map(str, loc))}: {meaning}{shown}"


def _briefly(meaning: str, given: str) -> str:
    """Of many names that are known, only the one that was probably meant, if any."""
    found = KNOWN.fullmatch(meaning)
    close = meant(given, found["names"].split(", ")) if found else ""
    return f"{found['none']}{close}" if found and close else meaning


def meant(name: str, known: Collection[str]) -> str:
    """What comes close, if anything, ready to be appended."""
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def line_of(node: yaml.Node, loc: Path) -> int:
    """The line of the innermost part of the path that is in the file."""
    line = node.start_mark.line + 1
    for part in loc:
        step = _child(node, part)
        if step is None:
            break
        key, node = step
        line = key.start_mark.line + 1
    return line


def _child(node: yaml.Node, part: int | str) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    return None
