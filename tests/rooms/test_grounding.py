"""A model's words are used only where the facts hold every claim that they make."""

import pytest

from health_monitor.act.grounding import RULES, prompt_of, unfounded, worded
from health_monitor.model.outreach import Wording
from health_monitor.model.routing import Advice

VALUES = {
    "first_name": "Charlie",
    "account_name": "Acme",
    "feature": "the report builder",
    "last_active": "Tuesday 20 October",
    "tip": "Reports can send themselves.",
    "tip_url": "https://help.example.com/reports",
    "csm_name": "Carla Diaz",
}
ADVICE = Advice(features={"report_builder": "the report builder", "team_chat": "team chat"})
GOOD = (
    "Hi Charlie,\n\nYou last used the report builder on Tuesday 20 October. How are things going at Acme? Perhaps this "
    "helps: Reports can send themselves. See https://help.example.com/reports.\n\nBest wishes,\nCarla Diaz"
)


def failed(text: str) -> list[str]:
    return unfounded(Wording(subject="A quick question", text=text), VALUES, ADVICE)


def test_words_that_say_only_what_is_so_are_used() -> None:
    assert failed(GOOD) == []


@pytest.mark.parametrize(
    ("added", "claim"),
    [
        ("your usage fell by 40%.", "no fact has the number '40%'"),
        ("it was 21 days ago.", "no fact has the number '21'"),
        ("it was three weeks ago.", "no fact has the amount 'three'"),
        ("let us talk on friday.", "no fact has the date 'friday'"),
        ("see https://evil.example/x.", "no fact has the link 'https://evil.example/x'"),
        ("see evil.com today", "no fact has the link 'evil.com'"),
        ("have you tried team chat?", "no fact speaks of 'team chat'"),
        ("our friends at Globex like it.", "no fact has the name 'Globex'"),
        ("we offer you a discount.", "it must not say 'discount'"),
        ("I promise it.", "it must not say 'promise'"),
        ("the price is low.", "it must not say 'price'"),
    ],
)
def test_the_claim_that_no_fact_holds_is_named(added: str, claim: str) -> None:
    assert claim in failed(GOOD.replace("How are", f"Well, {added} How are"))


def test_a_mail_greets_the_contact_and_is_signed() -> None:
    assert failed(GOOD.replace("Hi Charlie", "Hi there")) == ["it does not greet the contact by name"]
    assert failed(GOOD.removesuffix("Carla Diaz") + "me") == ["it is not signed by the CSM"]


def test_a_model_is_told_the_facts_and_nothing_else() -> None:
    prompt = prompt_of(VALUES)
    assert prompt.rules == RULES
    assert prompt.facts.splitlines() == [f"{field.replace('_', ' ')}: {value}" for field, value in VALUES.items()]


def test_an_answer_is_a_mail_or_nothing() -> None:
    assert worded(f"Subject:  A  question\n\n{GOOD}\n") == Wording(subject="A question", text=GOOD)
    for answer in ("", GOOD, "Subject: x", "Subject:\n\nHi", f"Subject: x\n\n{'long ' * 400}"):
        assert worded(answer) is None
