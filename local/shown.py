"""`make mailbox` and `make slack`: what the running demo's mailbox and Slack hold, readable in a terminal."""

import json
import os
import re
import sys
import textwrap
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

from health_monitor.cli.console import many
from health_monitor.model.errors import NeedsHuman
from health_monitor.settings import read_env_file
from local.demo import DESK, ENV

WIDTH, NEWEST = 96, 20
FIRST_LINES = 6
"""Of a mail to a colleague; all of it is in the browser."""
MOMENT = re.compile(r"<!date\^\d+\^[^|>]*\|([^>]+)>")
"""A moment, which Slack shows to each reader in their own time; here it is read as it is written for all."""
Said = dict[str, Any]


def main(argv: list[str]) -> int:
    """0 when something could be shown."""
    try:
        read_env_file(ENV)
        which: dict[str, Callable[[], Iterator[str]]] = {"mailbox": mailbox, "slack": slack}
        print("\n".join(which[argv[1]]()))
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read this, such as head, has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (NeedsHuman, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    return 0


def mailbox() -> Iterator[str]:
    """The newest mails, newest last: customers' whole, colleagues' shortened; then how many there are."""
    letters: list[Said] = _ask("mail", {})
    customers, colleagues = ([one for one in letters if one["customer"] is whose] for whose in (True, False))
    for one in sorted([*customers[:NEWEST], *colleagues[:NEWEST]], key=lambda mail: str(mail["at"])):
        yield f"{one['at'][:16].replace('T', ' ')}  {one['from']} → {one['to']}"
        yield f"  {one['subject']}"
        lines = list(_indented(one["text"]))
        yield from lines if one["customer"] else _shortened(lines)
        yield ""
    counts = f"{len(customers)} to customers, {len(colleagues)} to colleagues"
    older = f", the newest {NEWEST} of each above" if max(len(customers), len(colleagues)) > NEWEST else ""
    yield f"{counts}{older}. {_where('/mail')}"


def _shortened(lines: list[str]) -> Iterator[str]:
    yield from lines[:FIRST_LINES]
    if len(lines) > FIRST_LINES:
        yield f"    … and {many(len(lines) - FIRST_LINES, 'more line')}"


def slack() -> Iterator[str]:
    """The newest messages and cards."""
    messages = _ask("state", {})["messages"]
    for one in messages[-NEWEST:]:
        yield f"{one['channel']}{'  (rewritten)' if one.get('edited') else ''}"
        yield from _indented("\n".join(_lines(one)) or str(one.get("text", "")))
        yield ""
    yield f"{len(messages)} in all. {_where('/')}"


def _lines(message: Said) -> Iterator[str]:
    for block in message.get("blocks", ()):
        if block["type"] in ("header", "section"):
            texts = [block["text"]] if block.get("text") else []
            yield from (one["text"] for one in texts + block.get("fields", []))
        elif block["type"] == "context":
            yield " · ".join(one["text"] for one in block["elements"] if one.get("text"))
        elif block["type"] == "actions":
            yield "  ".join(f"[{(one.get('text') or one.get('placeholder') or {}).get('text', '…')}]"
                            for one in block["elements"])  # fmt: skip


def _indented(text: str) -> Iterator[str]:
    for line in MOMENT.sub(r"\1", text).splitlines():
        yield from (f"    {part}" for part in textwrap.wrap(line, WIDTH) or [""])


def _where(path: str) -> str:
    return f"In a browser: {os.environ[DESK]}{path}"


def _ask(name: str, said: Said) -> Any:
    request = urllib.request.Request(f"{os.environ[DESK]}/desk/{name}", json.dumps(said).encode(), method="POST")
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=10) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
