"""A drop that hits everybody is held back as one incident; a severe one on a high-value account never is."""

from collections import Counter
from decimal import Decimal
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.model.config import Bundle, DataIncident, Profile
from health_monitor.model.replay import Incident
from health_monitor.model.usage import Drop, Tenure
from health_monitor.usage.incident import held_back, incident_of, incident_text, shift
from health_monitor.usage.windows import sums_at
from tests.builders import an_account
from tests.rooms.usages import START, a_life, stretches, the_rules

SETTINGS = DataIncident()
CONFIG = Bundle(profiles=(Profile(name="all"),))


def shifts(*values: int) -> Counter[int]:
    return Counter(values)


@pytest.mark.parametrize(("median_account", "found"), [(8_000, None), (7_999, Incident(START, 7_999, 21))])
def test_an_incident_needs_a_median_below_eighty_percent(median_account: int, found: Incident | None) -> None:
    values = [100] * 10 + [median_account] + [12_000] * 10
    assert incident_of(START, shifts(*values), SETTINGS) == found


@pytest.mark.parametrize(("accounts", "found"), [(19, None), (20, Incident(START, 5_000, 20))])
def test_fewer_than_twenty_accounts_are_no_portfolio(accounts: int, found: Incident | None) -> None:
    assert incident_of(START, shifts(*[5_000] * accounts), SETTINGS) == found


def test_of_an_even_number_the_two_in_the_middle_decide() -> None:
    below, above = [100] * 10, [20_000] * 10
    assert incident_of(START, shifts(*below, 7_999, 8_001, *above), SETTINGS) is None
    assert incident_of(START, shifts(*below, 7_998, 8_001, *above), SETTINGS) == Incident(START, 7_999, 22)


@given(st.lists(st.integers(0, 20_000), min_size=20, max_size=60))
def test_the_median_is_the_one_of_statistics(values: list[int]) -> None:
    found = incident_of(START, shifts(*values), SETTINGS)
    middle = median(values)
    assert (found is not None) == (middle < 8_000)
    assert found is None or found == Incident(START, int(middle), len(values))


def test_no_account_no_incident() -> None:
    assert incident_of(START, Counter(), SETTINGS) is None


@pytest.mark.parametrize(("age", "expected"), [(19, None), (20, 10_000), (21, 9_285), (27, 5_000), (34, 0)])
def test_an_account_counts_once_both_fortnights_are_whole(age: int, expected: int | None) -> None:
    """Ten users a day until day 20, then nobody: on day 21 thirteen of fourteen days are left."""
    life = a_life(stretches((21, 10), (20, 0)))
    now, then = (sums_at(life, Tenure(START, START), START + day, the_rules()) for day in (age, age - 7))
    assert shift(now, then.index_sum, the_rules(), SETTINGS) == expected


def test_an_account_that_was_silent_a_week_ago_says_nothing() -> None:
    now = sums_at(a_life([0] * 40 + [5]), Tenure(START, START), START + 40, the_rules())
    assert shift(now, 0, the_rules(), SETTINGS) is None


@pytest.mark.parametrize(
    ("facts", "drop", "held"),
    [
        ({}, Drop.MODERATE, True),
        ({}, Drop.SEVERE, True),
        ({"tier": "enterprise"}, Drop.MODERATE, True),
        ({"tier": "enterprise"}, Drop.SEVERE, False),
        ({"tier": "strategic"}, Drop.SEVERE, False),
        ({"arr": Decimal(49_999)}, Drop.SEVERE, True),
        ({"arr": Decimal(50_000)}, Drop.SEVERE, False),
        ({"arr": None, "tier": None}, Drop.SEVERE, True),
    ],
)
def test_only_severe_drops_of_high_value_accounts_are_never_held(
    facts: dict[str, object], drop: Drop, held: bool
) -> None:
    assert held_back(an_account(**facts), drop, CONFIG) is held


def test_the_incident_in_words() -> None:
    assert incident_text(Incident(START, 6_249, 312)) == ("portfolio_drop: median 62% of a week ago over 312 accounts")
