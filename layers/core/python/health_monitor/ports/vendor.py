"""A vendor's API, as far as we may ask it."""

from datetime import datetime
from typing import Any, Protocol

from health_monitor.model.request import Request


class Vendor(Protocol):
    def ask(self, request: Request, until: datetime) -> Any:
        """The parsed JSON, or for `lines` an iterator of blocks of whole lines (only the last may lack its newline).

        A refusal of the moment is tried again until that moment. Raises TryAgain, also while the blocks are read when
        the body ends too early, or NeedsHuman.
        """
