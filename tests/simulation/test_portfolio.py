"""The made-up portfolio: the same world for the same seed, and everybody in it behaves as told."""

import csv
import hashlib
import re
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest

from health_monitor import simulate
from health_monitor.model.account import Account, Contact
from health_monitor.simulate.behaviours import TROUBLES, Cause, Ending, Planted
from health_monitor.simulate.files import accounts_csv, contacts_csv, events_csv
from health_monitor.simulate.portfolio import Portfolio, a_portfolio

LAST_DAY = date(2026, 6, 14)
CSMS_DOMAIN = "@example.com"


def a_small_one(seed: int = 1, accounts: int = 30, days: int = 40) -> Portfolio:
    return a_portfolio(seed=seed, accounts=accounts, last_day=LAST_DAY, days=days)


class Year:
    """A portfolio's year as somebody would see it who watched who logs in."""

    def __init__(self, portfolio: Portfolio) -> None:
        self.portfolio = portfolio
        self.accounts = {account.account_id: account for account in portfolio.accounts}
        self.users: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for event in portfolio.events():
            self.users[event.account_id][event.day].add(event.user_id)

    def played(self, cause: Cause, *endings: Ending) -> list[tuple[str, Planted]]:
        told = [
            (account_id, planted)
            for account_id, planted in self.portfolio.planted.items()
            if planted.cause is cause and (not endings or planted.ending in endings)
        ]
        assert told, f"nobody plays {cause}"
        return told

    def logins(self, account_id: str, first: date, days: int = 28) -> int:
        start = first.toordinal()
        return sum(len(self.users[account_id][day]) for day in range(start, start + days))

    def seen(self, account_id: str, first: date, last: date) -> set[str]:
        days = range(first.toordinal(), last.toordinal() + 1)
        return set().union(*(self.users[account_id][day] for day in days))

    def long_before(self, planted: Planted, days: int) -> bool:
        """Whether there are four ordinary weeks before it began, and so many days after."""
        return (
            planted.began - timedelta(28) >= self.portfolio.first_day
            and planted.began + timedelta(days) <= self.portfolio.last_day
        )


@pytest.fixture(scope="module")
def year() -> Year:
    return Year(a_portfolio(seed=42, accounts=200, last_day=LAST_DAY, days=365))


def test_the_same_seed_makes_the_same_files():
    text = "".join([*accounts_csv(a_small_one()), *contacts_csv(a_small_one()), *events_csv(a_small_one())])
    again = "".join([*accounts_csv(a_small_one()), *contacts_csv(a_small_one()), *events_csv(a_small_one())])

    assert text == again


def test_every_python_version_makes_the_same_files():
    files = (accounts_csv, contacts_csv, events_csv)
    text = "".join(line for file in files for line in file(a_small_one()))

    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "ab9a6af29e7667b1"


def test_another_seed_makes_another_world():
    assert [*events_csv(a_small_one(seed=1))] != [*events_csv(a_small_one(seed=2))]


def test_a_day_is_the_same_whether_or_not_the_days_before_it_were_asked_for():
    portfolio = a_small_one()

    asked_alone = [*portfolio.events_on(date(2026, 6, 10))]

    assert asked_alone
    assert asked_alone == [event for event in portfolio.events() if event.day == date(2026, 6, 10).toordinal()]


def test_five_thousand_companies_have_five_thousand_names():
    portfolio = a_portfolio(seed=3, accounts=5_000, last_day=LAST_DAY, days=30)

    assert len({account.account_id for account in portfolio.accounts}) == 5_000
    assert len({account.name for account in portfolio.accounts}) == 5_000


def test_no_two_people_share_an_id(year: Year):
    contacts = [contact.contact_id for contact in year.portfolio.contacts]
    users = [user.user_id for team in year.portfolio.teams for user in team.users]

    assert len(set(contacts)) == len(contacts)
    assert len(set(users)) == len(users)


def test_no_two_events_share_an_identity():
    events = [event[:4] for event in a_small_one().events()]

    assert len(set(events)) == len(events)


def test_mail_can_only_go_to_domains_nobody_owns(year: Year):
    assert all((account.csm_email or CSMS_DOMAIN).endswith(CSMS_DOMAIN) for account in year.portfolio.accounts)
    assert all(contact.email and contact.email.endswith(".example") for contact in year.portfolio.contacts)


def test_four_of_five_accounts_are_steady(year: Year):
    steady = 1 - len(year.portfolio.planted) / len(year.accounts)

    assert 0.76 <= steady <= 0.84


def test_one_account_in_ten_or_so_is_in_trouble_on_the_last_day(year: Year):
    now = [
        planted
        for planted in year.portfolio.planted.values()
        if planted.cause in TROUBLES
        and planted.ending is not Ending.RECOVERS
        and (planted.leaves_on is None or planted.leaves_on > LAST_DAY)
    ]

    assert 0.05 <= len(now) / len(year.accounts) <= 0.12


