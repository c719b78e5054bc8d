"""A mail to one person about one account, from its facts and the team's words."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, timedelta

from health_monitor.act.templates import fill, nothing
from health_monitor.model.account import Account, Contact
from health_monitor.model.config import Bundle
from health_monitor.model.drafting import Facts, LastUse
from health_monitor.model.outreach import Mail, Step
from health_monitor.model.routing import Advice, Team, Template, Tip
from health_monitor.model.usage import UserUse

QUIET_DAYS = 14
LONGEST_NAME, LONGEST_VALUE = 40, 120
_JOINERS = "\u200c\u200d"
"""Persian and Indian names are written with them; every other invisible character goes."""
_TITLES = frozenset(("dr", "mr", "mrs", "ms", "mx", "prof", "professor", "sir", "dame", "herr", "frau", "mme", "m"))
_NO_NAMES = frozenset(("null", "none", "undefined", "unknown", "test", "user", "admin", "info", "contact", "customer"))
_DATES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def draft(name: str, facts: Facts, bundle: Bundle) -> Mail:
    """The mail by a template; the account's segment may have its own. What it lacks, a person has to fill in."""
    step: Step = "follow_up" if name == "follow_up" else "check_in"
    template = template_of(name, facts.segment, bundle.templates)
    values = merge_values(facts, bundle.advice)
    filled = fill(template, values) if template else nothing(name)
    return Mail(step=step, template=template.name if template else name, suggested=filled.wording, lacks=filled.lacks)


def template_of(name: str, segment: str | None, templates: Sequence[Template]) -> Template | None:
    """The segment's own, else everybody's; a severe check-in is the ordinary one where there is no other."""
    known = {one.name: one for one in templates}
    plain = name.removesuffix("_severe")
    wanted = (f"{name}.{segment}", name, f"{plain}.{segment}", plain)
    return next((known[one] for one in wanted if one in known), None)


def facts_of(
    account: Account, contact: Contact | None, users: Sequence[UserUse], team: Team, advice: Advice, as_of: date,
    sent_on: date | None = None,
) -> Facts:  # fmt: skip
    """What is known, ready to be said."""
    last = last_use(contact, users)
    stopped = stopped_doing(users, as_of)
    return Facts(
        account_name=one_line(account.label) or account.account_id,
        segment=account.segment,
        use_case=one_line(account.use_case),
        first_name=first_name(contact.name if contact else None),
        last_use=last,
        stopped=stopped,
        csm_name=csm_name(account.csm_email, team),
        tip=best_tip(advice.tips, last.feature if last else None, account.use_case, stopped),
        sent_on=sent_on,
    )


def merge_values(facts: Facts, advice: Advice) -> dict[str, str]:
    """What each merge field stands for; one that is not known is not there."""
    last, tip = facts.last_use, facts.tip
    feature = in_words(last.feature, advice) if last else None
    active = day_in_words(last.day) if last else None
    told = {
        "first_name": facts.first_name,
        "account_name": facts.account_name,
        "feature": feature,
        "last_active": active,
        "last_use": f"{_who(last)} last used {feature} on {active}" if last and feature else None,
        "use_case": facts.use_case,
        "tip": " ".join(tip.text.split()) if tip else None,
        "tip_url": tip.url if tip else None,
        "csm_name": facts.csm_name,
        "sent_on": day_in_words(facts.sent_on) if facts.sent_on else None,
    }
    return {field: value for field, value in told.items() if value}


def last_use(contact: Contact | None, users: Sequence[UserUse]) -> LastUse | None:
    """What the person used last, when they are known as a user; else what anybody of the account did."""
    own = [user for user in users if contact and contact.user_id and user.user_id == contact.user_id]
    latest = max(own or users, key=lambda user: (user.last_day, user.last_seen, user.user_id), default=None)
    return LastUse(latest.last_feature, date.fromordinal(latest.last_day), bool(own)) if latest else None


