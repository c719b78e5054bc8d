"""A colleague says that a customer has reacted, where no source tells of it."""

from datetime import datetime
from typing import Literal, NamedTuple

from health_monitor.flows.respond import first_answer, respond_to
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.records import Touchpoint
from health_monitor.ports.world import World

PERSON = "person"


class Said(NamedTuple):
    """How they were in contact, who of us was, and what came of it."""

    kind: Literal["call", "meeting", "email", "note"]
    by: str
    because: str


def heard_back(account_id: str, said: Said, world: World, now: datetime) -> list[str]:
    """The ids of the conversations that this answers. Raises NeedsHuman for an account that nobody knows."""
    if account_id not in world.accounts.read([account_id]):
        raise NeedsHuman(f"there is no account {account_id}; health-monitor show finds one by any of its names")
    touch = Touchpoint(
        source=PERSON, key=f"{said.kind}-{now.isoformat()}", changed_at=now, kind=said.kind, at=now, inbound=True
    )  # fmt: skip
    world.dossiers.save(account_id, [touch])
    because = f"{said.kind}: {' '.join(said.because.split())[:400]}"
    return [
        one.conversation_id
        for one in world.conversations.of_account(account_id)
        if one.response is None
        and first_answer(one, [touch], now)
        and respond_to(
            one.conversation_id, touch, world.conversations, world.outbox, now, because=because, by=said.by
        )
    ]  # fmt: skip
