"""`health-monitor users`: who of an account fares how, and who has gone."""

import json
from datetime import UTC, datetime, timedelta

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.runs import benchmark_key, to_json
from health_monitor.model.account import Contact
from health_monitor.model.records import Person
from health_monitor.model.score import History, Signal, Standing
from tests.builders import A_MOMENT, a_history, a_series, a_user, an_account
from tests.cli.conftest import Command

YESTERDAY = A_MOMENT.date() - timedelta(days=1)
DAY = YESTERDAY.toordinal()


def person(key: str, role: str | None, user_id: str | None, **known: object) -> Person:
    changed = datetime(2026, 1, 1, tzinfo=UTC)
    return Person(source="csv", key=key, changed_at=changed, role=role, user_id=user_id, **known)  # type: ignore[arg-type]


def seen(user_id: str, ago: int = 0, fortnight: int = 0b11111111, *features: str):  # type: ignore[no-untyped-def]
    used = tuple((name, DAY - ago) for name in sorted(features))
    return a_user(user_id, first_day=DAY - 200, last_day=DAY - ago, fortnight=fortnight, features=used)


def at_acme(world: MemoryWorld) -> None:
    world.accounts.save([an_account(licensed_seats=4)])
    world.rings.write(
        [
            a_history(
                users=[
                    seen("boss", 40, 0b1),
                    seen("daily", 0, 0b11111111, "alarm", "report"),
                    seen("quiet", 20, 0b1, "report"),
                    seen("often", 1, 0b11111111, "report"),
                ],
                series=a_series([1]),
            )
        ]
    )
    world.accounts.save_contacts([Contact(account_id="acme", contact_id="c1", user_id="boss", name="Ada")])
    world.dossiers.save(
        "acme",
        [
            person("c1", "executive_sponsor", "boss", department="Finance"),
            person("c2", "champion", "gone", departed_on=YESTERDAY, departure="bounced"),
            person("c3", None, "daily"),
        ],
    )


def test_users_are_listed_with_role_score_state_and_features(health_monitor: Command, product: MemoryWorld) -> None:
    at_acme(product)
    out = health_monitor("users", "acme").out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert f"2 engaged, 1 at risk, 1 dormant, as of {YESTERDAY}. User health is 59.7." in lines
    assert "3 of 4 licensed seats were active in 30 days (75 %)." in lines
    assert f"boss Ada executive sponsor, Finance {YESTERDAY - timedelta(days=40)} 0.0 dormant 0 of 2 silent" in lines
    assert f"gone – champion never – – – mail bounced {YESTERDAY}" in lines
    assert f"daily – – {YESTERDAY} 100.0 engaged 2 of 2 –" in lines


def test_core_features_are_the_breadth_of_a_score(health_monitor: Command, product: MemoryWorld) -> None:
    at_acme(product)
    assert "No core features are known" in health_monitor("users", "acme").out
    peers = {"usage": {}, "features": ["alarm", "export", "report", "zoom"], "trains": False}
    before = YESTERDAY - timedelta(days=1)
    product.blobs.put(benchmark_key(before, "medians.json"), to_json({"peers": peers}))
    out = health_monitor("users", "acme").out
    assert "No core features are known" not in out
    assert f"often – – {YESTERDAY - timedelta(days=1)} 80.0 engaged 1 of 4 –" in " ".join(out.split())


def test_what_the_last_night_found_about_people_is_told(health_monitor: Command, product: MemoryWorld) -> None:
    at_acme(product)
    signals = tuple(
        Signal(kind, "critical", said) for kind, said in (("sponsor_dormant", "silent"), ("p1_open", "P1 is open"))
    )
    history = History("v1", DAY, (500,))
    product.standings.write(
        [
            Standing(
                account_id="acme", as_of=YESTERDAY, version="v1", card="all", score=500, coverage=10_000,
                provisional=False, status="moderate", model_status="moderate", signals=signals, history=history,
            )
        ]
    )  # fmt: skip
    out = health_monitor("users", "acme").out
    assert "Critical risk: silent." in out
    assert "The sponsor is silent although most seats are active" in out
    assert "P1 is open" not in out


def test_programs_get_all_of_it(health_monitor: Command, product: MemoryWorld) -> None:
    at_acme(product)
    found = json.loads(health_monitor("users", "acme", "--json").out)
    assert (found["account_id"], found["active_30"], found["licence_use"]) == ("acme", 3, 0.75)
    assert found["users"][0]["user_id"] == "boss"
    assert [one["score"] for one in found["users"]] == [0.0, None, 100.0, 100.0, 39.13]


def test_fifty_are_shown_unless_all_are_asked_for(health_monitor: Command, product: MemoryWorld) -> None:
    product.accounts.save([an_account()])
    product.rings.write([a_history(users=[seen(f"u{n:02d}") for n in range(60)])])
    assert "10 more users; see them with --all" in health_monitor("users", "acme").out
    assert "u59" in health_monitor("users", "acme", "--all").out


def test_of_an_account_that_nobody_used_nothing_but_that_is_told(health_monitor: Command, product: MemoryWorld) -> None:
    product.accounts.save([an_account()])
    out = health_monitor("users", "acme").out
    assert f"0 engaged, 0 at risk, 0 dormant, as of {YESTERDAY}." in out
    assert "User health" not in out
    refused = health_monitor("users", "nobody")
    assert (refused.code, "no account has the id 'nobody'" in refused.err) == (2, True)
