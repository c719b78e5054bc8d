"""What can go wrong, sorted by what happens next.

TryAgain      may work later: the queue redelivers, the state machine retries, then the dead-letter queue
NeedsHuman    credentials, permission, configuration: stop, say what to do, once
BadRecord     one record is unusable: quarantine it, count it, go on
AlreadyDone   somebody finished first: success

Flat on purpose: Lambda reports the class name alone and Step Functions compares strings.
Anything else is a bug and crashes.
"""
# ruff: noqa: N818  (the names say what happens next, which is more than "Error" says)


class TryAgain(Exception):
    """It may work later."""


class NeedsHuman(Exception):
    """A person has to change something first; the message says what."""


class BadRecord(Exception):
    """One record cannot be used; it names the field and the remedy."""

    def __init__(self, field: str, reason: str, remedy: str) -> None:
        super().__init__(f"{field}: {reason}; {remedy}")
        self.field = field
        self.reason = reason
        self.remedy = remedy


class AlreadyDone(Exception):
    """Somebody finished this first."""
