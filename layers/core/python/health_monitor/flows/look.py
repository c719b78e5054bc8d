"""What people look at before there is a dashboard: a CSM's open alerts."""

from datetime import date

from health_monitor.model.account import Account
from health_monitor.model.alert import Alert
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Alerts

AT_ONCE = 100


def open_alerts(csm_email: str, as_of: date | None, alerts: Alerts, accounts: Accounts) -> list[tuple[Account, Alert]]:
    """Worst first. An account that has left keeps its last episode on record, but nobody has to act on it."""
    found = alerts.open_of(csm_email)
    known: dict[str, Account] = {}
    for at in range(0, len(found), AT_ONCE):
        known |= accounts.read([alert.account_id for alert in found[at : at + AT_ONCE]])
    pairs = [(known[alert.account_id], alert) for alert in found if alert.account_id in known]
    here = [(account, alert) for account, alert in pairs if as_of is None or account.last_day(as_of) >= as_of]
    return sorted(here, key=lambda pair: (pair[1].severity != "high", pair[1].ratio, pair[1].alert_id))
