"""What the dates of an account say on a day: when it renews, and when anybody last spoke with it."""

from datetime import date

from health_monitor.model.evidence import Evidence
from health_monitor.model.records import Person, Touchpoint
from health_monitor.score.reading import days_since

UNSPOKEN = ("note", "ticket")
"""Kinds of touchpoints in which nobody of ours speaks with anybody of theirs."""


def renewal_of(evidence: Evidence) -> date | None:
    """The next renewal: the account's own date, else the nearest that is still open; None when none lies ahead."""
    own = evidence.account.renewal_date
    if own is not None and own >= evidence.day:
        return own
    pending = (one.due_on for one in evidence.dossier.renewals if one.outcome == "pending")
    return min((day for day in pending if day >= evidence.day), default=None)


def renews_in(evidence: Evidence) -> int | None:
    """Days to the next renewal."""
    due = renewal_of(evidence)
    return None if due is None else (due - evidence.day).days


def age_of(evidence: Evidence) -> int | None:
    """Days since the account began: its usage start, else its signup, else its first event."""
    start = evidence.account.usage_start or evidence.account.signup_date
    if start is not None:
        return (evidence.day - start).days
    return evidence.use.age if evidence.use else None


def last_touchpoint(evidence: Evidence) -> Touchpoint | None:
    """The last contact, digital ones too (D9); what no person wrote, or nobody came to, is none.

    A ticket is none either: somebody who complains has not been spoken with.
    """
    latest_first = reversed(evidence.dossier.touchpoints)
    spoken = (one for one in latest_first if one.kind not in UNSPOKEN)
    touches = (one for one in spoken if not one.automatic and one.attended is not False)
    return next((one for one in touches if one.when.date() <= evidence.day), None)


def silence_of(person: Person, evidence: Evidence) -> int | None:
    """Days since the last touchpoint with the person; None where there never was one."""
    touches = (one for one in reversed(evidence.dossier.touchpoints) if one.contact_id == person.key)
    met = next((one for one in touches if not one.automatic and one.attended is not False), None)
    return None if met is None else days_since(evidence.day, met.at)


def last_touch(evidence: Evidence) -> date | None:
    """The day of the last contact."""
    last = last_touchpoint(evidence)
    return None if last is None else last.when.date()
