"""Which sources are on: mistakes are told like those of the rule's numbers, and only what is on must be complete."""

from typing import Literal

import pytest

from health_monitor.ingest.config import read_sources
from health_monitor.model.errors import NeedsHuman
from health_monitor.sources.spec import Source, SourceSettings


class FeedSettings(SourceSettings):
    project: str
    region: Literal["us", "eu"] = "us"


class DropSettings(SourceSettings):
    days: int = 5


KNOWN = {
    "feed": Source("feed", "A feed", FeedSettings, {"key": "The key."}),
    "drop": Source("drop", "A drop", DropSettings, {"key": "The key."}),
}
MISTAKES = [
    ("", 1, "has no settings; copy the one in config/ and change it"),
    ("feed: [\n", 2, "is not YAML: expected the node content"),
    ("feed:\n  enabled: false\nfeed:\n  enabled: true\n", 3, "feed: stands here a second time; keep one"),
    ("drop: {}\nfead: {}\n", 2, "fead: no such source; known are feed, drop"),
    ("feed: on\n", 1, "feed: is not a group of settings; write its settings below it, as config/sources.yaml does"),
    ("feed:\n", 1, "feed: is not a group of settings; write its settings below it"),
    ("feed:\n  enabled: true\n", 1, "feed.project: is missing; add it"),
    ("feed:\n  enabled: perhaps\n", 2, "feed.enabled: is neither true nor false; write one of them (found 'perhaps')"),
    ("feed:\n  region: mars\n", 2, "feed.region: should be 'us' or 'eu' (found 'mars')"),
    ("drop:\n  days: some\n", 2, "drop.days: is not a whole number; write one such as 30 (found 'some')"),
    ("drop:\n  dayz: 3\n", 2, "drop.dayz: no such setting; remove it or correct its spelling"),
]


def test_only_the_sources_that_are_on_are_returned_with_their_settings() -> None:
    found = read_sources("feed:\n  enabled: true\n  project: p-1\ndrop:\n  days: 3\n", KNOWN)
    assert found == {"feed": FeedSettings(enabled=True, project="p-1")}


def test_a_source_that_is_off_may_still_lack_what_it_needs() -> None:
    assert read_sources("feed:\n  enabled: false\n", KNOWN) == {}


@pytest.mark.parametrize(("text", "line", "mistake"), MISTAKES)
def test_a_mistake_names_file_line_field_and_remedy(text: str, line: int, mistake: str) -> None:
    with pytest.raises(NeedsHuman) as error:
        read_sources(text, KNOWN)
    assert str(error.value).startswith(f"sources.yaml, line {line}: ")
    assert mistake in str(error.value)


def test_the_mistakes_of_all_sources_are_told_at_once() -> None:
    with pytest.raises(NeedsHuman) as error:
        read_sources("feed:\n  enabled: true\ndrop:\n  days: few\nother: {}\n", KNOWN)
    assert len(str(error.value).splitlines()) == 3
