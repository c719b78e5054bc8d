"""Who is written to: champion, primary, most active admin; never the sponsor, never somebody without an address."""

from datetime import timedelta
from typing import Any

import pytest

from health_monitor.act.recipient import NOBODY, choose
from health_monitor.model.account import Contact
from health_monitor.model.outreach import Suppression
from health_monitor.model.routing import Routing
from tests.builders import A_DAY, A_MOMENT, a_contact, a_user

TODAY = A_DAY.toordinal()


def someone(role: str | None, number: int = 1, **known: Any) -> Contact:
    name = f"{(role or 'nobody').lower().replace(' ', '-')}-{number}"
    return a_contact(name, role=role, **({"email": f"{name}@acme.com", "user_id": f"u-{name}"} | known))


def chosen(*people: Contact, users: Any = (), refused: dict[str, str] | None = None, **routing: Any) -> tuple[Any, ...]:
    def why_not(email: str) -> Suppression | None:
        reason: Any = (refused or {}).get(email)
        return Suppression(reason=reason, at=A_MOMENT, source="test") if reason else None

    choice = choose(people, users, Routing(**routing), A_DAY, why_not)
    return choice.contact and choice.contact.contact_id, choice.because, choice.skipped


def test_the_champion_comes_before_the_primary_contact_and_both_before_an_admin() -> None:
    champion, primary, admin = someone("Champion"), someone("primary"), someone("admin")
    users = [a_user("u-admin-1")]
    assert chosen(admin, primary, champion, users=users) == ("champion-1", "their role is champion", ())
    assert chosen(admin, primary, users=users)[:2] == ("primary-1", "their role is primary")
    assert chosen(admin, users=users)[:2] == ("admin-1", "the most active admin of the last 30 days")


def test_of_several_admins_the_most_active_of_the_last_thirty_days_is_written_to() -> None:
    admins = [someone("admin", number) for number in (1, 2, 3, 4)]
    users = [
        a_user("u-admin-1", fortnight=0b1),
        a_user("u-admin-2", fortnight=0b111, last_day=TODAY - 29),
        a_user("u-admin-3", fortnight=0b1111111, last_day=TODAY - 30),
    ]
    assert chosen(*admins, users=users)[0] == "admin-2"
    assert chosen(admins[2], admins[3], users=users) == (None, NOBODY, ())


def test_nobody_is_written_to_who_must_not_be_or_cannot_be_and_each_has_a_reason() -> None:
    people = [
        someone("champion", email=None),
        someone("champion", 2),
        someone("primary", email="gone@acme.com"),
        someone("Executive Sponsor"),
        someone(None),
    ]
    refused = {"champion-2@acme.com": "unsubscribed", "gone@acme.com": "bounced"}
    who, because, skipped = chosen(*people, refused=refused)
    assert (who, because) == (None, NOBODY)
    assert skipped == (
        "champion-1, champion, has no address",
        "champion-2, champion, does not want mail like this",
        "primary-1, primary, has an address from which mail came back",
        "executive-sponsor-1, executive_sponsor, is never written to",
    )
    assert "@" not in " ".join(skipped), "reasons go into logs"


def test_a_complaint_is_heard_and_the_next_in_line_is_written_to() -> None:
    who, _, skipped = chosen(someone("champion"), someone("primary"), refused={"champion-1@acme.com": "complained"})
    assert who == "primary-1"
    assert skipped == ("champion-1, champion, reported our mail as spam",)


@pytest.mark.parametrize("roles", [("admin",), ("Decision Maker", "admin")])
def test_a_team_may_ask_for_other_roles(roles: tuple[str, ...]) -> None:
    who = chosen(someone("champion"), someone("decision_maker"), someone("admin"), recipients=roles)[0]
    assert who == ("admin-1" if roles == ("admin",) else "decision_maker-1")


def test_of_two_champions_the_more_active_one_is_written_to() -> None:
    users = [a_user("u-champion-1", last_day=TODAY - 40), a_user("u-champion-2", last_day=TODAY - timedelta(2).days)]
    assert chosen(someone("champion"), someone("champion", 2), users=users)[0] == "champion-2"


def test_somebody_who_has_left_is_not_written_to_and_the_next_in_line_is() -> None:
    left = someone("champion", departed_on=A_DAY, departure="left")
    who, _, skipped = chosen(left, someone("primary"))
    assert (who, skipped) == ("primary-1", ("champion-1, champion, has left",))
    later = someone("champion", departed_on=A_DAY + timedelta(days=1), departure="left")
    assert chosen(later, someone("primary"))[0] == "champion-1"
