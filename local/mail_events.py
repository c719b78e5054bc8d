"""What becomes of customer mail after it left, as SES would tell it; and what customers do with it."""

import threading
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from queue import Queue
from typing import Any, Literal

from health_monitor.act.forward import MARK
from local.aws import ACCOUNT, REGION
from local.post_office import Letter, PostOffice

Fate = Literal["Send", "Delivery", "Bounce", "Complaint", "Reject"]
DETAIL_TYPES: dict[Fate, str] = {
    "Send": "Email Sent", "Delivery": "Email Delivered", "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received", "Reject": "Email Rejected",
}  # fmt: skip
OUT_OF_OFFICE = "I am out of the office until Monday.\n"
Invoke = Callable[[str, dict[str, Any]], Any]
"""Calls one of our functions by its plain name with an event."""


@dataclass
class MailWorld:
    """Recipients and their mail servers: they take each mail, and may answer, bounce, complain or unsubscribe.

    `bounces`: addresses that nobody is at. `here` turns an address of the product on the web into one of this machine.
    """

    office: PostOffice
    invoke: Invoke
    put: Callable[[str, bytes], None]
    here: Callable[[str], str]
    bounces: set[str] = field(default_factory=set)
    _waiting: "Queue[Letter]" = field(default_factory=Queue)

    def start(self) -> "MailWorld":
        """Tell of every customer mail from now on, in the background."""
        self.office.heard.append(self._took)
        threading.Thread(target=self._work, daemon=True).start()
        return self

    def wait(self) -> None:
        """Wait until everything that left has been told of."""
        self._waiting.join()

    def tell(self, letter: Letter, fate: Fate) -> None:
        """What SES says of a mail, through EventBridge."""
        self.invoke("hear_mail_events", an_event(letter, fate, self._now()))

    def reply(self, letter: Letter, text: str, *, automatic: bool = False) -> str:
        """The customer answers, or a machine does it for them; the key under which SES keeps the mail."""
        return self.arrive(an_answer(letter, text, self._now(), automatic=automatic))

    def arrive(self, mail: EmailMessage) -> str:
        """A mail arrives at our reply address: SES keeps it in the bucket, and the bucket tells the product."""
        key = f"mail/{make_msgid(domain='inbound.local').strip('<>').partition('@')[0]}"
        taken = f"Received: from mx.customer.example by inbound-smtp.local; {format_datetime(self._now())}\r\n"
        self.put(key, taken.encode() + mail.as_bytes())
        return key

    def unsubscribe(self, letter: Letter) -> int:
        """The recipient's mail program unsubscribes with one click (RFC 8058); the product's HTTP status."""
        url = letter.header("List-Unsubscribe").strip("<>").partition(">")[0]
        request = urllib.request.Request(self.here(url), b"List-Unsubscribe=One-Click", method="POST")
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=30) as answer:
            return int(answer.status)

    @property
    def questions(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        """What the mailbox's page asks."""
        return {"mail": self._all, "letter": self._html, "mail/do": self._act}

    def _all(self, _: dict[str, Any]) -> list[dict[str, Any]]:
        letters = list(reversed(self.office.letters))
        answers = [letter for letter in letters if letter.header(MARK)]
        return [self._shown(letter, answers) for letter in letters]

    def _html(self, said: dict[str, Any]) -> str:
        return self.office.find(said["id"]).html

    def _act(self, said: dict[str, Any]) -> dict[str, str]:
        """What is done, and (`then`) what is so once the product has passed it on; or why nothing is (`error`)."""
        letter, what, text = self.office.find(said["id"]), said["what"], said.get("text", "").strip()
        if what == "reply" and not text:
            return {"error": "Write the answer first."}
        try:
            return self._do(letter, what, text)
        except OSError as error:
            return {"error": f"The product did not take it: {error}"}

    def _do(self, letter: Letter, what: str, text: str) -> dict[str, str]:
        match what:
            case "unsubscribe":
                self.unsubscribe(letter)
                return {"done": f"Unsubscribed: the product does not write to {letter.address} any more."}
            case "Bounce":
                self.tell(letter, "Bounce")
                return {"done": f"Bounced: the product does not write to {letter.address} any more."}
            case "Complaint":
                self.tell(letter, "Complaint")
                return {"done": f"Marked as spam: the product does not write to {letter.address} any more."}
            case "out_of_office":
                self.reply(letter, text or OUT_OF_OFFICE, automatic=True)
                return {"done": "The out-of-office note is on its way.",
                        "then": "The product has taken the out-of-office note in."}  # fmt: skip
        self.reply(letter, text)
        return {"done": "Answered; it is on its way.", "then": "Answered; the product has taken it in."}

    def _shown(self, letter: Letter, answers: list[Letter]) -> dict[str, Any]:
        passed_on = [one.message_id for one in answers if letter.message_id in one.header("In-Reply-To")]
        return {
            "id": letter.message_id,
            "at": datetime.fromtimestamp(letter.at, UTC).isoformat(),
            "from": letter.mail_from,
            "to": ", ".join(letter.to),
            "subject": letter.subject,
            "text": letter.text,
            "html": letter.html,
            "headers": [list(pair) for pair in letter.headers],
            "customer": letter.is_to_a_customer,
            "passed_on": passed_on,
        }

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.office.now(), UTC)

    def _took(self, letter: Letter) -> None:
        if letter.is_to_a_customer:
            self._waiting.put(letter)

    def _work(self) -> None:
        while True:
            letter = self._waiting.get()
            try:
                self.tell(letter, "Send")
                self.tell(letter, "Bounce" if letter.address.lower() in self.bounces else "Delivery")
            finally:
                self._waiting.task_done()


