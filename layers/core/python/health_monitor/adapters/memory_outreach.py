"""The mail provider, Slack and the CRMs, in memory."""

from typing import Any

from health_monitor.model.outreach import Card, Delivery, Finding, OutgoingMail


class MemoryMailer:
    """A provider that keeps what it was given; put an outcome into `outcomes` and the next mail meets it.

    An exception among them is raised after the mail was taken, as when a sender dies before it hears the answer.
    """

    def __init__(self) -> None:
        self.sent: list[OutgoingMail] = []
        self.outcomes: list[Delivery | Exception] = []
        self.refused_senders: dict[str, str] = {}
        self.suppressed: set[str] = set()
        self.found: list[Finding] = []

    def send(self, mail: OutgoingMail) -> Delivery:
        outcome = self.outcomes.pop(0) if self.outcomes else Delivery("sent", receipt=f"mail-{len(self.sent) + 1}")
        if isinstance(outcome, Exception) or outcome.outcome in ("sent", "unknown"):
            self.sent.append(mail)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def why_not_from(self, address: str) -> str | None:
        return self.refused_senders.get(address)

    def is_suppressed(self, email: str) -> bool:
        return email.lower() in self.suppressed

    def findings(self) -> list[Finding]:
        return self.found


class MemoryForwarder:
    """Keeps what was passed on, with whom it went to; put an error into `failures` and the next call raises it."""

    def __init__(self) -> None:
        self.forwarded: list[tuple[str, bytes]] = []
        self.failures: list[Exception] = []

    def forward(self, mail: bytes, to: str) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.forwarded.append((to, mail))
        return f"forwarded-{len(self.forwarded)}"


class MemorySlackDesk:
    """Slack as a list of what it was told; people are in `people`, address by user id."""

    def __init__(self) -> None:
        self.cards: dict[tuple[str, str], dict[str, Any]] = {}
        self.views: dict[str, dict[str, Any]] = {}
        self.homes: dict[str, dict[str, Any]] = {}
        self.people: dict[str, str] = {}
        self.calls: list[str] = []
        self.failures: list[Exception] = []

    def post(self, channel: str, card: dict[str, Any]) -> Card:
        self._called("post")
        ts = f"{self.calls.count('post')}.000000"
        self.cards[channel, ts] = card
        return Card(channel=channel, ts=ts)

    def rewrite(self, channel: str, ts: str, card: dict[str, Any]) -> bool:
        self._called("rewrite")
        if (channel, ts) not in self.cards:
            return False
        self.cards[channel, ts] = card
        return True

    def open_view(self, trigger_id: str, view: dict[str, Any]) -> str:
        self._called(f"open_view {trigger_id}")
        view_id = f"V{len(self.views) + 1}"
        self.views[view_id] = view
        return view_id

    def update_view(self, view_id: str, view: dict[str, Any]) -> None:
        self._called("update_view")
        self.views[view_id] = view

    def publish_home(self, user_id: str, view: dict[str, Any]) -> None:
        self._called("publish_home")
        self.homes[user_id] = view

    def email_of(self, user_id: str) -> str | None:
        self._called("email_of")
        return self.people.get(user_id)

    def user_of(self, email: str) -> str | None:
        self._called("user_of")
        return next((user for user, address in self.people.items() if address == email.lower()), None)

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.failures:
            raise self.failures.pop(0)
