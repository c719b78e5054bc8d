"""An alert begins one conversation with one person; nothing of it goes out while the data is in doubt."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from health_monitor.act import conversation as steps
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.begin_outreach import Raised, begin, drop, let_go, resolved
from health_monitor.flows.conversing import change
from health_monitor.model.alert import Alert, Errand
from health_monitor.model.drafting import Prompt
from health_monitor.model.errors import TryAgain
from health_monitor.model.outreach import Card, Conversation, Flag, Wording
from health_monitor.model.usage import Drop, Resolution
from health_monitor.simulate.workflow import desk
from tests.builders import A_DAY, A_MOMENT, a_contact, a_history, a_ticket, a_user, an_account, an_alert
from tests.flows.stage import CONFIG, a_plan
from tests.rooms.test_drafting import BUNDLE as DRAFTING

ROUTING = DRAFTING.routing.model_copy(update={"auto_send_min_coverage": 0})
"""Of these accounts only usage is known."""
BUNDLE = DRAFTING.model_copy(update={"routing": ROUTING})

ALERT = an_alert("falls")
ACCOUNT = an_account("falls", csm_email="carla.diaz@example.com")


class Model:
    """Says what it is told to say, and remembers what it was asked."""

    def __init__(self, answer: str) -> None:
        self.answer, self.asked = answer, list[Prompt]()

    def write(self, prompt: Prompt) -> str:
        self.asked.append(prompt)
        if self.answer == "busy":
            raise TryAgain("Bedrock: ThrottlingException")
        return self.answer


def begun(
    world: MemoryWorld, kind: Any = "opened", alert: Any = ALERT, model: Model | None = None, **raised: Any
) -> tuple[Conversation, list[str]]:
    told = begin(
        Raised(alert, ACCOUNT, kind, by_model=model is not None, **raised), BUNDLE, a_plan(world),
        replace(desk(world).outreach, writer=model),
    )  # fmt: skip
    known = world.conversations.get(alert.alert_id)
    assert known
    return known, [one.errand_id if isinstance(one, Errand) else one.message_id for one in told]


@pytest.fixture
def someone(world: MemoryWorld) -> MemoryWorld:
    world.accounts.save_contacts([a_contact("c1", "falls", name="Charlie Kent", email="charlie@falls.com")])
    return world


def test_a_standard_account_s_moderate_alert_is_queued_for_its_champion(someone: MemoryWorld) -> None:
    known, told = begun(someone)
    assert (known.contact_id, known.contact_email, known.automatic) == ("c1", "charlie@falls.com", True)
    assert (known.check_in.status, known.check_in.due_at) == ("queued", A_MOMENT)
    assert known.reasons == ("usage fell moderately", "it is a standard account")
    assert (known.log[0].what, known.log[0].code) == ("drafted", "template")
    assert known.log[0].because.startswith("to c1: their role is champion; worded by the template check_in")
    assert known.index_at == {0: ALERT.index}
    assert told == [f"{ALERT.alert_id}/{what}" for what in ("card/opened", "crm/opened", "outreach/check_in")]
    assert begun(someone) == (known, told), "repeating it begins nothing"


def test_a_ticket_or_a_flag_makes_it_a_person_s(someone: MemoryWorld) -> None:
    someone.dossiers.save("falls", [a_ticket(severity="p1")])
    someone.flags.put("falls", Flag(kind="escalation", because="angry", by="carla@example.com", at=A_MOMENT))
    known, told = begun(someone)
    assert (known.automatic, known.check_in.status) == (False, "draft")
    assert (known.log[-1].what, known.log[-1].code) == ("not_sent", "complex")
    assert not [name for name in told if "outreach/" in name]


def test_what_becomes_severe_is_a_person_s_and_told_anew(someone: MemoryWorld) -> None:
    begun(someone)
    worse = an_alert("falls", highest_usage_drop=Drop.SEVERE, severity="high", escalated_on=A_DAY)
    known, told = begun(someone, "escalated", worse)
    assert (known.severity, known.automatic, known.check_in.status, known.card) == ("high", False, "draft", None)
    assert told == [f"{ALERT.alert_id}/{what}" for what in ("escalated/email", "card/escalated", "crm/escalated")]
    assert begun(someone, "escalated", worse) == (known, told)


def worse_today(**known: Any) -> Alert:
    """As it is told of on the day on which it became severe."""
    return an_alert("falls", highest_usage_drop=Drop.SEVERE, severity="high", escalated_on=A_DAY, ratio=0.39, **known)


def test_what_becomes_severe_has_the_numbers_of_that_day_and_the_severe_mail(someone: MemoryWorld) -> None:
    someone.rings.write([a_history("falls", users=[a_user(last_feature="export")])])
    first, _ = begun(someone)
    assert (first.check_in.template, first.severe_fall) == ("check_in", None)
    known, _ = begun(someone, "escalated", worse_today())
    assert known.severe_fall == worse_today().fall
    assert ALERT.told_of(known.severe_fall).percent == "39%"
    assert ALERT.told_of(None) is ALERT
    assert known.check_in.template == "check_in_severe"
    assert known.check_in.suggested != first.check_in.suggested
    assert [one.what for one in known.log[-3:]] == ["not_sent", "escalated", "drafted"]
    afresh, _ = begun(someone, "escalated", worse_today(opened_on=A_DAY.replace(day=2)))
    assert (afresh.check_in.suggested, afresh.severe_fall) == (known.check_in.suggested, known.severe_fall)


def test_words_that_a_person_changed_stay_when_it_becomes_severe(someone: MemoryWorld) -> None:
    first, _ = begun(someone)
    wording = Wording(subject="Mine", text="Hi Charlie, a word?")
    edited = partial(steps.edit, step="check_in", at=A_MOMENT, by="carla.diaz@example.com", wording=wording)
    change(someone.conversations, first.conversation_id, edited)
    known, _ = begun(someone, "escalated", worse_today())
    assert (known.check_in.template, known.check_in.final) == ("check_in", wording)


def test_the_card_before_is_remembered_until_a_newer_one_is_posted(someone: MemoryWorld) -> None:
    first, _ = begun(someone)
    place = Card(channel="C1", ts="1.0")
    change(someone.conversations, first.conversation_id, partial(steps.carded, card=place))
    known, _ = begun(someone, "escalated", worse_today())
    assert (known.card, known.old_cards) == (None, (place,))


def test_what_is_held_back_is_queued_when_it_is_let_go_and_only_then(someone: MemoryWorld) -> None:
    known, _ = begun(someone, held=True)
    assert (known.check_in.status, known.next_at, known.log[-1].code) == ("draft", None, "data_incident")
    for _ in range(2):
        let_go(ALERT.alert_id, desk(someone).outreach)
    after = someone.conversations.get(ALERT.alert_id)
    assert after
    assert (after.check_in.status, after.version) == ("queued", 2)


def test_usage_that_comes_back_ends_it_and_a_new_normal_does_not(someone: MemoryWorld) -> None:
    begun(someone)
    over = ALERT.model_copy(update={"resolved_on": A_DAY})
    for resolution, ended in ((Resolution.NEW_NORMAL, None), (Resolution.RECOVERED, "recovered")):
        resolved(over.model_copy(update={"resolution": resolution}), desk(someone).outreach)
        known = someone.conversations.get(ALERT.alert_id)
        assert known
        assert known.ended == ended


def test_what_nobody_was_told_of_is_dropped_and_what_nobody_began_is_let_be(someone: MemoryWorld) -> None:
    ports = desk(someone).outreach
    for nothing in (lambda: resolved(ALERT, ports), lambda: let_go("x", ports), lambda: drop("x", ports)):
        nothing()
    begun(someone, held=True)
    drop(ALERT.alert_id, ports)
    known = someone.conversations.get(ALERT.alert_id)
    assert known
    assert known.ended == "dismissed"


def test_a_model_words_a_draft_only_as_far_as_it_is_true(someone: MemoryWorld) -> None:
    someone.rings.write([a_history("falls", users=[a_user(last_feature="export")])])
    good = Model("Subject: Hello\n\nHi Charlie,\n\nhow are things at Acme?\n\nCarla Diaz")
    known, _ = begun(someone, model=good)
    assert (known.check_in.worded_by, known.check_in.suggested.subject) == ("model", "Hello")
    assert "charlie@falls.com" not in good.asked[0].facts
    wrong = Model("Subject: Hello\n\nHi Charlie,\n\nyou lost 40%.\n\nCarla Diaz")
    for at, model in enumerate((wrong, Model("no mail"), Model("busy")), 1):
        other = an_alert("falls", opened_on=A_DAY.replace(day=1 + at))
        known, _ = begun(someone, alert=other, model=model)
        assert known.check_in.worded_by == "template"
        assert ["no fact has the number '40%'", "was no mail", "did not answer"][at - 1] in known.log[0].because


def test_a_configuration_without_mails_begins_a_draft_that_a_person_writes(someone: MemoryWorld) -> None:
    begin(Raised(ALERT, ACCOUNT, "opened"), CONFIG, a_plan(someone), desk(someone).outreach)
    known = someone.conversations.get(ALERT.alert_id)
    assert known
    assert known.check_in.lacks == ("template",)
