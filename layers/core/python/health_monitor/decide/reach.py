"""Who can be written to at all."""

import re

from health_monitor.model.account import Contact, role_word
from health_monitor.model.routing import Routing

_ADDRESS = re.compile(r"[!#-'*+/-9=?A-Z^-~-]+(\.[!#-'*+/-9=?A-Z^-~-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
"""What SES takes; names in other scripts are not among it."""


def can_be_mailed(address: str) -> bool:
    """Whether it is an address at all, as the mail provider takes them."""
    return bool(_ADDRESS.fullmatch(address))


def is_never_written_to(contact: Contact, routing: Routing) -> bool:
    """Whether their role is one of those, however the CRM writes it."""
    return contact.role is not None and role_word(contact.role) in map(role_word, routing.never_recipients)
