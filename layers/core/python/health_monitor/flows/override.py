"""A person judges an account otherwise than its score: with a reason, a name and an end; the score stays visible."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from health_monitor.flows.archive import archive_records
from health_monitor.model.dossier import EMPTY
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.heard import OURS, Ref
from health_monitor.model.records import HealthStatus, Override
from health_monitor.model.score import Standing
from health_monitor.model.scorecard import Trend
from health_monitor.ports.world import World
from health_monitor.score.overruled import overruled

PERSON = "person"
USUAL_DAYS, EXTREME_DAYS, LONGEST_DAYS = 90, 30, 365
"""How long one lasts where nobody says; healthy and critical are strong words, and have to be renewed sooner."""
EXTREMES = ("healthy", "critical")
READ_AT_ONCE = 500


class Judgement(NamedTuple):
    """What a person says of an account. missed: what the score does not see, in a word or two."""

    status: HealthStatus
    reason: str
    author: str
    until: date | None = None
    missed: str | None = None


def set_override(account_id: str, judged: Judgement, world: World, trend: Trend, now: datetime) -> Override:
    """The judgement counts from now on, in place of any before it. Raises NeedsHuman when something is missing."""
    if account_id not in world.accounts.read([account_id]):
        raise NeedsHuman(f"there is no account {account_id}; health-monitor show finds one by any of its names")
    made = _made(judged, world.standings.read([account_id], consistent=True).get(account_id), now)
    _save(account_id, [*_ended(account_id, judged.author, world, now), made], made, world, trend, now)
    return made


def end_override(account_id: str, by: str, world: World, trend: Trend, now: datetime) -> list[Override]:
    """The model's own status counts again; those that ended. Raises NeedsHuman when none was in force."""
    ended = list(_ended(account_id, by, world, now))
    if not ended:
        raise NeedsHuman(f"no override of {account_id} is in force; health-monitor override list shows those that are")
    _save(account_id, ended, None, world, trend, now)
    return ended


def overrides(world: World) -> Iterator[tuple[str, Override, Standing | None]]:
    """Every override there ever was, account by account, with where its account stands now."""
    ids = sorted(world.accounts.ids())
    for start in range(0, len(ids), READ_AT_ONCE):
        some = ids[start : start + READ_AT_ONCE]
        standings = world.standings.read(some)
        for account_id, dossier in sorted(world.dossiers.read(some, consistent=True).items()):
            yield from ((account_id, one, standings.get(account_id)) for one in dossier.overrides)


def _made(judged: Judgement, standing: Standing | None, now: datetime) -> Override:
    today = now.astimezone(UTC).date()
    reason, missed = " ".join(judged.reason.split()), " ".join((judged.missed or "").split())
    if not reason:
        raise NeedsHuman("say why: --because; who reads the score will want to know what it does not see")
    days = EXTREME_DAYS if judged.status in EXTREMES else USUAL_DAYS
    until = judged.until or today + timedelta(days=days)
    if not today <= until <= today + timedelta(days=LONGEST_DAYS):
        raise NeedsHuman(f"--until {until} is past, or more than a year away; give a day until which it holds")
    return Override(
        source=PERSON, key=f"{now.astimezone(UTC):%Y%m%dT%H%M%S.%f}", changed_at=now, status=judged.status,
        reason=reason[:2_000], author=judged.author, at=now, expires_on=until, missed=missed[:512] or None,
        model_status=standing.model_status if standing else None, score=standing.score if standing else None,
    )  # fmt: skip


def _ended(account_id: str, by: str, world: World, now: datetime) -> Iterator[Override]:
    dossier = world.dossiers.read([account_id], consistent=True).get(account_id, EMPTY)
    for one in dossier.overrides:
        if one.in_force(now.astimezone(UTC).date()):
            yield replace(one, ended_at=now, ended_by=by, changed_at=now)


def _save(
    account_id: str, changed: list[Override], valid: Override | None, world: World, trend: Trend, now: datetime
) -> None:  # fmt: skip
    """The archive first; the standing last: until the next scoring it is only a shown status."""
    archive_records(world.blobs, PERSON, [(Ref(OURS, account_id), one) for one in changed])
    world.dossiers.save(account_id, changed)
    for standing in world.standings.read([account_id], consistent=True).values():
        world.standings.write([overruled(standing, valid, trend, now)])
