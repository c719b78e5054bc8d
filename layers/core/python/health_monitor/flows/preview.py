"""What would be written to an account if an alert opened now: to whom, in which words, by whose hand, and why."""

from datetime import date
from typing import NamedTuple

from health_monitor.act.drafting import facts_of, why_tip
from health_monitor.decide.routing import route
from health_monitor.flows.begin_outreach import OutreachDesk, recipient_of, situation_of
from health_monitor.flows.drafting import compose
from health_monitor.model.account import Account
from health_monitor.model.alert import SEVERITY, USAGE_DROP, Alert, alert_id
from health_monitor.model.config import Bundle
from health_monitor.model.drafting import Choice
from health_monitor.model.outreach import Mail
from health_monitor.model.routing import Route, Tip
from health_monitor.model.usage import Basis, Drop


class Preview(NamedTuple):
    """One mail that nobody sends, with everything that decided about it."""

    choice: Choice
    mail: Mail
    words: str
    tip: Tip | None
    why_tip: str
    routes: tuple[tuple[Drop, Route, tuple[str, ...]], ...]


def preview(name: str, account: Account, bundle: Bundle, as_of: date, desk: OutreachDesk) -> Preview:
    """The mail by a template, worded by the template, and the route of a moderate and of a severe drop."""
    choice, users = recipient_of(account.account_id, bundle, as_of, desk)
    mail, words = compose(name, account, choice.contact, users, bundle, as_of, sent_on=_sent_on(name, as_of))
    facts = facts_of(account, choice.contact, users, bundle.team, bundle.advice, as_of)
    situation = situation_of(account.account_id, as_of, desk)
    routes = tuple(
        (drop, *route(_alert(account, drop, as_of), account, situation, bundle))
        for drop in (Drop.MODERATE, Drop.SEVERE)
    )
    return Preview(choice, mail, words, facts.tip, why_tip(facts.tip, facts) if facts.tip else "", routes)


def _sent_on(name: str, as_of: date) -> date | None:
    """A follow-up follows a mail; in a preview, one of today."""
    return as_of if name == "follow_up" else None


def _alert(account: Account, drop: Drop, as_of: date) -> Alert:
    """An alert that opened today; what it measured decides about no route."""
    return Alert(
        alert_id=alert_id(account.account_id, USAGE_DROP, as_of), account_id=account.account_id, rule=USAGE_DROP,
        opened_on=as_of, usage_drop=drop, highest_usage_drop=drop, severity=SEVERITY[drop], index=0, baseline=0,
        ratio=0, basis=Basis.OWN, profile="", variant="", config="", csm_email=account.csm_email,
    )  # fmt: skip
