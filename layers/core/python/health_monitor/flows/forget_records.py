"""Forgetting a person in an account's records, and in what its score says of them."""

from functools import partial

from health_monitor.flows.reception import Reception
from health_monitor.ingest.scrub import Scrubber
from health_monitor.ingest.scrub_records import left_of
from health_monitor.model.score import Standing
from health_monitor.model.source import Erasure


def forget_records(erasure: Erasure, account_id: str, ports: Reception) -> int:
    """How many records and standings named them."""
    scrubber = Scrubber(erasure.model_copy(update={"account_id": account_id}))
    found = ports.dossiers.scrub(account_id, partial(left_of, scrubber=scrubber))
    for standing in ports.standings.read([account_id], consistent=True).values():
        left = Standing.model_validate(scrubber.unnamed(standing.model_dump(mode="json")))
        if left != standing:
            ports.standings.write([left])
            found += 1
    return found
