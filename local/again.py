"""`make night`: start the running demo's workflow with an input of one's own, as an operator would in the console."""

import json
import os
import sys
from typing import Any

import boto3

from health_monitor.model.errors import NeedsHuman
from health_monitor.settings import read_env_file
from local.demo import ENV, MACHINE
from local.night import run_with

EXAMPLE = """INPUT='{"as_of": "2026-06-14"}'"""


class _Here:
    """Clients of whatever AWS the environment points to."""

    def client(self, service: str) -> Any:
        return boto3.client(service)  # type: ignore[call-overload]  # the name is only known at run time


def main(argv: list[str]) -> int:
    """0 when the run ended well; what it came to, as JSON, either way."""
    try:
        read_env_file(ENV)
        if len(argv) < 2 or not argv[1]:  # {} is every night until yesterday: months after the demo's data end
            raise NeedsHuman(f"say which night: {EXAMPLE}; {{}} judges every missed night through yesterday")
        given = json.loads(argv[1])
    except NeedsHuman as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    except json.JSONDecodeError as error:
        print(f"Error: INPUT is not JSON: {error}; write {EXAMPLE}", file=sys.stderr)
        return 2
    night = run_with(_Here(), os.environ[MACHINE], given)
    print(night.in_words)
    if night.succeeded:
        print(json.dumps(night.output, indent=2))
    return 0 if night.succeeded else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
