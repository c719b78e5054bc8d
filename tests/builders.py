"""Nouns for tests: a test names only what matters to it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from health_monitor.model.account import Account, Contact
from health_monitor.model.alert import SEVERITY, USAGE_DROP, Alert, Message, Notice, alert_id
from health_monitor.model.default_scorecard import default_scorecard
from health_monitor.model.evidence import Evidence, Use
from health_monitor.model.outreach import Conversation, Mail, Wording
from health_monitor.model.records import Override, Person, Ticket, Touchpoint
from health_monitor.model.run import RunRecord, SourceFreshness
from health_monitor.model.score import HISTORY_DAYS, Driver, Signal, Standing
from health_monitor.model.score import History as Scores
from health_monitor.model.scorecard import Scorecard
from health_monitor.model.usage import Basis, Drop, Episode, History, Series, State, UserUse, Verdict

A_DAY = date(2026, 11, 1)
A_MOMENT = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)


def an_account(account_id: str = "acme", **known: Any) -> Account:
    facts: dict[str, Any] = {
        "name": "Acme",
        "segment": "smb",
        "tier": "standard",
        "plan": "pro",
        "arr": Decimal("12000.50"),
        "csm_email": "carla@example.com",
        "usage_start": date(2026, 1, 1),
    }
    return Account(account_id=account_id, **(facts | known))


def a_contact(contact_id: str = "c1", account_id: str = "acme", **known: Any) -> Contact:
    return Contact(account_id=account_id, contact_id=contact_id, **({"name": "Charlie", "role": "champion"} | known))


def a_series(
    active_users: Sequence[int] = (3, 0, 2),
    *,
    events: Sequence[int] | None = None,
    new_users: Sequence[int] | None = None,
    first_day: date = date(2026, 8, 1),
) -> Series:
    """Daily counts; left unsaid, every active user does one thing and nobody is new."""
    return Series(
        first_day.toordinal(),
        list(active_users if events is None else events),
        list(active_users),
        list(new_users or [0] * len(active_users)),
    )


def a_user(user_id: str = "u1", **known: Any) -> UserUse:
    day = A_DAY.toordinal()
    facts: dict[str, Any] = {
        "first_day": day - 90,
        "last_day": day,
        "last_feature": "report",
        "fortnight": 0b101,
        "last_seen": f"{date.fromordinal(known.get('last_day', day))}T09:30:00+00:00",
    }
    return UserUse(user_id=user_id, **(facts | known))


def a_history(
    account_id: str = "acme", series: Series | None = None, users: Sequence[UserUse] | None = None
) -> History:
    return History(account_id, series or a_series(), tuple(users if users is not None else [a_user()]))


def a_verdict(drop: Drop = Drop.NONE, ratio: tuple[int, int] = (1, 1), **known: Any) -> Verdict:
    index, baseline = ratio
    return Verdict(**({"drop": drop, "reason": None, "basis": Basis.OWN, "index_num": index, "index_den": 14,
                       "baseline_num": baseline, "baseline_den": 14} | known))  # fmt: skip


def an_episode(opened_on: date = A_DAY, drop: Drop = Drop.MODERATE, **known: Any) -> Episode:
    return Episode(opened_on.toordinal(), drop, a_verdict(drop, (1, 2)), **known)


def a_state(day: date = A_DAY, verdict: Verdict | None = None, episode: Episode | None = None) -> State:
    return State(day.toordinal(), verdict or a_verdict(), episode)


def an_alert(
    account_id: str = "acme", opened_on: date = A_DAY, usage_drop: Drop = Drop.MODERATE, **known: Any
) -> Alert:
    facts: dict[str, Any] = {
        "rule": USAGE_DROP,
        "highest_usage_drop": usage_drop,
        "severity": SEVERITY[usage_drop],
        "index": 2.5,
        "baseline": 5.25,
        "ratio": 2.5 / 5.25,
        "basis": Basis.OWN,
        "profile": "everyone",
        "variant": "active_user_days, include_current",
        "config": "0123456789ab",
        "csm_email": "carla@example.com",
    }
    facts |= known
    identity = alert_id(account_id, facts["rule"], opened_on)
    return Alert(alert_id=identity, account_id=account_id, opened_on=opened_on, usage_drop=usage_drop, **facts)


def a_mail(**known: Any) -> Mail:
    suggested = Wording(subject="A quick check-in", text="Hi Charlie,\n\nhow is it going?\n\nCarla")
    return Mail(**({"step": "check_in", "template": "check_in", "suggested": suggested} | known))


def a_conversation(account_id: str = "acme", opened_on: date = A_DAY, **known: Any) -> Conversation:
    name = alert_id(account_id, known.pop("rule", USAGE_DROP), opened_on)
    facts: dict[str, Any] = {
        "severity": "moderate", "segment": "smb", "contact_id": "c1", "contact_name": "Charlie",
        "contact_email": "charlie@acme.example", "csm_email": "carla@example.com", "automatic": True,
        "reasons": ("a standard account",), "config": "config-1", "check_in": a_mail(),
    }  # fmt: skip
    named = {"conversation_id": name, "alert_id": name, "account_id": account_id, "opened_on": opened_on}
    return Conversation.model_validate(named | facts | known)


def a_message(message_id: str = "acme/usage_drop/2026-11-01/opened/email", **known: Any) -> Message:
    facts = {"channel": "email", "to": "carla@example.com", "subject": "Acme uses less", "text": "Down by half."}
    return Message(message_id=message_id, **(facts | known))


def a_notice(notice_id: str = "acme/usage_drop/2026-11-01/opened", **known: Any) -> Notice:
    facts: dict[str, Any] = {
        "alert_id": "acme/usage_drop/2026-11-01",
        "account_id": "acme",
        "kind": "opened",
        "status": "ready",
        "due_on": A_DAY,
        "messages": (a_message(),),
        "created_at": A_MOMENT,
    }
    return Notice(notice_id=notice_id, **(facts | known))


def a_run(as_of: date = A_DAY, **known: Any) -> RunRecord:
    facts = {"run": "run-1", "status": "complete", "config": "0123456789ab", "planned": 3, "judged": 3}
    return RunRecord(as_of=as_of, **(facts | known))


def freshness(source: str = "csv", **known: Any) -> SourceFreshness:
    facts = {"complete_from": date(2026, 1, 1), "complete_through": A_DAY, "received_at": A_MOMENT}
    return SourceFreshness(source=source, **(facts | known))


def a_scorecard(**known: Any) -> Scorecard:
    """The product's own, with what a test says of it."""
    return Scorecard.model_validate(default_scorecard().model_dump() | known)


