"""What follows an alert: one conversation with one person, and whoever has to hear of it. Repeating it begins none."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Literal

from health_monitor.act import conversation as steps
from health_monitor.act.log import note
from health_monitor.act.recipient import choose
from health_monitor.act.wording import alert_email
from health_monitor.decide.routing import route
from health_monitor.flows.circumstances import health_of, situation
from health_monitor.flows.conversing import change, tell
from health_monitor.flows.drafting import check_in_mail, compose
from health_monitor.flows.go_live import standing
from health_monitor.model.account import Account
from health_monitor.model.alert import Alert, Errand, Message
from health_monitor.model.config import Bundle
from health_monitor.model.dossier import EMPTY
from health_monitor.model.drafting import Choice
from health_monitor.model.outreach import Conversation, Entry, Mail
from health_monitor.model.routing import Route, Situation
from health_monitor.model.run import Plan
from health_monitor.model.usage import Resolution, UserUse
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Outbox
from health_monitor.ports.clock import Clock
from health_monitor.ports.dossiers import Dossiers, Standings
from health_monitor.ports.draft import Writer
from health_monitor.ports.outreach import Conversations, Flags, OutreachSwitch, Suppressions
from health_monitor.ports.usage import Rings

MODEL_DRAFTS = 20
"""So many drafts a night are worded by a model, the worst alerts first: asking takes seconds, and costs."""
HELD = "data_incident"


@dataclass(frozen=True)
class OutreachDesk:
    """What beginning a conversation reads and writes. `writer`: the model that words drafts, if there is one."""

    accounts: Accounts
    rings: Rings
    conversations: Conversations
    flags: Flags
    dossiers: Dossiers
    standings: Standings
    suppressions: Suppressions
    switch: OutreachSwitch
    outbox: Outbox
    clock: Clock
    operations_email: str
    writer: Writer | None = None


@dataclass(frozen=True)
class Raised:
    """An alert that people must hear of tonight: why, and whether it is held back; `by_model`: who words the draft."""

    alert: Alert
    account: Account
    kind: Literal["opened", "escalated"]
    held: bool = False
    by_model: bool = False


def begin(raised: Raised, bundle: Bundle, plan: Plan, desk: OutreachDesk) -> tuple[Message | Errand, ...]:
    """The conversation, begun or made worse, and everything that has to be told of it."""
    alert, account = raised.alert, raised.account
    chosen, reasons = route(alert, account, situation_of(account.account_id, plan.as_of, desk), bundle)
    known = desk.conversations.get(alert.alert_id)
    if known is None:
        known = desk.conversations.start(_new(raised, chosen, reasons, bundle, plan, desk))
    elif raised.kind == "escalated":
        known = change(
            desk.conversations, known.conversation_id,
            lambda one: _worse(one, raised, chosen, reasons, bundle, plan, desk),
        )  # fmt: skip
    return _telling(raised, known, plan, desk)


def situation_of(account_id: str, as_of: date, desk: OutreachDesk) -> Situation:
    """What is so of the account, on the day that the night judges."""
    dossier = desk.dossiers.read([account_id], consistent=True).get(account_id, EMPTY)
    standing = desk.standings.read([account_id], consistent=True).get(account_id)
    return situation(dossier, standing, desk.flags.of(account_id), as_of, desk.clock.now())


def recipient_of(account_id: str, bundle: Bundle, as_of: date, desk: OutreachDesk) -> tuple[Choice, list[UserUse]]:
    """Who would be written to, and what the account's users did last."""
    users = desk.rings.users(account_id)
    contacts = desk.accounts.contacts(account_id)
    return choose(contacts, users, bundle.routing, as_of, desk.suppressions.find), users


def resolved(alert: Alert, desk: OutreachDesk) -> None:
    """Usage came back: there is nothing to write about any more. A new normal ends nothing."""
    known = desk.conversations.get(alert.alert_id)
    if known is None:
        return
    if alert.resolution is Resolution.RECOVERED:
        because = f"usage recovered on {alert.resolved_on}"
        ended = partial(steps.end, at=desk.clock.now(), ending="recovered", because=because)
        known = change(desk.conversations, known.conversation_id, ended)
    tell(desk.outbox, known)


def let_go(alert_id: str, desk: OutreachDesk) -> None:
    """What was held back is told now: a check-in that goes out by itself is queued."""
    known = desk.conversations.get(alert_id)
    if known is not None:
        change(desk.conversations, alert_id, partial(_let_go, at=desk.clock.now()))


def drop(alert_id: str, desk: OutreachDesk) -> None:
    """Nobody has to hear any more of what was held back: it was over before."""
    known = desk.conversations.get(alert_id)
    if known is not None:
        because = "the alert was over before anybody was told of it"
        ended = partial(steps.end, at=desk.clock.now(), ending="dismissed", because=because)
        change(desk.conversations, alert_id, ended)


