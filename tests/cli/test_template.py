"""`health-monitor template preview`: the mail that an account would get, to whom and why, readable in 80 columns."""

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.begin_outreach import OutreachDesk
from tests.builders import a_contact, a_history, a_user, an_account
from tests.cli.conftest import Command


@pytest.fixture
def known(product: MemoryWorld, monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    """An account with a champion who exports, and a primary contact without an address."""
    world = product
    desk = OutreachDesk(
        world.accounts, world.rings, world.conversations, world.flags, world.dossiers, world.standings,
        world.suppressions, world.outreach_switch, world.outbox, world.clock, "operations@example.com", None,
    )  # fmt: skip
    bundle = wiring.default_bundle()
    monkeypatch.setattr(wiring, "bundle_now", lambda: bundle)
    monkeypatch.setattr(wiring, "outreach_desk", lambda: desk)
    product.accounts.save([an_account("acme", csm_email="carla.reyes@example.com")])
    product.accounts.save_contacts([a_contact("c1", name="Charlie Ray", user_id="u1", email="charlie@acme.example")])
    product.rings.write([a_history("acme", users=[a_user("u1", last_feature="export")])])
    return product


def test_the_mail_is_shown_with_whom_it_goes_to_and_why(health_monitor: Command, known: MemoryWorld) -> None:
    said = health_monitor("template", "preview", "acme")
    assert said.code == 0, said.err
    for told in (
        "To: Charlie Ray <charlie@acme.example> (their role is champion)",
        "  Hi Charlie,",
        "  Carla Reyes",
        "If usage falls moderately: goes out by itself, once live; the CSM is told in",
        "  Why: usage fell moderately; it is a standard account.",
        "Every customer mail is a draft that a CSM sends; to send by itself: health-monitor go-live\n",
    ):
        assert told in said.out
    assert max(map(len, said.out.splitlines()[:-1])) <= 80


def test_who_is_passed_over_is_named_and_gaps_are_in_words(health_monitor: Command, known: MemoryWorld) -> None:
    known.accounts.save_contacts([a_contact("c1", name="Charlie Ray", email=None)])
    said = health_monitor("template", "preview", "acme")
    assert "To: nobody (" in said.out
    assert "Not to Charlie Ray, champion, has no address" in said.out
    assert "the contact's first name" in said.out
    known.accounts.save_contacts([a_contact("c1", name=None, email=None)])
    assert "Not to c1, champion" in health_monitor("template", "preview", "acme").out


def test_what_there_is_not_is_told(health_monitor: Command, known: MemoryWorld) -> None:
    assert "there is no such mail; give one of" in health_monitor("template", "preview", "acme", "--step", "x").err
    assert "there is no account" in health_monitor("template", "preview", "nobody").err
