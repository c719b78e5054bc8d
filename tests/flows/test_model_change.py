"""A scorecard is replayed, applied and taken back: nobody hears of it, and what was reported stays."""

import json
from collections import Counter
from copy import deepcopy
from datetime import date, timedelta
from functools import cache

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.model_apply import apply_model, ledger
from health_monitor.flows.model_past import stored_past
from health_monitor.flows.model_plan import PLANS, last_day, weigh_model
from health_monitor.flows.model_replay import LOUD
from health_monitor.flows.plan_scoring import plan_scoring
from health_monitor.flows.runs import USE_HISTORY, config_key, pack_lines, unpack_lines
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain
from health_monitor.model.records import Renewal, Ticket, Touchpoint
from health_monitor.model.score import Signal
from health_monitor.score.line import standing_of_line, use_line
from tests.builders import an_account
from tests.flows.crashes import Countdown, died, mortal
from tests.flows.scorecards import (
    HISTORIES,
    LENIENT,
    SENTIMENTAL,
    a_survey,
    a_wish,
    an_invoice,
    apply,
    live,
    morning,
    news,
    night,
    noon,
    plan,
    roll_back,
    scored,
    stands,
    stores_of,
    tell,
)
from tests.flows.stage import CONFIG, NIGHT, asking, files, next_morning, told
from tests.rooms.standings import a_use

GOOD, POOR = a_survey(10, NIGHT - timedelta(days=3)), a_survey(0, NIGHT - timedelta(days=3))


@cache
def _scored(weeks: int) -> MemoryWorld:
    return scored(weeks, ("steady-1", GOOD), ("steady-2", POOR))


def a_world(weeks: int = 6) -> MemoryWorld:
    """One account that people praise and one that they blame, among others; every test changes its own copy."""
    return deepcopy(_scored(weeks))


def test_a_plan_names_who_would_stand_elsewhere_and_says_on_what_it_rests() -> None:
    world = a_world()
    found = plan(world)
    assert found.before == live(world).scorecard.version
    assert found.after == SENTIMENTAL.version
    assert "scorecard.yaml: presets.default.usage.weight 35 → 10" in found.changes
    moved = {one.account_id: one.status for one in found.findings.moved}
    assert moved["steady-1"] == ("at_risk", "healthy")
    assert (found.findings.accounts, found.findings.weeks, found.findings.csms) == (11, 7, 1)


def test_a_plan_changes_nothing_and_what_is_kept_of_it_names_nobody() -> None:
    world = a_world(1)
    before = {name: data for name, data in files(world).items() if not name.startswith(PLANS)}
    stood = stands(world)
    plan(world)
    assert {name: data for name, data in files(world).items() if not name.startswith(PLANS)} == before
    assert stands(world) == stood
    (kept,) = files(world, PLANS).values()
    assert b"steady" not in kept
    assert b"carla" not in kept


def test_a_plan_of_what_is_live_is_no_plan() -> None:
    world = a_world(0)
    with pytest.raises(AlreadyDone, match="is live already; change scorecard"):
        plan(world, live(world).scorecard)


def test_without_any_night_there_is_nothing_to_replay(empty: MemoryWorld) -> None:
    with pytest.raises(NeedsHuman, match="nothing to replay; run health-monitor backfill first"):
        plan(empty)


def test_an_invoice_that_becomes_past_due_by_time_alone_is_an_alert_of_its_week() -> None:
    world = scored(3, ("steady-1", an_invoice(NIGHT - timedelta(days=8))))
    assert plan(world).findings.by_kind["payment_past_due"] == (1, 1)


def test_churns_and_renewals_are_judged_by_where_the_account_stood_before() -> None:
    left, kept = NIGHT + timedelta(days=30), NIGHT + timedelta(days=20)
    world = scored(
        6,
        ("steady-1", GOOD), ("steady-1", a_renewal(left, "churned")), ("steady-2", a_renewal(kept, "renewed")),
        ("steady-3", a_renewal(kept, "pending")),
    )  # fmt: skip
    found = plan(world).findings
    assert (found.churns, found.renewals) == (1, 1)
    assert [one.account_id for one in found.missed_gained] == ["steady-1"]


