"""Rings, user pages and states: the same promises in memory and on AWS."""

from collections.abc import Sequence
from datetime import UTC, date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack

from health_monitor.adapters import codec
from health_monitor.adapters.dynamodb_table import Table
from health_monitor.adapters.dynamodb_usage import DynamoRings
from health_monitor.adapters.packing import (
    PAGE_BYTES,
    cut_to_ring,
    pack_counts,
    pack_users,
    unpack_counts,
    unpack_users,
)
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.usage import (
    FEATURES_KEPT,
    Basis,
    Drop,
    Episode,
    NoVerdict,
    Resolution,
    Series,
    State,
    UserUse,
    Verdict,
)
from health_monitor.ports.usage import RING_DAYS
from health_monitor.ports.world import World
from tests.builders import A_DAY, A_MOMENT, a_history, a_series, a_state, a_user, a_verdict, an_episode

YESTERDAY = A_DAY - timedelta(days=1)

days = st.integers(1, 3_000_000)
counts = st.integers(0, 2**64 - 1)
whole = st.integers(-(10**30), 10**30)
verdicts = st.builds(
    Verdict,
    st.sampled_from(Drop),
    st.none() | st.sampled_from(NoVerdict),
    st.none() | st.sampled_from(Basis),
    whole,
    whole,
    whole,
    whole,
)
episodes = st.builds(
    Episode,
    days,
    st.sampled_from(Drop),
    verdicts,
    st.none() | days,
    st.none() | days,
    st.none() | st.sampled_from(Resolution),
)
states = st.builds(State, days, verdicts, st.none() | episodes)


@given(states)
def test_a_state_survives_storage_exactly(state: State) -> None:
    assert codec.state_from_json(codec.state_to_json(state)) == state


@given(days, st.lists(st.tuples(counts, counts, counts), max_size=RING_DAYS))
def test_a_ring_survives_packing_exactly(first_day: int, rows: list[tuple[int, int, int]]) -> None:
    series = Series(first_day, *([row[column] for row in rows] for column in range(3)))
    assert unpack_counts(first_day, pack_counts(series)) == series


moments = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat()) | st.dates().map(str) | st.text()
about_users = (st.text(), days, days, st.text(), st.integers(0, 2**14 - 1), moments)
features = st.lists(st.tuples(st.text(), days), max_size=5).map(tuple)
users_known = st.builds(UserUse, *about_users, st.none(), st.just(""), features)
sessions = st.builds(UserUse, *about_users, counts, moments, features)


@given(st.lists(users_known | sessions, max_size=20))
def test_users_survive_packing_exactly(users: list[UserUse]) -> None:
    unpacked = [user for page in pack_users(users) for user in unpack_users(page)]
    assert unpacked == sorted(users, key=lambda user: user.user_id)


def test_a_page_from_before_features_were_remembered_knows_the_last_one() -> None:
    user = a_user(session_seconds=60, session_at="2026-11-01")
    _, _, [[*packed, _]] = msgpack.decode(pack_users([user])[0])
    assert unpack_users(msgpack.encode([packed])) == [user._replace(features=(("report", user.last_day),))]


def test_25_users_of_ten_features_cost_one_read_unit_with_their_ring() -> None:
    used = tuple((f"feature {n}", A_DAY.toordinal() - n) for n in range(10))
    users = [a_user(f"user-{n:05d}", session_seconds=900, session_at="2026-11-01", features=used) for n in range(25)]
    assert sum(map(len, pack_users(users))) < codec.INLINE_BYTES


def test_users_of_very_many_features_fit_into_items_of_the_table() -> None:
    used = [tuple((f"{n}-{at:03d}-{'é' * 240}", A_DAY.toordinal()) for at in range(FEATURES_KEPT)) for n in range(40)]
    many = [a_user(f"{n:06d}", features=features) for n, features in enumerate(used)]
    pages = pack_users(many)
    assert all(len(page) < PAGE_BYTES for page in pages)
    assert [user for page in pages for user in unpack_users(page)] == many


