"""What another configuration would change, in the words of the files that a person edits."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from health_monitor.model.config import Bundle
from health_monitor.model.routing import Team
from health_monitor.model.scorecard import Scorecard

NAMED = 5
_ROUND = re.compile(r"[0-9.]+E\+[0-9]+")
"""How JSON has a round number, such as 1E+1; people write 10."""
APART = ("profiles", "routing", "team", "advice", "templates", "scorecard")
"""What does not stand among the plain settings of segments.yaml."""


def changes(before: Bundle, after: Bundle) -> list[str]:
    """One line for each thing that differs, with its file; none when both are the same."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    plain = ({key: one[key] for key in one if key not in APART} for one in (old, new))
    return [
        *_named("segments.yaml: profiles", before.profiles, after.profiles, lambda one: one.name),
        *_settings("segments.yaml", *plain),
        *_settings("routing.yaml", old["routing"], new["routing"]),
        *scorecard_changes(before.scorecard, after.scorecard),
        *_team(before.team, after.team),
        *_named("tips.yaml: tips", before.advice.tips, after.advice.tips, lambda one: one.name),
        *_settings("tips.yaml", {"features": old["advice"]["features"]}, {"features": new["advice"]["features"]}),
        *_named("templates", before.templates, after.templates, lambda one: one.name),
    ]


def scorecard_changes(before: Scorecard, after: Scorecard) -> list[str]:
    """The same of the scorecard alone."""
    if before.version == after.version:
        return []
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    plain = ({key: one[key] for key in one if key != "scorecards"} for one in (old, new))
    return [
        *_named("scorecard.yaml: scorecards", before.scorecards, after.scorecards, lambda one: one.name),
        *_settings("scorecard.yaml", *plain),
    ]


def _team(before: Team, after: Team) -> Iterator[str]:
    counts: dict[str, Callable[[Team], int]] = {
        "members": lambda team: len(team.members),
        "admins": lambda team: sum(one.admin for one in team.members),
        "managers": lambda team: len({(one.manager or "").lower() for one in team.members} - {""}),
    }
    for what, count in counts.items():
        if count(before) != count(after):
            yield f"team.yaml: {what} {count(before)} → {count(after)}"
    yield from _named("team.yaml: members", before.members, after.members, lambda one: one.email.lower())


def _named(what: str, before: Sequence[Any], after: Sequence[Any], name: Callable[[Any], str]) -> Iterator[str]:
    """What has a name: which are new, gone, other."""
    old, new = ({name(one): one for one in some} for some in (before, after))
    kinds = {
        "added": [one for one in new if one not in old],
        "removed": [one for one in old if one not in new],
        "changed": [one for one in new if one in old and new[one] != old[one]],
    }
    for kind, names in kinds.items():
        if names:
            yield f"{what} {kind}: {', '.join(names[:NAMED])}{_and_more(len(names) - NAMED)}"
    if not any(kinds.values()) and list(old) != list(new):
        yield f"{what}: in another order"


def _and_more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def _settings(file: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = dict(_flat(before)), dict(_flat(after))
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield f"{file}: {name} {_shown(old.get(name))} → {_shown(new.get(name))}"


def _flat(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _shown(value: Any) -> str:
    """As YAML has it; what is not there is none."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and _ROUND.fullmatch(value):
        return f"{Decimal(value):f}"
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)
