"""What the CRMs are asked, against mock servers that know nothing but the vendors' own contracts.

The contracts hold the questions: searches, owners, contacts, SOQL. What creates and changes records is in none of them;
the doubles check that (tests/contracts/test_crm.py).
"""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from health_monitor.adapters.clock import SystemClock
from health_monitor.adapters.hubspot_crm import KINDS, HubspotRecords
from health_monitor.adapters.salesforce_crm import SalesforceRecords
from health_monitor.model.crm import SalesforceCrm, WriteBack
from health_monitor.model.errors import NeedsHuman
from tests.contracts.crms import an_entry
from tests.local.test_vendor_contracts import CONTRACTS, FOLDER, _prism, mocked  # noqa: F401  (a fixture)

pytestmark = pytest.mark.local


@pytest.fixture(scope="module", name="hubspot")
def _hubspot(prism: Path) -> Iterator[str]:
    contract = json.loads((CONTRACTS / "hubspot" / "openapi.json").read_text())
    # Every page says that another follows: a mock server's search would never end.
    paths = contract["paths"]["/crm/v3/objects/{objectType}/search"]["post"]["responses"]["200"]["content"]
    paths["application/json"]["example"] = {"total": 0, "results": []}
    corrected = FOLDER / "hubspot-crm.json"
    corrected.write_text(json.dumps(contract))
    yield from mocked(prism, corrected)


@pytest.fixture(scope="module", name="salesforce")
def _salesforce(prism: Path) -> Iterator[str]:
    yield from mocked(prism, CONTRACTS / "salesforce" / "openapi.json")


@pytest.fixture(name="client")
def _client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=20, trust_env=False) as client:
        yield client


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_search_for_an_earlier_try_is_as_hubspots_contract_wants_it(
    hubspot: str, client: httpx.Client, kind: str
) -> None:
    crm = HubspotRecords(hubspot, lambda: "t", WriteBack(), client, SystemClock())
    assert crm._find(KINDS[kind], an_entry(kind=kind)) is None


def test_the_owner_and_the_contact_are_asked_for_as_hubspots_contract_wants_it(
    hubspot: str, client: httpx.Client
) -> None:
    crm = HubspotRecords(hubspot, lambda: "t", WriteBack(), client, SystemClock())
    assert crm.contact_of("1", "charlie@acme.example")
    crm._owner("carla@example.com")


def test_questions_are_as_salesforces_contract_wants_them(salesforce: str, client: httpx.Client) -> None:
    settings = SalesforceCrm(enabled=True, address=salesforce, account_key="Health_Account_Id__c")
    crm = SalesforceRecords(settings, lambda: {}, client, SystemClock())
    crm._token = "t"
    assert crm.company_of("acme") == "001D000000IRFmaIAH"
    assert crm.contact_of("001D000000IRFmaIAH", "o'brien@acme.example")
    assert crm._owner("carla@example.com")
    assert crm._find(an_entry(), "001D000000IRFmaIAH") is None


def test_an_unknown_token_is_told(salesforce: str, client: httpx.Client) -> None:
    crm = SalesforceRecords(SalesforceCrm(enabled=True, address=salesforce), lambda: {}, client, SystemClock())
    with pytest.raises(NeedsHuman, match="its secret has no client_id, client_secret"):
        crm.contact_of("001D000000IRFmaIAH", "charlie@acme.example")
