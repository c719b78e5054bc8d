"""What is known of accounts beside their usage, and where each stands: in memory and in DynamoDB alike."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta, timezone
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import boto3
import pytest

from health_monitor.adapters import dossier_items
from health_monitor.adapters.dynamodb_dossiers import DynamoDossiers
from health_monitor.adapters.dynamodb_table import TRIES, Table
from health_monitor.model.dossier import EMPTY, KEPT, NOTE_CUT, Dossier
from health_monitor.model.errors import TryAgain
from health_monitor.model.records import (
    KINDS,
    AnyRecord,
    Goal,
    Invoice,
    Note,
    Person,
    Pulse,
    Renewal,
    Roi,
    Subscription,
    Survey,
    Ticket,
    Touchpoint,
)
from health_monitor.ports.world import World
from tests.builders import A_DAY, A_MOMENT, a_person, a_standing, a_ticket, a_touch, an_override

SAID: dict[str, Any] = {"source": "hubspot", "changed_at": A_MOMENT}
EVERY: tuple[AnyRecord, ...] = (
    a_ticket(type="bug", severity="p1", csat=2, reopened=1, contact_id="jane"),
    Survey(key="1", survey="nps", score=9, at=A_MOMENT, contact_id="jane", **SAID),
    Invoice(key="1", due_on=A_DAY, amount=Decimal("99.90"), **SAID),
    Subscription(key="1", subscription="s", effective_on=A_DAY, arr=Decimal(12000), seats=40, **SAID),
    a_touch(contact_id="jane", attended=False),
    Goal(key="1", title="fewer clicks", set_on=A_DAY, start=0.1, target=1.0, **SAID),
    Roi(key="1", shown_on=A_DAY, amount=Decimal(5000), what="hours saved", **SAID),
    Pulse(key="1", at=A_MOMENT, rating=2, author="carla@example.com", reasons=("budget", "champion"), **SAID),
    Note(key="1", at=A_MOMENT, text="they like it", **SAID),
    Renewal(key="1", due_on=A_DAY, outcome="churned", voluntary=True, **SAID),
    a_person("jane", role="champion", departed_on=A_DAY, departure="left"),
    an_override(ended_at=A_MOMENT, ended_by="carla@example.com"),
)


def of(world: World, account_id: str = "acme") -> Dossier:
    return world.dossiers.read([account_id], consistent=True).get(account_id, EMPTY)


def test_every_kind_of_record_comes_back_as_it_was_told(world: World) -> None:
    assert {type(one) for one in EVERY} == set(KINDS.values())
    assert world.dossiers.save("acme", EVERY) == list(EVERY)
    assert tuple(of(world).records()) == EVERY
    assert world.dossiers.read(["nobody", "acme", "acme"]) == {"acme": of(world)}


def test_what_is_told_again_is_no_news_and_nothing_is_written(world: World, writes: Callable[[], int]) -> None:
    there = timezone(timedelta(hours=2))
    long = Note(key="2", at=A_MOMENT, text="x" * 2_000, **SAID)
    world.dossiers.save("acme", [*EVERY, long])
    known, before = of(world), writes()
    again = [*EVERY, long, replace(EVERY[0], changed_at=A_MOMENT.astimezone(there))]
    assert world.dossiers.save("acme", again) == []
    assert world.dossiers.save("other", []) == []
    assert (of(world), writes()) == (known, before)
    assert known.notes[1].text == "x" * (NOTE_CUT - 1) + "…"


def test_the_latest_word_counts_in_whatever_order_it_comes(world: World) -> None:
    later = A_MOMENT + timedelta(days=2)
    solved = a_ticket(changed_at=later, solved_at=later, severity="p1")
    between = a_ticket(changed_at=later - timedelta(days=1), severity="p1")
    assert world.dossiers.save("acme", [a_ticket()]) == [a_ticket()]
    assert world.dossiers.save("acme", [solved]) == [solved]
    assert world.dossiers.save("acme", [between]) == []
    assert of(world).tickets == (solved,)


def test_a_version_that_comes_late_is_older_than_the_same_told_again(world: World) -> None:
    opened, reopened = (a_ticket(changed_at=A_MOMENT + timedelta(days=days)) for days in (0, 2))
    solved = a_ticket(changed_at=A_MOMENT + timedelta(days=1), solved_at=A_MOMENT + timedelta(days=1))
    assert world.dossiers.save("acme", [opened]) == [opened]
    assert world.dossiers.save("acme", [reopened]) == [], "it says what is known"
    assert world.dossiers.save("acme", [solved]) == [], "and what it was in between is over"
    assert of(world).tickets == (reopened,)


def test_an_account_s_records_are_its_own(world: World) -> None:
    world.dossiers.save("acme", [a_touch()])
    world.dossiers.save("acme2", [a_touch("2")])
    assert world.dossiers.remove("acme")
    assert not world.dossiers.remove("acme")
    assert (of(world), of(world, "acme2").touchpoints) == (EMPTY, (a_touch("2"),))
    assert world.dossiers.save("acme", [a_touch()]) == [a_touch()], "it may come again, and is news then"


def test_what_is_left_of_each_record_is_kept_and_the_rest_forgotten(world: World) -> None:
    def nobody_s(record: AnyRecord) -> AnyRecord | None:
        if isinstance(record, Touchpoint | Person):
            return None if "jane" in (record.key, getattr(record, "contact_id", "")) else record
        return replace(record, contact_id=None) if isinstance(record, Ticket) else record

    world.dossiers.save("acme", [*EVERY, a_touch("2", contact_id="joe"), a_touch("3"), a_person("joe")])
    assert world.dossiers.scrub("acme", nobody_s) == 3
    assert world.dossiers.scrub("acme", nobody_s) == 0
    assert world.dossiers.scrub("nobody", nobody_s) == 0
    left = of(world)
    assert [one.key for one in (*left.touchpoints, *left.persons)] == ["2", "3", "joe"]
    assert (left.tickets, left.surveys) == ((replace(EVERY[0], contact_id=None),), (EVERY[1],))


def test_the_oldest_fall_out_of_a_full_dossier_and_telling_them_again_is_no_news(
    world: World, writes: Callable[[], int]
) -> None:
    some = [a_touch(f"{n:04}", at=A_MOMENT + timedelta(hours=n)) for n in range(KEPT + 20)]
    kept = some[20:]
    assert world.dossiers.save("acme", some) == kept
    assert (of(world).touchpoints, of(world).full) == (tuple(kept), {"touchpoints"})
    before = writes()
    assert world.dossiers.save("acme", some) == []
    assert writes() == before


def test_what_is_unsettled_stays_however_old_it_is(world: World) -> None:
    old = A_MOMENT - timedelta(days=900)
    unsettled: list[AnyRecord] = [
        a_ticket("open", opened_at=old), Invoice(key="open", due_on=date(2020, 1, 1), **SAID),
        Goal(key="open", title="x", set_on=date(2020, 1, 1), **SAID), Renewal(key="open", due_on=A_DAY, **SAID),
        a_person("zoe", role="champion"),
    ]  # fmt: skip
    settled: list[AnyRecord] = []
    for n in range(KEPT):
        settled += [
            a_ticket(f"{n}", solved_at=A_MOMENT), Invoice(key=f"{n}", due_on=A_DAY, paid_on=A_DAY, **SAID),
            Goal(key=f"{n}", title="x", set_on=A_DAY, met_on=A_DAY, **SAID),
            Renewal(key=f"{n}", due_on=A_DAY, outcome="renewed", **SAID), a_person(f"{n}"),
        ]  # fmt: skip
    world.dossiers.save("acme", [*unsettled, *settled])
    names = {one.name for one in of(world).records()}
    assert {one.name for one in unsettled} <= names
    assert of(world).full == {"tickets", "invoices", "goals", "renewals", "persons"}


def test_however_much_is_told_it_fits_into_an_item(world: World, writes: Callable[[], int]) -> None:
    def long(kind: str, n: int) -> str:
        return "".join(blake2b(f"{kind}{n}{at}".encode(), digest_size=32).hexdigest() for at in range(4))[:250]

    told: list[AnyRecord] = []
    for n in range(KEPT):
        told.append(Note(key=long("note", n), at=A_MOMENT + timedelta(hours=n), text=long("text", n), **SAID))
        told.append(Goal(key=f"{n}", title=long("goal", n), set_on=A_DAY, **SAID))
    world.dossiers.save("acme", told)
    dossier = of(world)
    packed = dossier_items.dossier_item("acme", dossier)["records"]
    assert len(packed) <= dossier_items.MOST_BYTES
    assert dossier.full == {"notes", "goals"}
    assert dossier.notes[-1].at == A_MOMENT + timedelta(hours=KEPT - 1), "the latest stay"
    before = writes()
    assert world.dossiers.save("acme", told[:50]) == []
    assert writes() == before


@pytest.fixture
def writes(world: World) -> Iterator[Callable[[], int]]:
    """How many items were put into the table; in memory none."""
    made: list[str] = []

    def ask(model: Any, **_: Any) -> None:
        made.append(model.name)

    client = None if world.blobs.bucket == "memory" else boto3.client("dynamodb")
    if client:
        client.meta.events.register("before-call", ask)
    yield lambda: made.count("PutItem")
    if client:
        client.meta.events.unregister("before-call", ask)


class Busy(Table):
    """A table in which somebody else always writes the same dossier first, so many times."""

    def __init__(self, times: int) -> None:
        super().__init__("health", pause=lambda _: None)
        self._times = times

    def put_if(self, item: Any, condition: str, **values: Any) -> bool:
        if self._times:
            self._times -= 1
            DynamoDossiers(Table("health")).save("acme", [a_touch(f"theirs-{self._times}")])
        return super().put_if(item, condition, **values)


@pytest.mark.usefixtures("aws")
def test_of_two_who_write_at_once_neither_loses_anything() -> None:
    dossiers = DynamoDossiers(Busy(3))
    assert dossiers.save("acme", [a_touch("ours")]) == [a_touch("ours")]
    found = dossiers.read(["acme"], consistent=True)["acme"]
    assert {one.key for one in found.touchpoints} == {"ours", "theirs-0", "theirs-1", "theirs-2"}
    assert DynamoDossiers(Busy(2)).scrub("acme", lambda record: record) == 0


@pytest.mark.usefixtures("aws")
def test_who_is_always_second_tries_again_later() -> None:
    with pytest.raises(TryAgain, match="others keep writing"):
        DynamoDossiers(Busy(TRIES)).save("acme", [a_touch("ours")])


@pytest.mark.usefixtures("aws")
def test_what_was_forgotten_meanwhile_does_not_come_back() -> None:
    class Erased(Busy):
        def put_if(self, item: Any, condition: str, **values: Any) -> bool:
            if self._times:
                self._times -= 1
                plain = DynamoDossiers(Table("health"))
                plain.remove("acme")
                plain.save("acme", [a_touch("theirs")])
            return Table.put_if(self, item, condition, **values)

    DynamoDossiers(Table("health")).save("acme", [a_touch("erased")])
    dossiers = DynamoDossiers(Erased(1))
    dossiers.save("acme", [a_touch("ours")])
    assert {one.key for one in dossiers.read(["acme"])["acme"].touchpoints} == {"theirs", "ours"}


def test_a_standing_comes_back_as_it_was_written_and_the_next_one_replaces_it(world: World) -> None:
    world.standings.write([a_standing(), a_standing("b")])
    assert world.standings.read(["acme", "x"]) == {"acme": a_standing()}
    later = a_standing(score=None, status=None, at=A_MOMENT, override="1", last_touch=A_DAY)
    world.standings.write([later])
    assert world.standings.read(["acme", "b"], consistent=True) == {"acme": later, "b": a_standing("b")}
    world.standings.remove(["acme", "x"])
    assert set(world.standings.read(["acme", "b"])) == {"b"}


def test_a_person_can_read_what_is_kept_of_an_account_and_all_of_it_goes_with_the_account(world: World) -> None:
    world.dossiers.save("acme", [a_ticket(severity="p1")])
    world.standings.write([a_standing()])
    dossier, score = world.shelf.items_of("acme")
    assert (dossier["item"], dossier["tickets"][0]["severity"], "full" in dossier) == ("DOSSIER", "p1", False)
    assert (score["item"], score["score"], score["drivers"][0][3]) == ("SCORE", 749, "usage fell by 31 % in 90 days")
    assert world.shelf.remove("acme") == 2
    assert (of(world), world.standings.read(["acme"])) == (EMPTY, {})


def test_a_standing_with_half_a_year_of_scores_costs_one_write_unit() -> None:
    assert len(dossier_items.standing_item(a_standing())["standing"]) < 900
