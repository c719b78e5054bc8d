"""What a mail says: only what is so, in words that stay true, and nobody ever reads `Hi ,`."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.act.drafting import (
    best_tip,
    csm_name,
    draft,
    facts_of,
    first_name,
    in_words,
    last_use,
    merge_values,
    one_line,
    stopped_doing,
    template_of,
    why_tip,
)
from health_monitor.act.templates import mistakes
from health_monitor.ingest.config import read_bundle
from health_monitor.model.config import Bundle, Profile
from health_monitor.model.drafting import Facts, LastUse
from health_monitor.model.outreach import Mail
from health_monitor.model.routing import MERGE_FIELDS, Advice, Member, Team, Template, Tip
from tests.builders import A_DAY, a_contact, a_user, an_account

OURS = Path(__file__).parents[2] / "config"
TEXTS = {path.relative_to(OURS).as_posix(): path.read_text() for path in OURS.rglob("*") if path.is_file()}
BUNDLE = read_bundle(TEXTS, mistakes)
EMPTY = Bundle(profiles=(Profile(name="everyone"),))
TODAY = A_DAY.toordinal()
FACTS = Facts(
    account_name="Acme", segment="smb", use_case="reporting", first_name="Charlie",
    last_use=LastUse("report_builder", date(2026, 10, 20), own=True), stopped=None, csm_name="Carla Diaz",
    tip=Tip(name="t", text="Try it.", url="https://help.example.com/t"), sent_on=date(2026, 10, 25),
)  # fmt: skip


def a_template(text: str, subject: str = "Hello", name: str = "check_in") -> Template:
    return Template(name=name, subject=subject, text=text)


def drafted(text: str, subject: str = "Hello", **facts: Any) -> Mail:
    bundle = BUNDLE.model_copy(update={"templates": (a_template(text, subject),)})
    return draft("check_in", FACTS._replace(**facts), bundle)


def test_the_product_s_own_check_in_reads_like_a_person_s() -> None:
    mail = draft("check_in", FACTS, BUNDLE)
    assert (mail.step, mail.status, mail.template, mail.worded_by, mail.lacks) == (
        "check_in", "draft", "check_in", "template", (),
    )  # fmt: skip
    assert mail.suggested.subject == "Checking in about the report builder"
    lines = mail.suggested.text.splitlines()
    assert lines[0] == "Hi Charlie,"
    assert lines[2].startswith("You last used the report builder on Tuesday 20 October. Lately Acme has been")
    assert lines[4:6] == ["One thing that might be useful: Try it.", "https://help.example.com/t"]
    assert lines[-2:] == ["Best wishes,", "Carla Diaz"]


@pytest.mark.parametrize("name", ["check_in", "check_in_severe", "follow_up"])
def test_every_mail_of_ours_works_without_a_tip_and_shows_what_it_lacks(name: str) -> None:
    bare = FACTS._replace(tip=None, sent_on=None)
    mail = draft(name, bare, BUNDLE)
    assert mail.lacks == ()
    assert "\n\n\n" not in mail.suggested.text
    assert mail.step == ("follow_up" if name == "follow_up" else "check_in")
    nobody = draft(name, bare._replace(first_name=None, last_use=None, csm_name=None), BUNDLE)
    assert {"first_name", "csm_name"} < set(nobody.lacks)
    assert "Hi [first name]," in nobody.suggested.text
    assert nobody.suggested.text.endswith("[csm name]")


def test_a_segment_may_have_its_own_mail_and_a_severe_one_is_the_ordinary_one_where_there_is_no_other() -> None:
    known = [a_template("x", name=name) for name in ("check_in", "check_in.smb", "follow_up")]
    assert template_of("check_in", "smb", known) == known[1]
    assert template_of("check_in", "enterprise", known) == template_of("check_in", None, known) == known[0]
    assert template_of("check_in_severe", "smb", known) == known[1]
    assert template_of("check_in_severe", None, known) == known[0]


def test_without_a_template_a_person_has_to_write() -> None:
    mail = draft("check_in", FACTS, EMPTY)
    assert (mail.lacks, mail.template) == (("template",), "check_in")
    assert mail.suggested.text.startswith("[The template check_in cannot be used")
    broken = drafted("{{ first_name.shout() }}")
    assert broken.lacks == ("template",)


def test_a_field_that_a_template_asks_about_is_no_gap() -> None:
    assert drafted("Hi {{ first_name }}{% if use_case %}, {{ use_case }}{% endif %}.", use_case=None).lacks == ()
    mail = drafted("{{ use_case|upper }} and {{ tip_url }}", use_case=None, tip=None)
    assert mail.suggested.text == "[USE CASE] and [tip url]"
    assert mail.lacks == ("use_case", "tip_url")


ANYTHING = st.one_of(
    st.none(), st.text(), st.sampled_from(["", " ", ",", "\u202e", "null", "{{ 7*7 }}", "<b>", "\r\n"])
)


@given(ANYTHING, ANYTHING, ANYTHING)
def test_nobody_ever_reads_hi_comma_whatever_they_are_called(name: str | None, account: str | None, used: str) -> None:
    contact, company = a_contact(name=(name or "")[:500]), an_account(name=(account or "")[:500])
    users = [a_user(last_feature=(used or "x")[:200])]
    facts = facts_of(company, contact, users, BUNDLE.team, BUNDLE.advice, A_DAY)
    mail = draft("check_in", facts, BUNDLE)
    greeting = mail.suggested.text.splitlines()[0]
    assert greeting != "Hi ,"
    assert greeting == "Hi [first name]," if facts.first_name is None else greeting == f"Hi {facts.first_name},"
    assert ("first_name" in mail.lacks) == (facts.first_name is None)
    assert all(value == " ".join(value.split()) and value for value in merge_values(facts, BUNDLE.advice).values())
    assert "://" not in (facts.account_name + (facts.first_name or ""))


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Anna Meier", "Anna"), ("Meier, Anna", "Anna"), ("Dr. Anna Meier", "Anna"), ("  Anna\r\nBcc: x@y.z ", "Anna"),
        ("Jean-Luc", "Jean-Luc"), ("D'Arcy Fox", "D'Arcy"), ("李 小龙", "李"), ("Zoë", "Zoë"), ("\u202eannA", "annA"),
        ("", None), (None, None), (",", None), ("J. Smith", None), ("J", None), ("anna@acme.com", None),
        ("user123", None), ("<b>Anna</b>", None), ("{{ 7*7 }}", None), ("evil.com now", None), ("null", None),
        ("Prof.", None), ("A" * 41, None), ("—", None),
    ],
)  # fmt: skip
def test_a_first_name_is_a_name_or_nothing(name: str | None, first: str | None) -> None:
    assert first_name(name) == first


def test_what_others_wrote_stays_plain_text_on_one_line() -> None:
    mail = drafted(
        "{{ account_name }}", account_name=one_line("A{{ 7*7 }}<b>\r\nBcc: x\u202e\x00 https://evil.io") or ""
    )
    assert mail.suggested.text == "A{{ 7*7 }}<b> Bcc: x https: evil.io"
    assert one_line("\u200b\n") is None


def test_who_used_what_last_is_said_so_that_it_is_true() -> None:
    own, other = a_user("u1", last_day=TODAY - 9, last_feature="export"), a_user("u2", last_day=TODAY - 1)
    charlie, stranger = a_contact(user_id="u1"), a_contact(user_id="u9")
    assert last_use(charlie, [own, other]) == LastUse("export", date(2026, 10, 23), own=True)
    assert last_use(stranger, [own, other]) == LastUse("report", date(2026, 10, 31), own=False)
    assert last_use(None, [own, other]) == last_use(a_contact(), [own, other]) == last_use(stranger, [own, other])
    assert last_use(charlie, []) is None
    values = merge_values(FACTS._replace(last_use=LastUse("odd_thing", A_DAY, own=False)), BUNDLE.advice)
    assert values["last_use"] == 'Your team last used "odd thing" on Sunday 1 November'
    assert "last_use" not in merge_values(FACTS._replace(last_use=LastUse("123", A_DAY, own=True)), BUNDLE.advice)
    assert in_words("export", BUNDLE.advice) == "exports"


def test_what_they_stopped_doing_is_what_the_quiet_ones_did_last_and_nobody_does_now() -> None:
    def quiet(name: str, feature: str) -> Any:
        return a_user(name, last_feature=feature, last_day=TODAY - 20)

    went = [quiet("u1", "export"), quiet("u2", "chat"), quiet("u3", "chat"), quiet("u4", "board")]
    assert stopped_doing(went, A_DAY) == "chat"
    assert stopped_doing([*went, a_user("u5", last_feature="chat")], A_DAY) == "board"
    assert stopped_doing([a_user("u5")], A_DAY) is None
    assert stopped_doing([], A_DAY) is None


def test_the_tip_that_names_the_most_of_what_is_so_is_taken() -> None:
    tips = (
        Tip(name="all", text="x"), Tip(name="use", text="x", use_case="Reporting"),
        Tip(name="feat", text="x", feature="a"),
        Tip(name="stop", text="x", stopped="s"), Tip(name="two", text="x", feature="a", use_case="reporting"),
        Tip(name="other", text="x", feature="a", use_case="else", stopped="s"),
    )  # fmt: skip

    def best(*known: str | None) -> str | None:
        tip = best_tip(tips, *known)
        return tip.name if tip else None

    assert best("a", "reporting", "s") == "two"
    assert best("a", None, "s") == "stop"
    assert best("a", None, None) == "feat"
    assert best("b", "reporting", None) == "use"
    assert best(None, None, None) == "all"
    assert best_tip(tips[1:], None, None, None) is None


def test_why_a_tip_was_taken_is_said() -> None:
    facts = FACTS._replace(stopped="chat")
    assert why_tip(Tip(name="t", text="x"), facts) == "it is for everybody, and none fits better"
    assert why_tip(Tip(name="t", text="x", feature="a", use_case="reporting", stopped="chat"), facts) == (
        "what was used last is a; they use the product for reporting; those who went quiet were using chat last"
    )


def test_who_signs_is_in_the_team_s_file_or_in_the_address() -> None:
    team = Team(members=(Member(email="Carla@example.com", name="Carla\nDiaz"), Member(email="x@example.com")))
    assert csm_name("carla@example.com", team) == "Carla Diaz"
    assert csm_name("ines.castillo@example.com", team) == "Ines Castillo"
    assert [csm_name(one, team) for one in ("x@example.com", "info@x.io", "a.b@x.io", "r2.d2@x.io", None)] == [None] * 5


def test_facts_hold_nothing_that_is_not_known() -> None:
    bare = an_account(name=None, use_case=None, csm_email=None, segment=None)
    facts = facts_of(bare, None, [], Team(), Advice(), A_DAY)
    assert facts == Facts("acme", None, None, None, None, None, None, None)
    assert merge_values(facts, Advice()) == {"account_name": "acme"}
    assert set(merge_values(FACTS, Advice())) == set(MERGE_FIELDS)


@pytest.mark.parametrize(
    ("text", "subject", "line", "what"),
    [
        ("Hi {{ nam }}", "x", 3, "nam: no such merge field; there are first_name,"),
        ("Hi\n{{ first_name }", "x", 4, "correct it (a merge field is written {{ first_name }})"),
        ("Hi", "{{ }}", 1, "correct it (a merge field"),
        ("{% include 'x' %}", "x", 3, "a template stands alone"),
        ("Hi\n{% for x in range(9) %}{% endfor %}", "x", 4, "does more than a mail needs; use merge fields, if, set"),
        ("{% for a in 'xxx' %}{% for b in 'xxx' %}x{% endfor %}{% endfor %}", "x", 3, "does more than a mail needs"),
        ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "x", 3, "does more than a mail needs"),
        ("{{ ''.__class__ }}", "x", 3, "does more than a mail needs"),
        ("{{ ''['__class__'] }}", "x", 3, "does more than a mail needs"),
        ("{{ 'x' * 999999999 }}", "x", 3, "does more than a mail needs"),
        ("{{ 9 ** 9 ** 9 }}", "x", 3, "does more than a mail needs"),
        ("{{ first_name|center(999999999) }}", "x", 3, "does more than a mail needs"),
        ("{{ [1] }}", "x", 3, "does more than a mail needs"),
        ("{{ " + "(" * 3_000 + " }}", "x", 3, "too much in one another"),
        ("{% if tip %}" * 1_500 + "Hi", "x", 3, "too much in one another"),
        ("x" * 20_001, "x", 3, "has more than 20,000 characters"),
        ("{% if tip %}Hi{% endif %}", "x", 3, "is empty when a merge field is unknown"),
        ("{{ first_name.shout() }}", "x", 3, "does more than a mail needs"),
        ("{{ first_name|upper < 5 }}", "x", 3, "cannot be filled in"),
    ],
)
def test_a_mistake_in_a_template_names_its_line_and_the_remedy(text: str, subject: str, line: int, what: str) -> None:
    ((found, said),) = mistakes(a_template(text, subject))
    assert found == line
    assert what in said


def test_a_template_may_set_its_own_names_and_choose() -> None:
    text = (
        "{% set x = first_name %}{{ x }}{% if tip and not tip_url %}, {{ tip|lower }}{% endif %}{{ 1 if tip else 2 }}"
    )
    assert list(mistakes(a_template(text))) == []