def a_use(**known: Any) -> Use:
    """Ten users who come most days and do all there is to do, as they did 90 days ago."""
    return Use(**({
        "age": 400, "seen_days": 401, "index_now": 100, "index_30": 100, "index_60": 100, "index_90": 100,
        "baseline": 1.0, "active_30": 10, "new_90": 0, "daily": 10, "weekly": 0, "monthly": 0,
        "user_health": (100_000, 10), "engaged": 10, "at_risk": 0, "dormant": 0, "features": ("report", "upload"),
    } | known))  # fmt: skip


def an_evidence(day: date = A_DAY, **known: Any) -> Evidence:
    """An account of which nothing is known, but what a test says."""
    return Evidence(day, **({"account": an_account()} | known))


def a_touch(key: str = "1", **known: Any) -> Touchpoint:
    facts: dict[str, Any] = {"source": "hubspot", "changed_at": A_MOMENT, "kind": "email", "at": A_MOMENT}
    return Touchpoint(key=key, **facts | known)


def a_ticket(key: str = "1", **known: Any) -> Ticket:
    facts: dict[str, Any] = {"source": "hubspot", "changed_at": A_MOMENT, "opened_at": A_MOMENT}
    return Ticket(key=key, **facts | known)


def an_override(key: str = "1", **known: Any) -> Override:
    facts: dict[str, Any] = {
        "source": "person", "changed_at": A_MOMENT, "status": "at_risk", "reason": "the champion left",
        "author": "carla@example.com", "at": A_MOMENT, "expires_on": date(2027, 1, 31),
    }  # fmt: skip
    return Override(key=key, **facts | known)


def a_person(contact_id: str = "c1", **known: Any) -> Person:
    return Person(source="contacts", key=contact_id, changed_at=A_MOMENT, **known)


def a_standing(account_id: str = "acme", **known: Any) -> Standing:
    """With half a year of scores."""
    values = tuple(700 + n % 7 if n % 11 else None for n in range(HISTORY_DAYS))
    standing: dict[str, Any] = {
        "as_of": A_DAY, "version": "0123456789ab", "card": "default", "score": 749, "coverage": 8_300,
        "provisional": False, "status": "moderate", "model_status": "healthy", "flags": ("rapid_decline",),
        "dimensions": {"usage": 7_600, "value": None}, "priority": 1234.5, "tier": "T2",
        "drivers": (Driver("usage_trend", "usage", -82, "usage fell by 31 % in 90 days"),),
        "signals": (Signal("p1_open", "critical", "a P1 ticket is open", ("ticket:hubspot/1",)),),
        "history": Scores("0123456789ab", A_DAY.toordinal() - HISTORY_DAYS + 1, values),
    }  # fmt: skip
    return Standing(account_id=account_id, **standing | known)
