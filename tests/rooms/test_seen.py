"""The fingerprints of what is stored: a set that is small, and can be kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.model import seen
from health_monitor.model.seen import Seen

SOME = st.lists(st.binary(max_size=4).map(lambda text: b"|" + text), unique=True)


@given(SOME, SOME)
def test_it_knows_exactly_what_was_added_also_after_it_was_kept(first: list[bytes], second: list[bytes]) -> None:
    known = Seen()
    assert known.add(named(first)) == first
    assert known.add(named(first)) == []
    again = Seen(known.to_bytes())
    assert again.add(named(second)) == [text for text in second if text not in first]
    assert len(again) == len({*first, *second})


def test_it_grows_and_takes_eight_bytes_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "SIZES", (1 << 4, 1 << 6))
    known = Seen()
    numbers = [str(n).encode() for n in range(5_000)]
    for some in (numbers[:3], numbers[3:40], numbers[40:]):
        assert known.add(named(some)) == some
    assert known.add(named(numbers)) == []
    stored = known.to_bytes()
    assert (len(known), known.added, len(stored)) == (5_000, 5_000, 8 * 5_000)
    again = Seen(stored)
    assert (len(again), again.added) == (5_000, 0)
    assert again.add({b"7": None}) == []


def test_records_that_resemble_each_other_are_told_apart() -> None:
    pairs = [f"user-{one:08}-{other:08}".encode() for one in range(300) for other in range(300)]
    assert len(Seen().add(named(pairs))) == 90_000


def named(texts: list[bytes]) -> dict[bytes, bytes]:
    return {text: text for text in texts}
