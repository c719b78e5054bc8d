"""What files say again of people who were forgotten stays away."""

from datetime import timedelta
from pathlib import Path

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.forget import request
from health_monitor.flows.import_records import import_contacts, import_events
from health_monitor.flows.reception import Reception
from tests.builders import A_MOMENT
from tests.flows.test_take_in import acme, arrived

__all__ = ["acme"]
EVENTS = "account_id,user_id,event,occurred_at\nacme,jane,e,2026-11-01\nacme,joe,e,2026-11-01\nacme,jane,e,2026-10-31\n"
CONTACTS = "account_id,contact_id,email\nacme,jane,jane@acme.com\nacme,joe,joe@acme.com\n"


def test_old_rows_of_a_forgotten_user_are_neither_archived_nor_counted(acme: MemoryWorld, tmp_path: Path) -> None:
    for kind in ("user", "contact"):
        request(kind, "jane", "acme", A_MOMENT, Reception.of(acme))
    marks, now = acme.erasures.forgotten(), A_MOMENT + timedelta(hours=1)
    for name, text in (("events.csv", EVENTS), ("contacts.csv", CONTACTS)):
        (tmp_path / name).write_text(text)
    refused = wiring.quarantine_csv(tmp_path / "refused.csv")
    people = import_contacts(wiring.text_file(tmp_path / "contacts.csv"), Reception.of(acme), refused, now)
    used = import_events(
        wiring.text_file(tmp_path / "events.csv"), acme.accounts, acme.blobs, acme.arrivals, acme.journal,
        wiring.disk_spool(daily=True), refused, now, lambda _: None, None, marks,
    )  # fmt: skip
    refused.close()
    assert (people.erased, used.erased, arrived(acme)) == (1, 2, 1)
    assert [one.contact_id for one in acme.accounts.contacts("acme")] == ["joe"]
    assert [key[:25] for key in acme.blobs.keys("archive/events/")] == ["archive/events/2026-11-01"]
