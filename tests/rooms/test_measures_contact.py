"""Engagement and relationship: reviews, answers, training, sponsor, champion, cadence, departments, rating."""

import pytest

from health_monitor.model.evidence import Peers
from health_monitor.model.records import Person, Pulse, Touchpoint
from tests.builders import a_use, an_account
from tests.rooms.evidences import a_user_of, ago, known, noon, reading, several, told, value


def touches(*facts: dict[str, object]) -> tuple[Touchpoint, ...]:
    return several(Touchpoint, *facts)


@pytest.mark.parametrize(
    ("attended", "share"), [([True], 10_000), ([None], 10_000), ([False], 0), ([True, False], 5_000)]
)
def test_a_review_that_they_came_to_is_40_points_and_one_that_they_skipped_none(
    attended: list[bool | None], share: int
) -> None:
    reviews = touches(*({"kind": "qbr", "at": noon(30 * at), "attended": one} for at, one in enumerate(attended)))
    found = reading("qbr_attendance", known(*reviews))
    assert found.value == share
    assert found.numbers["held"] == len(attended)
    assert found.records == tuple(one.name for one in reviews)


def test_where_no_review_was_due_nobody_skipped_one() -> None:
    old = told(Touchpoint, kind="qbr", at=noon(366), attended=False)
    assert reading("qbr_attendance", known(old)).because == "no business review was due"
    assert value("qbr_attendance", known(old), days=400) == 0


def test_every_message_answered_in_time_is_30_points() -> None:
    asked = {"kind": "email", "at": noon(40)}
    answer = {"kind": "email", "at": noon(30), "inbound": True}
    found = reading("response_rate", known(*touches(asked, answer)))
    assert (found.value, found.numbers) == (10_000, {"answered": 1, "sent": 1, "still_waiting": 0})
    assert found.records == ("touchpoint:s/1",)


@pytest.mark.parametrize(
    ("what", "share"),
    [
        ({"kind": "email", "at": noon(26), "inbound": True}, 0),
        ({"kind": "email", "at": noon(30), "inbound": True, "automatic": True}, 0),
        ({"kind": "community", "at": noon(30), "inbound": True}, 0),
        ({"kind": "meeting", "at": noon(30), "inbound": True}, 10_000),
        ({"kind": "ticket", "at": noon(30), "inbound": True}, 10_000),
    ],
)
def test_an_answer_is_a_word_from_a_person_within_two_weeks(what: dict[str, object], share: int) -> None:
    assert value("response_rate", known(*touches({"kind": "email", "at": noon(40)}, what))) == share


def test_a_call_that_reached_somebody_is_its_own_answer() -> None:
    assert value("response_rate", known(*touches({"kind": "call", "at": noon(40), "attended": True}))) == 10_000
    assert value("response_rate", known(*touches({"kind": "call", "at": noon(40)}))) == 0


def test_what_may_still_be_answered_does_not_count_yet() -> None:
    found = reading("response_rate", known(*touches({"kind": "email", "at": noon(13)})))
    assert found.because == "nobody wrote to them or called them"
    assert found.numbers["still_waiting"] == 1
    assert value("response_rate", known(*touches({"kind": "email", "at": noon(14)}))) == 0


def test_messages_from_before_the_window_and_meetings_ask_for_no_answer() -> None:
    asked = touches({"kind": "email", "at": noon(91)}, {"kind": "meeting", "at": noon(40)})
    assert value("response_rate", known(*asked)) is None


@pytest.mark.parametrize(("sessions", "share"), [(0, 0), (1, 5_000), (2, 10_000), (3, 10_000)])
def test_two_trainings_are_30_points_and_one_15(sessions: int, share: int) -> None:
    attended = touches(*({"kind": "training", "at": noon(50 + at)} for at in range(sessions)))
    missed = told(Touchpoint, "9", kind="webinar", at=noon(20), attended=False)
    assert value("training", known(*attended, missed)) == share


def test_whoever_is_being_onboarded_has_missed_no_training() -> None:
    trained = Peers(trains=True)
    for days, share in ((89, None), (90, 0)):
        account = an_account(signup_date=ago(days), usage_start=None)
        assert value("training", known(account=account, peers=trained)) == share
    begun = an_account(signup_date=None, usage_start=None)
    assert (
        reading("training", known(account=begun, peers=trained, use=a_use(age=89))).because == "it is being onboarded"
    )
    assert value("training", known(account=begun, peers=trained, use=a_use(age=90))) == 0
    early = an_account(signup_date=ago(10), usage_start=ago(90))
    assert value("training", known(account=early, peers=trained)) == 0


def test_a_ticket_is_no_touchpoint() -> None:
    ticket, call = {"kind": "ticket", "at": noon(2), "inbound": True}, {"kind": "call", "at": noon(45)}
    assert reading("touch_cadence", known(*touches(ticket))).because == "no touchpoint was ever told"
    assert reading("touch_cadence", known(*touches(call, ticket))).numbers["days_since"] == 45


def test_no_training_counts_as_none_only_where_trainings_are_recorded() -> None:
    assert reading("training", known()).because == "no training is recorded of any account"
    assert value("training", known(peers=Peers(trains=True))) == 0
    assert value("training", known(told(Touchpoint, kind="training", at=noon(400)))) == 0


def person(role: str | None = "executive_sponsor", **facts: object) -> Person:
    return told(Person, facts.pop("key", "c1"), role=role, **facts)


