"""What cannot wait for the night: an account is scored again, and what is critical is told at once, once."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import boto3
import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.override import Judgement, end_override, set_override
from health_monitor.flows.rescore import Desk, rescore
from health_monitor.flows.score_accounts import Stores, score_accounts
from health_monitor.flows.tell_signals import Teller
from health_monitor.flows.want_rescoring import want_rescoring
from health_monitor.model.alert import Message, Rescoring
from health_monitor.model.errors import AlreadyDone, TryAgain
from health_monitor.model.records import AnyRecord, Invoice, Note, Person, Survey, Ticket
from health_monitor.model.score import Deltas, Standing
from health_monitor.model.scorecard import Trend
from health_monitor.settings import setting
from health_monitor.simulate.workflow import batches
from tests.builders import A_MOMENT, an_account
from tests.flows.crashes import Countdown, died, mortal
from tests.flows.stage import CONFIG, NIGHT, a_plan, a_world, files, furnish, next_morning, run_night

NOW = A_MOMENT + timedelta(hours=4)
TODAY = NOW.date()
ANY: dict[str, Any] = {"source": "crm", "changed_at": NOW}


def p1(key: str = "7", **known: Any) -> Ticket:
    return Ticket(**(ANY | {"key": key, "severity": "p1", "type": "incident", "opened_at": NOW} | known))


def survey(score: int = 2) -> Survey:
    return Survey(**ANY, key="s", survey="nps", score=score, at=NOW)


def desk(world: MemoryWorld) -> Desk:
    teller = Teller(world.blobs, world.accounts, world.notices, world.outbox, "ops@example.com")
    return Desk(CONFIG, world.rings, world.states, world.dossiers, world.standings, world.journal, teller)


def told(world: MemoryWorld, account_id: str, *records: AnyRecord, critical: bool = True, at: datetime = NOW) -> int:
    world.dossiers.save(account_id, records)
    return rescore(Rescoring(account_id=account_id, critical=critical, why="news"), at, desk(world))


def stands(world: MemoryWorld, account_id: str) -> Standing:
    return world.standings.read([account_id], consistent=True)[account_id]


def mails(world: MemoryWorld) -> list[Message]:
    return [one for one in world.outbox.take() if isinstance(one, Message)]


@pytest.fixture
def judged(world: MemoryWorld) -> MemoryWorld:
    run_night(world)
    world.outbox.take()
    return world


def test_a_p1_is_told_at_once_and_the_score_knows_of_it(judged: MemoryWorld) -> None:
    before = stands(judged, "steady-1")
    assert told(judged, "steady-1", p1()) == 1
    after = stands(judged, "steady-1")
    assert (after.at, after.as_of, after.history) == (NOW, before.as_of, before.history)
    assert [one.kind for one in after.signals if one.at == NOW] == ["p1_open"]
    (mail,) = mails(judged)
    assert mail.message_id.startswith(f"signals/steady-1/{NOW.isoformat()}/")
    assert "ticket:crm/7" in next(one.records for one in after.signals if one.kind == "p1_open")


def test_the_same_wish_again_changes_nothing_and_gives_the_mail_the_same_name(judged: MemoryWorld) -> None:
    told(judged, "steady-1", p1())
    after, first = stands(judged, "steady-1"), mails(judged)
    assert told(judged, "steady-1", p1(), at=NOW + timedelta(minutes=3)) == 1
    assert stands(judged, "steady-1") == after
    assert mails(judged) == first


def test_dying_at_any_write_and_trying_again_tells_once_by_name(judged: MemoryWorld) -> None:
    judged.dossiers.save("steady-1", [p1()])
    wish = Rescoring(account_id="steady-1", critical=True, why="a P1 is open")
    before = stands(judged, "steady-1")
    for at, done in ((1, False), (1, True), (2, False), (2, True)):
        judged.standings.write([before])
        assert died(partial(rescore, wish, NOW, desk(mortal(judged, Countdown(at, done=done)))))
        assert rescore(wish, NOW + timedelta(minutes=6), desk(judged)) == 1
        names = {one.message_id for one in mails(judged)}
        assert len(names) == 1, f"dead at write {at}, done: {done}"


def test_the_next_night_goes_on_from_there_and_tells_it_no_second_time(judged: MemoryWorld) -> None:
    told(judged, "steady-1", p1())
    mails(judged)
    run_night(judged, next_morning(judged))
    signal = next(one for one in stands(judged, "steady-1").signals if one.kind == "p1_open")
    assert (signal.since, signal.at) == (TODAY, NOW)
    told_of = [one for one in judged.outbox.taken if isinstance(one, Message) and "digest" in one.message_id]
    assert not [one for one in told_of if "P1" in one.text]


def test_other_news_of_a_standard_account_waits_for_the_night_that_of_a_high_value_one_does_not(
    judged: MemoryWorld,
) -> None:
    with pytest.raises(AlreadyDone, match="the night will do"):
        told(judged, "steady-1", survey(), critical=False)
    before = stands(judged, "big")
    assert told(judged, "big", survey(), critical=False) == 0
    after = stands(judged, "big")
    assert (before.dimensions["sentiment"], after.dimensions["sentiment"]) == (None, 3_000)
    assert after.score != before.score


def test_an_account_that_left_or_is_unknown_is_left_alone(judged: MemoryWorld) -> None:
    judged.accounts.save([an_account("left", churn_date=NIGHT)])
    for account_id, why in (("left", "no customer"), ("nobody", "no customer")):
        with pytest.raises(AlreadyDone, match=why):
            told(judged, account_id, p1())


def test_a_p1_of_an_account_that_no_night_has_scored_is_told_at_once(judged: MemoryWorld) -> None:
    judged.accounts.save([an_account("fresh", arr=Decimal(500_000))])
    assert told(judged, "fresh", p1()) == 1
    first = stands(judged, "fresh")
    assert (first.as_of, first.at, first.deltas) == (NIGHT, NOW, Deltas(None, None, None))
    assert "p1_open" in {one.kind for one in first.signals}
    assert set(first.history.values) == {None}
    assert told(judged, "fresh", p1()) == 1
    assert stands(judged, "fresh") == first
    mails(judged)
    night = next_morning(judged)
    run_night(judged, night)
    after = stands(judged, "fresh")
    assert (after.as_of, [one.at for one in after.signals if one.kind == "p1_open"]) == (night, [NOW])


def test_before_the_first_night_nobody_can_be_scored(empty: MemoryWorld) -> None:
    empty.accounts.save([an_account("fresh")])
    with pytest.raises(AlreadyDone, match="no night has been run yet"):
        told(empty, "fresh", p1())


def test_of_accounts_that_were_never_scored_only_what_is_critical_and_recent_asks(empty: MemoryWorld) -> None:
    old, lately = TODAY - timedelta(days=31), TODAY - timedelta(days=30)
    sponsor = partial(Person, **ANY, role="executive_sponsor")
    for record in (
        p1(opened_at=NOW - timedelta(days=31)), p1(opened_at=NOW - timedelta(days=30)), survey(),
        Invoice(**ANY, key="b", due_on=old), Invoice(**ANY, key="b", due_on=lately),
        sponsor(key="c", departed_on=old), sponsor(key="c", departed_on=lately),
    ):  # fmt: skip
        want_rescoring({"new": [record], "known": [record]}, TODAY, empty.outbox, scored={"known"})
    asked = [one.why for one in _wishes(empty) if one.account_id == "new"]
    assert asked == ["a P1 is open", "a bill is overdue", "the executive sponsor has gone"]


def test_while_another_scorecard_goes_live_or_the_night_writes_it_comes_again(judged: MemoryWorld) -> None:
    other = stands(judged, "steady-1").model_copy(update={"version": "another"})
    judged.standings.write([other])
    with pytest.raises(TryAgain, match="stands by another scorecard"):
        told(judged, "steady-1", p1())


def test_an_account_without_any_use_is_scored_again_too(judged: MemoryWorld) -> None:
    judged.accounts.save([an_account("quiet", tier="enterprise")])
    run_night(judged, next_morning(judged))
    at = judged.clock.now() + timedelta(hours=1)
    assert told(judged, "quiet", p1(opened_at=at), at=at) == 1
    assert stands(judged, "quiet").at == at


def test_the_night_again_leaves_what_was_rescored_since(judged: MemoryWorld) -> None:
    told(judged, "steady-1", p1())
    after = stands(judged, "steady-1")
    run_night(judged)
    assert stands(judged, "steady-1") == after


def test_an_override_made_after_a_night_s_day_and_before_that_night_is_judged_goes_on(judged: MemoryWorld) -> None:
    night = next_morning(judged)
    judgement = Judgement("healthy", "they renewed by phone", "carla@example.com")
    set_override("steady-1", judgement, judged, Trend(), judged.clock.now())
    said = stands(judged, "steady-1")
    run_night(judged, night)
    after = stands(judged, "steady-1")
    assert (after.as_of, after.status, after.override, after.at) == (night, "healthy", said.override, said.at)
    assert after.model_status == "critical"
    night = next_morning(judged)
    end_override("steady-1", "carla@example.com", judged, Trend(), judged.clock.now())
    run_night(judged, night)
    assert (stands(judged, "steady-1").override, stands(judged, "steady-1").status) == (None, after.model_status)


def test_what_was_told_after_a_night_s_day_and_before_that_night_is_judged_is_told_once(judged: MemoryWorld) -> None:
    night, opened = next_morning(judged), judged.clock.now()
    assert told(judged, "steady-1", p1(opened_at=opened), at=opened) == 1
    run_night(judged, night)
    mails(judged)
    judged.outbox.taken.clear()
    run_night(judged, next_morning(judged))
    [signal] = [one for one in stands(judged, "steady-1").signals if one.kind == "p1_open"]
    assert signal.at == opened
    assert not [one for one in judged.outbox.taken if isinstance(one, Message) and "P1" in one.text]


def test_a_night_that_died_after_its_lines_stands_by_these_lines(empty: MemoryWorld) -> None:
    """Whatever has become known since: what was reported is where the account stands."""
    furnish(empty)
    plan = a_plan(empty)
    (first, *_) = batches(empty, plan)
    # The last write of a batch is its standings.
    at = next(n for n in range(1, 50) if not died(_batch(a_world(), n))) - 1
    assert died(partial(score_accounts, plan, first, Stores.of(mortal(empty, Countdown(at)))))
    kept = files(empty)
    empty.dossiers.save("back", [p1(opened_at=A_MOMENT - timedelta(days=1, hours=2))])
    run_night(empty)
    assert not [one for one in stands(empty, "back").signals if one.kind == "p1_open"]
    assert {key: files(empty)[key] for key in kept if key.startswith("history/nightly")} == {
        key: data for key, data in kept.items() if key.startswith("history/nightly")
    }


def _batch(world: MemoryWorld, at: int) -> Any:
    plan = a_plan(world)
    (first, *_) = batches(world, plan)
    return partial(score_accounts, plan, first, Stores.of(mortal(world, Countdown(at))))


def test_critical_is_a_p1_that_is_open_a_bill_overdue_and_a_sponsor_gone(empty: MemoryWorld) -> None:
    bill = partial(Invoice, **ANY, key="b")
    person = partial(Person, **ANY, key="c")
    yesterday, wishes = TODAY - timedelta(days=1), []
    for record in (
        p1(), p1(solved_at=NOW), p1(severity="p2"),
        bill(due_on=yesterday), bill(due_on=TODAY), bill(due_on=yesterday, paid_on=TODAY),
        bill(due_on=yesterday, voided=True),
        person(role="executive_sponsor", departed_on=TODAY), person(role="executive_sponsor"),
        person(role="champion", departed_on=TODAY), survey(),
    ):  # fmt: skip
        want_rescoring({"acme": [record]}, TODAY, empty.outbox)
    wishes = _wishes(empty)
    assert [one.critical for one in wishes] == [
        True, False, False, True, False, False, False, True, False, False, False
    ]  # fmt: skip
    assert wishes[0].why == "a P1 is open"
    assert wishes[-1].why == "news: survey"


def test_a_note_asks_for_nothing_and_what_is_critical_asks_again_when_told_again(empty: MemoryWorld) -> None:
    note = Note(**ANY, key="n", at=NOW, text="a call")
    want_rescoring({"acme": [note]}, TODAY, empty.outbox)
    want_rescoring({}, TODAY, empty.outbox, {"acme": [survey()]})
    assert _wishes(empty) == []
    want_rescoring({}, TODAY, empty.outbox, {"acme": [p1()]})
    assert [one.account_id for one in _wishes(empty)] == ["acme"]


def _wishes(world: MemoryWorld) -> list[Rescoring]:
    """Those that wait in memory, or in the queue."""
    if hasattr(world.outbox, "_outbox"):
        url = setting("HM_RESCORE_QUEUE_URL")
        found = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        more = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [Rescoring.model_validate_json(one["Body"]) for one in [*found, *more]]
    return world.outbox.rescorings
