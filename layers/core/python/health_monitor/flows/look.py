"""What people look at before there is a dashboard: open alerts."""

from datetime import date

from health_monitor.model.account import Account
from health_monitor.model.alert import Alert
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Alerts


def open_alerts(
    csm_email: str | None, as_of: date | None, alerts: Alerts, accounts: Accounts
) -> list[tuple[Account, Alert]]:
    """A CSM's (the empty string: nobody's; None: everybody's), worst first.

    An account that has left keeps its last episode on record, but nobody has to act on it.
    """
    whose = [csm_email] if csm_email is not None else _csms(accounts)
    found = [alert for one in whose for alert in alerts.open_of(one)]
    known = accounts.read([alert.account_id for alert in found])
    pairs = [(known[alert.account_id], alert) for alert in found if alert.account_id in known]
    here = [(account, alert) for account, alert in pairs if as_of is None or account.last_day(as_of) >= as_of]
    return sorted(here, key=lambda pair: (pair[1].severity != "high", pair[1].ratio, pair[1].alert_id))


def _csms(accounts: Accounts) -> list[str]:
    everybody = accounts.read(list(accounts.ids())).values()
    return sorted({account.csm_email or "" for account in everybody})
