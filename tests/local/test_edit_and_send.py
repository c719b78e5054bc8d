"""A person opens Slack, presses Edit & send, changes the text and sends it; the customer gets those words, once."""

import json
from datetime import date
from typing import NamedTuple

import pytest

from health_monitor import wiring
from health_monitor.flows.configure import publish_config
from health_monitor.model.account import Account, Contact
from health_monitor.model.alert import Errand
from health_monitor.model.outreach import Conversation
from health_monitor.ports.world import World
from local import product, team
from tests.builders import a_conversation, an_alert
from tests.local.browser import a_page
from tests.local.story import wait_for

pytestmark = pytest.mark.local
CSM = "ines.castillo@example.com"
WORDS = "Hi Mia,\n\nshall we look at it together on Thursday?\n\nInes"


class Draft(NamedTuple):
    """A conversation of a test's own, and where it is kept."""

    world: World
    name: str
    address: str

    @property
    def now(self) -> Conversation:
        found = self.world.conversations.get(self.name)
        assert found
        return found


@pytest.fixture
def a_draft(deployed, request):
    """An account whose CSM has a draft, on a card in Slack."""
    account_id = request.node.name.replace("_", "-")
    name, address = f"{account_id}/usage_drop/2026-11-01", f"mia@{account_id}.example"
    with product.inside(deployed):
        world = wiring.aws_world()
        bundle = team.with_team(wiring.default_bundle(), [CSM])
        publish_config(bundle, world.blobs, world.journal)
        deployed.slack.api.invite(team.in_slack(bundle.team))
        world.accounts.save([Account(account_id=account_id, name="Acme", csm_email=CSM)])
        mia = Contact(account_id=account_id, contact_id="c1", name="Mia Chen", email=address)
        world.accounts.save_contacts([mia])
        world.alerts.save_absent(an_alert(account_id, date(2026, 11, 1), csm_email=CSM))
        known = {"conversation_id": name, "alert_id": name, "account_id": account_id, "csm_email": CSM}
        person = {"contact_id": "c1", "contact_name": "Mia Chen", "contact_email": address}
        world.conversations.start(a_conversation(**known, **person, automatic=False))
        world.outbox.put([Errand(errand_id=f"{name}/card/test", channel="slack", conversation_id=name)])
        yield Draft(world, name, address)
        world.shelf.remove(account_id)


def test_edit_and_send_in_a_browser(deployed, a_draft):
    card = wait_for(lambda: a_draft.now.card)
    assert card, "the card was never posted"
    ines = next(one for one in deployed.slack.api.people.values() if one.email == CSM)
    with a_page(f"{deployed.slack.url}/?user={ines.user_id}") as page:
        shown = page.locator(f"[data-ts='{card.ts}']")
        shown.get_by_role("button", name="Edit & send").click()
        text = page.get_by_label("Text", exact=True)
        text.fill(WORDS)
        page.locator("#modal-submit").click()
        shown.get_by_text("was sent by").wait_for()
        assert not shown.get_by_role("button", name="Edit & send").is_visible()
    assert deployed.wait_until_delivered()
    (letter,) = [one for one in deployed.post.to_customers() if one.address == a_draft.address]
    assert "shall we look at it together on Thursday?" in letter.text
    assert "Castillo" in letter.mail_from
    assert letter.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert letter.header("Reply-To").endswith("@reply.example.com")
    mail = a_draft.now.check_in
    assert (mail.approved_by, mail.wording and mail.wording.text) == (CSM, WORDS)
    assert mail.suggested.text != WORDS


def test_the_mailbox_shows_the_mail_and_lets_the_customer_answer(deployed, a_draft):
    wait_for(lambda: a_draft.now.card)
    ines = next(one for one in deployed.slack.api.people.values() if one.email == CSM)
    pressed = {"type": "button", "action_id": "send", "value": json.dumps({"c": a_draft.name, "s": "check_in"})}
    deployed.slack.hands.press(ines.user_id, pressed, a_draft.name, ts=a_draft.now.card.ts)
    assert wait_for(lambda: a_draft.now.check_in.sent_at)
    assert deployed.wait_until_delivered()
    with a_page(deployed.mail_url, width=390) as page:
        page.get_by_role("button", name=a_draft.address).first.click()
        assert not page.locator("#list").is_visible(), "a phone shows the mail alone"
        page.get_by_role("button", name="Answer as the customer").click()
        page.get_by_text("Write the answer first.").wait_for()
        page.get_by_label("What the customer answers").fill("Thursday is fine.")
        page.get_by_role("button", name="Answer as the customer").click()
        page.get_by_text("Answered; the product has taken it in.").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_text(f"Passed on to {CSM}").get_by_role("link").click()
        page.locator("#letter .context").get_by_text("via Health Monitor").wait_for()
        page.get_by_role("button", name="All mails").click()
        page.locator("#list").wait_for()
    answered = wait_for(lambda: a_draft.now.response)
    assert answered, "the answer never ended the conversation"
    assert answered.kind == "reply"
