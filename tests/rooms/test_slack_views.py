"""The modal with the draft, and App Home: what they say, in which order, and that Slack takes them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as at_most
from hypothesis import strategies as st

from health_monitor.act import modals
from health_monitor.act.cards import CardFacts
from health_monitor.act.home import ROOM, Item, home, in_order, worth
from health_monitor.model.account import Account, Contact
from health_monitor.model.outreach import Conversation, Switch, Wording
from tests.builders import A_DAY, A_MOMENT, a_contact, a_conversation, a_mail, an_account, an_alert
from tests.rooms import conversations as any_
from tests.rooms import slack_limits
from tests.rooms.test_cards import text_of

LIVE = Switch(mode="live")
CHARLIE = a_contact(email="charlie@acme.example")
DANA = a_contact("c2", name="Dana", role="admin", email="dana@acme.example")


@given(any_.conversations(), any_.accounts, any_.facts, st.lists(any_.contacts, max_size=4))
@at_most(max_examples=150)
def test_slack_takes_the_modal_of_any_conversation(
    conversation: Conversation, account: Account, facts: CardFacts, people: list[Contact]
) -> None:
    slack_limits.a_view(modals.draft(conversation, account, facts, people, any_.NOW))


@given(st.lists(any_.conversations(), max_size=4), any_.accounts, any_.switches, st.booleans())
@at_most(max_examples=100)
def test_slack_takes_the_app_home_of_any_conversations(
    found: list[Conversation], account: Account, switch: Switch, several: bool
) -> None:
    once = {one.conversation_id: one for one in found}
    items = [Item(one, account) for one in once.values()]
    slack_limits.a_view(home(items, any_.NOW, switch, several=several))


def test_the_modal_holds_the_whole_draft_and_says_from_whom_to_whom_and_when() -> None:
    view = a_draft(a_conversation(), [CHARLIE, DANA])
    inputs = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    assert inputs["subject"]["initial_value"] == "A quick check-in"
    assert inputs["text"]["initial_value"] == "Hi Charlie,\n\nhow is it going?\n\nCarla"
    assert inputs["text"]["multiline"]
    assert [one["value"] for one in inputs["to"]["options"]] == ["c1", "c2"]
    assert inputs["to"]["initial_option"]["text"]["text"] == "Charlie, charlie@acme.example, champion"
    assert "From carla@example.com, to Acme." in text_of(view)
    assert (view["submit"]["text"], view["callback_id"]) == ("Send", "edit_draft")
    assert json.loads(view["private_metadata"]) == {"c": "acme/usage_drop/2026-11-01", "s": "check_in", "m": "send"}


def test_a_mail_that_goes_out_by_itself_is_saved_not_sent() -> None:
    view = a_draft(a_conversation(check_in=a_mail(status="queued")), [])
    assert (view["title"]["text"], view["submit"]["text"]) == ("Edit", "Save")
    assert json.loads(view["private_metadata"])["m"] == "save"


def test_a_recipient_beyond_the_hundred_that_slack_lists_comes_first() -> None:
    crowd = [a_contact(f"x{n}", email=f"x{n}@acme.example") for n in range(150)]
    view = a_draft(a_conversation(), [*crowd, CHARLIE])
    menu = view["blocks"][0]["element"]
    assert menu["initial_option"]["value"] == "c1"
    assert len(menu["options"]) == 100


def test_somebody_can_be_chosen_where_nobody_was() -> None:
    menu = a_draft(a_conversation(contact_id=None, contact_email=None), [DANA])["blocks"][0]["element"]
    assert "initial_option" not in menu


def test_without_anybody_else_the_modal_only_says_to_whom() -> None:
    assert "*To* Charlie &lt;charlie@acme.example&gt;" in text_of(a_draft(a_conversation(), []))
    assert "*To* nobody to write to" in text_of(a_draft(a_conversation(contact_email=None), []))
    assert "*To* no name" in text_of(a_draft(a_conversation(contact_name=None), []))


def test_a_draft_that_lacks_something_says_what_and_one_without_a_csm_too() -> None:
    view = a_draft(a_conversation(csm_email=None, check_in=a_mail(lacks=("last_feature",))), [])
    assert "Nobody knows last_feature" in view["blocks"][2]["hint"]["text"]
    assert "From nobody: the account has no CSM" in text_of(view)


def test_a_draft_that_is_longer_than_slack_lets_anybody_edit_is_never_cut() -> None:
    view = a_draft(a_conversation(check_in=a_mail(suggested=Wording(subject="s", text="x" * 3_001))), [])
    assert "submit" not in view
    assert "health-monitor edit" in text_of(view)


def test_a_refusal_and_the_first_moment_are_modals_too() -> None:
    slack_limits.a_view(modals.loading())
    slack_limits.a_view(modals.told("Not done", "Somebody was faster. " * 400))
    slack_limits.a_view(modals.marked("Not done", "Already sent; nothing was done."))


def test_home_comes_in_the_order_of_what_is_at_stake() -> None:
    rows = {
        "snoozed": an_item("snoozed", arr=9_000_000, snoozed_until=A_MOMENT + timedelta(days=1)),
        "queued": an_item("queued", arr=8_000_000, check_in=a_mail(status="queued")),
        "small": an_item("small", arr=10_000),
        "unknown": an_item("unknown", arr=None),
        "big": an_item("big", arr=20_000),
        "soon": an_item("soon", arr=15_000, renews_in=30),
        "flagged": an_item("flagged", arr=1, high_priority=True),
        "older": an_item("older", arr=10_000, opened_on=A_DAY - timedelta(days=3)),
    }
    found = [item.account.account_id for item in in_order(list(rows.values()), A_MOMENT)]
    assert found == ["flagged", "soon", "big", "older", "small", "unknown", "snoozed", "queued"]


@pytest.mark.parametrize(("renews_in", "times"), [(-1, 1), (0, 2), (60, 2), (61, 1.5), (120, 1.5), (121, 1), (None, 1)])
def test_a_renewal_that_is_near_makes_an_account_more_urgent(renews_in: int | None, times: float) -> None:
    assert worth(an_item("a", arr=100, renews_in=renews_in).account, A_MOMENT.date()) == 100 * times


def test_home_shows_what_to_decide_and_counts_the_rest() -> None:
    items = [
        an_item("acme", arr=60_000, renews_in=30, high_priority=True),
        an_item("queued", check_in=a_mail(status="queued", due_at=A_MOMENT + timedelta(hours=3))),
        an_item("tomorrow", check_in=a_mail(status="queued", due_at=A_MOMENT + timedelta(days=1))),
        an_item("snoozed", snoozed_until=A_MOMENT + timedelta(days=1)),
        an_item("sent", check_in=a_mail(status="sent")),
        an_item("over", ended="recovered"),
    ]
    view = home(items, A_MOMENT, LIVE, {items[0].conversation.alert_id: an_alert()}, several=False)
    said = text_of(view)
    assert "1 to decide · 1 go out by themselves today · 1 later · 1 snoozed · live" in said
    assert "🚩 *Acme* · usage at 47% of usual · ARR 60,000 · renews 2 Dec 2026\nTo Charlie: A quick check-in" in said
    rows = [block["block_id"].split("/")[0] for block in view["blocks"] if block["type"] == "actions"]
    assert rows == ["acme", "queued", "tomorrow"]
    kinds = [block["type"] for block in view["blocks"][2:]]
    assert kinds == ["section", "actions", "divider", "section", "actions", "divider", "section", "actions"]


def test_home_cuts_a_draft_between_words() -> None:
    long = a_mail(suggested=Wording(subject="s", text="Hi Charlie,\n\n" + "wonderful " * 60))
    said = text_of(home([an_item("a", check_in=long)], A_MOMENT, LIVE, several=False))
    assert "> Hi Charlie, wonderful" in said
    assert "wonderful …\n" in said


def test_a_long_name_hides_no_address_in_the_menu() -> None:
    named = CHARLIE.model_copy(update={"name": "Charlie " * 20, "role": "key_user"})
    menu = a_draft(a_conversation(), [named])["blocks"][0]["element"]
    assert menu["options"][0]["text"]["text"] == "Charlie Charlie Charlie…, charlie@acme.example, key user"


def test_home_of_a_manager_says_whose_each_is_and_one_without_anything_says_so() -> None:
    assert "· carla@example.com" in text_of(home([an_item("a")], A_MOMENT, LIVE, several=True))
    assert "· no CSM" in text_of(home([an_item("a", csm_email=None)], A_MOMENT, LIVE, several=True))
    assert "Nothing waits for you." in text_of(home([], A_MOMENT, LIVE, several=False))


@pytest.mark.parametrize(
    ("switch", "said"),
    [
        (Switch(), "before go-live: drafts only"),
        (Switch(mode="pilot"), "pilot: only its accounts"),
        (Switch(mode="live", stopped=True), "*all customer mail is stopped*"),
    ],
)
def test_home_says_how_go_live_stands(switch: Switch, said: str) -> None:
    assert said in text_of(home([an_item("a")], A_MOMENT, switch, several=False))


def test_more_than_fit_are_counted() -> None:
    items = [an_item(f"a{n}") for n in range(ROOM + 1_500)]
    view = home(items, A_MOMENT, LIVE, several=True)
    slack_limits.a_view(view)
    assert "…and 1,500 more" in text_of(view)


def an_item(
    account_id: str, arr: int | None = 100, renews_in: int | None = None, opened_on: Any = A_DAY, **known: Any
) -> Item:
    renewal = A_MOMENT.date() + timedelta(days=renews_in) if renews_in is not None else None
    account = an_account(account_id, arr=arr, renewal_date=renewal)
    return Item(a_conversation(account_id, opened_on, **known), account)


def a_draft(conversation: Conversation, people: list[Contact]) -> dict[str, Any]:
    view = modals.draft(conversation, an_account(), CardFacts(switch=LIVE), people, A_MOMENT)
    slack_limits.a_view(view)
    return view
