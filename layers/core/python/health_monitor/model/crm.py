"""What a CRM is told about an account: things that happened, and facts that are so now."""

from collections.abc import Mapping
from datetime import date
from hashlib import blake2b
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from health_monitor.model.account import ContactId, Email, Id
from health_monitor.model.strict import Strict

CrmName = Literal["hubspot", "salesforce"]

REF = "Health Monitor ref "
"""How the last line of everything we log begins; by it our own records are known when a CRM is read."""

Property = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}$")]
"""A field's internal name. Nothing else may stand in one: it becomes part of questions to the CRM."""
Address = Annotated[str, Field(pattern=r"^(https://[A-Za-z0-9.-]+|http://127\.0\.0\.1)(:\d+)?$")]
"""Where an API begins; only a stand-in on the same machine is spoken to without TLS."""


def reference(key: str) -> str:
    """The line that marks an entry's record: the same key is always the same line."""
    return f"{REF}{blake2b(key.encode(), digest_size=10).hexdigest()}"


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
    write_back: WriteBack = WriteBack()


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
    """One thing to log, once: its key is the conversation's id, a bar, and what happened.

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


class CrmFacts(Strict):
    """What is written back to an account's record, where it has changed."""

    account_id: Id
    index: float | None = None
    alert_status: str | None = None
    last_outreach_at: AwareDatetime | None = None
