"""What the demo tells fits into a terminal of a hundred columns."""

import pytest

from local.health import WIDEST, say, tell

pytestmark = pytest.mark.local
STEPS = (
    "1. Ask acc-0245 what has changed since the last review, and who decides about the renewal that is due soon.\n"
    "2. Call."
)


def test_what_is_told_by_name_has_its_further_lines_below_the_first(capsys: pytest.CaptureFixture[str]):
    say("what to do", STEPS)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("  what to do        1. Ask acc-0245 what")
    assert [line[:21].strip() != "" for line in lines[1:]] == [True, True]
    assert lines[-1] == f"{'':<20}2. Call."
    assert max(map(len, lines)) <= WIDEST
    assert lines == [line.rstrip() for line in lines]


def test_sentences_are_cut_at_words_only(capsys: pytest.CaptureFixture[str]):
    tell("\n" + "word-with-hyphens " * 20)
    first, *lines = capsys.readouterr().out.splitlines()
    assert not first
    assert set(" ".join(lines).split()) == {"word-with-hyphens"}
    assert max(map(len, lines)) <= WIDEST
    assert lines == [line.rstrip() for line in lines]
