"""What is sent by itself arrives in the recipient's working hours, in every zone and on the days when clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import example, given
from hypothesis import strategies as st

from health_monitor.decide.window import first_open, is_open, zone_of
from health_monitor.model.routing import Window

ZONES = st.sampled_from(sorted(available_timezones()))
MOMENTS = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  (hypothesis adds the zone)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    begins = draw(st.integers(0, 23))
    return Window(from_hour=begins, to_hour=draw(st.integers(begins + 1, 24)), weekends=draw(st.booleans()))


@given(MOMENTS, windows(), ZONES)
@example(datetime(2011, 12, 29, 22, tzinfo=UTC), Window(), "Pacific/Apia")  # which skipped the 30th
@example(datetime(2026, 3, 28, 12, tzinfo=UTC), Window(from_hour=2, to_hour=3, weekends=True), "Europe/Berlin")
@example(datetime(2026, 10, 24, 23, tzinfo=UTC), Window(from_hour=2, to_hour=3, weekends=True), "Europe/Berlin")
@example(datetime(2026, 10, 3, 14, tzinfo=UTC), Window(from_hour=2, to_hour=3, weekends=True), "Australia/Lord_Howe")
def test_what_is_sent_is_inside_the_window_and_as_soon_as_it_opens(at: datetime, window: Window, name: str) -> None:
    zone = ZoneInfo(name)
    found = first_open(at, window, zone)
    assert found >= at
    assert is_open(found, window, zone)
    assert found - at < timedelta(days=6)
    if is_open(at, window, zone):
        assert found == at
    elif found > at:
        assert not is_open(found - timedelta(seconds=1), window, zone)


def test_the_window_is_the_recipients_in_summer_and_in_winter() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    night = datetime(2026, 10, 24, 3, tzinfo=UTC)  # the clocks go back on Sunday
    assert first_open(night, Window(), berlin) == datetime(2026, 10, 26, 8, tzinfo=UTC)
    assert first_open(night - timedelta(days=1), Window(), berlin) == datetime(2026, 10, 23, 7, tzinfo=UTC)


def test_the_first_name_that_is_a_zone_counts() -> None:
    assert zone_of(None, "", "us_slash_eastern", "America", "../etc/passwd", "Asia/Tokyo").key == "Asia/Tokyo"
    assert zone_of("Europe/Nowhere").key == "UTC"
