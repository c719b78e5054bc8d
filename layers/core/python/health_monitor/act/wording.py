"""One alert in one sentence with numbers, and the plain messages made of it."""

from collections.abc import Mapping, Sequence
from datetime import date

from health_monitor.model.account import Account
from health_monitor.model.alert import Alert, Message
from health_monitor.model.outreach import UNSENT, Conversation
from health_monitor.model.usage import Basis

TITLES = {"opened": "usage fell to {share}", "escalated": "usage fell further, to {share}"}
UNITS = {"active_user_days": "active users a day", "events": "uses a day"}


def sentence(account: Account, alert: Alert) -> str:
    """What changed, against what, in numbers: the first thing anybody reads."""
    unit = UNITS["events" if alert.variant.startswith("events") else "active_user_days"]
    share = alert.percent
    if alert.basis is Basis.NEW_ACCOUNT:
        return (
            f"{account.label} is new and uses the product at {share} of what similar accounts did by the same day: "
            f"{alert.index:.1f} {unit} so far, against {alert.baseline:.1f}."
        )
    usual, days = "its usual level", f" over the last {alert.baseline_days}"
    if alert.basis is Basis.BLENDED:
        usual, days = "its own and similar young accounts' level", ""
    elif "excludes" in alert.variant:
        days = f" over the {alert.baseline_days} before them"
    return (
        f"{account.label}'s usage fell to {share} of {usual}: {alert.index:.1f} {unit} over the last "
        f"{alert.index_days} days, against {alert.baseline:.1f}{days}."
    )


def alert_text(account: Account, alert: Alert, kind: str, as_of: date, health: str | None = None) -> str:
    """The whole plain message about an alert; `health`: its score, in words."""
    lines = [sentence(account, alert)]
    if kind == "escalated":
        lines.append(f"The alert opened on {alert.opened_on}; on {as_of} usage fell below the severe line.")
    lines += ["", f"Severity: {alert.severity} (usage drop: {alert.highest_usage_drop})", f"Opened: {alert.opened_on}"]
    facts = (
        ("Health", health),
        ("ARR", f"{account.arr:,.0f}" if account.arr is not None else None),
        ("Renewal", account.renewal_date),
        ("Segment", account.segment),
        ("Plan", account.plan),
        ("CSM", account.csm_email or "nobody is assigned; please assign one"),
    )
    lines += [f"{name}: {value}" for name, value in facts if value is not None]
    lines += ["", f"Rule {alert.rule}, profile {alert.profile}, {alert.variant}, configuration {alert.config}"]
    lines += [f"All of it: health-monitor show {account.account_id}"]
    return "\n".join(lines)


def alert_email(
    account: Account, alert: Alert, kind: str, as_of: date, operations_email: str, conversation: Conversation,
    standing: str, health: str | None = None,
) -> Message:  # fmt: skip
    """The plain email to the CSM (operations, when there is none), with the draft and how to send it."""
    title = TITLES[kind].format(share=alert.percent)
    subject = " ".join(f"[{alert.severity}] {account.label}: {title}".split())  # one line, whatever the CRM's name is
    text = f"{alert_text(account, alert, kind, as_of, health)}\n\n{_suggestion(conversation)}\n\n{standing}"
    to = alert.csm_email or operations_email
    return Message(message_id=f"{alert.alert_id}/{kind}/email", channel="email", to=to, subject=subject, text=text)


def _suggestion(conversation: Conversation) -> str:
    """What could be sent to whom, and how."""
    mail, over = conversation.current, conversation.ended or conversation.current.status not in UNSENT
    if over:
        return f"The conversation about it: health-monitor why {conversation.account_id}"
    wording = mail.final
    lacks = f"Nobody told us {', '.join(mail.lacks)}: fill the gaps first.\n" if mail.lacks else ""
    return (
        f"Why you: {'; '.join(conversation.reasons)}\n"
        f"Suggested mail to {conversation.contact_name or conversation.contact_email or 'nobody yet'}"
        f"{f' <{conversation.contact_email}>' if conversation.contact_email else ''}\n{lacks}"
        "To send it, press Send or Edit & send on its card in Slack, or copy it into a mail of your own.\n\n"
        f"Subject: {wording.subject}\n\n" + "\n".join(f"> {line}".rstrip() for line in wording.text.splitlines())
    )


def operations_messages(
    notice_id: str, subject: str, text: str, operations_email: str, slack_channel: str
) -> tuple[Message, ...]:
    """The same for the people who run the product."""
    return (
        Message(message_id=f"{notice_id}/email", channel="email", to=operations_email, subject=subject, text=text),
        Message(message_id=f"{notice_id}/slack", channel="slack", to=slack_channel, subject=subject, text=text),
    )


LACKING = {"tier": "its tier", "csm_email": "its CSM"}


def quality_text(accounts: Mapping[str, Sequence[str]], total: int) -> str:
    """Which accounts lack what, and what comes of it."""
    lines = [
        "Alerts of accounts without a CSM come to you; without a tier nobody knows which of them are worth most.",
        "",
    ]
    lines += [
        f"{account_id} lacks {' and '.join(LACKING[one] for one in lacks)}" for account_id, lacks in accounts.items()
    ]
    if total > len(accounts):
        lines.append(f"… and {total - len(accounts):,} more")
    lines += ["", "Fill them in where accounts come from (the CRM, or health-monitor import accounts accounts.csv)."]
    return "\n".join(lines)
