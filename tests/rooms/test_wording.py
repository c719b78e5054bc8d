"""What a message says: one sentence with numbers for every kind of comparison, and no word that is not there."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from health_monitor.act.wording import alert_email, alert_text, operations_messages, quality_text, sentence
from health_monitor.decide.alerts import as_of_today
from health_monitor.model.account import Account
from health_monitor.model.alert import Alert, Message
from health_monitor.model.outreach import Wording
from health_monitor.model.usage import Basis, Drop, Verdict
from tests.builders import a_conversation, a_mail, an_account, an_alert

TODAY = date(2026, 11, 3)
SENTENCES = [
    (Basis.OWN, "active_user_days, baseline includes the current 14 days",
     "Acme's usage fell to 47% of its usual level: 2.5 active users a day over the last 14 days, "
     "against 5.2 over the last 90."),
    (Basis.OWN, "events, baseline excludes the current 14 days",
     "Acme's usage fell to 47% of its usual level: 2.5 uses a day over the last 14 days, "
     "against 5.2 over the 90 before them."),
    (Basis.BLENDED, "active_user_days, baseline includes the current 14 days",
     "Acme's usage fell to 47% of its own and similar young accounts' level: 2.5 active users a day over the last "
     "14 days, against 5.2."),
    (Basis.BLENDED, "events, baseline excludes the current 14 days",
     "Acme's usage fell to 47% of its own and similar young accounts' level: 2.5 uses a day over the last "
     "14 days, against 5.2."),
    (Basis.NEW_ACCOUNT, "active_user_days, baseline includes the current 14 days",
     "Acme is new and uses the product at 47% of what similar accounts did by the same day: "
     "2.5 active users a day so far, against 5.2."),
    (Basis.NEW_ACCOUNT, "events, baseline includes the current 14 days",
     "Acme is new and uses the product at 47% of what similar accounts did by the same day: "
     "2.5 uses a day so far, against 5.2."),
]  # fmt: skip


@pytest.mark.parametrize(("basis", "variant", "said"), SENTENCES)
def test_the_sentence_says_what_changed_against_what(basis: Basis, variant: str, said: str) -> None:
    assert sentence(an_account(), an_alert(basis=basis, variant=variant)) == said


def test_an_account_without_a_name_is_called_by_its_id() -> None:
    assert sentence(an_account("a-17", name=None), an_alert("a-17")).startswith("a-17's usage fell to 47%")


@pytest.mark.parametrize(
    ("ratio", "percent"),
    [(0.599999, "59%"), (0.6, "60%"), (0.57, "57%"), (0.29, "29%"), (0.0, "0%"), (0.399999, "39%")],
)
def test_an_alert_below_sixty_percent_never_reads_as_sixty(ratio: float, percent: str) -> None:
    alert = an_alert(ratio=ratio)
    assert f"fell to {percent} of" in sentence(an_account(), alert)
    assert told(alert).subject.endswith(f"to {percent}")


def test_a_message_has_the_sentence_the_facts_and_where_to_look() -> None:
    text = alert_text(an_account(renewal_date=date(2027, 1, 1)), an_alert(), "opened", TODAY)
    assert text.splitlines() == [
        "Acme's usage fell to 47% of its usual level: 2.5 active users a day over the last 14 days, "
        "against 5.2 over the last 90.",
        "",
        "Severity: moderate (usage drop: moderate)",
        "Opened: 2026-11-01",
        "ARR: 12,000",
        "Renewal: 2027-01-01",
        "Segment: smb",
        "Plan: pro",
        "CSM: carla@example.com",
        "",
        "Rule usage_drop, profile everyone, active_user_days, include_current, configuration 0123456789ab",
        "All of it: health-monitor show acme",
    ]


def test_what_is_not_known_is_not_mentioned_but_a_missing_csm_is() -> None:
    bare = an_account(arr=None, renewal_date=None, segment=None, plan=None, csm_email=None, name=None, tier=None)
    text = alert_text(bare, an_alert(csm_email=None), "opened", TODAY)
    assert "None" not in text
    assert not any(text.count(word) for word in ("ARR", "Renewal", "Segment", "Plan:"))
    assert "CSM: nobody is assigned; please assign one" in text
    assert alert_text(an_account(arr=Decimal(0)), an_alert(), "opened", TODAY).count("ARR: 0") == 1


def told(alert: Alert, kind: str = "opened", account: Account | None = None, **conversation: Any) -> Message:
    known = a_conversation(**({"reasons": ("usage fell", "a tier")} | conversation))
    return alert_email(account or an_account(), alert, kind, TODAY, "ops@example.com", known, "Drafts only.")


def test_an_email_to_the_csm_holds_the_alert_the_draft_and_how_to_send_it() -> None:
    mail = a_mail(suggested=Wording(subject="How are you?", text="Hi Charlie,\n\nall well?"))
    email = told(an_alert(), check_in=mail, contact_name="Charlie", contact_email="charlie@acme.com")
    assert (email.channel, email.to) == ("email", "carla@example.com")
    assert email.subject == "[moderate] Acme: usage fell to 47%"
    assert email.message_id == "acme/usage_drop/2026-11-01/opened/email"
    alert, _, draft = email.text.partition("\n\nWhy you: ")
    assert alert == alert_text(an_account(), an_alert(), "opened", TODAY)
    assert draft.splitlines() == [
        "usage fell; a tier",
        "Suggested mail to Charlie <charlie@acme.com>",
        "To send it, press Send or Edit & send on its card in Slack, or copy it into a mail of your own.",
        "",
        "Subject: How are you?",
        "",
        "> Hi Charlie,",
        ">",
        "> all well?",
        "",
        "Drafts only.",
    ]


def test_an_email_says_what_a_draft_lacks_and_that_nobody_gets_it() -> None:
    mail = a_mail(lacks=("first_name", "feature"))
    text = told(an_alert(), check_in=mail, contact_name=None, contact_email=None).text
    assert "Suggested mail to nobody yet\nNobody told us first_name, feature: fill the gaps first.\n" in text


def test_an_email_holds_no_draft_once_the_mail_is_out() -> None:
    text = told(an_alert(), check_in=a_mail(status="sent")).text
    assert "Suggested" not in text
    assert "The conversation about it: health-monitor why acme" in text


def test_a_name_of_two_lines_makes_a_subject_of_one() -> None:
    assert "Acme Berlin: usage fell" in told(an_alert(), account=an_account(name="Acme\r\nBerlin")).subject


def test_without_a_csm_operations_hears_of_it() -> None:
    assert told(an_alert(csm_email=None)).to == "ops@example.com"


def test_an_escalation_tells_the_numbers_of_its_own_day_and_when_the_alert_opened() -> None:
    alert = an_alert(highest_usage_drop=Drop.SEVERE, severity="high", escalated_on=TODAY)
    today = Verdict(Drop.SEVERE, None, Basis.OWN, 14, 14, 290, 90)
    email = told(as_of_today(alert, today), "escalated")
    assert email.subject == "[high] Acme: usage fell further, to 31%"
    assert email.text.splitlines()[:4] == [
        "Acme's usage fell to 31% of its usual level: 1.0 active users a day over the last 14 days, "
        "against 3.2 over the last 90.",
        f"The alert opened on {alert.opened_on}; on 2026-11-03 usage fell below the severe line.",
        "",
        "Severity: high (usage drop: severe)",
    ]
    assert email.message_id == f"{alert.alert_id}/escalated/email"


def test_operations_hears_of_an_incident_by_email_and_in_slack() -> None:
    email, slack = operations_messages(
        "incident/2026-06-08", "Data incident", "Check it.", "ops@example.com", "#health"
    )
    assert (email.to, email.message_id) == ("ops@example.com", "incident/2026-06-08/email")
    assert (slack.to, slack.message_id) == ("#health", "incident/2026-06-08/slack")
    assert {(m.subject, m.text) for m in (email, slack)} == {("Data incident", "Check it.")}


def test_operations_read_which_accounts_lack_what_and_how_many_more() -> None:
    text = quality_text({"acme": ["tier", "csm_email"], "bolt": ["tier"]}, 2)
    assert "acme lacks its tier and its CSM\nbolt lacks its tier\n" in text
    assert "more" not in text
    assert "… and 3 more" in quality_text({"acme": ["tier"]}, 4)
