"""Who hears what of a night's signals, when, and in which words."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from health_monitor.act.digest import LISTED, at_once_message, digest_message, notice_id_of
from health_monitor.decide.digest import Span, digests, news_of
from health_monitor.model.digest import Digest, News
from health_monitor.model.routing import Member, Team
from health_monitor.model.score import Deltas, Driver, Signal
from tests.builders import an_account
from tests.rooms.standings import NOON, a_standing

SUNDAY = date(2026, 11, 1)
SATURDAY = SUNDAY - timedelta(days=1)
TEAM = Team(members=(
    Member(email="carla@example.com", manager="mia@example.com"),
    Member(email="mia@example.com", manager="mia@example.com"),
))  # fmt: skip
NIGHT = Span(SATURDAY, SATURDAY)


def a_signal(kind: str = "p1_open", severity: Any = "critical", since: date | None = SATURDAY, **known: Any) -> Signal:
    return Signal(kind, severity, f"{kind} since {since}", since=since, **known)


HIGH, MODERATE = a_signal("licence_waste", "high"), a_signal("no_touchpoint", "moderate")


def some_news(*signals: Signal, account_id: str = "acme", csm: str | None = "carla@example.com", **known: Any) -> News:
    account = an_account(account_id, name=account_id.title(), csm_email=csm)
    return News(account, a_standing(account_id=account_id, signals=signals, **known), signals)


def kinds_of(news: News) -> list[str]:
    return [one.kind for one in news.signals]


def kinds(span: Span, *signals: Signal) -> list[str]:
    return [one.kind for one in news_of(a_standing(signals=signals), span)]


def test_a_signal_is_told_on_the_day_on_which_it_began_and_on_no_other() -> None:
    assert kinds(NIGHT, a_signal(), HIGH) == ["p1_open", "licence_waste"]
    for days in (-1, 1):
        assert kinds(NIGHT, a_signal(since=SATURDAY + timedelta(days=days))) == []
    assert kinds(Span(SATURDAY - timedelta(days=2), SATURDAY), a_signal(since=SATURDAY - timedelta(days=2))) == [
        "p1_open"
    ]
    assert kinds(NIGHT, a_signal(since=None)) == []


def test_what_another_scorecard_brought_is_told_to_nobody() -> None:
    assert kinds(NIGHT, a_signal(silent=True)) == []


def test_what_a_rescoring_told_at_once_is_not_told_again_but_what_could_wait_is() -> None:
    assert kinds(NIGHT, a_signal(at=NOON), HIGH._replace(at=NOON)) == ["licence_waste"]


@pytest.mark.parametrize(
    ("night", "days_ago", "told"),
    [(SATURDAY, 0, False), (SUNDAY, 0, True), (SUNDAY, 6, True), (SUNDAY, 7, False)],
)  # fmt: skip
def test_moderate_signals_wait_for_monday_morning(night: date, days_ago: int, told: bool) -> None:
    signal = a_signal("no_touchpoint", "moderate", night - timedelta(days=days_ago))
    assert kinds(Span(night, night), signal) == (["no_touchpoint"] if told else [])


def test_a_sunday_that_was_held_back_is_made_up_for_by_the_first_night_after_it() -> None:
    tuesday = SUNDAY + timedelta(days=2)
    week = [SUNDAY - timedelta(days=7), SUNDAY - timedelta(days=6), SUNDAY, SUNDAY + timedelta(days=1)]
    signals = [a_signal(f"{day}", "moderate", day) for day in week]
    assert kinds(Span(SUNDAY, tuesday), *signals) == ["2026-10-26", "2026-11-01"]


def test_of_weeks_that_were_held_back_every_sunday_is_made_up_for() -> None:
    days = [SUNDAY - timedelta(days=n) for n in (14, 13, 7, 1, 0)]
    signals = [a_signal(f"{day}", "moderate", day) for day in days]
    span = Span(SUNDAY - timedelta(days=8), SUNDAY + timedelta(days=1))
    assert kinds(span, *signals) == [f"{day}" for day in days[1:]]


def test_critical_goes_to_the_csm_and_the_manager_and_each_hears_once_of_everything() -> None:
    told = digests(
        [
            some_news(HIGH, account_id="calm"), some_news(a_signal(), HIGH, account_id="burns", priority=5.0),
            some_news(a_signal(), account_id="blazes", priority=9.0), some_news(HIGH, account_id="nobodys", csm=None),
            some_news(a_signal(), account_id="mias", csm="mia@example.com"),
        ],
        SATURDAY, TEAM, "operations@example.com",
    )  # fmt: skip
    assert [(one.to, [(news.account.account_id, kinds_of(news)) for news in one.news]) for one in told] == [
        ("carla@example.com", [
            ("blazes", ["p1_open"]), ("burns", ["p1_open", "licence_waste"]), ("calm", ["licence_waste"]),
        ]),
        ("mia@example.com", [("blazes", ["p1_open"]), ("burns", ["p1_open"]), ("mias", ["p1_open"])]),
        ("operations@example.com", [("nobodys", ["licence_waste"])]),
    ]  # fmt: skip
    assert digests([], SATURDAY, TEAM, "operations@example.com") == []


def test_a_digest_says_where_each_account_stands_and_why() -> None:
    drivers = tuple(Driver(f"m{n}", "usage", -50, f"reason {n}") for n in range(3))
    worst = some_news(
        a_signal(), HIGH, score=418, status="at_risk", deltas=Deltas(-123, None, None), drivers=drivers, tier="T1",
        last_touch=date(2026, 10, 2), provisional=True, coverage=4_100,
    )  # fmt: skip
    account = worst.account.model_copy(update={"arr": Decimal(12_000), "renewal_date": SATURDAY + timedelta(days=45)})
    other = some_news(
        HIGH, account_id="burns", score=851, override="override:us/1", status="at_risk", model_status="healthy"
    )
    mail = digest_message(Digest("carla@example.com", SATURDAY, (worst._replace(account=account), other)))
    assert mail.subject == "[critical] Acme, Burns: what changed by 2026-10-31"
    assert mail.text == (
        "Critical: today\n\n"
        "Acme (acme): 41.8, at risk, -12.3 in 30 days, provisional: 41 % is known\n"
        "  - p1_open since 2026-10-31\n  - licence_waste since 2026-10-31\n"
        "  because: reason 0\n  because: reason 1\n"
        "  ARR 12,000, renews on 2026-12-15, tier T1, last touchpoint 2026-10-02\n\n"
        "High: within a day\n\n"
        "Burns (burns): 85.1, at risk by override (the score says healthy)\n"
        "  - licence_waste since 2026-10-31\n  ARR 12,000\n\n"
        "Why a score is what it is, and what would help: health-monitor explain ACCOUNT"
    )


def test_a_message_about_one_account_names_it_and_the_records_it_speaks_of() -> None:
    signal = a_signal(records=("ticket:crm/1", "ticket:crm/2", "ticket:crm/3", "ticket:crm/4"))
    news = some_news(signal, drivers=(Driver("nps", "sentiment", -20, "NPS 12"),))
    text = digest_message(Digest("c@example.com", SATURDAY, (news,))).text
    assert "p1_open since 2026-10-31 [ticket:crm/1, ticket:crm/2, ticket:crm/3 and 1 more]\n" in text
    assert "  what else pulls the score down: NPS 12\n" in text
    assert text.endswith("health-monitor explain acme")


def test_a_digest_speaks_of_accounts_without_a_score_too() -> None:
    news = some_news(a_signal(), score=None, status=None)
    bare = news._replace(account=news.account.model_copy(update={"arr": None}))
    judged = some_news(a_signal(), score=None, status="critical", override="override:us/1")
    text = digest_message(Digest("c@example.com", SATURDAY, (bare, judged))).text
    assert "Acme (acme): not enough known (100 %)\n" in text
    assert "nothing else is known" in text
    assert "not enough known (100 %), critical by override" in text


def test_a_long_digest_counts_the_rest() -> None:
    many = tuple(some_news(HIGH, account_id=f"a{n}") for n in range(LISTED + 2))
    mail = digest_message(Digest("carla@example.com", SATURDAY, many))
    assert mail.subject == f"[high] A0, A1 and {LISTED} more: what changed by 2026-10-31"
    assert "… and 2 more accounts: health-monitor accounts" in mail.text


def test_names_of_notices_are_derived_and_hold_nobodys_address() -> None:
    digest = Digest("Carla@example.com", SATURDAY, (some_news(HIGH),))
    assert notice_id_of(digest) == notice_id_of(digest._replace(to="carla@example.com"))
    assert "carla" not in notice_id_of(digest)
    assert digest_message(digest).message_id == f"{notice_id_of(digest)}/email"
    at_once = at_once_message("acme", NOON, digest)
    assert at_once.message_id.startswith("signals/acme/2026-10-01T12:00:00+00:00/")
    assert "carla" not in at_once.message_id
