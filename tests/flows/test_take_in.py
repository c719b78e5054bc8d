"""What sources say: whose it is, what becomes of it, and that dying and repeating changes nothing."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.erase import SETTLED_AFTER, erase_open
from health_monitor.flows.join import join_all, join_known
from health_monitor.flows.reception import Reception
from health_monitor.flows.take_in import take_in
from health_monitor.model.heard import (
    DOMAIN,
    OURS,
    Heard,
    HeardAccount,
    HeardContact,
    HeardDeletion,
    HeardEvent,
    NameClaim,
    Ref,
)
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.usage import UsageEvent
from tests.builders import A_MOMENT, a_contact, an_account
from tests.flows.crashes import Countdown, died, mortal
from tests.flows.stage import files

EVER = datetime(2000, 1, 1, tzinfo=UTC)
TOOL = "mixpanel"


def an_event(
    name: str = "acme", user_id: str = "u1", *, source: str = OURS, days_ago: int = 0, **known: Any
) -> HeardEvent:
    at = A_MOMENT - timedelta(days=days_ago, hours=1)
    facts = {"event": "report", "occurred_at": at.isoformat(), "day": at.toordinal(), "event_id": f"{name}-{user_id}"}
    return HeardEvent(Ref(source, name), user_id, **(facts | known))


def a_company(number: str = "1", *names: Ref, source: str = "hubspot", **facts: Any) -> HeardAccount:
    return HeardAccount(
        ref=Ref(source, number), names=names, facts={"name": "Acme"} | facts, changed_at=A_MOMENT, creates=True
    )


def a_person(contact_id: str = "c1", name: str = "1", source: str = "hubspot", **facts: Any) -> HeardContact:
    known = {"name": "Charlie", "email": "charlie@acme.com"} | facts
    return HeardContact(ref=Ref(source, name), contact_id=contact_id, facts=known, changed_at=A_MOMENT)


def a_claim(name: str, account_id: str, by: str = "crm", source: str = TOOL) -> NameClaim:
    return NameClaim.model_validate({"ref": Ref(source, name), "account_id": account_id, "by": by, "since": A_MOMENT})


def took(world: MemoryWorld, heard: Iterable[Heard], source: str = "signed", at: datetime = A_MOMENT) -> Intake:
    return take_in(source, heard, at, Reception.of(world))


def arrived(world: MemoryWorld, holder: str = "acme") -> int:
    return len(world.arrivals.read({holder: EVER}).get(holder, {}))


def waits(world: MemoryWorld, holder: str) -> int:
    return len(world.waiting.read({holder: EVER}).get(holder, {}))


@pytest.fixture
def acme(empty: MemoryWorld) -> MemoryWorld:
    empty.accounts.save([an_account()])
    return empty


def test_an_event_of_a_known_account_is_archived_under_its_day_and_counted_by_the_next_night(acme: MemoryWorld) -> None:
    intake = took(acme, [an_event(), an_event(user_id="u2", days_ago=1)])
    assert (intake.events, intake.waiting, intake.late) == (2, 0, 0)
    assert arrived(acme) == 2
    assert [key.rpartition("/")[0] for key in acme.blobs.keys("archive/")] == [
        "archive/events/2026-11-01", "archive/events/2026-11-02",
    ]  # fmt: skip


def test_an_event_of_an_unknown_name_waits_and_is_listed(acme: MemoryWorld) -> None:
    intake = took(acme, [an_event("Umbrella", source=TOOL)])
    (listed,) = acme.unmatched.all()
    assert (intake.events, intake.waiting) == (1, 1)
    assert (listed.ref, listed.reason, listed.first_seen) == (Ref(TOOL, "Umbrella"), "unknown", A_MOMENT)
    assert waits(acme, "mixpanel|Umbrella") == 1


def test_events_older_than_a_week_go_to_the_archive_only_and_leave_a_mark(acme: MemoryWorld) -> None:
    intake = took(acme, [an_event(days_ago=7), an_event(user_id="u2", days_ago=8), an_event(user_id="u3", days_ago=9)])
    assert (intake.late, arrived(acme)) == (2, 1)
    (mark,) = acme.blobs.keys("late/")
    assert mark.endswith("-2")


def test_what_waits_joins_when_the_crm_tells_the_name(acme: MemoryWorld) -> None:
    took(acme, [an_event("Umbrella", source=TOOL), an_event("Umbrella", "u2", source=TOOL, days_ago=9)])
    company = a_company("7", Ref(TOOL, "Umbrella"), Ref(DOMAIN, "umbrella.com"))
    intake = took(acme, [company, a_person(name="7")], "hubspot")
    assert (intake.accounts, intake.contacts) == (1, 1)
    assert (arrived(acme, "hubspot-7"), waits(acme, "mixpanel|Umbrella")) == (1, 0)
    assert acme.unmatched.all() == []
    assert [key.rpartition("-")[2] for key in acme.blobs.keys("late/")] == ["1"]
    assert list(acme.blobs.keys("waiting/")) == []
    assert [contact.name for contact in acme.accounts.contacts("hubspot-7")] == ["Charlie"]


def test_a_company_that_says_our_id_is_that_account_and_fills_in_only_what_it_speaks_of(acme: MemoryWorld) -> None:
    took(acme, [a_company("7", Ref(OURS, "acme"), tier="gold", csm_email=None)], "hubspot")
    account = acme.accounts.read(["acme"])["acme"]
    assert (account.tier, account.csm_email, account.plan) == ("gold", None, "pro")
    assert list(acme.accounts.ids()) == ["acme"]


def test_an_older_record_of_the_same_source_changes_nothing(acme: MemoryWorld) -> None:
    newer = a_company("7", Ref(OURS, "acme"), tier="gold")
    older = newer.model_copy(update={"facts": {"tier": "lead"}, "changed_at": A_MOMENT - timedelta(days=1)})
    took(acme, [newer], "hubspot")
    took(acme, [older], "hubspot")
    assert acme.accounts.read(["acme"])["acme"].tier == "gold"


def test_a_company_is_matched_by_its_domain_and_a_second_one_is_listed_and_never_merged(acme: MemoryWorld) -> None:
    acme.names.claim([a_claim("acme.com", "acme", "domain", DOMAIN)])
    took(
        acme,
        [a_company("7", domain="https://www.Acme.com/"), a_company("8", domain="acme.com", name="Acme 2")],
        "hubspot",
    )
    assert acme.accounts.read(["acme"])["acme"].name == "Acme"
    (listed,) = acme.unmatched.all()
    assert (listed.ref, listed.reason, listed.candidates) == (Ref("hubspot", "8"), "ambiguous", ("acme",))
    acme.names.claim([a_claim("8", "acme", "person", "hubspot")])
    assert join_all(A_MOMENT, Reception.of(acme)) == {Ref("hubspot", "8"): "acme"}
    assert acme.accounts.read(["acme"])["acme"].name == "Acme 2"


def test_two_accounts_that_claim_one_name_make_it_ambiguous_and_a_person_decides(acme: MemoryWorld) -> None:
    acme.accounts.save([an_account("other")])
    acme.names.claim([a_claim("A", "acme"), a_claim("A", "other")])
    took(acme, [an_event("A", source=TOOL)])
    assert [(one.reason, one.candidates) for one in acme.unmatched.all()] == [("ambiguous", ("acme", "other"))]
    acme.names.claim([a_claim("A", "other", "person")])
    join_all(A_MOMENT, Reception.of(acme))
    assert (arrived(acme, "other"), arrived(acme), acme.unmatched.all()) == (1, 0, [])


def news(domain: str, days: int, *names: Ref) -> HeardAccount:
    return a_company("7", *names, domain=domain).model_copy(update={"changed_at": A_MOMENT + timedelta(days=days)})


def names_at(world: MemoryWorld, account_id: str) -> list[str]:
    return [claim.ref.name for claim in world.names.of_account(account_id)]


@pytest.mark.parametrize("together", [False, True])
def test_a_domain_or_an_id_that_changed_in_its_source_goes_and_older_news_changes_nothing(
    empty: MemoryWorld, together: bool
) -> None:
    empty.names.claim([a_claim("mine.com", "hubspot-7", "person", DOMAIN), a_claim("too.com", "hubspot-7", "domain")])
    told = [
        news("old.com", 1, Ref(TOOL, "Old")), news("new.com", 3, Ref(TOOL, "New")), news("between.com", 2),
        archived("7", 4),
    ]  # fmt: skip
    for heard in [told] if together else [[one] for one in told]:
        took(empty, heard, "hubspot")
    assert names_at(empty, "hubspot-7") == ["mine.com", "new.com", "7", "New", "too.com"]


def archived(number: str, days: int) -> HeardAccount:
    at = A_MOMENT + timedelta(days=days)
    return HeardAccount(ref=Ref("hubspot", number), facts={"observed_until": at.date()}, changed_at=at)


def test_what_another_company_of_the_account_told_stays_and_an_older_one_is_heard_the_first_time(
    acme: MemoryWorld,
) -> None:
    one, other = Ref(OURS, "acme"), a_company("8", Ref(OURS, "acme"), domain="eight.com")
    took(acme, [news("seven.com", 1, one)], "hubspot")
    took(acme, [other], "hubspot")
    took(acme, [news("seven.org", 2, one)], "hubspot")
    assert names_at(acme, "acme") == ["eight.com", "seven.org", "7", "8"]


def test_a_crash_in_between_leaves_no_old_domain(empty: MemoryWorld) -> None:
    for at in range(1, 9):
        world = memory_world(A_MOMENT)
        took(world, [news("old.com", 1)], "hubspot")
        for_once = mortal(world, Countdown(at))
        died(partial(took, for_once, [news("new.com", 2)], "hubspot"))
        took(world, [news("new.com", 2)], "hubspot")
        assert names_at(world, "hubspot-7") == ["new.com", "7"]


def test_a_company_that_was_merged_into_one_with_a_new_id_stays_its_account(empty: MemoryWorld) -> None:
    took(empty, [news("a.com", 0), a_person("c1", "7")], "hubspot")
    took(empty, [a_company("9", Ref("hubspot", "7"), domain="a.com", name="Both"), a_person("c2", "9")], "hubspot")
    assert (list(empty.accounts.ids()), empty.unmatched.all()) == (["hubspot-7"], [])
    assert empty.accounts.read(["hubspot-7"])["hubspot-7"].name == "Both"
    assert [one.contact_id for one in empty.accounts.contacts("hubspot-7")] == ["c1", "c2"]


def test_two_accounts_whose_companies_were_merged_are_listed_for_a_person(empty: MemoryWorld) -> None:
    took(empty, [a_company("7"), a_company("8")], "hubspot")
    took(empty, [a_company("7", Ref("hubspot", "8"))], "hubspot")
    (listed,) = empty.unmatched.all()
    assert (listed.ref, listed.candidates) == (Ref("hubspot", "8"), ("hubspot-7", "hubspot-8"))


def test_a_bad_cell_empties_its_field_and_the_record_is_used(acme: MemoryWorld) -> None:
    intake = took(acme, [a_company("7", Ref(OURS, "acme"), arr="12k", plan="team")], "hubspot")
    account = acme.accounts.read(["acme"])["acme"]
    assert (account.arr, account.plan, intake.emptied, intake.quarantined) == (None, "team", 1, 1)
    (key,) = acme.blobs.keys("quarantine/hubspot/2026-11-02/")
    assert key.endswith("-1.jsonl.gz")


def test_what_cannot_be_read_is_kept_with_its_reason(acme: MemoryWorld) -> None:
    intake = took(acme, [Reject("body", 0, "n", "is not a number", "write one")])
    assert (intake.refused, len(list(acme.blobs.keys("quarantine/signed/")))) == (1, 1)


def test_a_call_looks_only_for_the_waiting_names_that_it_could_have_set_free(
    empty: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    took(empty, [an_event(f"user:{n}", source="segment") for n in range(9)])
    took(empty, [an_event("acme", "u2", source="segment"), an_event("A", source=TOOL)])
    asked, claims = list[Ref](), empty.names.claims
    monkeypatch.setattr(empty.names, "claims", lambda refs: asked.extend(refs) or claims(refs))
    took(empty, [a_company("7", Ref(OURS, "acme"), Ref(TOOL, "A"))], "hubspot")
    assert arrived(empty) == 2
    assert {ref.name for ref in asked} == {"7", "acme", "A"}


def test_what_waited_for_a_name_joins_when_another_company_gives_it_up(empty: MemoryWorld) -> None:
    eight, nine = Ref(OURS, "eight"), Ref(OURS, "nine")
    took(empty, [a_company("8", eight, Ref(TOOL, "T")), a_company("9", nine, Ref(TOOL, "T"))], "hubspot")
    took(empty, [an_event("T", source=TOOL)])
    assert [one.candidates for one in empty.unmatched.all()] == [("eight", "nine")]
    other = a_company("9", nine, Ref(TOOL, "Other")).model_copy(update={"changed_at": A_MOMENT + timedelta(days=1)})
    took(empty, [other], "hubspot")
    assert (arrived(empty, "eight"), empty.unmatched.all()) == (1, [])


def test_what_no_record_sets_free_joins_when_all_are_looked_for(acme: MemoryWorld) -> None:
    acme.names.claim([a_claim("A", "acme"), a_claim("A", "other")])
    took(acme, [an_event("A", source=TOOL)])
    acme.names.disclaim([a_claim("A", "other")])
    took(acme, [a_company("7", Ref(OURS, "acme"))], "hubspot")
    assert arrived(acme) == 0
    assert join_known(A_MOMENT, Reception.of(acme)) == {Ref(TOOL, "A"): "acme"}
    assert arrived(acme) == 1


def a_busy_call() -> list[Heard]:
    return [
        an_event(), an_event("Umbrella", source=TOOL), an_event(user_id="u9", days_ago=12),
        an_event("Umbrella", "u2", source=TOOL, days_ago=10), a_company("7", Ref(TOOL, "Umbrella"), arr="12k"),
        a_company("8", domain="shared.com"), a_company("9", domain="shared.com"), a_person(name="7"),
        a_person("c2", name="404"), Reject("body", 0, "n", "is not a number", "write one"),
    ]  # fmt: skip


def left_by(world: MemoryWorld) -> dict[str, Any]:
    """Everything that can be seen afterwards."""
    ids = list(world.accounts.ids())
    return {
        "accounts": world.accounts.read(ids),
        "contacts": {key: world.accounts.contacts(key) for key in ids},
        "arrived": {key: set(world.arrivals.read({key: EVER}).get(key, {})) for key in ids},
        "waiting": {one.ref: waits(world, f"{one.ref.source}|{one.ref.name}") for one in world.unmatched.all()},
        "names": {key: world.names.of_account(key) for key in ids},
        "files": files(world),
    }


def known_world() -> MemoryWorld:
    world = memory_world(A_MOMENT)
    world.accounts.save([an_account()])
    return world


def before_the_crm(world: MemoryWorld) -> None:
    took(world, [an_event("Umbrella", "early", source=TOOL), a_person("c3", name="7")])


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_dying_at_any_write_and_taking_it_in_again_changes_nothing(done: bool) -> None:
    def all_of_it(world: MemoryWorld) -> None:
        before_the_crm(world)
        took(world, a_busy_call())

    undisturbed, at = known_world(), 0
    all_of_it(undisturbed)
    while True:
        at += 1
        world = known_world()
        if not died(partial(all_of_it, mortal(world, Countdown(at, done=done)))):
            break
        all_of_it(world)
        assert left_by(world) == left_by(undisturbed), f"dead at write {at}"
    assert at > 20


def test_the_events_of_one_call_are_added_once_an_account_and_after_all_of_them_are_archived(
    acme: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("health_monitor.flows.take_in.AT_ONCE", 2)
    add, added = acme.arrivals.add, list[int]()

    def counted(received: datetime, events: Iterable[UsageEvent]) -> None:
        some = list(events)
        assert len(list(acme.blobs.keys("archive/"))) == 4
        added.append(len(some))
        add(received, some)

    monkeypatch.setattr(acme.arrivals, "add", counted)
    intake = took(acme, [*(an_event(user_id=f"u{n}") for n in range(7)), Reject("body", 0, "n", "is none", "send one")])
    assert (intake.events, sum(intake.rejected.values()), added, arrived(acme)) == (7, 1, [7], 7)


def test_a_very_long_call_adds_what_it_has_from_time_to_time(
    acme: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("health_monitor.flows.take_in.AT_ONCE", 2)
    monkeypatch.setattr("health_monitor.flows.take_in.LOTS", 2)
    intake = took(acme, [*(an_event(user_id=f"u{n}") for n in range(9)), an_event("Umbrella", source=TOOL)])
    assert (intake.events, intake.waiting, arrived(acme), waits(acme, "mixpanel|Umbrella")) == (10, 1, 9, 1)


def test_somebody_forgotten_while_their_events_are_on_their_way_is_forgotten_once_more(
    acme: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("health_monitor.flows.take_in.AT_ONCE", 1)
    asked = A_MOMENT + timedelta(minutes=1)
    deletion = HeardDeletion(source="signed", kind="user", name="u1", ref=Ref(OURS, "acme"), requested_at=asked)
    took(acme, [an_event(), deletion, an_event(user_id="u2")])
    for at in (asked, asked + SETTLED_AFTER):
        erase_open(lambda at=at: at, lambda: False, Reception.of(acme))
    left = {event.user_id for event in acme.arrivals.read({"acme": EVER})["acme"]}
    assert "u1" not in left
    assert "u2" in left


@given(st.permutations(range(8)), st.integers(1, 7))
def test_the_order_and_repetition_of_events_change_nothing(order: list[int], cut: int) -> None:
    events: list[Heard] = [
        an_event("acme" if n % 2 else "Umbrella", f"u{n}", source=OURS if n % 2 else TOOL, days_ago=n) for n in range(8)
    ]
    straight, shuffled = known_world(), known_world()
    took(straight, events)
    mixed = [events[n] for n in order]
    took(shuffled, mixed[:cut] + mixed[:2])
    took(shuffled, mixed[cut - 1 :])
    for world in (straight, shuffled):
        took(world, [a_company("7", Ref(TOOL, "Umbrella"))], "hubspot")
    first, second = left_by(straight), left_by(shuffled)
    del first["files"], second["files"]
    assert first == second


def test_a_contact_comes_back_as_people_and_sources_left_it(acme: MemoryWorld) -> None:
    acme.accounts.save_contacts([a_contact("c1", title="CFO")])
    took(acme, [a_person(name="acme", source=OURS, role="sponsor")])
    (contact,) = acme.accounts.contacts("acme")
    assert (contact.title, contact.role, contact.email) == ("CFO", "sponsor", "charlie@acme.com")


def test_what_begins_to_wait_while_its_name_is_joined_is_not_lost(
    acme: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    took(acme, [an_event("Umbrella", source=TOOL)])
    acme.names.claim([a_claim("Umbrella", "acme")])
    add = acme.arrivals.add

    def interrupted(received: datetime, events: Iterable[UsageEvent]) -> None:
        """Somebody else lets an event wait after the joining has read what waits."""
        add(received, events)
        acme.waiting.add(A_MOMENT, [UsageEvent("mixpanel|Umbrella", *an_event(user_id="u2")[1:])])

    monkeypatch.setattr(acme.arrivals, "add", interrupted)
    join_all(A_MOMENT, Reception.of(acme))
    assert (arrived(acme), waits(acme, "mixpanel|Umbrella")) == (1, 1)
