"""How a user is scored, and who counts as engaged, at risk and dormant."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.model.evidence import UserDays
from health_monitor.model.records import Person
from health_monitor.score.users import key_users_of, of_role, user_days, user_score, user_state, went_quiet
from tests.builders import A_DAY, a_user

DAY = A_DAY.toordinal()
CORE = ("alarm", "export", "report", "zoom")
BEST = UserDays("u1", 0, 200, 14, 14, CORE)

USERS = st.builds(
    UserDays, st.just("u1"), st.integers(0, 200), st.integers(0, 400), st.integers(0, 14), st.integers(1, 14),
    st.lists(st.sampled_from(CORE), unique=True).map(tuple),
)  # fmt: skip


def days(**known: object) -> UserDays:
    return BEST._replace(**known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("user", "score"),
    [
        (BEST, 10_000),
        (days(silent_days=7, features=CORE[:3]), 10_000),
        (days(silent_days=30, active_14=0, features=()), 0),
        (days(silent_days=0, active_14=2, features=()), 6_000),
        (days(silent_days=0, active_14=1, features=()), 5_000),
        (days(silent_days=0, active_14=8, features=("alarm", "other")), 8_000),
    ],
)
def test_a_score_is_recency_frequency_and_breadth(user: UserDays, score: int) -> None:
    assert user_score(user, CORE) == score


def test_without_core_features_the_breadth_does_not_count() -> None:
    assert user_score(days(features=()), ()) == 10_000
    assert user_score(days(active_14=2), ()) == 10_000 * 60 // 70


def test_of_few_core_features_all_are_the_full_breadth() -> None:
    assert user_score(days(features=("alarm",)), ("alarm",)) == 10_000


@given(USERS, st.lists(st.sampled_from(CORE), unique=True))
def test_a_score_is_between_nothing_and_full_and_never_falls_when_use_is_better(
    user: UserDays, core: list[str]
) -> None:
    score = user_score(user, core)
    assert 0 <= score <= 10_000
    for better in (
        user._replace(silent_days=max(0, user.silent_days - 1)),
        user._replace(active_14=min(14, user.active_14 + 1)),
        user._replace(features=(*user.features, "alarm")),
    ):
        assert user_score(better, core) >= score


@pytest.mark.parametrize(
    ("user", "state"),
    [
        (days(silent_days=29, active_14=0), "at_risk"),
        (days(silent_days=30, active_14=0), "dormant"),
        (days(silent_days=14, active_14=0, usual_14=1), "at_risk"),
        (days(silent_days=13, active_14=1, usual_14=1), "engaged"),
        (days(silent_days=9, active_14=4, usual_14=10), "at_risk"),
        (days(silent_days=7, active_14=5, usual_14=10), "engaged"),
    ],
)
def test_a_user_is_engaged_at_risk_or_dormant(user: UserDays, state: str) -> None:
    assert user_state(user) == state


def test_an_entry_tells_of_its_last_day_and_of_later_ones() -> None:
    user = a_user(first_day=DAY - 90, last_day=DAY, fortnight=0b1001, features=(("alarm", DAY - 30), ("report", DAY)))
    assert user_days(user, DAY) == UserDays("u1", 0, 90, 2, 2, ("report",))
    assert user_days(user, DAY + 12) == UserDays("u1", 12, 102, 1, 2, ("report",))
    assert user_days(user, DAY + 30) == UserDays("u1", 30, 120, 0, 2, ())


def test_an_entry_that_went_on_tells_what_it_still_knows_of_the_day_before() -> None:
    user = a_user(first_day=DAY - 90, last_day=DAY, fortnight=0b1001, features=(("report", DAY),))
    assert user_days(user, DAY - 1) == UserDays("u1", 2, 89, 1, 1, ("report",))
    back = a_user(first_day=DAY - 90, last_day=DAY, fortnight=0b1, features=(("alarm", DAY - 20), ("report", DAY)))
    assert user_days(back, DAY - 1) == UserDays("u1", 19, 89, 0, 1, ("alarm", "report"))
    assert user_days(back._replace(features=()), DAY - 1) == UserDays("u1", 89, 89, 0, 1, ())


def test_who_came_later_is_not_there_yet() -> None:
    assert user_days(a_user(first_day=DAY), DAY - 1) is None


def person(key: str, role: str | None, user_id: str | None, departed_on: date | None = None) -> Person:
    changed = datetime(2026, 1, 1, tzinfo=UTC)
    return Person(source="csv", key=key, changed_at=changed, role=role, user_id=user_id, departed_on=departed_on)


def test_key_users_are_contacts_with_a_role_and_a_login() -> None:
    persons = [person("1", "champion", "u1"), person("2", None, "u2"), person("3", "admin", None)]
    assert key_users_of(persons) == {"u1"}


def test_who_has_a_role_now_comes_with_their_use() -> None:
    persons = [
        person("1", "champion", "u1"),
        person("2", "champion", None),
        person("3", "champion", "u1", A_DAY),
        person("4", "admin", "u1"),
    ]
    assert [(one.key, use) for one, use in of_role(persons, "champion", [BEST])] == [("1", BEST), ("2", None)]


def test_who_came_every_week_is_missed_sooner() -> None:
    assert not went_quiet(days(silent_days=29, usual_14=1))
    assert went_quiet(days(silent_days=30, usual_14=1))
    assert not went_quiet(days(silent_days=13, usual_14=2))
    assert went_quiet(days(silent_days=14, usual_14=2))
