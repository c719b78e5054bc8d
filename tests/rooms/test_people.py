"""What the score knows of people: roles, departments and departures, and neither names nor addresses."""

from dataclasses import fields
from datetime import date, timedelta

import pytest

from health_monitor.ingest.people import person_of
from health_monitor.model.records import Person
from tests.builders import A_MOMENT, a_contact

LATER = A_MOMENT + timedelta(days=3)


def test_a_contact_becomes_a_person_without_name_and_address() -> None:
    contact = a_contact(role="Executive-Sponsor", user_id="u1", department="Finance", email="charlie@acme.example")
    person = person_of(contact, None, A_MOMENT)
    assert (person.key, person.role, person.user_id, person.department) == ("c1", "executive_sponsor", "u1", "Finance")
    assert (person.departed_on, person.departure) == (None, None)
    assert not {"name", "email", "title"} & {one.name for one in fields(Person)}


@pytest.mark.parametrize(("said", "role"), [
    ("Sponsor", "executive_sponsor"), ("exec sponsor", "executive_sponsor"),
    ("Administrator", "admin"), ("Decision-Maker", "decision_maker"), ("", None), ("Buyer", "buyer"),
])  # fmt: skip
def test_a_role_has_more_than_one_word(said: str, role: str | None) -> None:
    assert person_of(a_contact(role=said), None, A_MOMENT).role == role


def test_a_departure_is_told_with_its_day() -> None:
    left = person_of(a_contact(departed_on=date(2026, 10, 1), departure="deactivated"), None, A_MOMENT)
    assert (left.departed_on, left.departure, left.role) == (date(2026, 10, 1), "deactivated", "champion")
    assert person_of(a_contact(departure="left"), left, A_MOMENT).departure is None


def test_whose_role_is_taken_away_has_left_it_on_that_day_and_keeps_it_so() -> None:
    before = person_of(a_contact(role="champion"), None, A_MOMENT)
    lost = person_of(a_contact(role=None), before, LATER)
    assert (lost.role, lost.departure, lost.departed_on) == ("champion", "role_removed", LATER.date())
    again = person_of(a_contact(role=None), lost, LATER + timedelta(days=9))
    assert again.departed_on == LATER.date()
    assert person_of(a_contact(role="champion"), lost, LATER).departed_on is None


def test_who_never_had_a_role_has_lost_none() -> None:
    nobody = person_of(a_contact(role=None), None, A_MOMENT)
    assert person_of(a_contact(role=None), nobody, LATER).departure is None


def test_a_departure_that_is_taken_back_with_the_role_gone_is_a_lost_role() -> None:
    left = person_of(a_contact(departed_on=date(2026, 10, 1), departure="left"), None, A_MOMENT)
    back = person_of(a_contact(role=None), left, LATER)
    assert (back.departure, back.departed_on) == ("role_removed", LATER.date())