def test_nobody_logs_in_before_the_start_or_after_leaving(year: Year):
    for account_id, days in year.users.items():
        account = year.accounts[account_id]
        seen = [day for day, users in days.items() if users]
        assert account.usage_start
        assert min(seen, default=account.usage_start.toordinal()) >= account.usage_start.toordinal()
        assert account.churn_date is None or max(seen, default=0) < account.churn_date.toordinal()


def test_whoever_leaves_within_the_story_has_a_churn_date_and_nobody_else(year: Year):
    for account in year.portfolio.accounts:
        planted = year.portfolio.planted.get(account.account_id)
        leaves_on = planted.leaves_on if planted else None
        assert account.churn_date == (leaves_on if leaves_on and leaves_on <= LAST_DAY else None)


def test_events_happen_on_their_day(year: Year):
    for event in a_small_one().events():
        assert date.fromisoformat(event.occurred_at[:10]).toordinal() == event.day
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00Z", event.occurred_at)
        assert event.n >= 1


def test_weekends_are_quiet_in_an_office(year: Year):
    office = [a for a in year.portfolio.accounts if a.industry == "Software"]
    tuesdays = sum(year.logins(a.account_id, date(2026, 3, 3) + timedelta(7 * w), 1) for a in office for w in range(8))
    sundays = sum(year.logins(a.account_id, date(2026, 3, 1) + timedelta(7 * w), 1) for a in office for w in range(8))

    assert sundays < tuesdays / 5


def test_a_departed_champion_never_appears_again_and_the_others_fade(year: Year):
    for account_id, planted in year.played(Cause.DEPARTED_CHAMPION):
        champion = next(c.user_id for c in year.portfolio.contacts if c.account_id == account_id)
        before = year.seen(account_id, planted.began - timedelta(28), planted.began - timedelta(1))
        assert champion in before or planted.began - timedelta(28) < year.portfolio.first_day
        assert champion not in year.seen(account_id, planted.began, LAST_DAY)
        if year.long_before(planted, 58):
            later = year.logins(account_id, planted.began + timedelta(35), 20) / 20
            assert later < 0.6 * year.logins(account_id, planted.began - timedelta(28)) / 28


def test_a_team_recovers_when_a_new_champion_comes(year: Year):
    for account_id, planted in year.played(Cause.DEPARTED_CHAMPION, Ending.RECOVERS):
        if year.long_before(planted, 140):
            before = year.logins(account_id, planted.began - timedelta(28))
            assert year.logins(account_id, planted.began + timedelta(110)) > 0.6 * before


def test_after_a_budget_cut_most_are_gone_from_one_day_to_the_next(year: Year):
    for account_id, planted in year.played(Cause.BUDGET_CUT):
        before = year.seen(account_id, planted.began - timedelta(28), planted.began - timedelta(1))
        after = year.seen(account_id, planted.began, LAST_DAY)
        assert after < before
        assert len(after) <= 0.6 * len(before)


def test_a_quiet_quitter_erodes_month_by_month_and_leaves(year: Year):
    for account_id, planted in year.played(Cause.QUIET_QUITTER):
        assert planted.leaves_on
        assert planted.leaves_on >= planted.began + timedelta(90)
        if year.long_before(planted, 90):
            months = [year.logins(account_id, planted.began + timedelta(days)) for days in (-28, 28, 62)]
            assert months[0] > months[1] > months[2]


def test_a_seasonal_business_comes_back(year: Year):
    for account_id, planted in year.played(Cause.SEASONAL):
        assert year.accounts[account_id].churn_date is None
        if year.long_before(planted, 110):
            before = year.logins(account_id, planted.began - timedelta(28))
            quiet = year.logins(account_id, planted.began + timedelta(10))
            again = year.logins(account_id, planted.began + timedelta(80))
            assert quiet < 0.55 * before
            assert again > 0.75 * before


def test_an_onboarding_that_fails_leaves_hardly_anybody(year: Year):
    for account_id, planted in year.played(Cause.FAILED_ONBOARDING, Ending.LEAVES):
        assert year.accounts[account_id].usage_start == planted.began
        assert year.logins(account_id, planted.began + timedelta(6)) < 28


def test_a_competitor_on_trial_takes_half_the_team(year: Year):
    for account_id, planted in year.played(Cause.COMPETITOR_TRIAL):
        if year.long_before(planted, 54):
            before = year.logins(account_id, planted.began - timedelta(28))
            assert year.logins(account_id, planted.began + timedelta(26)) < 0.75 * before


