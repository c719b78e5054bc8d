"""Who does something, for the record."""

from typing import Annotated

import typer

from health_monitor.model.errors import NeedsHuman

OPERATOR = "the operator"
"""Whoever may use this tool on the deployment; who that is, AWS knows."""


def _address(option: typer.CallbackParam, given: str) -> str:
    known = given.strip()
    if known != OPERATOR and not all(known.rpartition("@")[::2]):
        raise NeedsHuman(f"{option.opts[0]} {known}: is no address; write one such as dana@example.com")
    return known


As = Annotated[str, typer.Option("--as", callback=_address, help="Your address: you have to be allowed to do it.")]
ByOperator = Annotated[str, typer.Option("--as", callback=_address, help="Your address, for the record.")]
ByPerson = Annotated[
    str, typer.Option("--by", metavar="EMAIL", callback=_address, help="Who judges; it stands beside the status.")
]
