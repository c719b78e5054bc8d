"""What arrives by itself: events by the hour, names of accounts, where each source stands, who must be forgotten."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from health_monitor.model.heard import NameClaim, Ref, Unmatched
from health_monitor.model.source import Erasure, Pointer, SourceState
from health_monitor.model.usage import UsageEvent

ARRIVALS_KEPT = timedelta(days=16)
"""A week of lateness, and more than a week in which no night ran."""


class Arrivals(Protocol):
    """Events as they arrived, by holder (an account id) and hour of arrival. Adding one again changes nothing."""

    def add(self, received: datetime, events: Iterable[UsageEvent]) -> None:
        """Keep each event with its holder, `account_id`, under the hour of `received`: now, or a minute ago, no more.

        The last event is read before the first is kept, for a holder's events of one call cost little more than one.
        The nights take it that nothing is put into an hour that ended an hour ago.
        """

    def read(
        self, since: Mapping[str, datetime], until: Mapping[str, datetime] | None = None
    ) -> dict[str, dict[UsageEvent, datetime]]:
        """Each holder's different events that arrived in its hour or later, each with the first of these hours.

        until: for some holders the hour before which. In a fixed order; only holders that have some. Of an event's own
        id a hash is left; add takes it for the id.
        """

    def remove(self, holders: Iterable[str]) -> None:
        """Forget everything that waits for these holders."""

    def discard(self, events: Iterable[UsageEvent]) -> None:
        """Forget exactly these events of their holders; what has come since they were read stays."""

    def forget_user(self, holder: str, user_id: str, pseudonym: str) -> int:
        """Put the pseudonym in the user's place; how many events were changed."""


class Names(Protocol):
    """Which accounts go by a name."""

    def claim(self, claims: Iterable[NameClaim]) -> None:
        """Record each claim; the same one again changes nothing.

        Nor does one more than CROWD by the same word: the name is crowded for good, whoever takes a claim back.
        """

    def claims(self, refs: Sequence[Ref]) -> dict[Ref, list[NameClaim]]:
        """Every claim on each of the names that somebody claims; an account claims its own id, whoever uses it."""

    def of_account(self, account_id: str) -> list[NameClaim]:
        """Every name an account goes by."""

    def disclaim(self, claims: Iterable[NameClaim]) -> None:
        """Take each claim back."""

    def changed(self) -> None:
        """Accounts began or ended: whoever remembers what a name means must ask again."""


class UnmatchedNames(Protocol):
    """Names whose records wait for an account."""

    def save(self, unmatched: Iterable[Unmatched]) -> None:
        """Record each; of one that is known already the first sighting stays."""

    def all(self) -> list[Unmatched]:
        """Every one, by source and name."""

    def those(self, refs: Iterable[Ref]) -> list[Ref]:
        """Those of the names that are among them."""

    def remove(self, ref: Ref) -> None:
        """It has found its account, or nothing waits under it any more."""


class SourceStates(Protocol):
    def get(self, source: str) -> SourceState:
        """Where the source stands; an empty state if it never ran."""

    def save_cursor(self, source: str, cursor: str, at: datetime) -> None:
        """The source's rows up to here are stored."""

    def pause(self, source: str, because: str, at: datetime) -> bool:
        """Stand still until a person resumes; False when it stands still already."""

    def resume(self, source: str) -> None:
        """Go on at the next schedule."""

    def all(self) -> list[SourceState]:
        """Every source that ever ran or was paused, by name."""


class Erasures(Protocol):
    def save(self, erasure: Erasure) -> None:
        """Write the erasure whole."""

    def get(self, erasure_id: str) -> Erasure | None:
        """One erasure, for its receipt."""

    def all(self) -> list[Erasure]:
        """Every erasure, the oldest first."""

    def forgotten(self) -> Mapping[str, datetime]:
        """Every erasure's marks, with the latest moment each was asked for: late records are recognised by them."""


class Inbox(Protocol):
    def put(self, pointer: Pointer) -> None:
        """Queue a body that was archived; once this returns it will be read."""


class DeadLetters(Protocol):
    def depths(self) -> dict[str, int]:
        """How many messages wait for a person in each dead-letter queue, by its name."""
