"""What the score needs to know of an account's people: their roles, departments and departures. No name, no address."""

from datetime import datetime

from health_monitor.model.account import Contact, role_word
from health_monitor.model.records import Person

SOURCE = "contacts"
"""A person is what all sources together say of a contact, so the record is nobody's in particular."""

SAME_AS = {
    "sponsor": "executive_sponsor", "exec_sponsor": "executive_sponsor", "administrator": "admin",
}  # fmt: skip
"""Other words for the roles that the score looks for."""


def person_of(contact: Contact, before: Person | None, at: datetime) -> Person:
    """The contact as a person, as of this moment.

    A contact who had a role and has none now keeps it as one who lost it: a champion whose role was taken away is gone
    as a champion. Whoever gets a role back, or whose departure is taken back, is there again.
    """
    word = role_word(contact.role or "")
    role = SAME_AS.get(word, word) or None
    departed_on, departure = contact.departed_on, contact.departure
    if departed_on is None and role is None and before is not None and before.role:
        lost_before = before.departed_on if before.departure == "role_removed" else None
        role, departed_on, departure = before.role, lost_before or at.date(), "role_removed"
    return Person(
        source=SOURCE, key=contact.contact_id, changed_at=at, role=role, user_id=contact.user_id,
        department=contact.department, departed_on=departed_on, departure=departure if departed_on else None,
    )  # fmt: skip
