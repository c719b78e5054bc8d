"""Rings, user pages and states in DynamoDB."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from health_monitor.adapters import codec
from health_monitor.adapters.dynamodb_table import READ_AT_ONCE, TOGETHER, TRIES, Key, Table
from health_monitor.adapters.lots import lots
from health_monitor.adapters.packing import cut_to_ring, unpack_users
from health_monitor.model.errors import TryAgain
from health_monitor.model.usage import History, Series, State, UserUse


class DynamoRings:
    """One RING item an account, and as many USERS pages as its users fill."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def write(self, histories: Iterable[History]) -> None:
        for some in lots(histories, READ_AT_ONCE):
            self._write({history.account_id: history for history in some})

    def remove(self, account_ids: Iterable[str]) -> None:
        for some in lots(account_ids, READ_AT_ONCE):
            counts = self._page_counts(some)
            pages = [key for account_id, n in counts.items() for key in _pages(account_id, range(n))]
            self._table.write_many([], delete=pages)
            self._table.write_many([], delete=_rings(list(counts)))  # last: it says which pages there are

    def read(self, account_ids: Sequence[str]) -> dict[str, Series]:
        # Consistent: a ring rebuilt a moment ago must be the one that is judged.
        found = {item["pk"]: item for item in self._table.get_many(_rings(account_ids), consistent=True)}
        named = {account_id: found.get(codec.account_key(account_id)) for account_id in account_ids}
        return {account_id: codec.series_of(item) for account_id, item in named.items() if item}

    def users(self, account_id: str) -> list[UserUse]:
        pages = self._page_counts([account_id]).get(account_id, 0)
        found = self._table.get_many(_pages(account_id, range(pages)), consistent=True)
        ordered = sorted(found, key=lambda item: int(item["sk"].partition("#")[2]))
        return [user for item in ordered for user in unpack_users(item["users"])]

    def _write(self, histories: Mapping[str, History]) -> None:
        """Pages first, then the ring that counts them: after a crash in between, a repetition tidies up the same."""
        before = self._page_counts(list(histories))
        rings, pages, surplus = [], [], list[Key]()
        for account_id, history in histories.items():
            mine = codec.user_page_items(account_id, history.users)
            pages += mine
            surplus += _pages(account_id, range(len(mine), before.get(account_id, 0)))
            rings.append(codec.ring_item(account_id, cut_to_ring(history.series), len(mine)))
        self._table.write_many(pages, delete=surplus)
        self._table.write_many(rings)

    def _page_counts(self, account_ids: Sequence[str]) -> dict[str, int]:
        found = self._table.get_many(_rings(account_ids), consistent=True, only=("user_pages",))
        counts = {item["pk"]: int(item["user_pages"]) for item in found}
        return {key: counts[codec.account_key(key)] for key in account_ids if codec.account_key(key) in counts}


class DynamoStates:
    """One STATE item an account and day, written once."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, account_ids: Sequence[str], day: date) -> dict[str, State]:
        # Consistent: a verdict that misses yesterday's state, written a second ago, would be wrong for good.
        return self._stored(dict.fromkeys(account_ids, day.toordinal()), consistent=True)

    def write_absent(self, states: Mapping[str, State]) -> dict[str, State]:
        stored: dict[str, State] = {}
        for some in lots(states.items(), TOGETHER):
            stored |= self._write_absent(dict(some))
        return stored

    def _write_absent(self, states: Mapping[str, State]) -> dict[str, State]:
        """One transaction instead of up to 100 conditional puts.

        It doubles the write units (2 an account), but a call takes longer than judging its account a thousand
        times over, so 1 call instead of 100 is what decides how long a night takes. What exists is read first,
        at half a unit each, because one existing item makes the whole transaction fail.
        """
        stored = self._stored(_days(states), consistent=False)
        for attempt in range(TRIES):
            missing = {key: state for key, state in states.items() if key not in stored}
            items = [codec.state_item(key, state) for key, state in missing.items()]
            if not items or self._table.put_absent_together(items):
                return {key: stored.get(key, state) for key, state in states.items()}
            self._table.wait(attempt, seed=items[0]["pk"])
            stored |= self._stored(_days(missing), consistent=True)
        raise TryAgain("states: others keep writing the same ones")

    def _stored(self, days: Mapping[str, int], *, consistent: bool) -> dict[str, State]:
        keys = [(codec.account_key(account_id), codec.state_key(day)) for account_id, day in days.items()]
        found = {item["pk"]: item for item in self._table.get_many(keys, consistent=consistent)}
        named = {account_id: found.get(codec.account_key(account_id)) for account_id in days}
        return {key: codec.state_from_json(item["state"]) for key, item in named.items() if item}


def _days(states: Mapping[str, State]) -> dict[str, int]:
    return {account_id: state.day for account_id, state in states.items()}


def _rings(account_ids: Sequence[str]) -> list[Key]:
    return [(codec.account_key(account_id), "RING") for account_id in account_ids]


def _pages(account_id: str, numbers: Iterable[int]) -> list[Key]:
    return [(codec.account_key(account_id), codec.page_key(number)) for number in numbers]
