"""How well the score tells who leaves: tuned on one year of the public data, judged on the next, beside its peers.

Needs scikit-learn, which the group `bench` of the lock brings; nothing of the product does.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.landmarks import HORIZONS, Landmark, landmarks
from benchmarks.measure import Line
from health_monitor.model.measure import MEASURES
from health_monitor.model.score import FULL
from health_monitor.model.scorecard import Scorecard
from health_monitor.score.card import score_of
from health_monitor.score.measures import MEASURE

TUNED_ON, JUDGED_ON = "2013B", "2013J"
USAGE = ("active_users", "login_frequency", "feature_depth", "user_health", "usage_trend", "peer_usage")
VALUE = ("goals_met",)
POINTS = (0, 10, 20, 40, 80)
ROUNDS, DRAWS = 3, 60
TOP = 0.1
"""Lift is told for this share of the accounts, those at most risk."""
Risk = Sequence[float]
"""One number a landmark; more is worse."""


def lines(folder: Path) -> Iterator[Line]:
    """AUC and lift of each way to rank accounts, with 95 % intervals by drawing accounts."""
    import numpy as np

    found = landmarks(folder)
    train = [one for one in found if one.term == TUNED_ON]
    test = [one for one in found if one.term == JUDGED_ON]
    for horizon in HORIZONS:
        asked = [one for one in test if one.left[horizon] is not None]
        left = np.array([bool(one.left[horizon]) for one in asked])
        names = np.array([one.account_id for one in asked])
        seen = {}
        for what, rank in _ways(train, horizon).items():
            seen[what] = np.array(rank(asked))
            area, spread, lift = _figures(left, seen[what], names)
            yield Line(f"{what}, {horizon} days", f"AUC {area:.3f} ({spread}), lift {lift:.2f} in the top tenth")
        base = f"{left.mean():.1%} of {len(left):,} landmarks of {len(set(names)):,} accounts left"
        yield Line(f"base rate, {horizon} days", base)


def _ways(train: Sequence[Landmark], horizon: int) -> dict[str, Callable[[Sequence[Landmark]], Risk]]:
    known = [one for one in train if one.left[horizon] is not None]
    ours = product_scorecard()
    return {
        "last seen": lambda some: [one.raw[0] for one in some],
        "bare logistic regression": _regression(known, horizon),
        "score, as it comes": _scored(ours),
        "score, tuned": _scored(tuned(known, horizon, (*USAGE, *VALUE))),
        "score, tuned, without peers": _scored(tuned(known, horizon, (*USAGE[:-1], *VALUE))),
        "score, tuned, usage alone": _scored(tuned(known, horizon, USAGE)),
    }


def product_scorecard() -> Scorecard:
    """The scorecard that comes with the product."""
    from health_monitor import wiring

    return wiring.default_bundle().scorecard


def tuned(known: Sequence[Landmark], horizon: int, measures: Sequence[str]) -> Scorecard:
    """A scorecard whose points rank the known landmarks best: one measure's points after the other, three rounds."""
    import numpy as np

    values = np.array([[_value(one, name) for name in measures] for one in known], dtype=float)
    left = np.array([bool(one.left[horizon]) for one in known])
    points = np.array([20.0] * len(measures))
    for _ in range(ROUNDS):
        for at in range(len(measures)):
            tries = [np.array([*points[:at], point, *points[at + 1 :]]) for point in POINTS]
            points = max((one for one in tries if one.any()), key=lambda one: _area(left, -_mean(values, one)))
    return _scorecard({name: point for name, point in zip(measures, points, strict=True) if point})


def _value(landmark: Landmark, measure: str) -> float:
    value = MEASURE[measure](landmark.evidence, MEASURES[measure].settings).value
    return float("nan") if value is None else value / FULL


def _mean(values: Any, points: Any) -> Any:
    """The score's own arithmetic over known measures, for all landmarks at once."""
    import numpy as np

    known = np.where(np.isnan(values), 0, points)
    whole = known.sum(axis=1)
    return np.where(whole > 0, np.nansum(values * known, axis=1) / np.where(whole > 0, whole, 1), 0.5)


def _scorecard(points: Mapping[str, float]) -> Scorecard:
    """One dimension for use and one for value, weighted as their points are."""
    whole = sum(points.values())
    dimensions = {}
    for name, measures in (("usage", USAGE), ("value", VALUE)):
        mine = {one: {"points": points[one]} for one in measures if one in points}
        if mine:
            dimensions[name] = {"weight": round(100 * sum(points[one] for one in mine) / whole), "measures": mine}
    return Scorecard.model_validate({"scorecards": [{"name": "tuned", "dimensions": dimensions}]})


def _scored(scorecard: Scorecard) -> Callable[[Sequence[Landmark]], Risk]:
    def rank(some: Sequence[Landmark]) -> Risk:
        scores = [score_of(one.evidence, scorecard).value for one in some]
        return [-float(500 if value is None else value) for value in scores]

    return rank


def _regression(known: Sequence[Landmark], horizon: int) -> Callable[[Sequence[Landmark]], Risk]:
    """What anybody would try first, on the same numbers that a score is made of; without peers."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit([one.raw[1:] for one in known], [one.left[horizon] for one in known])
    return lambda some: list(model.decision_function([one.raw[1:] for one in some]))


def _area(left: Any, risk: Any) -> float:
    """AUC: how often one who left was ranked above one who stayed; ties count half."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(left, risk))


def _figures(left: Any, risk: Any, names: Any) -> tuple[float, str, float]:
    """AUC with its interval, and how many times the base rate the tenth at most risk holds."""
    import numpy as np

    order = np.argsort(-risk, kind="stable")[: int(len(risk) * TOP)]
    drawn = np.random.default_rng(7)
    _, whose = np.unique(names, return_inverse=True)
    rows = np.split(np.argsort(whose, kind="stable"), np.cumsum(np.bincount(whose))[:-1])
    areas = []
    for _ in range(DRAWS):
        picked = np.concatenate([rows[at] for at in drawn.integers(0, len(rows), len(rows))])
        areas.append(_area(left[picked], risk[picked]))
    low, high = np.percentile(areas, (2.5, 97.5))
    return _area(left, risk), f"{low:.3f} to {high:.3f}", float(left[order].mean() / left.mean())


if __name__ == "__main__":
    for line in lines(Path(sys.argv[1])):
        print(f"  {line.what:40} {line.measured}", flush=True)
