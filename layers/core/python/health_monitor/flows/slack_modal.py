"""The modal in which a person changes the draft: opened before anything slow, submitted once."""

from functools import partial
from typing import Any

from health_monitor.act import conversation as act
from health_monitor.act import modals
from health_monitor.flows.slack_cards import Backstage, account_of, facts_of
from health_monitor.flows.slack_payloads import Click, Submission, read_submission
from health_monitor.flows.slack_stage import Actor, Refused, Stage, actor_of, carry_out, may_be_sent, refresh, refusal
from health_monitor.model.account import Contact
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain
from health_monitor.model.outreach import UNSENT, Conversation


TROUBLE = "Nothing was done: we are in trouble at the moment. Close this and click again in a few minutes."


class Wrong(Exception):  # noqa: N818  (what Slack shows beside an input)
    """One input has to be changed."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name


def open_draft(clicked: Click, stage: Stage) -> None:
    """The modal first: Slack's trigger lives for three seconds, and everything else may take longer."""
    slack = stage.ports.slack
    view_id = slack.open_view(clicked.trigger_id, modals.loading())
    try:
        actor = actor_of(clicked.user_id, clicked.conversation_id, clicked.step, stage)
        view = _draft(clicked, actor, stage.ports)
    except (Refused, AlreadyDone) as refused:
        view = refusal(refused, clicked.conversation_id, stage)
    except (TryAgain, NeedsHuman):
        slack.update_view(view_id, modals.told("Not now", TROUBLE))
        raise
    slack.update_view(view_id, view)


def submit(payload: dict[str, Any], stage: Stage) -> dict[str, Any]:
    """Sends it, or keeps the new words of one that goes out by itself; what Slack shows next."""
    submitted = read_submission(payload)
    if submitted.wrong:
        return {"response_action": "errors", "errors": submitted.wrong}
    try:
        _take(submitted, actor_of(submitted.user_id, submitted.conversation_id, submitted.step, stage), stage)
    except Wrong as wrong:
        return {"response_action": "errors", "errors": {wrong.name: str(wrong)}}
    except (Refused, AlreadyDone) as refused:
        return {"response_action": "update", "view": refusal(refused, submitted.conversation_id, stage)}
    refresh(submitted.user_id, stage)
    return {"response_action": "clear"}


def _draft(clicked: Click, actor: Actor, ports: Backstage) -> dict[str, Any]:
    conversation = actor.conversation
    mail = conversation.current
    if conversation.ended or mail.step != clicked.step or mail.status not in UNSENT - {"approved"}:
        raise AlreadyDone("this card is out of date")
    facts = facts_of(conversation, ports, mention=False)
    return modals.draft(conversation, account_of(conversation, ports), facts, _people(actor, ports), actor.now)


def _take(submitted: Submission, actor: Actor, stage: Stage) -> None:
    mail = actor.conversation.mail(submitted.step)
    if mail.approved_by == actor.email and mail.final == submitted.wording:
        return  # Slack heard no answer in time and the person pressed again: it was done the first time.
    contact = _chosen(submitted, actor, stage.ports)
    if mail.lacks and submitted.wording == mail.suggested:
        raise Wrong(modals.TEXT, f"Nobody knows {', '.join(mail.lacks)}: write it so that it reads well without.")
    may_be_sent(contact.email if contact else actor.conversation.contact_email, stage)
    carry_out(actor, submitted.step, partial(_changed, submitted, actor, contact), stage)


def _changed(submitted: Submission, actor: Actor, contact: Contact | None, known: Conversation) -> Conversation:
    to = act.address(known, actor.now, actor.email, contact) if contact else known
    if submitted.saves:
        return act.edit(to, submitted.step, actor.now, actor.email, submitted.wording)
    return act.approve(to, submitted.step, actor.now, actor.email, submitted.wording)


def _chosen(submitted: Submission, actor: Actor, ports: Backstage) -> Contact | None:
    """Whom the menu named: one of the account's own people, whatever came back."""
    if not submitted.to or submitted.to == actor.conversation.contact_id:
        return None
    found = next((one for one in _people(actor, ports) if one.contact_id == submitted.to), None)
    if found is None:
        raise Wrong(modals.TO, "This person can no longer be written to; choose another.")
    return found


def _people(actor: Actor, ports: Backstage) -> list[Contact]:
    """Who could be written to: they have an address and no role that mail never goes to; a follow-up stays with one."""
    if actor.conversation.current.step != "check_in":
        return []
    never = actor.bundle.routing.never_recipients
    known = ports.accounts.contacts(actor.conversation.account_id)
    return [one for one in known if one.email and one.role not in never]
