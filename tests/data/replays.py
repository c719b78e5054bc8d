"""Replays of files, as far as the alerts: without the report that nobody here reads."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from health_monitor import wiring
from health_monitor.flows.configure import load_config
from health_monitor.flows.history import FileHistory
from health_monitor.flows.replay import walk_history
from health_monitor.model.config import Bundle
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.replay import CODES, Replay
from health_monitor.views.alerts_csv import alert_rows

TODAY = date(2026, 1, 1)


@dataclass
class Rejects:
    """A quarantine in memory."""

    rows: list[Reject] = field(default_factory=list)

    def add(self, reject: Reject) -> None:
        self.rows.append(reject)


@dataclass(frozen=True)
class Judged:
    """What a replay of two files came to."""

    replay: Replay
    intake: Intake
    rejects: list[Reject]
    bundle: Bundle

    def table(self) -> list[list[str]]:
        """The rows of alerts.csv."""
        return list(alert_rows(self.replay))

    def verdicts(self) -> dict[str, list[str]]:
        """Every account's verdict, or the reason for none, from its first judged day on."""
        return {walk.account.account_id: [CODES[code] for code in walk.codes] for walk in self.replay.walks}


def replayed(accounts: Path, events: Path, config: Path | None = None) -> Judged:
    """Judge every account of the files on every day."""
    rejects = Rejects()
    bundle = load_config(wiring.config_texts(config))
    history = FileHistory(
        wiring.text_file(accounts), wiring.text_file(events), wiring.disk_spool(), rejects, TODAY
    )  # fmt: skip
    walked = walk_history(history, bundle, history.last_day)
    return Judged(walked.replay, history.intake, rejects.rows, bundle)
