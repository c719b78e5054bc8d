"""Numbers and dates as people read them."""

from datetime import date

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NONE = "–"


def whole(number: float) -> str:
    """12,345."""
    return f"{number:,.0f}"


def number(value: float | None) -> str:
    """One decimal below a hundred, none above; a dash for nothing."""
    if value is None:
        return NONE
    return whole(value) if abs(value) >= 100 else f"{value:,.1f}"


def times(value: float | None) -> str:
    """1.24×, 17.4×, 174×: no more decimals than three digits leave room for."""
    if value is None:
        return NONE
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:,.{decimals}f}×"


def days(value: float | None) -> str:
    """42, or 31.5 where a median lies between two days."""
    return NONE if value is None else f"{value:,g}"


def percent(value: float | None) -> str:
    """10.6% below a fifth, 85% above: nobody acts on the decimal of a large share."""
    if value is None:
        return NONE
    return f"{100 * value:.1f}%" if value < 0.2 else f"{100 * value:.0f}%"


def one_in(value: float | None) -> str:
    """1 in 9; with a decimal below 1 in 5, where a whole step is a large one."""
    if not value:
        return "none"
    odds = 1 / value
    return f"1 in {odds:.0f}" if odds >= 5 else f"1 in {odds:.1f}".removesuffix(".0")


def count_of(n: int, one: str, many: str | None = None) -> str:
    """1 account, 2 accounts."""
    return f"{whole(n)} {one if n == 1 else many or one + 's'}"


def day(iso: str) -> str:
    """3 Mar 2014."""
    of = date.fromisoformat(iso)
    return f"{of.day} {MONTHS[of.month - 1]} {of.year}"


def money(value: float | None) -> str:
    """12,000; a dash where unknown, which is not zero."""
    return NONE if value is None else whole(value)


def words(name: str) -> str:
    """A counted name as words: left_before_judged -> left before judged."""
    return name.replace("_", " ")
