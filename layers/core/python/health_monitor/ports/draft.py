"""A language model that words a mail; whatever it says is checked before anybody reads it."""

from typing import Protocol

from health_monitor.model.drafting import Prompt


class Writer(Protocol):
    def write(self, prompt: Prompt) -> str:
        """The model's answer. Raises TryAgain or NeedsHuman."""
