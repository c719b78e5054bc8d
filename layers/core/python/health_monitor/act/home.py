"""App Home "Today": what a CSM has to decide, in order, so that nobody needs another tab."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from textwrap import shorten
from typing import NamedTuple

from health_monitor.act.blocks import VIEW_BLOCKS, Block, context, divider, header, line, quoted, section
from health_monitor.act.cards import row
from health_monitor.act.standing import Reader, day, marked, needs_a_person, standing
from health_monitor.model.account import Account
from health_monitor.model.alert import Alert
from health_monitor.model.outreach import Conversation, Switch

EACH = 3
"""Blocks of one conversation, with its divider."""
ROOM = (VIEW_BLOCKS - 4) // EACH
"""How many conversations fit, beside the title, the standing, the cut and the summary."""
_SOON, _NEAR = timedelta(days=60), timedelta(days=120)
_EXCERPT = 300


class Item(NamedTuple):
    """A conversation with its account, and the CSM who reads of it."""

    conversation: Conversation
    account: Account
    reader: Reader = Reader()


def home(
    items: Sequence[Item], now: datetime, switch: Switch, alerts: Mapping[str, Alert] | None = None, *, several: bool
) -> Block:
    """The whole tab; `alerts`: those of what is shown, by id; `several`: of more than one CSM, so each says whose."""
    shown, more = on_top(items, now)
    blocks = [header("Today"), context(_summary(items, now, switch))]
    for place, item in enumerate(shown):
        alert = (alerts or {}).get(item.conversation.alert_id)
        blocks += [*([divider()] if place else []), *_compact(item, alert, now, switch, several)]
    if more:
        blocks.append(section(f"…and {more:,} more; they move up as these are decided."))
    if not shown:
        blocks.append(section("Nothing waits for you. New alerts come in the morning."))
    return {"type": "home", "blocks": blocks}


def on_top(items: Sequence[Item], now: datetime) -> tuple[list[Item], int]:
    """What fits into the tab, in order, and how many more there are."""
    open_ones = in_order([one for one in items if _shown(one.conversation, now)], now)
    return open_ones[:ROOM], len(open_ones[ROOM:])


def in_order(items: Sequence[Item], now: datetime) -> list[Item]:
    """What needs a person first; then high priority, then ARR times urgency, then the oldest."""

    def key(item: Item) -> tuple[bool, bool, float, date, str]:
        one = item.conversation
        waits = needs_a_person(one, now)
        return not waits, not one.high_priority, -worth(item.account, now.date()), one.opened_on, one.conversation_id

    return sorted(items, key=key)


def worth(account: Account, today: date) -> float:
    """ARR, twice when the renewal is at most 60 days away, half as much again up to 120; unknown ARR counts nothing."""
    arr = float(account.arr or 0)
    until = account.renewal_date - today if account.renewal_date else None
    if until is None or until < timedelta(0) or until > _NEAR:
        return arr
    return arr * (2 if until <= _SOON else 1.5)


def _shown(conversation: Conversation, now: datetime) -> bool:
    return needs_a_person(conversation, now) or (conversation.ended is None and conversation.current.status == "queued")


def _summary(items: Sequence[Item], now: datetime, switch: Switch) -> str:
    unfinished = [one.conversation for one in items if one.conversation.ended is None]
    waiting = sum(needs_a_person(one, now) for one in unfinished)
    queued = [one.current.due_at for one in unfinished if one.current.status == "queued"]
    today = sum(due is not None and due.date() <= now.date() for due in queued)
    asleep = sum(one.snoozed_until is not None and one.snoozed_until > now for one in unfinished)
    parts = [f"{waiting} to decide", f"{today} go out by themselves today", f"{len(queued) - today} later"]
    parts += [f"{asleep} snoozed", _mode(switch)]
    return " · ".join(parts)


def _mode(switch: Switch) -> str:
    if switch.stopped:
        return "*all customer mail is stopped*"
    return {
        "draft": "before go-live: drafts only; health-monitor go-live changes that",
        "pilot": "pilot: only its accounts get mail by themselves; health-monitor go-live widens it",
        "live": "live",
    }[switch.mode]


def _compact(item: Item, alert: Alert | None, now: datetime, switch: Switch, several: bool) -> list[Block]:
    one = item.conversation
    flag = "🚩 " if one.high_priority else ""
    whose = f" · {line(item.reader.calls(one.csm_email) if one.csm_email else 'no CSM', 100)}" if several else ""
    arr = f" · ARR {item.account.arr:,.0f}" if item.account.arr is not None else ""
    renewal = f" · renews {day(item.account.renewal_date)}" if item.account.renewal_date else ""
    fell = f" · usage at {alert.percent} of usual" if alert else ""
    first = f"{flag}*{line(item.account.label)}*{fell}{arr}{renewal}{whose}"
    to = f"To {line(one.contact_name or one.contact_email or 'nobody to write to')}"
    said = marked(standing(one, now, item.reader, switch)[0], item.reader.zone)
    draft, _ = quoted(shorten(one.current.final.text, _EXCERPT, placeholder=" …"), 2 * _EXCERPT)
    text = section(f"{first}\n{to}: {line(one.current.final.subject)}\n{draft}\n{said}")
    return [text, *filter(None, [row(one)])]