def an_event(letter: Letter, fate: Fate, at: datetime) -> dict[str, Any]:
    """An event of SES as EventBridge hands it on."""
    now = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    tags = {name: [value] for name, value in letter.tags.items()}
    mail = {
        "timestamp": datetime.fromtimestamp(letter.at, UTC).isoformat(timespec="milliseconds"),
        "messageId": letter.message_id, "source": letter.mail_from, "sendingAccountId": ACCOUNT,
        "destination": [letter.address], "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in letter.headers],
        "commonHeaders": {"from": [letter.mail_from], "to": list(letter.to), "subject": letter.subject},
        "tags": tags | {"ses:configuration-set": [letter.configuration_set]},
    }  # fmt: skip
    recipient = {"emailAddress": letter.address}
    about: dict[Fate, dict[str, Any]] = {
        "Send": {"send": {}},
        "Delivery": {"delivery": {"timestamp": now, "recipients": [letter.address], "smtpResponse": "250 ok"}},
        "Bounce": {"bounce": {"bounceType": "Permanent", "bounceSubType": "General", "timestamp": now,
                              "bouncedRecipients": [recipient | {"status": "5.1.1"}]}},
        "Complaint": {"complaint": {"complainedRecipients": [recipient], "timestamp": now,
                                    "complaintFeedbackType": "abuse"}},
        "Reject": {"reject": {"reason": "Bad content"}},
    }  # fmt: skip
    return {
        "version": "0", "id": f"{letter.message_id}/{fate}", "detail-type": DETAIL_TYPES[fate], "source": "aws.ses",
        "account": ACCOUNT, "time": now, "region": REGION, "resources": [],
        "detail": {"eventType": fate, "mail": mail, **about[fate]},
    }  # fmt: skip


def an_answer(letter: Letter, text: str, at: datetime, *, automatic: bool = False) -> EmailMessage:
    """The mail with which its recipient answers."""
    mail = EmailMessage()
    mail["From"], mail["To"] = letter.to[0], letter.header("Reply-To") or letter.mail_from
    mail["Subject"] = f"{'Automatic reply' if automatic else 'Re'}: {letter.subject}"
    mail["Date"], mail["Message-ID"] = format_datetime(at), make_msgid(domain="customer.example")
    before = letter.message_id if "@" in letter.message_id else f"{letter.message_id}@email.amazonses.com"
    mail["In-Reply-To"] = mail["References"] = f"<{before}>"
    if automatic:
        mail["Auto-Submitted"] = "auto-replied"
    mail.set_content(text)
    return mail
