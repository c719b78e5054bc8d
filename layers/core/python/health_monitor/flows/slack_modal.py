"""The modal in which a person changes the draft: opened before anything slow, submitted once."""

from typing import Any

from health_monitor.act import modals
from health_monitor.act.mails import DONE
from health_monitor.decide.reach import is_never_written_to
from health_monitor.flows.person_acts import Refused, edit, send
from health_monitor.flows.slack_cards import Backstage, account_of, facts_of
from health_monitor.flows.slack_payloads import Click, Submission, read_submission
from health_monitor.flows.slack_stage import Actor, Stage, actor_of, refresh, refusal
from health_monitor.model.account import Contact
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain
from health_monitor.model.outreach import UNSENT

TROUBLE = "Nothing was done: we are in trouble at the moment. Close this and click again in a few minutes."


def open_draft(clicked: Click, stage: Stage) -> None:
    """The modal first: Slack's trigger lives for three seconds, and everything else may take longer."""
    slack = stage.ports.slack
    view_id = slack.open_view(clicked.trigger_id, modals.loading())
    try:
        actor = actor_of(clicked.user_id, clicked.conversation_id, clicked.step, stage, clicked.card)
        view = _draft(clicked, actor, stage.ports)
    except (Refused, AlreadyDone) as refused:
        view = refusal(refused, clicked.conversation_id, clicked.step, stage)
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
    except (Refused, AlreadyDone) as refused:
        if isinstance(refused, Refused) and refused.field:
            return {"response_action": "errors", "errors": {refused.field: str(refused)}}
        view = refusal(refused, submitted.conversation_id, submitted.step, stage)
        return {"response_action": "update", "view": view}
    refresh(submitted.user_id, stage)
    return {"response_action": "clear"}


def _draft(clicked: Click, actor: Actor, ports: Backstage) -> dict[str, Any]:
    conversation = actor.conversation
    mail = conversation.current
    if conversation.ended or mail.step != clicked.step or mail.status not in UNSENT - {"approved"}:
        raise AlreadyDone(DONE.get(conversation.mail(clicked.step).status, "it is being sent"))
    facts = facts_of(conversation, ports, mention=False)
    return modals.draft(conversation, account_of(conversation, ports), facts, _people(actor, ports), actor.now)


def _take(submitted: Submission, actor: Actor, stage: Stage) -> None:
    mail = actor.conversation.mail(submitted.step)
    if mail.approved_by == actor.email and mail.final == submitted.wording:
        return  # Slack heard no answer in time and the person pressed again: it was done the first time.
    to, deed = _chosen(submitted, actor, stage.ports), edit if submitted.saves else send
    deed(actor.conversation, submitted.step, actor.email, actor.now, stage.means, wording=submitted.wording, to=to)


def _chosen(submitted: Submission, actor: Actor, ports: Backstage) -> Contact | None:
    """Whom the menu named: one of the account's own people, whatever came back."""
    if not submitted.to or submitted.to == actor.conversation.contact_id:
        return None
    found = next((one for one in _people(actor, ports) if one.contact_id == submitted.to), None)
    if found is None:
        raise Refused("This person can no longer be written to; choose another.", "to")
    return found


def _people(actor: Actor, ports: Backstage) -> list[Contact]:
    """Who could be written to: they have an address and no role that mail never goes to; a follow-up stays with one."""
    if actor.conversation.current.step != "check_in":
        return []
    known = ports.accounts.contacts(actor.conversation.account_id)
    return [one for one in known if one.email and not is_never_written_to(one, actor.bundle.routing)]
