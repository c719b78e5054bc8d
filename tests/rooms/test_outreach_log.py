"""A conversation's log: complete, but for one that would not fit into what stores it."""

from datetime import timedelta

from health_monitor.act.log import FIRST_KEPT, GAP, LONGEST_LOG, LONGEST_REASON, note
from health_monitor.adapters.dynamodb_table import to_wire
from health_monitor.adapters.outreach_items import conversation_item
from health_monitor.model.outreach import Conversation, Mail, Wording
from tests.builders import A_MOMENT, a_conversation


def noted(times: int, conversation: Conversation | None = None, because: str = "so") -> Conversation:
    now = conversation or a_conversation()
    for n in range(times):
        now = note(now, A_MOMENT + timedelta(hours=n), "waits", f"code-{n}", because)
    return now


def test_every_decision_is_on_record() -> None:
    assert [one.code for one in noted(LONGEST_LOG).log] == [f"code-{n}" for n in range(LONGEST_LOG)]


def test_a_log_that_is_too_long_keeps_how_it_began_and_the_latest_and_says_what_is_left_out() -> None:
    codes = [one.code for one in noted(300).log]
    assert len(codes) == LONGEST_LOG
    assert codes[:FIRST_KEPT] == [f"code-{n}" for n in range(FIRST_KEPT)]
    assert codes[FIRST_KEPT] == GAP
    assert codes[FIRST_KEPT + 1 :] == [f"code-{n}" for n in range(300 - (LONGEST_LOG - FIRST_KEPT - 1), 300)]


def test_the_longest_conversation_with_the_longest_log_fits_into_an_item() -> None:
    words = Wording(subject="🙂" * 256, text="🙂" * 8_000)
    mails = {step: Mail(step=step, template="t", suggested=words, wording=words) for step in ("check_in", "follow_up")}
    longest = noted(LONGEST_LOG * 2, a_conversation(**mails, contact_name="🙂" * 512), "🙂" * 2_000)
    assert {len(one.because) for one in longest.log if one.code != GAP} == {LONGEST_REASON}
    size = len(str(to_wire(conversation_item(longest))).encode())
    assert size < 390_000, "DynamoDB's items have 400 KB"
