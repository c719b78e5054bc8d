"""How many customers stayed, by the score they had: what a score is worth in money."""

from datetime import date

from health_monitor.model.strict import Strict


class RetentionBin(Strict):
    """Accounts that had a score from `low` to below `high` (tenths), and how many of them left within the horizon.

    p_churn: the share, smoothed over neighbouring bins so that it never rises with the score; with its 95 % interval.
    All three are those of the bins that were taken together; n and churned are the bin's own.
    """

    low: int
    high: int
    n: int
    churned: int
    p_churn: float
    p_low: float
    p_high: float


class Retention(Strict):
    """The table by bins. `calibrated` only with enough history: else nobody may read a chance from it.

    through: the last day whose scores are counted; every account counts once in a quarter.
    """

    horizon_days: int = 90
    calibrated: bool = False
    n: int = 0
    churned: int = 0
    through: date | None = None
    bins: tuple[RetentionBin, ...] = ()
