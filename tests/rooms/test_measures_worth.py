"""Value and money: goals, returns, use cases, payment, contract, growth."""

from decimal import Decimal

import pytest

from health_monitor.model.records import Goal, Invoice, Renewal, Roi, Subscription
from health_monitor.score.measures_worth import arr_on
from tests.builders import an_account
from tests.rooms.evidences import ago, known, reading, several, told, value


def goal(**facts: object) -> Goal:
    return told(Goal, facts.pop("key", "1"), title="Faster reports", set_on=ago(200), **facts)


@pytest.mark.parametrize(
    ("facts", "share"),
    [
        ({"met_on": ago(10)}, 10_000),
        ({"start": 10, "current": 20, "target": 50}, 2_500),
        ({"current": 20, "target": 50}, 4_000),
        ({"start": 50, "current": 20, "target": 10}, 7_500),
        ({"start": 10, "current": 5, "target": 50}, 0),
        ({"start": 10, "current": 90, "target": 50}, 10_000),
        ({"due_on": ago(1)}, 0),
        ({"due_on": ago(365), "current": 1, "target": 2}, 5_000),
        ({"met_on": ago(400), "due_on": ago(300)}, 10_000),
    ],
)
def test_a_goal_counts_by_its_progress(facts: dict[str, object], share: int) -> None:
    assert value("goals_met", known(goal(**facts))) == share


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"due_on": ago(-30)},
        {"current": 5},
        {"start": 5, "current": 5, "target": 5},
        {"abandoned_on": ago(3), "current": 1, "target": 2},
        {"due_on": ago(366), "current": 1, "target": 2},
        {"met_on": ago(366)},
    ],
)
def test_a_goal_of_which_nothing_can_be_told_does_not_count(facts: dict[str, object]) -> None:
    assert reading("goals_met", known(goal(**facts))).because == "there is no goal whose progress can be told"


def test_several_goals_count_by_their_mean() -> None:
    goals = (goal(met_on=ago(3)), goal(key="2", current=1, target=2), goal(key="3"))
    found = reading("goals_met", known(*goals))
    assert (found.value, found.numbers) == (7_500, {"goals": 2, "met": 1, "mean_progress": 0.75})
    assert found.records == ("goal:s/1", "goal:s/2")


@pytest.mark.parametrize(("days", "share"), [(0, 10_000), (180, 10_000), (270, 5_000), (360, 0), (500, 0)])
def test_a_return_shown_within_half_a_year_is_30_points(days: int, share: int) -> None:
    found = reading("roi_shown", known(told(Roi, shown_on=ago(days))))
    assert (found.value, found.numbers, found.records) == (share, {"days_since": days}, ("roi:s/1",))


def test_a_return_that_was_never_shown_is_none_where_goals_are_set() -> None:
    assert value("roi_shown", known(goal())) == 0
    assert reading("roi_shown", known()).because == "no return was ever told"


def test_use_cases_that_are_live_count_as_a_share_of_those_bought() -> None:
    found = reading("use_cases", known(account=an_account(use_cases_bought=4, use_cases_live=3)))
    assert (found.value, found.numbers) == (7_500, {"live": 3, "bought": 4})
    assert value("use_cases", known(account=an_account(use_cases_bought=2, use_cases_live=3))) == 10_000
    for facts in ({"use_cases_bought": 2}, {"use_cases_live": 2}, {"use_cases_bought": 0, "use_cases_live": 0}):
        assert value("use_cases", known(account=an_account(**facts))) is None


@pytest.mark.parametrize(("days", "share"), [(-5, 10_000), (0, 10_000), (1, 5_000), (14, 5_000), (15, 0), (90, 0)])
def test_an_invoice_is_late_for_two_weeks_and_past_due_from_the_fifteenth_day(days: int, share: int) -> None:
    bill = told(Invoice, issued_on=ago(100), due_on=ago(days))
    found = reading("payment", known(bill))
    assert found.value == share
    assert found.numbers["days_overdue"] == max(days, 0)


def test_the_oldest_open_invoice_decides_and_paid_or_voided_ones_do_not() -> None:
    bills = several(
        Invoice,
        {"due_on": ago(90), "paid_on": ago(3)},
        {"due_on": ago(80), "voided": True},
        {"due_on": ago(9)},
        {"due_on": ago(3)},
    )
    found = reading("payment", known(*bills))
    assert (found.value, found.numbers) == (5_000, {"days_overdue": 9, "overdue_invoices": 2})
    assert found.records == ("invoice:s/3", "invoice:s/4")
    assert reading("payment", known(bills[1])).because == "no invoice was ever told"


@pytest.mark.parametrize(("days", "share"), [(400, 10_000), (61, 10_000), (60, 6_000), (0, 6_000)])
def test_a_renewal_is_near_from_60_days(days: int, share: int) -> None:
    account = an_account(renewal_date=ago(-days), renewal_stage="proposal")
    found = reading("contract", known(account=account))
    assert (found.value, found.numbers) == (share, {"days_to_renewal": days, "stage": "proposal"})
    pending = told(Renewal, due_on=ago(-days))
    assert value("contract", known(pending)) == share
    assert reading("contract", known(pending)).records == ("renewal:s/1",)


