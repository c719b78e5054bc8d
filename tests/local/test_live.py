"""The demo's live day is the portfolio's day, however it is parted, repeated and mixed."""

import json
from collections import Counter
from datetime import date

import pytest

from health_monitor.simulate.portfolio import a_portfolio
from local import live as living

LAST = date(2026, 6, 14)


@pytest.fixture(scope="module", name="live")
def _live():
    return living.a_live_day(a_portfolio(seed=42, accounts=120, last_day=LAST, days=60))


def told(live):
    """Every different event that the sources hold, by account: what should be counted."""
    companies = {living.analytics_name(account): account.account_id for account in live.portfolio.accounts}
    uses = {}
    for body in live.segment.bodies:
        call = json.loads(body.data)
        uses[call["messageId"]] = (call["context"]["groupId"], call["userId"], 1)
    for body in live.signed.bodies:
        for event in json.loads(body.data)["events"]:
            uses[event["event_id"]] = (event["account_id"], event["user_id"], event["n"])
    for line in live.exported:
        has = line["properties"]
        if has["company_id"] in companies:
            uses[has["$insert_id"]] = (companies[has["company_id"]], has["distinct_id"], 1)
    return uses


def test_together_the_sources_hold_exactly_the_day(live):
    events, people = Counter(), {}
    for account_id, user_id, n in told(live).values():
        events[account_id] += n
        people.setdefault(account_id, set()).add(user_id)
    assert {key: (events[key], len(people[key])) for key in events} == live.truth


def test_every_source_has_a_share_and_repeats_a_tenth(live):
    for sent in (live.segment, live.signed):
        assert sent.events >= 10
        assert sent.repeats == -(-sent.events // 10)
    assert len(live.exported) > live.segment.events + live.signed.events


def test_the_crm_tells_every_account_one_of_them_twice_and_one_without_its_name_in_mixpanel(live):
    companies = living.a_portal(live).objects["companies"].values()
    customers = [one["properties"] for one in companies if one["properties"]["lifecyclestage"] == "customer"]
    domains = Counter(one["domain"] for one in customers)
    assert len(customers) == 120 + 2
    assert sorted(domains.values())[-2:] == [1, 2]
    nameless = [one["domain"] for one in customers if one.get("analytics_id", "") is None]
    assert nameless == [live.lost.domain]
