"""Sixty days of outreach in which everything that can go wrong does, at random and by a seed."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any, NamedTuple

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.adapters.memory_outreach import MemoryMailer, MemorySlackDesk
from health_monitor.decide.window import is_open, zone_of
from health_monitor.flows.configure import publish_config
from health_monitor.flows.hear_mail_events import hear_mail_event
from health_monitor.flows.plan_scoring import plan_scoring
from health_monitor.flows.slack_actions import click
from health_monitor.flows.slack_modal import submit
from health_monitor.flows.unsubscribe import unsubscribe
from health_monitor.model.account import Account, Contact
from health_monitor.model.alert import Errand, Message
from health_monitor.model.config import Bundle, Profile
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain
from health_monitor.model.outreach import CSM, Conversation, Delivery, Flag, OutgoingMail, Switch, tag_of
from health_monitor.model.records import Touchpoint
from health_monitor.model.routing import Member, Team
from health_monitor.model.run import RunInput, SourceFreshness
from health_monitor.model.usage import History, Series, UserUse
from health_monitor.simulate import outreach as office
from health_monitor.simulate.workflow import arrive, steps
from tests.flows.crashes import Died

FIRST_NIGHT = date(2026, 9, 1)
PAST = 120
"""Days of usage before the first night."""
ACCOUNT_ID = "000000000000"
BOSS = "dana.ortiz@example.com"
CSMS = ("ines.castillo@example.com", "jonas.keller@example.com", "priya.rao@example.com")
ZONES = ("Europe/Madrid", "America/New_York", None)
MOST_RECEIVES = 8
"""After so many failures a message lies in the dead-letter queue until the operator sends it back."""


class Luck(NamedTuple):
    """How often something goes wrong: a process dies at a call, a message comes twice, a vendor is down that day."""

    die: float = 0.002
    twice: float = 0.05
    down: float = 0.06
    send: float = 0.06


CALM, USUAL = Luck(0, 0, 0, 0), Luck()


@dataclass
class Sent:
    """A customer mail that the provider took, and how things stood at that moment."""

    mail: OutgoingMail
    at: datetime
    conversation: Conversation
    step: str
    automatic: bool
    problems: list[str]


@dataclass
class Post:
    """The mail provider: it may be busy, refuse, take a mail and not say so, or say nothing and not take it."""

    life: "Life"
    inner: MemoryMailer = field(default_factory=MemoryMailer)
    taken: list[Sent] = field(default_factory=list)

    def send(self, mail: OutgoingMail) -> Delivery:
        chance, rng = self.life.luck.send, self.life.rng
        fate = rng.choice(("busy", "refused", "unknown", "lost", "dies")) if rng.random() < chance else "sent"
        if fate in ("busy", "refused"):
            return Delivery(fate, why="said so")
        if fate == "lost":
            return Delivery("unknown", why="no answer")
        self.taken.append(self.life.judged(mail))
        if fate == "dies":
            raise Died
        if fate == "unknown":
            return Delivery("unknown", why="no answer")
        return Delivery("sent", receipt=f"mail-{len(self.taken)}")

    def why_not_from(self, address: str) -> str | None:
        return None

    def is_suppressed(self, email: str) -> bool:
        return False


class Slack(MemorySlackDesk):
    """Slack, which may be down."""

    down = False

    def _called(self, name: str) -> None:
        if self.down:
            raise TryAgain("Slack is down")
        super()._called(name)


class Mortal:
    """A port at whose every call the process may die, just before or just after it."""

    def __init__(self, port: Any, life: "Life") -> None:
        self._port, self._life = port, life

    def __getattr__(self, name: str) -> Any:
        known = getattr(self._port, name)
        if not callable(known):
            return known

        def call(*given: Any, **named: Any) -> Any:
            life = self._life
            dies = life.rng.random() < life.luck.die
            if dies and life.rng.random() < 0.5:
                raise Died
            result = known(*given, **named)
            if dies:
                raise Died
            return result

        return call


PORTS = (
    "blobs", "accounts", "states", "alerts", "notices", "claims", "outbox", "journal", "conversations", "quotas",
    "suppressions", "threads", "flags", "dossiers", "standings", "crm_ledger",
)  # fmt: skip


@cache
def config() -> Bundle:
    """The configuration that comes with the product, with a team of three, their manager, and few enough accounts."""
    members = [Member(email=one, manager=BOSS, timezone=zone) for one, zone in zip(CSMS, ZONES, strict=True)]
    team = Team(members=(*members, Member(email=BOSS, admin=True)))
    shipped = wiring.default_bundle()
    by_usage = shipped.routing.model_copy(update={"auto_send_min_coverage": 0})
    return shipped.model_copy(
        update={
            "team": team, "routing": by_usage, "profiles": (Profile(name="everyone"),), "benchmark_min_accounts": 1,
        }
    )  # fmt: skip


@dataclass(eq=False)
class Waiting:
    """A queued message, and how often it was received."""

    item: Message | Errand
    receives: int = 0


class Life:
    """A portfolio, its product, its people and its bad luck."""

    def __init__(self, seed: int, accounts: int, days: int, luck: Luck = USUAL) -> None:
        self.rng, self.luck, self.days, self.bundle = Random(seed), luck, days, config()
        start = datetime(FIRST_NIGHT.year, FIRST_NIGHT.month, FIRST_NIGHT.day, tzinfo=UTC)
        self.post, self.slack = Post(self), Slack()
        self.slack.people = {f"U{at}": email for at, email in enumerate((*CSMS, BOSS))}
        self.world = replace(memory_world(start), mailer=lambda: self.post, slack_desk=lambda: self.slack)
        self.queue: list[Waiting] = []
        self.hidden: list[Waiting] = []
        """What failed, and comes back later."""
        self.dead: list[Waiting] = []
        self.troubles: Counter[str] = Counter()
        self.news: list[dict[str, Any]] = []
        """What the provider has yet to tell."""
        self._told_of = 0
        self.accounts = [self._account(at) for at in range(accounts)]
        self.histories = [History(one.account_id, self._usage(), self._users()) for one in self.accounts]
        self.world.accounts.save(self.accounts)
        self.crm = self.world.crm("hubspot")
        for one in self.accounts:
            self.world.accounts.save_contacts(self._contacts(one))
            if self.rng.random() < 0.9:
                self.crm.companies[one.account_id] = f"company of {one.account_id}"
        publish_config(self.bundle, self.world.blobs, self.world.journal)
        self.world.outreach_switch.put(Switch(mode="live"))

    def run(self) -> "Life":
        """Every day with its bad luck, then calm days until nothing is left to do."""
        for day in range(self.days):
            self._day(FIRST_NIGHT + timedelta(days=day))
        self.luck, self.slack.down = CALM, False
        self.crm.failures.clear()
        for day in range(self.days, self.days + 20):
            self._day(FIRST_NIGHT + timedelta(days=day), quiet=True)
            self.queue, self.dead = self.queue + self.dead, []
        self._drain()
        return self

    def conversations(self) -> list[Conversation]:
        return list(self.world.conversations.all())

    def judged(self, mail: OutgoingMail) -> Sent:
        """The mail, and everything that is wrong about its leaving now."""
        name, _, step = mail.action_id.rpartition("/")
        conversation = self.world.conversations.get(name.rpartition("/")[0])
        assert conversation is not None
        known, now = conversation.mail(step), self.world.clock.now()  # type: ignore[arg-type]
        automatic = known.approved_by is None
        problems = [f"{known.status}, not sending"] if known.status != "sending" else []
        if self.world.suppressions.find(mail.to):
            problems.append("suppressed")
        if self.world.outreach_switch.get().stopped:
            problems.append("stopped")
        return Sent(mail, now, conversation, step, automatic, problems + automatic * self._not_automatic(conversation))

    def _not_automatic(self, conversation: Conversation) -> list[str]:
        alert, now = self.world.alerts.get(conversation.alert_id), self.world.clock.now()
        account = self.world.accounts.read([conversation.account_id])[conversation.account_id]
        contact = next(
            one for one in self.world.accounts.contacts(account.account_id)
            if one.contact_id == conversation.contact_id
        )  # fmt: skip
        member = self.bundle.team.find(conversation.csm_email)
        zone = zone_of(contact.timezone, member.timezone if member else None, self.bundle.routing.window.timezone)
        checks = {
            "severe": alert is None or alert.severity != "moderate",
            "high value": self.bundle.high_value.covers(account),
            "outside the window": not is_open(now, self.bundle.routing.window, zone),
            "over": conversation.ended is not None,
        }
        return [name for name, wrong in checks.items() if wrong]

    # What happens in a day

    def _day(self, day: date, quiet: bool = False) -> None:
        rng, world = self.rng, self.world
        self._at(day, 0)
        arrive(world, self.histories, day - timedelta(days=1))
        world.journal.save_freshness(
            SourceFreshness(
                source="feed", complete_from=FIRST_NIGHT - timedelta(days=PAST),
                complete_through=day - timedelta(days=1), received_at=world.clock.now(),
            )
        )  # fmt: skip
        self._insist(lambda: self._night(day - timedelta(days=1)))
        self.slack.down = rng.random() < self.luck.down
        self.crm.failures[:] = [TryAgain("the CRM is down")] * (20 if rng.random() < self.luck.down else 0)
        for hour in (1, 8, 10, 13, 15, 19):
            self._at(day, hour)
            self._sweep()
            self._drain()
            self._hear()
            if not quiet:
                self._people()
            self._drain()
        if rng.random() < 0.3:  # the operator looks after what lies in the dead-letter queue
            self.queue, self.dead = self.queue + self.dead, []

    def _night(self, night: date) -> None:
        mortal = self._mortal()
        asked = RunInput(as_of=night)
        plan = plan_scoring(asked, self.world.clock.now(), self.bundle, mortal.blobs, mortal.accounts, mortal.journal)
        for _, step in steps(mortal, plan):
            step()

    def _sweep(self) -> None:
        self._once(lambda: office.sweep(self._mortal()))

    def _drain(self) -> None:
        """Empty the queues: in any order, some messages twice, and what fails comes again."""
        for _ in range(12):
            self.queue += [Waiting(item) for item in self.world.outbox.take()]
            waiting, self.queue = self.queue, []
            if not waiting:
                return
            again = [one for one in waiting if self.rng.random() < self.luck.twice]
            for one in self._shuffled(waiting + again):
                if not self._once(lambda one=one: office.handle(one.item, self._mortal(), self.bundle, one.receives)):
                    one.receives += 1
                    if one not in self.hidden + self.dead:
                        (self.dead if one.receives > MOST_RECEIVES else self.hidden).append(one)

    def _shuffled(self, items: list[Waiting]) -> list[Waiting]:
        self.rng.shuffle(items)
        return items

    def _hear(self) -> None:
        """The provider tells what became of mail: late, in any order, sometimes twice, now and then never."""
        rng = self.rng
        for sent in self.post.taken[self._told_of :]:
            fates = ["Send", "Bounce" if rng.random() < 0.04 else "Delivery"]
            fates += ["Complaint"] * (rng.random() < 0.02)
            self.news += [self._event(sent, fate) for fate in fates if rng.random() > self.luck.twice]
        self._told_of = len(self.post.taken)
        rng.shuffle(self.news)
        now, self.news = self.news, []
        for event in now:
            if rng.random() < 0.3 and self.luck.twice:
                self.news.append(event)  # later, or again
                if rng.random() < 0.5:
                    continue
            ears = office.ears(self._mortal(), self.bundle)
            if not self._once(lambda event=event, ears=ears: hear_mail_event(event, ACCOUNT_ID, ears)):
                self.news.append(event)

    def _event(self, sent: Sent, fate: str) -> dict[str, Any]:
        at = self.world.clock.now().isoformat()
        tags = {"action": [tag_of(sent.mail.action_id)]}
        mail = {"messageId": f"ses-{sent.mail.action_id}", "timestamp": sent.at.isoformat(), "tags": tags}
        about = {"bounce": {"bounceType": "Permanent"}} if fate == "Bounce" else {}
        detail = {"eventType": fate, "mail": mail, **about}
        return {"source": "aws.ses", "account": ACCOUNT_ID, "time": at, "detail": detail}

    def _people(self) -> None:
        """Customers answer or unsubscribe, CSMs press buttons or go away."""
        rng, now = self.rng, self.world.clock.now()
        for one in self.conversations():
            if one.ended is None and one.check_in.sent_at and rng.random() < 0.012:
                self._answer(one, now)
            elif one.ended is None and rng.random() < 0.06:
                self._press(one)
        out = [sent for sent in self.post.taken if rng.random() < 0.002]
        for sent in out:
            token = sent.mail.unsubscribe_url.rpartition("/")[2]
            exits = office.exits(self._mortal())
            self._insist(lambda token=token, exits=exits: unsubscribe(token, now, "link", exits))
        if rng.random() < 0.02:
            away = Flag(kind="away", because="holiday", by=BOSS, at=now, until=now.date() + timedelta(days=3))
            self.world.flags.put(CSM + rng.choice(CSMS), away)

    def _answer(self, one: Conversation, now: datetime) -> None:
        kind = self.rng.choice(("email", "meeting", "ticket"))
        touch = Touchpoint(
            source="hubspot", key=f"{one.conversation_id}/{now:%d%H}", changed_at=now, kind=kind, at=now, inbound=True,
            automatic=kind == "email" and self.rng.random() < 0.3,
        )  # fmt: skip
        self._insist(lambda: office.take_touch(one.account_id, touch, self._mortal()))

    def _press(self, one: Conversation) -> None:
        """Somebody presses a button of the card, sometimes twice, sometimes on an account that is not theirs."""
        rng, mail = self.rng, one.current
        if mail.status == "uncertain":
            was = any(sent.mail.action_id.startswith(f"{one.conversation_id}/") and sent.step == mail.step
                      for sent in self.post.taken)  # fmt: skip
            action = "was_sent" if was else "send_again"
        else:
            action = rng.choice(("send", "send", "edit", "edit", "snooze", "not_a_risk", "cancel"))
        for _ in range(1 + (rng.random() < 0.2)):
            user = rng.choice(sorted(self.slack.people))
            payload = a_press(action, user, one, rng.choice(("1", "3", "7")))
            act = submit if action == "edit" else click
            staged = office.stage(self._mortal(), self.bundle)
            self._once(lambda act=act, payload=payload, staged=staged: act(payload, staged))

    # How it goes wrong

    def _once(self, work: Callable[[], Any]) -> bool:
        """Whether it was done, now or before; a process that dies, or fails for a while, did not."""
        try:
            work()
        except AlreadyDone:
            self.troubles["done before"] += 1
        except (Died, TryAgain, NeedsHuman) as error:
            self.troubles[type(error).__name__] += 1
            return False
        return True

    def _insist(self, work: Callable[[], Any]) -> None:
        for _ in range(200):
            if self._once(work):
                return
        raise AssertionError("it never ends well")

    def _mortal(self) -> MemoryWorld:
        if not self.luck.die:
            return self.world
        known = self.world
        mortal = {name: Mortal(getattr(known, name), self) for name in PORTS}
        post, slack = Mortal(self.post, self), Mortal(self.slack, self)
        crm = Mortal(self.crm, self)
        return replace(known, **mortal, mailer=lambda: post, slack_desk=lambda: slack, crm=lambda _: crm)

    def _at(self, day: date, hour: int) -> None:
        wanted = datetime(day.year, day.month, day.day, hour, 5, tzinfo=UTC)
        self.world.clock.push(seconds=(wanted - self.world.clock.now()).total_seconds())
        self.queue, self.hidden = self.queue + self.hidden, []

    # Who they are

    def _account(self, at: int) -> Account:
        rng = self.rng
        facts: dict[str, Any] = {
            "name": rng.choice((f"Company {at}", f"Müller & Söhne {at}", f"<b>{at}</b>", None)),
            "segment": rng.choice(("smb", "mid_market")),
            "tier": rng.choice(("standard", "standard", "standard", "enterprise")),
            "csm_email": rng.choice((*CSMS, *CSMS, *CSMS, None)),
            "use_case": rng.choice(("reporting", None)),
            "licensed_seats": 20,
            "usage_start": FIRST_NIGHT - timedelta(days=PAST),
        }
        return Account(account_id=f"acc-{at:04}", **facts)

    def _contacts(self, account: Account) -> list[Contact]:
        rng = self.rng
        if rng.random() < 0.05:
            return []
        shared = f"group{rng.randrange(3)}@holding.example" if rng.random() < 0.15 else None
        email = shared or rng.choice((*[f"mia@{account.account_id}.example"] * 9, None))
        names = (*["Mia Chen"] * 9, None)
        return [
            Contact(
                account_id=account.account_id, contact_id="c1", name=rng.choice(names), email=email, role="champion",
                user_id="u1", timezone=rng.choice(("Asia/Tokyo", "Europe/Berlin", None)),
            )
        ]  # fmt: skip

    def _users(self) -> tuple[UserUse, ...]:
        day = FIRST_NIGHT.toordinal()
        seen = f"{FIRST_NIGHT}T09:30:00+00:00"
        return (UserUse("u1", day - 90, day, "report", 0b101, seen),) * (self.rng.random() < 0.9)

    def _usage(self) -> Series:
        """Ten people a day, with stretches in which only some come, or nobody."""
        rng, length = self.rng, PAST + self.days + 25
        active, at = [], 0
        while len(active) < length:
            steady = rng.randrange(20, 90) if at else rng.randrange(95, PAST + 30)
            drop, share = rng.randrange(10, 40), rng.choice((0.0, 0.3, 0.45, 0.45, 0.5))
            active += [10] * steady + [int(10 * share)] * drop
            at += 1
        first = FIRST_NIGHT - timedelta(days=PAST)
        return Series(first.toordinal(), active[:length], active[:length], [10] + [0] * (length - 1))


def a_press(action: str, user: str, one: Conversation, choice: str) -> dict[str, Any]:
    """What Slack sends when somebody presses a button, or submits the modal with another text."""
    where = {"c": one.conversation_id, "s": one.current.step}
    who = {"user": {"id": user}, "trigger_id": "1.2.3"}
    if action == "edit":
        values = {"subject": {"text": {"value": "How are things?"}}, "text": {"text": {"value": f"Hello from {user}."}}}
        mode = {"m": "save"} if one.current.status == "queued" else {"m": "send"}
        view = {"private_metadata": json.dumps(where | mode), "state": {"values": values}}
        return who | {"view": view}
    pressed = {"action_id": action, "block_id": one.conversation_id}
    if action == "snooze":
        return who | {"actions": [pressed | {"selected_option": {"value": choice}}]}
    return who | {"actions": [pressed | {"value": json.dumps(where)}]}
