"""What a message says: one sentence with numbers for every kind of comparison, and no word that is not there."""

from datetime import date
from decimal import Decimal

import pytest

from health_monitor.act.wording import alert_messages, alert_text, operations_messages, quality_text, sentence
from health_monitor.decide.alerts import as_of_today
from health_monitor.model.usage import Basis, Drop, Verdict
from tests.builders import an_account, an_alert

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
    assert alert_messages(an_account(), alert, "opened", TODAY, "ops@x.com", "#cs")[0].subject.endswith(f"to {percent}")


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


def test_an_opening_goes_to_the_csm_by_email_and_to_slack() -> None:
    email, slack = alert_messages(an_account(), an_alert(), "opened", TODAY, "ops@example.com", "#health")
    assert (email.channel, email.to, slack.channel, slack.to) == ("email", "carla@example.com", "slack", "#health")
    assert email.subject == slack.subject == "[moderate] Acme: usage fell to 47%"
    assert email.message_id == "acme/usage_drop/2026-11-01/opened/email"
    assert slack.message_id == "acme/usage_drop/2026-11-01/opened/slack"
    assert email.text == slack.text == alert_text(an_account(), an_alert(), "opened", TODAY)


def test_a_name_of_two_lines_makes_a_subject_of_one() -> None:
    for message in alert_messages(an_account(name="Acme\r\nBerlin"), an_alert(), "opened", TODAY, "ops@x.io", "#c"):
        assert "Acme Berlin: usage fell" in message.subject


def test_without_a_csm_operations_hears_of_it() -> None:
    email, _ = alert_messages(an_account(), an_alert(csm_email=None), "opened", TODAY, "ops@example.com", "#health")
    assert email.to == "ops@example.com"


def test_an_escalation_tells_the_numbers_of_its_own_day_and_when_the_alert_opened() -> None:
    alert = an_alert(highest_usage_drop=Drop.SEVERE, severity="high", escalated_on=TODAY)
    today = Verdict(Drop.SEVERE, None, Basis.OWN, 14, 14, 290, 90)
    told = as_of_today(alert, today)
    email, _ = alert_messages(an_account(), told, "escalated", TODAY, "ops@example.com", "#health")
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
