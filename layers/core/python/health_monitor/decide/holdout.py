"""The accounts from which automatic check-ins are withheld, so that one can see what mail is worth."""

import hashlib

from health_monitor.model.routing import Holdout

_PARTS = 1_000_000


def held_out(account_id: str, holdout: Holdout) -> bool:
    """Whether an account is held out: the same answer for ever, until the salt changes.

    A larger percentage keeps everybody who was held out under a smaller one. The caller asks this last, after
    everything else that may stop a mail, so that held-out and written-to accounts are alike.
    """
    return _place(account_id, holdout.salt) < holdout.percent * _PARTS // 100


def _place(account_id: str, salt: str) -> int:
    """Where an account stands among a million; the salt's length keeps "a" + "bc" apart from "ab" + "c"."""
    digest = hashlib.sha256(f"{len(salt)}:{salt}{account_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % _PARTS
