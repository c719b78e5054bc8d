"""`make mailbox` and `make slack`: what the running demo's mailbox and Slack hold, readable in a terminal."""

import json
import os
import re
import sys
import textwrap
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

from health_monitor.model.errors import NeedsHuman
from health_monitor.settings import read_env_file
from local.demo import DESK, ENV

WIDTH, NEWEST = 96, 20
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
    """The newest mails to customers, then how many others there are."""
    letters = _ask("mail", {})
    customers = [one for one in letters if one["customer"]]
    for one in reversed(customers[:NEWEST]):
        yield f"{one['at'][:16].replace('T', ' ')}  {one['from']} → {one['to']}"
        yield f"  {one['subject']}"
        yield from _indented(one["text"])
        yield ""
    older = f", the newest {NEWEST} of them above" if len(customers) > NEWEST else ""
    yield f"{len(customers)} to customers{older}; {len(letters) - len(customers)} to colleagues. {_where('/mail')}"


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