def a_renewal(day: date, outcome: str) -> Renewal:
    return Renewal(source="csv", key="r1", changed_at=noon(day), due_on=day, outcome=outcome)  # type: ignore[arg-type]


def test_days_before_the_first_night_are_replayed_from_what_the_rebuild_left() -> None:
    world = a_world(1)
    day = NIGHT.toordinal() - 70
    busy = [[day + 7 * n, use_line(a_use())] for n in range(10)]
    rows = [{"account_id": "steady-1", "weeks": busy}, {"account_id": "nobody-knows", "weeks": busy}]
    world.blobs.put(f"{USE_HISTORY}00000.jsonl.gz", pack_lines(rows))
    visit = Touchpoint(source="csv", key="t", changed_at=noon(NIGHT), kind="training", at=noon(NIGHT))
    tell(world, "steady-2", visit)
    past = {one.account.account_id: one for one in stored_past(stores_of(world), last_day(stores_of(world)))}
    days = [one.day.toordinal() for one in past["steady-1"].days]
    assert days == [day + 7 * n for n in range(12)]
    assert past["steady-1"].days[0].peers.usage == {}
    assert past["steady-1"].days[1].peers.usage["smb"][1] == 1
    assert not past["steady-1"].days[1].peers.trains
    assert "nobody-knows" not in past


def test_what_was_scored_after_the_customer_had_left_does_not_count() -> None:
    world = a_world(2)
    world.accounts.save([an_account("steady-1", churn_date=NIGHT + timedelta(days=7))])
    past = {one.account.account_id: one for one in stored_past(stores_of(world), last_day(stores_of(world)))}
    assert [one.day for one in past["steady-1"].days] == [NIGHT]


def test_applying_needs_a_plan_of_exactly_this_change() -> None:
    world = a_world(1)
    plan(world, LENIENT)
    with pytest.raises(NeedsHuman, match="was never replayed; see first: health-monitor model plan mine"):
        apply(world)
    assert live(world).scorecard.version != SENTIMENTAL.version
    assert ledger(stores_of(world)) == []


def test_applying_needs_a_plan_over_the_present_history() -> None:
    world = a_world(1)
    plan(world)
    morning(world)
    with pytest.raises(NeedsHuman, match=r"the history has changed since .* see again: health-monitor model plan mine"):
        apply(world)


def test_applying_needs_a_note() -> None:
    world = a_world(1)
    plan(world)
    with pytest.raises(NeedsHuman, match="--note is empty"):
        apply(world, note="  ")


def test_a_change_of_the_scorecard_raises_no_alert_and_no_signal_by_itself() -> None:
    """Not on the day it is applied, and not in the nights after."""
    world = a_world()
    plan(world)
    heard, stood = told(world), stands(world)
    assert apply(world).restated == 11
    changed = [key for key, one in stands(world).items() if one.status != stood[key].status]
    assert changed
    assert news(world, last_day(stores_of(world))) == []
    for _ in range(2):
        assert news(world, morning(world)) == []
    assert told(world) == heard


def test_what_the_scorecard_alone_brings_about_is_kept_as_told_and_is_no_news_later() -> None:
    """The other side of the coin: without it, these signals would have gone out on the next night."""
    world = scored(2, ("steady-1", GOOD), scorecard=LENIENT)
    strict = CONFIG.scorecard
    plan(world, strict)
    apply(world, strict)
    silent = [(key, one) for key, standing in stands(world).items() for one in standing.signals if one.silent]
    assert ("steady-1", "entered_at_risk") in [(key, one.kind) for key, one in silent]
    assert {one.since for _, one in silent} == {last_day(stores_of(world))}
    assert news(world, morning(world)) == []


def test_trends_go_on_over_an_applied_change() -> None:
    world = a_world(14)
    plan(world)
    apply(world)
    day = morning(world)
    stood = stands(world)["steady-1"]
    assert (stood.version, stood.history.version) == (SENTIMENTAL.version, SENTIMENTAL.version)
    assert stood.trend == "stable"
    assert stood.deltas.d30 is not None
    assert stood.deltas.d90 is not None
    assert stood.history.on(day.toordinal()) == stood.score
    assert stood.history.first_day < day.toordinal() - 90


