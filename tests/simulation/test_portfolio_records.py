"""The made-up portfolio's records: they fit what happens to each account, and every file of them can be imported."""

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from health_monitor.adapters.files import LocalText
from health_monitor.adapters.memory import memory_world
from health_monitor.flows.import_records import import_records
from health_monitor.flows.reception import Reception
from health_monitor.model.dossier import EMPTY, Dossier
from health_monitor.model.intake import Reject
from health_monitor.simulate.behaviours import Cause
from health_monitor.simulate.files import records_csv
from health_monitor.simulate.griefs import Way, accounts_of, contacts_of, griefs, turns
from health_monitor.simulate.portfolio import Portfolio, a_portfolio
from health_monitor.simulate.records import records_of

LAST_DAY = date(2026, 6, 14)


@pytest.fixture(scope="module")
def portfolio() -> Portfolio:
    return a_portfolio(seed=42, accounts=300, last_day=LAST_DAY, days=400)


@pytest.fixture(scope="module")
def dossiers(portfolio: Portfolio) -> dict[str, Dossier]:
    return {account_id: EMPTY.with_records(records)[0] for account_id, records in records_of(portfolio)}


def who(portfolio: Portfolio, way: Way) -> list[str]:
    found = [name for name, turned in turns(portfolio).items() if turned and way in turned.ways]
    assert found, f"nobody's records turn {way}"
    return found


def test_the_same_seed_tells_the_same_records(portfolio: Portfolio, dossiers: dict[str, Dossier]) -> None:
    again = {name: EMPTY.with_records(records)[0] for name, records in records_of(portfolio)}
    assert again == dossiers


def test_a_moved_story_tells_the_same_records_later(portfolio: Portfolio, dossiers: dict[str, Dossier]) -> None:
    later = {name: EMPTY.with_records(records)[0] for name, records in records_of(portfolio.moved(3))}
    for name, dossier in dossiers.items():
        moved = [ticket.opened_at - timedelta(weeks=3) for ticket in later[name].tickets]
        assert moved == [ticket.opened_at for ticket in dossier.tickets]


def test_every_file_of_records_is_imported_without_a_complaint(
    portfolio: Portfolio, dossiers: dict[str, Dossier], tmp_path: Path
) -> None:
    world = memory_world(datetime.fromisoformat("2026-06-15T06:00:00Z"))
    world.accounts.save(accounts_of(portfolio))
    rejects = Refused()
    counts: Counter[str] = Counter()
    for kind, lines in records_csv(records_of(portfolio)).items():
        path = tmp_path / f"{kind}.csv"
        path.write_text("".join(lines), encoding="utf-8")
        intake = import_records(kind, LocalText(path), Reception.of(world), rejects, world.clock.now())
        counts += intake.records
    assert rejects.seen == []
    assert counts.total() == sum(sum(1 for _ in one.records()) for one in dossiers.values())


class Refused:
    def __init__(self) -> None:
        self.seen: list[Reject] = []

    def add(self, reject: Reject) -> None:
        self.seen.append(reject)

    def close(self) -> None:
        pass


def test_nothing_has_happened_after_the_last_day(dossiers: dict[str, Dossier]) -> None:
    for dossier in dossiers.values():
        happened = [
            *(one.decided_on for one in dossier.renewals), *(one.paid_on for one in dossier.invoices),
            *(one.met_on for one in dossier.goals), *(one.changed_at.date() for one in dossier.records()),
        ]  # fmt: skip
        assert max((day for day in happened if day), default=LAST_DAY) <= LAST_DAY


def test_nobody_has_left_after_the_last_day(portfolio: Portfolio) -> None:
    assert all(one.departed_on <= LAST_DAY for one in contacts_of(portfolio) if one.departed_on)


def test_griefs_fall_on_accounts_whose_use_is_steady(portfolio: Portfolio) -> None:
    found = griefs(portfolio)
    assert {turned.ways[0] for turned in found.values()} == {
        Way.UNPAID, Way.BUGS, Way.NO_SPONSOR, Way.ANGRY, Way.NEGLECTED,
    }  # fmt: skip
    assert not found.keys() & portfolio.planted.keys()


def test_who_does_not_pay_has_an_invoice_past_due(portfolio: Portfolio, dossiers: dict[str, Dossier]) -> None:
    for name in who(portfolio, Way.UNPAID):
        assert any(one.paid_on is None and one.due_on < LAST_DAY - timedelta(14) for one in dossiers[name].invoices)


def test_who_is_in_trouble_with_faults_has_an_open_p1(portfolio: Portfolio, dossiers: dict[str, Dossier]) -> None:
    for name in who(portfolio, Way.BUGS):
        assert any(one.severity == "p1" and one.solved_at is None for one in dossiers[name].tickets)


def test_the_angry_answer_so(portfolio: Portfolio, dossiers: dict[str, Dossier]) -> None:
    for name, turned in griefs(portfolio).items():
        if Way.ANGRY in turned.ways:
            assert min(one.score for one in dossiers[name].surveys if one.at.toordinal() >= turned.began) <= 6


def test_nobody_speaks_to_the_neglected(portfolio: Portfolio, dossiers: dict[str, Dossier]) -> None:
    for name, turned in griefs(portfolio).items():
        if Way.NEGLECTED in turned.ways:
            days = [one.at.toordinal() for one in dossiers[name].touchpoints if one.kind != "training"]
            assert max(days) < turned.began + 5


def test_a_departed_champion_has_left_in_the_crm_too(portfolio: Portfolio) -> None:
    gone = {one.account_id for one in contacts_of(portfolio) if one.role == "champion" and one.departed_on}
    played = {name for name, one in portfolio.planted.items() if one.cause is Cause.DEPARTED_CHAMPION}
    assert gone == played


def test_who_shrinks_pays_less_and_who_grows_pays_more(portfolio: Portfolio, dossiers: dict[str, Dossier]) -> None:
    for way, sign in ((Way.GROWS, 1), (Way.SHRINKS, -1)):
        changed = [one.subscriptions for name in who(portfolio, way) if len((one := dossiers[name]).subscriptions) > 1]
        assert changed
        for before, after in changed:
            assert (after.arr > before.arr) == (sign > 0)
