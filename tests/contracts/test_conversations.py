"""Conversations: the same promises in memory and on AWS."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from health_monitor.adapters.dynamodb_table import to_wire
from health_monitor.adapters.outreach_items import conversation_item
from health_monitor.model.outreach import Card, Conversation, Entry, Mail, Response, Wording
from health_monitor.ports.world import World
from tests.builders import A_DAY, A_MOMENT, a_conversation, a_mail, an_alert

NEXT = A_DAY + timedelta(days=1)


def after(hours: float) -> datetime:
    return A_MOMENT + timedelta(hours=hours)


def changed(conversation: Conversation, **changes: Any) -> Conversation:
    return conversation.model_copy(update={"version": conversation.version + 1, **changes})


def waiting(account_id: str, due: datetime, **known: Any) -> Conversation:
    return a_conversation(account_id, check_in=a_mail(status="queued", due_at=due), **known)


def test_a_conversation_is_begun_once_and_comes_back_as_it_was_written(world: World) -> None:
    first = a_conversation(
        check_in=a_mail(
            status="sent", wording=Wording(subject="Ünïcode 🙂", text="a\n\tb"), sent_at=A_MOMENT, receipt="ses-1",
            lacks=("last_feature",), approved_by="carla@example.com",
        ),
        follow_up=a_mail(step="follow_up", template="follow_up", due_at=after(1)),
        response=Response(kind="reply", at=after(2), source="mail", source_key="<m@x>"),
        card=Card(channel="C1", ts="1.000001"),
        index_at={0: 0.25, 14: None, 30: 12.0},
        old_cards=(Card(channel="C1", ts="1.0"),), severe_fall=an_alert(ratio=2 / 3).fall,
        log=(Entry(at=A_MOMENT, step="check_in", what="drafted", code="drafted", because="an alert"),),
        tell=("slack", "email"),
    )  # fmt: skip
    assert world.conversations.start(first) == first
    assert world.conversations.start(a_conversation(contact_id="another")) == first
    assert world.conversations.get(first.conversation_id) == first


@pytest.mark.parametrize("name", ["acme/usage_drop/2020-01-01", "no id", "", "a/b"])
def test_what_nobody_began_is_not_there(world: World, name: str) -> None:
    world.conversations.start(a_conversation())
    assert world.conversations.get(name) is None


def test_only_who_knows_the_last_version_changes_it(world: World) -> None:
    first = world.conversations.start(a_conversation())
    second = changed(first, high_priority=True)
    assert world.conversations.replace(second, first.version)
    assert not world.conversations.replace(changed(first, ended="dismissed"), first.version)
    assert world.conversations.get(first.conversation_id) == second
    assert world.conversations.replace(changed(second, ended="dismissed"), second.version)


def test_what_is_gone_is_not_brought_back_by_who_still_remembers_it(world: World) -> None:
    first = world.conversations.start(a_conversation())
    world.shelf.remove("acme")
    assert not world.conversations.replace(changed(first), first.version)
    assert world.conversations.get(first.conversation_id) is None


def test_an_accounts_conversations_come_oldest_first_and_nobody_elses(world: World) -> None:
    late, early = a_conversation(opened_on=NEXT, rule="a_rule"), a_conversation(rule="z_rule")
    odd = a_conversation("acme#1/2")
    for one in (late, early, odd, a_conversation("acme2")):
        world.conversations.start(one)
    assert world.conversations.of_account("acme") == [early, late]
    assert world.conversations.of_account("acme#1/2") == [odd]
    assert world.conversations.of_account("acme#1") == []


def test_what_is_due_comes_the_longest_waiting_first_in_any_time_zone(world: World) -> None:
    tokyo = timezone(timedelta(hours=9))
    last, first = waiting("last", after(-1).astimezone(tokyo)), waiting("first", after(-2))
    now, same = waiting("b-now", A_MOMENT), waiting("a-now", A_MOMENT)
    for one in (
        last,
        now,
        same,
        first,
        waiting("later", A_MOMENT + timedelta(microseconds=1)),
        a_conversation("never"),
    ):
        world.conversations.start(one)
    assert world.conversations.due(A_MOMENT) == [first, last, same, now]
    assert world.conversations.due(A_MOMENT - timedelta(days=1)) == []


def test_held_notices_and_conversations_do_not_meet_in_the_index_they_share(world: World) -> None:
    world.conversations.start(waiting("acme", after(-1)))
    assert world.notices.held(date.max) == []
    assert world.crm_ledger.failures() == []


def test_what_has_been_done_is_no_longer_due(world: World) -> None:
    first = world.conversations.start(waiting("acme", after(-1)))
    sending = changed(first, check_in=a_mail(status="sending", sending_until=after(1)))
    assert world.conversations.replace(sending, 1)
    assert world.conversations.due(A_MOMENT) == []
    assert world.conversations.due(after(1)) == [sending]
    sent = changed(sending, check_in=a_mail(status="sent"), follow_up_at=after(24), task_at=after(48))
    assert world.conversations.replace(sent, 2)
    assert world.conversations.due(after(24)) == [sent]
    ended = changed(sent, ended="answered")
    assert world.conversations.replace(ended, 3)
    assert world.conversations.due(after(999)) == []


def test_a_csm_sees_her_own_unfinished_ones_oldest_first_however_her_address_is_written(world: World) -> None:
    late, early = a_conversation("z", NEXT), a_conversation("b", csm_email="Carla@Example.com")
    others = [a_conversation("c", csm_email="dan@example.com"), a_conversation("e", csm_email=None)]
    ended = a_conversation("d", ended="recovered")
    for one in (late, early, ended, *others):
        world.conversations.start(one)
    assert world.conversations.unfinished_of("carla@example.com") == [early, late]
    assert [one.account_id for one in world.conversations.unfinished_of("")] == ["e"]
    world.conversations.replace(changed(early, ended="answered"), 1)
    assert world.conversations.unfinished_of("CARLA@example.com") == [late]
    assert world.alerts.open_of("carla@example.com") == []


def test_every_conversation_is_listed_and_no_account_is_taken_for_one(world: World) -> None:
    some = [a_conversation(f"account-{n}/x#y", opened_on=A_DAY + timedelta(days=n)) for n in range(20)]
    for one in some:
        world.conversations.start(one)
    assert sorted(world.conversations.ids()) == sorted(one.conversation_id for one in some)
    assert {one.conversation_id: one for one in world.conversations.all()} == {one.conversation_id: one for one in some}
    assert list(world.accounts.ids()) == []


def test_the_longest_conversation_fits_into_an_item() -> None:
    words = Wording(subject="🙂" * 256, text="🙂" * 8_000)
    mails = {step: Mail(step=step, template="t", suggested=words, wording=words) for step in ("check_in", "follow_up")}
    longest = a_conversation(**mails, contact_name="🙂" * 512, reasons=("🙂" * 500,) * 10)
    size = len(json.dumps(to_wire(conversation_item(longest)), ensure_ascii=False).encode())
    assert size < 200_000, "half of DynamoDB's 400 KB stays for the log"


def test_people_read_a_conversation_with_the_account_and_it_goes_with_it(world: World) -> None:
    one = world.conversations.start(waiting("acme", datetime(2026, 11, 3, 9, tzinfo=UTC)))
    world.threads.remember(["token-1"], one.conversation_id)
    shown = {item["item"]: item for item in world.shelf.items_of("acme")}
    assert list(shown) == ["OUTREACH#usage_drop#2026-11-01", "THREAD#usage_drop#2026-11-01#token-1"]
    assert shown["OUTREACH#usage_drop#2026-11-01"]["check_in"]["suggested"]["subject"] == "A quick check-in"
    assert shown["OUTREACH#usage_drop#2026-11-01"]["due_at"].startswith("2026-11-03T09:00:00")
    world.shelf.remove("acme")
    assert world.shelf.items_of("acme") == []
    assert world.threads.find("token-1") is None
    assert list(world.conversations.ids()) == list(world.conversations.all()) == []