def test_what_was_reported_stays_as_it_was() -> None:
    world = a_world(2)
    reported = files(world, "history/nightly", "benchmarks", "runs")
    plan(world)
    apply(world)
    roll_back(world)
    assert files(world, "history/nightly", "benchmarks", "runs") == reported


def test_what_records_brought_about_since_the_night_is_left_for_the_next_one_to_tell() -> None:
    world = a_world(2)
    day = last_day(stores_of(world))
    tell(world, "steady-3", an_invoice(day - timedelta(days=20)))
    incident = Ticket(source="csv", key="p1", changed_at=noon(day), opened_at=noon(day), severity="p1")
    tell(world, "steady-4", incident)
    plan(world)
    apply(world)
    assert {one.kind for one in stands(world)["steady-3"].signals} & {"payment_past_due"} == set()
    assert set(news(world, morning(world))) == {
        ("steady-3", "payment_past_due"),
        ("steady-3", "score_below_25"),
        ("steady-4", "p1_open"),
    }


def test_a_signal_that_speaks_of_a_new_record_is_told_by_the_next_night_and_the_old_one_stays() -> None:
    world = a_world(2)
    day = last_day(stores_of(world))
    first = Ticket(source="csv", key="p1", changed_at=noon(day), opened_at=noon(day), severity="p1")
    tell(world, "steady-4", first)
    opened = morning(world)
    tell(world, "steady-4", Ticket(source="csv", key="p2", changed_at=noon(day), opened_at=noon(day), severity="p1"))
    plan(world)
    apply(world)
    assert [one.since for one in stands(world)["steady-4"].signals if one.kind == "p1_open"] == [opened]
    assert ("steady-4", "p1_open") in news(world, morning(world))


def test_an_account_that_was_rescored_since_the_night_is_restated_as_of_that_moment() -> None:
    """What it was told of at once is not told again."""
    world = a_world(1)
    now, stood = world.clock.now(), stands(world)["steady-4"]
    tell(world, "steady-4", Ticket(source="csv", key="p1", changed_at=now, opened_at=now, severity="p1"))
    heard = Signal("p1_open", "critical", "a P1 ticket is open", ("ticket:csv/p1",), now.date(), now)
    world.standings.write([stood.model_copy(update={"at": now, "score": 100, "signals": (heard, *stood.signals)})])
    plan(world)
    apply(world)
    again = stands(world)["steady-4"]
    assert (again.as_of, again.at, again.version) == (stood.as_of, now, SENTIMENTAL.version)
    assert again.history.first_day + len(again.history.values) - 1 == stood.as_of.toordinal()
    assert [(one.since, one.at, one.silent) for one in again.signals if one.kind == "p1_open"] == [
        (now.date(), now, False)
    ]


def test_rolling_back_brings_the_former_scorecard_back_exactly_and_stands_in_the_history() -> None:
    world = a_world(2)
    before, config = live(world), world.journal.live_config()
    stood = stands(world)
    plan(world)
    apply(world)
    assert roll_back(world, note="too nervous").restated == 11
    assert live(world) == before
    assert world.journal.live_config() == config
    assert [(one.kind, one.note) for one in ledger(stores_of(world))] == [
        ("apply", "we hear more than we see"),
        ("rollback", "too nervous"),
    ]
    again = stands(world)
    assert {key: (one.version, one.score, one.status, one.tier) for key, one in again.items()} == {
        key: (one.version, one.score, one.status, one.tier) for key, one in stood.items()
    }
    assert news(world, morning(world)) == []


def test_the_first_scorecard_has_none_before_it() -> None:
    world = a_world(0)
    with pytest.raises(NeedsHuman, match="is the first that was live, so there is none to go back to"):
        roll_back(world)


