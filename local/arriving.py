"""The demo's records on their way: facts from the CRM, then a day by webhooks and a pull, told as it happens."""

import time
from typing import Any

from rich.console import Console

from health_monitor.cli.console import many
from health_monitor.flows import names
from health_monitor.flows.reception import Reception
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.heard import Ref
from health_monitor.ports.world import World
from local.live import REPEATED, THROTTLED, LiveDay, analytics_name
from local.product import LocalProduct
from local.senders import Body, Senders, percentile

console = Console(soft_wrap=True, highlight=False)


def pull_facts(running: LocalProduct) -> None:
    """What the CRM knows of the accounts, before their past is judged with it."""
    begun = time.monotonic()
    console.print("Pulling tiers, ARR, renewals, CSMs and people from HubSpot, a double of it", end="")
    done = _pulled(running, "hubspot")
    console.print(f"  ({time.monotonic() - begun:.1f} s)")
    console.print(
        f"  {done['accounts']:,} companies, {done['contacts']:,} people; {done['no_customer']} that are no customers "
        f"left out; {done['waiting']} twice in the CRM, so a person has to say which is right"
    )


def arrive(running: LocalProduct, world: World, live: LiveDay) -> None:
    """The live day: three sources at different speeds, every tenth record twice, all of them in disorder."""
    console.print(f"{live.day:%A} {live.day} arrives by itself, in disorder, every tenth record twice")
    _by_webhook(running, "Segment", live.segment)
    _by_webhook(running, "own code, signed", live.signed)
    _by_pull(running, world, live)
    _link(world, live)


def _by_webhook(running: LocalProduct, sender: str, bodies: list[Body]) -> None:
    begun = time.monotonic()
    seconds = [posted.seconds for posted in Senders(running).post(bodies)]
    if not running.wait_until_consumed():
        raise NeedsHuman(f"webhooks are still queued after a minute; log of the local AWS: {running.aws.log}")
    records = sum(body.records for body in bodies)
    _say(
        sender,
        f"{many(records, 'record')} in {many(len(bodies), 'webhook')}, {records - _once(records)} of them again; "
        f"answered in {1000 * percentile(seconds, 0.5):.0f} ms (95%: {1000 * percentile(seconds, 0.95):.0f})",
        begun,
    )


def _by_pull(running: LocalProduct, world: World, live: LiveDay) -> None:
    begun = time.monotonic()
    # What came before is in the imported files. A team says the same with first_day in config/sources.yaml.
    world.sources.save_cursor(
        "mixpanel", f'{{"next": "{live.day}", "now": "{world.clock.now().isoformat()}"}}', world.clock.now()
    )
    done = _pulled(running, "mixpanel")
    _say(
        "Mixpanel, pulled",
        f"{done['events']:,} events, {done['repeated'] + done['known']} of them again; "
        f"{len(THROTTLED)} × 429 waited out; {done['without_account']} without a company left out",
        begun,
    )


def _link(world: World, live: LiveDay) -> None:
    """One account that Mixpanel knows by a name that nobody else uses, until somebody says whose it is."""
    name, ports, now = analytics_name(live.lost), Reception.of(world), world.clock.now()
    waiting = {one.unmatched.ref: one.events for one in names.list_unmatched(ports)}
    found = waiting.get(Ref("mixpanel", name))
    if found is None:
        raise NeedsHuman(f"nothing waits under mixpanel {name!r}, though no account goes by it; please report this")
    names.link(live.lost.account_id, Ref("mixpanel", name), now, ports)
    _say(
        "a name of nobody",
        f"{many(found, 'event')} waited under {name!r}; linked to {live.lost.account_id}, they joined",
    )


def _pulled(running: LocalProduct, source: str) -> dict[str, Any]:
    done: dict[str, Any] = running.pull(source)
    if done["status"] != "done":
        raise NeedsHuman(f"{source} was not pulled: {done['because']} (log of the local AWS: {running.aws.log})")
    return done


def _once(records: int) -> int:
    """How many different records there are, when every tenth comes again."""
    return round(records * REPEATED / (REPEATED + 1))


def _say(who: str, what: str, begun: float | None = None) -> None:
    took = f"  ({time.monotonic() - begun:.1f} s)" if begun else ""
    console.print(f"  {who:<17} {what}{took}", markup=False)
