"""Every override there ever was, and who was right."""

from collections.abc import Iterator
from datetime import date

from health_monitor.learn.overrides import Case, case_of
from health_monitor.ports.world import World

READ_AT_ONCE = 500


def ledger(world: World, today: date) -> Iterator[Case]:
    """The oldest override of each account first."""
    ids = sorted(world.accounts.ids())
    for start in range(0, len(ids), READ_AT_ONCE):
        accounts = world.accounts.read(ids[start : start + READ_AT_ONCE])
        dossiers = world.dossiers.read(list(accounts), consistent=True)
        for account_id, dossier in sorted(dossiers.items()):
            yield from (case_of(accounts[account_id], dossier, one, today) for one in dossier.overrides)
