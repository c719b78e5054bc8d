"""Severity x value: who sends, where the CSM hears of it, and every reason for it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from health_monitor.decide.routing import doubts, not_standard, route
from health_monitor.model.config import Bundle, Profile
from health_monitor.model.outreach import Flag
from health_monitor.model.routing import Complex, Routing, Situation
from health_monitor.model.usage import Drop
from tests.builders import A_DAY, A_MOMENT, an_account, an_alert, an_override

BUNDLE = Bundle(profiles=(Profile(name="everyone"),))
PLAIN = Situation(A_DAY)


def a_flag(kind: Any, until: date | None = None) -> Flag:
    return Flag(kind=kind, because="they said so", by="carla@example.com", at=A_MOMENT, until=until)


@pytest.mark.parametrize(
    ("tier", "drop", "send", "tell", "first"),
    [
        ("standard", Drop.MODERATE, "automatic", ("slack",), False),
        ("standard", Drop.SEVERE, "by_csm", ("slack", "email"), False),
        ("enterprise", Drop.MODERATE, "by_csm", ("slack",), False),
        ("strategic", Drop.SEVERE, "by_csm", ("slack", "email"), True),
    ],
)
def test_the_matrix(tier: str, drop: Drop, send: str, tell: tuple[str, ...], first: bool) -> None:
    chosen, reasons = route(an_alert(usage_drop=drop), an_account(tier=tier), PLAIN, BUNDLE)
    assert (chosen.send, chosen.tell, chosen.high_priority) == (send, tell, first)
    assert reasons[0] == ("usage fell below the severe line" if drop is Drop.SEVERE else "usage fell moderately")
    standard = "it is a standard account"
    assert reasons[1:] == ((standard,) if tier == "standard" else (f"high-value: its tier is {tier}",))


@pytest.mark.parametrize(
    ("facts", "situation", "reason"),
    [
        ({"arr": Decimal(50_000)}, PLAIN, "high-value: its ARR is 50,000, at least 50,000"),
        ({}, PLAIN._replace(open_p1=True), "complex: a P1 ticket is open"),
        ({}, PLAIN._replace(flags=(a_flag("escalation"),)), "complex: an escalation is open (they said so)"),
        ({}, PLAIN._replace(flags=(a_flag("playbook", A_DAY),)), "complex: a playbook is running (they said so)"),
        ({}, PLAIN._replace(flags=(a_flag("complex"),)), "complex: it is flagged (they said so)"),
        ({"renewal_date": date(2026, 12, 31)}, PLAIN, "complex: it renews on 2026-12-31, in 60 days"),
        ({"renewal_date": A_DAY}, PLAIN, "complex: it renews on 2026-11-01, in 0 days"),
        ({"child_accounts": 1}, PLAIN, "complex: it has child accounts (1)"),
        ({"products": 2}, PLAIN, "complex: it uses several products (2)"),
        ({"sentiment": " Negative"}, PLAIN, "complex: its sentiment is negative"),
    ],
)
def test_what_makes_an_account_one_for_a_person(facts: dict[str, Any], situation: Situation, reason: str) -> None:
    account = an_account(**facts)
    assert not_standard(account, situation, BUNDLE) == (reason,)
    assert route(an_alert(), account, situation, BUNDLE)[0].send == "by_csm"
    if reason.startswith("complex"):
        switches = dict.fromkeys(Complex.model_fields, False) | {"renewal_within_days": None, "negative_words": ()}
        off = BUNDLE.model_copy(update={"routing": Routing(complex=Complex(**switches))})
        assert not_standard(account, situation, off) == (), "each can be switched off"


@pytest.mark.parametrize(
    ("facts", "flags"),
    [
        ({"renewal_date": date(2027, 1, 1)}, ()),
        ({"renewal_date": date(2026, 10, 31)}, ()),
        ({"child_accounts": 0, "products": 1, "sentiment": "happy"}, ()),
        ({"arr": Decimal(49_999)}, ()),
        ({}, (a_flag("escalation", date(2026, 10, 31)), a_flag("no_outreach"), a_flag("away"))),
    ],
)
def test_what_does_not(facts: dict[str, Any], flags: tuple[Flag, ...]) -> None:
    assert not_standard(an_account(**facts), PLAIN._replace(flags=flags), BUNDLE) == ()


def test_what_a_person_overrode_or_the_score_hardly_knows_is_never_automatic() -> None:
    overridden = PLAIN._replace(override=an_override())
    chosen, reasons = route(an_alert(), an_account(), overridden, BUNDLE)
    said = "override: carla@example.com set its status to at risk (the champion left)"
    assert (chosen.send, reasons[1:]) == ("by_csm", (said,))
    severe, _ = route(an_alert(usage_drop=Drop.SEVERE), an_account(), overridden, BUNDLE)
    assert (severe.send, severe.high_priority) == ("by_csm", False), "a doubt makes nothing more urgent"
    thin, reasons = route(an_alert(), an_account(), PLAIN._replace(coverage=5_999), BUNDLE)
    assert thin.send == "by_csm"
    assert reasons[1] == "provisional: only 59 % of what its health score asks is known, less than 60 %"


@pytest.mark.parametrize(("coverage", "least"), [(None, 60), (6_000, 60), (0, 0)])
def test_enough_is_known_at_the_line_and_where_there_is_no_score(coverage: int | None, least: int) -> None:
    assert doubts(PLAIN._replace(coverage=coverage), Routing(auto_send_min_coverage=least)) == {}
