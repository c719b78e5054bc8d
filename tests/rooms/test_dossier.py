"""A dossier: what is news, what stands, what falls out, and how it was on an earlier day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from health_monitor.model.dossier import EMPTY, KEPT, NOTE_CUT, Dossier
from health_monitor.model.records import (
    AnyRecord,
    Goal,
    Invoice,
    Note,
    Override,
    Person,
    Pulse,
    Renewal,
    Roi,
    Subscription,
    Survey,
    Ticket,
    Touchpoint,
)

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
DAY = date(2026, 10, 1)
AT = datetime(2026, 10, 1, 9, tzinfo=UTC)
LATER = DAY + timedelta(days=5)


def said(key: str = "1", changed_at: datetime = NOW, source: str = "signed") -> dict[str, Any]:
    return {"source": source, "key": key, "changed_at": changed_at}


def an_override(**known: Any) -> Override:
    facts = {"status": "at_risk", "reason": "a new competitor", "author": "kim", "at": AT, "expires_on": LATER}
    return Override(**(facts | said() | known))


ALL: list[tuple[AnyRecord, date]] = [
    (Ticket(opened_at=AT, **said()), DAY), (Survey(survey="nps", score=9, at=AT, **said()), DAY),
    (Invoice(due_on=LATER, issued_on=DAY, **said()), DAY), (Invoice(due_on=LATER, **said("2")), LATER),
    (Subscription(subscription="s", effective_on=DAY, arr=Decimal(0), **said()), DAY),
    (Touchpoint(kind="call", at=AT, **said()), DAY), (Goal(title="Faster", set_on=DAY, **said()), DAY),
    (Roi(shown_on=DAY, **said()), DAY), (Pulse(at=AT, rating=3, **said()), DAY),
    (Note(at=AT, text="Hi", **said()), DAY),
    (Renewal(due_on=LATER, outcome="churned", decided_on=DAY, **said()), DAY),
    (Renewal(due_on=LATER, outcome="renewed", **said("2")), LATER),
    (Renewal(due_on=LATER, **said("3")), date(1900, 1, 1)), (Person(**said()), date(1900, 1, 1)),
    (an_override(), DAY),
]  # fmt: skip
"""One of each kind, and the day on which it begins to be true."""


@pytest.mark.parametrize(("record", "day"), ALL)
def test_a_record_is_true_of_the_account_from_its_day_on(record: AnyRecord, day: date) -> None:
    assert record.when.date() == day
    dossier, news = EMPTY.with_records([record])
    assert news == [record]
    assert list(dossier.as_of(day).records()) == [record]
    if day > date(1900, 1, 1) and not isinstance(record, Renewal):
        assert list(dossier.as_of(day - timedelta(days=1)).records()) == []


def test_lineage_names_a_record_by_its_kind_source_and_key() -> None:
    assert [one.name for one, _ in ALL[:3]] == ["ticket:signed/1", "survey:signed/1", "invoice:signed/1"]


def test_of_two_versions_the_one_that_changed_later_stands() -> None:
    opened = Ticket(opened_at=AT, **said())
    solved = replace(opened, solved_at=NOW, changed_at=NOW + timedelta(hours=1))
    for told in ([opened, solved], [solved, opened]):
        dossier, news = EMPTY.with_records(told)
        assert dossier.tickets == (solved,)
        assert news[-1 if told[0] is opened else 0] == solved
    assert dossier.with_records([opened, solved]) == (dossier, [])


def test_the_same_told_at_a_later_moment_is_no_news_but_is_what_stands() -> None:
    before = Ticket(opened_at=AT, **said())
    again = replace(before, changed_at=NOW + timedelta(days=1))
    dossier, news = EMPTY.with_records([before])[0].with_records([again])
    assert (dossier.tickets, news) == ((again,), [])


def test_what_two_sources_say_under_one_key_are_two_records() -> None:
    dossier, _ = EMPTY.with_records([Roi(shown_on=DAY, **said(source=name)) for name in ("hubspot", "signed")])
    assert [one.source for one in dossier.rois] == ["hubspot", "signed"]


TOLD = st.builds(
    lambda key, hours, csat: Ticket(opened_at=AT, csat=csat, **said(key, NOW + timedelta(hours=hours))),
    st.sampled_from("abc"), st.integers(0, 3), st.one_of(st.none(), st.integers(1, 5)),
)  # fmt: skip


@given(st.lists(TOLD, max_size=12), st.data())
def test_order_and_repetition_make_no_difference(told: list[Ticket], data: st.DataObject) -> None:
    whole, _ = EMPTY.with_records(told)
    mixed = data.draw(st.permutations([*told, *told]))
    at = data.draw(st.integers(0, len(mixed)))
    first, _ = EMPTY.with_records(mixed[:at])
    second, _ = first.with_records(mixed[at:])
    assert second == whole
    assert second.with_records(told) == (second, [])


def test_moments_are_kept_in_utc_and_long_notes_are_cut() -> None:
    berlin = timezone(timedelta(hours=2))
    dossier, _ = EMPTY.with_records([
        Ticket(opened_at=AT.astimezone(berlin), **said()), Note(at=AT, text="x" * 1_999, **said()),
    ])  # fmt: skip
    assert dossier.tickets[0].opened_at.tzinfo is UTC
    assert dossier.notes[0].text == f"{'x' * (NOTE_CUT - 1)}…"


def test_the_oldest_fall_out_of_a_full_dossier_but_what_is_open_stays() -> None:
    def solved(at: int) -> Ticket:
        opened = AT + timedelta(minutes=at)
        return Ticket(opened_at=opened, solved_at=opened, **said(f"{at:05}"))

    still_open = Ticket(opened_at=AT - timedelta(days=9), **said("open"))
    dossier, _ = EMPTY.with_records([still_open, *(solved(at) for at in range(KEPT))])
    assert len(dossier.tickets) == KEPT
    assert (dossier.tickets[0], dossier.tickets[1].key) == (still_open, "00001")
    assert dossier.full == {"tickets"}


@pytest.mark.parametrize("settled", [
    Invoice(due_on=DAY, paid_on=DAY, **said("0")), Goal(title="x", set_on=DAY, met_on=DAY, **said("0")),
    Renewal(due_on=DAY, outcome="renewed", **said("0")), Person(**said("0")), Pulse(at=AT, rating=3, **said("0")),
])  # fmt: skip
def test_what_is_settled_may_fall_out(settled: AnyRecord) -> None:
    many = [replace(settled, key=f"1{at}") for at in range(KEPT)]
    dossier, _ = EMPTY.with_records([settled, *many])
    shelf = getattr(dossier, Dossier.SHELF[type(settled)])
    assert (len(shelf), settled in shelf) == (KEPT, False)


@pytest.mark.parametrize(("now", "then"), [
    (Ticket(opened_at=AT, solved_at=NOW, csat=2, **said()), {"solved_at": None, "csat": None}),
    (Invoice(due_on=DAY, paid_on=LATER, **said()), {"paid_on": None}),
    (Goal(title="x", set_on=DAY, met_on=LATER, **said()), {"met_on": None}),
    (Goal(title="x", set_on=DAY, abandoned_on=LATER, **said()), {"abandoned_on": None}),
    (Person(role="champion", departed_on=LATER, departure="left", **said()), {"departed_on": None, "departure": None}),
])  # fmt: skip
def test_what_happened_later_had_not_happened_then(now: AnyRecord, then: dict[str, Any]) -> None:
    dossier, _ = EMPTY.with_records([now])
    assert list(dossier.as_of(DAY).records()) == [replace(now, **then)]
    assert list(dossier.as_of(NOW.date()).records()) == [now]


def test_a_renewal_was_open_until_it_was_decided() -> None:
    facts = {"arr_before": Decimal(9), "arr_after": Decimal(0), "reason": "price", "voluntary": True}
    lost = Renewal(due_on=LATER, outcome="churned", decided_on=DAY, **facts, **said())
    dossier, _ = EMPTY.with_records([lost])
    then = Renewal(due_on=LATER, arr_before=Decimal(9), **said())
    assert dossier.as_of(DAY - timedelta(days=1)).renewals == (then,)
    assert dossier.as_of(DAY).renewals == (lost,)


def test_nobody_owes_a_credit_note_or_nothing() -> None:
    due = DAY - timedelta(days=3)
    owed = [Invoice(due_on=due, amount=amount, **said()) for amount in (None, Decimal(1), Decimal(0), Decimal(-1))]
    assert [one.days_overdue(DAY) for one in owed] == [3, 3, 0, 0]
    assert Invoice(due_on=DAY, **said()).days_overdue(DAY) == 0


def test_an_override_is_in_force_through_its_last_day_unless_it_was_ended() -> None:
    standing, ended = an_override(), an_override(ended_at=AT + timedelta(days=2), ended_by="lee")
    assert [standing.in_force(DAY + timedelta(days=n)) for n in (-1, 0, 5, 6)] == [False, True, True, False]
    assert [ended.in_force(DAY + timedelta(days=n)) for n in (0, 1, 2)] == [True, True, False]
    second = an_override(key="2", at=AT + timedelta(days=1), status="healthy")
    dossier, _ = EMPTY.with_records([second, standing])
    assert dossier.override_on(DAY) == standing
    assert dossier.override_on(DAY + timedelta(days=1)) == second
    assert dossier.override_on(LATER + timedelta(days=1)) is None


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="has no time zone; write 2026-01-31T09:30:00Z"):
        TypeAdapter(Ticket).validate_python(said() | {"opened_at": datetime(2026, 10, 1, 9)})  # noqa: DTZ001
