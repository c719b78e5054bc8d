"""The made-up company behind the demo: its CSMs, their manager, an admin, and somebody who may decide nothing."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import yaml

from health_monitor.model.config import Bundle
from health_monitor.model.routing import Member, Team
from local.slack_api import Person, a_person

MANAGER, ADMIN, OTHER = "dana.ortiz@example.com", "alex.kim@example.com", "otto.weiss@example.com"
CONFIG, TEAM = Path(__file__).parents[1] / "config", "team.yaml"
DEPLOYED = ("sources.yaml", "crm.yaml")
"""Files of the configuration that only a deploy reads."""
ZONES = {"ines.castillo@example.com": "Europe/Madrid", "jonas.keller@example.com": "Europe/Berlin"}


def a_team(csms: Iterable[str]) -> Team:
    """The CSMs with their manager, and the admin."""
    members = [
        Member(email=csm, name=called(csm), manager=MANAGER, timezone=ZONES.get(csm)) for csm in sorted(set(csms))
    ]
    bosses = (Member(email=MANAGER, name=called(MANAGER)), Member(email=ADMIN, name=called(ADMIN), admin=True))
    return Team(members=(*members, *bosses))


def with_team(bundle: Bundle, csms: Iterable[str]) -> Bundle:
    """A configuration in which these CSMs are known."""
    return bundle.model_copy(update={"team": a_team(csms)})


def written(folder: Path, team: Team) -> Path:
    """The product's configuration with this team, as files that a person can change and publish."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(CONFIG, folder, ignore=shutil.ignore_patterns(*DEPLOYED))
    members = [one.model_dump(exclude_defaults=True) for one in team.members]
    told = (CONFIG / TEAM).read_text().partition("members:")[0]
    (folder / TEAM).write_text(told + yaml.safe_dump({"members": members}, sort_keys=False, allow_unicode=True))
    return folder


def in_slack(team: Team) -> list[Person]:
    """The team in Slack, and one colleague more."""
    roles = {MANAGER: "manager", ADMIN: "admin"}
    people = [a_person(one.email, one.name or one.email, roles.get(one.email, "CSM")) for one in team.members]
    return [*people, a_person(OTHER, called(OTHER), "nobody's CSM")]


def called(email: str) -> str:
    """first.last@ is First Last."""
    return email.partition("@")[0].replace(".", " ").title()
