"""docs/outreach.md tells a success manager every interlock in the words that the product itself uses."""

import ast
import inspect
import re
from typing import NamedTuple, get_args

from health_monitor.act import conversation as steps
from health_monitor.act import sending
from health_monitor.decide import interlocks
from health_monitor.decide.interlocks import CAP_ACCOUNT, CAP_CONTACT, HELD_OUT, Verdict
from health_monitor.flows import begin_outreach
from health_monitor.learn.conversations import _STOPS, QUEUED, WITH_A_PERSON
from health_monitor.model.outreach import Conversation, Ending, Switch
from health_monitor.model.routing import Routing
from health_monitor.model.usage import Resolution
from tests.builders import a_contact, a_conversation, a_mail, an_account, an_alert
from tests.docs.documents import ROOT
from tests.rooms.test_interlocks import ADDRESS, AUTOMATIC, EVERYBODY, NOW, approved, judged, known, queued

DOCUMENT = ROOT / "docs" / "outreach.md"
BY_FLOW = {"cap_contact", "cap_account", "holdout"}
"""What send_outreach decides after the interlocks have nothing against it."""


class Row(NamedTuple):
    """One line of the table: the code, the sentence, and whether it stops a person, too."""

    code: str
    says: str
    stops: str


def rows() -> list[Row]:
    table = re.findall(r"^\| `(\w+)` \| (.+?) \| (everybody|automatic mail) \|$", DOCUMENT.read_text(), re.MULTILINE)
    return [Row(*found) for found in table]


def the_codes() -> list[Row]:
    """Every interlock as it speaks when it is alone against a mail."""
    caps = Routing().caps
    kiwi = known(contact=a_contact(email=ADDRESS, timezone="Pacific/Auckland"))
    lacking = queued(check_in=a_mail(lacks=("feature",)))
    gone, back = an_account(churn_date=NOW.date()), an_alert(resolved_on=NOW.date(), resolution=Resolution.RECOVERED)
    alone: dict[str, tuple[Verdict, Verdict | None]] = {
        "churned": (judged(queued(), known(account=gone)), judged(approved(), known(account=gone))),
        "recovered": (judged(queued(), known(alert=back)), None),
        "not_live": (judged(queued(), known(), Switch()), None),
        "not_in_pilot": (judged(queued(), known(), Switch(mode="pilot", pilot="p")), None),
        "stopped": (judged(queued(), known(), Switch(stopped=True, mode="live")),) * 2,
        "missing_field": (judged(lacking, known()),) * 2,
        "no_csm": (judged(queued(csm_email=None), known()),) * 2,
        **{code: (judged(queued(), facts), judged(approved(), facts)) for code, facts in EVERYBODY.items()},
        **{code: (judged(queued(), facts), None) for code, facts in AUTOMATIC.items()},
        "review_hold": (judged(_just_queued(), known()), None),
        "outside_window": (judged(queued(), kiwi), None),
    }
    found = [_row(code, verdict, by_person) for code, (verdict, by_person) in alone.items()]
    texts = {
        "cap_contact": CAP_CONTACT.format(days=caps.contact_days),
        "cap_account": CAP_ACCOUNT.format(most=caps.per_account, days=caps.account_days),
        "holdout": HELD_OUT,
    }
    return found + [Row(code, text, "automatic mail") for code, text in texts.items()]


def _just_queued() -> Conversation:
    return steps.queue(a_conversation(), "check_in", NOW, NOW, "a standard account")


def _row(code: str, verdict: Verdict, by_person: Verdict | None) -> Row:
    assert verdict.code == code
    return Row(code, verdict.because, "everybody" if by_person and by_person.code == code else "automatic mail")


def test_the_table_of_interlocks_is_the_codes() -> None:
    assert rows() == the_codes()


def test_no_interlock_is_missing() -> None:
    """Every code that the interlocks' text holds stands in the table."""
    tree = ast.parse(inspect.getsource(interlocks))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    places = {"_draft": 0, "_flagged": 1, "Verdict": 1}
    codes = set()
    for call in calls:
        at = places.get(getattr(call.func, "id", ""))
        if at is not None and len(call.args) > at and isinstance(call.args[at], ast.Constant):
            codes.add(call.args[at].value)
    assert codes | BY_FLOW <= {row.code for row in rows()}


def other_codes() -> set[str]:
    """Everything else for which the effect counts a first mail as not sent."""
    codes = {QUEUED, WITH_A_PERSON, begin_outreach.HELD, "cancelled", *get_args(Ending)}
    for module in (steps, sending, begin_outreach):
        for call in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "note" and len(call.args) > 3:
                what, code = (one.value if isinstance(one, ast.Constant) else None for one in call.args[2:4])
                if what in _STOPS and isinstance(code, str):
                    codes.add(code)
    alerts = [("moderate", "high-value: x"), ("moderate", "complex: x"), ("moderate", "x"), ("high", "x")]
    begun = [a_conversation(severity=severity, reasons=(why,)) for severity, why in alerts]
    return codes | {begin_outreach._by_csm(one)[0] for one in begun}


def test_every_other_reason_that_the_effect_counts_is_explained() -> None:
    found = re.findall(r"^\| `(\w+)` \| [^|]+ \|$", DOCUMENT.read_text(), re.MULTILINE)
    assert len(found) == len(set(found))
    assert set(found) == other_codes() - {row.code for row in rows()}
