"""What stops a customer mail: each reason alone, in its order, for automatic mail and for a person's click."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from health_monitor.act import conversation as steps
from health_monitor.decide.interlocks import NO_TALK, Circumstances, Verdict, check
from health_monitor.model.outreach import Conversation, Flag, Response, Suppression, Switch
from health_monitor.model.records import Touchpoint
from health_monitor.model.routing import Routing, Window
from health_monitor.model.usage import Drop, Resolution
from tests.builders import A_MOMENT, a_contact, a_conversation, a_mail, a_ticket, a_touch, an_account, an_alert

NOW = datetime.fromisoformat("2026-11-04T10:00:00+00:00")  # a Wednesday
ADDRESS = "charlie@acme.example"
LIVE = Switch(mode="live")
ROUTING = Routing()


def a_flag(kind: str, **known: Any) -> Flag:
    return Flag.model_validate({"kind": kind, "because": "said so", "by": "max@example.com", "at": NOW} | known)


def touched(days_ago: int = 2, **known: Any) -> Touchpoint:
    return a_touch(at=NOW - timedelta(days=days_ago), **known)


def known(**changed: Any) -> Circumstances:
    fine = Circumstances(account=an_account(), alert=an_alert(), contact=a_contact(email=ADDRESS))
    return replace(fine, **changed)


def queued(**changed: Any) -> Conversation:
    return steps.queue(a_conversation(**changed), "check_in", A_MOMENT, A_MOMENT, "a standard account")


def approved(**changed: Any) -> Conversation:
    return steps.approve(a_conversation(**changed), "check_in", A_MOMENT, "carla@example.com")


def judged(conversation: Conversation, facts: Circumstances, switch: Switch = LIVE) -> Verdict:
    return check(conversation, "check_in", facts, ROUTING, switch, NOW)


SUPPRESSED = {
    reason: known(suppression=Suppression(reason=reason, at=NOW, source="ses"))
    for reason in ("unsubscribed", "bounced", "complained")
}
EVERYBODY: dict[str, Circumstances] = {
    "no_recipient": known(contact=None),
    "no_address": known(contact=a_contact()),
    "provider_suppressed": known(provider_suppressed=True),
    "sender_not_verified": known(not_from="the domain is not verified"),
    **SUPPRESSED,
}
"""What stops a person's click, too."""
AUTOMATIC: dict[str, Circumstances] = {
    "open_p1": known(tickets=(a_ticket(severity="p1", opened_at=NOW),)),
    "escalation": known(flags=(a_flag("escalation"),)),
    "live_conversation": known(touchpoints=(touched(),)),
    "csm_away": known(csm_flags=(a_flag("away", until=NOW.date()),)),
    "csm_changed": known(account=an_account(csm_email="new@example.com")),
    "renewal_negotiation": known(flags=(a_flag("renewal_negotiation"),)),
    "no_outreach_flag": known(flags=(a_flag("no_outreach"),)),
    "severe": known(alert=an_alert(usage_drop=Drop.SEVERE)),
    "override": known(doubts={"override": "carla@example.com set its status to at risk"}),
    "provisional": known(doubts={"provisional": "only 40 % of its health score is known"}),
    "complex_now": known(not_simple=("it renews soon",)),
}
"""What stops automatic mail alone."""


def test_nothing_is_against_it() -> None:
    assert judged(queued(), known()).do == "go"
    assert judged(approved(), known()).do == "go"


@pytest.mark.parametrize("code", EVERYBODY)
def test_what_makes_a_mail_impossible_or_forbidden_stops_a_person_too(code: str) -> None:
    for conversation in (queued(), approved()):
        verdict = judged(conversation, EVERYBODY[code])
        assert (verdict.do, verdict.code) == ("hand_over", code)
        assert len(verdict.because) > 20


@pytest.mark.parametrize("code", AUTOMATIC)
def test_what_a_person_may_judge_otherwise_stops_automatic_mail_alone(code: str) -> None:
    verdict = judged(queued(), AUTOMATIC[code])
    assert (verdict.do, verdict.code) == ("hand_over", code)
    assert judged(approved(), AUTOMATIC[code]).do == "go"


