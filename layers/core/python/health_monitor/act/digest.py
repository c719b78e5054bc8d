"""The words of a night's digest, and of a critical signal that cannot wait for the night."""

import hashlib
from datetime import date, datetime

from health_monitor.act.health import stands
from health_monitor.model.account import Account
from health_monitor.model.alert import Message
from health_monitor.model.digest import SEVERITIES, Digest, News
from health_monitor.model.score import Signal, Standing

LISTED = 40
"""So many accounts a message tells in full; it counts the others."""
REASONS = 2
"""So many measures are named that pull a score down."""
NAMED = 3
"""So many records of a signal are named."""
HEADS = {"critical": "Critical: today", "high": "High: within a day", "moderate": "Moderate: this week"}
"""Seed 002: how soon each asks for action."""


def notice_id_of(digest: Digest) -> str:
    """The same for the same colleague and night, and nobody's address."""
    return f"digest/{_nobodys(digest.to)}/{digest.night.isoformat()}"


def digest_message(digest: Digest) -> Message:
    """One mail with everything a colleague has to hear of tonight."""
    return _mail(notice_id_of(digest), digest)


def at_once_message(account_id: str, at: datetime, digest: Digest) -> Message:
    """The mail about an account's critical signals between two nights; its name is made of the moment."""
    return _mail(f"signals/{account_id}/{at.isoformat()}/{_nobodys(digest.to)}", digest)


def _mail(name: str, digest: Digest) -> Message:
    return Message(
        message_id=f"{name}/email", channel="email", to=digest.to, subject=_subject(digest), text=_text(digest)
    )


def _subject(digest: Digest) -> str:
    names = [one.account.label for one in digest.news]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    severity = digest.news[0].severity
    return " ".join(f"[{severity}] {', '.join(names[:2])}{more}: what changed by {digest.night}".split())


def _text(digest: Digest) -> str:
    listed, lines = digest.news[:LISTED], list[str]()
    for severity in SEVERITIES:
        some = [one for one in listed if one.severity == severity]
        if some:
            lines += [HEADS[severity], *(f"\n{_account(one, digest.night)}" for one in some), ""]
    if len(digest.news) > LISTED:
        lines += [f"… and {len(digest.news) - LISTED:,} more accounts: health-monitor accounts", ""]
    whose = digest.news[0].account.account_id if len(digest.news) == 1 else "ACCOUNT"
    lines.append(f"Why a score is what it is, and what would help: health-monitor explain {whose}")
    return "\n".join(lines)


def _account(one: News, night: date) -> str:
    said = [f"  - {signal.said}{_records(signal)}" for signal in one.signals]
    reasons = [f"  {_beside(one)}: {driver.said}" for driver in one.standing.drivers[:REASONS]]
    return "\n".join([f"{one.account.label} ({one.account.account_id}): {stands(one.standing)}",
                      *said, *reasons, f"  {_facts(one.account, one.standing, night)}"])  # fmt: skip


def _records(signal: Signal) -> str:
    """Which records it speaks of."""
    more = f" and {len(signal.records) - NAMED} more" if len(signal.records) > NAMED else ""
    return f" [{', '.join(signal.records[:NAMED])}{more}]" if signal.records else ""


def _beside(one: News) -> str:
    """What pulls the score down is the reason of what the score says, and stands beside what a record says."""
    return "what else pulls the score down" if one.signals[0].records else "because"


def _facts(account: Account, standing: Standing, night: date) -> str:
    renewal = account.renewal_date
    known = [
        f"ARR {account.arr:,.0f}" if account.arr is not None else None,
        f"renews on {renewal}" if renewal and renewal >= night else None,
        f"tier {standing.tier}" if standing.tier else None,
        f"last touchpoint {standing.last_touch}" if standing.last_touch else None,
    ]
    return ", ".join(one for one in known if one) or "nothing else is known"


def _nobodys(address: str) -> str:
    return hashlib.sha256(address.lower().encode()).hexdigest()[:12]