def test_what_is_cancelled_lost_or_overdue_is_worth_nothing() -> None:
    account = an_account(renewal_date=ago(-400))
    overdue = reading("contract", known(told(Renewal, due_on=ago(7)), account=account))
    assert (overdue.value, overdue.numbers["days_overdue"]) == (0, 7)
    lost = several(Renewal, {"due_on": ago(400), "outcome": "renewed"}, {"due_on": ago(3), "outcome": "churned"})
    assert value("contract", known(*lost, account=account)) == 0
    assert value("contract", known(lost[0], account=account)) == 10_000
    ends = [subscription("a", 100, 400), subscription("a", 100, 3, cancelled=True)]
    assert value("contract", known(*ends, account=account)) == 0
    assert value("contract", known(*ends, subscription("b", 100, 90), account=account)) == 10_000


def test_of_several_renewals_the_nearest_and_the_one_that_is_longest_overdue_count() -> None:
    far, near, late, later = several(Renewal, *({"due_on": ago(days)} for days in (-400, -30, 9, 20)))
    assert reading("contract", known(far, near)).numbers["days_to_renewal"] == 30
    assert reading("contract", known(late, later)).numbers["days_overdue"] == 20


def test_who_left_and_came_back_is_a_customer_again() -> None:
    lost = told(Renewal, due_on=ago(300), decided_on=ago(330), outcome="churned")
    account = an_account(renewal_date=ago(-90))
    shrunk = subscription("a", 50, 310)
    assert value("contract", known(lost, shrunk, account=account)) == 0
    assert value("contract", known(lost, subscription("b", 100, 100), account=account)) == 10_000
    assert value("contract", known(lost, told(Renewal, "2", due_on=ago(-90)))) == 10_000
    again = an_account(renewal_date=ago(-90), signup_date=ago(100))
    assert value("contract", known(lost, account=again)) == 10_000


def test_a_credit_note_is_not_overdue() -> None:
    note = told(Invoice, due_on=ago(40), amount=Decimal(-10))
    assert value("payment", known(note)) == 10_000


def test_a_renewal_date_that_has_passed_says_nothing() -> None:
    found = reading("contract", known(account=an_account(renewal_date=ago(1))))
    assert found.because == "no renewal to come is known"


def subscription(name: str, arr: int, days: int, **facts: object) -> Subscription:
    key = f"{name}-{days}"
    return told(Subscription, key, subscription=name, arr=Decimal(arr), effective_on=ago(days), **facts)


@pytest.mark.parametrize(
    ("arr", "grown", "spent"),
    [(100, 6_000, 7_000), (105, 8_000, 10_000), (110, 10_000, 10_000), (90, 4_000, 2_333), (70, 0, 0), (0, 0, 0)],
)
def test_growth_is_better_than_the_same_and_loss_is_worse(arr: int, grown: int, spent: int) -> None:
    changes = (subscription("a", 100, 400), subscription("a", arr, 20))
    assert value("expansion", known(*changes)) == grown
    assert value("spend", known(*changes)) == spent
    assert reading("spend", known(*changes)).numbers["after"] == str(arr)
    assert reading("spend", known(*changes)).records == ("subscription:s/a-20",)


def test_several_subscriptions_are_one_account_and_a_cancelled_one_is_worth_nothing() -> None:
    all_of_them = (subscription("a", 100, 400), subscription("b", 50, 400), subscription("b", 50, 9, cancelled=True))
    dossier = known(*all_of_them).dossier
    assert [arr_on(dossier.subscriptions, ago(days)) for days in (401, 400, 9)] == [None, 150, 100]


def test_of_what_was_worth_nothing_or_less_nobody_can_say_whether_it_grew() -> None:
    for arr in (0, -100):
        changes = (subscription("a", arr, 400), subscription("a", 100, 20))
        assert value("expansion", known(*changes)) is None
        assert value("spend", known(*changes)) is None
    both = ({"arr_before": Decimal(100)}, {"arr_before": Decimal(-100)})
    facts = {"due_on": ago(50), "decided_on": ago(50), "outcome": "renewed", "arr_after": Decimal(50)}
    assert value("expansion", known(*several(Renewal, *(facts | one for one in both)))) is None


def test_without_a_price_of_then_nobody_can_say_whether_it_grew() -> None:
    new = subscription("a", 100, 80)
    assert reading("expansion", known(new)).because == "the ARR of then is not known"
    assert reading("spend", known(new)).because == "the ARR of then is not known"
    free = subscription("b", 0, 400)
    assert value("spend", known(free, subscription("b", 10, 3))) is None


def test_the_renewals_of_the_year_tell_of_growth_where_subscriptions_do_not() -> None:
    renewals = several(
        Renewal,
        {"due_on": ago(90), "decided_on": ago(99), "outcome": "renewed", "arr_before": 100, "arr_after": 110},
        {"due_on": ago(90), "decided_on": ago(99), "outcome": "contracted", "arr_before": 100, "arr_after": 80},
        {"due_on": ago(500), "decided_on": ago(500), "outcome": "renewed", "arr_before": 1, "arr_after": 9},
        {"due_on": ago(80), "decided_on": ago(80), "outcome": "renewed", "arr_after": 9},
    )
    found = reading("expansion", known(*renewals))
    assert (found.value, found.records) == (5_000, ("renewal:s/1", "renewal:s/2"))
    assert found.numbers == {"before": "200", "after": "190", "change": -0.05}
