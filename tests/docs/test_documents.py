"""What the documents say about the project is so: its folders, its settings, its links."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from health_monitor.settings import VARIABLES
from tests.docs.documents import DOCUMENTS, README, ROOT, blocks, names, prose

IGNORED = {line.strip("/\n") for line in (ROOT / ".gitignore").read_text().splitlines()}
PACKAGE = Path("layers/core/python/health_monitor")
MACHINE = re.compile(r"(?<![\w.])/(?:home|Users|root|work|tmp|mnt|var/folders)/|\b[A-Z]:\\")
EACH = pytest.mark.parametrize("document", DOCUMENTS, ids=names(DOCUMENTS))


def folders(of: Path) -> set[str]:
    """The folders in a folder that hold something of the project."""
    return {
        path.name
        for path in of.iterdir()
        if path.is_dir() and not path.name.startswith((".", "__")) and path.name not in IGNORED and _holds(path)
    }


def _holds(folder: Path) -> bool:
    return any(path.is_file() and "__pycache__" not in path.parts for path in folder.rglob("*"))


def tree() -> list[tuple[str, str]]:
    """README's map: each folder's path and what is said about it."""
    section = next(block for block in blocks(README) if any(line.startswith("tests/") for line in block.lines))
    found, above = [], {0: ""}
    for line in section.lines:
        if line_is := re.match(r"( *)([\w/]+)/ +(.*)", line):
            indent = len(line_is[1])
            path = above[max(step for step in above if step <= indent)] + line_is[2]
            above = {step: name for step, name in above.items() if step <= indent} | {indent + 2: f"{path}/"}
            found.append((path, line_is[3]))
        elif line.rstrip().endswith("/"):
            indent = len(line) - len(line.lstrip())
            above[indent + 2] = above[indent] + line.strip()
    return found


def test_the_documents_are_there():
    wanted = {"README.md", "docs/walk.md", "docs/rule.md", "docs/deploy.md", "docs/operate.md", "examples/README.md"}
    assert wanted | {"examples/golden/README.md", "examples/incident/README.md"} <= set(names(DOCUMENTS))
    assert all(document.read_text().startswith("# ") for document in DOCUMENTS)


def test_the_map_has_exactly_the_folders_of_the_project():
    paths = [path for path, _ in tree()]
    assert len(paths) == len(set(paths))
    assert {path for path in paths if "/" not in path} == folders(ROOT)


def test_the_map_has_exactly_the_rooms_of_the_package():
    rooms = {path.removeprefix(f"{PACKAGE}/") for path, _ in tree() if path.startswith(f"{PACKAGE}/")}
    assert rooms == folders(ROOT / PACKAGE)


def test_the_map_names_exactly_the_kinds_of_tests():
    told = dict(tree())["tests"]
    assert set(re.findall(r"[a-z]+", told)) == folders(ROOT / "tests")


def test_every_setting_is_documented_and_no_other():
    text = "\n".join(path.read_text() for path in (ROOT / "docs").rglob("*.md"))
    assert len(VARIABLES) >= 10
    assert set(re.findall(r"\bHM_[A-Z_]+[A-Z]\b", text)) == set(VARIABLES)


@EACH
def test_relative_links_lead_somewhere(document: Path):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = unquote(target).partition("#")
            found = (document.parent / path).resolve() if path else document
            assert found.exists(), target
            assert not anchor or anchor in anchors(found), target


def anchors(document: Path) -> set[str]:
    """The headings as links write them."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@EACH
def test_no_machine_is_named(document: Path):
    assert not MACHINE.search(document.read_text())


@EACH
def test_nothing_is_left_to_be_filled_in(document: Path):
    for block in blocks(document):
        assert "".join(block.lines).strip()
        assert not re.fullmatch(r"[A-Z_]+", "".join(block.lines).strip()), block
    assert not re.search(r"\b(TODO|TBD|FIXME|XXX)\b", document.read_text())
