"""Where a source stands, and where its raw records are kept."""

from typing import Literal

from pydantic import AwareDatetime, Field

from health_monitor.model.account import Id
from health_monitor.model.heard import Ref
from health_monitor.model.strict import Strict


class SourceState(Strict):
    """A source's place in its own stream, and why it stands still, if it does. `cursor` is the source's own text."""

    source: str
    cursor: str | None = None
    paused_because: str | None = None
    paused_at: AwareDatetime | None = None
    last_pull_at: AwareDatetime | None = None


class Pointer(Strict):
    """A webhook's body that waits in the bucket: everything the queue carries about it."""

    source: str
    key: str
    received_at: AwareDatetime


class Erasure(Strict):
    """A person or an account that has to be forgotten, how far that has come, and its receipt.

    `erasure_id` is made without the person's own names; `pseudonym` stands in their place where rows stay because they
    are counted. `marks` are digests by which records from before the erasure are recognised when they come again. Once
    it is finished only the marks, the counts and the moments are left.
    """

    erasure_id: str
    kind: Literal["user", "contact", "account"]
    account_id: Id | None = None
    user_ids: tuple[str, ...] = ()
    contact_ids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    refs: tuple[Ref, ...] = ()
    """The names by which sources call the account."""
    marks: tuple[str, ...] = ()
    pseudonym: str
    requested_at: AwareDatetime
    first_pass_at: AwareDatetime | None = None
    """When it first began to go through everything."""
    pass_at: AwareDatetime | None = None
    """When the pass that is under way began."""
    done_through: str | None = None
    finished_at: AwareDatetime | None = None
    removed: dict[str, int] = Field(default_factory=dict)

    @property
    def state(self) -> Literal["open", "removed, last check pending", "finished"]:
        """How far it is; after the first pass only what was on its way meanwhile can still be found."""
        if self.finished_at:
            return "finished"
        passed = self.first_pass_at and self.pass_at != self.first_pass_at
        return "removed, last check pending" if passed else "open"
