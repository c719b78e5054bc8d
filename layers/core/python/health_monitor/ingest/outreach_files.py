"""The team's files about outreach: who is written to by whom, colleagues, tips, and the mails' texts."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from health_monitor.ingest.yaml_file import Settings, parsed, told, validated
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.routing import TEMPLATES, Advice, Member, Routing, Team, Template
from health_monitor.model.strict import Path

ROUTING, TEAM, TIPS = "routing.yaml", "team.yaml", "tips.yaml"
FOLDER, ENDING = "templates/", ".txt.j2"
CheckTemplate = Callable[[Template], Iterator[tuple[int, str]]]
"""What is wrong with a template: the line of its file, and what to do."""
_SUBJECT = re.compile(r"subject:[ \t]*(.*)", re.IGNORECASE)
_ZONE = "is no time zone; write one such as Europe/Berlin"
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


def read_routing(texts: Mapping[str, str]) -> Routing:
    """Routes, caps and windows. Raises NeedsHuman with every mistake at once."""
    return _read(texts, ROUTING, Routing, _routing_mistakes)


def read_team(texts: Mapping[str, str]) -> Team:
    """The colleagues. Raises NeedsHuman with every mistake at once."""
    return _read(texts, TEAM, Team, _team_mistakes)


def read_advice(texts: Mapping[str, str]) -> Advice:
    """Features in words, and tips. Raises NeedsHuman with every mistake at once."""
    return _read(texts, TIPS, Advice, _tip_mistakes)


def _read(
    texts: Mapping[str, str],
    name: str,
    kind: type[Settings],
    mistakes: Callable[[Settings], Iterable[tuple[Path, str]]],
) -> Settings:
    """What a file says, or what is so without it."""
    if name not in texts:
        return kind()
    file = parsed(name, texts[name])
    settings = validated(kind, file)
    told(file, mistakes(settings))
    return settings


def read_templates(texts: Mapping[str, str], check: CheckTemplate) -> tuple[Template, ...]:
    """Every mail's text. Raises NeedsHuman with every mistake of every template at once."""
    found, said = [], []
    for name, text in texts.items():
        if not name.startswith(FOLDER):
            continue
        if name.endswith(".j2") and not name.endswith(ENDING):
            said.append(f"{name}, line 1: is not read; its name has to end with {ENDING}")
        if not name.endswith(ENDING):
            continue
        template, mistakes = _template(name.removeprefix(FOLDER).removesuffix(ENDING), text, check)
        found.append(template)
        said += [f"{name}, line {line}: {mistake}" for line, mistake in mistakes]
    if said:
        raise NeedsHuman("\n".join(said))
    return tuple(sorted(found, key=lambda one: one.name))


def _routing_mistakes(routing: Routing) -> Iterator[tuple[Path, str]]:
    if not _is_zone(routing.window.timezone):
        yield ("window", "timezone"), f"{routing.window.timezone!r} {_ZONE}"
    for place, role in enumerate(routing.recipients):
        if role in routing.never_recipients:
            yield ("recipients", place), f"{role!r} stands in never_recipients too; take it out of one of them"


def _team_mistakes(team: Team) -> Iterator[tuple[Path, str]]:
    seen: set[str] = set()
    for place, member in enumerate(team.members):
        at: Path = ("members", place)
        if not _ADDRESS.fullmatch(member.email):
            yield (*at, "email"), f"{member.email!r} is no address; write one such as dana@example.com"
        if member.email.lower() in seen:
            yield (*at, "email"), f"{member.email!r} is a member already; keep one"
        if member.manager and not team.find(member.manager):
            yield (*at, "manager"), f"{member.manager!r} is no member; add them, or leave it out"
        elif (circle := _circle(team, member)) and not circle & seen:
            yield (*at, "manager"), f"{member.manager!r} is below {member.email!r} already; take one manager out"
        if member.timezone and not _is_zone(member.timezone):
            yield (*at, "timezone"), f"{member.timezone!r} {_ZONE}"
        seen.add(member.email.lower())


def _circle(team: Team, member: Member) -> set[str]:
    """The addresses of those who manage one another in a circle that this member is part of; mostly nobody."""
    above: set[str] = set()
    one: Member | None = member
    while one and one.email.lower() not in above:
        above.add(one.email.lower())
        one = team.find(one.manager) if one.manager else None
    return above if one is member else set()


def _tip_mistakes(advice: Advice) -> Iterator[tuple[Path, str]]:
    seen: set[str] = set()
    for place, tip in enumerate(advice.tips):
        at: Path = ("tips", place)
        if tip.name in seen:
            yield (*at, "name"), f"{tip.name!r} is another tip's name already; give each its own"
        if "{{" in tip.text or "{%" in tip.text:
            yield (*at, "text"), "a tip is plain text; merge fields work in templates only"
        seen.add(tip.name)


def _template(name: str, text: str, check: CheckTemplate) -> tuple[Template, list[tuple[int, str]]]:
    first, _, rest = text.partition("\n")
    subject = _SUBJECT.fullmatch(first.strip())
    template = Template(name=name, subject=subject[1] if subject else "", text=rest.strip("\n"))
    mistakes = []
    if name.partition(".")[0] not in TEMPLATES or name.endswith("."):
        known = ", ".join(f"{one}{ENDING}" for one in TEMPLATES)
        mistakes.append((1, f"there is no such mail; known are {known}, and with a segment {TEMPLATES[0]}.smb{ENDING}"))
    if not template.subject:
        mistakes.append((1, "has no subject; begin with a line such as: Subject: A quick question"))
    if rest.partition("\n")[0].strip():
        mistakes.append((2, "the text begins too early; leave one line empty after the subject"))
    if not template.text.strip():
        mistakes.append((3, "has no text; write what the mail says"))
    later = max(0, len(rest) - len(rest.lstrip("\n")) - 1)
    return template, mistakes or [(line + later * (line > 1), what) for line, what in check(template)]


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
