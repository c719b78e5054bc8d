"""Names, where sources stand, erasures and dead letters: the same promises in memory and on AWS."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import boto3
import pytest

from health_monitor import wiring
from health_monitor.adapters.dynamodb_changes import AT_ONCE, KEPT, REMOVED_AT_ONCE, Changes, moved
from health_monitor.adapters.dynamodb_intake import MANY
from health_monitor.adapters.dynamodb_table import Table
from health_monitor.adapters.memory import memory_world
from health_monitor.ingest.identity import resolve
from health_monitor.model.errors import TryAgain
from health_monitor.model.heard import CROWD, OURS, AccountChange, By, ContactChange, NameClaim, Ref, Unmatched
from health_monitor.model.source import Erasure
from health_monitor.ports.world import World
from tests.builders import A_MOMENT, a_contact, an_account

TOOL = Ref("mixpanel", "Acme Inc")
LATER, EARLIER = A_MOMENT + timedelta(hours=1), A_MOMENT - timedelta(hours=1)


def a_claim(account_id: str = "acme", ref: Ref = TOOL, by: By = "crm") -> NameClaim:
    return NameClaim(ref=ref, account_id=account_id, by=by, since=A_MOMENT)


def test_a_claim_comes_back_under_its_name_and_its_account_and_twice_is_once(world: World) -> None:
    claims = [a_claim(), a_claim("other"), a_claim(by="person"), a_claim(ref=Ref("domain", "acme.com"), by="domain")]
    claims[3] = claims[3].model_copy(update={"told": Ref("hubspot", "7")})
    world.names.claim(claims)
    world.names.claim([one.model_copy(update={"since": LATER}) for one in claims])
    found = world.names.claims([TOOL, Ref("mixpanel", "nobody")])
    assert sorted(found[TOOL], key=str) == sorted(claims[:3], key=str)
    assert list(found) == [TOOL]
    assert world.names.of_account("acme") == [claims[3], claims[0], claims[2]]


def test_a_name_that_too_many_claim_stays_ambiguous_whoever_takes_a_claim_back(world: World) -> None:
    crowd = [a_claim(f"a{n:03}") for n in range(CROWD + 1)]
    for _ in range(2):
        world.names.claim(crowd)
    found = world.names.claims([TOOL])[TOOL]
    assert sorted(one.account_id for one in found) == [one.account_id for one in crowd[:CROWD]]
    assert world.names.of_account("a000") == crowd[:1]
    assert world.names.of_account(f"a{CROWD:03}") == []
    world.names.claim([a_claim("acme", by="person")])
    assert resolve(world.names.claims([TOOL])[TOOL]).account_id == "acme"
    world.names.disclaim([a_claim("acme", by="person"), *crowd[1:]])
    (left,) = world.names.claims([TOOL])[TOOL]
    assert (left.account_id, resolve([left]).account_id) == ("a000", None)
    world.names.disclaim(crowd)
    world.names.claim(crowd[-1:])
    assert world.names.claims([TOOL]) == {}


def test_claims_that_come_and_go_are_no_crowd(world: World) -> None:
    for n in range(CROWD + 1):
        world.names.claim([a_claim(f"a{n}")])
        world.names.disclaim([a_claim(f"a{n}"), a_claim("nobody")])
    world.names.claim([a_claim()])
    assert world.names.claims([TOOL]) == {TOOL: [a_claim()]}


def test_of_a_users_own_name_nothing_is_left_when_nobody_claims_it(world: World) -> None:
    user = Ref("segment", "user:u1")
    crowd = [a_claim(f"a{n}", user) for n in range(CROWD)]
    world.names.claim(crowd)
    world.names.disclaim(crowd)
    world.names.claim([a_claim(ref=user)])
    assert world.names.claims([user]) == {user: [a_claim(ref=user)]}


def test_an_account_claims_its_own_id_whoever_uses_it(world: World) -> None:
    world.accounts.save([an_account()])
    found = world.names.claims([Ref(OURS, "acme"), Ref("segment", "acme")])
    assert [(one.account_id, one.by) for claims in found.values() for one in claims] == [("acme", "id")] * 2


def test_what_is_taken_back_is_gone_and_the_rest_stays(world: World) -> None:
    world.names.claim([a_claim(), a_claim("other")])
    assert len(world.names.claims([TOOL])[TOOL]) == 2
    world.names.disclaim([a_claim()])
    assert world.names.claims([TOOL]) == {TOOL: [a_claim("other")]}
    assert world.names.of_account("acme") == []
    world.names.disclaim([a_claim("other")])
    assert world.names.claims([TOOL]) == {}


def test_a_name_that_was_asked_for_is_asked_for_again_after_accounts_ended(world: World) -> None:
    world.accounts.save([an_account()])
    assert world.names.claims([Ref(OURS, "acme")])
    world.shelf.remove("acme")
    world.names.changed()
    assert world.names.claims([Ref(OURS, "acme")]) == {}


class ManyNames:
    """A busy day of names in two worlds: in one, a process after the other begins with what those before it knew."""

    def __init__(self, seed: int) -> None:
        self.rng, self.memory, self.old = Random(seed), memory_world(A_MOMENT), wiring.aws_world()
        self.refs = [Ref(source, f"n{n}") for source in ("mixpanel", "hubspot") for n in range(6)]

    def something_happens(self) -> None:
        """The same in both: a claim comes or goes, or an account does."""
        what, name = self.rng.choice(("claim", "disclaim", "save", "remove")), f"n{self.rng.randrange(6)}"
        claim = a_claim(name, self.rng.choice(self.refs), self.rng.choice(("crm", "person")))
        for world in (self.memory, self.process()):
            if what == "claim":
                world.names.claim([claim])
            elif what == "disclaim":
                world.names.disclaim([claim])
            elif what == "save":
                world.accounts.save([an_account(name)])
                world.names.changed()
            else:
                world.shelf.remove(name)
                world.names.changed()

    def process(self) -> World:
        """One that has just begun, or one that has been there for long."""
        if self.rng.random() < 0.5:
            wiring.forget()
            self.old = wiring.aws_world()
        return self.old


@pytest.mark.parametrize("seed", range(8))
def test_what_one_process_leaves_to_the_next_is_what_is_true_now(
    aws: None, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr("health_monitor.adapters.dynamodb_intake.MANY", 2)
    day = ManyNames(seed)
    for _ in range(30):
        day.something_happens()
        asked = day.rng.sample(day.refs, 8)
        true, told = day.memory.names.claims(asked), day.process().names.claims(asked)
        assert {ref: sorted(claims, key=str) for ref, claims in told.items()} == {
            ref: sorted(claims, key=str) for ref, claims in true.items()
        }


def test_a_new_process_does_not_ask_for_names_that_another_has_asked_for(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = [Ref("mixpanel", f"n{n}") for n in range(MANY)]
    wiring.aws_world().names.claim(a_claim(f"a{n}", ref) for n, ref in enumerate(refs))
    found = wiring.aws_world().names.claims(refs)
    wiring.forget()
    asked = list[int]()
    monkeypatch.setattr(Table, "get_many", lambda _, keys, **__: asked.append(len(keys)) or [])
    assert wiring.aws_world().names.claims(refs) == found
    assert asked == [0]
    wiring.names().changed()
    wiring.names().claims(refs)
    assert asked == [0, 2 * MANY]


def test_after_a_change_only_the_names_that_changed_are_asked_for_again(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = [Ref("mixpanel", f"n{n}") for n in range(MANY)]
    wiring.aws_world().names.claim(a_claim(f"a{n}", ref) for n, ref in enumerate(refs))
    wiring.aws_world().names.claims(refs)
    wiring.names().claim([a_claim("other", refs[3]), a_claim("a9", Ref("mixpanel", "new"))])
    wiring.forget()
    asked = list[tuple[str, str]]()
    read = Table.get_many

    def noted(self: Table, keys: Sequence[tuple[str, str]], **how: Any) -> list[dict[str, Any]]:
        asked.extend(keys)
        return read(self, keys, **how)

    monkeypatch.setattr(Table, "get_many", noted)
    found = wiring.aws_world().names.claims(refs)
    assert {one.account_id for one in found[refs[3]]} == {"a3", "other"}
    assert {pk for pk, sk in asked if sk == "CLAIMS"} == {"NAME#mixpanel#n3"}
    asked.clear()
    wiring.forget()
    assert (wiring.aws_world().names.claims(refs), asked) == (found, [])


def test_of_very_many_changes_none_is_hidden(aws: None) -> None:
    changes = Changes(wiring._table())
    moved_at = {0: changes.now()}
    for n in range(1, 120):
        changes.move([f"name {n}", f"name {n} too"])
        moved_at[n] = changes.now()
    known = changes.read()
    assert len(known.names) <= KEPT + REMOVED_AT_ONCE
    assert known.since(moved_at[0]) is None
    assert known.since(moved_at[118]) == frozenset({moved("name 119"), moved("name 119 too")})
    assert known.since(moved_at[119]) == frozenset()
    assert known.since(moved_at[119] + 1) is None
    for n in range(120):
        found = known.since(moved_at[n])
        assert found is None or found >= {moved(f"name {later} too") for later in range(n + 1, 120)}


def test_a_change_of_too_many_names_may_be_of_any(aws: None) -> None:
    changes = Changes(wiring._table())
    before = changes.now()
    changes.move(f"name {n}" for n in range(AT_ONCE + 1))
    assert changes.read().since(before) is None


def test_an_unmatched_name_keeps_its_first_sighting_and_its_latest_reason(world: World) -> None:
    def seen(at: object, reason: str, *candidates: str) -> Unmatched:
        facts = {"ref": TOOL, "reason": reason, "candidates": candidates, "first_seen": at, "last_seen": at}
        return Unmatched.model_validate(facts)

    world.unmatched.save([seen(A_MOMENT, "unknown"), seen(LATER, "ambiguous", "a", "b"), seen(EARLIER, "unknown")])
    (found,) = world.unmatched.all()
    assert (found.first_seen, found.last_seen, found.reason, found.candidates) == (
        A_MOMENT, LATER, "ambiguous", ("a", "b"),
    )  # fmt: skip
    assert world.unmatched.those([Ref("mixpanel", "nobody"), TOOL]) == [TOOL]
    world.unmatched.remove(TOOL)
    assert world.unmatched.all() == []


def test_a_source_pauses_once_and_resumes_where_it_stood(world: World) -> None:
    assert world.sources.get("hubspot").cursor is None
    world.sources.resume("hubspot")
    world.sources.save_cursor("hubspot", "page-7", A_MOMENT)
    assert world.sources.pause("hubspot", "key rejected", LATER)
    assert not world.sources.pause("hubspot", "again", LATER)
    (state,) = world.sources.all()
    assert (state.cursor, state.paused_because, state.paused_at) == ("page-7", "key rejected", LATER)
    world.sources.resume("hubspot")
    assert world.sources.get("hubspot").paused_at is None
    assert world.sources.get("hubspot").cursor == "page-7"


def test_erasures_come_oldest_first_and_their_marks_are_known_until_they_change(world: World) -> None:
    later, first = (
        Erasure(erasure_id=name, kind="user", pseudonym="p", marks=(name,), requested_at=at)
        for name, at in (("a", LATER), ("b", A_MOMENT))
    )
    world.erasures.save(later)
    assert world.erasures.forgotten() == {"a": LATER}
    world.erasures.save(first)
    assert world.erasures.all() == [first, later]
    assert world.erasures.forgotten() == {"a": LATER, "b": A_MOMENT}
    assert world.erasures.get("a") == later
    assert world.erasures.get("c") is None


def test_an_erasure_may_name_many_thousands(world: World) -> None:
    """DynamoDB holds no item of more than 400 KB."""
    members = tuple(Ref("segment", f"user:somebody-{number:06}@acme.example") for number in range(20_000))
    erasure = Erasure(
        erasure_id="e", kind="account", pseudonym="p", refs=members, requested_at=A_MOMENT,
        marks=tuple(f"{number:032x}" for number in range(20_000)),
    )  # fmt: skip
    small = Erasure(erasure_id="f", kind="user", pseudonym="p", marks=("f",), requested_at=LATER)
    for one in (erasure, small, erasure.model_copy(update={"done_through": "hot"})):
        world.erasures.save(one)
    assert world.erasures.get("e") == erasure.model_copy(update={"done_through": "hot"})
    assert world.erasures.forgotten() == dict.fromkeys(erasure.marks, A_MOMENT) | {"f": LATER}
    finished = erasure.model_copy(update={"refs": (), "finished_at": LATER})
    world.erasures.save(finished)
    assert world.erasures.all() == [finished, small]


def test_what_a_finished_erasure_does_not_need_any_more_is_in_no_item(aws: None) -> None:
    erasures = wiring.aws_world().erasures
    members = tuple(Ref("segment", f"user:{number:06}") for number in range(20_000))
    erasure = Erasure(erasure_id="e", kind="account", pseudonym="p", refs=members, requested_at=A_MOMENT)
    erasures.save(erasure)
    items = boto3.client("dynamodb").scan(TableName="health")["Items"]
    assert "user:019999" in str(items)
    slices = [item for item in items if "slice" in item]
    boto3.client("dynamodb").delete_item(TableName="health", Key={key: slices[0][key] for key in ("pk", "sk")})
    with pytest.raises(TryAgain, match="written while it was read"):
        erasures.all()
    erasures.save(erasure.model_copy(update={"refs": ()}))
    items = boto3.client("dynamodb").scan(TableName="health")["Items"]
    assert [item["sk"]["S"] for item in items if item["pk"]["S"] == "ERASURE"] == ["e"]
    assert "user:0" not in str(items)


def test_a_source_changes_only_the_fields_it_speaks_of_and_never_with_older_news(world: World) -> None:
    world.accounts.save([an_account()])
    said = AccountChange("acme", "hubspot", A_MOMENT, {"tier": "gold", "csm_email": None})
    older = AccountChange("acme", "hubspot", EARLIER, {"tier": "lead"})
    other = AccountChange("acme", "signed", EARLIER, {"plan": "team"})
    assert world.accounts.merge([said, said, older, other]) == [True, True, False, True]
    account = world.accounts.read(["acme"])["acme"]
    assert (account.tier, account.csm_email, account.plan, account.name) == ("gold", None, "team", "Acme")


def test_an_account_can_begin_with_what_a_source_says(world: World) -> None:
    world.accounts.merge([AccountChange("new", "hubspot", A_MOMENT, {"name": "New"})])
    assert list(world.accounts.ids()) == ["new"]
    assert world.accounts.read(["new"])["new"].name == "New"


def test_people_are_merged_like_accounts_and_can_be_forgotten(world: World) -> None:
    world.accounts.save_contacts([a_contact(title="CFO"), a_contact("c2")])
    world.accounts.merge_contacts([ContactChange("acme", "c1", "hubspot", A_MOMENT, {"role": None, "name": "Jo"})])
    world.accounts.merge_contacts([ContactChange("acme", "c1", "hubspot", EARLIER, {"name": "Old"})])
    contact, _ = world.accounts.contacts("acme")
    assert (contact.name, contact.role, contact.title) == ("Jo", None, "CFO")
    world.accounts.remove_contacts("acme", ["c1", "nobody"])
    assert [one.contact_id for one in world.accounts.contacts("acme")] == ["c2"]


def test_everything_of_an_account_can_be_forgotten(world: World) -> None:
    world.accounts.save([an_account(), an_account("other")])
    world.accounts.save_contacts([a_contact()])
    assert world.shelf.remove("acme") == 2
    assert world.shelf.items_of("acme") == []
    assert list(world.accounts.ids()) == ["other"]


def test_only_queues_that_pass_nothing_on_hold_dead_letters(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HM_STAGE", "dev")
    sqs = boto3.client("sqs")
    dead = sqs.create_queue(QueueName="health-monitor-dev-email-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": 3}}'
    alive = sqs.create_queue(QueueName="health-monitor-dev-email", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    sqs.create_queue(QueueName="health-monitor-prod-email-dead")
    for url in (dead, alive):
        sqs.send_message(QueueUrl=url, MessageBody="m")
    assert wiring.dead_letters().depths() == {"email-dead": 1}
