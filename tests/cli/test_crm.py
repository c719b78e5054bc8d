"""What the CRMs could not be told, as a person sees it, and telling it again."""

from datetime import timedelta

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.model.crm import NotLogged, entry_key
from tests.builders import A_MOMENT
from tests.cli.conftest import Command

SCOPE = "HubSpot: the private app lacks the scope crm.objects.contacts.write; add it, then try again"


def missed(world: MemoryWorld, account_id: str, why: str = SCOPE, hours: int = 0, vendor: str = "hubspot") -> None:
    key = entry_key(f"{account_id}/usage_drop/2026-11-01", "sent", "check_in", A_MOMENT)
    said = {"vendor": vendor, "key": key, "why": why, "since": A_MOMENT + timedelta(hours=hours)}
    world.crm_ledger.failed(NotLogged.model_validate(said), surely=True)


def test_failures_are_told_by_reason_with_the_longest_waiting_first(
    product: MemoryWorld, health_monitor: Command
) -> None:
    link = "globex has no record in Salesforce; link it: health-monitor link globex salesforce 001…"
    missed(product, "acme", hours=2)
    missed(product, "zeta")
    missed(product, "globex", link, vendor="salesforce")
    assert health_monitor("crm", "failures").out == (
        "HubSpot: the private app lacks the scope crm.objects.contacts.write; add it, then try again\n"
        "  zeta: sent, check_in, since 2026-11-02 06:00 UTC\n"
        "  acme: sent, check_in, since 2026-11-02 08:00 UTC\n"
        f"Salesforce: {link}\n"
        "  globex: sent, check_in, since 2026-11-02 06:00 UTC\n"
        "3 things to tell. Once it is mended: health-monitor crm retry\n"
    )


def test_where_nothing_failed_both_commands_say_so(health_monitor: Command) -> None:
    for command in ("failures", "retry"):
        assert health_monitor("crm", command).out == "The CRMs know everything.\n"


def test_retry_queues_each_conversation_once(product: MemoryWorld, health_monitor: Command) -> None:
    missed(product, "acme")
    missed(product, "acme", vendor="salesforce")
    assert health_monitor("crm", "retry").out == (
        "1 conversation queued; see what is left: health-monitor crm failures\n"
    )
    assert [one.channel for one in product.outbox.messages] == ["crm"]


def test_status_says_how_much_could_not_be_told(product: MemoryWorld, health_monitor: Command) -> None:
    assert "CRM " not in health_monitor("status").out
    missed(product, "acme")
    said = health_monitor("status")
    assert "LOOK  CRM            1 could not be told" in said.out
    assert "→ health-monitor crm failures" in said.out
