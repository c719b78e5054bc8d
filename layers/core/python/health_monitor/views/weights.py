"""Which weights the customer's own history speaks for, in words and columns."""

from collections.abc import Iterator
from decimal import Decimal
from textwrap import wrap

from health_monitor.learn.figures import Figure
from health_monitor.learn.weights import LANDMARK_DAYS, Weighing
from health_monitor.views.wording import NONE, count_of, whole

WIDTH = 100
HOW = (
    "Correlation: +1 when every account that stayed scored higher in it than every one that left within 90 days, 0 "
    f"when it says nothing (rank-biserial, on every account each {LANDMARK_DAYS} days). In brackets: 95% intervals, "
    "200 draws of whole accounts. It tells what went with staying, not what causes it. Proposed weights lie halfway "
    "between today's and ones in proportion to the correlations that are shown to differ from 0. Nothing is applied: "
    "write them into scorecard.yaml, and try them with health-monitor model plan."
)


def weights_lines(found: tuple[Weighing, ...]) -> Iterator[str]:
    """The page, line by line, at most 100 columns."""
    if not found:
        yield "No account could be scored on any stored day, so there is nothing to learn from."
        return
    for one in found:
        yield from _card(one)
        yield ""
    yield from wrap(HOW, WIDTH)


def _card(found: Weighing) -> Iterator[str]:
    whom = f" ({', '.join(found.cards)})" if found.cards else ""
    yield from wrap(
        f"Weights of {found.name}{whom}: {count_of(found.accounts, 'account')}, {whole(found.churned)} of them left, "
        f"over {count_of(found.days, 'day')}.",
        WIDTH,
    )
    yield f"  {'dimension':<22}{'left':>8}{'stayed':>8}{'correlation':>26}{'weight':>10}{'proposed':>12}"
    for one in found.dimensions:
        proposed = NONE if one.proposed is None else _percent(one.proposed)
        yield (
            f"  {one.name[:21]:<22}{one.churned:>8,}{one.stayed:>8,}{_signed(one.correlation):>26}"
            f"{_percent(one.weight):>10}{proposed:>12}"
        )
    yield from wrap(f"  {_verdict(found)}", WIDTH, subsequent_indent="  ")


def _verdict(found: Weighing) -> str:
    if found.why_not:
        return f"No weights are proposed: {found.why_not}."
    grade = "" if found.grade == "full" else "Experimental: fewer than 200 churns or 24 months. "
    judged = found.judged
    if judged is None or judged.before.value is None or judged.after.value is None:
        return f"{grade}Too few left in one half of the history to judge the proposal on what came after it."
    by = judged.after.value - judged.before.value
    shown = "" if (judged.low or 0) > 0 or (judged.high or 0) < 0 else "; no difference shown"
    return (
        f"{grade}Weights from the earlier half of the history, judged on the later one ({judged.before.n} left): AUC "
        f"{judged.after.value:.2f} against {judged.before.value:.2f} with today's, {by:+.2f} "
        f"(95% {judged.low:+.2f} to {judged.high:+.2f}){shown}."
    )


def _signed(figure: Figure) -> str:
    if figure.value is None:
        return "n too small"
    spread = "" if figure.low is None or figure.high is None else f" ({figure.low:+.2f} to {figure.high:+.2f})"
    return f"{figure.value:+.2f}{spread}"


def _percent(weight: Decimal) -> str:
    return f"{weight.normalize():f}%"
