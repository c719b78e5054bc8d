"""What becomes of a night's alerts in their month, through the real flows: mails, cards, clicks, records in the CRM.

Nobody answers, which is the longest way and the dearest one: a check-in, a follow-up, a task.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from benchmarks.counted import Counted, Meter
from benchmarks.outsiders import Hubspot, Provider
from health_monitor.act.conversation import measured
from health_monitor.adapters.memory_alerts import MemoryCourier
from health_monitor.adapters.memory_outreach import MemorySlackDesk
from health_monitor.flows import deliver as delivering
from health_monitor.flows import follow_up as following
from health_monitor.flows import hear_mail_events as hearing
from health_monitor.flows import log_to_crm as telling
from health_monitor.flows import send_outreach as sending
from health_monitor.flows.circumstances import Sources
from health_monitor.flows.configure import live_bundle
from health_monitor.flows.conversing import change
from health_monitor.flows.drafting import follow_up_mail
from health_monitor.flows.slack_actions import click
from health_monitor.flows.slack_cards import Backstage
from health_monitor.flows.slack_modal import submit
from health_monitor.flows.slack_stage import Stage
from health_monitor.flows.sweep_due import sweep_due
from health_monitor.model.alert import Errand, Message
from health_monitor.model.config import Bundle
from health_monitor.model.crm import HubspotCrm, WriteBack
from health_monitor.model.errors import AlreadyDone
from health_monitor.model.outreach import MEASURED_AFTER, Conversation, tag_of
from health_monitor.model.usage import State

OPEN_NIGHTS = 30
"""Nights that an alert is open: assumed. Each of them tells the CRM the account's new index."""
LAST_MEASURED = max(MEASURED_AFTER)
PRESSED_AT = 10
"""The hour at which a CSM looks at what waits for one."""
OPERATIONS, AWS_ACCOUNT = "operations@example.com", "123456789012"
ASKS_FOR_A_SECRET = {"send_outreach", "log_to_crm", "deliver_slack", "answer_slack"}
FIELDS = WriteBack(index="health_index", alert_status="health_status", last_outreach_at="health_last_outreach")
TOLD = HubspotCrm(enabled=True, write_back=FIELDS)


