"""A small demo from its first line to its last: history, a day that arrives by itself, the nights, the checks."""

import csv
import json
import shutil
import subprocess
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from health_monitor import wiring
from health_monitor.flows.configure import load_config, probable_mistakes
from health_monitor.model.config import HighValue
from health_monitor.model.errors import NeedsHuman
from local import data, demo, summary, team

pytestmark = pytest.mark.local


@pytest.fixture(name="elsewhere")
def _elsewhere(tmp_path, monkeypatch):
    """A folder and an environment of its own."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATA", "DEMO_NIGHTS", "DEMO_EXIT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_day_arrives_by_itself_is_counted_exactly_and_judged(elsewhere, monkeypatch, capsys):
    monkeypatch.setattr(data, "ACCOUNTS", 60)
    monkeypatch.setattr(data, "DAYS", 130)
    monkeypatch.setenv("DEMO_NIGHTS", "2")
    monkeypatch.setenv("DEMO_EXIT", "1")
    assert demo.main() == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "arrives by itself" in said
    assert "they joined" in said
    assert "counted, each once" in said
    assert "day for day" in said
    assert "data incident" not in said
    assert "heard at once" in said
    assert "the exact sum of its parts" in said
    assert "First by priority" in said
    assert "counts again when the override is ended" in said
    assert "nothing is changed until it is applied" in said
    assert "against itself over" in said
    assert "It has stopped" in said
    assert "Where to look next" not in said
    assert not (elsewhere / demo.ENV).exists()


def test_the_published_configuration_stands_in_files_to_be_changed(elsewhere):
    """Publishing them again changes nothing: nobody loses the team by trying it."""
    csms = ["ines.castillo@example.com", "jonas.keller@example.com"]
    folder = team.written(demo.CONFIG, team.a_team(csms))
    written = load_config(wiring.config_texts(folder))
    assert written == team.with_team(wiring.default_bundle(), csms)
    assert written.team.may_act(team.ADMIN, csms[0])
    assert probable_mistakes(wiring.config_texts(folder), wiring.config_files(folder), written) == []


@pytest.mark.usefixtures("elsewhere")
def test_a_second_demo_in_the_same_folder_is_refused_and_leaves_the_first_alone(capsys):
    with demo._alone():
        demo.ENV.write_text("HM_STAGE=dev\n")
        assert demo.main() == 2
        assert "a demo runs in this folder" in capsys.readouterr().err
        assert demo.ENV.exists()
    assert not demo.ENV.exists()


def test_own_history_is_judged_as_it_is_and_says_how_to_send_events(elsewhere, monkeypatch, capsys):
    history, own = elsewhere / "made", elsewhere / "own"
    monkeypatch.setattr(data, "ACCOUNTS", 20)
    monkeypatch.setattr(data, "DAYS", 130)
    data.simulated_files(history)
    history.rename(own)
    monkeypatch.setenv("DATA", str(own))
    monkeypatch.setenv("DEMO_NIGHTS", "1")
    monkeypatch.setenv("DEMO_EXIT", "1")
    assert demo.main() == 0
    said = capsys.readouterr().out
    assert "no day arrives by itself" in said
    assert "Mixpanel" not in said
    assert "20 accounts" in said


def test_the_request_that_the_demo_shows_is_accepted(deployed):
    if not (shutil.which("curl") and shutil.which("openssl")):
        pytest.skip("curl or openssl is not installed here")
    shown = summary.webhook(deployed, "acme", "2026-06-14T12:00:00Z")
    done = subprocess.run(["sh", "-c", shown], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"received": 1}


def test_an_event_to_try_is_of_the_last_night_unless_that_is_too_long_past(deployed, capsys):
    now = wiring.clock().now()
    examples = [SimpleNamespace(account_id="acc-0001", csm_email=None)]
    summary.where_next(deployed, examples, now.date() - timedelta(days=7), demo.ENV, {})
    said = capsys.readouterr().out
    assert f"Send an event of {now.date() - timedelta(days=7)} yourself" in said
    assert said.count("show acc-0001   #") == 2
    assert "explain" not in said
    health = (None, "acc-0002")
    summary.where_next(deployed, examples, now.date(), demo.ENV, {}, health, demo.CONFIG)
    told = capsys.readouterr().out
    for shown in ("explain acc-0002", "users acc-0002", "override set acc-0002", "model plan", "model weights"):
        assert shown in told
    for shown in (examples, []):
        summary.where_next(deployed, shown, now.date() - timedelta(days=8), demo.ENV, {})
        assert f'"occurred_at": "{now:%Y-%m-%dT}' in capsys.readouterr().out


@pytest.mark.parametrize("today", [date(2026, 11, 16) + timedelta(days=at) for at in range(8)])
def test_the_live_day_is_the_latest_sunday_before_today(today, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "ACCOUNTS", 10)
    monkeypatch.setattr(data, "DAYS", 20)
    files, portfolio = data.live_files(tmp_path, today)
    assert f"{portfolio.last_day:%A}" == "Sunday"
    assert 1 <= (today - portfolio.last_day).days <= 7
    assert str(portfolio.last_day) not in files.events.read_text()


def test_of_late_people_have_spoken_with_high_value_accounts_only(tmp_path, monkeypatch):
    """Else no check-in would go by itself: to whom somebody speaks, a person writes."""
    monkeypatch.setattr(data, "ACCOUNTS", 60)
    monkeypatch.setattr(data, "DAYS", 130)
    files, portfolio = data.simulated_files(tmp_path)
    covered = {one.account_id for one in portfolio.accounts if HighValue().covers(one)}
    since = str(portfolio.last_day - timedelta(days=data.QUIET_DAYS))
    with files.records["touchpoint"].open(newline="") as file:
        spoken = {row["account_id"] for row in csv.DictReader(file) if row["at"][:10] >= since}
    assert spoken
    assert spoken <= covered


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DEMO_NIGHTS", "0", "from 1 to 21"),
        ("DEMO_NIGHTS", "many", "from 1 to 21"),
        ("DATA", "nowhere", "accounts.csv"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(elsewhere, monkeypatch, capsys, name, value, says):
    monkeypatch.setenv(name, value)
    assert demo.main() == 2
    assert says in capsys.readouterr().err
    with pytest.raises(NeedsHuman):
        demo._files(demo.Options.read())
