"""What the CRM is told about an account: things that happened, and facts that are so now."""

from typing import Literal

from pydantic import AwareDatetime

from health_monitor.model.account import Email, Id
from health_monitor.model.strict import Strict

CrmName = Literal["hubspot", "salesforce"]


class CrmEntry(Strict):
    """One thing to log, once: its key is the conversation's id, a bar, and what happened."""

    key: str
    account_id: Id
    contact_id: str | None = None
    kind: Literal["email", "note", "task"]
    subject: str
    text: str
    at: AwareDatetime
    owner_email: Email | None = None
    contact_email: Email | None = None
    link: str


class CrmFacts(Strict):
    """What is written back to an account's record, where it has changed."""

    account_id: Id
    index: float | None = None
    alert_status: str | None = None
    last_outreach_at: AwareDatetime | None = None
