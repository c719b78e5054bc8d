"""What the demo says at its end: the alerts, whether all is as it should be, and where to look next."""

import json
import shlex
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console

from health_monitor import wiring
from health_monitor.act.wording import sentence
from health_monitor.cli.console import many
from health_monitor.flows.backfill import past_alerts
from health_monitor.flows.go_live import standing
from health_monitor.flows.history import StoredHistory
from health_monitor.flows.replay import walk_history
from health_monitor.ingest.compaction import too_late
from health_monitor.model.account import Account
from health_monitor.model.alert import Alert
from health_monitor.model.errors import NeedsHuman
from health_monitor.ports.world import World
from local import team
from local.health import tell
from local.live import PROJECT, LiveDay
from local.outreach_story import all_conversations
from local.product import LocalProduct
from local.vendors import HUBSPOT_SECRET, MIXPANEL_SECRET, Vendor

WORKED_EXAMPLES = 3
console = Console(soft_wrap=True, highlight=False)


def summarise(running: LocalProduct, world: World, last: date, nights: int, live: LiveDay | None) -> list[Alert]:
    """Tell what was raised, and check it; the alerts that are worth a look."""
    known = world.accounts.read(list(world.accounts.ids()))
    alerts = [alert for account_id in known for alert in world.alerts.of_account(account_id)]
    since = last - timedelta(days=nights - 1)
    fresh = [alert for alert in alerts if max(alert.opened_on, alert.escalated_on or alert.opened_on) >= since]
    here = [alert for alert in alerts if alert.is_open and known[alert.account_id].last_day(last) >= last]
    now_open = Counter(alert.severity for alert in here)
    console.rule("[bold]Summary")
    tell(
        f"{_accounts(world, len(known), last, live)} "
        f"Open usage alerts: {now_open['high']:,} high, {now_open['moderate']:,} moderate. "
        f"In the last {many(nights, 'night')} {_told(len(fresh))}"
    )
    _tell(known, worked(fresh))
    _drafts(world)
    mailbox, slack = running.aws.mailbox(), running.slack.messages()
    console.print(f"\nMessages: {many(len(mailbox), 'email')} in the local mailbox, {len(slack)} in the local Slack.")
    if live:
        _check_counts(world, live)
    _compare_with_replay(world, alerts, last)
    return worked(fresh or here)


def _drafts(world: World) -> None:
    """What waits for a person, and how to change that."""
    drafts = [one for one in all_conversations(world) if one.ended is None and one.current.status == "draft"]
    tell(
        f"\nDrafts only: nothing has gone to a customer. {many(len(drafts), 'draft')} wait; each says why. "
        f"{standing(world.outreach_switch.get())}"
    )


def _accounts(world: World, known: int, last: date, live: LiveDay | None) -> str:
    """How many there are, why that may be one more than was imported, and why not all of them were judged."""
    crm = ", one of them from HubSpot alone" if live else ""
    night = world.journal.run(last)
    judged = f"; {night.judged:,} are judged, the others are too new or have left" if night else ""
    return f"{many(known, 'account')}{crm}{judged}."


def _told(fresh: int) -> str:
    if not fresh:
        return "none opened or got worse."
    return f"{fresh} opened or got worse{f'; {WORKED_EXAMPLES} of them' if fresh > WORKED_EXAMPLES else ''}:"


def _tell(known: dict[str, Account], alerts: list[Alert]) -> None:
    for alert in alerts:
        worse = f", severe since {alert.escalated_on}" if alert.escalated_on else ""
        told = f"{alert.severity}, opened {alert.opened_on}{worse}: {sentence(known[alert.account_id], alert)}"
        tell(f"\n{told}", "  ")


def _check_counts(world: World, live: LiveDay) -> None:
    """The rings' last day against the portfolio itself, account by account."""
    truth, day = live.truth, live.day.toordinal()
    found = {}
    for account_id, ring in world.rings.read(list(world.accounts.ids())).items():
        at = day - ring.series.first_day
        if 0 <= at < len(ring.series.events) and ring.series.events[at]:
            found[account_id] = (ring.series.events[at], ring.series.active_users[at])
    if found != truth:
        wrong = sorted(key for key in found.keys() | truth.keys() if found.get(key) != truth.get(key))
        raise NeedsHuman(f"the counts of {len(wrong)} accounts are wrong, such as {wrong[0]}'s; please report this")
    uses, people = (sum(counts[at] for counts in truth.values()) for at in (0, 1))
    tell(
        f"Check: of {live.day} exactly {uses:,} uses by {people:,} people at {len(truth)} accounts were counted, "
        "each once, however it came."
    )


def _compare_with_replay(world: World, alerts: list[Alert], last: date) -> None:
    """The workflow's alerts against the same rule run over the stored history in one go."""
    bundle = wiring.default_bundle()
    replayed = past_alerts(walk_history(StoredHistory(world.blobs, world.accounts), bundle, last).replay, bundle)
    expected, found = set(map(_facts, replayed)), set(map(_facts, alerts))
    if expected != found:
        raise NeedsHuman(f"the workflow and a replay disagree on {len(expected ^ found)} alerts; please report this")
    tell(f"Check: a replay of the stored history gives the same {len(found):,} alerts, day for day.")


def _facts(alert: Alert) -> tuple[object, ...]:
    marks = (alert.opened_on, alert.usage_drop, alert.escalated_on, alert.resolved_on, alert.resolution)
    return (alert.account_id, *marks, bool(alert.suppressed), alert.index, alert.baseline, alert.ratio)


