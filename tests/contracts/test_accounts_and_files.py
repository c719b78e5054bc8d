"""Accounts, contacts and files: the same promises in memory and on AWS."""

from decimal import Decimal

from health_monitor.ports.world import World
from tests.builders import a_contact, an_account


def test_an_account_comes_back_as_it_was_saved(world: World) -> None:
    full = an_account(arr=Decimal("99999999999999999999.95"), licensed_seats=0, churn_date="2026-12-24")
    world.accounts.save([full])
    assert world.accounts.read(["acme"]) == {"acme": full}


def test_saving_an_account_again_replaces_it_whole(world: World) -> None:
    world.accounts.save([an_account(name="Acme"), an_account("other")])
    world.accounts.save([an_account(name=None)])
    assert world.accounts.read(["acme"])["acme"].name is None


def test_of_two_accounts_with_one_id_in_one_file_the_last_counts(world: World) -> None:
    world.accounts.save([an_account(name="First"), an_account(name="Second")])
    assert world.accounts.read(["acme", "acme"])["acme"].name == "Second"


def test_every_id_is_listed_once_and_in_order(world: World) -> None:
    ids = [f"account-{n}" for n in range(130)] + ["Ünïcode GmbH", "with/slash", "with#hash"]
    world.accounts.save(an_account(account_id) for account_id in ids)
    assert list(world.accounts.ids()) == sorted(ids)


def test_more_accounts_than_one_call_takes_are_all_read_in_the_order_asked(world: World) -> None:
    ids = [f"{n:03d}" for n in range(230)]
    world.accounts.save(an_account(account_id) for account_id in ids)
    assert list(world.accounts.read([*reversed(ids), "nobody"])) == ids[::-1]


def test_contacts_of_an_account_come_by_their_id_and_never_from_another_account(world: World) -> None:
    world.accounts.save_contacts([a_contact("c2"), a_contact("c1"), a_contact("c3", "acme-2")])
    world.accounts.save_contacts([a_contact("c2", role="buyer")])
    assert [(c.contact_id, c.role) for c in world.accounts.contacts("acme")] == [("c1", "champion"), ("c2", "buyer")]
    assert world.accounts.contacts("nobody") == []


def test_contacts_alone_make_no_account(world: World) -> None:
    world.accounts.save_contacts([a_contact()])
    assert list(world.accounts.ids()) == []
    assert world.accounts.read(["acme"]) == {}


def test_a_file_comes_back_byte_by_byte(world: World) -> None:
    world.blobs.put("runs/1", b"\x00\xff")
    world.blobs.put("runs/1", b"\x01")
    assert world.blobs.get("runs/1") == b"\x01"
    assert world.blobs.get("runs/2") is None
    assert world.blobs.bucket


def test_a_file_that_is_written_once_keeps_its_first_content(world: World) -> None:
    content = b"first"
    assert world.blobs.put_absent("daily/1", content)
    assert not world.blobs.put_absent("daily/1", content)
    assert not world.blobs.put_absent("daily/1", b"second")
    assert world.blobs.get("daily/1") == b"first"


def test_files_are_listed_by_prefix_and_in_order(world: World) -> None:
    for key in ("b/2", "a/1", "b/10", "c"):
        world.blobs.put(key, b"")
    assert list(world.blobs.keys("b/")) == ["b/10", "b/2"]
    assert list(world.blobs.keys("nothing")) == []
