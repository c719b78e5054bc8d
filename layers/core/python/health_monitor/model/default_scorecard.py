"""The product's own scorecard: what `config/scorecard.yaml` says, for configurations that were made without one."""

from functools import cache
from typing import Any

from health_monitor.model.scorecard import Scorecard

SEED_USAGE = {"active_users": 40, "login_frequency": 30, "feature_depth": 30}
"""The seed's points; 70 % active, a daily rhythm and 60 % of the features are 76."""
USAGE = SEED_USAGE | {"user_health": 20, "usage_trend": 20, "peer_usage": 20}
OTHERS = {
    "engagement": {"qbr_attendance": 40, "response_rate": 30, "training": 30},
    "value": {"goals_met": 40, "roi_shown": 30, "use_cases": 30},
    "sentiment": {"nps": 40, "csat": 30, "support_friction": 20, "csm_pulse": 10},
    "relationship": {
        "executive_sponsor": 20, "champion": 20, "touch_cadence": 20, "departments": 20, "relationship_rating": 20,
    },
    "financial": {"payment": 40, "contract": 20, "expansion": 20, "spend": 20},
}  # fmt: skip
"""The seed's points, and ours where it gives none: by dimension and measure."""
DEFAULT = {"usage": 35, "engagement": 18, "value": 17, "sentiment": 15, "relationship": 10, "financial": 5}
SEED_EXAMPLE = {"usage": 35, "engagement": 20, "value": 20, "sentiment": 15, "relationship": 10, "financial": 0}
"""The seed's example, in which money counts nothing: 75, 80, 70, 85 and 60 are 75.00."""


def _preset(weights: dict[str, int], usage: dict[str, int]) -> dict[str, Any]:
    points = {"usage": usage} | OTHERS
    return {
        name: {"weight": weight, "measures": {measure: {"points": one} for measure, one in points[name].items()}}
        for name, weight in weights.items()
    }


@cache
def default_scorecard() -> Scorecard:
    """The scorecard of a team that has not decided on one of its own."""
    return Scorecard.model_validate(
        {
            "band_sets": {
                "default": {"healthy": 75, "moderate": 50, "at_risk": 25},
                "enterprise": {"healthy": 70, "moderate": 50, "at_risk": 25},
                "smb": {"healthy": 80, "moderate": 60, "at_risk": 40},
            },
            "presets": {"default": _preset(DEFAULT, USAGE), "seed_example": _preset(SEED_EXAMPLE, SEED_USAGE)},
            "scorecards": [
                {"name": "enterprise", "when": {"segment": ["enterprise"]}, "bands": "enterprise", "preset": "default"},
                {"name": "smb", "when": {"segment": ["smb"]}, "bands": "smb", "preset": "default"},
                {"name": "standard", "bands": "default", "preset": "default"},
            ],
            "status_limits": [
                {"name": "usage_down_30_in_3_months", "measure": "usage_trend", "at_most": 50, "status": "at_risk"}
            ],
        }
    )
