"""With whom an account is compared."""

from datetime import date
from typing import Any

import pytest

from health_monitor.model.account import Account
from health_monitor.score.cohorts import Cohort, cohorts_from, cohorts_of, compared, groups_of, named_cohorts
from tests.builders import an_account
from tests.rooms.standings import DAY


def some(scores: list[int | None], **known: Any) -> list[tuple[Account, int | None]]:
    return [(an_account(f"{known.get('segment', 'smb')}-{n}", **known), score) for n, score in enumerate(scores)]


def test_65_against_58_is_not_65_against_78() -> None:
    low, high = some([550, 570, 580, 600, 640], segment="smb"), some([700, 760, 780, 800, 850], segment="enterprise")
    cohorts = cohorts_of([*low, *high], DAY)
    above, below = (
        next(one for one in compared(an_account(segment=segment), 650, DAY, cohorts) if one.by == "segment")
        for segment in ("smb", "enterprise")
    )
    assert (above.cohort.median, above.difference, above.place) == (580, 70, "in the highest quarter")
    assert (below.cohort.median, below.difference, below.place) == (780, -130, "in the lowest quarter")


def test_a_cohort_has_five_accounts_with_a_score() -> None:
    four_and_one = some([500, 600, 700, 800, None])
    assert cohorts_of(four_and_one, DAY) == {}
    five = cohorts_of(some([500, 600, 700, 800, 900]), DAY)
    assert five["segment"] == {"smb": Cohort(5, 600, 700, 800)}
    assert compared(an_account(segment="enterprise", plan=None, usage_start=None), 700, DAY, five) == ()
    assert compared(an_account(), None, DAY, five) == ()
    assert cohorts_from(named_cohorts(five)) == five


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (599, "in the lowest quarter"), (600, "below the median"), (699, "below the median"),
        (700, "at the median or above"), (800, "at the median or above"), (801, "in the highest quarter"),
    ],
)  # fmt: skip
def test_the_place_among_the_cohort(value: int, place: str) -> None:
    cohorts = cohorts_of(some([500, 600, 700, 800, 900]), DAY)
    assert {one.place for one in compared(an_account(), value, DAY, cohorts)} == {place}


def test_by_what_accounts_are_alike() -> None:
    account = an_account(
        segment="smb", industry="retail", use_case="reporting", plan="pro", employees=51, signup_date=date(2025, 4, 1)
    )
    assert groups_of(account, DAY) == {
        "segment": "smb", "industry": "retail", "size": "51 to 200", "use_case": "reporting", "plan": "pro",
        "tenure": "1 to 2 years", "onboarding": "2025-Q2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("start", "tenure", "onboarding"),
    [
        (date(2026, 8, 4), "under 3 months", "2026-Q3"), (date(2026, 8, 3), "3 to 12 months", "2026-Q3"),
        (date(2023, 10, 1), "3 years and more", "2023-Q4"), (date(2026, 12, 1), None, None), (None, None, None),
    ],
)  # fmt: skip
def test_tenure_and_onboarding(start: date | None, tenure: str | None, onboarding: str | None) -> None:
    groups = groups_of(Account(account_id="a", usage_start=start, employees=0), DAY)
    assert (groups.get("tenure"), groups.get("onboarding"), groups.get("size")) == (tenure, onboarding, None)


def test_the_largest_companies() -> None:
    assert groups_of(an_account(employees=1_001), DAY)["size"] == "more than 1,000"
