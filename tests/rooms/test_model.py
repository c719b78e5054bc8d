"""The nouns: unknown is not zero, identities are derived, what is written is read again."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from health_monitor.model.account import Account
from health_monitor.model.alert import alert_id
from health_monitor.model.errors import AlreadyDone, BadRecord, NeedsHuman, TryAgain
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.run import RunInput
from health_monitor.model.state_json import named_state, state_of
from health_monitor.model.usage import Basis, Drop, Episode, NoVerdict, Resolution, State, Verdict
from tests.builders import A_DAY, an_account, an_alert, an_episode, freshness
from tests.rooms.usages import START

NUMBERS = st.integers(0, 10**18)
DENS = st.integers(1, 10**18)
DAYS = st.integers(date(2000, 1, 1).toordinal(), date(2100, 1, 1).toordinal())
VERDICTS = st.one_of(
    st.builds(Verdict, st.sampled_from(Drop), st.none(), st.sampled_from(Basis), NUMBERS, DENS, DENS, DENS),
    st.builds(Verdict, st.just(Drop.NONE), st.sampled_from(NoVerdict), st.none()),
)
EPISODES = st.builds(
    Episode,
    opened_on=DAYS,
    usage_drop=st.sampled_from([Drop.MODERATE, Drop.SEVERE]),
    opening=VERDICTS,
    escalated_on=st.none() | DAYS,
    resolved_on=st.none() | DAYS,
    resolution=st.none() | st.sampled_from(Resolution),
)
STATES = st.builds(State, DAYS, VERDICTS, st.none() | EPISODES)


@given(STATES)
def test_a_state_survives_being_written_and_read(state: State) -> None:
    again = state_of(json.loads(json.dumps(named_state(state))))
    assert again == state
    assert again.verdict.drop is state.verdict.drop


def test_a_written_state_reads_like_words_and_leaves_out_what_is_unknown() -> None:
    opening = Verdict(Drop.MODERATE, None, Basis.OWN, 839, 14, 9_000, 90)
    state = State(
        A_DAY.toordinal(), Verdict(Drop.NONE, NoVerdict.DORMANT, None), Episode(START, Drop.MODERATE, opening)
    )
    assert named_state(state) == {
        "day": "2026-11-01",
        "verdict": {"drop": "none", "reason": "dormant", "index_num": 0, "index_den": 1, "baseline_num": 0,
                    "baseline_den": 1},
        "episode": {
            "opened_on": "2026-01-01",
            "usage_drop": "moderate",
            "opening": {"drop": "moderate", "basis": "own", "index_num": 839, "index_den": 14, "baseline_num": 9_000,
                        "baseline_den": 90},
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("marks", "day", "happened"),
    [
        ({}, 0, "opened"),
        ({}, 1, None),
        ({"escalated_on": START + 2}, 2, "escalated"),
        ({"escalated_on": START + 2}, 3, None),
        ({"escalated_on": START + 2, "resolved_on": START + 4}, 4, "resolved"),
    ],
)
def test_a_day_knows_what_it_did_to_the_episode(marks: dict[str, int], day: int, happened: str | None) -> None:
    episode = an_episode(date.fromordinal(START), **marks)
    assert State(START + day, episode.opening, episode).happened == happened


def test_only_an_unresolved_episode_goes_on() -> None:
    going = an_episode()
    over = an_episode(resolved_on=START + 400, resolution=Resolution.RECOVERED)
    states = [State(START, going.opening, episode) for episode in (None, going, over)]
    assert [state.open for state in states] == [None, going, None]


def test_a_day_without_verdict_has_no_ratio() -> None:
    assert Verdict(Drop.NONE, NoVerdict.TOO_NEW, None).ratio is None
    assert Verdict(Drop.NONE, None, Basis.OWN, 7, 14, 90, 90).ratio == 0.5


LAST = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ({}, LAST),
        ({"churn_date": date(2026, 6, 1)}, date(2026, 5, 31)),
        ({"observed_until": date(2026, 7, 1)}, date(2026, 7, 1)),
        ({"churn_date": date(2026, 8, 1), "observed_until": date(2026, 7, 1)}, date(2026, 7, 1)),
        ({"churn_date": date(2026, 7, 1), "observed_until": date(2026, 7, 1)}, date(2026, 6, 30)),
        ({"churn_date": date(2027, 1, 1), "observed_until": date(2027, 1, 1)}, LAST),
    ],
)
def test_an_account_is_judged_until_it_left_was_last_observed_or_the_data_end(
    ends: dict[str, date], expected: date
) -> None:
    assert an_account(**ends).last_day(LAST) == expected


def test_an_account_is_called_by_its_name_else_by_its_id() -> None:
    assert (an_account(name="Acme").label, an_account("a-17", name=None).label) == ("Acme", "a-17")


def test_nouns_are_frozen_and_refuse_what_they_do_not_know() -> None:
    with pytest.raises(ValidationError, match="mood"):
        Account.model_validate({"account_id": "acme", "mood": "sunny"})
    with pytest.raises(ValidationError, match="frozen"):
        an_account().name = "Other"  # type: ignore[misc]


def test_judging_a_day_twice_names_the_same_alert() -> None:
    assert alert_id("acme", "usage_drop", A_DAY) == an_alert().alert_id == "acme/usage_drop/2026-11-01"
    assert (an_alert().is_open, an_alert(resolved_on=A_DAY).is_open) == (True, False)


def test_a_bad_record_names_field_reason_and_remedy() -> None:
    error = BadRecord("n", "is not a number", "leave it empty")
    assert str(error) == "n: is not a number; leave it empty"
    assert (error.field, error.reason, error.remedy) == ("n", "is not a number", "leave it empty")
    assert {type(e).__mro__[1] for e in (error, TryAgain(), NeedsHuman(), AlreadyDone())} == {Exception}


def test_rejects_are_counted_by_field_and_reason_without_the_offending_text() -> None:
    intake = Intake(accounts=2, events=5, contacts=1, duplicates=3, conflicts=1, outside_tenure=4)
    intake.ignored_columns["events.csv"] = ("mood",)
    for name in ("nobody", "nowhere"):
        intake.count(Reject("events.csv", 3, "account_id", f"is unknown: {name!r}", "add it"))
    intake.count(Reject("events.csv", 4, "n", "is not a whole number", "leave it empty"))
    assert intake.to_dict() == {
        "accounts": 2, "events": 5, "contacts": 1, "duplicates": 3, "conflicts": 1, "outside_tenure": 4,
        "emptied": 0, "ignored_columns": {"events.csv": ["mood"]}, "quarantined": 3,
        "reasons": {"account_id is unknown": 2, "n is not a whole number": 1},
    }  # fmt: skip


def test_what_arrived_by_itself_is_counted_for_logs() -> None:
    intake = Intake(events=3, waiting=1, emptied=1)
    intake.count(Reject("hubspot", 0, "arr", "left empty as it is not a number: 'x'", "write one"))
    intake.count(Reject("hubspot", 0, "n", "is not a whole number", "write one"))
    assert (intake.live()["events"], intake.live()["refused"], intake.quarantined) == (3, 1, 2)


def test_an_operator_may_leave_everything_out_or_give_nulls() -> None:
    assert RunInput.asked({}) == RunInput.asked({"as_of": None, "accounts": None, "config": None}) == RunInput()
    assert RunInput.asked({"as_of": "2026-11-01", "accounts": ["a"], "dry_run": True}) == RunInput(
        as_of=A_DAY, accounts=("a",), dry_run=True
    )


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        ({"as_of": "yesterday"}, "input.as_of"),
        ({"accounts": "acme"}, "input.accounts"),
        ({"accounts": ["a", 7]}, "input.accounts.1"),
        ({"dry_run": "perhaps"}, "input.dry_run"),
        ({"asof": "2026-11-01"}, "input.asof"),
        ({"scheduled_time": "2026-11-01T05:00:00"}, "input.scheduled_time"),
    ],
)
def test_a_wrong_input_names_its_field_and_shows_a_right_one(given_: dict[str, object], field: str) -> None:
    with pytest.raises(NeedsHuman) as error:
        RunInput.asked(given_)
    assert str(error.value).startswith(f"{field}: ")
    assert '"as_of": "2026-01-31"' in str(error.value)


def test_why_rows_were_set_aside_is_told_in_one_line() -> None:
    intake = Intake()
    fields = ("arr", "name", "plan", "tier", "seats")
    for line, (field, times) in enumerate([*zip(fields, (4, 3, 2, 2, 1), strict=True), ("x", 1)]):
        for _ in range(times):
            intake.count(Reject("accounts.csv", line, field, "is wrong: 'x'", "mend it"))
    named = "4 × arr is wrong, 3 × name is wrong, 2 × plan is wrong, 2 × tier is wrong, 1 × seats is wrong"
    assert intake.main_reasons == f"{named}, 1 for other reasons"
    intake.rejected.clear()
    intake.count(Reject("accounts.csv", 2, "arr", "is wrong", "mend it"))
    assert intake.main_reasons == "1 × arr is wrong"


def test_an_input_that_is_no_object_is_named() -> None:
    with pytest.raises(NeedsHuman, match="object"):
        RunInput.asked([])


@pytest.mark.parametrize(
    ("known", "days", "late"),
    [
        ({}, 0, 0),
        ({}, 1, 1),
        ({"quiet_days": 2}, 2, 0),
        ({"quiet_days": 2}, 5, 3),
        ({"waited_for": False}, 90, 0),
    ],
)
def test_a_source_is_late_when_it_was_quiet_for_longer_than_it_may_be(
    known: dict[str, int], days: int, late: int
) -> None:
    source = freshness("feed", complete_from=LAST, complete_through=LAST, **known)
    assert source.days_late(LAST + timedelta(days=days)) == late
