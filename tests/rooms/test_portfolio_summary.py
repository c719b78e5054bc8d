"""What a night's accounts are together."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from health_monitor.model.dossier import Dossier
from health_monitor.model.records import HealthStatus, Survey
from health_monitor.model.score import Deltas
from health_monitor.model.scorecard import Coverage
from health_monitor.score.portfolio import Row, nps_answers, row_of, share_warnings, summary_of
from tests.builders import an_account
from tests.rooms.standings import NOON, a_standing, evidence


def a_row(
    score: int | None, status: HealthStatus | None, arr: Decimal | None = Decimal(100), segment: str | None = "smb",
    csm: str | None = "carla@example.com", answers: tuple[int, ...] = (), **known: Any,
) -> Row:  # fmt: skip
    account = an_account(arr=arr, segment=segment, csm_email=csm)
    return row_of(a_standing(score=score, status=status, **known), account, answers)


def test_the_portfolio_its_segments_and_its_csms() -> None:
    told = summary_of(
        [
            a_row(900, "healthy", tier="T4", expansion_ready=True, trend="improving", answers=(10, 9)),
            a_row(600, "moderate", Decimal("50.50"), tier="T2", deltas=Deltas(-40, None, None), answers=(3,)),
            a_row(400, "at_risk", Decimal(1_000), segment="enterprise", tier="T1", flags=("crossed_down",)),
            a_row(100, "critical", csm=None, tier="T1", deltas=Deltas(-200, None, None), override="override:us/1"),
            a_row(None, None, arr=None, segment=None, provisional=True, coverage=0),
        ],
        Coverage(),
    )
    whole = told["portfolio"]
    assert (whole["accounts"], whole["arr"], whole["at_risk_arr"]) == (5, "1250.50", "1100")
    assert whole["status"] == {
        "healthy": {"accounts": 1, "arr": "100"}, "moderate": {"accounts": 1, "arr": "50.50"},
        "at_risk": {"accounts": 1, "arr": "1000"}, "critical": {"accounts": 1, "arr": "100"},
        "unknown": {"accounts": 1, "arr": "0"},
    }  # fmt: skip
    assert whole["tiers"] == {"T1": 2, "T2": 1, "T3": 0, "T4": 1, "T5": 0}
    assert whole["expansion_ready"] == {"accounts": 1, "arr": "100"}
    assert whole["score"] == {"n": 4, "mean": 500, "median": 500, "by_ten": [0, 1, 0, 0, 1, 0, 1, 0, 0, 1]}
    assert whole["change_30d"] == {"n": 2, "mean": -120, "median": -120}
    assert whole["trend"] == {"improving": 1, "stable": 0, "declining": 0}
    assert whole["flags"] == {"crossed_down": 1}
    assert whole["coverage"] == 8_000
    assert (whole["provisional"], whole["overridden"], whole["without_arr"]) == (1, 1, 1)
    assert whole["nps"] == {"n": 3, "promoters": 2, "detractors": 1, "score": 33}
    assert {name: one["accounts"] for name, one in told["segments"].items()} == {"-": 1, "enterprise": 1, "smb": 3}
    assert {name: one["accounts"] for name, one in told["csms"].items()} == {"-": 1, "carla@example.com": 4}
    assert told["csms"]["-"]["score"]["by_ten"][1] == 1


def test_a_score_of_100_is_in_the_last_bin_and_an_empty_portfolio_has_no_mean() -> None:
    told = summary_of([a_row(1_000, "healthy")], Coverage())["portfolio"]
    assert told["score"]["by_ten"][9] == 1
    empty = summary_of([], Coverage())["portfolio"]
    assert (empty["score"]["mean"], empty["score"]["median"], empty["coverage"]) == (None, None, None)
    assert (empty["nps"]["score"], empty["tier_warnings"]) == (None, [])


def test_shares_of_the_coverage_tiers_warn_and_never_force() -> None:
    """Seed 002: 10–15 % in T1, 20–30 % in T2, 40–50 % in T3, 10–20 % in T4, the rest in T5."""
    expected = {"T1": 12, "T2": 25, "T3": 45, "T4": 15, "T5": 3}
    assert share_warnings(expected, Coverage()) == []
    assert share_warnings({"T1": 164, "T2": 250, "T3": 436, "T4": 150}, Coverage()) == [
        "T1 holds 16.4% of 1000 accounts; 10 to 15% are expected"
    ]
    assert len(share_warnings({"T5": 10}, Coverage())) == 4


def test_an_nps_takes_everybodys_latest_answer_of_three_months() -> None:
    at = NOON.replace(month=11, day=1)

    def answer(key: str, score: int, days: int, who: str | None = None, survey: Any = "nps") -> Survey:
        when = at - timedelta(days=days)
        return Survey(source="s", key=key, changed_at=when, survey=survey, score=score, at=when, contact_id=who)

    surveys = (
        answer("1", 2, 90, "ida"), answer("2", 6, 80, "ida"), answer("3", 9, 10, "ida"), answer("4", 8, 3),
        answer("5", 7, 2), answer("6", 1, 1, survey="csat"), answer("7", 0, -1),
    )  # fmt: skip
    assert sorted(nps_answers(evidence(Dossier(surveys=surveys)))) == [7, 8, 9]
