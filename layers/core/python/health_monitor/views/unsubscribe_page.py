"""What somebody sees who follows the link in a mail: one small page, and nothing that it loads or runs."""

import base64
import hashlib
from html import escape

_STYLE = """
:root{color-scheme:light dark;--bg:#f5f6f8;--card:#fff;--line:#e7e8ec;--ink:#16181d;--soft:#4a4f5a;
--do:#4650c8;--on:#fff}
@media (prefers-color-scheme:dark){
:root{--bg:#0e0f12;--card:#15171b;--line:#24272e;--ink:#eceef2;--soft:#b3b8c3;--do:#8b93f8;--on:#0e0f12}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;background:var(--bg);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
main{width:100%;max-width:400px;padding:32px 24px;text-align:center;background:var(--card);
border:1px solid var(--line);border-radius:12px}
h1{margin:0;font-size:20px;line-height:1.3;letter-spacing:-.017em}
p{margin:8px 0 0;color:var(--soft);text-wrap:balance}
button{margin-top:24px;min-height:44px;padding:8px 20px;font:inherit;font-weight:600;cursor:pointer;
color:var(--on);background:var(--do);border:0;border-radius:8px}
button:hover{filter:brightness(1.08)}
button:focus-visible{outline:2px solid var(--do);outline-offset:3px}
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
"""The page loads nothing, runs nothing, looks like this style only, and can send its form only to us."""
_BUTTON = '<form method="post"><button type="submit">Yes, stop these mails</button></form>'


def asking() -> str:
    """Before anything is done."""
    return _page("Stop mails like this one?", "", _BUTTON)


def done() -> str:
    """It was done just now."""
    return _page("Done.", "You will get no more mails like this one.")


def done_before() -> str:
    """For somebody who comes back."""
    return _page("It is done already.", "You get no more mails like this one.")


def _page(said: str, more: str, form: str = "") -> str:
    words = f"<p>{escape(more)}</p>" if more else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Unsubscribe</title>'
        f"<style>{_STYLE}</style></head>\n<body><main><h1>{escape(said)}</h1>{words}{form}</main></body></html>\n"
    )
