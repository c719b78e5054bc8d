"""What may stop a mail or answer one: the same promises in memory and on AWS."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Literal

import boto3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from health_monitor.adapters.memory_conversations import MemoryQuotas
from health_monitor.model.outreach import CSM, Flag, Suppression, Switch
from health_monitor.ports.world import World
from tests.builders import A_DAY, A_MOMENT, a_conversation, a_ticket, a_touch

DAY = timedelta(days=1)
FORTNIGHT = timedelta(days=14)


def days(n: float) -> datetime:
    return A_MOMENT + timedelta(days=n)


def test_who_has_a_place_has_it_however_often_he_asks(world: World) -> None:
    for _ in range(3):
        assert world.quotas.take("contact/c1", "one", A_MOMENT, 1, FORTNIGHT)
    assert not world.quotas.take("contact/c1", "two", A_MOMENT, 1, FORTNIGHT)
    assert world.quotas.take("contact/c2", "two", A_MOMENT, 1, FORTNIGHT)


def test_a_place_counts_until_its_time_is_over_and_from_when_it_was_asked_for_last(world: World) -> None:
    assert world.quotas.take("q", "one", A_MOMENT, 1, FORTNIGHT)
    assert world.quotas.take("q", "one", days(3), 1, FORTNIGHT)
    assert not world.quotas.take("q", "two", days(14), 1, FORTNIGHT)
    assert world.quotas.take("q", "two", days(17), 1, FORTNIGHT)
    assert not world.quotas.take("q", "one", days(18), 1, FORTNIGHT)


def test_an_old_place_is_no_reason_to_take_one_that_somebody_else_has_by_now(world: World) -> None:
    assert world.quotas.take("q", "one", A_MOMENT, 1, FORTNIGHT)
    assert world.quotas.take("q", "two", days(20), 1, FORTNIGHT)
    assert not world.quotas.take("q", "one", days(21), 1, FORTNIGHT)


def test_a_place_that_was_given_back_is_free(world: World) -> None:
    world.quotas.release("q", "nobody")
    world.quotas.take("q", "one", A_MOMENT, 1, FORTNIGHT)
    world.quotas.release("q", "one")
    world.quotas.release("q", "one")
    assert world.quotas.take("q", "two", A_MOMENT, 1, FORTNIGHT)


Ask = tuple[Literal["take", "release"], str, float]
ASKS: st.SearchStrategy[list[Ask]] = st.lists(
    st.tuples(st.sampled_from(["take", "take", "release"]), st.sampled_from("abcd"), st.floats(0, 30)), max_size=25
)


@given(ASKS, st.integers(1, 3))
def test_no_stretch_of_time_ever_holds_more_than_the_limit(asks: list[Ask], limit: int) -> None:
    quotas, last = MemoryQuotas(), dict[str, float]()
    for call, who, at in sorted(asks, key=lambda ask: ask[2]):
        if call == "release":
            quotas.release("q", who)
            last.pop(who, None)
        elif quotas.take("q", who, days(at), limit, FORTNIGHT):
            last[who] = at
        for end in last.values():
            assert sum(end - 14 < at <= end for at in last.values()) <= limit


FRESH = count()
"""One world serves many examples: each has a quota that no other has touched."""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asks=ASKS, limit=st.integers(1, 3))
def test_quotas_answer_as_in_memory_in_any_order_of_questions(world: World, asks: list[Ask], limit: int) -> None:
    model, name = MemoryQuotas(), f"quota-{next(FRESH)}"
    for call, who, at in asks:
        if call == "release":
            model.release("q", who)
            world.quotas.release(name, who)
        else:
            expected = model.take("q", who, days(at), limit, FORTNIGHT)
            assert world.quotas.take(name, who, days(at), limit, FORTNIGHT) == expected


def test_of_many_who_ask_at_once_no_more_than_the_limit_get_a_place(world: World) -> None:
    def ask(n: int) -> bool:
        return world.quotas.take("q", f"holder-{n}", A_MOMENT, 2, FORTNIGHT)

    with ThreadPoolExecutor(4) as together:
        assert sum(together.map(ask, range(12))) == 2


def test_a_quota_does_not_grow_and_names_nobody(aws: None, world: World) -> None:
    if world.blobs.bucket == "memory":
        return
    for n in range(40):
        world.quotas.take("account/acme", f"acme/usage_drop/{n}", days(n), 2, FORTNIGHT)
    (item,) = boto3.client("dynamodb").scan(TableName="health")["Items"]
    assert len(item["taken"]["M"]) <= 2
    assert "acme" not in str(item)


def test_a_suppressed_address_is_known_however_it_is_written_and_its_first_reason_stands(world: World) -> None:
    first = Suppression(reason="unsubscribed", at=A_MOMENT, source="link")
    world.suppressions.add(" Jane@Falls.example ", first)
    world.suppressions.add("jane@falls.example", Suppression(reason="bounced", at=days(1), source="ses"))
    assert world.suppressions.find("JANE@falls.example") == first
    assert world.suppressions.find("joe@falls.example") is None


def test_a_conversation_is_found_by_each_of_its_keys_until_it_is_forgotten(world: World) -> None:
    one, other = a_conversation().conversation_id, a_conversation("acme/2").conversation_id
    world.threads.remember(["token", "tag"], one)
    world.threads.remember(["token", "0100-ses"], one)
    world.threads.remember(iter(["elsewhere"]), other)
    world.threads.remember([], other)
    assert [world.threads.find(key) for key in ("token", "tag", "0100-ses")] == [one] * 3
    assert world.threads.find("unknown") is None
    assert world.threads.forget(one) == 3
    assert world.threads.forget(one) == 0
    assert [world.threads.find(key) for key in ("token", "tag", "0100-ses", "elsewhere")] == [None, None, None, other]


def test_removing_an_account_removes_the_keys_of_all_its_conversations(world: World) -> None:
    world.threads.remember(["a", "b"], a_conversation().conversation_id)
    world.threads.remember(["c"], a_conversation(opened_on=A_DAY + DAY).conversation_id)
    world.threads.remember(["other"], a_conversation("acme2").conversation_id)
    assert world.shelf.remove("acme") == 3
    assert [world.threads.find(key) for key in "abc"] == [None] * 3
    assert world.threads.find("other")


def a_flag(kind: str = "complex", **known: Any) -> Flag:
    return Flag.model_validate({"kind": kind, "because": "so", "by": "carla@example.com", "at": A_MOMENT} | known)


def test_a_holder_has_one_flag_of_each_kind_until_somebody_takes_it_away(world: World) -> None:
    away = a_flag("away", until=A_DAY)
    world.flags.put("acme", a_flag("no_outreach"))
    world.flags.put("acme", a_flag(because="old"))
    world.flags.put("acme", a_flag())
    world.flags.put(f"{CSM}Carla@example.com", away)
    assert world.flags.of("acme") == [a_flag(), a_flag("no_outreach")]
    assert world.flags.of(f"{CSM}carla@example.com") == [away]
    assert world.flags.of("acme2") == []
    assert world.flags.clear("acme", "complex")
    assert not world.flags.clear("acme", "complex")
    assert not world.flags.clear("acme2", "complex")
    assert world.flags.of("acme") == [a_flag("no_outreach")]


def test_the_switch_stands_at_drafts_only_until_somebody_turns_it(world: World) -> None:
    assert world.outreach_switch.get() == Switch()
    live = Switch(mode="live", changed_at=A_MOMENT, changed_by="admin@example.com")
    world.outreach_switch.put(live)
    assert world.outreach_switch.get() == live
    world.outreach_switch.put(live.model_copy(update={"stopped": True}))
    assert world.outreach_switch.get().stopped
    assert world.journal.live_config() is None


def test_everything_that_outreach_keeps_of_an_account_is_shown_and_goes_with_it(world: World) -> None:
    world.flags.put("acme", a_flag())
    world.dossiers.save("acme", [a_touch("m-1"), a_ticket("t-1", severity="p1", csat=2)])
    world.flags.put("other", a_flag())
    world.crm_ledger.logged("hubspot", f"{a_conversation().conversation_id}|check_in sent", "77")
    shown = {item["item"]: item for item in world.shelf.items_of("acme")}
    assert [item.split("#")[0] for item in shown] == ["CRM", "DOSSIER", "FLAG"]
    assert shown["DOSSIER"]["tickets"][0]["severity"] == "p1"
    assert shown["FLAG#complex"]["because"] == "so"
    assert world.shelf.remove("acme") == 3
    assert world.shelf.items_of("acme") == []
    assert world.flags.of("acme") == []
    assert world.dossiers.read(["acme"]) == {}
    assert len(world.shelf.items_of("other")) == 1


def test_the_switch_is_not_turned_by_whoever_did_not_see_how_it_stands(world: World) -> None:
    first = Switch(mode="live", changed_at=A_MOMENT, changed_by="admin@example.com")
    assert world.outreach_switch.put(first, Switch())
    assert not world.outreach_switch.put(first, Switch())
    stopped = first.model_copy(update={"stopped": True, "changed_at": A_MOMENT + DAY})
    assert world.outreach_switch.put(stopped, first)
    assert not world.outreach_switch.put(first, first)
    assert world.outreach_switch.get() == stopped