def _new(
    raised: Raised, chosen: Route, reasons: tuple[str, ...], bundle: Bundle, plan: Plan, desk: OutreachDesk
) -> Conversation:
    alert, account, at = raised.alert, raised.account, desk.clock.now()
    choice, users = recipient_of(account.account_id, bundle, plan.as_of, desk)
    name = "check_in" if alert.severity == "moderate" else "check_in_severe"
    writer = desk.writer if raised.by_model else None
    mail, words = compose(name, account, choice.contact, users, bundle, plan.as_of, writer=writer)
    begun = Conversation(
        conversation_id=alert.alert_id, alert_id=alert.alert_id, account_id=account.account_id,
        opened_on=alert.opened_on, severity=alert.severity, segment=account.segment,
        contact_id=choice.contact.contact_id if choice.contact else None,
        contact_name=choice.contact.name if choice.contact else None,
        contact_email=choice.contact.email if choice.contact else None,
        csm_email=account.csm_email, automatic=chosen.send == "automatic", high_priority=chosen.high_priority,
        tell=chosen.tell, reasons=reasons, config=plan.config, check_in=mail, index_at={0: alert.index},
        severe_fall=alert.fall if raised.kind == "escalated" else None,
        log=(Entry(at=at, step="check_in", what="drafted", code=mail.worded_by, because=_drafted(choice, words)),),
    )  # fmt: skip
    return _first_decision(begun, at, raised.held)


def _drafted(choice: Choice, words: str) -> str:
    to = f"to {choice.contact.contact_id}: {choice.because}" if choice.contact else choice.because
    passed = f" (not to {'; '.join(choice.skipped)})" if choice.skipped else ""
    return f"{to}{passed}; {words}"


def _first_decision(begun: Conversation, at: datetime, held: bool) -> Conversation:
    if not begun.automatic:
        return steps.hand_over(begun, "check_in", at, *_by_csm(begun))
    if held:
        because = "the data is in doubt; it is queued when that is over and usage is still low"
        return note(begun, at, "waits", HELD, because, step="check_in")
    return steps.queue(begun, "check_in", at, at, "; ".join(begun.reasons))


def _by_csm(begun: Conversation) -> tuple[str, str]:
    special = [reason.partition(":")[0] for reason in begun.reasons]
    if begun.severity != "moderate":
        code = "severe"
    elif "high-value" in special:
        code = "high_value"
    else:
        code = next((known for known in ("complex", "override", "provisional") if known in special), "by_csm")
    return code, f"a person sends it: {'; '.join(begun.reasons)}"


def _worse(
    known: Conversation, raised: Raised, chosen: Route, reasons: tuple[str, ...], bundle: Bundle, plan: Plan,
    desk: OutreachDesk,
) -> Conversation:  # fmt: skip
    at = desk.clock.now()
    worse = steps.escalate(known, at, reasons, chosen.tell, chosen.high_priority, raised.alert.fall)
    if worse is known:
        return known
    writer = desk.writer if raised.by_model else None
    mail, words = check_in_mail(
        "check_in_severe", worse, raised.account, desk.accounts, desk.rings, bundle, plan.as_of, writer
    )
    # A card that is rewritten is not noticed: this is told on a new one.
    return steps.redraft(worse, at, mail, words).model_copy(update={"card": None})


def _let_go(known: Conversation, at: datetime) -> Conversation:
    mail: Mail = known.check_in
    decided = any(one.what in ("queued", "not_sent") for one in known.log)
    if known.ended or not known.automatic or mail.status != "draft" or decided:
        return known
    return steps.queue(known, "check_in", at, at, "; ".join(known.reasons))


def _telling(
    raised: Raised, conversation: Conversation, plan: Plan, desk: OutreachDesk
) -> tuple[Message | Errand, ...]:
    name, kind = conversation.conversation_id, raised.kind
    told: list[Message | Errand] = []
    if "email" in conversation.tell:
        how = standing(desk.switch.get())
        told.append(
            alert_email(
                raised.account, raised.alert, kind, plan.as_of, desk.operations_email, conversation, how,
                health_of(raised.account.account_id, desk.dossiers, desk.standings, desk.clock.now()),
            )
        )  # fmt: skip
    if "slack" in conversation.tell:
        told.append(Errand(errand_id=f"{name}/card/{kind}", channel="slack", conversation_id=name))
    told.append(Errand(errand_id=f"{name}/crm/{kind}", channel="crm", conversation_id=name))
    if conversation.automatic:
        to_send = f"{name}/outreach/check_in"
        told.append(Errand(errand_id=to_send, channel="outreach", conversation_id=name, step="check_in"))
    return tuple(told)