def worked(fresh: list[Alert]) -> list[Alert]:
    """The worst first, and not three of a kind: one basis after the other."""
    ordered = sorted(fresh, key=lambda a: (a.severity != "high", a.ratio, a.alert_id))
    first_of_kind = {alert.basis: alert for alert in reversed(ordered)}
    chosen = list(first_of_kind.values())
    rest = [alert for alert in ordered if alert not in chosen]
    return sorted([*chosen, *rest][:WORKED_EXAMPLES], key=ordered.index)


def where_next(
    running: LocalProduct, examples: list[Alert], last: date, env: Path, vendors: dict[str, Vendor],
    about: tuple[str | None, str | None] = (None, None), config: Path | None = None,
) -> None:  # fmt: skip
    """What a person may look at and try while it runs; every line can be copied and works.

    about: the account to ask `why` about, and the one whose score is worth explaining.
    """
    command = f".venv/bin/health-monitor --env {env}"
    console.print("\nWhere to look next, while this runs:")
    console.print(f"  Slack           {running.slack.url} (or: make slack)")
    console.print(f"  mailbox         {running.mail_url} (or: make mailbox)")
    if examples:
        console.print(f"  one account     {command} show {examples[0].account_id}")
        console.print(f"  a CSM's alerts  {command} alerts {examples[0].csm_email or ''}")
    answered, scored = about
    if asked := answered or (examples[0].account_id if examples else None):
        console.print(f"  why (not) sent  {command} why {asked}")
    _about_health(command, scored, config)
    console.print(f"  customer mail   {command} outreach list")
    console.print(f"  going live      {command} go-live --as {team.ADMIN}")
    if config:
        console.print(f"  configuration   edit {config}, then: {command} config publish {config}")
    console.print(f"  the nights      {command} runs")
    console.print(f"  is all well?    {command} status")
    console.print(f"  whose is it?    {command} unmatched")
    console.print(f"  run one again   make night INPUT='{json.dumps({'as_of': str(last)})}'", markup=False)
    for source, line in _questions(vendors, last):
        console.print(f"  {source:<14}  {line}", markup=False)
    _try_it(running, examples, last, command)


def _about_health(command: str, scored: str | None, config: Path | None) -> None:
    console.print(f"  all accounts    {command} accounts --why (or: portfolio)")
    if scored:
        console.print(f"  why this score  {command} explain {scored}")
        console.print(f"  its users       {command} users {scored}")
        judged = f"{scored} moderate --by {team.MANAGER} --because 'they signed'"
        console.print(f"  judge otherwise {command} override set {judged} (then: override list, ledger, end)")
    if config:
        console.print(f"  the scorecard   edit {config}/scorecard.yaml, then: {command} model plan {config}")
    console.print(f"  what predicts?  {command} model weights (and: model history)")


def _try_it(running: LocalProduct, examples: list[Alert], last: date, command: str) -> None:
    """An event of one's own that a night counts; of a day too long past, or of nobody's account, none would."""
    now = wiring.clock().now()
    if not examples or too_late(last.toordinal(), now):
        console.print("\nSend an event yourself, signed as your own code would (docs/webhooks.md):")
        account_id = examples[0].account_id if examples else "acme"
        console.print(webhook(running, account_id, f"{now:%Y-%m-%dT%H:%M:%SZ}"), markup=False)
        console.print(f"  {command} {'status' if examples else 'unmatched'}   # says that it has arrived")
        return
    account_id = examples[0].account_id
    console.print(f"\nSend an event of {last} yourself, signed as your own code would (docs/webhooks.md),")
    console.print("and judge that night again: the day's events grow by one, however often it is sent.")
    console.print(f"  {command} show {account_id}   # before")
    console.print(webhook(running, account_id, f"{last}T12:00:00Z"), markup=False)
    console.print(f"  make night INPUT='{json.dumps({'as_of': str(last)})}'", markup=False)
    console.print(f"  {command} show {account_id}   # after")


def _questions(vendors: dict[str, Vendor], last: date) -> list[tuple[str, str]]:
    """The doubles of the vendors, asked as the product asks them."""
    if not vendors:
        return []
    days = f"project_id={PROJECT}&from_date={last}&to_date={last}"
    pair = f"{MIXPANEL_SECRET['user']}:{MIXPANEL_SECRET['secret']}"
    companies = f"{vendors['hubspot'].address}/crm/v3/objects/companies?properties=name,tier,arr"
    return [
        ("our Mixpanel", f"curl -su {pair} '{vendors['mixpanel'].address}/export?{days}'"),
        ("our HubSpot", f"curl -sH 'Authorization: Bearer {HUBSPOT_SECRET['token']}' '{companies}'"),
    ]


def webhook(running: LocalProduct, account_id: str, at: str) -> str:
    """Shell commands that send one event of an account, at this moment, to the running product."""
    event = {"account_id": account_id, "user_id": "ann", "event": "report_opened", "occurred_at": at}
    body, secret = shlex.quote(json.dumps({"events": [event]})), shlex.quote(running.secret("signed")["secret"])
    return f"""  BODY={body}; NOW=$(date +%s)
  SIGNATURE=$(printf '%s.%s' "$NOW" "$BODY" | openssl dgst -sha256 -hmac {secret} | sed 's/.* //')
  curl -s '{running.webhook_url}/signed' -H 'Content-Type: application/json' --data-binary "$BODY" \\
    -H "X-Health-Monitor-Timestamp: $NOW" -H "X-Health-Monitor-Signature: v1=$SIGNATURE"; echo"""
