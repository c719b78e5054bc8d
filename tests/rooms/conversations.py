"""Any conversation that could be stored, with names and texts that nobody would choose."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from health_monitor.act.cards import CardFacts
from health_monitor.act.standing import Reader
from health_monitor.model.account import Account, Contact
from health_monitor.model.alert import Alert
from health_monitor.model.outreach import Conversation, Entry, Mail, Response, Switch, Wording
from health_monitor.model.routing import Team
from tests.builders import A_MOMENT, a_conversation, a_user, an_account, an_alert

UNWELCOME = (
    "<!channel>",
    "<!here> & <@U1>",
    "a|b>",
    "`rm`",
    "\n\n",
    "  ",
    "*b* _i_ ~s~",
    "&amp;",
    "é" * 90,
    "🦜" * 60,
    "<" * 400,
)


def words(longest: int) -> st.SearchStrategy[str]:
    """Text of any length up to a limit: short ones, unwelcome ones, and such as just fit."""
    some = st.text(max_size=40)
    return st.one_of(
        some,
        st.sampled_from(UNWELCOME),
        st.builds(lambda one: (one * longest)[:longest], st.text(min_size=1, max_size=3)),
    ).map(lambda text: text[:longest])


maybe = st.none() | words(512)
moments = st.integers(-400, 400).map(lambda hours: A_MOMENT + timedelta(hours=hours))
emails = st.none() | words(300).map(lambda text: f"{text}@x.example")
STATUSES = (
    "draft", "queued", "approved", "sending", "sent", "delivered", "bounced", "complained", "uncertain", "cancelled",
    "withheld",
)  # fmt: skip
ENDINGS = ("answered", "recovered", "churned", "opted_out", "dismissed", "no_response", "erased")
wordings = st.builds(Wording, subject=words(256), text=words(8_000) | words(200))


def mails(step: str) -> st.SearchStrategy[Mail]:
    return st.builds(
        Mail, step=st.just(step), status=st.sampled_from(STATUSES), template=st.just(step), suggested=wordings,
        lacks=st.lists(words(60), max_size=3).map(tuple), wording=st.none() | wordings, due_at=st.none() | moments,
        approved_by=emails, sent_at=st.none() | moments,
    )  # fmt: skip


entries = st.builds(
    Entry, at=moments, step=st.sampled_from([None, "check_in", "follow_up"]),
    what=st.sampled_from(["not_sent", "cancelled", "ended", "dismissed", "sent"]), code=words(40), because=words(600),
    by=words(300),
)  # fmt: skip
responses = st.builds(
    Response, kind=st.sampled_from(["reply", "meeting", "ticket", "csm_contact"]), at=moments, source=words(40),
    source_key=words(40),
)  # fmt: skip
account_ids = st.text(min_size=1, max_size=256)
contacts = st.builds(
    Contact, account_id=st.just("acme"), contact_id=st.text(min_size=1, max_size=128), name=maybe, email=emails,
    role=maybe,
)  # fmt: skip


@st.composite
def conversations(draw: Any) -> Conversation:
    follow_up = draw(st.none() | mails("follow_up"))
    return a_conversation(
        draw(account_ids),
        severity=draw(st.sampled_from(["critical", "high", "moderate"])), contact_name=draw(maybe),
        contact_email=draw(emails), csm_email=draw(emails), high_priority=draw(st.booleans()),
        reasons=draw(st.lists(words(600), max_size=4).map(tuple)), check_in=draw(mails("check_in")),
        follow_up=follow_up, follow_up_at=draw(st.none() | moments), task_at=draw(st.none() | moments),
        snoozed_until=draw(st.none() | moments), response=draw(st.none() | responses),
        ended=draw(st.none() | st.sampled_from(ENDINGS)), log=draw(st.lists(entries, max_size=4).map(tuple)),
    )  # fmt: skip


accounts: st.SearchStrategy[Account] = st.builds(
    lambda name, segment, arr, renewal: an_account(name=name, segment=segment, arr=arr, renewal_date=renewal),
    maybe, maybe, st.none() | st.integers(0, 10**30), st.none() | st.dates(date(2020, 1, 1), date(2040, 1, 1)),
)  # fmt: skip
alerts: st.SearchStrategy[Alert | None] = st.none() | st.just(an_alert())
switches = st.builds(Switch, mode=st.sampled_from(["draft", "pilot", "live"]), stopped=st.booleans())
zones = st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Auckland"])
readers = st.builds(Reader, zones, st.none() | zones, st.just(Team()))
facts = st.builds(
    CardFacts, contact=st.none() | contacts,
    seen=st.none() | words(300).map(lambda feature: a_user(last_feature=feature)), anybody=st.booleans(),
    csm_user=st.none() | st.just("U123"), reader=readers, switch=switches, feature=maybe,
)  # fmt: skip
NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
