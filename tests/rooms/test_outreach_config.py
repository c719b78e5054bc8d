"""The team's files about outreach: every mistake names file, line, field and remedy."""

from pathlib import Path

import pytest

from health_monitor.act.templates import mistakes
from health_monitor.ingest.config import read_bundle
from health_monitor.model.config import Bundle
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.routing import Routing, Team

OURS = Path(__file__).parents[2] / "config"
SEGMENTS = {"segments.yaml": "profiles:\n  - name: all\n"}


def said(name: str, text: str) -> list[str]:
    with pytest.raises(NeedsHuman) as error:
        read_bundle(SEGMENTS | {name: text}, mistakes)
    return str(error.value).splitlines()


def test_what_ships_is_the_default_in_full() -> None:
    texts = {path.relative_to(OURS).as_posix(): path.read_text() for path in OURS.rglob("*") if path.is_file()}
    bundle = read_bundle(texts, mistakes)
    assert (bundle.routing, bundle.team) == (Routing(), Team())
    assert [one.name for one in bundle.templates] == ["check_in", "check_in_severe", "follow_up"]
    assert {tip.feature for tip in bundle.advice.tips} >= set(bundle.advice.features), "a tip for every feature"
    again = Bundle.model_validate_json(bundle.to_json())
    assert (again, again.version) == (bundle, bundle.version)


TEAM = "members:\n  - email: dana@example.com\n"
TIPS = "tips:\n  - name: a\n    text: x\n"
MISTAKES = [
    ("routing.yaml", "window:\n  timezone: Mars\n", 2, "window.timezone: 'Mars' is no time zone; write one such as"),
    ("routing.yaml", "recipients: [executive sponsor, executive_sponsor]\n", 1, "stands in never_recipients too"),
    ("routing.yaml", "hold_hours: {default: 25}\n", 1, "hold_hours.default: should be less than or equal to 24"),
    ("routing.yaml", "hold_hours: 4\n", 1, "hold_hours: is not a group of settings; write its settings below it"),
    ("routing.yaml", "window: {from_hour: 17, to_hour: 9}\n", 1, "window: from_hour must be before to_hour"),
    ("team.yaml", TEAM + "  - email: Dana@Example.com\n", 3, "members.1.email: 'Dana@Example.com' is a member already"),
    (
        "team.yaml",
        TEAM + "    manager: nobody@example.com\n",
        3,
        "members.0.manager: 'nobody@example.com' is no member",
    ),
    ("team.yaml", TEAM + "    timezone: ../etc\n", 3, "members.0.timezone: '../etc' is no time zone"),
    ("team.yaml", "members:\n  - email: dana\n", 2, "members.0.email: 'dana' is no address; write one such as"),
    (
        "team.yaml",
        'members:\n  - {email: a@x.io, admin: "yes"}\n',
        2,
        "members.0.admin: is neither true nor false; write",
    ),
    (
        "team.yaml",
        "members:\n  - {email: a@x.io, manager: b@x.io}\n  - {email: c@x.io, manager: a@x.io}\n"
        "  - {email: b@x.io, manager: A@x.io}\n",
        2,
        "members.0.manager: 'b@x.io' is below 'a@x.io' already; take one manager out",
    ),
    ("team.yaml", "members: []\n# x\n  - email: a@x.io\n", 3, "is not YAML: the list above is written as empty; take"),
    ("team.yaml", "members: [\n", 2, "is not YAML: "),
    ("team.yaml", "members: ]\n", 1, "is not YAML: "),
    ("team.yaml", "members:\n  a: 1\n  - b\n", 3, "is not YAML: expected <block end>"),
    ("tips.yaml", TIPS + "  - name: a\n    text: y\n", 4, "tips.1.name: 'a' is another tip's name already"),
    ("tips.yaml", TIPS + "    colour: red\n", 4, "tips.0.colour: no such setting; remove it"),
    ("tips.yaml", TIPS + "    url: http://x.io\n", 4, "tips.0.url: is not a link; write one that begins with https://"),
    ("tips.yaml", "tips:\n  - name: a\n    text: Hi {{ first_name }}\n", 3, "tips.0.text: a tip is plain text; merge"),
    ("templates/check_in.txt.j2", "Hello\n\nHi\n", 1, "has no subject; begin with a line such as: Subject:"),
    ("templates/check_in.txt.j2", "Subject: x\nHi\n", 2, "the text begins too early; leave one line empty"),
    ("templates/check_in.txt.j2", "Subject: x\n\n\n", 3, "has no text; write what the mail says"),
    ("templates/check_in.txt.j2", "Subject: x\n\n\n\nHi {{ nam }}\n", 5, "nam: no such merge field; there are"),
    ("templates/check_in.txt.j2", "Subject: {{ nam }}\n\n\n\nHi\n", 1, "nam: no such merge field; there are"),
    ("templates/check_in.j2", "Subject: x\n\nHi\n", 1, "is not read; its name has to end with .txt.j2"),
    ("routing.yaml", "negotiation_stages: &x [*x]\n", 1, "negotiation_stages.0: is not a text"),
    ("routing.yaml", "negotiation_stages: " + "[" * 3_000, 1, "has too much in one another"),
    ("templates/chekc_in.txt.j2", "Subject: x\n\nHi\n", 1, "there is no such mail; known are check_in.txt.j2,"),
    ("templates/check_in..txt.j2", "Subject: x\n\nHi\n", 1, "there is no such mail; known are check_in.txt.j2,"),
]


@pytest.mark.parametrize(("name", "text", "line", "mistake"), MISTAKES)
def test_a_mistake_names_file_line_field_and_remedy(name: str, text: str, line: int, mistake: str) -> None:
    found = said(name, text)[-1]
    assert found.startswith(f"{name}, line {line}: ")
    assert mistake in found


def test_all_mistakes_of_all_files_are_told_at_once() -> None:
    with pytest.raises(NeedsHuman) as error:
        read_bundle({"routing.yaml": "x: 1\n", "team.yaml": "y: 1\n", "templates/notes.md": "not ours"}, mistakes)
    assert [line.partition(" ")[0] for line in str(error.value).splitlines()] == [
        "segments.yaml", "routing.yaml,", "team.yaml,",
    ]  # fmt: skip


def test_a_segment_s_own_mail_is_one_of_the_bundle() -> None:
    bundle = read_bundle(SEGMENTS | {"templates/check_in.smb.txt.j2": "subject: Hi\n\nHi {{ first_name }}\n"}, mistakes)
    assert [(one.name, one.subject, one.text) for one in bundle.templates] == [
        ("check_in.smb", "Hi", "Hi {{ first_name }}")
    ]
