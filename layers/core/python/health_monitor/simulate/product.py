"""The made-up product: its features, what customers use it for, what it costs, and who buys it."""

from typing import NamedTuple

FEATURES = (
    "dashboard", "job_tracker", "schedule_board", "report_builder", "approval_flow", "file_library",
    "mobile_checklist", "automation", "invoice_match", "export", "team_chat", "api_sync",
)  # fmt: skip
COMMON = 1.0
"""Everybody touches every feature a little; a use case adds its own favourites."""
USE_CASES: dict[str, dict[str, float]] = {
    "project delivery": {"job_tracker": 9, "schedule_board": 6, "dashboard": 5, "team_chat": 4, "file_library": 3},
    "field service": {"mobile_checklist": 10, "schedule_board": 8, "job_tracker": 4, "file_library": 2},
    "compliance": {"approval_flow": 9, "file_library": 7, "report_builder": 5, "export": 4, "mobile_checklist": 2},
    "reporting": {"report_builder": 10, "dashboard": 8, "export": 5, "api_sync": 3},
    "procurement": {"invoice_match": 10, "approval_flow": 8, "export": 3, "automation": 3, "dashboard": 2},
}


def mix(use_case: str) -> list[tuple[str, float]]:
    """How likely people with this use case are to work with each feature."""
    favourites = USE_CASES[use_case]
    return [(feature, COMMON + favourites.get(feature, 0)) for feature in FEATURES]


class Industry(NamedTuple):
    """How an industry lives: its share of a weekday's work done at weekends, and how far it observes holidays."""

    weekend: float
    holidays: float
    use_cases: tuple[str, ...]


INDUSTRIES: dict[str, Industry] = {
    "Logistics": Industry(0.35, 0.55, ("field service", "procurement")),
    "Software": Industry(0.07, 0.85, ("project delivery", "reporting")),
    "Manufacturing": Industry(0.10, 0.90, ("procurement", "compliance", "field service")),
    "Healthcare": Industry(0.55, 0.35, ("compliance", "field service")),
    "Professional services": Industry(0.05, 0.85, ("project delivery", "reporting")),
    "Financial services": Industry(0.03, 0.75, ("compliance", "reporting")),
    "Retail": Industry(0.60, 0.40, ("procurement", "reporting")),
    "Education": Industry(0.04, 0.95, ("project delivery", "compliance")),
    "Hospitality": Industry(0.70, 0.30, ("field service", "procurement")),
    "Construction": Industry(0.08, 0.95, ("field service", "project delivery")),
    "Accounting": Industry(0.05, 0.85, ("compliance", "reporting")),
    "Media": Industry(0.10, 0.75, ("project delivery", "reporting")),
}
QUIET_FROM = (
    "Retail", "Hospitality", "Media", "Accounting", "Accounting", "Education",
    "Education", "Manufacturing", "Hospitality", "Logistics", "Construction", "Construction",
)  # fmt: skip
"""Whose quiet season begins in which month, January first."""


class Size(NamedTuple):
    """What one segment looks like: people, the pilot team it starts with, tiers and plans with their weights."""

    users: tuple[int, int]
    pilot: tuple[int, int]
    tiers: tuple[tuple[str, float], ...]
    plans: tuple[tuple[str, float], ...]


SIZES: dict[str, Size] = {
    "enterprise": Size(
        (38, 76), (16, 19), (("enterprise", 0.7), ("strategic", 0.3)), (("enterprise", 0.7), ("business", 0.3))
    ),
    "mid_market": Size((14, 34), (9, 11), (("growth", 0.7), ("standard", 0.3)), (("business", 0.6), ("team", 0.4))),
    "smb": Size((6, 12), (6, 6), (("standard", 0.8), ("growth", 0.2)), (("team", 0.5), ("starter", 0.5))),
}
SEGMENT_MIX = (("smb", 0.56), ("mid_market", 0.31), ("enterprise", 0.13))
SEAT_PRICE = {"starter": 348, "team": 588, "business": 948, "enterprise": 1380}
"""A year of one seat."""


class Place(NamedTuple):
    """Where a company works: its time zone, and the minute of the UTC day at which work begins there."""

    timezone: str
    opens_at: int


PLACES = (
    Place("America/New_York", 13 * 60),
    Place("America/Chicago", 14 * 60),
    Place("America/Los_Angeles", 16 * 60),
    Place("Europe/London", 8 * 60),
    Place("Europe/Berlin", 7 * 60),
    Place("Europe/Stockholm", 7 * 60),
    Place("Asia/Singapore", 60),
    Place("Australia/Sydney", 0),
)