def test_rolling_back_twice_goes_back_twice() -> None:
    world = a_world(1)
    first = live(world).scorecard.version
    for scorecard in (SENTIMENTAL, LENIENT):
        plan(world, scorecard)
        apply(world, scorecard)
    assert roll_back(world).after == SENTIMENTAL.version
    assert roll_back(world).after == first
    with pytest.raises(NeedsHuman, match="the first that was live"):
        roll_back(world)


def test_a_former_scorecard_that_is_no_longer_allowed_is_told_and_nothing_is_changed() -> None:
    world = a_world(0)
    plan(world)
    key = config_key(apply(world).config_before)
    said = json.loads(world.blobs.get(key) or b"")
    said["scorecard"]["presets"]["default"]["usage"]["weight"] = "34"
    world.blobs.put(key, json.dumps(said).encode())
    stood, known = stands(world), ledger(stores_of(world))
    with pytest.raises(NeedsHuman, match=r"presets.default: the weights sum to 99, not 100 .*; correct that in your"):
        roll_back(world)
    assert (stands(world), ledger(stores_of(world)), live(world).scorecard) == (stood, known, SENTIMENTAL)


def test_other_settings_published_in_between_survive_a_rollback() -> None:
    from health_monitor.flows.configure import publish_config

    world = a_world(1)
    plan(world)
    apply(world)
    publish_config(live(world).model_copy(update={"benchmark_min_accounts": 3}), world.blobs, world.journal)
    roll_back(world)
    assert live(world).benchmark_min_accounts == 3


def test_applying_what_is_live_is_already_done() -> None:
    world = a_world(1)
    plan(world)
    apply(world)
    with pytest.raises(AlreadyDone, match="is live already"):
        apply(world)


@pytest.mark.parametrize("change", ["apply", "rollback"])
@pytest.mark.parametrize("done", [False, True])
def test_a_change_that_died_anywhere_is_finished_by_giving_the_command_again(change: str, done: bool) -> None:
    def prepared() -> MemoryWorld:
        world = a_world(1)
        plan(world)
        if change == "rollback":
            apply(world)
        return world

    do = apply if change == "apply" else roll_back
    whole = prepared()
    do(whole)
    at = 1
    while True:
        world = prepared()
        if not died(lambda at=at, world=world: do(mortal(world, Countdown(at, done=done)))):  # type: ignore[misc]
            break
        if ledger(stores_of(world))[-1:] != ledger(stores_of(whole))[-1:]:
            do(world)
        assert (stands(world), live(world)) == (stands(whole), live(whole))
        assert ledger(stores_of(world))[-1].restated == 11
        assert len(ledger(stores_of(world))) == len(ledger(stores_of(whole)))
        at += 1
    assert at > 4


def test_nothing_is_applied_while_a_night_is_scored_with_the_former_scorecard() -> None:
    world = a_world(1)
    plan(world)
    next_morning(world, HISTORIES)
    begin(world)
    with pytest.raises(TryAgain, match="is being scored with the former scorecard; give the same command again"):
        apply(world)
    assert ledger(stores_of(world)) == []
    night(world)
    plan(world)
    assert apply(world).restated == 11


def test_a_night_that_began_at_the_same_moment_is_waited_for_and_the_rest_done_after_it() -> None:
    world = a_world(1)
    plan(world)
    next_morning(world, HISTORIES)
    died(lambda: apply(mortal(world, Countdown(4, done=False))))  # before the configuration is pointed to
    begin(world)
    with pytest.raises(TryAgain, match="is being scored"):
        apply(world)
    assert ledger(stores_of(world))[-1].restated is None
    night(world)
    assert apply(world, note="again").restated == 11
    assert [one.note for one in ledger(stores_of(world))] == ["we hear more than we see"]
    assert news(world, morning(world)) == []


def begin(world: MemoryWorld) -> None:
    """Tonight is planned, and nothing more."""
    asked = asking(as_of=world.clock.now().date() - timedelta(days=1))
    plan_scoring(asked, world.clock.now(), CONFIG, world.blobs, world.accounts, world.journal)


