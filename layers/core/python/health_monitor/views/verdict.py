"""The report's first sentences: what the rule would have done for you, said as plainly as the numbers allow."""

from typing import NamedTuple

from health_monitor.learn.report import MethodResult, Report
from health_monitor.views.wording import count_of, number, one_in, percent, whole

HARDLY = 1.3
"""Less often right than this many times chance is not worth a person's morning."""
CLEARLY = 1.1
"""Last seen has to be right this many times as often before we say that it beats the rule."""


class Verdict(NamedTuple):
    """A status (colour, shape and word in the page), one sentence, and what follows from it."""

    status: str
    word: str
    sentence: str
    advice: tuple[str, ...]


def verdict(report: Report) -> Verdict:
    """What a head of customer success takes away in ten seconds."""
    if not report.has_churn_dates:
        return _unknown(report)
    if report.rule.precision.value is None or report.rule.recall.value is None:
        return _too_few(report)
    status, word = _quality(report)
    return Verdict(status, word, _sentence(report), tuple(_advice(report, status)))


def _volume(report: Report) -> str:
    rate = number(report.alerts_per_100_accounts_a_month)
    return f"{count_of(report.alerts, 'warning')}, {rate} per 100 accounts a month"


def _unknown(report: Report) -> Verdict:
    return Verdict(
        "unknown",
        "Not measured",
        f"The rule would have raised {_volume(report)}. Whether they would have been right, nobody can say yet.",
        (
            "Add a column churn_date to accounts.csv, filled in for customers who left, and run replay again: it "
            "then counts how many you would have been warned about, how early, and how many warnings were false.",
        ),
    )


def _too_few(report: Report) -> Verdict:
    left = count_of(report.churners.eligible, "customer")
    return Verdict(
        "unknown",
        "Too few to tell",
        f"The rule would have raised {_volume(report)}; {left} who left could be judged, too few for a verdict.",
        ("Replay a longer history, or more accounts: at least 20 customers who left and 20 warnings 90 days old.",),
    )


def _sentence(report: Report) -> str:
    recall, rule, chance = report.rule.recall, report.rule, report.methods[-1]
    lead = rule.median_lead_days.value
    early = f", typically {lead:.0f} days before" if lead is not None else ""
    return (
        f"Of {whole(recall.n)} customers who left and could be judged, {whole(recall.count or 0)} "
        f"({percent(recall.value)}) would have been warned about{early}. "
        f"{one_in(rule.precision.value)} warnings was right; random warnings: {one_in(chance.precision.value)}."
    )


def _quality(report: Report) -> tuple[str, str]:
    better = report.rule.times_random
    if better.value is None or better.low is None or better.low <= 1:
        return "critical", "No better than chance"
    return ("moderate", "Hardly better than chance") if better.value < HARDLY else ("healthy", "Better than chance")


def _advice(report: Report, status: str) -> list[str]:
    advice = []
    if status != "healthy":
        advice.append(_noise(report))
    if _beats(report.methods[1], report.rule):
        advice.append(
            "A list of who has been silent longest would have been right more often "
            f"({one_in(report.methods[1].precision.value)}) for the same effort."
        )
    if status == "healthy":
        advice.append(_still_false(report))
    return advice


def _noise(report: Report) -> str:
    rate = number(report.alerts_per_100_accounts_a_month)
    reached = (
        f"On its own the rule is mostly noise on your history: {rate} warnings per 100 accounts a month reach "
        f"customers who stay nearly as readily as those who leave, so the share it “caught” says little."
    )
    if report.budget is None:
        return f"{reached} Run it with a budget, for example --budget 10: it then keeps only the most telling warnings."
    return f"{reached} Try a smaller budget, or add a second signal beside usage."


def _still_false(report: Report) -> str:
    wrong = 1 - (report.rule.precision.value or 0)
    text = (
        f"Still, after {percent(wrong)} of the warnings the customer did not leave within {report.horizon_days} days: "
        "a warning is a reason to look, not a forecast."
    )
    if report.budget is None:
        text += " A budget (--budget 10) keeps the most telling ones."
    return text


def _beats(other: MethodResult, rule: MethodResult) -> bool:
    mine, theirs = rule.precision.value, other.precision.value
    return mine is not None and theirs is not None and theirs > CLEARLY * mine
