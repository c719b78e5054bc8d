"""The documents, cut into what can be checked."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCUMENTS = [README, *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("examples/**/*.md"))]
COMMAND = re.compile(r"(?:[A-Z_]+=\S+ )*(?:make [a-z]|(?:\.venv/bin/)?health-monitor )[^`\n]*")


class Block(NamedTuple):
    """A fenced block: its language, if any, and its lines."""

    language: str
    lines: list[str]


class Shown(NamedTuple):
    """A command as a document shows it."""

    document: str
    text: str


def names(paths: list[Path]) -> list[str]:
    """Paths as a reader of the project writes them."""
    return [str(path.relative_to(ROOT)) for path in paths]


def blocks(document: Path) -> list[Block]:
    """The fenced blocks."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL)
    return [Block(language, text.splitlines()) for language, text in found]


def prose(document: Path) -> str:
    """All but the fenced blocks."""
    return re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)


def commands() -> Iterator[Shown]:
    """Every `make …` and `health-monitor …`: lines of fenced blocks, and code within sentences."""
    for document in DOCUMENTS:
        name = str(document.relative_to(ROOT))
        lines = [line for block in blocks(document) for line in block.lines]
        inline = re.findall(r"`([^`\n]+)`", prose(document))
        for text in (*lines, *inline):
            if COMMAND.fullmatch(text.strip()):
                yield Shown(name, text.partition(" #")[0].strip())
