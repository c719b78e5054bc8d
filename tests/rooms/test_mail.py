"""A customer mail: answerable, stoppable, and what names hold stays words."""

import unicodedata
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from health_monitor.act.mail import LONGEST_NAME, Letterhead, html_of, one_line, outgoing
from health_monitor.act.tokens import LENGTH, token
from health_monitor.model.outreach import Wording
from tests.builders import a_conversation, a_mail

HEAD = Letterhead(
    "abc", "https://api.example/", "in.example.com", "Carla\r\nBcc: x@evil.example", "charlie@acme.example"
)


def test_an_answer_comes_to_us_and_one_click_ends_it() -> None:
    mail = outgoing(a_conversation(), "check_in", HEAD)
    assert (mail.mail_from, mail.to) == ("carla@example.com", "charlie@acme.example")
    assert (mail.reply_to, mail.unsubscribe_address) == ("reply+abc@in.example.com", "unsubscribe+abc@in.example.com")
    assert mail.unsubscribe_url == "https://api.example/unsubscribe/abc"
    assert mail.unsubscribe_url in mail.text
    assert f'href="{mail.unsubscribe_url}"' in mail.html
    assert mail.in_reply_to is None


def test_without_inbound_mail_an_answer_goes_to_the_csm() -> None:
    mail = outgoing(a_conversation(), "check_in", HEAD._replace(reply_domain=""))
    assert (mail.reply_to, mail.unsubscribe_address) == ("carla@example.com", None)


def test_a_follow_up_continues_the_first_mails_thread() -> None:
    known = a_conversation(check_in=a_mail(status="sent", receipt="ses-1"), follow_up=a_mail(step="follow_up"))
    assert outgoing(known, "follow_up", HEAD).in_reply_to == "ses-1"


def test_nobody_to_send_for_leaves_the_sender_empty() -> None:
    mail = outgoing(a_conversation(csm_email=None), "check_in", HEAD._replace(reply_domain="", from_name=None))
    assert (mail.mail_from, mail.from_name) == ("", None)


def test_names_and_subjects_are_one_line() -> None:
    wording = Wording(subject="Hello\r\nBcc: y@evil.example", text="Hi")
    mail = outgoing(a_conversation(contact_name="Charlie\nX: 1", check_in=a_mail(wording=wording)), "check_in", HEAD)
    assert mail.from_name == "Carla Bcc: x@evil.example"
    assert (mail.to_name, mail.subject) == ("Charlie X: 1", "Hello Bcc: y@evil.example")
    assert (
        outgoing(a_conversation(check_in=a_mail(wording=Wording(subject="", text="Hi"))), "check_in", HEAD).subject
        == ""
    )


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert len((one_line(text) or "").splitlines()) <= 1


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_what_is_not_seen_is_not_in_a_name_or_a_subject(text: str) -> None:
    mail = outgoing(
        a_conversation(contact_name=text[:512], check_in=a_mail(wording=Wording(subject=text[:256], text="Hi"))),
        "check_in", HEAD._replace(from_name=text),
    )  # fmt: skip
    for said in (mail.subject, mail.to_name or "", mail.from_name or ""):
        assert not {unicodedata.category(one) for one in said} & {"Cc", "Cf", "Zl", "Zp"} - joined(said)
    assert len(mail.to_name or "") <= LONGEST_NAME


def joined(said: str) -> set[str]:
    """Persian and Indian words may hold what joins letters."""
    return {"Cf"} if {one for one in said if unicodedata.category(one) == "Cf"} <= {"\u200c", "\u200d"} else set()


def test_a_name_cannot_turn_the_reading_direction() -> None:
    mail = outgoing(a_conversation(contact_name="Char\u202elie\u2066"), "check_in", HEAD)
    assert mail.to_name == "Charlie"


class Tags(HTMLParser):
    """The tags that a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]


@given(st.text() | st.sampled_from(["<script>alert(1)</script>", 'https://x.example/"><img src=x>', "&lt;b&gt;"]))
def test_what_looks_like_html_stays_text(text: str) -> None:
    tags = Tags(html_of(text, "footer"))
    assert tags.seen <= {"html", "head", "meta", "body", "div", "p", "br", "a"}
    assert all(link.startswith("https://") for link in tags.links)


def test_links_can_be_clicked_and_paragraphs_stay() -> None:
    page = html_of("See https://docs.example/a?b=1&c=2.\nBye\n\nCarla", "footer")
    assert '<a href="https://docs.example/a?b=1&amp;c=2">https://docs.example/a?b=1&amp;c=2</a>.<br>' in page
    assert "<p>Carla</p>" in page


def test_it_is_read_in_the_letters_of_the_readers_machine() -> None:
    page = html_of("Hi", "footer")
    assert 'style="font-family:-apple-system,' in page
    assert "background" not in page, "a mail program that is dark stays dark"


def test_a_token_cannot_be_guessed_and_is_the_same_every_time() -> None:
    known = token(b"key", "acme/usage_drop/2026-11-01")
    assert known == token(b"key", "acme/usage_drop/2026-11-01")
    assert len({known, token(b"other", "acme/usage_drop/2026-11-01"), token(b"key", "other")}) == 3
    assert len(known) == LENGTH
    assert set(known) <= set("abcdefghijklmnopqrstuvwxyz234567")
