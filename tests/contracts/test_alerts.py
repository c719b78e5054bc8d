"""Alerts, notices, claims and the outbox: the same promises in memory and on AWS."""

from datetime import date, timedelta

import pytest

from health_monitor.adapters.memory import PushedClock
from health_monitor.model.usage import Drop, Resolution
from health_monitor.ports.alerts import Claim
from health_monitor.ports.world import World
from tests.builders import A_DAY, A_MOMENT, a_message, a_notice, an_alert
from tests.contracts.conftest import Queued

LATER = A_DAY + timedelta(days=5)


def test_an_alert_is_raised_once_and_keeps_its_first_numbers(world: World) -> None:
    alert = an_alert()
    assert world.alerts.save_absent(alert)
    assert not world.alerts.save_absent(alert)
    assert not world.alerts.save_absent(an_alert(ratio=0.1))
    assert world.alerts.get(alert.alert_id) == alert
    assert world.alerts.get("acme/usage_drop/2020-01-01") is None
    assert world.alerts.get("no id") is None
    assert world.alerts.get("") is None


def test_a_past_of_many_alerts_is_written_whole_and_its_open_ones_are_found(world: World) -> None:
    past = [an_alert(f"{n:03d}") for n in range(60)]
    closed = an_alert("000", date(2026, 1, 1), resolved_on=A_DAY, resolution=Resolution.RECOVERED)
    world.alerts.save_past(iter([*past, closed]))
    world.alerts.save_past([*past, closed])
    assert world.alerts.of_account("000") == [closed, past[0]]
    assert world.alerts.open_of("carla@example.com") == past


def test_an_account_whose_id_holds_slashes_and_hashes_keeps_its_own_alerts(world: World) -> None:
    odd = an_alert("a/b#c/d")
    world.alerts.save_absent(odd)
    assert world.alerts.get(odd.alert_id) == odd
    assert world.alerts.of_account("a/b#c/d") == [odd]
    assert world.alerts.of_account("a/b#c") == []


def test_escalating_makes_an_alert_severe_once(world: World) -> None:
    alert = an_alert()
    world.alerts.save_absent(alert)
    world.alerts.escalate(alert.alert_id, LATER)
    world.alerts.escalate(alert.alert_id, LATER + timedelta(days=9))
    found = world.alerts.get(alert.alert_id)
    assert found
    assert (found.escalated_on, found.highest_usage_drop, found.severity) == (LATER, Drop.SEVERE, "high")
    assert found.usage_drop is Drop.MODERATE


def test_an_alert_born_severe_is_never_escalated(world: World) -> None:
    alert = an_alert(usage_drop=Drop.SEVERE)
    world.alerts.save_absent(alert)
    world.alerts.escalate(alert.alert_id, LATER)
    assert world.alerts.get(alert.alert_id) == alert


def test_an_alert_is_closed_once_and_an_old_night_neither_reopens_nor_softens_it(world: World) -> None:
    alert = an_alert()
    world.alerts.save_absent(alert)
    world.alerts.escalate(alert.alert_id, LATER)
    world.alerts.resolve(alert.alert_id, LATER, Resolution.RECOVERED)
    closed = world.alerts.get(alert.alert_id)
    world.alerts.save_absent(alert)
    world.alerts.escalate(alert.alert_id, A_DAY)
    world.alerts.resolve(alert.alert_id, LATER + timedelta(days=1), Resolution.NEW_NORMAL)
    assert world.alerts.get(alert.alert_id) == closed
    assert closed
    assert (closed.resolved_on, closed.resolution, closed.is_open) == (LATER, Resolution.RECOVERED, False)
    assert world.alerts.open_of("carla@example.com") == []


def test_changing_an_alert_that_was_never_raised_is_a_bug_that_shows(world: World) -> None:
    with pytest.raises(KeyError):
        world.alerts.escalate("acme/usage_drop/2026-11-01", LATER)
    with pytest.raises(KeyError):
        world.alerts.resolve("acme/usage_drop/2026-11-01", LATER, Resolution.RECOVERED)


def test_alerts_of_an_account_come_oldest_first_whatever_their_rule(world: World) -> None:
    newest, oldest = an_alert(opened_on=LATER, rule="a_rule"), an_alert(opened_on=date(2025, 1, 1), rule="z_rule")
    for alert in (newest, oldest, an_alert("other")):
        world.alerts.save_absent(alert)
    assert world.alerts.of_account("acme") == [oldest, newest]


def test_a_csm_sees_her_own_open_alerts_oldest_first(world: World) -> None:
    late, early = an_alert("z", LATER), an_alert("b", A_DAY)
    closed, anothers = an_alert("c"), an_alert("d", csm_email="dan@example.com")
    for alert in (late, early, closed, anothers, an_alert("e", csm_email=None)):
        world.alerts.save_absent(alert)
    world.alerts.resolve(closed.alert_id, LATER, Resolution.NEW_NORMAL)
    assert world.alerts.open_of("carla@example.com") == [early, late]


