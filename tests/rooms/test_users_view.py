"""How an account's users read."""

from datetime import date
from typing import Any

import pytest

from health_monitor.model.score import Signal
from health_monitor.model.users import AccountUsers, UserSeen
from health_monitor.views.users import points, user_cells, user_facts, users_json
from tests.builders import an_account

DAY = date(2026, 11, 1)


def a_seen_user(**known: Any) -> UserSeen:
    facts: dict[str, Any] = {
        "user_id": "u1", "name": "Ada", "role": None, "department": None, "last_seen": DAY, "score": 7_496,
        "state": "engaged", "features": ("report",), "departed_on": None, "departure": None, "silent": False,
    }  # fmt: skip
    return UserSeen(**(facts | known))


def found(*users: UserSeen, **known: Any) -> AccountUsers:
    facts: dict[str, Any] = {
        "account": an_account(licensed_seats=10), "day": DAY, "users": users, "core": ("alarm", "report"),
        "used": ("report",), "health": 7_496, "active": 6, "signals": (),
    }  # fmt: skip
    return AccountUsers(**(facts | known))


@pytest.mark.parametrize(("hundredths", "said"), [(7_496, "74.9"), (10_000, "100.0"), (0, "0.0")])
def test_points_are_cut_and_never_rounded_up(hundredths: int, said: str) -> None:
    assert points(hundredths) == said


def test_a_user_is_a_line() -> None:
    user = a_seen_user(role="decision_maker", department="Finance")
    assert user_cells(user, found(user)) == (
        "u1", "Ada", "decision maker, Finance", "2026-11-01", "74.9", "engaged", "1 of 2", "–",
    )  # fmt: skip


def test_a_department_of_two_letters_is_an_abbreviation() -> None:
    assert user_cells(a_seen_user(role="champion", department="it"), found())[2] == "champion, IT"


def test_what_nobody_knows_is_a_dash() -> None:
    user = a_seen_user(user_id=None, name=None, last_seen=None, score=None, state=None, features=())
    assert user_cells(user, found(user, core=(), used=())) == ("–", "–", "–", "never", "–", "–", "–", "–")


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"departed_on": DAY, "departure": "bounced"}, "mail bounced 2026-11-01"),
        ({"departed_on": DAY, "departure": "deactivated"}, "deactivated 2026-11-01"),
        ({"departed_on": DAY}, "left 2026-11-01"),
        ({"silent": True}, "silent"),
    ],
)
def test_it_says_how_somebody_went(known: dict[str, Any], said: str) -> None:
    assert user_cells(a_seen_user(**known), found())[-1] == said


def test_a_silent_sponsor_among_active_users_stands_out() -> None:
    silent = (Signal("sponsor_dormant", "critical", "the executive sponsor was last heard of 40 days ago"),)
    assert user_facts(found(a_seen_user(), signals=silent)) == [
        "1 engaged, 0 at risk, 0 dormant, as of 2026-11-01. User health is 74.9.",
        "6 of 10 licensed seats were active in 30 days (60 %).",
        "Critical risk: the executive sponsor was last heard of 40 days ago.",
        "The sponsor is silent although most seats are active: usage by itself does not show it.",
    ]
    assert len(user_facts(found(a_seen_user(), signals=silent, active=5))) == 3


def test_unknown_seats_and_core_features_are_said_to_be_unknown() -> None:
    account = an_account(licensed_seats=None)
    said = user_facts(found(account=account, core=(), health=None))
    assert said[0] == "0 engaged, 0 at risk, 0 dormant, as of 2026-11-01."
    assert len(said) == 2
    assert said[1].startswith("No core features are known")


def test_programs_get_scores_in_points_and_days_as_text() -> None:
    told = users_json(found(a_seen_user(), a_seen_user(score=None, last_seen=None)))
    assert (told["health"], told["licence_use"]) == (74.96, 0.6)
    users: Any = told["users"]
    assert [(one["score"], one["last_seen"]) for one in users] == [(74.96, "2026-11-01"), (None, None)]
    assert users_json(found(health=None))["health"] is None
