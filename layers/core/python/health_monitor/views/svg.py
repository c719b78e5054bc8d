"""Small pieces that every picture shares."""

from markupsafe import Markup


def picture(fragment: str) -> Markup:
    """An SVG fragment ready for the page. Whoever builds it escapes every text that came from a customer."""
    return Markup(fragment)  # noqa: S704 - built here from numbers, and from texts that went through `escaped`


def escaped(text: str) -> str:
    """Text that may stand in an element or between double quotes."""
    return str(Markup.escape(text))


def label(x: str, y: float, text: str, anchor: str, name: str = "tick", dx: int = 0) -> str:
    """A piece of text; x may be a percentage, dx moves it by pixels."""
    move = f' dx="{dx}"' if dx else ""
    return f'<text class="{name}" x="{x}" y="{y:.1f}" text-anchor="{anchor}"{move}>{escaped(text)}</text>'
