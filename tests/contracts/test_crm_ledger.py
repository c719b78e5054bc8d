"""What each CRM was told: who repeats a try knows that it is one, and what failed is listed until it is told."""

from datetime import timedelta

import pytest

from health_monitor.model.crm import CrmFacts, NotLogged, entry_key
from health_monitor.ports.crm import Attempt
from health_monitor.ports.world import World
from tests.builders import A_MOMENT

KEY = entry_key("acme/usage_drop/2026-11-01", "sent", "check_in", A_MOMENT)
LEASE = timedelta(minutes=5)
LATER = A_MOMENT + LEASE


def a_failure(key: str = KEY, **known: object) -> NotLogged:
    return NotLogged.model_validate({"vendor": "hubspot", "key": key, "why": "status 503", "since": A_MOMENT} | known)


def test_the_first_try_is_the_first_and_nobody_else_tries_meanwhile(world: World) -> None:
    ledger = world.crm_ledger
    assert ledger.attempt("hubspot", KEY, A_MOMENT, LEASE) is Attempt.FIRST
    assert ledger.attempt("hubspot", KEY, LATER - timedelta(seconds=1), LEASE) is Attempt.HELD
    assert ledger.attempt("salesforce", KEY, A_MOMENT, LEASE) is Attempt.FIRST
    assert not ledger.is_logged("hubspot", KEY)


def test_a_try_that_was_never_heard_of_again_may_have_succeeded(world: World) -> None:
    world.crm_ledger.attempt("hubspot", KEY, A_MOMENT, LEASE)
    assert world.crm_ledger.attempt("hubspot", KEY, LATER, LEASE) is Attempt.AGAIN
    assert world.crm_ledger.attempt("hubspot", KEY, LATER, LEASE) is Attempt.HELD


def test_what_is_logged_is_not_tried(world: World) -> None:
    world.crm_ledger.attempt("hubspot", KEY, A_MOMENT, LEASE)
    world.crm_ledger.logged("hubspot", KEY, "9001")
    assert world.crm_ledger.is_logged("hubspot", KEY)
    assert world.crm_ledger.attempt("hubspot", KEY, LATER, LEASE) is Attempt.DONE


@pytest.mark.parametrize(("surely", "then"), [(True, Attempt.FIRST), (False, Attempt.HELD)])
def test_after_a_failure_it_matters_whether_anything_reached_the_crm(world: World, surely: bool, then: Attempt) -> None:
    world.crm_ledger.attempt("hubspot", KEY, A_MOMENT, LEASE)
    world.crm_ledger.failed(a_failure(), surely=surely)
    assert world.crm_ledger.attempt("hubspot", KEY, A_MOMENT, LEASE) is then


def test_failures_are_listed_longest_waiting_first_and_since_the_first_of_each(world: World) -> None:
    other = a_failure(entry_key("b#1|x/usage_drop/2026-11-01", "task"), since=A_MOMENT - LEASE, vendor="salesforce")
    for one in (a_failure(), other, a_failure(since=LATER, why="status 403")):
        world.crm_ledger.failed(one, surely=True)
    assert world.crm_ledger.failures() == [other, a_failure(why="status 403")]
    assert world.crm_ledger.failures_of("acme") == [a_failure(why="status 403")]
    assert world.crm_ledger.failures_of("b#1|x") == [other]


def test_what_is_told_after_all_is_no_failure_and_becomes_none_again(world: World) -> None:
    world.crm_ledger.failed(a_failure(), surely=True)
    world.crm_ledger.logged("hubspot", KEY, "9001")
    world.crm_ledger.failed(a_failure(), surely=False)
    assert world.crm_ledger.failures() == []


def test_what_need_not_be_told_any_more_is_dropped_and_what_was_told_stays(world: World) -> None:
    told = entry_key("acme/usage_drop/2026-11-01", "dismissed", at=A_MOMENT)
    world.crm_ledger.failed(a_failure(), surely=True)
    world.crm_ledger.logged("hubspot", told, "9002")
    for key in (KEY, told):
        world.crm_ledger.drop("hubspot", key)
    assert world.crm_ledger.failures() == []
    assert world.crm_ledger.is_logged("hubspot", told)


def test_what_was_written_back_is_remembered_for_each_crm(world: World) -> None:
    facts = CrmFacts(account_id="acme", index=4.29, alert_status="open_moderate", last_outreach_at=A_MOMENT)
    assert world.crm_ledger.written("hubspot", "acme") is None
    world.crm_ledger.wrote("hubspot", facts)
    assert world.crm_ledger.written("hubspot", "acme") == facts
    assert world.crm_ledger.written("salesforce", "acme") is None
