"""The ledger of scorecards that went live: who, why, from what to what."""

import pytest
from pydantic import ValidationError

from health_monitor.model.scoring_change import Applied, Reach, StoredPlan
from tests.builders import A_DAY, A_MOMENT

CHANGE = {"at": A_MOMENT, "before": "a", "after": "b", "config_before": "c", "config_after": "d"}


def test_a_change_that_was_written_down_is_read_as_it_was() -> None:
    done = Applied.model_validate({**CHANGE, "kind": "apply", "by": "kim@example.com", "note": "why", "restated": 12})
    assert Applied.model_validate_json(done.model_dump_json()) == done
    plan = StoredPlan(before="a", after="b", at=A_MOMENT, reach=Reach(night=A_DAY), counts={"accounts": 12})
    assert StoredPlan.model_validate_json(plan.model_dump_json()) == plan


@pytest.mark.parametrize("empty", ["by", "note"])
def test_nobody_changes_a_scorecard_without_a_name_and_a_reason(empty: str) -> None:
    given = {**CHANGE, "kind": "rollback", "by": "kim@example.com", "note": "why", empty: ""}
    with pytest.raises(ValidationError, match=empty):
        Applied.model_validate(given)
