"""A mail's text with its merge fields filled in: plain text that no value can change, and visible gaps."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from health_monitor.model.outreach import Mail, Wording
from health_monitor.model.routing import MERGE_FIELDS, Template

if TYPE_CHECKING:
    from jinja2 import Environment, nodes

SUBJECT_LIMIT, TEXT_LIMIT = 256, 8_000
SAMPLE = {field: f"some {field.replace('_', ' ')}" for field in MERGE_FIELDS}
"""A template has to work with everything known, and with nothing."""


_UNUSABLE = "[The template"
_GAPS = {"template": (_UNUSABLE, "[subject]")}
"""A whole template that is not there leaves more than one gap."""


class Filled(NamedTuple):
    """The mail, and the merge fields it shows that nobody knows."""

    wording: Wording
    lacks: tuple[str, ...]


FILTERS = ("capitalize", "lower", "title", "trim", "upper")
_ALLOWED = frozenset(
    ("And", "Assign", "Compare", "Concat", "CondExpr", "Const", "Filter", "If", "Name", "Not", "Operand", "Or",
     "Output", "Template", "TemplateData")
)  # fmt: skip
"""Nothing that repeats, calls or looks inside: no template takes longer than it is long."""
LONGEST_TEMPLATE = 20_000


class _Gap:
    """A merge field that nobody knows: false to whoever asks, else a gap that is seen and counted."""

    def __init__(self, field: str, seen: dict[str, None]) -> None:
        self._field, self._seen = field, seen

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        self._seen[self._field] = None
        return gap(self._field)


def gap(field: str) -> str:
    """What a draft shows where nobody knows a merge field."""
    return f"[{field.replace('_', ' ')}]"


def still_lacks(mail: Mail, wording: Wording) -> tuple[str, ...]:
    """What the draft lacked and these words lack still: all of it when nobody changed anything."""
    if wording == mail.suggested:
        return mail.lacks
    said = f"{wording.subject}\n{wording.text}"
    return tuple(field for field in mail.lacks if any(one in said for one in _GAPS.get(field, (gap(field),))))


def fill(template: Template, values: Mapping[str, str]) -> Filled:
    """The template with these values; a template that cannot be used at all is itself a gap."""
    from jinja2 import TemplateError

    try:
        return _filled(template, values)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
        return nothing(template.name)


def nothing(name: str) -> Filled:
    """What stands where there is no template that can be used: a person has to write it."""
    text = f"{_UNUSABLE} {name} cannot be used; write the text, or publish another template.]"
    return Filled(Wording(subject=gap("subject"), text=text), ("template",))


def mistakes(template: Template) -> Iterator[tuple[int, str]]:
    """What is wrong with a template, each with its line in the file and what to do."""
    from jinja2 import TemplateSyntaxError

    environment = _environment()
    for text, first in ((template.subject, 1), (template.text, 3)):
        if len(text) > LONGEST_TEMPLATE:
            yield first, f"has more than {LONGEST_TEMPLATE:,} characters; shorten it"
            return
        try:
            tree = environment.parse(text)
            found = sorted(_misused(tree))
        except RecursionError:
            yield first, "has too much in one another; write fewer brackets and ifs"
            return
        except TemplateSyntaxError as error:
            what = (error.message or "is not a template").rstrip(".")
            yield first + error.lineno - 1, f"{what}; correct it (a merge field is written {{{{ first_name }}}})"
            return
        yield from ((first + line - 1, what) for line, what in found)
        if found:
            return
    yield from _failures(template)


def _failures(template: Template) -> Iterator[tuple[int, str]]:
    from jinja2 import TemplateError

    for values in (SAMPLE, {}):
        try:
            wording = _filled(template, values).wording
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            yield 3, f"cannot be filled in ({error}); use merge fields, if and plain text only"
            return
        if not wording.text or not wording.subject:
            yield 3, "is empty when a merge field is unknown; write something outside of every if"
            return


def _misused(tree: "nodes.Template") -> Iterator[tuple[int, str]]:
    from jinja2 import nodes

    for loading in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        yield loading.lineno, "a template stands alone; write the text here instead of including it"
        return
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}
    for node in tree.find_all(nodes.Node):
        if type(node).__name__ not in _ALLOWED or (isinstance(node, nodes.Filter) and node.name not in FILTERS):
            yield node.lineno, f"does more than a mail needs; use merge fields, if, set and {', '.join(FILTERS)} only"
            return
        if (
            isinstance(node, nodes.Name)
            and node.ctx == "load"
            and node.name not in MERGE_FIELDS
            and node.name not in own
        ):
            yield node.lineno, f"{node.name}: no such merge field; there are {', '.join(MERGE_FIELDS)}"


def _filled(template: Template, values: Mapping[str, str]) -> Filled:
    seen: dict[str, None] = {}
    known = {field: values.get(field) or _Gap(field, seen) for field in MERGE_FIELDS}
    environment = _environment()
    subject = environment.from_string(template.subject).render(known)
    text = environment.from_string(template.text).render(known)
    wording = Wording(subject=" ".join(subject.split())[:SUBJECT_LIMIT], text=tidy(text)[:TEXT_LIMIT])
    return Filled(wording, tuple(field for field in MERGE_FIELDS if field in seen))


def tidy(text: str) -> str:
    """No spaces at the ends of lines, and never more than one empty line."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    kept = [line for at, line in enumerate(lines) if line or lines[at - 1]]
    return "\n".join(kept)


def _environment() -> "Environment":
    # Imported here: most functions never write a mail.
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.globals.clear()
    return environment
