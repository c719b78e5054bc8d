"""Customer mail on the command line: switching it on and off, and why something was or was not sent."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from health_monitor import wiring
from health_monitor.act.conversation import escalate
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.cli.console import console
from health_monitor.model.alert import Fall
from health_monitor.model.outreach import Delivery, Entry, Finding, Switch, What
from health_monitor.model.usage import Basis
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
    assert "1 draft waited for this; 0 would go out this week" in said.out, "who mends it knows what comes then"
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
    assert "needs a column account_id in its first line, which has 'name'" in (
        health_monitor("go-live", "--pilot", listed, *AS, "--yes").err
    )
    listed.write_text("")
    assert "which is empty" in health_monitor("go-live", "--pilot", listed, *AS, "--yes").err
    listed.write_bytes(b"account_id\nM\xfcller\n")
    assert "is not UTF-8 text" in health_monitor("go-live", "--pilot", listed, *AS, "--yes").err
    missing = health_monitor("go-live", "--pilot", tmp_path / "none.csv", *AS, "--yes")
    assert (missing.code, "No such file" in missing.err, missing.out) == (2, True, "")
    listed.write_text("account_id\n")
    assert "names nobody" in health_monitor("go-live", "--pilot", listed, *AS, "--yes").err
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


def test_a_hint_can_be_pasted_and_works_as_it_stands(
    health_monitor: Command, mailing: MemoryWorld, tmp_path: Path
) -> None:
    """Every command names the deployment that it was given, and who does it need not be told."""
    env = tmp_path / "my env"
    env.write_text("")
    given = ("--env", env)
    typed = f"health-monitor --env '{env}'"
    shown = {
        "outreach stop": ("go-live", "--yes"),
        "go-live": ("go-live", "--back-to-drafts"),
        "outreach start": ("outreach", "stop"),
    }
    health_monitor(*given, "outreach", "stop")
    for words in (("outreach", "status"), ("why", "acme"), ("status",)):
        said = " ".join(health_monitor(*given, *words).text.split())
        assert f"{typed} outreach start" in said, words
    health_monitor(*given, "outreach", "start")
    assert "Set by the operator on" in health_monitor("outreach", "status").out
    for hint, words in shown.items():
        health_monitor(*given, *words)
        said = " ".join(health_monitor(*given, "outreach", "status").out.split())
        assert f"{typed} {hint}" in said
    assert health_monitor("send", NAME).code == 2, "whose right it is has to be told"


def test_who_does_it_has_an_address(health_monitor: Command, mailing: MemoryWorld) -> None:
    for words in (("flag", "acme", "complex", "--because", "x"), ("outreach", "stop"), ("send", NAME)):
        said = health_monitor(*words, "--as", "nobody")
        assert (said.code, "--as nobody: is no address; write one such as" in said.err) == (2, True)
    assert not mailing.outreach_switch.get().stopped


def test_away_is_a_csm_or_a_colleague_and_not_in_the_past(health_monitor: Command, mailing: MemoryWorld) -> None:
    said = health_monitor("away", "nobody@example.com")
    assert (said.code, "is no account's CSM and not in the team" in said.err) == (2, True)
    for words in (("away", CARLA), ("flag", "acme", "complex", "--because", "x")):
        past = health_monitor(*words, "--until", "2026-11-01")
        assert (past.code, "2026-11-01 is past; give the last day" in past.err) == (2, True)
        assert health_monitor(*words, "--until", f"{NOW:%Y-%m-%d}").code == 0
    assert [one.by for one in mailing.flags.of("acme")] == ["the operator"]
    mailing.accounts.save([an_account("beta", csm_email="max@example.com")])
    assert "max@example.com is away." in health_monitor("away", "max@example.com").out


def test_an_accounts_only_conversation_is_meant_by_its_account(health_monitor: Command, mailing: MemoryWorld) -> None:
    assert "--subject TEXT" in health_monitor("edit", "acme", *AS).out
    other = begin(mailing, opened_on=NOW.date())
    several = health_monitor("send", "acme", *AS)
    assert (several.code, f"give one of them: {NAME}, {other.conversation_id}" in several.err) == (2, True)
    held(mailing, "gamma", ended="answered")
    assert "there is no conversation 'gamma', nor one with such an account" in health_monitor("send", "gamma", *AS).err
    held(mailing, "beta")
    assert "The mail of beta/usage_drop/" in health_monitor("cancel", "beta", *AS).out


def test_what_a_person_sends_while_mail_is_stopped_is_refused_at_once(
    health_monitor: Command, mailing: MemoryWorld
) -> None:
    assert "what a person sends is refused at once" in health_monitor("outreach", "stop").out
    said = health_monitor("send", "acme", *AS)
    assert (said.code, "All customer mail is stopped" in said.err) == (2, True)
    assert stored(mailing).check_in.status == "draft"


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


def test_a_snoozed_draft_is_listed_with_the_day_on_which_it_shows_again(
    health_monitor: Command, mailing: MemoryWorld
) -> None:
    held(mailing, "beta", snoozed_until=NOW.replace(month=11, day=25), log=())
    assert "\tfirst mail is a draft, snoozed until 25 Nov\t" in health_monitor("outreach", "list").out


def test_why_says_what_was_so_at_first_and_how_far_usage_fell_when_it_became_severe(
    health_monitor: Command, mailing: MemoryWorld
) -> None:
    moderate = ("usage fell moderately", "high-value: its tier is enterprise")
    by_csm = an_entry("not_sent", f"a person sends it: {'; '.join(moderate)}")
    fall = Fall(index=2.0, baseline=5.0, ratio=0.39, basis=Basis.OWN)
    severe = ("usage fell below the severe line", moderate[1])
    known = a_conversation("beta", reasons=moderate, log=(by_csm,))
    worse = escalate(known, NOW, severe, ("slack",), True, fall)
    held(mailing, "beta", reasons=worse.reasons, severity="high", log=worse.log)
    words = " ".join(health_monitor("why", "beta").out.split())
    assert "alert: usage fell moderately; high-value: its tier is enterprise" in words
    assert "it was not sent: a person sends it" in words
    assert words.count("usage fell moderately") == 1
    assert "the drop became severe: usage fell below the severe line, to 39% of usual" in words


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
    held(mailing, "delta", check_in=a_mail(status="sent"), follow_up=a_mail(step="follow_up"), task_at=NOW, log=())
    assert "if it is not sent, the CSM gets a task on Wed" in health_monitor("why", "delta").out
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
