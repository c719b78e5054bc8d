"""What people look at before there is a dashboard: open alerts."""

from datetime import date

from health_monitor.model.account import Account
from health_monitor.model.alert import Alert
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Alerts

AT_ONCE = 100


def open_alerts(
    csm_email: str | None, as_of: date | None, alerts: Alerts, accounts: Accounts
) -> list[tuple[Account, Alert]]:
    """A CSM's (the empty string: nobody's; None: everybody's), worst first.

    An account that has left keeps its last episode on record, but nobody has to act on it.
    """
    whose = [csm_email] if csm_email is not None else _csms(accounts)
    found = [alert for one in whose for alert in alerts.open_of(one)]
    known = _read([alert.account_id for alert in found], accounts)
    pairs = [(known[alert.account_id], alert) for alert in found if alert.account_id in known]
    here = [(account, alert) for account, alert in pairs if as_of is None or account.last_day(as_of) >= as_of]
    return sorted(here, key=lambda pair: (pair[1].severity != "high", pair[1].ratio, pair[1].alert_id))


def _csms(accounts: Accounts) -> list[str]:
    everybody = _read(list(accounts.ids()), accounts).values()
    return sorted({account.csm_email or "" for account in everybody})


def _read(ids: list[str], accounts: Accounts) -> dict[str, Account]:
    return {k: v for at in range(0, len(ids), AT_ONCE) for k, v in accounts.read(ids[at : at + AT_ONCE]).items()}
