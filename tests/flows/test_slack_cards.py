"""A card shows what is so now, once; and while Slack is down, an email says the same."""

from typing import Any

import pytest

from health_monitor.act import conversation as act
from health_monitor.act.blocks import section
from health_monitor.act.cards import NEWER, newer
from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.conversing import change, tell
from health_monitor.flows.deliver import LEASE_SECONDS, PATIENCE, deliver_to_slack, read_queued, show
from health_monitor.flows.slack_cards import publish_home
from health_monitor.model.alert import Errand, Fall, Message
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain
from health_monitor.model.outreach import Conversation
from health_monitor.model.usage import Basis
from tests.builders import A_MOMENT, a_conversation, a_history, a_mail, a_message, a_user
from tests.flows.slack_room import CARLA, CHANNEL, ID, backstage, counter, furnished, slack_of, stored

DOWN = TryAgain("slack: no answer (ConnectTimeout)")
ERRAND = Errand(errand_id=f"{ID}/card/1", channel="slack", conversation_id=ID)
PLAIN = a_message("run/slack", channel="slack", to=CHANNEL, subject="A night failed")


@pytest.fixture
def world() -> MemoryWorld:
    return furnished(memory_world(A_MOMENT))


def test_a_card_is_posted_once_and_then_rewritten(world: MemoryWorld) -> None:
    for _ in range(3):
        deliver_to_slack(ERRAND, 1, counter(world))
    assert slack_of(world).calls.count("post") == 1
    assert list(slack_of(world).cards) == [(CHANNEL, "1.000000")]
    place = stored(world).card
    assert place
    assert (place.channel, place.ts) == (CHANNEL, "1.000000")


def test_a_card_shows_the_recipients_own_use_and_mentions_the_csm(world: MemoryWorld) -> None:
    world.rings.write([a_history(users=[a_user("u1", last_feature="exports"), a_user("u2", last_feature="imports")])])
    deliver_to_slack(ERRAND, 1, counter(world))
    assert '*Last seen · last feature*\\n1 Nov 2026 · "exports"' in shown(world)
    assert "<@U-carla>" in shown(world)
    assert "(anybody)" not in shown(world)


def test_a_card_shows_the_state_of_the_moment_when_it_is_taken(world: MemoryWorld) -> None:
    deliver_to_slack(ERRAND, 1, counter(world))
    change(world.conversations, ID, lambda one: act.dismiss(one, A_MOMENT, "carla@example.com", ""))
    deliver_to_slack(ERRAND, 1, counter(world))
    assert "Not a risk, says Carla, <!date^" in shown(world)
    assert "action_id" not in shown(world)


def test_a_card_that_somebody_deleted_is_posted_anew(world: MemoryWorld) -> None:
    deliver_to_slack(ERRAND, 1, counter(world))
    slack_of(world).cards.clear()
    deliver_to_slack(ERRAND, 1, counter(world))
    assert [place.ts for place in [stored(world).card] if place] == ["2.000000"]
    deliver_to_slack(ERRAND, 1, counter(world))
    assert slack_of(world).calls.count("post") == 2


def test_when_a_newer_card_is_posted_the_older_one_says_so_and_offers_nothing(world: MemoryWorld) -> None:
    show(ID, counter(world))
    for again in ("2.000000", "3.000000"):
        change(world.conversations, ID, lambda one: one.model_copy(update={"card": None}))
        show(ID, counter(world))
        place = stored(world).card
        assert place
        assert (place.ts, stored(world).old_cards) == (again, ())
    cards = slack_of(world).cards
    assert [ts for (_, ts), content in cards.items() if content == newer()] == ["1.000000", "2.000000"]
    assert newer() == {"text": NEWER, "blocks": [section(NEWER)]}
    assert "action_id" in shown(world)


