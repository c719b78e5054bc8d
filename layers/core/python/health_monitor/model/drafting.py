"""What a mail is made from: facts that are so, each said in a way that stays true."""

from datetime import date
from typing import NamedTuple

from health_monitor.model.account import Contact
from health_monitor.model.routing import Tip


class LastUse(NamedTuple):
    """What was used last, and when; `own`: by the person who is written to, else by somebody of the account."""

    feature: str
    day: date
    own: bool


class Choice(NamedTuple):
    """Who is written to and why; None when nobody can be. `skipped`: who is not, each with the reason, by id."""

    contact: Contact | None
    because: str
    skipped: tuple[str, ...] = ()


class Facts(NamedTuple):
    """Everything that a draft may say, as it was when it was written; None is unknown.

    stopped: the feature that those who went quiet were using last, and that nobody uses now.
    """

    account_name: str
    segment: str | None
    use_case: str | None
    first_name: str | None
    last_use: LastUse | None
    stopped: str | None
    csm_name: str | None
    tip: Tip | None
    sent_on: date | None = None


class Prompt(NamedTuple):
    """What a model is asked: how to write, and the facts, which are all that it is told."""

    rules: str
    facts: str
