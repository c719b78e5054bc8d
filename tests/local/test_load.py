"""Webhooks twice and in disorder, a consumer that is killed, a vendor that breaks off: every count is exact."""

from datetime import date

import pytest

from local import burden
from local.burden import Load
from local.load import run

pytestmark = pytest.mark.local

SMALL = Load(events=3_000, one_by_one=120, pulled=600, accounts=60, kills=1, kill_every=1.5, again_after=4)
TODAY = date(2026, 3, 2)


@pytest.fixture(scope="module", name="outcome")
def _outcome():
    """A small version of what `make load` does."""
    return run(SMALL)


def test_every_account_and_day_has_exactly_its_uses_and_people(outcome):
    assert outcome.wrong == []


def test_no_message_is_given_up(outcome):
    assert len(outcome.dead_letters) >= 4
    assert not any(outcome.dead_letters.values())


def test_the_consumer_was_killed_at_work_and_the_pull_broken_off(outcome):
    assert outcome.killed >= 1
    assert outcome.pulls == ["try_again", "done"]


def test_every_body_was_answered(outcome):
    uses = list(burden.the_uses("by webhook", SMALL.events, SMALL.accounts, TODAY))
    assert len(outcome.posted) == len(burden.the_bodies(SMALL, uses))


def test_the_burden_is_what_it_says():
    uses = list(burden.the_uses("any", SMALL.events, SMALL.accounts, TODAY))
    bodies = burden.the_bodies(SMALL, uses)
    assert len({use.use_id for use in uses}) == SMALL.events
    assert sum(body.records for body in bodies) == SMALL.events * 11 // 10
    assert {body.records for body in bodies} >= set(burden.SIZES)
    assert {use.at.date() for use in uses} == {date(2026, 2, day) for day in (26, 27, 28)} | {date(2026, 3, 1)}
    assert sum(events for events, _ in burden.the_truth(uses).values()) == SMALL.events
