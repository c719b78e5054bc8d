"""Which CRMs are told: mistakes are told like those of the sources, and what we write is nobody's own."""

from pathlib import Path

import pytest

from health_monitor.ingest.config import read_crms, read_sources
from health_monitor.model.crm import HubspotCrm, SalesforceCrm, WriteBack
from health_monitor.model.errors import NeedsHuman

ROOT = Path(__file__).parents[2]
MISTAKES = [
    ("hubpot: {}\n", 1, "hubpot: no such CRM; known are hubspot, salesforce"),
    ("salesforce:\n  enabled: true\n", 1, "salesforce.address: is missing; add it"),
    (
        "salesforce:\n  address: https://acme.my.salesforce.com/home\n", 2,
        "salesforce.address: is not where an API begins; write it like https://acme.my.salesforce.com, without a path",
    ),
    ("hubspot:\n  address: http://evil.example\n", 2, "hubspot.address: is not where an API begins"),
    (
        "hubspot:\n  write_back:\n    index: Health Index'\n", 3,
        "hubspot.write_back.index: is not a field's internal name; write it as the CRM shows it",
    ),
    ("hubspot:\n  write_back: {score: x}\n", 2, "hubspot.write_back.score: no such setting"),
    (
        "hubspot:\n  enabled: true\n  write_back:\n    alert_status: customer_tier\n", 4,
        "hubspot.write_back.alert_status: sources.yaml reads this property of HubSpot; write to another",
    ),
]  # fmt: skip


def test_only_the_crms_that_are_on_are_returned_with_their_settings() -> None:
    text = "hubspot:\n  enabled: true\n  write_back: {index: health_index}\nsalesforce:\n  enabled: false\n"
    assert read_crms(text, {}) == {"hubspot": HubspotCrm(enabled=True, write_back=WriteBack(index="health_index"))}


@pytest.mark.parametrize(("text", "line", "mistake"), MISTAKES)
def test_a_mistake_names_file_line_field_and_remedy(text: str, line: int, mistake: str) -> None:
    sources = read_sources("hubspot:\n  enabled: true\n  tier: customer_tier\n")
    with pytest.raises(NeedsHuman) as told:
        read_crms(text, sources)
    assert f"crm.yaml, line {line}: {mistake}" in str(told.value)


def test_what_no_source_reads_may_be_written() -> None:
    text = "hubspot:\n  enabled: true\n  write_back: {alert_status: customer_tier}\n"
    assert read_crms(text, {})["hubspot"].write_back.alert_status == "customer_tier"


def test_nobody_is_told_until_the_team_says_so() -> None:
    assert read_crms((ROOT / "config" / "crm.yaml").read_text(), {}) == {}


def test_on_the_laptop_both_are_told_and_nothing_is_read_back() -> None:
    sources = read_sources((ROOT / "local" / "sources.yaml").read_text())
    crms = read_crms((ROOT / "local" / "crm.yaml").read_text(), sources)
    assert list(crms) == ["hubspot", "salesforce"]
    assert isinstance(crms["salesforce"], SalesforceCrm)
    assert all(each.log and all(each.write_back.model_dump().values()) for each in crms.values())
