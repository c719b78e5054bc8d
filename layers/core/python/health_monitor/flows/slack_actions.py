"""What a button or menu does: on a card, and in App Home."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from health_monitor.act import conversation as act
from health_monitor.act.cards import SNOOZES
from health_monitor.flows.slack_modal import open_draft
from health_monitor.flows.slack_payloads import Click, read_click
from health_monitor.flows.slack_stage import Actor, Refused, Stage, actor_of, carry_out, may_be_sent, refresh, refusal
from health_monitor.model.errors import AlreadyDone, BadRecord
from health_monitor.model.outreach import UNSENT, Conversation


class Deed(NamedTuple):
    """What somebody does."""

    click: Click
    actor: Actor


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
        actor = actor_of(clicked.user_id, clicked.conversation_id, clicked.step, stage)
        if clicked.action == "send":
            _look_before_sending(clicked, actor, stage)
        carry_out(actor, clicked.step, partial(_DEEDS[clicked.action], Deed(clicked, actor)), stage)
    except (Refused, AlreadyDone) as refused:
        stage.ports.slack.open_view(clicked.trigger_id, refusal(refused, clicked.conversation_id, stage))
    refresh(clicked.user_id, stage)


def _look_before_sending(clicked: Click, actor: Actor, stage: Stage) -> None:
    mail = actor.conversation.mail(clicked.step)
    if mail.status not in UNSENT - {"approved"}:
        return  # the change itself says what became of it
    if mail.lacks:
        raise Refused(f"The draft lacks {', '.join(mail.lacks)}: fill it in with Edit & send.")
    may_be_sent(actor.conversation.contact_email, stage)


def _send(deed: Deed, known: Conversation) -> Conversation:
    return act.approve(known, deed.click.step, deed.actor.now, deed.actor.email)


def _snooze(deed: Deed, known: Conversation) -> Conversation:
    if deed.click.choice not in dict(SNOOZES):
        raise BadRecord("snooze", "is none of the offered times", "choose one of the menu")
    until = deed.actor.now + timedelta(days=int(deed.click.choice))
    return act.snooze(known, deed.actor.now, deed.actor.email, until)


def _not_a_risk(deed: Deed, known: Conversation) -> Conversation:
    return act.dismiss(known, deed.actor.now, deed.actor.email, "")


def _cancel(deed: Deed, known: Conversation) -> Conversation:
    because = "a person cancelled it in Slack"
    return act.cancel(known, deed.click.step, deed.actor.now, deed.actor.email, "by_person", because)


def _was_sent(deed: Deed, known: Conversation) -> Conversation:
    step, actor = deed.click.step, deed.actor
    if known.mail(step).status != "uncertain":
        raise AlreadyDone("what became of it is known by now")
    routing = actor.bundle.routing
    after = timedelta(days=routing.follow_up_days if step == "check_in" else routing.task_after_days)
    return act.settle(known, step, actor.now, "sent", "a person says that it was sent", after, by=actor.email)


def _send_again(deed: Deed, known: Conversation) -> Conversation:
    return act.reopen(known, deed.click.step, deed.actor.now, deed.actor.email)


_DEEDS: dict[str, Callable[[Deed, Conversation], Conversation]] = {
    "send": _send,
    "snooze": _snooze,
    "not_a_risk": _not_a_risk,
    "cancel": _cancel,
    "was_sent": _was_sent,
    "send_again": _send_again,
}