def test_a_usual_ring_costs_one_write_unit_and_a_huge_one_stays_small() -> None:
    usual = a_series([40] * RING_DAYS, events=[4_000] * RING_DAYS)
    huge = a_series([70_000] * RING_DAYS, events=[3_000_000_000] * RING_DAYS, new_users=[66_000] * RING_DAYS)
    assert len(pack_counts(usual)) < 600
    assert len(pack_counts(huge)) == 4 + RING_DAYS * 12


def test_a_ring_is_read_as_it_was_written(world: World) -> None:
    series = a_series([3, 0, 70_000], events=[5, 0, 5_000_000_000], new_users=[3, 0, 1])
    world.rings.write([a_history("acme", series), a_history("silent", a_series([]))])
    found = world.rings.read(["acme", "silent", "unknown"])
    assert {account_id: ring.series for account_id, ring in found.items()} == {
        "acme": series,
        "silent": Series(date(2026, 8, 1).toordinal(), [], [], []),
    }


def test_days_before_the_ring_are_cut_from_the_front(world: World) -> None:
    series = a_series(list(range(RING_DAYS + 30)))
    world.rings.write([a_history("acme", series)])
    found = world.rings.read(["acme"])["acme"].series
    assert found == cut_to_ring(series)
    assert found.first_day == series.first_day + 30
    assert found.events == list(range(30, RING_DAYS + 30))


def test_changing_what_was_read_changes_nothing_that_is_stored(world: World) -> None:
    world.rings.write([a_history("acme", a_series([1, 2]))])
    world.rings.read(["acme"])["acme"].series.events.append(9)
    assert world.rings.read(["acme"])["acme"].series.events == [1, 2]


def test_rings_of_130_accounts_are_written_and_read_at_once(world: World) -> None:
    histories = [a_history(f"{n:03d}", a_series([n])) for n in range(130)]
    world.rings.write(iter(histories))
    found = world.rings.read([h.account_id for h in histories])
    assert {key: ring.series for key, ring in found.items()} == {h.account_id: h.series for h in histories}


def test_users_come_by_their_id(world: World) -> None:
    world.rings.write(
        [a_history(users=[a_user("zoe"), a_user("adam", session_seconds=2**40, session_at="2026-11-01")])]
    )
    assert [user.user_id for user in world.rings.users("acme")] == ["adam", "zoe"]
    assert world.rings.users("unknown") == []


def test_a_huge_account_loses_no_user(world: World) -> None:
    many = [a_user(f"{n:06d}-{'x' * 200}") for n in range(4_000)]
    assert len(pack_users(many)) > 1
    assert all(len(page) < PAGE_BYTES + 1_000 for page in pack_users(many))
    world.rings.write([a_history(users=many)])
    assert world.rings.users("acme") == many


def test_writing_fewer_users_leaves_none_of_the_old_ones(world: World) -> None:
    world.rings.write([a_history(users=[a_user(f"{n:06d}-{'x' * 200}") for n in range(4_000)])])
    world.rings.write([a_history(users=[a_user("only")])])
    assert [user.user_id for user in world.rings.users("acme")] == ["only"]
    assert [item["item"] for item in world.shelf.items_of("acme")] == ["RING"]
    world.rings.write([a_history(users=[])])
    assert world.rings.users("acme") == []


def test_removed_usage_leaves_nothing_and_touches_nobody_else(world: World) -> None:
    many = [a_user(f"{n:06d}-{'x' * 200}") for n in range(4_000)]
    world.rings.write([a_history("gone", users=many), a_history("stays", users=[a_user("adam")])])
    for _ in range(2):
        world.rings.remove(["gone", "unknown"])
        assert list(world.rings.read(["gone", "stays"])) == ["stays"]
        assert (world.rings.users("gone"), len(world.rings.users("stays"))) == ([], 1)
    assert world.shelf.items_of("gone") == []


MANY = [a_user(f"{n:05d}-{'x' * 40}") for n in range(2_000)]


def pages_of(world: World) -> list[str]:
    return [item["item"] for item in world.shelf.items_of("acme") if item["item"].startswith("USERS#")]


