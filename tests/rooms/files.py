"""CSV files as they arrive: bytes on a disk, read the way an import reads them."""

from datetime import date
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from health_monitor.adapters.files import LocalText
from health_monitor.ingest.accounts import read_accounts, read_contacts
from health_monitor.ingest.events import read_events
from health_monitor.model.account import Account, Contact
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.usage import UsageEvent

Found = TypeVar("Found")
TODAY = date(2026, 11, 1)
KNOWN = {name: name for name in ("acme", "umbrella", "Müller & Söhne")}


class Read(NamedTuple, Generic[Found]):
    found: Found
    rejects: list[Reject]
    intake: Intake


class Folder:
    """A place for one file at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def events(self, content: str | bytes, *, name: str = "events.csv") -> "Read[list[UsageEvent]]":
        rejects: list[Reject] = []
        intake = Intake()
        with self._text(name, content).lines() as lines:
            return Read(list(read_events(name, lines, KNOWN, TODAY, intake, rejects.append)), rejects, intake)

    def accounts(self, content: str | bytes) -> "Read[dict[str, Account]]":
        rejects: list[Reject] = []
        intake = Intake()
        with self._text("accounts.csv", content).lines() as lines:
            return Read(read_accounts("accounts.csv", lines, intake, rejects.append), rejects, intake)

    def contacts(self, content: str | bytes) -> "Read[list[Contact]]":
        rejects: list[Reject] = []
        intake = Intake()
        with self._text("contacts.csv", content).lines() as lines:
            return Read(read_contacts("contacts.csv", lines, KNOWN, intake, rejects.append), rejects, intake)

    def _text(self, name: str, content: str | bytes) -> LocalText:
        path = self._path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return LocalText(path)
