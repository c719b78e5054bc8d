"""The list of accounts and the portfolio's summary, as they are read."""

import json
from datetime import date
from decimal import Decimal

from health_monitor.model.listing import Listed, Listing
from health_monitor.model.score import Deltas, Driver, History, Standing
from health_monitor.model.scorecard import Coverage
from health_monitor.score.portfolio import row_of, summary_of
from health_monitor.views.accounts_list import CSV_COLUMNS, listing_csv, listing_json, listing_lines, reasons
from health_monitor.views.portfolio import portfolio_lines
from tests.builders import an_account

DAY = date(2026, 6, 12)
NAMES = ("active_users", "champion", "seat_heat")
DRIVERS = tuple(Driver(name, "usage", -50 * n, f"{name} is low") for n, name in enumerate(NAMES, 1))


def stands(account_id: str = "acme", score: int | None = 412, **changes: object) -> Standing:
    """Where an account stands, with what the test says."""
    known = Standing(
        account_id=account_id, as_of=DAY, version="v1", card="default", score=score, coverage=8_000, provisional=False,
        status="at_risk", model_status="at_risk", deltas=Deltas(-105, None, None), trend="declining", tier="T1",
        drivers=DRIVERS, last_touch=date(2026, 5, 1), priority=12_000.0, history=History("v1", 1, (score,)),
    )  # fmt: skip
    return known.model_copy(update=changes)


def a_line(standing: Standing | None = None, alerts: int = 2, median: int | None = 600, **facts: object) -> Listed:
    """One line of the list."""
    known = {"arr": Decimal(120_000), "renewal_date": date(2026, 8, 1)}
    return Listed(an_account("acme", **(known | facts)), standing, 50, alerts, median)  # type: ignore[arg-type]


def test_a_line_has_what_a_csm_looks_for():
    header, line, *rest = listing_lines(Listing(DAY, (a_line(stands()),), 9))

    assert line.split() == [
        "acme", "Acme", "41.2", "-10.5", "at", "risk", "T1", "120,000", "2026-08-01", "2026-05-01", "2", "-18.8"
    ]  # fmt: skip
    assert header.split()[0] == "account"
    assert "1 of 9 accounts, as of the night of 2026-06-12" in " ".join(rest)


def test_every_line_fits_the_page():
    found = Listing(DAY, (a_line(stands(provisional=True, override="override:us/1")),), 1)
    long = a_line(stands(), name="The Extraordinarily Long Company of Somewhere")

    assert all(len(line) <= 100 for line in listing_lines(Listing(DAY, (*found.lines, long), 2), why=True))


def test_what_is_unknown_is_a_dash_and_marks_say_what_to_doubt():
    unknown = a_line(None, alerts=0, median=None, name=None, arr=None, renewal_date=None)
    doubted = a_line(
        stands(score=None, provisional=True, override="override:us/1", last_touch=None, tier=None, status=None)
    )

    _, first, second, *_ = listing_lines(Listing(None, (unknown, doubted), 2))

    assert first.split() == ["acme", "–", "–", "–", "–", "–", "–", "–", "–"]
    assert "–*" in second
    assert "–!" in second
    assert any("no night is complete yet" in line for line in listing_lines(Listing(None, (unknown,), 1)))


def test_a_long_name_is_cut_and_the_id_stays_whole():
    named = a_line(name="The Extraordinarily Long Company of Somewhere")
    with_long_id = Listed(an_account("a" * 30, name="Acme"), None, None, 0, None)

    _, first, second, *_ = listing_lines(Listing(DAY, (named, with_long_id), 2))

    assert first.startswith("acme The Extraordinari… ")
    assert second.startswith("a" * 30)


def test_the_two_heaviest_reasons_stand_under_an_account_when_asked_for():
    lines = list(listing_lines(Listing(DAY, (a_line(stands()), a_line(stands(drivers=())), a_line(None)), 3), why=True))

    assert lines[2] == "    Active users -5.0, Active champion -10.0, and 1 more"
    assert len([line for line in lines if line.startswith("    ")]) == 1
    assert reasons(DRIVERS[2:]) == "seat_heat -15.0"


def test_nobody_fitting_is_said_so():
    assert list(listing_lines(Listing(DAY, (), 9))) == ["None of 9 accounts fits."]


def test_a_spreadsheet_has_a_row_an_account():
    columns, first, second = listing_csv(Listing(DAY, (a_line(stands()), a_line(None)), 2))

    row = dict(zip(columns, first, strict=True))
    assert columns == CSV_COLUMNS
    assert (row["account_id"], row["score"], row["difference"], row["status"]) == ("acme", "41.2", "-18.8", "at_risk")
    assert row["reasons"] == "active_users is low; champion is low; seat_heat is low"
    assert dict(zip(columns, second, strict=True))["score"] == ""


def test_programs_get_numbers():
    told = json.loads(json.dumps(listing_json(Listing(DAY, (a_line(stands()),), 9))))

    assert (told["as_of"], told["accounts"]) == ("2026-06-12", 9)
    assert told["found"][0]["score"] == 41.2
    assert told["found"][0]["arr"] == "120000"
    assert listing_json(Listing(None, (), 0))["as_of"] is None


def the_summary(*standings: Standing) -> dict[str, object]:
    """A night's summary."""
    rows = [row_of(one, an_account(one.account_id, csm_email=None), (9, 10, 3)) for one in standings]
    return {"as_of": "2026-06-12"} | summary_of(rows, Coverage())


def test_the_portfolio_is_told_by_status_segment_and_csm():
    text = " ".join(" ".join(portfolio_lines(the_summary(stands(), stands("big", 900, status="healthy")))).split())

    assert text.startswith("2 accounts with")
    assert "healthy 1 50%" in text
    assert "Score median 65.6, mean 65.6" in text
    assert "Change in 30 days median -10.5 of 2 accounts; 0 improving, 0 stable, 2 declining" in text
    assert "NPS 33 from 6 people in 90 days" in text
    assert "Known 80 % of the scorecard on average" in text
    assert "CSM accounts healthy moderate at risk critical median 30 d none 2 1 0 1 0 65.6 -10.5" in text
    assert "Look at the coverage tiers: T1 holds 100.0% of 2 accounts" in text


def test_a_portfolio_of_nobody_has_no_shares():
    text = " ".join(" ".join(portfolio_lines(the_summary())).split())

    assert "healthy 0 – ARR 0" in text
    assert "NPS nobody answered" in text
    assert "Known – of the scorecard" in text


def test_the_portfolio_fits_the_page():
    assert all(len(line) <= 100 for line in portfolio_lines(the_summary(stands(), stands("big", 900))))
