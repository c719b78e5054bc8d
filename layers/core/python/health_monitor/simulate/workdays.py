"""How busy a day is before anybody in particular is asked: weekdays, weekends, the holidays at the year's turn."""

from datetime import date

WEEKDAY = (0.98, 1.04, 1.03, 1.0, 0.88)
"""Monday to Friday."""
HOLIDAYS = {
    (12, 24): 0.5,
    (12, 25): 0.12,
    (12, 26): 0.5,
    (12, 27): 0.7,
    (12, 28): 0.7,
    (12, 29): 0.7,
    (12, 30): 0.7,
    (12, 31): 0.5,
    (1, 1): 0.12,
    (1, 2): 0.7,
    (5, 1): 0.6,
}
"""What is left of a working day where everybody observes the holiday."""
SUMMER = {7: 0.95, 8: 0.9}
"""Whole months in which some are away."""


def business_of(day: date, weekend: float, observance: float) -> float:
    """The share of a usual working day's life that this day has for one company."""
    busy = WEEKDAY[day.weekday()] if day.weekday() < 5 else weekend
    kept = HOLIDAYS.get((day.month, day.day), SUMMER.get(day.month, 1.0))
    return busy * (1 - observance * (1 - kept))
