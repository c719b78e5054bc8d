"""Small portfolios by hand, and their nights one after the other."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from health_monitor.model.account import Account
from health_monitor.model.config import Bundle, Profile
from health_monitor.model.state_json import Named
from health_monitor.model.usage import Series, State
from health_monitor.usage.benchmark import Ledger
from health_monitor.usage.incident import held_back
from health_monitor.usage.night import Medians, judge_night, line
from health_monitor.usage.portfolio import Walked, replay_portfolio
from health_monitor.usage.summary import Night, summarise_night
from tests.builders import an_account
from tests.rooms.usages import START, START_DATE

CONFIG = Bundle(profiles=(Profile(name="all"),))


def day(n: int) -> date:
    return START_DATE + timedelta(days=n)


class Company:
    """Accounts and what they did; a life is the users of every day from the account's start."""

    def __init__(self) -> None:
        self.accounts: list[Account] = []
        self.series: dict[str, Series] = {}

    def joins(self, name: str, on: int, users: Sequence[int], people: int | None = None, **known: Any) -> None:
        self.accounts.append(an_account(name, **({"usage_start": day(on)} | known)))
        if any(users):
            newcomers = [max(users) if people is None else people] + [0] * (len(users) - 1)
            self.series[name] = Series(START + on, [3 * n for n in users], list(users), newcomers)

    def replay(self, until: int, *, config: Bundle = CONFIG, data_from: int | None = None) -> Walked:
        seen = None if data_from is None else day(data_from)
        return replay_portfolio(self.accounts, self.series, config, day(until), seen)

    def nights(self, first: int, until: int, config: Bundle = CONFIG, data_from: int | None = None) -> "Nights":
        nights = Nights(self, config, None if data_from is None else day(data_from))
        for n in range(first, until + 1):
            nights.run(day(n))
        return nights


class Nights:
    """Night by night, with everything between two nights written to JSON and read again."""

    def __init__(self, company: Company, config: Bundle, data_from: date | None) -> None:
        self._company, self._config, self._data_from = company, config, data_from
        self._ledger, self._medians = Ledger(), Medians({}, {})
        self.states: dict[str, State] = {}
        self.lines: dict[date, list[Named]] = {}
        self.summaries: dict[date, Night] = {}
        self.suppressed: set[tuple[str, int]] = set()

    def run(self, as_of: date, late: Sequence[str] = ()) -> Night:
        lines = [self._judged(account, as_of) for account in self._company.accounts]
        self.lines[as_of] = [json.loads(json.dumps(found)) for found in lines if found]
        night = summarise_night(self.lines[as_of], self._ledger, late, self._config, as_of)
        self.summaries[as_of] = night
        self._ledger = Ledger.load(json.loads(json.dumps(list(night.ledger.dump()))))
        self._medians = Medians.load(json.loads(json.dumps(night.medians)))
        self._mark(as_of, bool(night.incident))
        return night

    def _judged(self, account: Account, as_of: date) -> Named | None:
        name = account.account_id
        judged = judge_night(
            account, self._company.series.get(name), self.states.get(name), self._medians, self._config, as_of,
            self._data_from,
        )  # fmt: skip
        if judged is None:
            return None
        self.states[name] = judged.state
        return line(judged, judged.state, self._medians, self._config)

    def _mark(self, as_of: date, incident: bool) -> None:
        accounts = {account.account_id: account for account in self._company.accounts}
        for named in self.lines[as_of]:
            name = named["account_id"]
            episode = self.states[name].episode
            if not (incident and episode and named["happened"] == "opened"):
                continue
            if held_back(accounts[name], episode.usage_drop, self._config):
                self.suppressed.add((name, episode.opened_on))


def a_random_company(seed: int, accounts: int, days: int) -> Company:
    """Segments, tiers and starts of all kinds; everybody's usage halves together for a while."""
    chance, company = Random(seed), Company()
    for n in range(accounts):
        on, level = chance.choice([-200, -20, -10, 0, 0, 7, 7, 15, 30]), chance.randint(0, 12)
        users = []
        for at in range(on, days):
            level = chance.choice([level] * 40 + [0, level // 2, level + 3])
            users.append(chance.randint(level // 2, level) // (3 if 70 <= at < 84 else 1))
        known: dict[str, Any] = {
            "segment": chance.choice(["smb", "smb", "mid market", None]),
            "tier": chance.choice(["standard", "enterprise"]),
            "licensed_seats": chance.choice([None, 0, 10]),
            "churn_date": chance.choice([None, None, day(chance.randint(20, days))]),
        }
        if chance.random() < 0.2:
            known["usage_start"] = None
        company.joins(f"a{n:03d}", on, users, **known)
    return company
