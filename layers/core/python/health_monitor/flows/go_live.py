"""From drafts to mail that goes out by itself: what has to be in order first, what would go out, and the switch."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from health_monitor.act import conversation as steps
from health_monitor.decide.interlocks import Verdict, check
from health_monitor.flows.circumstances import Sources, circumstances, pilot_accounts, read_pilot
from health_monitor.flows.conversing import change, tell
from health_monitor.model.account import Account
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain
from health_monitor.model.outreach import Conversation, Entry, Finding, Step, Switch
from health_monitor.ports.alerts import Outbox
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.outreach import OutreachSwitch

YOUNG = timedelta(days=7)
"""A draft that is older has missed its moment: its CSM decides about it."""
RULE = (
    "Drafts of the last 7 days that only waited for this and that nothing else is against now are queued, with their "
    "review hold; all others stay drafts."
)
NOT_LIVE = ("not_live", "not_in_pilot")
PILOTS = "config/pilot-"
_TRIES = 5


@dataclass(frozen=True)
class Draft:
    """A draft that waited for go-live, and what becomes of it then."""

    conversation: Conversation
    step: Step
    account: Account | None
    since: datetime
    verdict: Verdict
    young: bool

    @property
    def goes(self) -> bool:
        """Whether it goes out by itself once automatic mail is on."""
        return self.young and self.verdict.do in ("go", "wait")


def standing(switch: Switch) -> str:
    """Whether customer mail goes out by itself, and how to change it: one sentence for every page and summary."""
    if switch.stopped:
        return "All customer mail is stopped, also what a person sends; to go on: health-monitor outreach start"
    return {
        "draft": "Every customer mail is a draft that a CSM sends; to send by itself: health-monitor go-live",
        "pilot": "Automatic check-ins go out to the pilot's accounts; for all: health-monitor go-live",
        "live": "Automatic check-ins go out by themselves; to stop: health-monitor outreach stop",
    }[switch.mode]


def inspect(sources: Sources, accounts: list[Account], answers: Callable[[], str | None]) -> list[Finding]:
    """Everything that sending depends on; `answers`: why the unsubscribe address does not, or nothing."""
    silent = answers()
    page = Finding("unsubscribe", silent or "its page answers", "deploy, or correct HM_PUBLIC_URL" if silent else None)
    found = [*sources.mailer.findings(), page._replace(stops=bool(silent))]
    csms = sorted({one.csm_email for one in accounts if one.csm_email and one.churn_date is None})
    for csm in csms:
        if why := sources.mailer.why_not_from(csm):
            found.append(Finding(csm, "nothing can be sent from this address", why))
    if csms and not any(one.about in csms for one in found):
        found.append(Finding("CSMs", f"mail can come from the address of each, {len(csms)} in all"))
    nobodys = sum(one.csm_email is None and one.churn_date is None for one in accounts)
    if nobodys:
        remedy = "assign one in the CRM; their mail stays a draft"
        found.append(Finding("CSMs", f"accounts without one: {nobodys}", remedy))
    return found


def preview(switch: Switch, sources: Sources, now: datetime) -> list[Draft]:
    """Every draft that waits for go-live, as it would be judged with the switch like this, the oldest first."""
    return sorted(_drafts(switch, sources, now), key=lambda one: (one.since, one.conversation.conversation_id))


def last_week(sources: Sources, now: datetime) -> int:
    """How many automatic check-ins began in the last seven days."""
    since = (now - YOUNG).date()
    return sum(one.automatic and one.opened_on >= since for one in sources.conversations.all())


def keep_pilot(text: str, sources: Sources) -> str:
    """Keep a pilot's list; where. Raises NeedsHuman, naming the ids that are no account's."""
    names = read_pilot(text)
    if not names:
        raise NeedsHuman("the pilot's list names nobody; it needs a column account_id with at least one id")
    unknown = sorted(set(names) - sources.accounts.read(sorted(set(names))).keys())
    if unknown:
        told = ", ".join(unknown[:10]) + (f" and {len(unknown) - 10} more" if len(unknown) > 10 else "")
        raise NeedsHuman(f"the pilot's list names accounts that do not exist: {told}; correct them or take them out")
    data = ("account_id\n" + "\n".join(sorted(set(names))) + "\n").encode()
    key = f"{PILOTS}{hashlib.sha256(data).hexdigest()[:12]}.csv"
    sources.blobs.put_absent(key, data)
    return key


def go_live(pilot: str | None, by: str, sources: Sources, outbox: Outbox, now: datetime) -> int:
    """Switch automatic check-ins on, for a pilot's accounts or all; how many drafts were queued by RULE.

    Doing it again finds the drafts that a crash left behind.
    """
    changed = {"mode": "pilot" if pilot else "live", "pilot": pilot, "changed_at": now, "changed_by": by}
    after = sources.switch.get().model_copy(update=changed)
    found = preview(after, sources, now)
    _turn(sources.switch, lambda known: known.model_copy(update=changed))
    for one in found:
        if not one.goes:
            tell(outbox, one.conversation)  # its card says why it is a draft, and that is no longer the switch
    return sum(_queue(one, sources, outbox, now) for one in found if one.goes)


def back_to_drafts(by: str, switch: OutreachSwitch, now: datetime) -> None:
    """Nothing goes out by itself any more; what is queued becomes a draft when its moment comes."""
    changed = {"mode": "draft", "pilot": None, "changed_at": now, "changed_by": by}
    _turn(switch, lambda known: known.model_copy(update=changed))


def stop(by: str, stopped: bool, switch: OutreachSwitch, now: datetime) -> None:
    """Stop all customer mail, or let it go on. Raises AlreadyDone when it stands so."""

    def stopping(known: Switch) -> Switch:
        if known.stopped == stopped:
            raise AlreadyDone(f"customer mail is {'stopped' if stopped else 'not stopped'} already")
        return known.model_copy(update={"stopped": stopped, "changed_at": now, "changed_by": by})

    _turn(switch, stopping)


def _turn(switch: OutreachSwitch, fn: Callable[[Switch], Switch]) -> None:
    """Turn it from how it stands now: who goes live must not undo a stop that came meanwhile."""
    for _ in range(_TRIES):
        known = switch.get()
        if switch.put(fn(known), known):
            return
    raise TryAgain("others are turning the switch at the same time; look how it stands, and try again")


def pilot_size(switch: Switch, blobs: Blobs) -> int:
    """How many accounts the pilot has."""
    return len(pilot_accounts(switch.pilot, blobs)) if switch.pilot else 0


def _drafts(switch: Switch, sources: Sources, now: datetime) -> Iterator[Draft]:
    going = switch.model_copy(update={"stopped": False})
    for conversation in sources.conversations.all():
        waits = _waits_for_it(conversation)
        if waits is None:
            continue
        step, since = conversation.current.step, waits.at
        known = circumstances(conversation, switch, sources, now)
        as_queued = steps.queue(conversation, step, now, now, "as it would be")
        verdict = check(as_queued, step, known, sources.bundle.routing, going, now)
        yield Draft(conversation, step, known.account, since, verdict, now - since < YOUNG)


def _waits_for_it(conversation: Conversation) -> Entry | None:
    """What made it a draft, if that was only that automatic mail is off, and nobody has decided since."""
    mail = conversation.current
    if conversation.ended or mail.status != "draft" or not conversation.automatic or conversation.snoozed_until:
        return None
    said = [one for one in conversation.log if one.step == mail.step]
    last = said[-1] if said else None
    if last is None or last.code not in NOT_LIVE:
        return None
    return last


def _queue(draft: Draft, sources: Sources, outbox: Outbox, now: datetime) -> bool:
    because = "automatic mail was switched on"
    until = draft.verdict.until or now

    def again(stored: Conversation) -> Conversation:
        if _waits_for_it(stored) is None:
            raise AlreadyDone("somebody decided about it meanwhile")
        return steps.queue(stored, draft.step, now, until, because)

    try:
        queued = change(sources.conversations, draft.conversation.conversation_id, again)
    except AlreadyDone:
        return False
    tell(outbox, queued)
    return True
