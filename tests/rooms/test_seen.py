"""The hashes of what is stored: a set that is small, and can be kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.model import seen
from health_monitor.model.seen import Seen


@given(st.lists(st.text(max_size=4)), st.lists(st.text(max_size=4)))
def test_it_knows_exactly_what_was_added_also_after_it_was_kept(first: list[str], second: list[str]) -> None:
    known = Seen()
    assert [known.add(text) for text in first] == [text not in first[:place] for place, text in enumerate(first)]
    again, both = Seen(known.to_bytes()), [*first, *second]
    news = [again.add(text) for text in second]
    assert news == [text not in both[:place] for place, text in enumerate(both)][len(first) :]
    assert len(again) == len(set(both))


def test_it_grows_and_takes_eight_bytes_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "START", 1 << 4)
    monkeypatch.setattr(seen, "LARGE", 1 << 8)
    known = Seen()
    count = 5_000
    assert all(known.add(str(n)) for n in range(count))
    assert not any(known.add(str(n)) for n in range(count))
    stored = known.to_bytes()
    assert (len(known), known.added, len(stored)) == (count, count, 8 * count)
    again = Seen(stored)
    assert (len(again), again.added) == (count, 0)
    assert not again.add("7")
