"""The whole rule over a whole history: the product's replay, and the same rule in SQL on DuckDB.

Run as a program it is one of the processes that are compared: `python -m benchmarks.replay sql|judge ACCOUNTS EVENTS`.
"""

import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measure import Cost, Line, cost_of, interleaved

SQL = Path(__file__).with_name("replay.sql")
ROUNDS = 3
REPORT = "from health_monitor.cli import main; main()"


def lines(accounts: Path, events: Path) -> Iterator[Line]:
    """Without and with the report, and what each held in memory."""
    with tempfile.TemporaryDirectory() as out:
        files = ("--accounts", accounts, "--events", events)
        report = (sys.executable, "-c", REPORT, "replay", *files, "--out", out)
        costs = interleaved(
            {
                "sql": partial(_part, "sql", accounts, events),
                "judge": partial(_part, "judge", accounts, events),
                "report": lambda: cost_of(report),
            },
            ROUNDS,
        )
    sql, judge, whole = costs["sql"], costs["judge"], costs["report"]
    same = judge.said if sql.said == judge.said else f"{judge.said} and {sql.said}"
    for what, cost, most in (("replay, no report", judge, 4), ("replay with report", whole, 5)):
        ratio = cost.seconds / sql.seconds
        yield Line(f"{what} : DuckDB", f"{ratio:.1f}x ({cost.seconds:.0f} and {sql.seconds:.0f} s)", f"<= {most}x",
                   ratio <= most)  # fmt: skip
    yield Line("episodes, replay and DuckDB", same, "the same", sql.said == judge.said)
    yield Line("peak memory, replay and DuckDB", f"{whole.peak_mb:.0f} and {sql.peak_mb:.0f} MB")


def _part(what: str, accounts: Path, events: Path) -> Cost:
    return cost_of((sys.executable, "-m", "benchmarks.replay", what, accounts, events))


def _sql(accounts: Path, events: Path) -> str:
    import duckdb

    base = duckdb.connect(config={"threads": 2})
    base.execute("SET TimeZone = 'UTC'")
    given = {"accounts": str(accounts), "events": str(events)}
    for statement in base.extract_statements(SQL.read_text()):
        base.execute(statement, {name: given[name] for name in statement.named_parameters})
    found = base.execute("SELECT count(*), count(*) FILTER (severe) FROM episodes").fetchone() or ()
    return "{} episodes, {} severe".format(*found)


def _judge(accounts: Path, events: Path) -> str:
    import gc

    from health_monitor import wiring
    from health_monitor.flows.history import FileHistory
    from health_monitor.flows.replay import walk_history
    from health_monitor.model.usage import Drop

    gc.disable()  # as the command line does
    with tempfile.TemporaryDirectory() as out:
        quarantine = wiring.quarantine_csv(Path(out) / "quarantine.csv")
        today = wiring.clock().now().date()
        files = (wiring.text_file(accounts), wiring.text_file(events))
        history = FileHistory(*files, wiring.disk_spool(), quarantine, today)
        walked = walk_history(history, wiring.default_bundle(), history.last_day)
        quarantine.close()
    found = [episode.highest for walk in walked.replay.walks for episode in walk.episodes]
    return f"{len(found)} episodes, {found.count(Drop.SEVERE)} severe"


if __name__ == "__main__":
    print({"sql": _sql, "judge": _judge}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3])))
