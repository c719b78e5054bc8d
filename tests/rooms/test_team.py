"""Who may act for whom, and what no configuration can allow; names by which a mail is found again."""

import pytest
from pydantic import ValidationError

from health_monitor.model.outreach import action_id, tag_of, thread_key
from health_monitor.model.routing import ByDrop, Member, Route, Routes, Team

CARLA, MAX, ADA, OTTO = (f"{name}@example.com" for name in ("carla", "max", "ada", "otto"))
TEAM = Team(members=(Member(email=CARLA, manager=MAX), Member(email=MAX), Member(email=ADA, admin=True),
                     Member(email=OTTO)))  # fmt: skip


@pytest.mark.parametrize(
    ("actor", "may"),
    [(CARLA, True), ("Carla@Example.com", True), (MAX, True), (ADA, True), (OTTO, False), ("x@example.com", False),
     ("", False), (None, False)],
)  # fmt: skip
def test_the_csm_their_manager_and_an_admin_may_act_and_nobody_else(actor: str | None, may: bool) -> None:
    assert TEAM.may_act(actor, CARLA) is may


def test_an_account_without_a_csm_is_an_admin_s_alone() -> None:
    assert [TEAM.may_act(actor, None) for actor in (ADA, CARLA, MAX, "")] == [True, False, False, False]


@pytest.mark.parametrize("severe", [True, False])
def test_only_a_standard_account_s_moderate_alert_may_be_automatic(severe: bool) -> None:
    automatic, by_csm = Route(send="automatic"), Route(send="by_csm")
    drops = ByDrop(moderate=by_csm if severe else automatic, severe=automatic if severe else by_csm)
    with pytest.raises(ValidationError, match=r"only standard\.moderate may be automatic"):
        Routes(high_value_or_complex=drops)


def test_a_mail_s_names_are_derived_and_cannot_pass_for_each_other() -> None:
    action = action_id("acme/usage_drop/2026-11-01", "c1", "check_in")
    assert action == "acme/usage_drop/2026-11-01/c1/check_in"
    assert tag_of(action) == tag_of(action)
    assert tag_of(action) != tag_of(action_id("acme/usage_drop/2026-11-01", None, "check_in"))
    assert thread_key("token", "a") != thread_key("tag", "a")
