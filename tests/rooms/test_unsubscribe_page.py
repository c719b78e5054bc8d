"""The page behind the link in a mail: three states, one style, and nothing that is loaded or run."""

import base64
import hashlib
import re

import pytest

from health_monitor.views.unsubscribe_page import HEADERS, asking, done, done_before


def test_it_asks_with_one_button() -> None:
    page = asking()
    assert "<title>Unsubscribe</title>" in page
    assert "<h1>Stop mails like this one?</h1>" in page
    assert page.count("<button") == page.count('<form method="post">') == 1
    assert "Yes, stop these mails</button>" in page


@pytest.mark.parametrize("page", [done(), done_before()])
def test_what_is_done_has_no_button(page: str) -> None:
    assert "<form" not in page
    assert "no more mails like this one." in page


@pytest.mark.parametrize("page", [asking(), done(), done_before()])
def test_the_policy_allows_its_style_and_nothing_else(page: str) -> None:
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = HEADERS["Content-Security-Policy"]
    assert f"style-src 'sha256-{digest}';" in policy
    assert "unsafe" not in policy
    assert "http" not in page, "it loads nothing"
    assert "style=" not in page
    assert "<script" not in page


def test_it_is_dark_where_its_reader_likes_it_dark() -> None:
    assert "@media (prefers-color-scheme:dark)" in asking()
