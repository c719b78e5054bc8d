"""What a button or menu does: on a card, and in App Home."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from health_monitor.act import conversation as act
from health_monitor.act import sending
from health_monitor.act.cards import SNOOZES
from health_monitor.flows.person_acts import Means, Refused, cancel, carry_out, send
from health_monitor.flows.slack_modal import open_draft
from health_monitor.flows.slack_payloads import Click, read_click
from health_monitor.flows.slack_stage import Actor, Stage, actor_of, refresh, refusal
from health_monitor.model.errors import AlreadyDone, BadRecord
from health_monitor.model.outreach import Conversation


class Deed(NamedTuple):
    """What somebody does, and with what."""

    click: Click
    actor: Actor
    means: Means

    def do(self, fn: Callable[[Conversation], Conversation]) -> None:
        carry_out(self.click.conversation_id, self.click.step, fn, self.means)


def click(payload: dict[str, Any], stage: Stage) -> dict[str, Any]:
    """Does what was clicked, once; a refusal opens a modal that says why."""
    clicked = read_click(payload)
    if clicked.action == "edit":
        open_draft(clicked, stage)
    elif clicked.action in _DEEDS:
        _do(clicked, stage)
    return {}


def _do(clicked: Click, stage: Stage) -> None:
    try:
        actor = actor_of(clicked.user_id, clicked.conversation_id, clicked.step, stage, clicked.card)
        _DEEDS[clicked.action](Deed(clicked, actor, stage.means))
    except (Refused, AlreadyDone) as refused:
        stage.ports.slack.open_view(clicked.trigger_id, refusal(refused, clicked.conversation_id, clicked.step, stage))
    refresh(clicked.user_id, stage)


def _send(deed: Deed) -> None:
    send(deed.actor.conversation, deed.click.step, deed.actor.email, deed.actor.now, deed.means)


def _snooze(deed: Deed) -> None:
    if deed.click.choice not in dict(SNOOZES):
        raise BadRecord("snooze", "is none of the offered times", "choose one of the menu")
    until = deed.actor.now + timedelta(days=int(deed.click.choice))
    deed.do(partial(act.snooze, at=deed.actor.now, by=deed.actor.email, until=until))


def _not_a_risk(deed: Deed) -> None:
    deed.do(partial(act.dismiss, at=deed.actor.now, by=deed.actor.email, because=""))


def _cancel(deed: Deed) -> None:
    cancel(deed.actor.conversation, deed.click.step, deed.actor.email, deed.actor.now, deed.means)


def _was_sent(deed: Deed) -> None:
    step, actor, routing = deed.click.step, deed.actor, deed.actor.bundle.routing
    after = timedelta(days=routing.follow_up_days if step == "check_in" else routing.task_after_days)

    def settles(known: Conversation) -> Conversation:
        if known.mail(step).status != "uncertain":
            raise AlreadyDone("what became of it is known by now")
        return sending.settle(known, step, actor.now, "sent", "a person says that it was sent", after, by=actor.email)

    deed.do(settles)


def _send_again(deed: Deed) -> None:
    deed.do(partial(act.reopen, step=deed.click.step, at=deed.actor.now, by=deed.actor.email))


_DEEDS: dict[str, Callable[[Deed], None]] = {
    "send": _send,
    "snooze": _snooze,
    "not_a_risk": _not_a_risk,
    "cancel": _cancel,
    "was_sent": _was_sent,
    "send_again": _send_again,
}
