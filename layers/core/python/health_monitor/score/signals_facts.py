"""Signals that records and use give by themselves, whatever the score: people, tickets, bills, licences, contact."""

from datetime import timedelta

from health_monitor.model.evidence import UserDays
from health_monitor.model.measure import MEASURES
from health_monitor.model.records import Invoice, Person
from health_monitor.score.calendar import last_touch, renews_in, silence_of
from health_monitor.score.expansion import licence_use
from health_monitor.score.said import singular
from health_monitor.score.signals_score import Case, Found
from health_monitor.score.tiers import cadence_of
from health_monitor.score.users import of_role, went_quiet

LISTED = 3
"""So many bills a sentence names; it counts the others."""
SPONSOR = "executive_sponsor"
DEPARTED_DAYS = 30
"""So long a sponsor's departure is news; later the score itself says that there is none."""
QBR_DAYS = 90
"""Days before a renewal in which a business review should have been attended; product.md HIGH (ours)."""
USAGE_KEPT = 60
"""Percent of the index of 60 days before; seed 002: down 40 % or more (D16)."""
WASTE, HALF = 0.30, 0.50
"""Seed 002: 30 % of the licences in use is waste, less than half is worth a word."""
TOUCH_DAYS, OVERDUE = 60, 1.5
"""Seed 002: no touchpoint in 60 days; D9: or one and a half times the tier's cadence, whichever is longer."""


def sponsor_dormant(case: Case) -> Found | None:
    """Every executive sponsor who is still there was once heard of, and is silent now."""
    there = list(
        of_role(case.evidence.dossier.persons, SPONSOR, case.evidence.use.key_users if case.evidence.use else ())
    )
    silent = [(person, days) for person, user in there if (days := _silent(person, user, case)) is not None]
    if not there or len(silent) < len(there):
        return None
    fewest = min(days for _, days in silent)
    return Found(f"the executive sponsor was last heard of {fewest} days ago", tuple(one.name for one, _ in silent))


def sponsor_departed(case: Case) -> Found | None:
    """An executive sponsor left, was deactivated, bounced or lost the role."""
    since = case.evidence.day - timedelta(days=DEPARTED_DAYS)
    gone = [one for one in case.evidence.dossier.persons if one.role == SPONSOR and one.departed_on]
    news = [one for one in gone if one.departed_on and since < one.departed_on <= case.evidence.day]
    if not news:
        return None
    last = max(one.departed_on for one in news if one.departed_on)
    return Found(f"the executive sponsor departed on {last}", tuple(one.name for one in news))


def p1_open(case: Case) -> Found | None:
    """A ticket of the highest severity waits for its solution."""
    waiting = [one for one in case.evidence.dossier.tickets if one.severity == "p1" and one.solved_at is None]
    if not waiting:
        return None
    oldest = min(one.when for one in waiting).date()
    many = "a P1 ticket is open" if len(waiting) == 1 else f"{len(waiting)} P1 tickets are open"
    types = sorted({one.type.replace("_", " ") for one in waiting if one.type})
    about = f" ({', '.join(types)})" if types else ""
    return Found(f"{many} since {oldest}{about}", tuple(one.name for one in waiting))


def payment_past_due(case: Case) -> Found | None:
    """An invoice is overdue for so long that it is past due, and not just late (D14); the newest is told first."""
    past_due, day = setting(case, "payment", "past_due_from"), case.evidence.day
    owed = [one for one in case.evidence.dossier.invoices if one.days_overdue(day) >= past_due]
    if not owed:
        return None
    owed.sort(key=lambda one: one.due_on, reverse=True)
    bills = [_bill(one) for one in owed[:LISTED]] + ([f"{len(owed) - LISTED} older"] if len(owed) > LISTED else [])
    days = owed[0].days_overdue(day)
    return Found(f"payment is {days} days overdue: {', '.join(bills)}", tuple(one.name for one in owed))


def usage_down_40_60d(case: Case) -> Found | None:
    """The 14-day index is 60 % or less of what it was 60 days before (D16), where that was enough to compare with."""
    use = case.evidence.use
    if use is None or not use.index_60 or use.index_60 < setting(case, "usage_trend", "least"):
        return None
    if use.index_now * 100 > use.index_60 * USAGE_KEPT:
        return None
    fell = 100 - use.index_now * 100 / use.index_60
    return Found(f"usage fell by {fell:.0f} % in 60 days, from {use.index_60} to {use.index_now} active user-days")


def no_qbr_before_renewal(case: Case) -> Found | None:
    """The renewal is near and nobody came to a business review; where no touchpoint is ever told, nobody can say."""
    evidence, days = case.evidence, renews_in(case.evidence)
    touches = evidence.dossier.touchpoints
    if days is None or days > QBR_DAYS or not touches:
        return None
    since = evidence.day - timedelta(days=QBR_DAYS)
    held = any(one.kind == "qbr" and one.attended is not False and one.when.date() > since for one in touches)
    due = singular(f"renewal in {days} days") if days else "renewal today"
    return None if held else Found(f"{due}, and no business review attended in {QBR_DAYS} days")


def licence_waste(case: Case) -> Found | None:
    """So few of the licences are in use that the rest is waste."""
    share = licence_use(case.evidence)
    return Found(_licences(share)) if share is not None and share <= WASTE else None


def licence_below_50(case: Case) -> Found | None:
    """Fewer than half of the licences are in use."""
    share = licence_use(case.evidence)
    return Found(_licences(share)) if share is not None and share < HALF else None


def no_touchpoint(case: Case) -> Found | None:
    """Nobody has spoken with the account for longer than its tier allows; T5 is served without calls (D9)."""
    cadence, last = cadence_of(case.standing.tier, case.scorecard.coverage_tiers), last_touch(case.evidence)
    if not cadence or last is None:
        return None
    days = (case.evidence.day - last).days
    return Found(f"no touchpoint for {days} days") if days >= max(TOUCH_DAYS, OVERDUE * cadence) else None


def setting(case: Case, measure: str, name: str) -> float:
    """A measure's setting as the account's card has it, else the measure's own."""
    card = next(one for one in case.scorecard.scorecards if one.name == case.score.card)
    uses = (one.measures.get(measure) for one in case.scorecard.dimensions_of(card).values())
    found = next((use.settings[name] for use in uses if use and name in use.settings), None)
    return MEASURES[measure].settings[name] if found is None else found


def _silent(person: Person, user: UserDays | None, case: Case) -> int | None:
    """Days since the sponsor was last heard of, in the product or otherwise; None when lately, or never."""
    dormant, weekly = (setting(case, SPONSOR, name) for name in ("dormant_days", "weekly_dormant_days"))
    touched = silence_of(person, case.evidence)
    days = [days for days in (user.silent_days if user else None, touched) if days is not None]
    lately = (user is not None and not went_quiet(user, dormant, weekly)) or (touched is not None and touched < dormant)
    return None if lately or not days else min(days)


def _bill(invoice: Invoice) -> str:
    owed = "" if invoice.amount is None else f"{invoice.amount:,.2f} "
    return f"{owed}due on {invoice.due_on}"


def _licences(share: float) -> str:
    return f"{100 * share:.0f} % of the licences are in use"
