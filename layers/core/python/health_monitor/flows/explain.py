"""Why an account has its score: as a night reported it, with what changed, what is wrong, and what would lift it."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import takewhile

from health_monitor.flows.model_past import Stores, stored_past, under
from health_monitor.flows.record_archive import archived
from health_monitor.flows.reported import nights, reported
from health_monitor.flows.runs import benchmark_key, read_bundle, read_json
from health_monitor.model.account import Account
from health_monitor.model.config import Bundle
from health_monitor.model.dossier import EMPTY
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.explanation import Base, Compared, Explanation, Reported, Unreported
from health_monitor.model.records import AnyRecord
from health_monitor.model.score import History, Score, Standing
from health_monitor.model.scorecard import Scorecard
from health_monitor.ports.blobs import Blobs
from health_monitor.score.advice import advice, cause_of, issues
from health_monitor.score.card import score_of
from health_monitor.score.cohorts import cohorts_from, compared
from health_monitor.score.green import lifts
from health_monitor.score.said import fact
from health_monitor.score.waterfall import marks, waterfall

USUAL_DAYS = 30
"""What changed is told since so many days ago, unless somebody asks for another day."""
A_POINT = 10
"""Tenths: a smaller fall is none."""
WEEK = timedelta(days=7)
Progress = Callable[[int], None]


def explain(
    account_id: str, on: date | None, since: date | None, stores: Stores, live: Bundle,
    progress: Progress = lambda _done: None,
) -> Explanation | Unreported:  # fmt: skip
    """Everything about the account's score on that day, the last that was reported unless one is given.

    It reads what the night wrote, so it stays as it was whatever changed since. Raises NeedsHuman when there is no such
    account, or when the days are in the wrong order.
    """
    account = stores.accounts.read([account_id]).get(account_id)
    if account is None:
        raise NeedsHuman(f"no account has the id {account_id!r}; look for its name with health-monitor show")
    kept = nights(stores.blobs)
    now = stores.standings.read([account_id]).get(account_id)
    day = on or (now.as_of if now else kept[-1] if kept else None)
    found = reported(account_id, day, stores.blobs, stores.journal) if day else None
    if day is None or found is None:
        return _unreported(account, day, kept, stores, live, progress)._replace(now=now)
    scorecard = _scorecard_of(found, stores.blobs, live)
    base = _base(found, since, kept, stores, scorecard, progress)
    return _explanation(account, found, base, scorecard, now, stores)


def _explanation(
    account: Account, found: Reported, base: Base | None, scorecard: Scorecard | None, now: Standing | None,
    stores: Stores,
) -> Explanation:  # fmt: skip
    score, standing = found.score, found.standing
    fell = waterfall(base.score, score) if base else None
    falling = _falling_since(now.history, found, base) if now and base and fell and fell.points < 0 else None
    return Explanation(
        account=account, reported=found, base=base, waterfall=fell, cause=cause_of(fell, score), since=falling, now=now,
        facts=_facts(score),
        records=_records(score, account.account_id, stores),
        issues=issues(score),
        phases=advice(score, standing.status, fell, f"{falling.day} {falling:%B %Y}" if falling else None),
        lifts=lifts(score, standing.model_status, scorecard) if scorecard else None,
        compared=_compared(found, stores.blobs),
        marks=marks(base.standing, standing) if base and base.standing else (),
        restated=now.history.on(found.day.toordinal()) if now and now.version != score.version else None,
    )  # fmt: skip


def _unreported(
    account: Account, day: date | None, kept: list[date], stores: Stores, live: Bundle, progress: Progress
) -> Unreported:
    """No score of that day was ever told to anybody; what it would have been stands beside that."""
    if not kept or day is None:
        return Unreported(account, day or date.min, "no night has been run yet; health-monitor runs shows them", None)
    if day < kept[0]:
        because = f"the first night was {kept[0]}"
    elif day > kept[-1]:
        because = f"the last night was {kept[-1]}"
    else:
        near = max(one for one in kept if one <= day)
        same = "that night had no score of it: it had not begun, had left, or was not known yet"
        because = same if near == day else f"no night was run for that day; the last before it was {near}"
    past = _restated(account.account_id, day, stores, live.scorecard, progress) if day < kept[0] else None
    return Unreported(account, day, because, past.score if past else None)


def _scorecard_of(found: Reported, blobs: Blobs, live: Bundle) -> Scorecard | None:
    """The scorecard that made the score: the night's configuration has it, else the live one may be the same."""
    stored = found.config and blobs.get(f"config/{found.config}.json")
    candidates = [read_bundle(blobs, found.config)] if stored and found.config else []
    wanted = found.score.version
    return next((one.scorecard for one in (*candidates, live) if one.scorecard.version == wanted), None)


