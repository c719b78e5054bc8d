"""What a measure says, in words with its numbers: `Active users: 40 of 100 (active 14, seats 35)`."""

from health_monitor.model.measure import MEASURES
from health_monitor.model.score import Number, Reading


def title_of(measure: str) -> str:
    """A measure's name for people; its own name where a stored score has one that is no longer known."""
    spec = MEASURES.get(measure)
    return spec.title if spec else measure.replace("_", " ").capitalize()


def said(measure: str, reading: Reading) -> str:
    """The measure, its value and what it was made of; why it has none, where it has none."""
    if reading.value is None:
        return f"{title_of(measure)}: unknown, {reading.because or 'nobody can say why'}"
    numbers = ", ".join(f"{name.replace('_', ' ')} {_shown(value)}" for name, value in reading.numbers.items())
    return f"{title_of(measure)}: {_shown(reading.value / 100)} of 100" + (f" ({numbers})" if numbers else "")


def _shown(value: Number) -> str:
    if value is None:
        return "unknown"
    return f"{value:,.4g}" if isinstance(value, float) and abs(value) < 1000 else str(value)
