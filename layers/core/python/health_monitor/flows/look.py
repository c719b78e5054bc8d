"""What people look at before there is a dashboard: open alerts, and accounts by any of their names."""

from datetime import date
from difflib import get_close_matches

from health_monitor.flows.reception import resolve_names
from health_monitor.model.account import Account
from health_monitor.model.alert import Alert
from health_monitor.model.heard import DOMAIN, OURS, Ref
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Alerts
from health_monitor.ports.intake import Names
from health_monitor.sources import SOURCES

SUGGESTED = 5


def open_alerts(
    csm_email: str | None, as_of: date | None, alerts: Alerts, accounts: Accounts
) -> list[tuple[Account, Alert]]:
    """A CSM's (the empty string: nobody's; None: everybody's), worst first.

    An account that has left keeps its last episode on record, but nobody has to act on it.
    """
    whose = [csm_email] if csm_email is not None else csms(accounts)
    found = [alert for one in whose for alert in alerts.open_of(one)]
    known = accounts.read([alert.account_id for alert in found])
    pairs = [(known[alert.account_id], alert) for alert in found if alert.account_id in known]
    here = [(account, alert) for account, alert in pairs if as_of is None or account.last_day(as_of) >= as_of]
    return sorted(here, key=lambda pair: (pair[1].severity != "high", pair[1].ratio, pair[1].alert_id))


def accounts_called(text: str, accounts: Accounts, names: Names) -> list[Account]:
    """The accounts that a source means by the name."""
    refs = [Ref(source, name) for source, name in _written(text)]
    meant = {found.account_id for found in resolve_names(names, refs).values() if found.account_id}
    return list(accounts.read(sorted(meant)).values())


def accounts_alike(text: str, accounts: Accounts) -> list[Account]:
    """A few accounts whose id or name is much like it, or holds it."""
    known = accounts.read(list(accounts.ids())).values()
    words = [(word.lower(), one) for one in known for word in (one.account_id, one.name) if word]
    near = set(get_close_matches(text.lower(), {word for word, _ in words}, n=SUGGESTED))
    found = {one.account_id: one for word, one in words if word in near or text.lower() in word}
    return [found[account_id] for account_id in sorted(found)][:SUGGESTED]


def _written(text: str) -> list[tuple[str, str]]:
    """As every source, and as a domain."""
    return [(OURS, text), *((source, text) for source in SOURCES), (DOMAIN, text.lower())]


def csms(accounts: Accounts) -> list[str]:
    """Everybody who looks after an account; the empty string where somebody is missing."""
    everybody = accounts.read(list(accounts.ids())).values()
    return sorted({account.csm_email or "" for account in everybody})