def _base(
    found: Reported, since: date | None, kept: list[date], stores: Stores, scorecard: Scorecard | None,
    progress: Progress,
) -> Base | None:  # fmt: skip
    """What the score is compared with: the last night up to that day, else that past restated, else the first night."""
    wanted = since or found.day - timedelta(days=USUAL_DAYS)
    if wanted >= found.day:
        raise NeedsHuman(f"--since {wanted} is not before {found.day}; give an earlier day")
    account_id = found.standing.account_id
    for night in reversed(list(takewhile(lambda one: one <= wanted, kept))):
        if (told := reported(account_id, night, stores.blobs, stores.journal)) is not None:
            return Base(night, told.score, told.standing, restated=False, wanted=wanted)
        if (wanted - night).days > USUAL_DAYS:
            break
    past = _restated(account_id, wanted, stores, scorecard, progress) if scorecard else None
    if past:
        return past._replace(wanted=wanted)
    later = (reported(account_id, night, stores.blobs, stores.journal) for night in kept if wanted < night < found.day)
    first = next((told for told in later if told), None)
    return Base(first.day, first.score, first.standing, restated=False, wanted=wanted) if first else None


def _restated(account_id: str, day: date, stores: Stores, scorecard: Scorecard, progress: Progress) -> Base | None:
    """The account's past as it can be worked out now: the last of the kept days up to this one."""
    for past in stored_past(stores, day, day - 2 * WEEK, progress):
        if past.account.account_id == account_id and past.days:
            evidence = under(past.days[-1], scorecard.core_features)
            return Base(evidence.day, score_of(evidence, scorecard), None, restated=True)
    return None


def _falling_since(history: History, found: Reported, base: Base) -> date | None:
    """The last day on which the score was as high as it ever was between the two days."""
    days = range(base.day.toordinal(), found.day.toordinal() + 1)
    known = [(history.on(day), day) for day in days]
    scores = [(value, day) for value, day in known if value is not None]
    if not scores or scores[-1][0] > max(scores)[0] - A_POINT:
        return None
    return date.fromordinal(max(scores)[1])


def _compared(found: Reported, blobs: Blobs) -> tuple[Compared, ...]:
    cohorts = cohorts_from(read_json(blobs, benchmark_key(found.day, "medians.json")).get("cohorts", {}))
    return tuple(
        Compared(one.by, one.group, *one.cohort, one.difference, one.place)
        for one in compared(found.account, found.score.value, found.day, cohorts)
    )


def _facts(score: Score) -> dict[str, str]:
    return {each.name: fact(each.name, each.reading) for one in score.dimensions for each in one.measures}


def _records(score: Score, account_id: str, stores: Stores) -> dict[str, AnyRecord | None]:
    """What the measures name, as it is stored now; what fell out of the account's records comes from the archive."""
    names = {name for one in score.dimensions for each in one.measures for name in each.reading.records}
    if not names:
        return {}
    dossier = stores.dossiers.read([account_id]).get(account_id, EMPTY)
    known = {one.name: one for one in dossier.records() if one.name in names}
    older = archived(names - known.keys(), stores.blobs)
    return {name: known.get(name) or older.get(name) for name in sorted(names)}
