"""A person may write to somebody else, as long as nothing has been sent."""

import pytest

from health_monitor.act.conversation import address
from health_monitor.model.errors import AlreadyDone
from tests.builders import A_MOMENT, a_contact, a_conversation, a_mail

DANA = a_contact("c2", name="Dana", email="dana@acme.example")


def test_another_recipient_is_on_record() -> None:
    one = address(a_conversation(), A_MOMENT, "carla@example.com", DANA)
    assert (one.contact_id, one.contact_name, one.contact_email) == ("c2", "Dana", "dana@acme.example")
    assert [(entry.what, entry.code, entry.by) for entry in one.log] == [("edited", "recipient", "carla@example.com")]


def test_the_same_recipient_is_no_change() -> None:
    assert address(a_conversation(), A_MOMENT, "carla@example.com", a_contact()) == a_conversation()


def test_what_was_sent_stays_with_whom_it_was_sent_to() -> None:
    with pytest.raises(AlreadyDone, match="it was sent"):
        address(a_conversation(check_in=a_mail(status="sent")), A_MOMENT, "carla@example.com", DANA)
