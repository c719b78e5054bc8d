"""What works and is probably not meant: each said with file, line, setting and why."""

from pathlib import Path

import pytest

from health_monitor.act.templates import mistakes
from health_monitor.ingest.config import read_bundle
from health_monitor.ingest.doubts import doubts

OURS = Path(__file__).parents[2] / "config"
TEXTS = {path.relative_to(OURS).as_posix(): path.read_text() for path in OURS.rglob("*") if path.is_file()}


def said(**changed: str) -> list[str]:
    """Of what ships with these files instead, whose names have a dot and a slash again."""
    texts = TEXTS | {name.replace("__", "/").replace("_DOT_", "."): text for name, text in changed.items()}
    return doubts(texts, texts.keys(), read_bundle(texts, mistakes))


def test_nothing_is_doubtful_about_what_ships() -> None:
    assert said() == []


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        (
            "recipients: [champoin]\n",
            "routing.yaml, line 1: recipients.0: 'champoin' is no role that we know; did you mean champion?",
        ),
        (
            "window: {}\nnever_recipients: [Executive Sponser]\n",
            "routing.yaml, line 2: never_recipients.0: 'Executive Sponser' is no role that we know; "
            "did you mean executive_sponsor?",
        ),
        ("recipients: [zzz]\n", "routing.yaml, line 1: recipients.0: 'zzz' is no role that we know"),
        (
            "never_recipients: []\n",
            "routing.yaml, line 1: never_recipients: is empty; executive sponsors would be written to",
        ),
        (
            "hold_hours:\n  default: 1\n  enterprize: 2\n",
            "routing.yaml, line 3: hold_hours.enterprize: no profile names this segment; did you mean enterprise?",
        ),
    ],
)
def test_a_setting_that_is_probably_not_meant(text: str, doubt: str) -> None:
    assert said(routing_DOT_yaml=text) == [doubt]


def test_a_segment_that_a_profile_names_and_a_role_in_other_letters_are_no_doubt() -> None:
    segments = "profiles:\n  - {name: a, when: {segment: [nonprofit]}}\n  - {name: b}\n"
    routing = "hold_hours: {nonprofit: 2, smb: 1}\nrecipients: [Decision Maker]\n"
    assert said(segments_DOT_yaml=segments, routing_DOT_yaml=routing) == []


def test_a_mail_that_nobody_signs() -> None:
    assert said(templates__check_in_DOT_smb_DOT_txt_DOT_j2="Subject: x\n\nHi,\n\nbye\n") == [
        "templates/check_in.smb.txt.j2, line 5: csm_name: nobody signs; end with {{ csm_name }}"
    ]


def test_files_that_nobody_reads_and_files_that_are_not_there() -> None:
    segments = {"segments.yaml": TEXTS["segments.yaml"]}
    found = doubts(segments, [*segments, "teams.yaml", "zzz.yaml"], read_bundle(segments, mistakes))
    assert found == [
        "teams.yaml: nobody reads a file of this name; did you mean team.yaml?",
        "zzz.yaml: nobody reads a file of this name",
        "routing.yaml: there is none; the defaults hold, which stand in the product's config/routing.yaml",
        "templates/: lacks check_in.txt.j2, check_in_severe.txt.j2, follow_up.txt.j2; the product's own texts are used",
    ]