def test_a_renewal_that_the_crm_says_is_negotiated_stops_automatic_mail() -> None:
    for stage, code in ((" Negotiation", "renewal_negotiation"), ("signed", ""), (None, "")):
        assert judged(queued(), known(account=an_account(renewal_stage=stage))).code == code
    assert judged(approved(), known(account=an_account(renewal_stage="negotiation"))).do == "go"


def test_a_missing_field_and_a_missing_csm_stop_both() -> None:
    lacking = {"check_in": a_mail(lacks=("contact name",))}
    for conversation in (queued(**lacking), approved(**lacking)):
        verdict = judged(conversation, known())
        assert (verdict.code, "contact name" in verdict.because) == ("missing_field", True)
    for conversation in (queued(csm_email=None), approved(csm_email=None)):
        assert judged(conversation, known()).code == "no_csm"


def test_a_sponsor_is_never_mailed() -> None:
    verdict = judged(approved(), known(contact=a_contact(role="executive_sponsor", email=ADDRESS)))
    assert (verdict.code, "executive_sponsor" in verdict.because) == ("no_recipient", True)


def test_somebody_who_has_left_meanwhile_is_not_mailed() -> None:
    left = a_contact(role="champion", email=ADDRESS, departed_on=NOW.date(), departure="left")
    verdict = judged(approved(), known(contact=left))
    assert (verdict.code, verdict.because) == ("no_recipient", "the contact has left; choose another contact, or call")


@pytest.mark.parametrize(
    "address", ["charlie", "a b@acme.example", "a@b", "x@y.example\nBcc: z@evil.example", "é@acme.example"]
)
def test_an_address_that_mail_cannot_go_to_is_told(address: str) -> None:
    assert judged(approved(), known(contact=a_contact(email=address))).code == "no_address"


def test_before_go_live_every_automatic_mail_is_a_draft_that_says_how_to_change_that() -> None:
    verdict = judged(queued(), known(), Switch())
    assert (verdict.do, verdict.code, "health-monitor go-live" in verdict.because) == ("hand_over", "not_live", True)
    assert judged(approved(), known(), Switch()).do == "go"


def test_in_a_pilot_only_its_accounts_get_automatic_mail() -> None:
    pilot = Switch(mode="pilot", pilot="config/pilot-1.csv")
    assert judged(queued(), known(), pilot).code == "not_in_pilot"
    assert judged(queued(), known(in_pilot=True), pilot).do == "go"


def test_the_kill_switch_stops_everybody() -> None:
    stopped = Switch(mode="live", stopped=True)
    assert {judged(one, known(), stopped).code for one in (queued(), approved())} == {"stopped"}


def test_who_has_left_or_is_gone_gets_nothing_whoever_sends() -> None:
    for account in (an_account(churn_date=NOW.date()), None):
        for conversation in (queued(), approved()):
            verdict = judged(conversation, known(account=account))
            assert (verdict.do, verdict.code) == ("end", "churned")
    assert judged(queued(), known(account=an_account(churn_date=NOW.date() + timedelta(days=1)))).do == "go"


def test_an_ended_conversation_sends_nothing() -> None:
    over = approved().model_copy(update={"ended": "answered"})
    assert judged(over, known()) == Verdict("end", "answered", "this conversation is over")


def test_recovered_usage_needs_no_mail_but_a_new_normal_does_and_a_person_decides() -> None:
    back = known(alert=an_alert(resolved_on=date(2026, 11, 3), resolution=Resolution.RECOVERED))
    assert judged(queued(), back)[:2] == ("end", "recovered")
    assert judged(approved(), back).do == "go"
    assert judged(queued(), known(alert=an_alert(resolved_on=NOW.date(), resolution=Resolution.NEW_NORMAL))).do == "go"
    assert judged(queued(), known(alert=None)).do == "go"


def test_what_has_run_out_is_closed_or_long_ago_stops_nothing() -> None:
    past = {
        "flags": (a_flag("no_outreach", until=NOW.date() - timedelta(days=1)), a_flag("playbook")),
        "tickets": (a_ticket(severity="p1", solved_at=NOW), a_ticket(severity="p2")),
        "touchpoints": (touched(8), touched(automatic=True), *(touched(kind=kind) for kind in NO_TALK)),
        "others": (a_conversation(), a_conversation(check_in=a_mail(status="sent", sent_at=NOW))),
    }
    assert judged(queued(), known(**past)).do == "go"


