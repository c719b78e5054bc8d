"""The queue of webhook bodies, in memory."""

from health_monitor.model.source import Pointer


class MemoryInbox:
    """Pointers in a list, the oldest first."""

    def __init__(self) -> None:
        self.pointers: list[Pointer] = []

    def put(self, pointer: Pointer) -> None:
        self.pointers.append(pointer)

    def take(self) -> list[Pointer]:
        """Empty the queue."""
        taken, self.pointers = self.pointers, []
        return taken
