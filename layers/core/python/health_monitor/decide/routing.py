"""Who answers an alert: severity x value, and what makes an account too complex for automatic mail."""

from collections.abc import Iterator

from health_monitor.model.account import Account
from health_monitor.model.alert import Alert
from health_monitor.model.config import Bundle, HighValue
from health_monitor.model.records import STATUS
from health_monitor.model.routing import Complex, Route, Routing, Situation

LINES = {"moderate": "usage fell moderately", "high": "usage fell below the severe line"}


def route(alert: Alert, account: Account, situation: Situation, bundle: Bundle) -> tuple[Route, tuple[str, ...]]:
    """The route of an alert, and every reason for it."""
    special, in_doubt = not_standard(account, situation, bundle), doubts(situation, bundle.routing)
    routes = bundle.routing.routes
    by_drop = routes.high_value_or_complex if special else routes.standard
    severe = alert.severity != "moderate"
    chosen = by_drop.severe if severe else by_drop.moderate
    if in_doubt and chosen.send == "automatic":
        chosen = routes.high_value_or_complex.moderate
    told = (*special, *(f"{code}: {because}" for code, because in in_doubt.items()))
    return chosen, (LINES["high" if severe else "moderate"], *(told or ("it is a standard account",)))


def not_standard(account: Account, situation: Situation, bundle: Bundle) -> tuple[str, ...]:
    """What makes an account one for a person: high value, or complex; nothing for a standard account."""
    return (*_high_value(account, bundle.high_value), *_complex(account, situation, bundle.routing.complex))


def doubts(situation: Situation, routing: Routing) -> dict[str, str]:
    """Why nothing goes out by itself although its usage alone would allow it, by code: a person has judged otherwise,
    or too little is known of its health. What was never scored is in no doubt."""
    found: dict[str, str] = {}
    if override := situation.override:
        found["override"] = f"{override.author} set its status to {STATUS[override.status]} ({override.reason})"
    coverage, least = situation.coverage, routing.auto_send_min_coverage
    if coverage is not None and coverage < least * 100:
        found["provisional"] = f"only {coverage // 100} % of what its health score asks is known, less than {least} %"
    return found


def _high_value(account: Account, high_value: HighValue) -> Iterator[str]:
    if account.tier in high_value.tiers:
        yield f"high-value: its tier is {account.tier}"
    elif high_value.covers(account):
        yield f"high-value: its ARR is {account.arr:,.0f}, at least {high_value.arr_at_least:,.0f}"


def _complex(account: Account, situation: Situation, asked: Complex) -> Iterator[str]:
    if asked.open_p1 and situation.open_p1:
        yield "complex: a P1 ticket is open"
    yield from _flagged(situation, asked)
    days = (account.renewal_date - situation.as_of).days if account.renewal_date else None
    within = asked.renewal_within_days
    if days is not None and within is not None and 0 <= days <= within:
        yield f"complex: it renews on {account.renewal_date}, in {days} days"
    if asked.child_accounts and (account.child_accounts or 0) > 0:
        yield f"complex: it has child accounts ({account.child_accounts})"
    if asked.several_products and (account.products or 0) > 1:
        yield f"complex: it uses several products ({account.products})"
    mood = (account.sentiment or "").strip().lower()
    if asked.negative_sentiment and mood in {word.lower() for word in asked.negative_words}:
        yield f"complex: its sentiment is {mood}"


def _flagged(situation: Situation, asked: Complex) -> Iterator[str]:
    wanted = {"escalation": asked.escalation, "playbook": asked.active_playbook, "complex": asked.flagged}
    said = {"escalation": "an escalation is open", "playbook": "a playbook is running", "complex": "it is flagged"}
    for flag in situation.flags:
        if wanted.get(flag.kind) and (flag.until is None or flag.until >= situation.as_of):
            yield f"complex: {said[flag.kind]} ({flag.because})"
