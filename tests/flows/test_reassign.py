"""Every night, conversations follow their account to its new CSM."""

from health_monitor.adapters.memory import memory_world
from health_monitor.flows.reassign import reassign_all
from health_monitor.model.alert import Errand
from health_monitor.model.routing import Team
from tests.builders import A_MOMENT, a_conversation, an_account
from tests.flows.stage import a_world, run_night

NEW = "dana.kim@example.com"


def test_the_new_csm_is_told_once_whatever_is_repeated() -> None:
    world = memory_world(A_MOMENT)
    world.conversations.start(a_conversation())
    alerts = [("acme/usage_drop/2026-11-01", an_account(csm_email=NEW)), ("gone/usage_drop/2026-11-01", an_account())]
    moved = [reassign_all(alerts, A_MOMENT, Team(), world.conversations, world.outbox) for _ in range(2)]
    assert moved == [1, 0]
    (known,) = world.conversations.of_account("acme")
    assert (known.csm_email, known.version) == (NEW, 2)
    told = {one.errand_id for one in world.outbox.messages if isinstance(one, Errand)}
    assert told == {f"{known.conversation_id}/card/2", f"{known.conversation_id}/crm/2"}


def test_a_night_does_it() -> None:
    world = a_world()
    run_night(world)
    (account,) = world.accounts.read(["falls"]).values()
    world.accounts.save([account.model_copy(update={"csm_email": NEW})])
    world.clock.push(days=1)
    run_night(world, night=world.clock.now().date().replace(day=2))
    (known,) = world.conversations.of_account("falls")
    assert known.csm_email == NEW