def test_alerts_of_accounts_without_a_csm_are_found_under_the_empty_name(world: World) -> None:
    world.alerts.save_absent(an_alert(csm_email=None))
    assert [alert.account_id for alert in world.alerts.open_of("")] == ["acme"]


def test_a_csm_with_hundreds_of_open_alerts_sees_them_all(world: World) -> None:
    for n in range(130):
        world.alerts.save_absent(an_alert(f"{n:03d}", variant="x" * 9_000))
    assert len(world.alerts.open_of("carla@example.com")) == 130


def test_a_notice_is_written_once(world: World) -> None:
    notice = a_notice(status="held", messages=(a_message(), a_message("2", channel="slack")))
    assert world.notices.save_absent(notice) == notice
    assert world.notices.save_absent(a_notice(status="ready")) == notice


def test_held_notices_come_when_they_are_due_oldest_first(world: World) -> None:
    world.notices.save_absent(a_notice("b", status="held", due_on=A_DAY))
    world.notices.save_absent(a_notice("a", status="held", due_on=A_DAY))
    world.notices.save_absent(a_notice("tomorrow", status="held", due_on=A_DAY + timedelta(days=1)))
    world.notices.save_absent(a_notice("earlier", status="held", due_on=A_DAY - timedelta(days=3)))
    world.notices.save_absent(a_notice("never held"))
    assert [notice.notice_id for notice in world.notices.held(A_DAY)] == ["earlier", "a", "b"]


def test_a_released_notice_is_ready_and_no_longer_held(world: World) -> None:
    held = a_notice(status="held")
    world.notices.save_absent(held)
    for _ in range(2):
        world.notices.release(held.notice_id)
    assert world.notices.held(LATER) == []
    assert world.notices.save_absent(held).status == "ready"
    world.notices.drop(held.notice_id)
    assert world.notices.save_absent(held).status == "ready"


def test_a_dropped_notice_stays_on_record_and_is_never_released(world: World) -> None:
    held = a_notice(status="held")
    world.notices.save_absent(held)
    world.notices.drop(held.notice_id)
    world.notices.release(held.notice_id)
    assert world.notices.held(LATER) == []
    assert world.notices.save_absent(held).status == "dropped"


def test_other_words_are_put_into_a_notice_that_is_there_and_nothing_else_changes(world: World) -> None:
    held = a_notice(status="held", messages=(a_message(), a_message("2", channel="slack")))
    world.notices.save_absent(held)
    world.notices.reword(held.notice_id, (a_message(text="(erased)"),))
    world.notices.reword("nothing", ())
    assert world.notices.get("nothing") is None
    reworded = held.model_copy(update={"messages": (a_message(text="(erased)"),)})
    assert world.notices.get(held.notice_id) == reworded
    assert world.notices.held(LATER) == [reworded]


def test_releasing_or_dropping_a_notice_nobody_wrote_is_a_bug_that_shows(world: World) -> None:
    with pytest.raises(KeyError):
        world.notices.release("nothing")
    with pytest.raises(KeyError):
        world.notices.drop("nothing")


def test_a_claim_has_three_answers(world: World) -> None:
    clock = PushedClock(A_MOMENT)
    assert world.claims.claim("m", clock.now(), 60) is Claim.WON
    assert world.claims.claim("m", clock.now(), 60) is Claim.HELD
    clock.push(seconds=59.999)
    assert world.claims.claim("m", clock.now(), 60) is Claim.HELD
    assert world.claims.claim("another", clock.now(), 60) is Claim.WON
    world.claims.mark_sent("m", clock.now(), "receipt-1")
    assert world.claims.claim("m", clock.now(), 60) is Claim.SENT
    clock.push(days=300)
    assert world.claims.claim("m", clock.now(), 60) is Claim.SENT


def test_a_crashed_senders_message_can_be_claimed_again_after_its_lease(world: World) -> None:
    clock = PushedClock(A_MOMENT)
    world.claims.claim("m", clock.now(), 60)
    clock.push(seconds=60)
    assert world.claims.claim("m", clock.now(), 60) is Claim.WON
    clock.push(seconds=59)
    assert world.claims.claim("m", clock.now(), 60) is Claim.HELD


def test_marking_a_message_sent_twice_or_without_a_claim_still_means_sent(world: World) -> None:
    world.claims.mark_sent("m", A_MOMENT, "receipt-1")
    world.claims.mark_sent("m", A_MOMENT, "")
    assert world.claims.claim("m", A_MOMENT, 60) is Claim.SENT


def test_each_message_waits_in_the_queue_of_its_channel(world: World, queued: Queued) -> None:
    emails = [a_message(f"{n}/email") for n in range(23)]
    slack = a_message("1/slack", channel="slack", to="#alerts", text="Ünïcode & <tags>")
    world.outbox.put([*emails, slack])
    assert sorted(message.message_id for message in queued("email")) == sorted(m.message_id for m in emails)
    assert queued("slack") == [slack]


def test_putting_nothing_into_the_outbox_is_no_trouble(world: World, queued: Queued) -> None:
    world.outbox.put([])
    assert queued("email") == []
