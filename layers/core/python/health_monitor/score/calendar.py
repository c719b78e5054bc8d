"""What the dates of an account say on a day: when it renews, and when anybody last spoke with it."""

from datetime import date

from health_monitor.model.evidence import Evidence
from health_monitor.model.records import Touchpoint


def renewal_of(evidence: Evidence) -> date | None:
    """The next renewal: the account's own date, else that of a renewal still open; None when none lies ahead."""
    known = [evidence.account.renewal_date]
    known += [one.due_on for one in evidence.dossier.renewals if one.outcome == "pending"]
    return next((day for day in known if day is not None and day >= evidence.day), None)


def renews_in(evidence: Evidence) -> int | None:
    """Days to the next renewal."""
    due = renewal_of(evidence)
    return None if due is None else (due - evidence.day).days


def last_touchpoint(evidence: Evidence) -> Touchpoint | None:
    """The last contact, digital ones too (D9); what no person wrote, or nobody came to, is none."""
    touches = (one for one in evidence.dossier.touchpoints if not one.automatic and one.attended is not False)
    met = (one for one in touches if one.kind != "note" and one.when.date() <= evidence.day)
    return max(met, key=lambda one: (one.at, one.key), default=None)


def last_touch(evidence: Evidence) -> date | None:
    """The day of the last contact."""
    last = last_touchpoint(evidence)
    return None if last is None else last.when.date()
