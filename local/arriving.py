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
from local.health_story import open_p1
from local.live import THROTTLED, LiveDay, Sent, analytics_name
from local.product import LocalProduct
from local.senders import Senders, percentile

console = Console(soft_wrap=True, highlight=False)


def pull_facts(running: LocalProduct) -> None:
    """What the CRM knows of the accounts, before their past is judged with it."""
    begun = time.monotonic()
    console.print("Pulling tiers, ARR, renewals, CSMs and people from a double of HubSpot", end="")
    done = _pulled(running, "hubspot")
    console.print(f"  ({time.monotonic() - begun:.1f} s)")
    twice = many(done["waiting"], "company", "companies")
    console.print(
        f"  {done['accounts']:,} companies, {done['contacts']:,} people; {twice} more, which seems to be one of them "
        "twice, waits for a person"
    )


def arrive(running: LocalProduct, world: World, live: LiveDay) -> None:
    """The live day: three sources at different speeds, every tenth record twice, in disorder; and what cannot wait."""
    console.print(f"{live.day:%A}, {live.day}, arrives by itself: in disorder, and every tenth event twice")
    _by_webhook(running, "Segment", live.segment)
    _by_webhook(running, "signed webhook", live.signed)
    _by_pull(running, world, live)
    _link(world, live)
    open_p1(running, world, live.day)


def _by_webhook(running: LocalProduct, sender: str, sent: Sent) -> None:
    begun = time.monotonic()
    seconds = [posted.seconds for posted in Senders(running).post(sent.bodies)]
    if not running.wait_until_consumed():
        raise NeedsHuman(f"webhooks are still queued after a minute; log of the local AWS: {running.aws.log}")
    _say(
        sender,
        f"{many(sent.events, 'event')} and {many(sent.repeats, 'repeat')} in {many(len(sent.bodies), 'request')}, "
        f"answered in {1000 * percentile(seconds, 0.5):.0f} ms (p95 {1000 * percentile(seconds, 0.95):.0f})",
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
        "Mixpanel's export",
        f"{done['events']:,} events and {done['repeated'] + done['known']} repeats pulled; "
        f"throttled {len(THROTTLED)} times (429), and waited",
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
        "whose are they?",
        f"{many(found, 'event')} of Mixpanel's {name!r} waited: no account goes by it;\n"
        f"{'':<20}linked to {live.lost.account_id}, they joined",
    )


def _pulled(running: LocalProduct, source: str) -> dict[str, Any]:
    done: dict[str, Any] = running.pull(source)
    if done["status"] != "done":
        raise NeedsHuman(f"{source} was not pulled: {done['because']} (log of the local AWS: {running.aws.log})")
    return done


def _say(who: str, what: str, begun: float | None = None) -> None:
    took = f"  ({time.monotonic() - begun:.1f} s)" if begun else ""
    console.print(f"  {who:<17} {what}{took}", markup=False)
