"""A CSM says on the command line that a customer has reacted."""

from health_monitor.adapters.memory import MemoryWorld
from tests.builders import a_conversation, an_account
from tests.cli.conftest import Command
from tests.flows.test_follow_up import ID, sent

SPOKEN = ("--kind", "call", "--by", "carla@example.com", "--because", "they were\non holiday")


def test_what_a_csm_says_ends_what_was_to_follow_and_stands_in_the_log(
    health_monitor: Command, product: MemoryWorld
) -> None:
    product.accounts.save([an_account()])
    product.conversations.start(sent(a_conversation()))
    said = health_monitor("heard-back", "acme", *SPOKEN)
    assert (said.code, "acme has answered one conversation" in said.out or "1 conversation" in said.out) == (0, True)
    known = product.conversations.get(ID)
    assert known
    assert known.response
    assert (known.ended, known.response.kind) == ("answered", "csm_contact")
    entry = next(one for one in known.log if one.what == "answered")
    assert (entry.by, entry.because) == ("carla@example.com", "call: they were on holiday")
    assert len(product.dossiers.read(["acme"])["acme"].touchpoints) == 1


def test_without_a_mail_that_waits_it_is_noted_and_an_unknown_account_is_told(
    health_monitor: Command, product: MemoryWorld
) -> None:
    product.accounts.save([an_account()])
    product.conversations.start(a_conversation())
    said = health_monitor("heard-back", "acme", *SPOKEN)
    assert (said.code, "No mail to acme was waiting" in said.out) == (0, True)
    said = health_monitor("heard-back", "nobody", *SPOKEN)
    assert (said.code, "there is no account nobody" in said.err) == (2, True)
