"""CRMs are told each thing once, whatever crashes, and what could not be told is listed and told later."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from health_monitor.act import conversation as act
from health_monitor.act import sending
from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.log_to_crm import LEASE, Desk, Told, after_the_night, log_to_crm, retry
from health_monitor.model.alert import Errand
from health_monitor.model.crm import CrmFacts, CrmName, CrmSettings, HubspotCrm, SalesforceCrm, WriteBack
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.model.heard import NameClaim, Ref
from health_monitor.model.outreach import Conversation
from health_monitor.model.usage import NoVerdict, Resolution
from tests.builders import A_DAY, A_MOMENT, a_conversation, a_run, a_state, a_verdict, an_account, an_alert
from tests.flows.stage import NIGHT, a_world, alerts_of, run_night

CARLA, CHARLIE = "carla@example.com", "charlie@acme.example"
ALL = WriteBack(index="usage_index", alert_status="usage_alert", last_outreach_at="last_outreach")
NAME = "acme/usage_drop/2026-11-01"
NOTHING = {"logged": 0, "written": 0, "listed": 0}


@pytest.fixture(name="world")
def _world() -> MemoryWorld:
    """Acme with an alert, a mail that Carla has sent, and its company in HubSpot."""
    world = memory_world(A_MOMENT)
    world.accounts.save([an_account()])
    world.alerts.save_absent(an_alert())
    world.conversations.start(sent())
    claim(world, "77")
    world.crm("hubspot").contacts["77", CHARLIE] = "201"
    return world


def sent() -> Conversation:
    approved = act.approve(a_conversation(), "check_in", A_MOMENT, CARLA)
    handed = sending.start_sending(approved, "check_in", A_MOMENT)
    return sending.sent(handed, "check_in", A_MOMENT, "ses-1", timedelta(days=7))


def claim(
    world: MemoryWorld, number: str, by: Any = "crm", source: str = "hubspot", since: datetime = A_MOMENT
) -> None:
    world.names.claim([NameClaim(ref=Ref(source, number), account_id="acme", by=by, since=since)])


def desk(world: MemoryWorld, **crms: CrmSettings) -> Desk:
    settings: dict[Any, CrmSettings] = dict(crms) or {"hubspot": HubspotCrm(enabled=True)}
    return Desk(
        world.conversations, world.alerts, world.states, world.journal, world.names, world.crm_ledger,
        {name: Told(world.crm(name), each) for name, each in settings.items()},
    )  # fmt: skip


def an_errand(**known: Any) -> Errand:
    return Errand(errand_id=f"{NAME}/crm/1", channel="crm", conversation_id=NAME, **known)


def run(world: MemoryWorld, errand: Errand | None = None, at: datetime = A_MOMENT, **crms: CrmSettings) -> Any:
    return log_to_crm(errand or an_errand(), desk(world, **crms), at)


def logged(world: MemoryWorld, name: CrmName = "hubspot") -> list[tuple[str, str, str | None]]:
    return [(entry.subject, company, contact) for entry, company, contact in world.crm(name).entries]


def dismiss(world: MemoryWorld) -> None:
    known = world.conversations.get(NAME)
    assert known
    changed = act.dismiss(known, A_MOMENT + timedelta(hours=1), CARLA, "all is well")
    assert world.conversations.replace(changed.model_copy(update={"version": 2}), known.version)


def test_a_mail_is_logged_at_company_and_contact_with_what_to_type_for_the_rest(world: MemoryWorld) -> None:
    assert run(world) == NOTHING | {"logged": 1}
    assert logged(world) == [("A quick check-in", "77", "201")]
    assert world.crm("hubspot").entries[0][0].link == "Health Monitor: health-monitor why acme"


def test_the_same_errand_and_a_later_one_log_only_what_is_new(world: MemoryWorld) -> None:
    run(world)
    assert run(world) == NOTHING
    dismiss(world)
    assert run(world) == NOTHING | {"logged": 1}
    assert [subject for subject, _, _ in logged(world)] == ["A quick check-in", "Not a risk"]


def test_without_a_contact_there_the_company_alone_has_it(world: MemoryWorld) -> None:
    world.crm("hubspot").contacts.clear()
    run(world)
    assert logged(world) == [("A quick check-in", "77", None)]


def test_a_conversation_without_an_address_asks_for_no_contact(world: MemoryWorld) -> None:
    nobody = act.end(a_conversation(contact_email=None), A_MOMENT, "recovered", "usage is back")
    world.conversations.replace(nobody.model_copy(update={"version": 2}), 1)
    run(world)
    assert logged(world) == [("Usage recovered", "77", None)]


def test_an_answer_that_gets_lost_is_found_by_the_next_try(world: MemoryWorld) -> None:
    world.crm("hubspot").too_late.append(TryAgain("HubSpot: no answer (ReadTimeout)"))
    with pytest.raises(TryAgain, match="ReadTimeout"):
        run(world)
    with pytest.raises(TryAgain, match="less than five minutes ago"):
        run(world)
    assert [one.why for one in world.crm_ledger.failures()] == ["HubSpot: no answer (ReadTimeout)"]
    assert run(world, at=A_MOMENT + LEASE) == NOTHING | {"logged": 1}
    assert len(logged(world)) == 1
    assert world.crm_ledger.failures() == []


def test_a_crash_between_logging_and_remembering_logs_nothing_twice(
    world: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(world.crm_ledger, "logged", crash)
    with pytest.raises(RuntimeError):
        run(world)
    monkeypatch.undo()
    assert run(world, at=A_MOMENT + LEASE) == NOTHING | {"logged": 1}
    assert len(logged(world)) == 1


def test_two_at_once_log_it_once(world: MemoryWorld) -> None:
    crm, seen = world.crm("hubspot"), []
    plain = crm.log

    def meanwhile(*args: Any, **more: Any) -> str:
        with pytest.raises(TryAgain, match="less than five minutes ago") as told:
            run(world)
        seen.append(str(told.value))
        return plain(*args, **more)

    crm.log = meanwhile  # type: ignore[method-assign]
    run(world)
    assert len(seen) == 1
    assert len(logged(world)) == 1
    assert world.crm_ledger.failures() == []


def test_what_somebody_else_logged_meanwhile_is_not_logged_again(
    world: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(world)
    plain, asked = world.crm_ledger.is_logged, iter([False])
    monkeypatch.setattr(world.crm_ledger, "is_logged", lambda *which: next(asked, plain(*which)))
    assert run(world) == NOTHING | {"logged": 1}
    assert len(logged(world)) == 1


def test_a_missing_permission_is_listed_with_everything_it_stops_and_not_tried_by_itself(world: MemoryWorld) -> None:
    dismiss(world)
    world.crm("hubspot").failures.append(NeedsHuman("HubSpot: the private app lacks the scope x; add it"))
    assert run(world) == NOTHING | {"listed": 2}
    told = [(one.account_id, one.what, one.why) for one in world.crm_ledger.failures()]
    why = "HubSpot: the private app lacks the scope x; add it"
    assert sorted(told) == [("acme", "dismissed", why), ("acme", "sent, check_in", why)]
    assert run(world) == NOTHING | {"logged": 2}, "once it is mended, nothing has to be waited for"
    assert world.crm_ledger.failures() == []


def test_an_account_that_is_not_linked_says_how_to_link_it(world: MemoryWorld) -> None:
    assert run(world, salesforce=SalesforceCrm(enabled=True, address="https://acme.my.salesforce.com"))["listed"] == 1
    (failure,) = world.crm_ledger.failures()
    assert failure.why == ("acme has no record in Salesforce; link it: health-monitor link acme salesforce 001…")
    claim(world, "001B", by="person", source="salesforce")
    run(world, salesforce=SalesforceCrm(enabled=True, address="https://acme.my.salesforce.com"))
    assert logged(world, "salesforce") == [("A quick check-in", "001B", None)]


def test_one_crm_that_is_down_keeps_nothing_from_the_other(world: MemoryWorld) -> None:
    both: dict[str, CrmSettings] = {
        "hubspot": HubspotCrm(enabled=True),
        "salesforce": SalesforceCrm(enabled=True, address="https://acme.my.salesforce.com"),
    }
    world.crm("salesforce").companies["acme"] = "001A"
    world.crm("hubspot").failures.append(TryAgain("HubSpot: status 503"))
    with pytest.raises(TryAgain, match="HubSpot: status 503"):
        run(world, **both)
    assert logged(world, "salesforce") == [("A quick check-in", "001A", None)]
    assert logged(world) == []


def test_a_persons_word_comes_before_the_crms_own_and_that_before_a_sources(world: MemoryWorld) -> None:
    claim(world, "78", since=A_MOMENT + timedelta(days=1))
    claim(world, "mixpanel-name", source="mixpanel")
    crm = world.crm("hubspot")
    assert company_of(world) == "78", "the company that was merged into the other is older"
    crm.companies["acme"] = "90"
    assert company_of(world) == "90"
    claim(world, "55", by="person")
    assert company_of(world) == "55"


def company_of(world: MemoryWorld) -> str:
    dismissed = act.snooze(a_conversation(), A_MOMENT, CARLA, A_MOMENT + timedelta(days=len(logged(world)) + 1))
    known = world.conversations.get(NAME)
    assert known
    changed = dismissed.model_copy(
        update={
            "version": known.version + 1,
            "log": (dismissed.log[-1].model_copy(update={"at": A_MOMENT + timedelta(hours=len(logged(world)) + 1)}),),
        }
    )
    assert world.conversations.replace(changed, known.version)
    run(world)
    return logged(world)[-1][1]


def test_nothing_happens_where_no_crm_is_on_or_logging_is_off(world: MemoryWorld) -> None:
    nowhere = Desk(world.conversations, world.alerts, world.states, world.journal, world.names, world.crm_ledger, {})
    assert log_to_crm(an_errand(), nowhere, A_MOMENT) == NOTHING
    assert run(world, hubspot=HubspotCrm(enabled=True, log=False)) == NOTHING


def test_facts_are_written_where_they_have_a_field_and_only_when_they_change(world: MemoryWorld) -> None:
    world.states.write_absent({"acme": a_state(A_DAY, a_verdict(ratio=(1, 2)))})
    world.journal.save_run(a_run(A_DAY))
    settings = HubspotCrm(enabled=True, write_back=ALL)
    assert run(world, hubspot=settings) == NOTHING | {"logged": 1, "written": 1}
    verdict = a_verdict(ratio=(1, 2))
    assert world.crm("hubspot").facts["77"] == CrmFacts(
        account_id="acme", index=round(verdict.index, 2), alert_status="open_moderate", last_outreach_at=A_MOMENT
    )
    assert run(world, hubspot=settings) == NOTHING
    world.alerts.resolve(NAME, date(2026, 11, 9), Resolution.RECOVERED)
    assert run(world, hubspot=settings) == NOTHING | {"written": 1}
    assert world.crm("hubspot").facts["77"].alert_status == "recovered"


def test_a_field_that_gets_its_name_later_is_written_then(world: MemoryWorld) -> None:
    run(world, hubspot=HubspotCrm(enabled=True, write_back=WriteBack(alert_status="usage_alert")))
    named = HubspotCrm(enabled=True, write_back=WriteBack(alert_status="usage_alert", last_outreach_at="last"))
    assert run(world, hubspot=named) == NOTHING | {"written": 1}


def test_the_index_is_that_of_the_night_the_errand_comes_from(world: MemoryWorld) -> None:
    night = A_DAY + timedelta(days=1)
    world.states.write_absent({"acme": a_state(A_DAY, a_verdict(ratio=(1, 2)))})
    world.states.write_absent({"acme": a_state(night, a_verdict(ratio=(1, 4)))})
    world.journal.save_run(a_run(A_DAY))
    (errand,) = after_the_night(night, [NAME])
    assert errand.errand_id == f"{NAME}/crm/night/2026-11-02"
    run(world, errand, hubspot=HubspotCrm(enabled=True, write_back=ALL))
    assert world.crm("hubspot").facts["77"].index == round(a_verdict(ratio=(1, 4)).index, 2)


def test_a_night_without_a_verdict_leaves_the_index_alone(world: MemoryWorld) -> None:
    (errand,) = after_the_night(A_DAY, [NAME])
    world.states.write_absent({"acme": a_state(A_DAY, a_verdict(reason=NoVerdict.TOO_NEW))})
    run(world, errand, hubspot=HubspotCrm(enabled=True, write_back=ALL))
    assert world.crm("hubspot").facts["77"].index is None


def test_a_field_that_cannot_be_written_is_listed_until_it_is(world: MemoryWorld) -> None:
    settings = HubspotCrm(enabled=True, write_back=ALL)
    run(world)
    world.crm("hubspot").failures.append(NeedsHuman("HubSpot: status 400; no such property"))
    assert run(world, hubspot=settings) == NOTHING | {"listed": 1}
    assert [one.what for one in world.crm_ledger.failures()] == ["fields"]
    run(world, hubspot=settings)
    assert world.crm_ledger.failures() == []


def test_an_alert_without_a_conversation_still_has_its_facts_written(world: MemoryWorld) -> None:
    world.shelf.remove("acme")
    world.alerts.save_absent(an_alert())
    claim(world, "77")
    assert run(world, hubspot=HubspotCrm(enabled=True, write_back=ALL)) == NOTHING | {"written": 1}


def test_of_a_conversation_that_was_erased_nothing_is_told_or_listed(world: MemoryWorld) -> None:
    world.crm("hubspot").failures.append(NeedsHuman("HubSpot: status 401; renew the key or token"))
    run(world)
    assert len(world.crm_ledger.failures()) == 1
    erased = replace(desk(world), conversations=memory_world(A_MOMENT).conversations)
    assert log_to_crm(an_errand(), erased, A_MOMENT) == NOTHING
    assert world.crm_ledger.failures() == []
    assert logged(world) == []


def test_retry_puts_one_errand_for_each_conversation_that_has_something_to_tell(world: MemoryWorld) -> None:
    dismiss(world)
    world.crm("hubspot").failures.append(NeedsHuman("HubSpot: status 401; renew the key or token"))
    run(world)
    assert retry(world.crm_ledger, world.outbox, A_MOMENT) == 1
    (errand,) = world.outbox.messages
    assert isinstance(errand, Errand)
    assert (errand.channel, errand.conversation_id) == ("crm", NAME)
    assert run(world, errand) == NOTHING | {"logged": 2}
    assert retry(world.crm_ledger, world.outbox, A_MOMENT) == 0


def test_each_night_asks_for_every_alert_that_is_open_or_was_closed_then_and_a_trial_asks_for_none() -> None:
    world = a_world()
    run_night(world, dry_run=True)
    assert nightly(world) == set()
    run_night(world)
    open_or_closed = {one.alert_id for one in alerts_of(world).values() if one.is_open or one.resolved_on == NIGHT}
    assert open_or_closed
    assert {errand.conversation_id for errand in nightly(world)} == open_or_closed
    assert {errand.as_of for errand in nightly(world)} == {datetime.combine(NIGHT + timedelta(days=1), time(), UTC)}


def nightly(world: MemoryWorld) -> set[Errand]:
    queued = [*world.outbox.taken, *world.outbox.messages]
    return {one for one in queued if isinstance(one, Errand) and "/crm/night/" in one.errand_id}
