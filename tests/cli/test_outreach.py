"""Customer mail on the command line: switching it on and off, and why something was or was not sent."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.cli.console import console
from health_monitor.model.outreach import Delivery, Entry, Finding, Switch, What
from tests.builders import a_contact, a_conversation, a_mail, an_account, an_alert
from tests.cli.conftest import Command
from tests.flows.mails import BUNDLE, CARLA, CHARLIE, NAME, NOW, an_errand, begin, delivered, desk, stored

AS = ("--as", CARLA)


@pytest.fixture
def mailing(product: MemoryWorld, monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    """A deployment with one automatic check-in that became a draft, because nobody went live yet."""
    monkeypatch.setattr(wiring, "circumstance_sources", lambda: desk(product).sources)
    monkeypatch.setattr(wiring, "bundle_now", lambda: BUNDLE)
    monkeypatch.setattr(wiring, "why_no_unsubscribe_page", lambda: None)
    product.clock.push(seconds=(NOW - product.clock.now()).total_seconds())
    begin(product)
    delivered(product)
    product.outbox.take()
    return product


def test_go_live_looks_shows_asks_and_switches(health_monitor: Command, mailing: MemoryWorld) -> None:
    begin(mailing, "beta")
    delivered(mailing, an_errand("beta/usage_drop/2026-11-01"))
    mailing.accounts.save([an_account("beta", name="Beta", tier="enterprise")])
    said = health_monitor("go-live", *AS, "--yes")
    assert said.code == 0
    for told in (
        "ok    unsubscribe: its page answers",
        "ok    CSMs: mail can come from the address of each, 1 in all",
        "2 drafts waited for this; 1 would go out this week",
        "goes  Acme: it goes out on Wed 2026-11-04 14:00 UTC",
        "stays Beta: high-value: its tier is enterprise",
        "all others stay drafts",
        "1 draft queued. Automatic check-ins go out by themselves; to stop: health-monitor outreach stop",
    ):
        assert told in said.out
    assert (stored(mailing).check_in.status, stored(mailing).next_at) == ("queued", NOW + timedelta(hours=4))
    again = health_monitor("go-live", *AS, "--yes")
    assert "0 drafts queued" in again.out


def test_old_drafts_and_those_that_somebody_decided_about_stay(health_monitor: Command, mailing: MemoryWorld) -> None:
    mailing.clock.push(days=8)
    said = health_monitor("go-live", *AS, "--yes")
    assert "stays Acme: it is older than 7 days" in said.out
    assert stored(mailing).check_in.status == "draft"
    health_monitor("cancel", NAME, *AS)
    assert "0 drafts waited" in health_monitor("go-live", *AS, "--yes").out


def test_go_live_stops_where_mail_cannot_go_out(health_monitor: Command, mailing: MemoryWorld) -> None:
    mailing.mailer().found.append(Finding("SES", "it is in its sandbox", "ask for production access", stops=True))
    mailing.mailer().refused_senders[CARLA] = "SES has not verified the address"
    mailing.accounts.save([an_account("alone", csm_email=None)])
    said = health_monitor("go-live", *AS, "--yes")
    assert said.code == 2
    assert "STOP  SES: it is in its sandbox → ask for production access" in said.out
    assert f"LOOK  {CARLA}: nothing can be sent from this address" in said.out
    assert "LOOK  CSMs: accounts without one: 1" in said.out
    assert "mail cannot go out yet: SES, it is in its sandbox" in said.err
    assert mailing.outreach_switch.get().mode == "draft"


def test_an_unsubscribe_page_that_does_not_answer_stops_it(
    health_monitor: Command, mailing: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "why_no_unsubscribe_page", lambda: "no answer")
    assert health_monitor("go-live", *AS, "--yes").code == 2


def test_a_pilot_is_for_its_accounts_and_names_those_that_do_not_exist(
    health_monitor: Command, mailing: MemoryWorld, tmp_path: Path
) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("account_id\nnobody\n")
    wrong = health_monitor("go-live", "--pilot", listed, *AS, "--yes")
    assert (wrong.code, "accounts that do not exist: nobody" in wrong.err) == (2, True)
    listed.write_text("name\nAcme\n")
    assert "needs a column account_id" in health_monitor("go-live", "--pilot", listed, *AS, "--yes").err
    listed.write_text("account_id,name\nacme,Acme\n")
    said = health_monitor("go-live", "--pilot", listed, *AS, "--yes")
    assert "go out to the pilot's accounts" in said.out
    assert (mailing.outreach_switch.get().pilot or "").startswith("config/pilot-")
    assert "The pilot has 1 account." in health_monitor("outreach", "status").out


def test_back_to_drafts(health_monitor: Command, mailing: MemoryWorld) -> None:
    health_monitor("go-live", *AS, "--yes")
    said = health_monitor("go-live", "--back-to-drafts", *AS)
    assert "Every customer mail is a draft again" in said.out
    assert mailing.outreach_switch.get().mode == "draft"


def test_nobody_goes_live_by_accident(
    health_monitor: Command, mailing: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert health_monitor("go-live", *AS).code != 0
    assert mailing.outreach_switch.get().mode == "draft"


def test_the_kill_switch_stops_and_starts(health_monitor: Command, mailing: MemoryWorld) -> None:
    assert "health-monitor outreach start" in health_monitor("outreach", "stop", *AS).out
    assert mailing.outreach_switch.get().stopped
    assert health_monitor("outreach", "stop", *AS).code == 2
    assert "All customer mail is stopped" in health_monitor("status").out
    assert "a draft that a CSM sends" in health_monitor("outreach", "start", *AS).out
    assert f"Set by {CARLA}" in health_monitor("outreach", "status").out


def test_why_tells_every_decision_in_the_csms_time(health_monitor: Command, mailing: MemoryWorld) -> None:
    said = health_monitor("why", "acme")
    words = " ".join(said.out.split())
    assert f"{NAME}: moderate alert, to Charlie, automatic" in words
    assert "first mail: it was not sent: automatic mail is off" in words
    assert words.count("Mon 2026-11-02 10:00 UTC") == 1, "a moment is told once"
    assert "Every customer mail is a draft" in words
    health_monitor("send", NAME, *AS)
    delivered(mailing)
    words = " ".join(health_monitor("why", "acme").out.split())
    assert "first mail: Carla C pressed send first mail: it was handed to the mail provider" in words
    assert "first mail: the mail provider took it next" in words
    assert "next: if nobody answers, it is followed up on Wed 2026-11-11 10:00 UTC" in words


def test_why_says_what_comes_next_or_that_it_is_over(health_monitor: Command, mailing: MemoryWorld) -> None:
    health_monitor("send", NAME, *AS)
    assert "next: it goes out on" in health_monitor("why", "acme").out
    mailing.mailer().outcomes.append(Delivery("unknown", why="no answer"))
    delivered(mailing)
    assert "first mail may have been sent" in health_monitor("why", "acme").out
    status = " ".join(health_monitor("status").out.split())
    assert "1 may have been sent: acme → settle each on its Slack card; health-monitor why acme" in status
    begin(mailing, "beta", check_in=a_mail(), ended="answered", snoozed_until=NOW)
    assert (
        "first mail waits to go out by itself; it is over: the customer answered" in health_monitor("why", "beta").out
    )


def test_why_nothing_was_sent_where_nothing_happened(health_monitor: Command, mailing: MemoryWorld) -> None:
    mailing.accounts.save([an_account("calm", name="Calm"), an_account("held", name="Held")])
    mailing.alerts.save_absent(an_alert("held", suppressed="data incident"))
    assert "Calm never had an alert" in health_monitor("why", "calm").out
    held = health_monitor("why", "held").out
    assert "Held had its last alert on 2026-11-01, which is held back (data incident)" in held
    assert health_monitor("why", "nobody").code == 2


def test_conversations_are_listed(health_monitor: Command, mailing: MemoryWorld) -> None:
    said = health_monitor("outreach", "list")
    (line,) = said.out.splitlines()
    assert line.split("\t")[:5] == [NAME, "Acme", "Charlie", CARLA, "first mail is a draft"]
    assert "automatic mail is off" in line
    assert "No conversations." in health_monitor("outreach", "list", "max@example.com").out


def test_on_a_terminal_every_conversations_name_stands_whole_on_a_line_of_its_own(
    health_monitor: Command, mailing: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(console), "is_terminal", True)
    held(mailing, "beta", check_in=a_mail(status="bounced"), log=(an_entry("bounced", "it came back"),))
    held(mailing, "gamma", contact_name=None, contact_email=None, csm_email=None, log=())
    lines = health_monitor("outreach", "list").out.splitlines()
    assert lines[:2] == [NAME, "  Acme, to Charlie; CSM carla@example.com"]
    assert max(map(len, lines)) <= 80
    assert "  first mail came back" in lines, "nothing is said twice"
    assert "  Acme, to nobody; CSM nobody" in lines
    assert lines[-1] == "  first mail is a draft"


def test_why_calls_people_by_name_and_says_nothing_twice(health_monitor: Command, mailing: MemoryWorld) -> None:
    mailing.accounts.save([an_account("beta", name="Beta")])
    mailing.accounts.save_contacts([a_contact("77", account_id="beta", name="Dana")])
    log = (
        an_entry("drafted", "to c1: their role is champion (not to 77, admin, has no address); worded by itself"),
        an_entry("not_sent", "a person sends it: a standard account"),
        an_entry("edited", "another recipient was chosen", "recipient", by=CARLA),
        an_entry("cancelled", "not now", by=CARLA),
        an_entry("escalated", "usage fell below the severe line", by=CARLA),
        an_entry("sent", "a person says that it was sent", by=CARLA),
        an_entry("answered", "reply, told by mail", "reply", by="customer", step=None),
    )
    late = an_entry("delivered", "the recipient's mail server took it", by="provider", at=NOW - timedelta(hours=1))
    held(mailing, "beta", check_in=a_mail(status="delivered"), log=(*log, late), snoozed_until=NOW)
    words = " ".join(health_monitor("why", "beta").out.split())
    for told in (
        "Wed 2026-11-04 09:00 UTC first mail: it was delivered Wed 2026-11-04 10:00 UTC first mail: a draft",
        "a draft was written to Charlie: their role is champion (not to Dana, admin, has no address); worded by",
        "first mail: it was not sent: a person sends it first mail:",
        "Carla C chose another recipient first mail: Carla C cancelled it: not now",
        "the drop became severe (Carla C): usage fell",
        "the mail provider took it: Carla C says that it was sent",
        "conversation: the customer answered, told by mail; nothing more is sent",
        "next: the draft shows again on",
    ):
        assert told in words


def test_why_says_when_the_csm_gets_a_task_and_what_was_lost_on_its_way(
    health_monitor: Command, mailing: MemoryWorld
) -> None:
    held(mailing, "beta", check_in=a_mail(status="sent"), task_at=NOW, log=())
    assert "if nobody answers, the CSM gets a task on Wed" in health_monitor("why", "beta").out
    held(mailing, "gamma", check_in=a_mail(status="sending", sending_until=NOW))
    assert "it counts as uncertain if nothing is heard on" in health_monitor("why", "gamma").out


def held(world: MemoryWorld, account_id: str, **known: Any) -> None:
    """A conversation as it stands."""
    world.accounts.save([an_account(account_id)])
    world.conversations.start(a_conversation(account_id, **known))


def an_entry(what: What, because: str, code: str = "x", **known: Any) -> Entry:
    return Entry(**({"at": NOW, "step": "check_in", "what": what, "code": code, "because": because} | known))


def test_a_person_edits_sends_and_cancels_by_name(
    health_monitor: Command, mailing: MemoryWorld, tmp_path: Path
) -> None:
    assert "--subject TEXT" in health_monitor("edit", NAME, *AS).out
    text = tmp_path / "text.txt"
    text.write_text("Dear Charlie")
    health_monitor("edit", NAME, *AS, "--subject", "Hello", "--file", text)
    assert (stored(mailing).check_in.final.subject, stored(mailing).check_in.final.text) == ("Hello", "Dear Charlie")
    assert health_monitor("send", NAME, *AS).code == 0
    assert health_monitor("send", NAME, *AS).code == 2
    assert [one.channel for one in mailing.outbox.take()].count("outreach") == 1
    delivered(mailing)
    assert [mail.to for mail in mailing.mailer().sent] == [CHARLIE]
    assert "it was sent" in health_monitor("cancel", NAME, *AS).err


def test_only_the_csm_their_manager_or_an_admin_may_act(health_monitor: Command, mailing: MemoryWorld) -> None:
    for command in ("send", "cancel", "edit"):
        said = health_monitor(command, NAME, "--as", "mallory@example.com")
        assert (said.code, "Only the account's CSM" in said.err) == (2, True)
    assert health_monitor("send", "nothing", *AS).code == 2
    assert stored(mailing).check_in.status == "draft"


def test_what_is_said_of_accounts_and_csms_stops_automatic_mail(health_monitor: Command, mailing: MemoryWorld) -> None:
    mailing.outreach_switch.put(Switch(mode="live"))
    health_monitor("flag", "acme", "no_outreach", *AS, "--because", "they asked", "--until", "2026-12-01")
    begun = begin(mailing, opened_on=NOW.date())
    assert delivered(mailing, an_errand(begun.conversation_id)) == "not_sent: no_outreach_flag"
    assert "no longer marked" in health_monitor("unflag", "acme", "no_outreach").out
    assert health_monitor("unflag", "acme", "no_outreach").code == 2
    assert health_monitor("flag", "acme", "away", *AS, "--because", "x").code == 2
    assert health_monitor("flag", "nobody", "complex", *AS, "--because", "x").code == 2
    assert "is away until 2026-12-01" in health_monitor("away", CARLA.upper(), "--until", "2026-12-01", *AS).out
    other = begin(mailing, opened_on=NOW.date() + timedelta(days=1))
    assert delivered(mailing, an_errand(other.conversation_id)) == "not_sent: csm_away"
    assert "is back" in health_monitor("away", CARLA, "--back", *AS).out
    assert "was not away" in health_monitor("away", CARLA, "--back", *AS).out
