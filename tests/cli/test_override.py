"""A person judges an account otherwise than its score, on the command line."""

from datetime import date, timedelta

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.model.dossier import EMPTY
from health_monitor.model.records import Override, Renewal
from tests.builders import A_MOMENT, a_standing, an_account, an_override
from tests.cli.conftest import Command

BY = ("--by", "carla@example.com", "--because", "the champion\nleft")


@pytest.fixture
def acme(product: MemoryWorld) -> MemoryWorld:
    product.accounts.save([an_account()])
    product.standings.write([a_standing(score=850, status="healthy", model_status="healthy")])
    return product


def kept(world: MemoryWorld) -> tuple[Override, ...]:
    return world.dossiers.read(["acme"]).get("acme", EMPTY).overrides


def test_an_override_counts_at_once_and_the_score_stays_visible(health_monitor: Command, acme: MemoryWorld) -> None:
    said = health_monitor("override", "set", "acme", "at_risk", *BY, "--missed", "new  competitor")
    assert said.code == 0, said.text
    assert "acme is at risk until 2027-01-31; the score says healthy." in said.out
    (made,) = kept(acme)
    assert (made.status, made.reason, made.author, made.missed) == (
        "at_risk", "the champion left", "carla@example.com", "new competitor",
    )  # fmt: skip
    assert (made.model_status, made.score, made.expires_on) == ("healthy", 850, date(2027, 1, 31))
    standing = acme.standings.read(["acme"])["acme"]
    assert (standing.status, standing.model_status, standing.score) == ("at_risk", "healthy", 850)
    assert (standing.override, standing.display_color) == (made.name, "orange")
    assert [key.split("/")[1] for key in acme.blobs.keys("archive/")] == ["overrides"]


def test_a_later_judgement_replaces_the_one_before_and_ending_it_brings_neither_back(
    health_monitor: Command, acme: MemoryWorld
) -> None:
    health_monitor("override", "set", "acme", "at_risk", *BY)
    acme.clock.push(seconds=60)
    health_monitor("override", "set", "acme", "critical", *BY)
    first, second = kept(acme)
    assert (first.ended_by, second.ended_at) == ("carla@example.com", None)
    assert second.expires_on == date(2026, 12, 2), "the strongest words last 30 days"
    assert "critical" in health_monitor("override", "list").out
    said = health_monitor("override", "end", "acme", "--by", "max@example.com")
    assert "own status counts again for acme" in said.out
    standing = acme.standings.read(["acme"])["acme"]
    assert (standing.status, standing.override) == ("healthy", None)
    assert "No override is in force" in health_monitor("override", "list").out
    assert health_monitor("override", "list", "--all").out.count("ended 2026-11-02") == 2
    said = health_monitor("override", "end", "acme", "--by", "max@example.com")
    assert (said.code, "no override of acme is in force" in said.err) == (2, True)


def test_without_a_score_it_counts_all_the_same(health_monitor: Command, product: MemoryWorld) -> None:
    product.accounts.save([an_account()])
    said = health_monitor("override", "set", "acme", "healthy", *BY, "--until", "2026-11-02")
    assert "acme is healthy until 2026-11-02; it has no score yet." in said.out
    assert "–" in health_monitor("override", "list").out
    product.clock.push(days=1)
    assert "expired 2026-11-02" in health_monitor("override", "list", "--all").out


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("nobody", "healthy", *BY), "there is no account nobody"),
        (("acme", "green", *BY), "status: 'green' is none; write healthy, moderate, at_risk or critical"),
        (("acme", "healthy", "--by", "x@example.com", "--because", " "), "say why: --because"),
        (("acme", "healthy", "--by", " ", "--because", "why"), "is no address; write one such as dana@example.com"),
        (("acme", "healthy", "--by", "carla", "--because", "why"), "--by carla: is no address"),
        (("acme", "healthy", *BY, "--until", "2026-11-01"), "--until 2026-11-01 is past"),
        (("acme", "healthy", *BY, "--until", "2028-01-01"), "more than a year away"),
    ],
)
def test_what_is_missing_is_told(health_monitor: Command, acme: MemoryWorld, asked: tuple[str, ...], said: str) -> None:
    answer = health_monitor("override", "set", *asked)
    assert (answer.code, said in answer.err) == (2, True), answer.text
    assert kept(acme) == ()


def test_the_ledger_says_who_was_right(health_monitor: Command, acme: MemoryWorld) -> None:
    assert "There was never an override." in health_monitor("override", "ledger").out
    then = A_MOMENT - timedelta(days=60)
    acme.dossiers.save(
        "acme",
        [
            an_override(at=then, model_status="healthy", missed="new competitor"),
            Renewal(
                source="csv", key="1", changed_at=A_MOMENT, due_on=A_MOMENT.date(), outcome="churned"
            ),
        ],
    )  # fmt: skip
    said = health_monitor("override", "ledger")
    assert "1 override, and who was right" in said.out
    assert "carla@example.com" in said.out
    assert "the person" in said.out
    assert "new competitor, 1 of these, 1 of them right so far." in said.out


def test_nobody_ever_overrode_anything(health_monitor: Command, product: MemoryWorld) -> None:
    assert "There was never an override." in health_monitor("override", "list", "--all").out