def test_right_after_a_backfill_scores_are_restated_from_the_week_before() -> None:
    """The day that was judged last is in no night's file; its account's use of a few days before is."""
    world = a_world(1)
    (acme,) = [one for key, one in stands(world).items() if key == "steady-1"]
    for key in list(world.blobs.keys("history/nightly/")):
        world.blobs.delete(key)
    rows = [{"account_id": "steady-1", "weeks": [[acme.as_of.toordinal() - 4, use_line(a_use())]]}]
    world.blobs.put(f"{USE_HISTORY}00000.jsonl.gz", pack_lines(rows))
    plan(world)
    assert apply(world).restated == 1
    again = stands(world)["steady-1"]
    assert (again.as_of, again.version) == (acme.as_of, SENTIMENTAL.version)
    assert again.history.on(acme.as_of.toordinal() - 4) is not None


def test_two_people_at_the_same_moment_do_not_overwrite_each_other() -> None:
    world = a_world(1)
    for scorecard in (SENTIMENTAL, LENIENT):
        plan(world, scorecard)
    wish = a_wish(world)
    apply_model(SENTIMENTAL, live(world), wish, stores_of(world), lambda _: None)
    plan(world, LENIENT)
    with pytest.raises(TryAgain, match="somebody else changes the scorecard at the same moment"):
        apply_model(LENIENT, live(world), wish, stores_of(world), lambda _: None)


def test_accounts_that_were_never_scored_are_left_alone() -> None:
    world = a_world(1)
    world.standings.remove(["steady-5"])
    plan(world)
    assert apply(world).restated == 10


def test_weights_say_what_is_missing_on_a_short_history() -> None:
    world = a_world(2)
    stores = stores_of(world)
    (found,) = weigh_model(live(world), stored_past(stores, last_day(stores)), stores)
    assert (found.name, found.cards) == ("preset default", ("enterprise", "smb", "standard"))
    assert found.why_not is not None
    assert found.why_not.startswith("not enough churns: 0 of the 50")


def test_on_aws_as_in_memory_a_change_is_planned_applied_and_taken_back(empty: MemoryWorld) -> None:
    world = scored(0, ("steady-1", GOOD), empty=empty)
    before = live(world)
    assert [one.account_id for one in plan(world).findings.moved] == ["steady-1"]
    assert apply(world).restated == 11
    assert {one.version for one in stands(world).values()} == {SENTIMENTAL.version}
    roll_back(world)
    assert live(world) == before
    assert news(world, morning(world)) == []


def test_weights_learn_from_every_account_four_weekly_as_soon_as_it_is_known_what_came() -> None:
    world = a_world(1)
    first = NIGHT.toordinal() - 280
    left = date.fromordinal(first + 200)
    world.accounts.save([an_account("steady-1", churn_date=left)])
    weeks = [[first + 7 * n, use_line(a_use())] for n in range(40)]
    rows = [{"account_id": f"steady-{n}", "weeks": weeks if n > 1 else weeks[:28]} for n in range(1, 6)]
    world.blobs.put(f"{USE_HISTORY}00000.jsonl.gz", pack_lines(rows))
    stores = stores_of(world)
    (found,) = weigh_model(live(world), stored_past(stores, last_day(stores)), stores)
    assert (found.accounts, found.churned) == (5, 1)
    usage = found.dimensions[0]
    assert (usage.name, usage.churned, usage.stayed) == ("usage", 1, 5)


def test_the_live_side_of_a_plan_counts_what_the_nights_have_told() -> None:
    """But for what came and went between two of the weekly days."""
    late = an_invoice(NIGHT - timedelta(days=1))
    world = scored(6, ("steady-1", GOOD), ("steady-2", POOR), ("steady-3", late))
    reported = {
        (row["account_id"], signal.kind, signal.since)
        for data in files(world, "history/nightly").values()
        for row in unpack_lines(data)
        for signal in standing_of_line(row["account_id"], row["health"]).signals
        if signal.severity in LOUD and signal.since and signal.since > NIGHT
    }
    nights = Counter(kind for _, kind, _ in reported)
    counted = Counter({kind: live for kind, (live, _) in plan(world).findings.by_kind.items() if live})
    assert counted["payment_past_due"] == 1
    assert counted <= nights
    assert (nights - counted).total() <= 1
