"""Whose record it is: precedence, reasons, and never a guess."""

from datetime import timedelta

import pytest

from health_monitor.ingest.identity import UNKNOWN, account_of, claims_of, domain_of, names_of, resolve, told_before
from health_monitor.model.heard import DOMAIN, OURS, By, HeardAccount, NameClaim, Ref
from tests.builders import A_MOMENT

TOOL = Ref("mixpanel", "A")


def claim(account_id: str, by: By = "crm", ref: Ref = TOOL, days: int = 0) -> NameClaim:
    return NameClaim(ref=ref, account_id=account_id, by=by, since=A_MOMENT + timedelta(days=days))


def company(*names: Ref, creates: bool = False, ref: Ref | None = None, **facts: str) -> HeardAccount:
    return HeardAccount(ref=ref or Ref("hubspot", "7"), facts=facts, names=names, changed_at=A_MOMENT, creates=creates)


def test_a_person_outranks_the_id_which_outranks_the_crm_which_outranks_the_domain() -> None:
    claims = [claim("d", "domain"), claim("c", "crm"), claim("i", "id"), claim("p", "person")]
    found = []
    while claims:
        one = resolve(claims)
        found.append((one.account_id, one.why))
        claims.pop()
    assert found == [
        ("p", "a person linked it"),
        ("i", "it is the account's own id"),
        ("c", "the CRM says so"),
        ("d", "only this account has the domain"),
    ]
    assert resolve([]) == UNKNOWN


def test_two_accounts_of_the_same_rank_are_candidates_and_no_answer() -> None:
    found = resolve([claim("b"), claim("a"), claim("c", "domain")])
    assert (found.account_id, found.candidates) == (None, ("a", "b"))
    assert found.why == "more than one account goes by it (the CRM says so)"


def test_a_name_that_was_crowded_means_nobody_even_if_one_claim_is_left() -> None:
    left = claim("a").model_copy(update={"crowded": True})
    found = resolve([left, claim("b", "domain")])
    assert (found.account_id, found.candidates) == (None, ("a",))
    assert resolve([left, claim("b", "person")]).account_id == "b"


def test_a_public_mail_provider_says_nothing_about_a_company() -> None:
    mail = Ref(DOMAIN, "gmail.com")
    assert resolve([claim("a", "domain", mail)]) == UNKNOWN
    assert resolve([claim("a", "person", mail)]).account_id == "a"


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://www.Acme.com/pricing", "acme.com"),
        ("acme.co.uk:443", "acme.co.uk"),
        ("gmail.com", None),
        ("Acme Inc.", None),
        ("localhost", None),
        (None, None),
    ],
)
def test_a_domain_is_written_in_one_way(text: str | None, domain: str | None) -> None:
    assert domain_of(text) == domain


def test_a_company_has_its_own_name_the_others_it_tells_and_its_domain() -> None:
    found = names_of(company(TOOL, Ref(DOMAIN, "WWW.acme.com"), domain="acme.com"))
    assert found == (Ref("hubspot", "7"), TOOL, Ref(DOMAIN, "acme.com"))


def test_a_name_is_replaced_only_by_another_that_the_same_company_tells_in_its_place() -> None:
    def told(name: str, source: str, by: Ref | None) -> NameClaim:
        return claim("acme", ref=Ref(source, name)).model_copy(update={"told": by})

    mine = [
        told("acme.com", DOMAIN, OWN), told("old.com", DOMAIN, OWN), told("theirs.com", DOMAIN, Ref("hubspot", "8")),
        told("person.com", DOMAIN, None), told("Old", "mixpanel", OWN),
    ]  # fmt: skip
    assert told_before(company(domain="acme.com"), mine) == [mine[1]]
    assert told_before(company(), mine) == []


def test_our_own_id_needs_no_claim_and_a_domain_is_claimed_as_one() -> None:
    claims = claims_of("acme", [Ref(OURS, "acme"), TOOL, Ref(DOMAIN, "acme.com")], since=A_MOMENT)
    assert [(one.ref, one.by) for one in claims] == [(TOOL, "crm"), (Ref(DOMAIN, "acme.com"), "domain")]


OURS_ACME = Ref(OURS, "acme")
OWN = Ref("hubspot", "7")


def test_a_company_that_says_our_id_is_that_account() -> None:
    known = {OURS_ACME: [claim("acme", "id", OURS_ACME)], OWN: [claim("other", "crm", OWN)]}
    assert account_of(company(OURS_ACME), known).account_id == "acme"
    assert account_of(company(OURS_ACME, creates=True), {}).account_id == "acme"


def test_an_id_that_nobody_has_is_no_account_unless_the_record_begins_one() -> None:
    assert account_of(company(OURS_ACME), {}).account_id is None


def test_a_person_or_a_newer_record_outranks_what_an_older_record_says() -> None:
    for firm in (claim("firm", "person", OWN), claim("firm", "crm", OWN, days=1)):
        known = {OURS_ACME: [claim("acme", "id", OURS_ACME)], OWN: [firm, claim("old", "crm", OWN, days=-9)]}
        assert account_of(company(OURS_ACME), known).account_id == "firm"


def test_a_company_is_found_by_its_own_name_before_any_other() -> None:
    known = {OWN: [claim("own", "crm", OWN)], TOOL: [claim("tool", "person")]}
    found = account_of(company(TOOL), known)
    assert (found.account_id, found.sure) == ("own", True)


def test_a_company_found_by_another_name_is_not_sure_and_one_found_by_none_begins_an_account() -> None:
    found = account_of(company(TOOL, creates=True), {TOOL: [claim("tool")]})
    assert (found.account_id, found.sure) == ("tool", False)
    assert account_of(company(TOOL, creates=True), {}).account_id == "hubspot-7"
    assert account_of(company(TOOL), {}) == UNKNOWN