def test_a_few_users_come_with_their_ring_and_many_fill_pages_of_their_own(world: World) -> None:
    hour = A_MOMENT.replace(minute=0)
    world.rings.write([a_history()._replace(compacted=hour)])
    assert world.rings.read(["acme"])["acme"].compacted == hour
    assert world.rings.read(["acme"])["acme"].users == (a_user(),)
    assert pages_of(world) == []
    world.rings.write([a_history(users=MANY)])
    assert world.rings.users("acme") == MANY
    assert len(pages_of(world)) > 4


def test_somebody_new_changes_one_page_of_many(world: World) -> None:
    world.rings.write([a_history(users=MANY)])
    before = set(pages_of(world))
    world.rings.write([a_history(users=[*MANY, a_user("00500-in-between")])], world.rings.read(["acme"]))
    assert len(before - set(pages_of(world))) == len(set(pages_of(world)) - before) == 1
    assert len(world.rings.users("acme")) == len(MANY) + 1


@pytest.fixture
def table(aws: None) -> Table:
    return Table("health", pause=lambda _seconds: None)


class DiesAfter(Table):
    """A table whose process dies when it has written a number of times."""

    def __init__(self, writes: int) -> None:
        super().__init__("health")
        self._left = writes

    def write_many(self, items: Sequence[codec.Item], delete: Sequence[tuple[str, str]] = ()) -> None:
        if self._left == 0:
            raise KeyboardInterrupt
        self._left -= 1
        super().write_many(items, delete)


@pytest.mark.parametrize(("survived", "known"), [(0, MANY), (1, MANY), (2, MANY[:1_500])])
def test_until_the_ring_is_written_the_old_users_are_all_there(
    table: Table, survived: int, known: list[UserUse]
) -> None:
    rings = DynamoRings(table)
    rings.write([a_history(users=MANY)])
    with pytest.raises(KeyboardInterrupt):
        DynamoRings(DiesAfter(survived)).write([a_history(users=MANY[:1_500])])
    assert rings.users("acme") == known
    rings.write([a_history(users=MANY[:700])])
    assert rings.users("acme") == MANY[:700]
    [ring] = table.query("ACCOUNT#acme", "RING")
    assert [item["sk"] for item in table.query("ACCOUNT#acme", "USERS#")] == sorted(ring["pages"])


def test_a_page_that_is_missing_is_said_and_not_taken_for_fewer_users(table: Table) -> None:
    rings = DynamoRings(table)
    rings.write([a_history(users=MANY)])
    [first, *_] = table.query("ACCOUNT#acme", "USERS#")
    table.write_many([], delete=[(first["pk"], first["sk"])])
    with pytest.raises(NeedsHuman, match="user pages of acme are missing; run health-monitor rebuild"):
        rings.users("acme")


def test_a_state_is_written_once_and_the_first_one_stays(world: World) -> None:
    first = a_state(episode=an_episode(escalated_on=A_DAY.toordinal()))
    assert world.states.write_absent({"acme": first}) == {"acme": first}
    assert world.states.write_absent({"acme": a_state()}) == {"acme": first}
    assert world.states.read(["acme", "unknown"], A_DAY) == {"acme": first}
    assert world.states.read(["acme"], YESTERDAY) == {}


def test_each_state_is_kept_under_its_own_day(world: World) -> None:
    written = {"acme": a_state(A_DAY), "other": a_state(YESTERDAY)}
    assert world.states.write_absent(written) == written
    assert world.states.read(["acme", "other"], YESTERDAY) == {"other": written["other"]}


@pytest.mark.parametrize("there_already", [0, 1, 65, 130])
def test_states_of_130_accounts_at_once_respect_those_that_exist(world: World, there_already: int) -> None:
    old = {f"{n:03d}": a_state(verdict=a_verdict(Drop.SEVERE, (1, 9))) for n in range(there_already)}
    new = {f"{n:03d}": a_state() for n in range(130)}
    world.states.write_absent(old)
    assert world.states.write_absent(new) == new | old
    assert world.states.read(list(new), A_DAY) == new | old


def test_no_states_are_no_trouble(world: World) -> None:
    assert world.states.write_absent({}) == {}
    assert world.states.read([], A_DAY) == {}
    assert world.rings.read([]) == {}
