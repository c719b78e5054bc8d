"""Conversations follow their account to its new CSM: every night, those whose alert is open."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from health_monitor.act.reassign import reassign
from health_monitor.flows.conversing import change, tell
from health_monitor.model.account import Account
from health_monitor.model.errors import AlreadyDone
from health_monitor.model.routing import Team
from health_monitor.ports.alerts import Outbox
from health_monitor.ports.outreach import Conversations


def reassign_all(
    alerts: Iterable[tuple[str, Account]], at: datetime, team: Team, conversations: Conversations, outbox: Outbox
) -> int:
    """Alert ids with their accounts as they are now; how many conversations went to somebody else."""
    moved = 0
    for alert_id, account in alerts:
        known = conversations.get(alert_id)
        if known is None:  # its alert is older than conversations are
            continue
        try:
            now = change(conversations, alert_id, partial(reassign, at=at, csm_email=account.csm_email, team=team))
        except AlreadyDone:  # it was erased meanwhile
            continue
        moved += now != known
        if now.log and now.log[-1].what == "reassigned":  # also when whoever changed it died before telling
            tell(outbox, now)
    return moved
