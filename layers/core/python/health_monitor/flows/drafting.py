"""One mail, drafted: the facts as they are now, in the team's words, or in a model's as long as they are true."""

from collections.abc import Sequence
from datetime import date, datetime

from health_monitor.act.drafting import draft, facts_of, merge_values
from health_monitor.act.grounding import prompt_of, unfounded, worded
from health_monitor.model.account import Account, Contact
from health_monitor.model.config import Bundle
from health_monitor.model.drafting import Facts
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain
from health_monitor.model.outreach import Conversation, Mail
from health_monitor.model.usage import UserUse
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.draft import Writer
from health_monitor.ports.usage import Rings


def compose(
    name: str, account: Account, contact: Contact | None, users: Sequence[UserUse], bundle: Bundle, as_of: date,
    *, sent_on: date | None = None, writer: Writer | None = None,
) -> tuple[Mail, str]:  # fmt: skip
    """The mail by that template, and who worded it and why."""
    facts = facts_of(account, contact, users, bundle.team, bundle.advice, as_of, sent_on)
    mail = draft(name, facts, bundle)
    because = f"worded by the template {mail.template}"
    if writer is None or mail.lacks:
        return mail, because
    return _by_model(mail, because, facts, bundle, writer)


def check_in_mail(
    name: str, conversation: Conversation, account: Account, accounts: Accounts, rings: Rings, bundle: Bundle,
    as_of: date, writer: Writer | None = None,
) -> tuple[Mail, str]:  # fmt: skip
    """The first mail of a conversation anew, to the same person, and who worded it and why."""
    signed = account.model_copy(update={"csm_email": conversation.csm_email})
    contact = _contact(conversation, accounts)
    return compose(name, signed, contact, rings.users(account.account_id), bundle, as_of, writer=writer)


def follow_up_mail(
    conversation: Conversation, at: datetime, accounts: Accounts, rings: Rings, bundle: Bundle,
    writer: Writer | None = None,
) -> Mail:  # fmt: skip
    """The follow-up of a conversation, to the same person. Raises AlreadyDone when the account was erased."""
    account_id, sent_at = conversation.account_id, conversation.check_in.sent_at
    account = accounts.read([account_id]).get(account_id)
    if account is None:
        raise AlreadyDone("this account was erased")
    contact = _contact(conversation, accounts)
    signed = account.model_copy(update={"csm_email": conversation.csm_email})
    mail, _ = compose(
        "follow_up", signed, contact, rings.users(account_id), bundle, at.date(),
        sent_on=sent_at.date() if sent_at else None, writer=writer,
    )  # fmt: skip
    return mail


def _contact(conversation: Conversation, accounts: Accounts) -> Contact | None:
    known = accounts.contacts(conversation.account_id)
    return next((one for one in known if one.contact_id == conversation.contact_id), None)


def _by_model(mail: Mail, because: str, facts: Facts, bundle: Bundle, writer: Writer) -> tuple[Mail, str]:
    values = merge_values(facts, bundle.advice)
    try:
        answer = worded(writer.write(prompt_of(values)))
    except (TryAgain, NeedsHuman) as error:
        return mail, f"{because}: the model did not answer ({error})"
    if answer is None:
        return mail, f"{because}: the model's answer was no mail"
    if wrong := unfounded(answer, values, bundle.advice):
        return mail, f"{because}: of the model's words, {'; '.join(wrong)}"[:500]
    return mail.model_copy(update={"suggested": answer, "worded_by": "model"}), "worded by the model, every claim is so"
