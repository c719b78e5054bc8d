"""What is known of accounts beside their usage, and where each stands, in DynamoDB."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from health_monitor.adapters import dossier_items as items
from health_monitor.adapters.codec import account_key
from health_monitor.adapters.dynamodb_table import TRIES, Table
from health_monitor.model.dossier import Dossier
from health_monitor.model.errors import TryAgain
from health_monitor.model.records import AnyRecord
from health_monitor.model.score import Standing

Outcome = TypeVar("Outcome")


class DynamoDossiers:
    """One DOSSIER item an account, replaced whole by whoever knows its digest: of two writers one reads again."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, account_ids: Sequence[str], *, consistent: bool = False) -> dict[str, Dossier]:
        keys = {(account_key(account_id), items.DOSSIER): account_id for account_id in account_ids}
        found = self._table.get_many(list(keys), consistent=consistent)
        return {keys[item["pk"], item["sk"]]: items.dossier_of(item) for item in found}

    def save(self, account_id: str, records: Iterable[AnyRecord]) -> list[AnyRecord]:
        told = list(records)
        return self._change(account_id, lambda before: items.with_records(before, told))

    def scrub(self, account_id: str, left_of: Callable[[AnyRecord], AnyRecord | None]) -> int:
        return self._change(account_id, lambda before: items.scrubbed(before, left_of))

    def remove(self, account_id: str) -> bool:
        return self._table.delete_if((account_key(account_id), items.DOSSIER), "attribute_exists(pk)")

    def _change(self, account_id: str, change: Callable[[Dossier], tuple[Dossier, Outcome]]) -> Outcome:
        """What became of the change; nothing is written where it changes nothing."""
        for attempt in range(TRIES):
            item = self._table.get(account_key(account_id), items.DOSSIER)
            before = items.dossier_of(item)
            after, outcome = change(before)
            if after == before or self._replace(account_id, after, item["digest"] if item else None):
                return outcome
            self._table.wait(attempt, seed=account_id)
        raise TryAgain("others keep writing the same account's records")

    def _replace(self, account_id: str, dossier: Dossier, digest: str | None) -> bool:
        item = items.dossier_item(account_id, dossier)
        if digest is None:
            return self._table.put_if(item, "attribute_not_exists(pk)")
        return self._table.put_if(item, "digest = :digest", digest=digest)


class DynamoStandings:
    """One SCORE item an account."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, account_ids: Sequence[str], *, consistent: bool = False) -> dict[str, Standing]:
        keys = [(account_key(account_id), items.SCORE) for account_id in account_ids]
        found = map(items.standing_of, self._table.get_many(keys, consistent=consistent))
        return {standing.account_id: standing for standing in found}

    def write(self, standings: Iterable[Standing]) -> None:
        self._table.write_many([items.standing_item(standing) for standing in standings])

    def remove(self, account_ids: Iterable[str]) -> None:
        self._table.write_many([], delete=[(account_key(account_id), items.SCORE) for account_id in account_ids])
