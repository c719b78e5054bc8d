"""A conversation's card in Slack: what it says and offers in every state, and that Slack takes it."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as at_most

from health_monitor.act.cards import CardFacts, card, card_text, row, show_command
from health_monitor.act.difference import difference, edited
from health_monitor.act.standing import Reader
from health_monitor.model.account import Account
from health_monitor.model.alert import Alert
from health_monitor.model.outreach import Conversation, Entry, Mail, Response, Switch, Wording
from health_monitor.model.routing import Member, Team
from tests.builders import A_MOMENT, a_contact, a_conversation, a_mail, a_user, an_account, an_alert
from tests.rooms import conversations as any_
from tests.rooms import slack_limits

LINK = show_command("acme")
STAMP = re.compile(r"<!date\^\d+\^\{date_short_pretty\} at \{time\}\|([^<>|]+)>")
LIVE = Switch(mode="live")


@given(any_.conversations(), any_.accounts, any_.alerts, any_.facts)
@at_most(max_examples=150)
def test_slack_takes_the_card_of_any_conversation(
    conversation: Conversation, account: Account, alert: Alert | None, facts: CardFacts
) -> None:
    made = card(conversation, account, alert, facts, any_.NOW, show_command(account.account_id))
    slack_limits.a_message(made)
    marked = [STAMP.sub("", text).replace("<@U123>", "") for text in marked_up(made["blocks"])]
    marked = [text for text in marked if "<!" in text or "<@" in text]
    assert marked == [], "no name or text calls anybody"
    assert "<" not in made["text"]


@given(any_.conversations(), any_.accounts, any_.alerts, any_.facts)
@at_most(max_examples=50)
def test_the_email_instead_has_one_line_as_subject(
    conversation: Conversation, account: Account, alert: Alert | None, facts: CardFacts
) -> None:
    subject, text = card_text(conversation, account, alert, facts, any_.NOW, LINK)
    assert "\n" not in subject
    assert conversation.current.final.text in text


def test_a_card_says_what_changed_for_whom_and_what_is_at_stake() -> None:
    account = an_account(arr=60_000, renewal_date=A_MOMENT.date() + timedelta(days=30))
    facts = CardFacts(a_contact(), a_user(), feature="approval flows", csm_user="U7", switch=LIVE)
    said = text_of(card(a_conversation(high_priority=True), account, an_alert(), facts, A_MOMENT, LINK))
    for part in (
        "🚩 High priority: Acme, usage at 47% of usual",
        "2.5 active users a day over the last 14 days, against 5.2",
        "*Write to*\nCharlie, champion\ncharlie@acme.example",
        "*CSM*\n<@U7>",
        "*Last seen · last feature*\n1 Nov 2026 · approval flows",
        "*ARR · renewal*\n60,000 · 2 Dec 2026",
        "*Suggested mail:* A quick check-in\n> Hi Charlie,\n> \n> how is it going?",
        "The check-in is a draft; nobody has sent it.",
        "a standard account · smb · `health-monitor show acme`",
    ):
        assert part in said


def test_what_to_decide_comes_before_the_suggested_mail() -> None:
    made = card(a_conversation(), an_account(), an_alert(), CardFacts(switch=LIVE), A_MOMENT, LINK)
    kinds = [block["type"] for block in made["blocks"]]
    assert kinds == ["header", "section", "section", "section", "actions", "section", "context"]
    assert "Suggested mail" in str(made["blocks"][5])


def test_a_card_speaks_in_words_and_gives_each_reason_once() -> None:
    contact = a_contact(role="key_user")
    one = a_conversation(reasons=("usage fell moderately", "usage fell moderately"))
    said = text_of(card(one, an_account(segment="mid_market"), None, CardFacts(contact), A_MOMENT, LINK))
    assert "\nusage fell moderately · mid-market · `health" in said
    assert "Charlie, key user" in said
    assert "· `health" in text_of(card(one, an_account(segment=None), None, CardFacts(contact), A_MOMENT, LINK))


def test_a_card_without_anybody_to_write_to_says_why() -> None:
    why = Entry(at=A_MOMENT, step="check_in", what="not_sent", code="no_recipient", because="add a contact in the CRM")
    nobody = a_conversation(contact_id=None, contact_name=None, contact_email=None, csm_email=None, log=(why,))
    said = text_of(shown(nobody))
    assert "*Write to*\nnobody to write to (add a contact in the CRM)" in said
    assert "nobody is assigned" in said
    assert "*Last seen · last feature*\nunknown · unknown" in said
    assert "nobody to write to" in text_of(shown(nobody.model_copy(update={"log": ()})))


def test_when_the_recipients_own_use_is_unknown_the_card_says_whose_it_shows() -> None:
    made = card(a_conversation(), an_account(), None, CardFacts(seen=a_user(), anybody=True), A_MOMENT, LINK)
    assert "*Last seen · last feature (anybody)*" in text_of(made)


def test_a_link_can_be_an_address() -> None:
    made = card(a_conversation(), an_account(), None, CardFacts(), A_MOMENT, "https://health.example/acme")
    assert "<https://health.example/acme|Open>" in text_of(made)


def test_an_account_called_like_a_command_stays_one_word() -> None:
    assert show_command("a b; rm -rf /") == "health-monitor show 'a b; rm -rf /'"


@pytest.mark.parametrize(
    ("status", "buttons"),
    [
        ("draft", ["send", "edit", "snooze", "not_a_risk"]),
        ("queued", ["edit", "send", "cancel", "not_a_risk"]),
        ("uncertain", ["was_sent", "send_again", "not_a_risk"]),
        ("bounced", ["send_again", "not_a_risk"]),
        *(
            (status, [])
            for status in ("approved", "sending", "sent", "delivered", "complained", "cancelled", "withheld")
        ),
    ],
)
def test_each_state_offers_what_can_be_done_and_a_finished_card_nothing(status: Any, buttons: list[str]) -> None:
    one = a_conversation(check_in=a_mail(status=status))
    assert offered(one) == buttons
    assert offered(one.model_copy(update={"ended": "recovered"})) == []


def test_a_draft_that_cannot_go_out_as_it_is_offers_no_send() -> None:
    assert offered(a_conversation(check_in=a_mail(lacks=("last_feature",)))) == ["edit", "snooze", "not_a_risk"]
    assert offered(a_conversation(contact_email=None)) == ["edit", "snooze", "not_a_risk"]


def test_a_conversation_whose_name_does_not_fit_a_row_offers_no_menu() -> None:
    assert offered(a_conversation("a" * 256)) == ["send", "edit", "not_a_risk"]


def test_a_button_names_its_conversation_and_step() -> None:
    found = row(a_conversation(follow_up=a_mail(step="follow_up")))
    assert found
    assert json.loads(found["elements"][0]["value"]) == {"c": "acme/usage_drop/2026-11-01", "s": "follow_up"}
    assert found["block_id"] == "acme/usage_drop/2026-11-01"


LATER = A_MOMENT + timedelta(hours=3)
AT = "Mon 2 Nov, 09:00 (UTC)"


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        (
            a_mail(lacks=("last_feature",)),
            "The check-in is a draft that lacks last_feature; fill it in before sending.",
        ),
        (a_mail(status="queued", due_at=LATER), f"The check-in goes out by itself, {AT}, unless somebody stops it."),
        (a_mail(status="queued"), "The check-in goes out by itself within the hour, unless somebody stops it."),
        (a_mail(status="queued", due_at=A_MOMENT), "goes out by itself within the hour"),
        (a_mail(status="approved", approved_by="carla@example.com"), "is being sent; carla@example.com pressed send."),
        (a_mail(status="sending"), "is on its way to the mail provider."),
        (a_mail(status="sent", sent_at=LATER), f"The check-in was sent by itself, {AT}."),
        (a_mail(status="sent"), "The check-in was sent by itself."),
        (
            a_mail(status="delivered", sent_at=LATER, approved_by="carla@example.com"),
            f"was sent by carla@example.com, {AT}. It was delivered.",
        ),
        (a_mail(status="bounced", sent_at=LATER), "It bounced: nobody got it."),
        (a_mail(status="complained", sent_at=LATER), "marked it as spam."),
        (a_mail(status="uncertain"), "The check-in may have been sent, and nobody can say"),
        (a_mail(status="cancelled"), "The check-in was cancelled."),
        (a_mail(status="withheld"), "is withheld: the account is held out"),
    ],
)
def test_a_card_says_how_its_mail_stands(mail: Mail, said: str) -> None:
    assert said in text_of(shown(a_conversation(check_in=mail)))


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"snoozed_until": LATER}, f"Snoozed until {AT}."),
        ({"follow_up_at": LATER}, f"If nobody answers until {AT}, it is followed up."),
        ({"task_at": LATER}, f"If it is not sent until {AT}, the CSM gets a task."),
        ({"task_at": LATER, "check_in": a_mail(status="sent")}, f"If nobody answers until {AT}, the CSM gets a task."),
        ({"ended": "recovered"}, "Over: recovered."),
        ({"ended": "recovered", "log": [("ended", "usage recovered")]}, f"Over since {AT}: usage recovered."),
        (
            {"ended": "dismissed", "log": [("dismissed", "not a risk"), ("ended", "x")]},
            f"Not a risk, says carla, {AT}.",
        ),
        ({"ended": "dismissed"}, "Not a risk, says somebody."),
        (
            {"ended": "no_response", "log": [("ended", "x")]},
            f"Nobody answered. The CSM has a task since {AT}: call them.",
        ),
        (
            {"ended": "answered", "response": Response(kind="reply", at=LATER, source="ses", source_key="m")},
            f"Answered: Charlie replied, {AT}, told by ses.",
        ),
    ],
)
def test_a_card_says_how_its_conversation_stands(known: dict[str, Any], said: str) -> None:
    log = tuple(
        Entry(at=LATER, what=what, code=what, because=because, by="carla") for what, because in known.get("log", ())
    )
    assert said in text_of(shown(a_conversation(**(known | {"log": log}))))


def test_a_draft_says_why_it_was_not_sent_and_a_cancelled_one_by_whom() -> None:
    log = tuple(
        Entry(at=A_MOMENT, step="check_in", what=what, code="x", because="an open P1", by="carla")
        for what in ("not_sent", "cancelled")
    )
    assert "The check-in is a draft: an open P1." in text_of(shown(a_conversation(log=log)))
    cancelled = a_conversation(log=log, check_in=a_mail(status="cancelled"))
    assert "was cancelled by carla: an open P1." in text_of(shown(cancelled))


def not_sent(code: str, because: str = "as it was then") -> Entry:
    return Entry(at=A_MOMENT, step="check_in", what="not_sent", code=code, because=because)


@pytest.mark.parametrize("code", ["not_live", "not_in_pilot"])
@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("draft", "is a draft: before go-live nothing goes out by itself; health-monitor go-live changes that."),
        ("pilot", "is a draft: the account is not in the pilot; send it yourself, or go live for all"),
        ("live", "is a draft: it is from before go-live; send it yourself."),
    ],
)
def test_a_draft_that_waits_for_go_live_says_how_the_switch_stands_now(code: str, mode: Any, said: str) -> None:
    told = text_of(shown(a_conversation(log=(not_sent(code),)), Switch(mode=mode)))
    assert said in told
    assert told.count("health-monitor go-live") == (0 if mode == "live" else 1)


@pytest.mark.parametrize("code", ["severe", "high_value", "complex", "by_csm"])
def test_a_draft_that_is_a_persons_anyway_says_only_that(code: str) -> None:
    for switch in (Switch(), LIVE):
        said = text_of(shown(a_conversation(log=(not_sent(code, "a person sends it: usage fell moderately"),)), switch))
        assert "The check-in is a draft: a person sends it.\n" in said
        assert "go-live" not in said


def test_what_is_queued_says_so_when_somebody_went_back_to_drafts() -> None:
    queued = a_conversation(check_in=a_mail(status="queued", due_at=LATER))
    assert "It becomes a draft then: before go-live nothing" in text_of(shown(queued, Switch()))
    assert "go-live" not in text_of(shown(queued, LIVE))


def test_while_all_mail_is_stopped_every_draft_says_so() -> None:
    assert "health-monitor outreach start" in text_of(shown(a_conversation(), Switch(mode="live", stopped=True)))


def test_a_follow_up_shows_what_became_of_the_first_mail_too() -> None:
    one = a_conversation(check_in=a_mail(status="delivered"), follow_up=a_mail(step="follow_up"))
    said = text_of(shown(one))
    assert said.index("The follow-up is a draft") < said.index("The check-in was sent by itself. It was delivered.")


def test_a_long_draft_is_cut_and_says_so() -> None:
    for text in ("word " * 1_000, "\n" * 500 + "end"):
        long = a_conversation(check_in=a_mail(suggested=Wording(subject="s", text=text)))
        assert "_(cut here; the whole text goes out)_" in text_of(shown(long))
    assert "cut here" not in text_of(shown(a_conversation()))


def test_an_edited_mail_shows_what_was_changed() -> None:
    mail = a_mail(status="sent", wording=Wording(subject="A question", text=a_mail().suggested.text))
    said = text_of(shown(a_conversation(check_in=mail)))
    assert "Edited: 2 words removed, 1 added: “quick check-in” → “question”" in said
    assert "with changed words" in said


def test_the_difference_counts_words_and_shows_the_first_places() -> None:
    before = Wording(subject="a", text="b c d e f g h i j")
    assert difference(before, before) == ""
    assert edited(a_mail()) == ""
    assert difference(before, Wording(subject="a", text="b c d e f g h i")) == "1 word removed: “j”"
    other = Wording(subject="A", text="b C d E f G h I j")
    assert difference(before, other) == "5 words removed, 5 added: “a” → “A”; “c” → “C”; “e” → “E”; and 2 more"
    long = difference(Wording(subject="a", text=""), Wording(subject="a", text="w" * 100))
    assert long == f"1 word added: “{'w' * 59}…”"
    moved = difference(before, Wording(subject="a", text="x b c d e f g h i"))
    assert moved == "1 word removed, 1 added: added “x”; removed “j”"


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ("Asia/Singapore", ", which is Mon 2 Nov, 17:00 (Asia/Singapore) for the recipient, unless"),
        ("Europe/Paris", "10:00 (Europe/Berlin), unless"),
        (None, "10:00 (Europe/Berlin), unless"),
    ],
)
def test_moments_are_in_the_readers_time_and_a_mail_by_itself_in_the_recipients_too(
    theirs: str | None, said: str
) -> None:
    reader = Reader("Europe/Berlin", theirs)
    one = a_conversation(check_in=a_mail(status="queued", due_at=LATER))
    made = shown(one, reader=reader)
    assert said in text_of(made)
    assert f"<!date^{int(LATER.timestamp())}^{{date_short_pretty}} at {{time}}|Mon 2 Nov, 10:00 (Eur" in str(made)
    _, email = card_text(one, an_account(), None, CardFacts(reader=reader), A_MOMENT, LINK)
    assert "goes out by itself, Mon 2 Nov, 10:00 (Europe/Berlin)" in email


def test_colleagues_are_called_by_their_names() -> None:
    named = Reader(team=Team(members=(Member(email="carla@example.com", name="Carla Reyes"),)))
    one = a_conversation(check_in=a_mail(status="approved", approved_by="Carla@example.com"))
    assert "Carla Reyes pressed send." in text_of(shown(one, reader=named))
    assert "*CSM*\nCarla Reyes" in text_of(shown(one, reader=named))
    nobody = Entry(at=A_MOMENT, step="check_in", what="cancelled", code="x", because="usage recovered")
    cancelled = a_conversation(check_in=a_mail(status="cancelled"), log=(nobody,))
    assert "The check-in was cancelled: usage recovered." in text_of(shown(cancelled))


def shown(conversation: Conversation, switch: Switch = LIVE, reader: Reader = Reader()) -> dict[str, Any]:  # noqa: B008
    made = card(conversation, an_account(), None, CardFacts(switch=switch, reader=reader), A_MOMENT, LINK)
    slack_limits.a_message(made)
    return made


def offered(conversation: Conversation) -> list[str]:
    found = row(conversation)
    return [element["action_id"] for element in found["elements"]] if found else []


def marked_up(part: Any) -> list[str]:
    """Every text in which Slack understands its markup."""
    if isinstance(part, list):
        return [text for one in part for text in marked_up(one)]
    if not isinstance(part, dict):
        return []
    own = [part["text"]] if part.get("type") == "mrkdwn" else []
    return own + [text for one in part.values() for text in marked_up(one)]


def text_of(made: dict[str, Any]) -> str:
    """Everything a person reads on it."""
    found = []
    for block in made["blocks"]:
        parts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
        found += [part["text"] for part in parts if part and isinstance(part.get("text"), str)]
    return STAMP.sub(r"\1", "\n".join(found))
