"""Whom a holdout withholds mail from: a fixed share, fixed per account, decided by nothing but its id and the salt."""

from hypothesis import given
from hypothesis import strategies as st

from health_monitor.decide.holdout import held_out
from health_monitor.model.routing import Holdout

ACCOUNTS = [f"account-{n}" for n in range(20_000)]
IDS = st.text(min_size=1, max_size=40)
SALTS = st.text(max_size=12)


def out(percent: int, salt: str) -> set[str]:
    holdout = Holdout(percent=percent, salt=salt)
    return {account for account in ACCOUNTS if held_out(account, holdout)}


@given(IDS, SALTS)
def test_nobody_is_held_out_by_default(account_id: str, salt: str) -> None:
    assert not held_out(account_id, Holdout(salt=salt))


@given(IDS, SALTS, st.integers(0, 50), st.integers(0, 50))
def test_a_larger_share_keeps_everybody_of_a_smaller_one(account_id: str, salt: str, one: int, other: int) -> None:
    small, large = sorted((one, other))
    if held_out(account_id, Holdout(percent=small, salt=salt)):
        assert held_out(account_id, Holdout(percent=large, salt=salt))


@given(IDS, SALTS, st.integers(0, 50))
def test_an_account_is_always_in_the_same_arm(account_id: str, salt: str, percent: int) -> None:
    holdout = Holdout(percent=percent, salt=salt)
    assert held_out(account_id, holdout) == held_out(account_id, holdout.model_copy())


def test_the_share_is_what_was_asked_for() -> None:
    for percent in (1, 5, 10, 20, 50):
        share = len(out(percent, "2026")) / len(ACCOUNTS)
        four_standard_errors = 4 * (percent / 100 * (1 - percent / 100) / len(ACCOUNTS)) ** 0.5
        assert abs(share - percent / 100) <= four_standard_errors


def test_another_salt_draws_another_half_that_has_nothing_to_do_with_the_first() -> None:
    first, second = out(50, "spring"), out(50, "autumn")
    both = len(first & second) / len(ACCOUNTS)
    assert abs(both - 0.25) < 0.02


def test_a_salt_and_an_id_do_not_run_together() -> None:
    accounts = [f"{n}x" for n in range(2_000)]
    joined = {n for n, account in enumerate(accounts) if held_out(account, Holdout(percent=50, salt="1"))}
    shifted = {n for n, account in enumerate(accounts) if held_out(f"1{account}", Holdout(percent=50, salt=""))}
    assert joined != shifted


def test_which_accounts_are_held_out_stays_so_between_releases() -> None:
    assert [n for n in range(40) if held_out(f"account-{n}", Holdout(percent=20, salt="1"))] == [15, 27, 36, 38]
