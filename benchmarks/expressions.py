"""DynamoDB's expressions, as far as the product writes them: conditions, and updates of top-level attributes.

Each is read once and then is a function. What is not understood raises: a count that guesses is no count.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

Wire = dict[str, Any]
Values = Mapping[str, Wire]
Condition = Callable[[Wire, Values], bool]
Update = Callable[[Wire, Values], Wire]
_Operand = Callable[[Wire, Values], Wire | None]

_WORDS = re.compile(r"\s*(<>|<=|>=|[=<>(),+-]|[:#]?\w+)")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_CLAUSES = {"SET", "REMOVE", "ADD", "DELETE"}
_SETS = {"SS", "NS", "BS"}


def condition(expression: str, names: Mapping[str, str]) -> Condition:
    """Whether an item meets the condition; `{}` stands for an item that does not exist."""
    return _condition(expression, tuple(sorted(names.items())))


def update(expression: str, names: Mapping[str, str]) -> Update:
    """The item after the update; the one before stays as it is."""
    return _update(expression, tuple(sorted(names.items())))


def comparable(value: Wire | None) -> Any:
    """What decides the order of values of one kind."""
    if value is None:
        return None
    [(kind, content)] = value.items()
    if kind == "N":
        return float(content)
    return frozenset(content) if kind in _SETS else content


@lru_cache(maxsize=256)
def _condition(expression: str, names: tuple[tuple[str, str], ...]) -> Condition:
    reader = _Reader(expression, dict(names))
    found = reader.either()
    reader.end()
    return found


@lru_cache(maxsize=1024)
def _update(expression: str, names: tuple[tuple[str, str], ...]) -> Update:
    reader = _Reader(expression, dict(names))
    steps: list[Callable[[Wire, Wire, Values], None]] = []
    while reader.left:
        clause = reader.take().upper()
        if clause not in _CLAUSES:
            raise NotImplementedError(expression)
        steps.append(getattr(reader, f"clause_{clause.lower()}")())
        while reader.left and reader.left[0] == ",":
            reader.take()
            steps.append(getattr(reader, f"clause_{clause.lower()}")())

    def apply(item: Wire, values: Values) -> Wire:
        after = dict(item)
        for step in steps:
            step(item, after, values)
        return after

    return apply


class _Reader:
    """Reads words from the left."""

    def __init__(self, expression: str, names: Mapping[str, str]) -> None:
        self.left: list[str] = _WORDS.findall(expression)
        if "".join(self.left) != re.sub(r"\s", "", expression):
            raise NotImplementedError(expression)
        self._names = names

    def take(self, *expected: str) -> str:
        word = self.left.pop(0)
        if expected and word.upper() not in expected:
            raise NotImplementedError(f"{word} where {expected} was expected")
        return word

    def end(self) -> None:
        if self.left:
            raise NotImplementedError(" ".join(self.left))

    def _next(self, word: str) -> bool:
        return bool(self.left) and self.left[0].upper() == word

    def either(self) -> Condition:
        parts = [self._all()]
        while self._next("OR"):
            self.take()
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda item, values: any(part(item, values) for part in parts)

    def _all(self) -> Condition:
        parts = [self._one()]
        while self._next("AND"):
            self.take()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda item, values: all(part(item, values) for part in parts)

    def _one(self) -> Condition:
        if self._next("("):
            self.take()
            inner = self.either()
            self.take(")")
            return inner
        if self._next("NOT"):
            self.take()
            inner = self._one()
            return lambda item, values: not inner(item, values)
        name = self.left[0].lower()
        if name in {"attribute_exists", "attribute_not_exists", "begins_with"}:
            return self._function(self.take().lower())
        return self._comparison()

    def _function(self, name: str) -> Condition:
        self.take("(")
        path = self.path()
        if name == "begins_with":
            self.take(",")
            start = self.operand()
            self.take(")")
            return lambda item, values: str(comparable(item.get(path)) or "").startswith(
                comparable(start(item, values))
            )
        self.take(")")
        there = name == "attribute_exists"
        return lambda item, _: (path in item) == there

    def _comparison(self) -> Condition:
        left = self.operand()
        if self._next("BETWEEN"):
            self.take()
            low = self.operand()
            self.take("AND")
            high = self.operand()
            return lambda item, values: (
                comparable(low(item, values)) <= comparable(left(item, values)) <= comparable(high(item, values))
            )
        compare = _COMPARE[self.take()]
        right = self.operand()

        def compared(item: Wire, values: Values) -> bool:
            a, b = left(item, values), right(item, values)
            return a is not None and b is not None and compare(comparable(a), comparable(b))

        return compared

    def path(self) -> str:
        word = self.take()
        return self._names[word] if word.startswith("#") else word

    def operand(self) -> _Operand:
        if self.left[0].startswith(":"):
            value = self.take()
            return lambda _, values: values[value]
        if self.left[0].lower() == "if_not_exists":
            self.take()
            self.take("(")
            path = self.path()
            self.take(",")
            otherwise = self.operand()
            self.take(")")
            return lambda item, values: item.get(path) or otherwise(item, values)
        path = self.path()
        return lambda item, _: item.get(path)

    def clause_set(self) -> Callable[[Wire, Wire, Values], None]:
        path = self.path()
        self.take("=")
        first = self.operand()
        sign = self.take() if self.left and self.left[0] in "+-" else ""
        second = self.operand() if sign else None

        def apply(before: Wire, after: Wire, values: Values) -> None:
            value = first(before, values)
            assert value is not None, f"{path} is set to an attribute that is not there"
            if second:
                step = comparable(second(before, values))
                value = {"N": f"{comparable(value) + (step if sign == '+' else -step):g}"}
            after[path] = value

        return apply

    def clause_remove(self) -> Callable[[Wire, Wire, Values], None]:
        path = self.path()
        return lambda _, after, __: after.pop(path, None)

    def clause_add(self) -> Callable[[Wire, Wire, Values], None]:
        path, operand = self.path(), self.operand()

        def apply(before: Wire, after: Wire, values: Values) -> None:
            [(kind, new)] = (operand(before, values) or {}).items()
            old: Any = before.get(path, {}).get(kind)
            if kind == "N":
                after[path] = {"N": f"{float(old or 0) + float(new):g}"}
            else:
                after[path] = {kind: list(dict.fromkeys((*(old or ()), *new)))}

        return apply

    def clause_delete(self) -> Callable[[Wire, Wire, Values], None]:
        path, operand = self.path(), self.operand()

        def apply(before: Wire, after: Wire, values: Values) -> None:
            [(kind, gone)] = (operand(before, values) or {}).items()
            old: Sequence[str] = before.get(path, {}).get(kind, ())
            left = [one for one in old if one not in set(gone)]
            after.pop(path, None)
            if left:
                after[path] = {kind: left}

        return apply
