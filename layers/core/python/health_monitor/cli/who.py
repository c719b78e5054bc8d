"""Who does something, for the record."""

from typing import Annotated

import typer

from health_monitor.model.errors import NeedsHuman

OPERATOR = "the operator"
"""Whoever may use this tool on the deployment; who that is, AWS knows."""


def _address(given: str) -> str:
    if given != OPERATOR and not all(given.rpartition("@")[::2]):
        raise NeedsHuman(f"--as {given}: is no address; write one such as dana@example.com")
    return given


As = Annotated[str, typer.Option("--as", callback=_address, help="Your address: you have to be allowed to do it.")]
ByOperator = Annotated[str, typer.Option("--as", callback=_address, help="Your address, for the record.")]
