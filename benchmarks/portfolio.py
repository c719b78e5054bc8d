"""Accounts that all use a product alike, and the records that their days leave: the same whoever asks for them."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple

from health_monitor.ingest.histories import build_history
from health_monitor.model.account import Account, Contact
from health_monitor.model.heard import NameClaim, Ref
from health_monitor.model.intake import Intake
from health_monitor.model.usage import History, UsageEvent

USERS, FEATURES, FIRST_HOUR, HOURS, PAST_DAYS = 25, 10, 8, 10, 104
LATE_SHARE, LATE_DAYS = 0.01, 5
SAID = f"{USERS} users, {FEATURES} features, {HOURS} active hours, 1 % of events up to {LATE_DAYS} days late"


class Use(NamedTuple):
    """One event, and when it arrives."""

    account: int
    user_id: str
    event: str
    at: datetime
    event_id: str
    arrives: datetime


def account_id(number: int) -> str:
    return f"account-{number:06}"


def name_of(number: int) -> str:
    """How the analytics tool calls it."""
    return f"org_{number:08x}"


def accounts(numbers: range, day: date) -> Iterator[Account]:
    """Their profiles, as a CRM tells them."""
    for number in numbers:
        yield Account(
            account_id=account_id(number), name=f"Company {number}", segment="smb", tier="standard", plan="team",
            arr=12_000, csm_email=f"csm{number % 20}@example.com", usage_start=day - timedelta(days=PAST_DAYS),
        )  # fmt: skip


def contacts(numbers: range) -> Iterator[Contact]:
    """One champion each."""
    for number in numbers:
        yield Contact(
            account_id=account_id(number), contact_id=f"contact-{number}", user_id="user-0001@example.com",
            name=f"Kim Example {number}", email=f"kim{number}@example.org", role="champion", timezone="Europe/Berlin",
        )  # fmt: skip


def claims(numbers: range, source: str) -> Iterator[NameClaim]:
    """The CRM knows each account's name in the analytics tool."""
    for number in numbers:
        yield NameClaim(ref=Ref(source, name_of(number)), account_id=account_id(number), by="crm")


def renamed(number: int, source: str) -> Iterator[NameClaim]:
    """One account goes by a second name there."""
    for claim in claims(range(number, number + 1), source):
        yield claim.model_copy(update={"ref": Ref(source, f"{claim.ref.name} Holding")})


def history(number: int, through: date, events_a_day: int) -> History:
    """The past, as it was compacted."""
    found = _history(number % 50, through.toordinal(), max(events_a_day, 1))
    end = datetime.combine(through, datetime.min.time(), UTC) + timedelta(hours=FIRST_HOUR + HOURS - 1)
    return found._replace(account_id=account_id(number), compacted=end)


@lru_cache(maxsize=200)
def _history(kind: int, last: int, events_a_day: int) -> History:
    rng, most = Random(kind), min(events_a_day, 100)  # more events of a day only make its count larger
    rows = [
        UsageEvent("", _user(rng), _event(rng), _text(day, rng.randrange(HOURS * 3600)), day, 1)
        for day in range(last - PAST_DAYS + 1, last + 1)
        for _ in range(most)
    ]
    found = build_history("", [rows], None, last, Intake())
    assert found
    scaled = [events * events_a_day // most for events in found.series.events]
    return found._replace(series=found.series._replace(events=scaled))


def uses(number: int, day: date, events_a_day: int) -> list[Use]:
    """One account's events of a day; few arrive days later."""
    return _uses(number, day, events_a_day, LATE_SHARE)


@lru_cache(maxsize=4_000)
def _uses(number: int, day: date, events_a_day: int, late_share: float) -> list[Use]:
    rng, found = Random(f"{number} {day}"), []
    start = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=FIRST_HOUR)
    for n in range(events_a_day):
        at = start + timedelta(seconds=rng.randrange(HOURS * 3600))
        late = timedelta(days=rng.randrange(1, LATE_DAYS + 1)) if rng.random() < late_share else timedelta()
        found.append(Use(number, _user(rng), _event(rng), at, f"{number:x}-{day.toordinal():x}-{n:x}", at + late))
    return found


def exported(use: Use) -> bytes:
    """A line of Mixpanel's raw export, with the properties that its own libraries send along."""
    return json.dumps(
        {
            "event": use.event,
            "properties": {
                "time": int(use.at.timestamp()), "distinct_id": use.user_id, "$insert_id": use.event_id,
                "mp_processing_time_ms": int(use.arrives.timestamp() * 1000), "company_id": name_of(use.account),
                "$browser": "Chrome", "$browser_version": 138, "$city": "Berlin", "$current_url": "https://app.example.com/",
                "$device_id": f"device-{use.user_id}", "$initial_referrer": "$direct", "$lib_version": "2.55.1",
                "$os": "Mac OS X", "$region": "Land Berlin", "$screen_height": 1117, "$screen_width": 1728,
                "$user_id": use.user_id, "mp_country_code": "DE", "mp_lib": "web", "plan": "team",
            },
        },
        separators=(",", ":"),
    ).encode() + b"\n"  # fmt: skip


def sent(some: list[Use]) -> bytes:
    """The body of a signed webhook."""
    events = [
        {"account_id": account_id(use.account), "user_id": use.user_id, "event": use.event,
         "occurred_at": use.at.isoformat(), "event_id": use.event_id}
        for use in some
    ]  # fmt: skip
    return json.dumps({"events": events}, separators=(",", ":")).encode()


def _user(rng: Random) -> str:
    return f"user-{rng.randrange(USERS):04}@example.com"


def _event(rng: Random) -> str:
    return f"feature_{rng.randrange(FEATURES)}_used"


def _text(day: int, seconds: int) -> str:
    start = datetime.combine(date.fromordinal(day), datetime.min.time(), UTC) + timedelta(hours=FIRST_HOUR)
    return (start + timedelta(seconds=seconds)).isoformat()
