"""Rings, user pages and states in DynamoDB."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from health_monitor.adapters import codec
from health_monitor.adapters.dynamodb_table import READ_AT_ONCE, TOGETHER, TRIES, Key, Table
from health_monitor.adapters.lots import lots
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.model.usage import History, Ring, State, UserUse


class DynamoRings:
    """One RING item an account with its users in it; where they are too many, it names the USERS pages that hold them.

    A page is named by its content. So the ring is what counts: until it is written the old pages are all still there.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def write(self, histories: Iterable[History], before: Mapping[str, Ring] | None = None) -> None:
        for some in lots(histories, READ_AT_ONCE):
            known = before if before is not None else self.read([history.account_id for history in some])
            self._write(some, known)

    def remove(self, account_ids: Iterable[str]) -> None:
        for some in lots(account_ids, READ_AT_ONCE):
            pages = [key for account_id in some for key in self._pages(account_id)]
            self._table.write_many([], delete=pages + _rings(some))

    def read(self, account_ids: Sequence[str]) -> dict[str, Ring]:
        # Consistent: a ring rebuilt a moment ago must be the one that is judged.
        found = {item["pk"]: item for item in self._table.get_many(_rings(account_ids), consistent=True)}
        named = {account_id: found.get(codec.account_key(account_id)) for account_id in account_ids}
        return {account_id: codec.ring_of(item) for account_id, item in named.items() if item}

    def users(self, account_id: str) -> list[UserUse]:
        ring = self._table.get(codec.account_key(account_id), "RING") or {"users": []}
        if "users" in ring:
            return list(codec.users_of(ring))
        keys = [(ring["pk"], page) for page in ring["pages"]]
        found = {item["sk"]: item for item in self._table.get_many(keys, consistent=True)}
        if len(found) < len(set(keys)):
            raise NeedsHuman(f"user pages of {account_id} are missing; run health-monitor rebuild")
        return [user for _, page in keys for user in codec.users_of(found[page])]

    def _write(self, histories: Sequence[History], before: Mapping[str, Ring]) -> None:
        """Pages, then the ring that names them, then away with what no ring names: whoever dies repeats it all."""
        rings, pages, surplus = [], [], list[Key]()
        for history in histories:
            ring, mine = codec.ring_items(history)
            rings.append(ring)
            known = before.get(history.account_id)
            if not mine and (known is None or known.users is not None):
                continue
            there, wanted = set(self._pages(history.account_id)), {(page["pk"], page["sk"]) for page in mine}
            pages += [page for page in mine if (page["pk"], page["sk"]) not in there]
            surplus += sorted(there - wanted)
        self._table.write_many(pages)
        self._table.write_many(rings)
        self._table.write_many([], delete=surplus)

    def _pages(self, account_id: str) -> list[Key]:
        """Every page of the account, also one that a crash left behind."""
        return [(item["pk"], item["sk"]) for item in self._table.query(codec.account_key(account_id), "USERS#")]


class DynamoStates:
    """One STATE item an account and day, written once."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, account_ids: Sequence[str], day: date) -> dict[str, State]:
        """A state never changes, so one that is found is right; only where none is found is it asked for again.

        That costs half a unit an account instead of one. A verdict that misses yesterday's state would be wrong for
        good, so what was written a second ago must be found too.
        """
        days = dict.fromkeys(account_ids, day.toordinal())
        found = self._stored(days, consistent=False)
        return found | self._stored({key: at for key, at in days.items() if key not in found}, consistent=True)

    def write_absent(self, states: Mapping[str, State]) -> dict[str, State]:
        stored: dict[str, State] = {}
        for some in lots(states.items(), TOGETHER):
            stored |= self._write_absent(dict(some))
        return stored

    def _write_absent(self, states: Mapping[str, State]) -> dict[str, State]:
        """One transaction instead of up to 100 conditional puts.

        It doubles the write units (2 an account), but a call takes longer than judging its account a thousand
        times over, so 1 call instead of 100 is what decides how long a night takes. Usually none is there; one that
        is makes the whole transaction fail, and then what exists is read and left out.
        """
        stored: dict[str, State] = {}
        for attempt in range(TRIES):
            missing = {key: state for key, state in states.items() if key not in stored}
            items = [codec.state_item(key, state) for key, state in missing.items()]
            if not items or self._table.put_absent_together(items):
                return {key: stored.get(key, state) for key, state in states.items()}
            found = self._stored({key: state.day for key, state in missing.items()}, consistent=True)
            if not found:
                self._table.wait(attempt, seed=items[0]["pk"])
            stored |= found
        raise TryAgain("states: others keep writing the same ones")

    def _stored(self, days: Mapping[str, int], *, consistent: bool) -> dict[str, State]:
        keys = [(codec.account_key(account_id), codec.state_key(day)) for account_id, day in days.items()]
        found = {item["pk"]: item for item in self._table.get_many(keys, consistent=consistent)}
        named = {account_id: found.get(codec.account_key(account_id)) for account_id in days}
        return {key: codec.state_from_json(item["state"]) for key, item in named.items() if item}


def _rings(account_ids: Sequence[str]) -> list[Key]:
    return [(codec.account_key(account_id), "RING") for account_id in account_ids]
