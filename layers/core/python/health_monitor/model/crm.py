"""What a CRM is told about an account: things that happened, and facts that are so now."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from health_monitor.model.account import ContactId, Email, Id
from health_monitor.model.strict import Strict

CrmName = Literal["hubspot", "salesforce"]

REF = "Health Monitor ref "
"""How the last line of everything we log begins; by it our own records are known when a CRM is read."""


def _a_name(said: str) -> str:
    if not NAME.fullmatch(said):
        raise ValueError("is not a field's internal name; write it as the CRM shows it, such as health_index")
    return said


def _an_address(said: str) -> str:
    if not ADDRESS.fullmatch(said):
        raise ValueError("is not where an API begins; write it like https://acme.my.salesforce.com, without a path")
    return said


NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
"""Nothing else may stand in a field's name: it becomes part of questions to the CRM."""
ADDRESS = re.compile(r"(https://[A-Za-z0-9.-]+|http://127\.0\.0\.1)(:\d+)?")
"""Only a stand-in on the same machine is spoken to without TLS."""
Property = Annotated[str, AfterValidator(_a_name)]
Address = Annotated[str, AfterValidator(_an_address)]


def digest(key: str) -> str:
    """An entry's key as a short text that any field can hold: twenty digits and letters."""
    return blake2b(key.encode(), digest_size=10).hexdigest()


def entry_key(conversation_id: str, what: str, step: str | None = None, at: datetime | None = None) -> str:
    """Derived, so that the same thing is one entry however often it is logged; `at` tells it from its repetition."""
    moment = f"{at.astimezone(UTC):%Y%m%dT%H%M%S%f}" if at else ""
    return f"{conversation_id}|{what}|{step or ''}|{moment}"


def account_of(key: str) -> str:
    """An entry's key begins with its conversation's id, and that with the account's."""
    return key.rsplit("|", 3)[0].rsplit("/", 2)[0]


def is_ours(text: str | None) -> bool:
    """Whether a record in a CRM is one that we logged."""
    return REF in (text or "")


class WriteBack(Strict):
    """The fields that are set on an account's record; one without a name is left alone."""

    index: Property | None = None
    alert_status: Property | None = None
    last_outreach_at: Property | None = None


class CrmSettings(Strict):
    """What `config/crm.yaml` says about a CRM. log: whether conversations are logged there."""

    enabled: bool = False
    log: bool = True
    write_back: WriteBack = Field(default_factory=WriteBack)


class HubspotCrm(CrmSettings):
    address: Address = "https://api.hubapi.com"


class SalesforceCrm(CrmSettings):
    """account_key: the Account field that holds our account id; None: only linked accounts are known.

    external_id_field: the Task field, unique and an external id, that makes logging twice impossible.
    """

    address: Address
    api_version: Annotated[str, Field(pattern=r"^v\d{2}\.0$")] = "v65.0"
    account_key: Property | None = None
    external_id_field: Property | None = None


CRMS: Mapping[CrmName, type[HubspotCrm] | type[SalesforceCrm]] = {"hubspot": HubspotCrm, "salesforce": SalesforceCrm}
"""Every CRM, and the settings it has."""


class CrmEntry(Strict):
    """One thing to log, once, with an `entry_key`.

    due_on: the day by which a task is to be done. link: what to open, or to type, for the whole story.
    """

    key: str
    account_id: Id
    contact_id: ContactId | None = None
    kind: Literal["email", "note", "task"]
    subject: str
    text: str
    at: AwareDatetime
    due_on: date | None = None
    owner_email: Email | None = None
    contact_email: Email | None = None
    link: str

    @property
    def reference(self) -> str:
        """The line that marks its record: the same key is always the same line."""
        return f"{REF}{digest(self.key)}"

    @property
    def body(self) -> str:
        """All that the record says, as plain text."""
        return f"{self.text}\n\n{self.link}\n{self.reference}"


class CrmFacts(Strict):
    """What is written back to an account's record, where it has changed."""

    account_id: Id
    index: float | None = None
    alert_status: str | None = None
    last_outreach_at: AwareDatetime | None = None


class NotLogged(Strict):
    """What a CRM could not be told, why, and since when. It names nobody and quotes nothing."""

    vendor: CrmName
    key: str
    why: str
    since: AwareDatetime

    @property
    def conversation_id(self) -> str:
        """Whose entry it is."""
        return self.key.rsplit("|", 3)[0]

    @property
    def account_id(self) -> str:
        """Whose conversation it is."""
        return account_of(self.key)

    @property
    def what(self) -> str:
        """In a few words, such as "sent, check_in"."""
        _, said, step, _ = self.key.rsplit("|", 3)
        return f"{said}, {step}" if step else said
