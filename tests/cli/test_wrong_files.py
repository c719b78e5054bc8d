"""A file of something else, or no file at all, is refused in words before anything is stored."""

import shutil
from pathlib import Path

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.model.errors import NeedsHuman
from tests.cli.conftest import CONFIG, Command
from tests.cli.test_replay import ends_in
from tests.flows.files import written

ACCOUNTS = Path("accounts.csv")


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (
            ("account_id", "user_id", "event", "occurred_at"),
            r"holds events, and nothing was imported; .* import events",
        ),
        (("account_id", "contact_id", "email"), r"holds contacts, and nothing was imported; .* import contacts"),
        (("account_id", "made", "at"), r"2 rows repeat an account_id and only 1 does not; .*nothing was imported"),
    ],
)
def test_a_file_of_something_else_is_not_imported_as_accounts(
    health_monitor: Command, product: MemoryWorld, columns: tuple[str, ...], sentence: str
) -> None:
    written(ACCOUNTS, columns, [("acme", *columns[1:])] * 3)
    ends_in(health_monitor("import", "accounts", ACCOUNTS), sentence)
    assert (list(product.accounts.ids()), list(product.blobs.keys("archive/"))) == ([], [])


def test_a_replay_of_nothing_says_what_to_give(health_monitor: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> MemoryWorld:
        raise NeedsHuman("HM_BUCKET is not set")

    monkeypatch.setattr("health_monitor.cli.replay.aws_world", nowhere)
    ends_in(
        health_monitor("replay", "--out", "out", "--config", CONFIG), r"give --accounts and --events; or, to replay"
    )


def test_a_configuration_that_nothing_would_read_says_how_to_call_it(health_monitor: Command, tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parents[2] / "config", tmp_path / "config")
    (tmp_path / "config" / "routing.yml").write_text("holdout: {percent: 10}\n")
    said = health_monitor("config", "check", tmp_path / "config")
    assert (said.code, "routing.yml is not read; call it routing.yaml" in " ".join(said.err.split())) == (2, True)
