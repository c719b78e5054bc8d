"""What became of each alert: from flagged to recovered, and where it stopped on the way."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from health_monitor.model.alert import Alert
from health_monitor.model.outreach import Conversation, Entry
from health_monitor.model.usage import Resolution

RECOVERED_WITHIN = timedelta(days=30)
"""An account has recovered if the alert ended so within this time; a younger open alert may still."""
QUEUED, WITH_A_PERSON, HOLDOUT = "queued", "not_sent_by_anybody", "holdout"
_ASKED = frozenset({"sending", "uncertain", "sent", "delivered", "bounced", "complained"})
_STOPS = frozenset({"not_sent", "waits", "queued", "cancelled", "withheld"})
By = Literal["template", "segment", "level"]


@dataclass(frozen=True, slots=True)
class Case:
    """An alert and its conversation, as far as it can be judged today.

    stopped_by: why the first mail did not go out, as a code; None when it did. left_out: it was withheld, whatever a
    person did when usage fell further. index_change: by how much of its own
    usual use (the alert's baseline) the account's use had changed so many days after the alert; not there when it was
    not judged on that day. recovered: None when it is too early to say.
    """

    account_id: str
    opened_on: date
    template: str
    segment: str
    level: str
    ratio: float
    age_days: int | None
    drafted: bool
    by_itself: bool
    stopped_by: str | None
    left_out: bool
    delivered: bool
    replied: bool
    recovered: bool | None
    index_change: dict[int, float]

    @property
    def sent(self) -> bool:
        return self.drafted and self.stopped_by is None


def case_of(alert: Alert, conversation: Conversation | None, usage_start: date | None, today: date) -> Case:
    """What became of an alert; it has no conversation when it was raised before there were any, or was held back."""
    mail = conversation.check_in if conversation else None
    return Case(
        account_id=alert.account_id,
        opened_on=alert.opened_on,
        template=mail.template if mail else "none",
        segment=(conversation.segment if conversation else None) or "none",
        level=alert.usage_drop.value,
        ratio=alert.ratio,
        age_days=(alert.opened_on - usage_start).days if usage_start else None,
        drafted=conversation is not None,
        by_itself=any(one.what == "sending" and one.by == "automatic" for one in _first_mails(conversation)),
        stopped_by=None if mail is None or mail.status in _ASKED else _stop(_first_mails(conversation)),
        left_out=any(one.what == "withheld" for one in _first_mails(conversation)),
        delivered=mail is not None and mail.status in ("delivered", "complained"),
        replied=conversation is not None and conversation.response is not None,
        recovered=_recovered(alert, today),
        index_change=_changes(alert, conversation),
    )


def _first_mails(conversation: Conversation | None) -> list[Entry]:
    """The decisions about its first mail."""
    return [one for one in conversation.log if one.step == "check_in"] if conversation else []


def _stop(decisions: Iterable[Entry]) -> str:
    last = None
    for one in decisions:
        last = one if one.what in _STOPS else last
    if last is None:
        return WITH_A_PERSON
    return QUEUED if last.code.startswith("due ") else last.code


def _recovered(alert: Alert, today: date) -> bool | None:
    until = alert.opened_on + RECOVERED_WITHIN
    if alert.resolution is Resolution.RECOVERED and alert.resolved_on and alert.resolved_on <= until:
        return True
    return False if today > until else None


def _changes(alert: Alert, conversation: Conversation | None) -> dict[int, float]:
    known = conversation.index_at if conversation else {}
    later = {days: index for days, index in known.items() if days and index is not None}
    return {days: (index - alert.index) / alert.baseline for days, index in later.items() if alert.baseline}


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many alerts came how far; `held` by the code of what stopped the first mail.

    recovered: of `judged`, those that are old enough or have recovered already.
    """

    flagged: int
    drafted: int
    sent: int
    held: tuple[tuple[str, int], ...]
    delivered: int
    replied: int
    recovered: int
    judged: int


def funnel(cases: Iterable[Case]) -> Funnel:
    """The way of these alerts."""
    some = list(cases)
    held = Counter(one.stopped_by for one in some if one.stopped_by)
    return Funnel(
        flagged=len(some),
        drafted=sum(one.drafted for one in some),
        sent=sum(one.sent for one in some),
        held=tuple(sorted(held.items(), key=lambda row: (-row[1], row[0]))),
        delivered=sum(one.delivered for one in some),
        replied=sum(one.replied for one in some),
        recovered=sum(one.recovered is True for one in some),
        judged=sum(one.recovered is not None for one in some),
    )


def grouped(cases: Iterable[Case], by: By | None) -> dict[str, list[Case]]:
    """The cases by what they have in common, in its order; all of them as one group when nothing is named."""
    groups: dict[str, list[Case]] = {}
    for one in cases:
        name: str = getattr(one, by) if by else "all"
        groups.setdefault(name, []).append(one)
    return dict(sorted(groups.items()))
