"""When everybody falls at once, or a source is late, people hear of one incident and not of every account."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.model.alert import Errand, Message
from health_monitor.model.usage import History
from health_monitor.simulate.workflow import CHANNEL, OPERATIONS
from tests.flows.incidents import TOMORROW, late_eve, late_yesterday, outage_eve, silence
from tests.flows.stage import (
    EVE,
    HISTORIES,
    LATER,
    NIGHT,
    alerts_of,
    asking,
    heard,
    like,
    next_morning,
    run_night,
    run_steps,
    told,
    usage,
)

HELD_TONIGHT = ["back", "falls", "new", "sinks", *(f"steady-{n}" for n in range(1, 6))]


def test_in_an_outage_new_alerts_carry_the_reason_and_wait(empty: MemoryWorld) -> None:
    outage_eve(empty)
    (done,) = run_night(empty)
    assert (done["opened"], done["held"]) == (7, 9)
    assert done["incident"] == "portfolio_drop: median 50% of a week ago over 10 accounts"
    opened = [alert for alert in alerts_of(empty).values() if alert.opened_on == NIGHT]
    assert {alert.suppressed for alert in opened} == {done["incident"]}
    assert [notice.account_id for notice in empty.notices.held(LATER)] == HELD_TONIGHT


def test_in_an_outage_operations_hear_of_one_incident_with_its_numbers(empty: MemoryWorld) -> None:
    outage_eve(empty)
    run_night(empty)
    mail, slack = incidents(empty, "email"), incidents(empty, "slack")
    assert [m.to for m in (*mail, *slack)] == [OPERATIONS, CHANNEL]
    assert mail[0].text.startswith(
        "On 2026-11-01 the data looks wrong or the whole portfolio went quiet: "
        "portfolio_drop: median 50% of a week ago over 10 accounts.\n9 new usage alerts and escalations are held back."
    )


def test_an_incident_of_several_nights_is_told_once(empty: MemoryWorld) -> None:
    outage_eve(empty)
    run_night(empty)
    for _ in range(2):
        night = next_morning(empty, silence())
        assert run_night(empty, night)[0]["incident"].startswith("portfolio_drop")
    assert len(incidents(empty, "email")) == 1


def test_a_severe_drop_of_a_high_value_account_is_never_held(empty: MemoryWorld) -> None:
    outage_eve(empty)
    run_night(empty)
    urgent = [message_id for message_id in told(empty) if not message_id.startswith("incident/")]
    assert urgent == [f"big/usage_drop/2026-10-30/{told_by}" for told_by in ("card/escalated", "escalated/email")]


def test_what_is_still_open_after_two_days_is_delivered_though_the_incident_goes_on(empty: MemoryWorld) -> None:
    outage_eve(empty)
    run_night(empty)
    released = [held_through(empty, night_of_silence(empty)) for _ in range(2)]
    assert released == [[], HELD_TONIGHT]
    assert {notice.due_on for notice in empty.notices.held(LATER)} == {NIGHT + timedelta(days=4)}


def test_what_nights_hold_that_are_caught_up_in_one_go_waits_two_days_from_the_last_of_them(empty: MemoryWorld) -> None:
    outage_eve(empty)
    for _ in range(4):
        night = next_morning(empty, silence())
    nights = run_night(empty, night)
    assert [done["as_of"] for done in nights] == [(NIGHT + timedelta(days=n)).isoformat() for n in range(5)]
    assert all(done["incident"] for done in nights)
    assert set(told_about(empty)) == {"big"}
    assert {notice.due_on for notice in empty.notices.held(LATER)} == {night + timedelta(days=2)}


def test_what_is_still_open_when_the_incident_ends_is_delivered_the_next_morning(empty: MemoryWorld) -> None:
    late_yesterday(empty)
    (done,) = run_night(empty, TOMORROW)
    assert done["incident"] is None
    assert told_about(empty) == ["big", "falls", "sinks"]
    assert empty.notices.held(LATER) == []


def test_what_is_over_when_the_incident_ends_is_told_to_nobody(empty: MemoryWorld) -> None:
    late_eve(empty)
    run_night(empty)
    nobody_fell = [History("falls", usage(), ()), *(h for h in HISTORIES if h.account_id != "falls")]
    run_night(empty, next_morning(empty, nobody_fell))
    assert told_about(empty) == ["big", "sinks"]
    run_night(empty, next_morning(empty, nobody_fell))
    assert "falls" not in told_about(empty)
    assert alerts_of(empty)["falls/usage_drop/2026-11-01"].suppressed == "source_late: feed"


def test_released_messages_go_out_once(empty: MemoryWorld) -> None:
    late_yesterday(empty)
    for _ in range(2):
        run_night(empty, TOMORROW)
    assert len(told(empty)) == len(set(told(empty)))


def test_a_late_source_is_one_incident_and_its_alerts_wait_no_longer_than_two_days(empty: MemoryWorld) -> None:
    late_eve(empty)
    for night in (NIGHT, next_morning(empty, through=EVE)):
        assert run_night(empty, night)[0]["incident"] == "source_late: feed"
        assert told_about(empty) == ["big"]
    run_night(empty, next_morning(empty, through=EVE))
    assert told_about(empty) == ["big", "falls", "sinks"]
    assert [message.message_id for message in incidents(empty, "email")] == [f"incident/{NIGHT}/email"]


def test_every_late_source_is_named(world: MemoryWorld) -> None:
    for source in ("zendesk", "crm"):
        heard(world, EVE, source)
    assert run_night(world)[0]["incident"] == "source_late: crm, zendesk"


def test_a_second_incident_is_another_one(empty: MemoryWorld) -> None:
    late_yesterday(empty)
    run_night(empty, TOMORROW)
    night = next_morning(empty, through=TOMORROW)
    run_night(empty, night)
    assert [message.message_id for message in incidents(empty, "slack")] == [
        f"incident/{NIGHT}/slack",
        f"incident/{night}/slack",
    ]


@pytest.mark.parametrize("evening", [outage_eve, late_eve])
def test_the_mark_changes_no_episode(empty: MemoryWorld, evening: object) -> None:
    evening(empty)  # type: ignore[operator]
    run_night(empty)
    marked = [alert for alert in alerts_of(empty).values() if alert.suppressed and alert.opened_on == NIGHT]
    assert marked
    assert all(alert.is_open for alert in marked)
    states = empty.states.read([alert.account_id for alert in marked], NIGHT)
    assert {state.happened for state in states.values()} == {"opened"}


def test_a_trial_during_an_incident_holds_and_tells_nothing(empty: MemoryWorld) -> None:
    outage_eve(empty)
    (done,) = run_night(empty, dry_run=True)
    assert done["incident"].startswith("portfolio_drop")
    assert (told(empty), empty.notices.held(LATER)) == ([], [])


def incidents(world: MemoryWorld, channel: str) -> list[Message]:
    return [m for m in world.courier(channel).delivered if m.message_id.startswith("incident/")]  # type: ignore[arg-type]


def told_about(world: MemoryWorld) -> list[str]:
    """The accounts that people have had a card about."""
    ids = [message_id for message_id in told(world) if "/card/" in message_id]
    return sorted(message_id.split("/")[0] for message_id in ids if not message_id.startswith("incident/"))


def night_of_silence(world: MemoryWorld) -> date:
    return next_morning(world, silence())


def held_through(world: MemoryWorld, night: date) -> list[str]:
    """Which of the accounts that were held on the first night this night tells about."""
    before = told_about(world)
    run_night(world, night)
    return [name for name in told_about(world) if name not in before and name in HELD_TONIGHT]


class NotingOutbox:
    """Notes how many messages about alerts were handed over at once, and what was held back at that moment."""

    def __init__(self, world: MemoryWorld) -> None:
        self.at_once: list[tuple[int, int]] = []
        self._world = world

    def put(self, messages: Iterable[Message | Errand]) -> None:
        several = list(messages)
        ids = [one.errand_id if isinstance(one, Errand) else one.message_id for one in several]
        about_alerts = [name for name in ids if "/usage_drop/" in name and "/crm/night/" not in name]
        self.at_once.append((len(about_alerts), len(self._world.notices.held(LATER))))
        self._world.outbox.put(several)


def test_the_messages_of_many_alerts_are_queued_together(world: MemoryWorld) -> None:
    noting = NotingOutbox(world)
    run_steps(like(world, outbox=noting))
    assert [messages for messages, _ in noting.at_once if messages] == [9]


def test_what_was_held_is_queued_together_before_any_of_it_counts_as_told(empty: MemoryWorld) -> None:
    late_yesterday(empty)
    noting, held = NotingOutbox(empty), len(empty.notices.held(LATER))
    run_steps(like(empty, outbox=noting), asking(as_of=TOMORROW))
    assert [(messages, waiting) for messages, waiting in noting.at_once if messages] == [(3 * held, held)]
    assert empty.notices.held(LATER) == []
