"""Runs, the live configuration and the sources' freshness in DynamoDB."""

from datetime import date
from itertools import islice

from health_monitor.adapters import codec
from health_monitor.adapters.dynamodb_table import TRIES, Table
from health_monitor.model.errors import TryAgain
from health_monitor.model.run import RunRecord, SourceFreshness

_REACH = ("complete_from", "complete_through", "received_at")


class DynamoJournal:
    """RUN, CONFIG and SOURCE items."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save_run(self, record: RunRecord) -> None:
        self._table.put_if(
            codec.run_item(record),
            "attribute_not_exists(pk) OR #status <> :complete OR :mine = :complete",
            complete="complete",
            mine=record.status,
        )

    def run(self, as_of: date) -> RunRecord | None:
        item = self._table.get("RUN", as_of.isoformat())
        return codec.noun(RunRecord, item) if item else None

    def runs(self, limit: int) -> list[RunRecord]:
        found = self._table.query("RUN", newest_first=True, limit=limit)
        return [codec.noun(RunRecord, item) for item in found]

    def last_complete(self) -> date | None:
        newest_first = self._table.query("RUN", newest_first=True)
        complete = (date.fromisoformat(item["sk"]) for item in newest_first if item["status"] == "complete")
        return next(islice(complete, 1), None)

    def live_config(self) -> str | None:
        item = self._table.get("CONFIG", "live")
        return str(item["version"]) if item else None

    def point_config(self, version: str, *, only_if_none: bool = False) -> None:
        item = {"pk": "CONFIG", "sk": "live", "version": version}
        if only_if_none:
            self._table.put_if(item, "attribute_not_exists(pk)")
        else:
            self._table.put(item)

    def save_freshness(self, freshness: SourceFreshness) -> None:
        """Read, extend, and write unless somebody else wrote in between; then once more."""
        for attempt in range(TRIES):
            before = self._table.get("SOURCE", freshness.source)
            item = codec.freshness_item(codec.grown(codec.noun(SourceFreshness, before) if before else None, freshness))
            if item == before or self._write_unchanged(item, before):
                return
            self._table.wait(attempt, seed=freshness.source)
        raise TryAgain(f"freshness of {freshness.source}: others keep writing it")

    def freshness(self) -> list[SourceFreshness]:
        return [codec.noun(SourceFreshness, item) for item in self._table.query("SOURCE")]

    def _write_unchanged(self, item: codec.Item, before: codec.Item | None) -> bool:
        if before is None:
            return self._table.put_if(item, "attribute_not_exists(pk)")
        same = " AND ".join(f"{name} = :{name}" for name in _REACH)
        return self._table.put_if(item, same, **{name: before[name] for name in _REACH})