def test_an_older_card_that_cannot_be_rewritten_yet_is_remembered(
    world: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(ID, counter(world))
    change(world.conversations, ID, lambda one: one.model_copy(update={"card": None}))

    def busy(*_: Any) -> bool:
        raise DOWN

    with monkeypatch.context() as patched:
        patched.setattr(slack_of(world), "rewrite", busy)
        with pytest.raises(TryAgain):
            show(ID, counter(world))
    assert [one.ts for one in stored(world).old_cards] == ["1.000000"]
    show(ID, counter(world))
    assert stored(world).old_cards == ()
    assert slack_of(world).cards[CHANNEL, "1.000000"] == newer()


def test_a_severe_card_shows_the_day_on_which_it_became_so(world: MemoryWorld) -> None:
    fall = Fall(index=2.0, baseline=5.25, ratio=0.39, basis=Basis.OWN)
    change(world.conversations, ID, lambda one: one.model_copy(update={"severe_fall": fall}))
    show(ID, counter(world))
    assert "usage at 39% of usual" in shown(world)
    assert "usage fell to 39%" in shown(world)
    assert "47%" not in shown(world)
    publish_home(CARLA, "carla@example.com", backstage(world))
    assert "usage at 39% of usual" in str(slack_of(world).homes[CARLA])


def test_two_that_find_no_card_post_one(world: MemoryWorld) -> None:
    world.claims.claim(f"{ID}/card/1", world.clock.now(), LEASE_SECONDS)
    with pytest.raises(AlreadyDone, match="somebody else is posting"):
        show(ID, counter(world))
    world.clock.push(seconds=LEASE_SECONDS)
    show(ID, counter(world))
    assert len(slack_of(world).cards) == 1


def test_a_change_while_the_card_is_being_written_is_shown_too(world: MemoryWorld) -> None:
    deliver_to_slack(ERRAND, 1, counter(world))
    interrupted(world, times=1)
    show(ID, counter(world))
    assert "edited 0" in shown(world)


def test_a_conversation_that_never_stands_still_comes_back_later(world: MemoryWorld) -> None:
    interrupted(world, times=100)
    with pytest.raises(TryAgain, match="faster than its card"):
        show(ID, counter(world))


def interrupted(world: MemoryWorld, times: int) -> None:
    """Somebody changes the conversation just when a card was written."""
    slack, left = slack_of(world), iter(range(times))
    real = slack.user_of

    def user_of(email: str) -> str | None:
        if (n := next(left, None)) is not None:
            wording = stored(world).check_in.suggested.model_copy(update={"subject": f"edited {n}"})
            change(world.conversations, ID, lambda one: act.edit(one, "check_in", A_MOMENT, f"by {n}", wording))
        return real(email)

    slack.user_of = user_of  # type: ignore[method-assign]


def test_an_erased_conversation_has_no_card(world: MemoryWorld) -> None:
    gone = ERRAND.model_copy(update={"conversation_id": "gone"})
    with pytest.raises(AlreadyDone, match="erased"):
        deliver_to_slack(gone, 1, counter(world))


def test_an_account_that_nobody_knows_any_more_is_called_by_its_id(world: MemoryWorld) -> None:
    world.conversations.start(a_conversation("lost"))
    show(a_conversation("lost").conversation_id, counter(world))
    assert "lost" in shown(world)


def test_while_slack_is_busy_for_a_moment_only_the_retry_goes_on(world: MemoryWorld) -> None:
    fails(world, ERRAND, DOWN, receives=PATIENCE - 1)
    assert world.outbox.take() == []


@pytest.mark.parametrize(("failure", "receives"), [(NeedsHuman("slack: invalid_auth"), 1), (DOWN, PATIENCE)])
def test_when_slack_is_down_the_csm_gets_an_email_and_the_retry_goes_on(
    world: MemoryWorld, failure: Exception, receives: int
) -> None:
    for _ in range(2):
        fails(world, ERRAND, failure, receives)
    first, second = messages(world)
    assert (first.channel, first.to) == ("email", "carla@example.com")
    assert first.message_id == second.message_id, "the email's claim lets the first one through and no other"
    for part in (
        "Acme's usage fell to 47%",
        "Hi Charlie,\n\nhow is it going?",
        "charlie@acme.example",
        "health-monitor",
    ):
        assert part in first.text
    world.clock.push(seconds=120)
    deliver_to_slack(ERRAND, PATIENCE + 1, counter(world))
    assert "Acme" in shown(world)


def test_the_email_of_an_account_without_a_csm_goes_to_operations(world: MemoryWorld) -> None:
    world.conversations.start(a_conversation("nobodys", csm_email=None, contact_name=None, contact_email=None))
    errand = ERRAND.model_copy(update={"conversation_id": a_conversation("nobodys").conversation_id})
    fails(world, errand, NeedsHuman("slack: invalid_auth"), 1)
    assert [one.to for one in messages(world)] == ["operations@example.com"]


def test_what_needs_nobodys_decision_is_not_told_by_email(world: MemoryWorld) -> None:
    for n, (status, ended) in enumerate([("sent", None), ("delivered", None), ("draft", "recovered")]):
        one = a_conversation(f"a{n}", check_in=a_mail(status=status), ended=ended)
        world.conversations.start(one)
        errand = ERRAND.model_copy(update={"conversation_id": one.conversation_id})
        fails(world, errand, NeedsHuman("slack: invalid_auth"), 1)
    assert world.outbox.take() == []


def test_a_new_state_that_needs_somebody_is_a_new_email(world: MemoryWorld) -> None:
    names = set()
    for status in ("draft", "queued", "uncertain", "bounced"):
        one = a_conversation(status, check_in=a_mail(status=status))
        world.conversations.start(one)
        errand = ERRAND.model_copy(update={"conversation_id": one.conversation_id})
        fails(world, errand, NeedsHuman("slack: invalid_auth"), 1)
        names |= {message.message_id for message in messages(world)}
    assert len(names) == 4


def test_a_plain_message_that_slack_does_not_take_goes_to_operations(world: MemoryWorld) -> None:
    world.courier("slack").failures.append(NeedsHuman("slack: invalid_auth"))
    with pytest.raises(NeedsHuman):
        deliver_to_slack(PLAIN, 1, counter(world))
    (message,) = messages(world)
    assert (message.channel, message.to) == ("email", "operations@example.com")
    assert message.subject == "[Slack cannot be reached] A night failed"
    world.clock.push(seconds=120)
    assert deliver_to_slack(PLAIN, 2, counter(world)) == "slack-1"
    with pytest.raises(AlreadyDone):
        deliver_to_slack(PLAIN, 3, counter(world))


def test_a_queue_holds_messages_and_errands() -> None:
    tricky = PLAIN.model_copy(update={"text": '"errand_id"'})
    for queued in (tricky, ERRAND):
        assert read_queued(queued.model_dump_json()) == queued


def test_every_change_is_told_to_the_card_and_the_crm(world: MemoryWorld) -> None:
    tell(world.outbox, stored(world))
    assert [getattr(one, "channel", "") for one in world.outbox.take()] == ["slack", "crm"]


def fails(world: MemoryWorld, errand: Errand, failure: Exception, receives: int) -> None:
    slack_of(world).failures.append(failure)
    with pytest.raises(type(failure)):
        deliver_to_slack(errand, receives, counter(world))


def messages(world: MemoryWorld) -> list[Message]:
    return [one for one in world.outbox.take() if isinstance(one, Message)]


def shown(world: MemoryWorld) -> str:
    content: Any = list(slack_of(world).cards.values())[-1]
    return str(content)


def test_the_conversation_is_as_it_was_but_for_its_place(world: MemoryWorld) -> None:
    before: Conversation = stored(world)
    show(ID, counter(world))
    assert stored(world).model_copy(update={"card": None, "cards": 0, "version": before.version}) == before
