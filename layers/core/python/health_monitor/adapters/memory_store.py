"""What is known of accounts, in memory."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from health_monitor.adapters import codec
from health_monitor.adapters.packing import cut_to_ring
from health_monitor.model.account import Account, Contact
from health_monitor.model.heard import AccountChange, ContactChange
from health_monitor.model.run import RunRecord, SourceFreshness
from health_monitor.model.usage import History, Ring, Series, State, UserUse


class MemoryBlobs:
    """Files in a dictionary."""

    bucket = "memory"

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def put(self, key: str, data: bytes) -> None:
        self._files[key] = data

    def put_absent(self, key: str, data: bytes) -> bool:
        if key in self._files:
            return False
        self._files[key] = data
        return True

    def get(self, key: str) -> bytes | None:
        return self._files.get(key)

    def keys(self, prefix: str) -> Iterator[str]:
        yield from sorted(key for key in self._files if key.startswith(prefix))

    def delete(self, key: str) -> None:
        self._files.pop(key, None)


class MemoryAccounts:
    """Accounts and contacts in dictionaries."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._contacts: dict[str, dict[str, Contact]] = defaultdict(dict)
        self._said: dict[tuple[str, ...], datetime] = {}

    def save(self, accounts: Iterable[Account]) -> None:
        self._accounts.update({account.account_id: account for account in accounts})

    def ids(self) -> Iterator[str]:
        yield from sorted(self._accounts)

    def read(self, account_ids: Sequence[str]) -> dict[str, Account]:
        return {key: self._accounts[key] for key in account_ids if key in self._accounts}

    def merge(self, changes: Iterable[AccountChange]) -> list[bool]:
        news: list[bool] = []
        for change in changes:
            news.append(self._is_news(change, change.account_id))
            if news[-1]:
                before = self._accounts.get(change.account_id, Account(account_id=change.account_id))
                known = before.model_dump(exclude_none=True) | dict(change.facts)
                self._accounts[change.account_id] = Account.model_validate(known)
        return news

    def save_contacts(self, contacts: Iterable[Contact]) -> None:
        for contact in contacts:
            self._contacts[contact.account_id][contact.contact_id] = contact

    def contacts(self, account_id: str) -> list[Contact]:
        return [contact for _, contact in sorted(self._contacts.get(account_id, {}).items())]

    def merge_contacts(self, changes: Iterable[ContactChange]) -> None:
        for change in changes:
            if self._is_news(change, change.account_id, change.contact_id):
                ids = {"account_id": change.account_id, "contact_id": change.contact_id}
                people = self._contacts[change.account_id]
                before = people.get(change.contact_id, Contact.model_validate(ids))
                known = before.model_dump(exclude_none=True) | dict(change.facts)
                people[change.contact_id] = Contact.model_validate(known)

    def remove_contacts(self, account_id: str, contact_ids: Iterable[str]) -> None:
        for contact_id in contact_ids:
            self._contacts.get(account_id, {}).pop(contact_id, None)
            self._forget_said(account_id, contact_id)

    def remove(self, account_id: str) -> None:
        """Forget the account and its people."""
        self._accounts.pop(account_id, None)
        self._contacts.pop(account_id, None)
        self._forget_said(account_id)

    def _is_news(self, change: AccountChange | ContactChange, *ids: str) -> bool:
        told = (*ids, change.source)
        if told in self._said and change.changed_at < self._said[told]:
            return False
        self._said[told] = change.changed_at
        return True

    def _forget_said(self, *ids: str) -> None:
        for told in [told for told in self._said if told[: len(ids)] == ids]:
            del self._said[told]


class MemoryRings:
    """Rings with their users in a dictionary."""

    def __init__(self) -> None:
        self._known: dict[str, History] = {}

    def write(self, histories: Iterable[History], before: Mapping[str, Ring] | None = None) -> None:  # noqa: ARG002  (saves reads that cost nothing here)
        for history in histories:
            users = tuple(sorted(history.users, key=lambda user: user.user_id))
            series = _copy(cut_to_ring(history.series))
            self._known[history.account_id] = history._replace(series=series, users=users)

    def remove(self, account_ids: Iterable[str]) -> None:
        for account_id in account_ids:
            self._known.pop(account_id, None)

    def read(self, account_ids: Sequence[str]) -> dict[str, Ring]:
        known = {key: self._known[key] for key in account_ids if key in self._known}
        return {key: Ring(_copy(one.series), one.users, one.compacted) for key, one in known.items()}

    def users(self, account_id: str) -> list[UserUse]:
        return list(self._known[account_id].users) if account_id in self._known else []

    def items(self, account_id: str) -> list[codec.Item]:
        """What the table would hold."""
        if account_id not in self._known:
            return []
        ring, pages = codec.ring_items(self._known[account_id])
        return [ring, *pages]


class MemoryStates:
    """States in a dictionary by account, then day."""

    def __init__(self) -> None:
        self._days: dict[str, dict[int, State]] = defaultdict(dict)

    def read(self, account_ids: Sequence[str], day: date) -> dict[str, State]:
        found = {key: self._days.get(key, {}).get(day.toordinal()) for key in account_ids}
        return {key: state for key, state in found.items() if state}

    def write_absent(self, states: Mapping[str, State]) -> dict[str, State]:
        return {key: self._days[key].setdefault(state.day, state) for key, state in states.items()}

    def remove(self, account_id: str) -> None:
        """Forget every state of one account."""
        self._days.pop(account_id, None)

    def of_account(self, account_id: str) -> list[State]:
        """Every state of one account, oldest first."""
        return [state for _, state in sorted(self._days.get(account_id, {}).items())]


class MemoryJournal:
    """The product's bookkeeping in dictionaries."""

    def __init__(self) -> None:
        self._runs: dict[date, RunRecord] = {}
        self._config: str | None = None
        self._freshness: dict[str, SourceFreshness] = {}

    def save_run(self, record: RunRecord) -> None:
        stored = self._runs.get(record.as_of)
        if stored is None or stored.status != "complete" or record.status == "complete":
            self._runs[record.as_of] = record

    def run(self, as_of: date) -> RunRecord | None:
        return self._runs.get(as_of)

    def runs(self, limit: int) -> list[RunRecord]:
        return [self._runs[day] for day in sorted(self._runs, reverse=True)[:limit]]

    def last_complete(self) -> date | None:
        return max((day for day, record in self._runs.items() if record.status == "complete"), default=None)

    def live_config(self) -> str | None:
        return self._config

    def point_config(self, version: str, *, only_if_none: bool = False) -> None:
        if not (only_if_none and self._config):
            self._config = version

    def save_freshness(self, freshness: SourceFreshness) -> None:
        stored = self._freshness.get(freshness.source)
        self._freshness[freshness.source] = codec.grown(stored, freshness)

    def freshness(self) -> list[SourceFreshness]:
        return [freshness for _, freshness in sorted(self._freshness.items())]


def _copy(series: Series) -> Series:
    return Series(series.first_day, list(series.events), list(series.active_users), list(series.new_users))