def test_a_grower_has_more_people_at_the_end(year: Year):
    for account_id, _ in year.played(Cause.GROWER):
        start = year.logins(account_id, year.portfolio.first_day)
        assert year.logins(account_id, LAST_DAY - timedelta(27)) > start


def test_dormant_accounts_and_those_that_never_started_are_still_customers(year: Year):
    for account_id, _ in year.played(Cause.DORMANT):
        assert year.logins(account_id, LAST_DAY - timedelta(119), 120) == 0
        assert year.logins(account_id, year.portfolio.first_day) > 0
        assert year.accounts[account_id].churn_date is None
    for account_id, _ in year.played(Cause.NEVER_STARTED):
        assert not year.users.get(account_id)
        assert year.accounts[account_id].usage_start is None


def test_one_record_lacks_its_csm_and_one_its_segment(year: Year):
    assert [a.csm_email for a in year.portfolio.accounts].count(None) == 1
    assert [a.segment for a in year.portfolio.accounts].count(None) == 1


def test_trouble_strikes_in_the_last_two_weeks_at_big_customers_and_at_newcomers(year: Year):
    fresh = {
        (year.accounts[account_id].segment, planted.cause)
        for account_id, planted in year.portfolio.planted.items()
        if planted.began > LAST_DAY - timedelta(14)
    }

    assert ("enterprise", Cause.BUDGET_CUT) in fresh
    assert ("smb", Cause.FAILED_ONBOARDING) in fresh


def test_an_outage_of_the_feed_silences_everybody_and_changes_nothing_else():
    out = (date(2026, 6, 2), date(2026, 6, 4))
    whole = a_small_one()
    portfolio = a_portfolio(seed=1, accounts=30, last_day=LAST_DAY, days=40, outage=out)

    silent = range(out[0].toordinal(), out[1].toordinal() + 1)

    assert [*portfolio.events()] == [event for event in whole.events() if event.day not in silent]
    assert portfolio.accounts == whole.accounts


def test_a_portfolio_moved_by_weeks_lives_the_same_days_later():
    portfolio = a_small_one()
    later = portfolio.moved(20)
    by = timedelta(weeks=20)

    was = [(e.account_id, e.user_id, e.event, e.day + by.days, e.occurred_at[10:], e.n) for e in portfolio.events()]
    assert [(e.account_id, e.user_id, e.event, e.day, e.occurred_at[10:], e.n) for e in later.events()] == was
    assert all(e.occurred_at[:10] == date.fromordinal(e.day).isoformat() for e in later.events())
    for before, after in zip(portfolio.accounts, later.accounts, strict=True):
        assert after.signup_date == before.signup_date + by
        assert (after.churn_date is None) == (before.churn_date is None)
    assert later.last_day == portfolio.last_day + by
    assert later.moved(-20) == portfolio


def test_every_company_has_a_domain_of_its_own(year: Year):
    domains = [account.domain for account in year.portfolio.accounts]
    assert len(set(domains)) == len(domains)


def test_accounts_and_contacts_survive_the_way_through_a_file(year: Year):
    accounts = [_known(row) for row in csv.DictReader(accounts_csv(year.portfolio))]
    contacts = [_known(row) for row in csv.DictReader(contacts_csv(year.portfolio))]

    assert tuple(Account.model_validate_strings(row) for row in accounts) == year.portfolio.accounts
    assert tuple(Contact.model_validate_strings(row) for row in contacts) == year.portfolio.contacts


def test_events_survive_the_way_through_a_file():
    portfolio = a_small_one()
    rows = csv.DictReader(events_csv(portfolio))

    read = [(row["account_id"], row["user_id"], row["event"], row["occurred_at"], int(row["n"])) for row in rows]

    assert read == [(e.account_id, e.user_id, e.event, e.occurred_at, e.n) for e in portfolio.events()]


@pytest.mark.parametrize(("accounts", "days"), [(0, 30), (1, 1), (7, 10), (40, 500)])
def test_a_portfolio_may_be_tiny_or_short(accounts: int, days: int):
    portfolio = a_small_one(accounts=accounts, days=days)

    assert len(portfolio.accounts) == accounts
    assert (portfolio.last_day - portfolio.first_day).days == days - 1
    assert all(portfolio.first_day.toordinal() <= e.day <= LAST_DAY.toordinal() for e in portfolio.events())


def test_the_made_up_world_does_not_know_how_it_is_watched():
    told = re.compile(r"baseline|\bratio|\bindex|alert|threshold|60 ?%", re.IGNORECASE)
    folder = Path(simulate.__file__).parent
    world = [folder / f"{name}.py" for name in ("portfolio", "companies", "cast", "behaviours", "people", "workdays")]

    assert [path.name for path in world if told.search(path.read_text(encoding="utf-8"))] == []


def _known(row: dict[str, str]) -> dict[str, str]:
    return {column: value for column, value in row.items() if value}