def stopped_doing(users: Sequence[UserUse], as_of: date) -> str | None:
    """The feature that most of those who went quiet were using last, unless somebody active uses it still."""
    line = (as_of - timedelta(days=QUIET_DAYS)).toordinal()
    going_on = {user.last_feature for user in users if user.last_day > line}
    left = [user.last_feature for user in users if user.last_day <= line and user.last_feature not in going_on]
    return min(set(left), key=lambda feature: (-left.count(feature), feature), default=None)


def best_tip(tips: Sequence[Tip], feature: str | None, use_case: str | None, stopped: str | None) -> Tip | None:
    """The tip that names the most of what is true; among equals `stopped`, then `feature`, then the file's order."""
    known = {"stopped": stopped, "feature": feature, "use_case": use_case}
    ranked = []
    for place, tip in enumerate(tips):
        named = [(key, wanted) for key in known if (wanted := getattr(tip, key))]
        if all((known[key] or "").lower() == wanted.lower() for key, wanted in named):
            keys = [key for key, _ in named]
            ranked.append((-len(keys), "stopped" not in keys, "feature" not in keys, place))
    return tips[min(ranked)[-1]] if ranked else None


def why_tip(tip: Tip, facts: Facts) -> str:
    """What made this tip the best one."""
    told = [
        f"what was used last is {tip.feature}" if tip.feature else "",
        f"they use the product for {facts.use_case}" if tip.use_case else "",
        f"those who went quiet were using {tip.stopped} last" if tip.stopped else "",
    ]
    return "; ".join(one for one in told if one) or "it is for everybody, and none fits better"


def first_name(name: str | None) -> str | None:
    """How to greet a person; None where what is known is no name, so that nobody ever reads `Hi ,`."""
    whole = one_line(name) or ""
    family, comma, given = whole.partition(",")
    words = (given if comma else family).split()
    while words and words[0].rstrip(".").lower() in _TITLES:
        words.pop(0)
    first = words[0] if words else ""
    return first if _is_name(first) else None


def _is_name(word: str) -> bool:
    letters = [one for one in word if unicodedata.category(one)[0] == "L"]
    allowed = all(one in f"'’-{_JOINERS}" or unicodedata.category(one)[0] in "LM" for one in word)
    too_short = len(letters) < (2 if word.isascii() else 1)
    return allowed and not too_short and len(word) <= LONGEST_NAME and word.lower() not in _NO_NAMES


def csm_name(email: str | None, team: Team) -> str | None:
    """Who signs: the name in the team's file, else what an address like ines.castillo@ says."""
    member = team.find(email)
    if member and member.name:
        return one_line(member.name)
    parts = (email or "").partition("@")[0].split(".")
    real = len(parts) == 2 and all(part.isalpha() and len(part) > 1 for part in parts)
    return " ".join(part.capitalize() for part in parts) if real else None


def in_words(feature: str, advice: Advice) -> str | None:
    """A feature as a mail calls it: in the team's words, else its id as a quotation."""
    known = advice.features.get(feature)
    if known:
        return one_line(known)
    plain = one_line(feature.replace("_", " ")) or ""
    return f'"{plain}"' if any(map(str.isalpha, plain)) else None


def day_in_words(day: date) -> str:
    """Such as Tuesday 12 May."""
    return f"{_DATES[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def one_line(text: str | None) -> str | None:
    """Plain text on one line, without control and invisible characters or links; None when nothing is left."""
    kept = "".join(
        one if one in _JOINERS or unicodedata.category(one)[0] not in "CZ" else _gap(one) for one in text or ""
    )
    plain = re.sub(r"://+", ": ", " ".join(kept.split()))[:LONGEST_VALUE].strip()
    return plain or None


def _gap(character: str) -> str:
    """A line end or a tab parts words; what only steers the writing direction does not."""
    return "" if unicodedata.category(character) == "Cf" else " "


def _who(last: LastUse) -> str:
    return "You" if last.own else "Your team"
