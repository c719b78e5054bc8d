"""What a head of customer success reads before saying yes to another scorecard."""

from decimal import Decimal

import pytest

from health_monitor.learn.figures import MIN_N
from health_monitor.learn.plan import findings
from health_monitor.learn.weights import ENOUGH_CHURNS, FULL_CHURNS, Landmark, weigh
from health_monitor.views.plan import plan_lines
from health_monitor.views.weights import weights_lines
from tests.rooms.test_model_plan import DAY, C, H, M, R, both, enough, facts, points
from tests.rooms.test_weights import WEIGHTS, history

LONG = "The Extraordinarily Long Name of a Holding Company and Sons, Limited"


def page(*those: object) -> str:
    return "\n".join(plan_lines(findings(those)))  # type: ignore[arg-type]


def test_the_page_says_on_how_many_everything_rests() -> None:
    text = page(
        both(facts(left=DAY + 7), points(H, H), points(H, R)),
        both(facts("b", csm=None, renewed=(DAY + 1,), left=DAY + 400), points(None), points(None)),
    )
    assert text.startswith(
        "Replayed 2 weeks, 25 May 2026 to 1 Jun 2026: 2 accounts, 1 CSM with 2 CSM-weeks, 1 churn (1 more had\n"
        "no score before they left) and 0 renewals that can be judged.\n"
        "1 account has no CSM; their alerts are in no CSM's week.\n"
    )
    assert "1 of 1: n too small" in text
    assert "  no score" in text


def test_a_past_without_scores_is_told_in_one_sentence() -> None:
    assert page() == "No account could be scored on any stored day, so there is nothing to compare."


def test_ten_accounts_that_change_are_named_and_the_others_counted() -> None:
    text = page(*(both(facts(f"a{n:02}", arr=Decimal(1_000 - n)), points(H), points(R)) for n in range(12)))
    assert "12 of 12 accounts would stand elsewhere today:" in text
    assert "  A09 " in text
    assert "  A10 " not in text
    assert "  and 2 more (--json names all)" in text
    assert "  ARR at risk or critical                        0        11,934       +11,934" in text


def test_nothing_that_moves_is_said_too() -> None:
    assert "No account would stand elsewhere today." in page(both(facts(), points(M), points(M)))


def test_churns_and_false_alarms_are_named_where_the_two_disagree() -> None:
    text = page(
        both(facts("a", left=DAY + 7, arr=Decimal(5_000)), points(H), points(C)),
        both(facts("b", left=DAY + 7), points(C), points(H)),
        both(facts("c", renewed=(DAY + 7,)), points(C), points(H)),
        *(both(facts(f"d{n:02}", renewed=(DAY + 7,)), points(H), points(C)) for n in range(11)),
    )
    assert "Churns that only the live one misses, 1: A (5,000, left 8 Jun 2026)" in text
    assert "Churns that only the new one misses, 1: B (–, left 8 Jun 2026)" in text
    assert "False alarms of the live one only, 1: C (–, renewed 8 Jun 2026)" in text
    assert "False alarms of the new one only, 11: D00" in text
    assert " and 1 more" in text


def test_rates_stand_with_counts_intervals_and_the_difference() -> None:
    text = page(*enough())
    row = next(line for line in text.splitlines() if "churns missed" in line)
    assert "10 of 20: 50% (" in row
    assert "0 of 20: 0% (0–16)" in row
    assert "  -50 pts (-" in row
    assert "n 10: n too small" in next(line for line in text.splitlines() if "lead in days" in line)
    assert "200 ARR that left with these churns" in text


def test_alerts_stand_by_kind_and_by_csm_the_busiest_first() -> None:
    alerted = points(H, H, w1=("p1_open", "score_below_25"))
    text = page(*(both(facts(f"a{n}", csm=f"csm{n:02}"), points(H, H), alerted) for n in range(12)))
    assert "  p1 open                                                      0          12         +12" in text
    assert "  csm00, a week of 2 " in text
    assert "1.00       +1.00" in text
    assert "  and 2 more CSMs with fewer alerts" in text
    assert "+1.00 (+1.00 to +1.00)" in text


@pytest.mark.parametrize("arr", [None, Decimal(900_000_000_000)])
def test_no_line_is_wider_than_100_columns(arr: Decimal | None) -> None:
    wide = [
        one._replace(
            facts=one.facts._replace(label=LONG, csm=f"a.very.long.address.{n}@customer-success.example", arr=arr)
        )
        for n, one in enumerate(enough(MIN_N * 3))
    ]
    text = page(*wide)
    assert max(map(len, text.splitlines())) <= 100
    assert "…" in text


def weights_page(*landmarks: Landmark) -> str:
    return "\n".join(weights_lines((weigh("standard", landmarks, WEIGHTS),)))


def test_weights_stand_beside_their_correlation_with_what_they_rest_on() -> None:
    text = weights_page(*history(ENOUGH_CHURNS))
    assert text.startswith("Weights of standard: 100 accounts, 50 of them left, over 784 days.\n")
    row = next(line for line in text.splitlines() if line.startswith("  usage"))
    assert row.split()[:3] == ["usage", "50", row.split()[2]]
    assert row.endswith("60%         80%")
    assert "Experimental: fewer than 200 churns or 24 months." in text
    assert "against" in text
    assert max(map(len, text.splitlines())) <= 100


def test_not_enough_churns_is_said_in_place_of_weights() -> None:
    text = weights_page(*history(7))
    assert "n too small" in text
    assert "  No weights are proposed: not enough churns: 7 of the 50 that a proposal needs." in text


def test_a_proposal_that_cannot_be_judged_says_so() -> None:
    rows = [one._replace(day=one.day % 28 + 400 if one.left else one.day, left=one.left and 480) for one in history(60)]
    assert "Too few left in one half of the history to judge" in weights_page(*rows)


def test_a_proposal_that_changes_nothing_says_that_no_difference_is_shown() -> None:
    text = weights_page(*history(FULL_CHURNS))
    assert "no difference shown" in text
    assert "Experimental" not in text


def test_without_any_scores_there_is_nothing_to_learn_from() -> None:
    assert list(weights_lines(())) == [
        "No account could be scored on any stored day, so there is nothing to learn from."
    ]