@pytest.mark.parametrize("measure", ["executive_sponsor", "champion"])
def test_a_person_with_the_role_who_comes_is_20_points(measure: str) -> None:
    use = a_use(key_users=(a_user_of("u1", silent_days=3),))
    found = reading(measure, known(person(measure, user_id="u1"), use=use))
    assert found.value == 10_000
    assert found.numbers == {"there": 1, "departed": 0, "silent_days": 3}
    assert found.records == ("person:s/c1",)


@pytest.mark.parametrize("measure", ["executive_sponsor", "champion"])
def test_where_others_have_roles_and_nobody_has_this_one_there_is_none(measure: str) -> None:
    assert value(measure, known(person("admin"))) == 0
    assert reading(measure, known(person(None))).because == "no contact has a role"


@pytest.mark.parametrize(
    ("silent", "usual", "sponsor", "champion"),
    [(29, 0, 10_000, 10_000), (30, 0, 0, 0), (14, 2, 0, 10_000), (13, 2, 10_000, 10_000), (14, 1, 10_000, 10_000)],
)
def test_a_sponsor_is_dormant_after_30_days_or_14_after_coming_every_week(
    silent: int, usual: int, sponsor: int, champion: int
) -> None:
    use = a_use(key_users=(a_user_of("u1", silent_days=silent, usual_14=usual),))
    for role, share in (("executive_sponsor", sponsor), ("champion", champion)):
        assert value(role, known(person(role, user_id="u1"), use=use)) == share


def test_a_touchpoint_wakes_a_sponsor_who_does_not_log_in() -> None:
    use = a_use(key_users=(a_user_of("u1", silent_days=80),))
    met = {"kind": "meeting", "at": noon(29), "contact_id": "c1"}
    assert value("executive_sponsor", known(person(user_id="u1"), *touches(met), use=use)) == 10_000
    found = reading("executive_sponsor", known(person(user_id="u1"), *touches(met | {"at": noon(30)}), use=use))
    assert (found.value, found.numbers["silent_days"]) == (0, 30)
    missed = touches(met | {"attended": False})
    assert value("executive_sponsor", known(person(user_id="u1"), *missed, use=use)) == 0


def test_a_sponsor_of_whom_nobody_could_hear_counts_as_there() -> None:
    assert value("executive_sponsor", known(person())) == 10_000
    assert value("executive_sponsor", known(person(user_id="u1"), use=a_use())) == 0
    others = touches({"kind": "call", "at": noon(2), "contact_id": "c2"})
    assert value("executive_sponsor", known(person(), *others)) == 0


def test_a_login_that_nobody_watched_for_so_long_says_nothing() -> None:
    sponsor = person(user_id="u1")
    assert value("executive_sponsor", known(sponsor)) == 10_000
    assert value("executive_sponsor", known(sponsor, use=a_use(seen_days=29))) == 10_000
    assert value("executive_sponsor", known(sponsor, use=a_use(seen_days=30))) == 0


def test_a_sponsor_who_left_is_none() -> None:
    left = person(departed_on=noon(3).date(), departure="left")
    found = reading("executive_sponsor", known(left))
    assert (found.value, found.numbers) == (0, {"there": 0, "departed": 1, "silent_days": None})


@pytest.mark.parametrize(("days", "share"), [(0, 10_000), (30, 10_000), (45, 5_000), (60, 0), (90, 0)])
def test_a_touchpoint_a_month_is_20_points_and_none_in_two_nothing(days: int, share: int) -> None:
    found = reading("touch_cadence", known(*touches({"kind": "call", "at": noon(days)})))
    assert found.value == share
    assert found.numbers == {"days_since": days, "cadence_days": 30}
    assert found.records == ("touchpoint:s/1",)


def test_an_account_that_is_served_from_afar_is_not_held_to_be_neglected() -> None:
    call = touches({"kind": "call", "at": noon(90)})
    assert value("touch_cadence", known(*call, cadence_days=90)) == 10_000
    assert value("touch_cadence", known(*call, cadence_days=7)) == 0
    found = reading("touch_cadence", known(*call, cadence_days=0))
    assert found.because == "its coverage tier asks for no touchpoints"
    assert reading("touch_cadence", known()).because == "no touchpoint was ever told"


def test_departments_count_where_somebody_is_still_there() -> None:
    sales, ops = person(key="c1", department="Sales"), person(key="c2", department="Operations")
    assert value("departments", known(sales, ops)) == 10_000
    assert value("departments", known(sales, person(key="c3", department="SALES"))) == 0
    gone = person(key="c2", department="Operations", departed_on=noon(1).date(), departure="left")
    assert reading("departments", known(sales, gone)).numbers == {"departments": 1}
    assert value("departments", known(gone)) == 0
    assert value("departments", known(sales, ops), departments=3) == 5_000
    assert reading("departments", known(person())).because == "no contact has a department"


@pytest.mark.parametrize(("rating", "share"), [(5, 10_000), (4, 10_000), (3, 0), (1, 0)])
def test_a_strong_rating_is_20_points(rating: int, share: int) -> None:
    ratings = several(Pulse, {"at": noon(90), "rating": 1}, {"at": noon(20), "rating": rating})
    found = reading("relationship_rating", known(*ratings))
    assert (found.value, found.numbers, found.records) == (share, {"rating": rating}, ("pulse:s/2",))


def test_an_old_rating_says_nothing() -> None:
    assert value("relationship_rating", known(told(Pulse, at=noon(180), rating=5))) is None
    assert value("relationship_rating", known(told(Pulse, at=noon(179), rating=5))) == 10_000