@dataclass
class Month:
    """One deployment after a night that raised alerts, and what it talks to."""

    meter: Meter
    bundle: Bundle
    mailer: Provider = field(default_factory=Provider)
    crm: Hubspot = field(default_factory=Hubspot)
    slack: MemorySlackDesk = field(default_factory=MemorySlackDesk)
    email: MemoryCourier = field(default_factory=lambda: MemoryCourier("email"))
    _warm: set[str] = field(default_factory=set)

    @property
    def _counted(self) -> Counted:
        return self.meter.counted

    def run(self, night: date) -> None:
        """From the morning after this night until the last index is measured."""
        self._drain()
        names = list(self._counted.world.conversations.ids())
        for days in range(1, LAST_MEASURED + 1):
            for hour in range(24):
                self._to(night + timedelta(days=days), hour)
                self._sweep()
                if hour == PRESSED_AT:
                    self._press(names)
                self._drain()
            if days <= OPEN_NIGHTS:
                self._night(night, days, names)
            if days in MEASURED_AFTER:
                self._measure(names, days)

    def _to(self, day: date, hour: int) -> None:
        at = datetime.combine(day, time(hour, 10), UTC)
        self._counted.clock.push(seconds=(at - self._counted.clock.now()).total_seconds())
        self._warm.clear()

    def _sweep(self) -> None:
        """The sweep itself is there every hour, whether something is due or not; here what it finds is counted."""
        before = self._counted.used()
        sweep_due(self._counted.clock.now(), self._counted.world.conversations, self._counted.world.outbox)
        found = {unit: n for unit, n in self._counted.used().add(before, times=-1).items() if unit != "dynamodb"}
        self.meter.units.add(found)
        self.meter.units["dynamodb_read"] -= 0.5

    def _press(self, names: list[str]) -> None:
        """A CSM opens the draft that waits for a person, and sends it."""
        for one in map(self._known, names):
            if one.ended or one.current.status != "draft":
                continue
            self.slack.people["U1"] = one.csm_email or OPERATIONS
            where = json.dumps({"c": one.conversation_id, "s": one.current.step, "m": "send"})
            who = {"user": {"id": "U1"}, "trigger_id": "1.2.3"}
            typed = {"subject": {"text": {"value": "How are things?"}}, "text": {"text": {"value": "Hello. " * 60}}}
            self._answer(click, who | {"actions": [{"action_id": "edit", "value": where}]})
            self._answer(submit, who | {"view": {"private_metadata": where, "state": {"values": typed}}})

    def _answer(self, act: Callable[[dict[str, Any], Stage], Any], payload: dict[str, Any]) -> None:
        with self._call("answer_slack", self._slack_calls):
            world = self._counted.world
            act(payload, Stage(self._backstage(), world.outbox, world.suppressions))
        self.meter.units["http_request"] += 1

    def _night(self, first: date, days: int, names: list[str]) -> None:
        """Every account has a new index; writing that was counted with the night."""
        world, night = self._counted.world, first + timedelta(days=days)
        accounts = [name.split("/")[0] for name in names]
        before = world.states.read(accounts, night - timedelta(days=1))
        world.states.write_absent({account: _next(state, night) for account, state in before.items()})
        world.outbox.put(telling.after_the_night(night, names))
        self._drain()

    def _measure(self, names: list[str], days: int) -> None:
        """The night's own function is called every night; here only what it changes is counted."""
        before = self._counted.used()
        for name in names:
            change(self._counted.world.conversations, name, partial(measured, day=days, index=0.4))
        for unit, n in self._counted.used().add(before, times=-1).items():
            self.meter.units[unit] += n if unit != "dynamodb" else 0

    def _drain(self) -> None:
        """Whatever waits in a queue is taken out of it, a call each, until nothing more follows."""
        queues = self._counted.queues
        while queues.messages or self.mailer.told < len(self.mailer.sent):
            waiting, queues.messages = queues.messages, []
            for one in waiting:
                self._take(one)
                self.meter.units["sqs_request"] += 2
            for mail in self.mailer.sent[self.mailer.told :]:
                self._hear(mail)

    def _take(self, one: Message | Errand) -> None:
        match one:
            case Message():
                with self._call("deliver_email", lambda: len(self.email.delivered)):
                    delivering.deliver(one, self._counted.world.claims, self.email, self._counted.clock)
                self.meter.units["email"] += 1
            case Errand(channel="slack"):
                with self._call("deliver_slack", self._slack_calls):
                    self._quietly(lambda: delivering.deliver_to_slack(one, 1, self._counter()))
            case Errand(channel="crm"):
                with self._call("log_to_crm", lambda: self.crm.asked):
                    telling.log_to_crm(one, self._crm_desk(), self._counted.clock.now())
            case Errand(channel="outreach"):
                with self._call("send_outreach", lambda: self.mailer.asked):
                    self._quietly(lambda: sending.send_outreach(one, self._sending(), self._counted.clock.now()))
            case Errand(channel="follow_up"):
                with self._call("follow_up", lambda: 0):
                    following.follow_up(one, self._following(), self._counted.clock.now())

    def _hear(self, mail: Any) -> None:
        """SES took it, and the recipient's server did."""
        self.mailer.told += 1
        self.meter.units["email"] += 1
        at = self._counted.clock.now().isoformat()
        for kind in ("Send", "Delivery"):
            told = {
                "messageId": f"mail-{self.mailer.told}",
                "timestamp": at,
                "tags": {"action": [tag_of(mail.action_id)]},
            }
            event = {"source": hearing.SOURCE, "account": AWS_ACCOUNT, "time": at,
                     "detail": {"eventType": kind, "mail": told}}  # fmt: skip
            with self._call("hear_mail_events", lambda: 0):
                world, bundle = self._counted.world, self._live()
                ears = hearing.Ears(
                    world.conversations,
                    world.threads,
                    world.suppressions,
                    world.outbox,
                    world.accounts,
                    world.dossiers,
                    bundle.routing,
                )
                hearing.hear_mail_event(event, AWS_ACCOUNT, ears)

    def _quietly(self, work: Callable[[], object]) -> None:
        try:
            work()
        except AlreadyDone:  # as the functions do: an errand that comes too late is one that is done
            return

    @contextmanager
    def _call(self, name: str, asked: Callable[[], int]) -> Iterator[None]:
        """The first of an hour finds nothing running; `asked`: how often somebody outside AWS has been asked by now."""
        cold, before = name not in self._warm, asked()
        self._warm.add(name)
        if cold:
            self._counted.fresh()
            self.meter.units["secret_call"] += name in ASKS_FOR_A_SECRET
        with self.meter.invocation(name, cold=cold) as call:
            yield
            call["vendor"] = asked() - before

    def _known(self, name: str) -> Conversation:
        found = self._counted.world.conversations.get(name)
        assert found
        return found

    def _slack_calls(self) -> int:
        return len(self.slack.calls)

    # What the functions are handed by the wiring, with what is outside AWS played.

    def _live(self) -> Bundle:
        return live_bundle(self._counted.world.journal, self._counted.blobs, self.bundle)

    def _sending(self) -> sending.Desk:
        world = self._counted.world
        sources = Sources(
            accounts=world.accounts, alerts=world.alerts, conversations=world.conversations, flags=world.flags,
            dossiers=world.dossiers, standings=world.standings, suppressions=world.suppressions,
            switch=world.outreach_switch, mailer=self.mailer, blobs=world.blobs, bundle=self._live(),
        )  # fmt: skip
        return sending.Desk(
            sources=sources, quotas=world.quotas, threads=world.threads, outbox=world.outbox, key=b"k" * 32,
            public_url="https://health.example.com", reply_domain="", operations_email=OPERATIONS,
        )  # fmt: skip

    def _following(self) -> following.Desk:
        world, bundle = self._counted.world, self._live()
        draft = partial(follow_up_mail, accounts=world.accounts, rings=world.rings, bundle=bundle, writer=None)
        after = timedelta(days=bundle.routing.task_after_days)
        return following.Desk(
            world.conversations, world.alerts, world.accounts, world.dossiers, world.suppressions, world.outbox, draft,
            after, OPERATIONS,
        )  # fmt: skip

    def _crm_desk(self) -> telling.Desk:
        world = self._counted.world
        return telling.Desk(
            conversations=world.conversations, alerts=world.alerts, states=world.states, journal=world.journal,
            names=world.names, ledger=world.crm_ledger, crms={"hubspot": telling.Told(self.crm, TOLD)},
        )  # fmt: skip

    def _counter(self) -> delivering.Counter:
        world = self._counted.world
        return delivering.Counter(
            world.claims, MemoryCourier("slack"), world.outbox, self._backstage(), "#alerts", OPERATIONS
        )

    def _backstage(self) -> Backstage:
        world = self._counted.world
        return Backstage(
            world.conversations, world.accounts, world.alerts, world.rings, world.dossiers, world.standings,
            world.outreach_switch, self.slack, self._live, world.clock,
        )  # fmt: skip


def idle_sweeps(meter: Meter) -> None:
    """A day's sweeps that find nothing."""
    for _ in range(24):
        world = meter.counted.fresh()
        with meter.invocation("sweep_due", cold=True):
            sweep_due(meter.counted.clock.now(), world.conversations, world.outbox)
        meter.units["schedule"] += 1


def _next(state: State, night: date) -> State:
    """A little better than the night before."""
    better = state.verdict._replace(index_num=state.verdict.index_num + 1)
    return state._replace(day=night.toordinal(), verdict=better)
