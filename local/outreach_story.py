"""The demo's conversations: it goes live, mail leaves, comes back, is answered and followed up, each step told."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from health_monitor import wiring
from health_monitor.cli.console import many
from health_monitor.flows.go_live import go_live
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.outreach import OUT, Conversation
from health_monitor.ports.world import World
from local import crms
from local.aws import fetch
from local.post_office import Letter
from local.product import LocalProduct
from local.slack_people import Posted
from local.team import MANAGER
from local.vendors import Vendor

ANSWER = "Thanks for asking. Two of us changed teams; could you show the new ones around on Thursday?\n"
PERSONAL = "\n\nPS: I am free on Thursday at 15:00, if you like.\n"
NOON, AFTER_HOLD = 12, timedelta(hours=5)
ARRIVES_WITHIN_SECONDS = 30.0
console = Console(soft_wrap=True, highlight=False)


@dataclass
class Story:
    """The running product, and what happens on it."""

    running: LocalProduct
    world: World
    vendors: dict[str, Vendor]

    def tell(self) -> str | None:
        """Everything, one line each; an account that is worth asking `why` about."""
        console.print("\n[bold]Conversations with customers[/]")
        self._go_live()
        first = self._first_mails()
        answered = self._come_back(first)
        self._by_hand()
        self._a_week_later()
        self._crm()
        return answered

    def _go_live(self) -> None:
        at = wiring.clock().now()
        queued = go_live(None, MANAGER, wiring.circumstance_sources(), self.world.outbox, at)
        held = many(queued, "automatic check-in")
        _say("go-live", f"{held} of this week may go out by themselves now, after their review hold")

    def _first_mails(self) -> list[Letter]:
        queued = [one for one in self._all() if one.check_in.status == "queued"]
        if queued and queued[-1].contact_email:
            self.running.mail.bounces.add(queued[-1].contact_email.lower())
        moment = a_working_noon(wiring.clock().now() + AFTER_HOLD)
        self._sweep(moment)
        left = len(self.running.post.to_customers())
        late = [one.check_in.due_at for one in self._all() if one.check_in.status == "queued" and one.check_in.due_at]
        wait = f"; {many(len(late), 'other')} waited until it was day there" if late else ""
        if late:
            self._sweep(max(late))
        at = f"as of {moment:%A %H:%M} UTC, the first working noon after the hold"
        _say("the hourly sweep", f"{at}: {many(left, 'mail')} sent{wait}")
        return self.running.post.to_customers()

    def _come_back(self, letters: list[Letter]) -> str | None:
        bounced = [one for one in letters if one.address.lower() in self.running.mail.bounces]
        if bounced:
            _say("it bounces", "one address is nobody's: it gets no mail any more, and its CSM knows")
        arrived = [one for one in letters if one not in bounced]
        if not arrived:
            return None
        self.running.mail.reply(arrived[0], ANSWER)
        answered = self._answered()
        self._wait()
        if answered is None:
            raise NeedsHuman(f"the answer did not arrive; log of the local AWS: {self.running.aws.log}")
        _say(
            "they answer",
            f"{answered.contact_name} of {answered.account_id}: forwarded to the CSM, and no follow-up comes",
        )
        return answered.account_id

    def _answered(self) -> Conversation | None:
        """The bucket tells the product of the answer, which takes a moment."""
        until = time.monotonic() + ARRIVES_WITHIN_SECONDS
        while time.monotonic() < until:
            if found := next((one for one in self._all() if one.response), None):
                return found
            time.sleep(0.2)
        return None

    def _by_hand(self) -> None:
        """A CSM presses Edit & send on a card, adds a line, and submits."""
        conversation = next(self._drafts(), None)
        if conversation is None or conversation.card is None:
            return
        hands, user = self.running.slack.hands, self._user_of(conversation.csm_email or "")
        message = hands.api.message(conversation.card.ts)
        _accepted(hands.press(user, *a_button(message, "edit"), ts=conversation.card.ts))
        view = hands.api.open_views[user]
        values = {block["block_id"]: typed(block) for block in view["blocks"] if block["type"] == "input"}
        values["text"] = {"text": {"type": "plain_text_input", "value": values["text"]["text"]["value"] + PERSONAL}}
        _accepted(hands.submit(user, values))
        self._wait()
        known = self.world.conversations.get(conversation.conversation_id)
        if known is None or known.check_in.status not in OUT:
            raise NeedsHuman(f"the edited draft was not sent; log of the local AWS: {self.running.aws.log}")
        _say(
            "Edit & send", f"{known.check_in.approved_by} changed a draft for {known.account_id} in Slack, and sent it"
        )

    def _a_week_later(self) -> None:
        sent = [one.follow_up_at for one in self._all() if one.follow_up_at]
        if not sent:
            return
        before = len(self.running.post.to_customers())
        self._sweep(a_working_noon(max(sent) + timedelta(hours=1)))
        begun = [one for one in self._all() if one.follow_up]
        mailed = len(self.running.post.to_customers()) - before
        by_hand = len(begun) - mailed
        parts = [f"{many(mailed, 'automatic follow-up')} sent"] if mailed else []
        parts += [f"{many(by_hand, 'follow-up')} as a draft in Slack, as a person sent the first"] if by_hand else []
        _say("7 days later", f"{many(len(begun), 'mail')} without an answer: {'; '.join(parts)}")

    def _crm(self) -> None:
        held = {name: _records(self.vendors[name]) for name in ("hubspot", "salesforce")}
        told = "; ".join(f"{name} holds {many(count, 'record', 'records')}" for name, count in held.items())
        _say("the CRMs", f"{told} of all this: mails, notes and tasks, each once")

    def _sweep(self, moment: datetime) -> None:
        self.running.post.as_of = moment.timestamp()
        self.running.invoke("sweep_due", {"now": moment.isoformat().replace("+00:00", "Z")})
        self._wait()

    def _wait(self) -> None:
        if not self.running.wait_until_delivered(within_seconds=60):
            held, log = self.running.undelivered, self.running.aws.log
            raise NeedsHuman(f"errands are still queued after a minute ({held}); log of the local AWS: {log}")

    def _all(self) -> list[Conversation]:
        return all_conversations(self.world)

    def _drafts(self) -> Iterator[Conversation]:
        """Drafts that their CSM can send in Slack now."""
        for one in self._all():
            if one.ended is None and one.check_in.status == "draft" and one.contact_email and not one.check_in.lacks:
                yield one

    def _user_of(self, email: str) -> str:
        people = self.running.slack.api.people.values()
        return next(person.user_id for person in people if person.email == email)


def all_conversations(world: World) -> list[Conversation]:
    """Every conversation, by its name."""
    return sorted(world.conversations.all(), key=lambda one: one.conversation_id)


def a_working_noon(after: datetime) -> datetime:
    """The first noon (UTC) of a working day after this moment."""
    noon = datetime(after.year, after.month, after.day, NOON, tzinfo=UTC)
    while noon <= after or noon.weekday() > 4:
        noon += timedelta(days=1)
    return noon


def a_button(message: dict[str, Any], action_id: str) -> tuple[dict[str, Any], str]:
    """A button of a card as it is pressed, and its row. Raises LookupError when the card has none."""
    for block in message["blocks"]:
        for one in block.get("elements", ()):
            if one.get("action_id") == action_id:
                return {key: one[key] for key in ("type", "action_id", "text", "value")}, block.get("block_id", "")
    raise LookupError(action_id)


def typed(block: dict[str, Any]) -> dict[str, Any]:
    """What an input of a modal holds before anybody types."""
    one = block["element"]
    said = {"value": one.get("initial_value")} if one["type"] == "plain_text_input" else {
        "selected_option": one.get("initial_option")
    }  # fmt: skip
    return {one["action_id"]: {"type": one["type"], **said}}


def _records(crm: Vendor) -> int:
    """How many things a CRM was told of conversations."""
    held = json.loads(fetch(f"{crm.address}/"))
    return sum(len(held.get(kind, ())) for kind in (*crms.ENGAGEMENTS, "Task"))


def _accepted(answer: Posted) -> None:
    if answer.status != 200 or answer.told.get("response_action") == "errors":
        raise NeedsHuman(f"what was pressed in Slack was answered with {answer.status}: {answer.body[:200]}")


def _say(who: str, what: str) -> None:
    console.print(f"  {who:<17} {what}", markup=False)
