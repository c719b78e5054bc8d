"""What the demo says of the customers' health, and whether lines, standings and explanations say the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from textwrap import TextWrapper
from typing import Any

from rich.console import Console

from health_monitor import wiring
from health_monitor.cli.console import many
from health_monitor.decide.digest import Span, news_of
from health_monitor.flows.accounts_list import list_accounts, portfolio
from health_monitor.flows.explain import explain
from health_monitor.flows.model_past import Stores
from health_monitor.flows.runs import HEALTH, NIGHTLY, NIGHTS, read_json, run_key, unpack_lines
from health_monitor.flows.tell_signals import TOLD
from health_monitor.model.digest import SEVERITIES
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.explanation import Explanation, Unreported
from health_monitor.model.listing import Listed, Wanted
from health_monitor.model.measure import MEASURES
from health_monitor.model.records import STATUS
from health_monitor.ports.world import World
from health_monitor.score.line import score_of_line, standing_of_line
from health_monitor.score.waterfall import waterfall
from health_monitor.views.explain import points, signed

FIRST_STEPS, WIDEST, INDENT = 2, 100, 20
console = Console(soft_wrap=True, highlight=False)
Lines = dict[str, dict[str, Any]]
"""By account what a night's line says of its health."""


@dataclass(frozen=True)
class Health:
    """The health of the customers by the nights from `first` to `last`."""

    world: World
    first: date
    last: date

    def tell(self) -> str | None:
        """The portfolio in a few lines, then the account that needs attention most; its id, None without any."""
        self._portfolio()
        lines = list_accounts(Wanted(), "priority", self.world).lines
        scored = next((one for one in lines if one.standing and one.standing.score is not None), None)
        if scored is None:
            return None
        self._worked(scored)
        return scored.account.account_id

    def check(self) -> None:
        """Where accounts stand against the last night's lines; every change between two nights against its parts."""
        before, now = self._lines(self.first), self._lines(self.last)
        standings = self.world.standings.read(list(now))
        other = [
            key for key, named in now.items()
            if key not in standings or standing_of_line(key, named, standings[key].history) != standings[key]
        ]  # fmt: skip
        if other:
            raise NeedsHuman(f"{other[0]} stands elsewhere than its night's line says; please report this")
        both = now.keys() & before.keys()
        wrong = [key for key in sorted(both) if not _sums(before[key], now[key])]
        if wrong:
            raise NeedsHuman(f"what changed for {wrong[0]} does not sum to its change; please report this")
        tell(
            f"Check: each of {len(now):,} accounts stands as its line of the night says, and of {len(both):,} the "
            f"change since {self.first} is the exact sum of its parts."
        )

    def _portfolio(self) -> None:
        whole = portfolio(self.last, self.world.blobs, self.world.journal)["portfolio"]
        tell(
            f"\nTheir health, by {len(MEASURES)} measures in six dimensions: median {points(whole['score']['median'])} "
            f"of 100, with {whole['coverage'] // 100} % of the scorecard known"
        )
        for name, words in STATUS.items():
            one = whole["status"][name]
            console.print(f"  {words:<17} {one['accounts']:>5,}   ARR {_money(one['arr']):>12}")
        say("coverage tiers", ", ".join(f"{name} {count:,}" for name, count in whole["tiers"].items()))
        ready = whole["expansion_ready"]
        say("ready to expand", f"{many(ready['accounts'], 'account')} with {_money(ready['arr'])} of ARR")
        say("told last night", self._told())

    def _told(self) -> str:
        """The night's new signals, and how many colleagues heard of them."""
        told = read_json(self.world.blobs, run_key(self.last, NIGHTLY, TOLD))
        if told.get("held"):
            return "nothing: the night's data were in doubt"
        found = [
            signal.severity
            for key, named in self._lines(self.last).items()
            for signal in news_of(standing_of_line(key, named), Span(self.last, self.last))
        ]
        counts = ", ".join(f"{found.count(one)} {one}" for one in SEVERITIES if one in found)
        return f"{counts or 'no'} new signals, in {many(len(told.get('notices', ())), 'message')}, one a colleague"

    def _worked(self, first: Listed) -> None:
        account, found = first.account, self._explained(first.account.account_id)
        standing = found.reported.standing
        renewal = f", renewal in {many(first.renewal_in, 'day')}" if first.renewal_in is not None else ""
        tell(
            f"\nFirst by priority: {account.label} ({account.account_id}), {points(standing.score)} of 100, "
            f"{STATUS[standing.status] if standing.status else 'no status'}; ARR {_money(account.arr)}{renewal}."
        )
        if found.waterfall and found.base:
            say("what changed", f"{signed(found.waterfall.points)} since {found.base.day}")
        reasons = [one.said for one in standing.drivers if one.points < 0]
        if why := found.cause.said if found.cause else next(iter(reasons), None):
            say("likely cause", why)
        if phases := found.phases[1:] or found.phases:
            steps = (one.do for one in phases[0].steps[:FIRST_STEPS])
            say("what to do", "\n".join(f"{at}. {step}" for at, step in enumerate(steps, 1)))

    def _explained(self, account_id: str) -> Explanation:
        """As `health-monitor explain` has it."""
        found = explain(account_id, self.last, None, stores_of(self.world), wiring.bundle_now())
        if isinstance(found, Unreported):
            raise NeedsHuman(f"{account_id} has a standing and no line: {found.because}; please report this")
        fell = found.waterfall
        if fell and fell.before + sum(one.points for one in fell.changes) != fell.after:
            raise NeedsHuman(f"what explains {account_id} does not sum to its change; please report this")
        return found

    def _lines(self, night: date) -> Lines:
        blobs = self.world.blobs
        rows = (row for key in blobs.keys(f"{NIGHTS}{night}/") for row in unpack_lines(blobs.get(key) or b""))
        return {row["account_id"]: row[HEALTH] for row in rows if HEALTH in row}


def stores_of(world: World) -> Stores:
    """Where the past is."""
    return Stores(world.blobs, world.accounts, world.dossiers, world.standings, world.journal)


def _sums(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    fell = waterfall(score_of_line(before), score_of_line(now))
    return fell is None or fell.before + sum(one.points for one in fell.changes) == fell.after


def _money(amount: str | Decimal | None) -> str:
    return "unknown" if amount is None else f"{Decimal(amount):,.0f}"


def tell(text: str, indent: str = "") -> None:
    """Sentences, in lines of at most WIDEST characters."""
    console.print("\n".join(_lines_of(text, indent)), markup=False)


def say(what: str, said: str) -> None:
    """Something by its name; its further lines begin below its first."""
    first, *more = _lines_of(said, " " * INDENT)
    console.print("\n".join([f"  {what:<17} {first.strip()}", *more]), markup=False)


def _lines_of(text: str, indent: str) -> list[str]:
    whole = TextWrapper(WIDEST, indent, indent, break_long_words=False, break_on_hyphens=False)
    wrapped = map(whole.wrap, text.split("\n"))
    return [line for lines in wrapped for line in lines or [""]]
