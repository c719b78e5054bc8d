"""Every measure by its name in the scorecard: a function of an account's evidence and the measure's settings.

What each means is declared in `model/measure.py`; every value is 0 (worst) to 10,000 (best), or None with the reason.
"""

from collections.abc import Callable

from health_monitor.model.evidence import Evidence
from health_monitor.model.score import Reading
from health_monitor.score import measures_contact as contact
from health_monitor.score import measures_usage as usage
from health_monitor.score import measures_voice as voice
from health_monitor.score import measures_worth as worth
from health_monitor.score.reading import Settings

MEASURE: dict[str, Callable[[Evidence, Settings], Reading]] = {
    "active_users": usage.active_users,
    "login_frequency": usage.login_frequency,
    "feature_depth": usage.feature_depth,
    "user_health": usage.user_health,
    "usage_trend": usage.usage_trend,
    "peer_usage": usage.peer_usage,
    "qbr_attendance": contact.qbr_attendance,
    "response_rate": contact.response_rate,
    "training": contact.training,
    "goals_met": worth.goals_met,
    "roi_shown": worth.roi_shown,
    "use_cases": worth.use_cases,
    "nps": voice.nps,
    "csat": voice.csat,
    "support_friction": voice.support_friction,
    "csm_pulse": voice.csm_pulse,
    "executive_sponsor": contact.executive_sponsor,
    "champion": contact.champion,
    "touch_cadence": contact.touch_cadence,
    "departments": contact.departments,
    "relationship_rating": contact.relationship_rating,
    "payment": worth.payment,
    "contract": worth.contract,
    "expansion": worth.expansion,
    "spend": worth.spend,
}
