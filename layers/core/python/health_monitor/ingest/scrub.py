"""Stored records without the people and accounts that have to be forgotten."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from health_monitor.ingest.forgetting import alias, mark
from health_monitor.model.heard import OF_USER, OURS, Ref
from health_monitor.model.records import KINDS
from health_monitor.model.source import Erasure

SHORTEST = 4
"""Characters: shorter names are searched for as whole values only, not within texts."""
CUT = 40
"""As much of a value as a reject quotes."""
Row = list[str]


class Scrubber:
    """Takes one erasure's people, or its account, out of records; `found` counts the records that named them."""

    def __init__(self, erasure: Erasure) -> None:
        self.erasure = erasure
        self._account = erasure.account_id
        self._whole_account = erasure.kind == "account"
        self._refs = frozenset(erasure.refs)
        self._users, self._contacts = frozenset(erasure.user_ids), frozenset(erasure.contact_ids)
        self._emails = frozenset(email.lower() for email in erasure.emails)
        self._exact = self._names() if self._whole_account else self._people()
        longer = [name for name in self._exact | self._emails if len(name) >= SHORTEST]
        quoted = "|".join(sorted(re.escape(part) for name in longer for part in {name, name[:CUT]}))
        self._text = re.compile(rf"(?<!\w)(?:{quoted})(?!\w)", re.IGNORECASE) if quoted else None
        self.found = 0

    @property
    def whole_account(self) -> str | None:
        """The account that is to be forgotten whole."""
        return self._account if self._whole_account else None

    def events(self, head: Row, rows: Iterable[Row]) -> Iterator[Row]:
        """An archived day: the account's rows go, a user's stay under the pseudonym, because they are counted."""
        at = {name: head.index(name) for name in head}
        for row in rows:
            ref = Ref(row[at["source"]] if "source" in at else OURS, row[at["account_id"]])
            if not self.is_ours(ref):
                yield row
            elif self._whole_account:
                self.found += 1
            elif row[at["user_id"]] in self._users:
                self.found += 1
                yield self._aliased(row, at)
            else:
                yield row

    def people(self, head: Row, rows: Iterable[Row]) -> Iterator[Row]:
        """Archived accounts or contacts without those that have to be forgotten."""
        for row in rows:
            if self.is_of(dict(zip(head, row, strict=True))):
                self.found += 1
            else:
                yield row

    def is_of(self, record: Mapping[str, Any]) -> bool:
        """Whether an account or a contact is to be forgotten."""
        if self._account and record["account_id"] != self._account:
            return False
        if self._whole_account:
            return bool(self._account)
        named = (record.get("contact_id") in self._contacts, record.get("user_id") in self._users)
        return any(named) or str(record.get("email", "")).lower() in self._emails

    def is_person(self, contact_id: str | None, user_id: str | None = None) -> bool:
        """Whether one of these ids is theirs."""
        return not self._whole_account and (contact_id in self._contacts or user_id in self._users)

    def lines(self, records: Iterable[Any]) -> Iterator[Any]:
        """Whole records that do not mention them."""
        for record in records:
            if self.mentions(record):
                self.found += 1
            else:
                yield record

    def body(self, body: Any) -> Any:
        """A webhook's body without the records that mention them; None when nothing is left."""
        if isinstance(body, list):
            return list(self.lines(body)) or None
        kept = body
        if isinstance(body, dict):
            kept = {name: list(self.lines(part)) if isinstance(part, list) else part for name, part in body.items()}
        if self.mentions(kept):
            self.found += 1
            return None
        return kept

    def mentions(self, value: Any) -> bool:
        """Whether any value in it is, or says, one of their names."""
        if isinstance(value, Mapping):
            return any(map(self.mentions, value.values()))
        if isinstance(value, list):
            return any(map(self.mentions, value))
        text = str(value)
        return text in self._exact or bool(self._text and self._text.search(text))

    def renamed(self, value: Any) -> Any:
        """What a night has stored, with the pseudonym wherever the account was named."""
        if isinstance(value, dict):
            return {self.renamed(name): self.renamed(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.renamed(part) for part in value]
        if isinstance(value, str) and (value == self._account or value in self.erasure.names):
            self.found += 1
            return self.erasure.pseudonym
        return value

    def is_about(self, row: Any) -> bool:
        """Whether a line may name the person: it is of their account, or nobody says which that is."""
        return isinstance(row, dict) and self._account in (None, row.get("account_id"))

    def unnamed(self, value: Any) -> Any:
        """What a score was made of, with an alias wherever one of their ids was, also in the name of a record."""
        if isinstance(value, dict):
            return {name: self.unnamed(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.unnamed(part) for part in value]
        left = self._unnamed(value) if isinstance(value, str) else value
        self.found += left != value
        return left

    def _unnamed(self, value: str) -> str:
        """An alias for an id; in the name of a record also what its key has become in the dossier."""
        head, slash, key = value.partition("/")
        kind = head.partition(":")[0] if slash else ""
        theirs = self._users | self._contacts
        if kind == "person" and key in theirs:
            return f"{head}/{alias(self.erasure, key)}"
        if kind in KINDS:
            return f"{head}/{self.key(key)}"
        return alias(self.erasure, value) if value in theirs else value

    def key(self, key: str) -> str:
        """A record's key without them: some make an address the name of an answer."""
        return f"erased-{mark('record', key)[:12]}" if self.mentions(key) else key

    def _aliased(self, row: Row, at: Mapping[str, int]) -> Row:
        """The source may have made of the user's id the event's own, and a name for the account it does not say."""
        user_id, row = row[at["user_id"]], list(row)
        row[at["user_id"]] = alias(self.erasure, user_id)
        if row[at["account_id"]] == f"{OF_USER}{user_id}":
            row[at["account_id"]] = f"{OF_USER}{alias(self.erasure, user_id)}"
        if "event_id" in at and user_id in row[at["event_id"]]:
            row[at["event_id"]] = mark("event", row[at["event_id"]])
        return row

    def is_ours(self, ref: Ref) -> bool:
        """Whether it names the account. Without an account a person is to be forgotten at all of them."""
        anywhere = not self._whole_account and self._account is None
        return anywhere or ref in self._refs or ref.name == self._account

    def _names(self) -> frozenset[str]:
        return frozenset({*filter(None, [self._account]), *(ref.name for ref in self._refs), *self.erasure.names})

    def _people(self) -> frozenset[str]:
        return self._users | self._contacts | self._emails | frozenset(self.erasure.names)