def test_a_conversation_that_a_person_began_or_a_customer_answered_lately_is_live() -> None:
    by_person = a_mail(status="sent", sent_at=NOW - timedelta(days=3), approved_by="carla@example.com")
    reply = Response(kind="reply", at=NOW - timedelta(days=1), source="s3", source_key="k")
    for other in (a_conversation(check_in=by_person), a_conversation(response=reply)):
        assert judged(queued(), known(others=(other,))).code == "live_conversation"
    assert judged(queued(), known(flags=(a_flag("live_conversation"),))).code == "live_conversation"


def test_our_own_first_mail_in_the_crms_log_is_no_reason_against_the_follow_up() -> None:
    first = a_mail(status="sent", sent_at=NOW - timedelta(days=7))
    asked = steps.follow(a_conversation(check_in=first), A_MOMENT, a_mail(step="follow_up"))
    following = steps.queue(asked, "follow_up", A_MOMENT, A_MOMENT, "no answer")
    ours, theirs, met = touched(7), touched(inbound=True), touched(kind="meeting")
    assert check(following, "follow_up", known(touchpoints=(ours,)), ROUTING, LIVE, NOW).do == "go"
    for talk in (theirs, met):
        assert check(following, "follow_up", known(touchpoints=(talk,)), ROUTING, LIVE, NOW).code == "live_conversation"


def test_it_waits_for_the_review_hold_from_when_it_stopped_being_a_draft() -> None:
    fresh = steps.queue(a_conversation(), "check_in", NOW, NOW, "a standard account")
    verdict = judged(fresh, known())
    assert (verdict.do, verdict.code, verdict.until) == ("wait", "review_hold", NOW + timedelta(hours=4))
    moved = steps.wait(fresh, "check_in", NOW, NOW, "outside_window", "early")
    assert judged(moved, known()).until == NOW + timedelta(hours=4)
    again = steps.queue(steps.hand_over(queued(), "check_in", NOW, "not_live", "draft"), "check_in", NOW, NOW, "live")
    assert judged(again, known()).until == NOW + timedelta(hours=4)


def test_it_waits_for_the_recipients_working_hours() -> None:
    kiwi = known(contact=a_contact(email=ADDRESS, timezone="Pacific/Auckland"))
    verdict = judged(queued(), kiwi)
    assert (verdict.do, verdict.code) == ("wait", "outside_window")
    assert "Thu 2026-11-05 09:00 Pacific/Auckland" in verdict.because
    csm = known(contact=a_contact(email=ADDRESS, timezone="no zone"), csm_timezone="Pacific/Auckland")
    assert judged(queued(), csm).until == verdict.until
    assert judged(approved(), kiwi).do == "go"


def test_the_hold_ends_in_the_window_of_the_next_working_day() -> None:
    routing = Routing(window=Window(timezone="Europe/Berlin"), hold_hours={"default": 12})
    friday = datetime.fromisoformat("2026-11-06T13:00:00+00:00")
    fresh = steps.queue(a_conversation(), "check_in", friday, friday, "a standard account")
    verdict = check(fresh, "check_in", known(contact=a_contact(email=ADDRESS)), routing, LIVE, friday)
    assert (verdict.code, verdict.until) == ("review_hold", datetime.fromisoformat("2026-11-09T08:00:00+00:00"))


def test_the_first_reason_in_the_order_is_told() -> None:
    everything: dict[str, Any] = {}
    for facts in (*EVERYBODY.values(), *AUTOMATIC.values()):
        base = known()
        everything |= {
            name: value for name, value in vars(facts).items() if value != getattr(base, name) and name != "contact"
        }
    assert judged(queued(), known(**everything), Switch(stopped=True)).code == "not_live"
    assert judged(queued(), known(**everything), Switch(mode="live", stopped=True)).code == "stopped"
    assert judged(queued(), known(**everything)).code == "complained"
