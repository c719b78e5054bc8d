"""What the team decides about outreach: who is written to by whom, when, how often, and by what words."""

from datetime import date
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BeforeValidator, Field, StrictBool, model_validator

from health_monitor.model.account import Email, Text
from health_monitor.model.outreach import Flag
from health_monitor.model.records import Override
from health_monitor.model.strict import Strict

Hour = Annotated[int, Field(ge=0, le=24)]
Days = Annotated[int, Field(ge=1, le=365)]


class Complex(Strict):
    """What makes an account too complex for automatic mail; each can be switched off."""

    open_p1: StrictBool = True
    escalation: StrictBool = True
    active_playbook: StrictBool = True
    renewal_within_days: int | None = Field(default=60, ge=0, le=365)
    child_accounts: StrictBool = True
    several_products: StrictBool = True
    negative_sentiment: StrictBool = True
    negative_words: tuple[str, ...] = ("negative", "detractor", "unhappy", "at risk", "red", "poor")
    flagged: StrictBool = True


class Situation(NamedTuple):
    """What is so about an account on a day, beside its own facts: an open P1 ticket, and what people said of it.

    coverage: of its health score, in hundredths of a percent; None while it has none.
    """

    as_of: date
    open_p1: bool = False
    flags: tuple[Flag, ...] = ()
    override: Override | None = None
    coverage: int | None = None


class Route(Strict):
    """What happens to an alert: who sends, and where the CSM hears of it."""

    send: Literal["automatic", "by_csm"]
    tell: tuple[Literal["slack", "email"], ...] = ("slack",)
    high_priority: StrictBool = False


class ByDrop(Strict):
    """The route of a moderate and of a severe drop."""

    moderate: Route
    severe: Route


class Routes(Strict):
    """Severity x value. Only a standard account's moderate alert may be answered automatically."""

    standard: ByDrop = Field(
        default_factory=lambda: ByDrop(
            moderate=Route(send="automatic"), severe=Route(send="by_csm", tell=("slack", "email"))
        )
    )
    high_value_or_complex: ByDrop = Field(
        default_factory=lambda: ByDrop(
            moderate=Route(send="by_csm"), severe=Route(send="by_csm", tell=("slack", "email"), high_priority=True)
        )
    )

    @model_validator(mode="after")
    def _people_handle_the_rest(self) -> Self:
        others = (self.standard.severe, self.high_value_or_complex.moderate, self.high_value_or_complex.severe)
        if any(route.send == "automatic" for route in others):
            raise ValueError("only standard.moderate may be automatic; a person sends the others (by_csm)")
        return self


class Window(Strict):
    """When automatic mail may arrive, in the recipient's time."""

    from_hour: Hour = 9
    to_hour: Hour = 17
    weekends: StrictBool = False
    timezone: str = "UTC"
    """Used where neither the contact's nor the CSM's zone is known."""

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.from_hour >= self.to_hour:
            raise ValueError("from_hour must be before to_hour")
        return self


class Caps(Strict):
    """How many automated conversations may begin; the follow-up belongs to the conversation that it follows."""

    contact_days: Days = 14
    account_days: Days = 30
    per_account: int = Field(default=2, ge=1, le=20)


class Holdout(Strict):
    """The share of accounts, fixed per account, from which automatic check-ins are withheld to measure their worth."""

    percent: int = Field(default=0, ge=0, le=50)
    salt: str = "1"


class Routing(Strict):
    """`config/routing.yaml`."""

    complex: Complex = Field(default_factory=Complex)
    routes: Routes = Field(default_factory=Routes)
    recipients: tuple[str, ...] = ("champion", "primary")
    never_recipients: tuple[str, ...] = ("executive_sponsor",)
    window: Window = Field(default_factory=Window)
    hold_hours: dict[str, Annotated[int, Field(ge=0, le=24)]] = Field(default_factory=lambda: {"default": 4})
    caps: Caps = Field(default_factory=Caps)
    live_conversation_days: int = Field(default=7, ge=0, le=60)
    negotiation_stages: tuple[str, ...] = ("negotiation",)
    follow_up_days: Days = 7
    task_after_days: Days = 7
    holdout: Holdout = Field(default_factory=Holdout)
    auto_send_min_coverage: int = Field(default=60, ge=0, le=100)
    """Percent of the health score that must be known; below it a person sends."""

    def hold(self, segment: str | None) -> int:
        """Hours in which a CSM may edit, cancel or send an automatic check-in before it goes out."""
        return self.hold_hours.get(segment or "default", self.hold_hours.get("default", 0))


class Member(Strict):
    """A colleague: whose manager decides in their place, and what time it is there."""

    email: Email
    name: Text | None = None
    manager: Email | None = None
    admin: StrictBool = False
    timezone: str | None = None


class Team(Strict):
    """`config/team.yaml`."""

    members: Annotated[tuple[Member, ...], BeforeValidator(lambda given: () if given is None else given)] = ()
    """Nothing below `members:` in the file, or only comments, is nobody."""

    def find(self, email: str | None) -> Member | None:
        """The member with this address, whatever its case."""
        wanted = (email or "").lower()
        return next((one for one in self.members if one.email.lower() == wanted), None)

    def may_act(self, actor: str | None, csm_email: str | None) -> bool:
        """Whether somebody may act for this CSM's accounts: the CSM, their manager, an admin."""
        if not actor:
            return False
        who, csm = actor.lower(), (csm_email or "").lower()
        member, owner = self.find(who), self.find(csm)
        manages = owner is not None and (owner.manager or "").lower() == who
        return who == csm or manages or (member is not None and member.admin)


class Tip(Strict):
    """One piece of help. The more of `feature`, `use_case` and `stopped` it names, the better it fits."""

    name: str = Field(min_length=1)
    feature: str | None = None
    use_case: str | None = None
    stopped: str | None = None
    text: str = Field(min_length=1, max_length=500)
    url: str | None = Field(default=None, pattern=r"^https://[^\s<>\"]+$")


class Advice(Strict):
    """`config/tips.yaml`: how features are called in a mail, by their id, and what may help whom."""

    features: dict[str, str] = Field(default_factory=dict)
    tips: tuple[Tip, ...] = ()


class Template(Strict):
    """One mail's text with merge fields; `name` is the file's, such as check_in, or check_in.smb for a segment."""

    name: str
    subject: str
    text: str


MERGE_FIELDS: dict[str, str] = {
    "first_name": "the contact's first name",
    "account_name": "what the account is called",
    "feature": "the feature used most recently, in words",
    "last_active": "the day it was used, such as Tuesday 12 May",
    "last_use": "both as the beginning of a sentence that is true: You (or: Your team) last used … on …",
    "use_case": "what the account uses the product for",
    "tip": "the tip that fits best",
    "tip_url": "where to read more about it",
    "csm_name": "who signs",
    "sent_on": "the day of the first mail, for a follow-up",
}
"""What a template may use, and nothing else. One that nobody knows leaves a visible gap, unless the template asks."""
TEMPLATES = ("check_in", "check_in_severe", "follow_up")
"""The mails there are; a segment may have its own of each, such as check_in.smb."""
