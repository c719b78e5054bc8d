"""What the doubles tell of a mail carries the story's time, which sweeps push ahead of the clock."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from health_monitor.ingest.mail import arrived_at
from local import shown
from local.mail_events import MailWorld
from local.post_office import Letter, PostOffice

pytestmark = pytest.mark.local
AHEAD = datetime(2100, 1, 5, 12, tzinfo=UTC)
A_LETTER = Letter(
    "m1", AHEAD.timestamp(), "carla@example.com", ("mia@acme.example",), "Hello", "Hi", "", tags={"a": "b"}
)


def test_events_and_answers_carry_the_storys_time():
    told, kept = [], []
    office = PostOffice(as_of=AHEAD.timestamp())
    world = MailWorld(office, lambda name, event: told.append(event), lambda key, raw: kept.append(raw), str)
    world.tell(A_LETTER, "Delivery")
    world.reply(A_LETTER, "Thanks.\n")
    assert told[0]["time"] == "2100-01-05T12:00:00.000Z"
    assert told[0]["detail"]["delivery"]["timestamp"] == told[0]["time"]
    assert arrived_at(kept[0], datetime(2026, 1, 1, tzinfo=UTC)) == AHEAD


def test_the_clock_counts_where_it_is_further_on():
    assert PostOffice(as_of=1.0).now() > 1.0


def test_moments_are_read_as_they_are_written_for_all():
    text = "It goes out <!date^1793599200^{date_short_pretty} at {time}|Mon 2 Nov, 07:00 (UTC)>."
    assert list(shown._indented(text)) == ["    It goes out Mon 2 Nov, 07:00 (UTC)."]


def test_the_mailbox_lists_what_customers_and_colleagues_got_newest_last(monkeypatch: pytest.MonkeyPatch):
    def mail(minute: int, customer: bool, lines: int) -> dict[str, object]:
        text = "\n".join(f"line {at}" for at in range(1, lines + 1))
        who = {"from": "cs@example.com", "to": "ann@example.com", "customer": customer}
        return {"at": f"2026-11-02T07:{minute:02}:00+00:00", "subject": f"mail {minute}", "text": text, **who}

    newest_first = [mail(40, True, 9), *(mail(minute, False, 9) for minute in range(30, 0, -1))]
    monkeypatch.setattr(shown, "_ask", lambda name, said: newest_first)
    monkeypatch.setenv(shown.DESK, "http://here")
    lines = list(shown.mailbox())
    assert [line.strip() for line in lines if "mail " in line] == [f"mail {at}" for at in (*range(11, 31), 40)]
    assert (lines.count("    line 6"), lines.count("    line 7"), lines.count("    line 9")) == (21, 1, 1)
    assert lines.count("    … and 3 more lines") == 20
    assert lines[-1].startswith("1 to customers, 30 to colleagues, the newest 20 of each above. In a browser:")


def test_a_reader_of_the_mailbox_who_leaves_early_is_no_error():
    code = (
        "import sys; from local import shown\n"
        "shown.read_env_file = lambda path: None\n"
        "shown.mailbox = lambda: iter(['a line'] * 100_000)\n"
        "sys.exit(shown.main(['shown', 'mailbox']))"
    )
    reader = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert reader.stdout
    assert reader.stderr
    assert reader.stdout.readline() == b"a line\n"
    reader.stdout.close()
    assert (reader.stderr.read(), reader.wait(timeout=30)) == (b"", 0)
    reader.stderr.close()
