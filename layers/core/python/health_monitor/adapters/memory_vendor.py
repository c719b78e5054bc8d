"""A vendor in memory: it answers what it was told, in that order, and remembers what it was asked."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from health_monitor.model.request import Request


class MemoryVendor:
    """An answer that is an exception is raised; bytes are the blocks of an answer in lines."""

    def __init__(self, answers: Iterable[Any] = ()) -> None:
        self.answers = list(answers)
        self.asked: list[Request] = []

    def ask(self, request: Request, until: datetime) -> Any:  # noqa: ARG002  (it never waits)
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return iter([answer] if answer else []) if isinstance(answer, bytes) else answer
