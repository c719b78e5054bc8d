"""What a night's scores say together: with whom the next night compares, and what the portfolio's parts are."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from health_monitor.flows.runs import HEALTH
from health_monitor.model.account import Account
from health_monitor.model.scorecard import Coverage
from health_monitor.score.cohorts import cohorts_of, named_cohorts
from health_monitor.score.line import evidence_of_line, standing_of_line
from health_monitor.score.peers import PeerCount, named_peers
from health_monitor.score.portfolio import Row, row_of, summary_of


class NightHealth:
    """Takes the health out of a night's lines, one by one: of each account only what is counted is remembered."""

    def __init__(self, day: date) -> None:
        self._day = day
        self._peers = PeerCount()
        self._rows: list[Row] = []
        self._scored: list[tuple[Account, int | None]] = []

    def taken(self, row: dict[str, Any]) -> dict[str, Any]:
        """The line without its health."""
        named = row.pop(HEALTH, None)
        if named:
            self._take(row["account_id"], named)
        return row

    def benchmarks(self) -> dict[str, Any]:
        """What the next night reads of it: peers, and cohorts of scores."""
        cohorts = cohorts_of(self._scored, self._day)
        return {"peers": named_peers(self._peers.peers()), "cohorts": named_cohorts(cohorts)}

    def summary(self, tiers: Coverage) -> dict[str, Any]:
        """The portfolio's, each segment's and each CSM's summary of the night."""
        return {"as_of": self._day.isoformat()} | summary_of(self._rows, tiers)

    def _take(self, account_id: str, named: Mapping[str, Any]) -> None:
        evidence, standing = evidence_of_line(named, self._day), standing_of_line(account_id, named)
        self._peers.add(evidence, trained=named["trains"])
        self._rows.append(row_of(standing, evidence.account, named.get("nps", ())))
        self._scored.append((evidence.account, standing.score))
