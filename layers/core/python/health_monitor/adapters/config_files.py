"""The team's configuration, as files."""

from pathlib import Path

from health_monitor.model.errors import NeedsHuman


def texts_of(folder: Path) -> dict[str, str]:
    """Every YAML file and template in a folder and below, by its path from there."""
    if not folder.is_dir():
        raise NeedsHuman(f"{folder} is no folder; name the one that holds segments.yaml")
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".j2", ".yml") and path.is_file())
    for unread in (path for path in files if path.suffix == ".yml"):
        raise NeedsHuman(f"{unread} is not read; call it {unread.with_suffix('.yaml').name}")
    return {file.relative_to(folder).as_posix(): _text(file) for file in files}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise NeedsHuman(f"{file} is not UTF-8 text; save it as UTF-8") from error
