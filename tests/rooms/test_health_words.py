"""An account's score and status, as a card and a mail say them."""

from datetime import date

from health_monitor.act.health import health_words
from health_monitor.model.score import Deltas
from tests.builders import a_standing, an_override

OVERRIDE = an_override(expires_on=date(2027, 1, 31))
JUDGED = "carla@example.com until 2027-01-31: the champion left"


def test_score_status_and_what_to_think_of_them() -> None:
    plain = a_standing(score=612, status="at_risk", model_status="at_risk")
    assert health_words(plain, None) == "61.2, at risk"
    falling = plain.model_copy(update={"deltas": Deltas(-83, None, None), "provisional": True, "coverage": 4_500})
    assert health_words(falling, None) == "61.2, at risk, -8.3 in 30 days, provisional: 45 % is known"
    assert health_words(a_standing(score=None, status=None), None) == "not enough known (83 %)"
    assert health_words(None, None) is None


def test_whose_override_counts_and_what_the_score_says_instead() -> None:
    over = a_standing(score=850, status="at_risk", model_status="healthy", override=OVERRIDE.name)
    assert health_words(over, OVERRIDE) == f"85.0, at risk by override (the score says healthy); override of {JUDGED}"
    nothing = over.model_copy(update={"score": None})
    assert health_words(nothing, OVERRIDE) == f"not enough known (83 %), at risk by override; override of {JUDGED}"
    unknown = over.model_copy(update={"model_status": None})
    assert health_words(unknown, None) == "85.0, at risk by override (the score says unknown)"


def test_one_that_no_scoring_knows_of_yet_is_told_too() -> None:
    before = a_standing(score=850, status="healthy")
    assert health_words(before, OVERRIDE) == f"85.0, healthy; at risk by override of {JUDGED}"
    assert health_words(None, OVERRIDE) == f"at risk by override of {JUDGED}"
