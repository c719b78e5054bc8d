"""Account and contact files: one bad row is one reject that names field and remedy."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from health_monitor.model.account import Account, Contact
from health_monitor.model.errors import NeedsHuman
from tests.rooms.files import Folder

HEAD = "account_id,name,arr,licensed_seats,churn_date\n"
DATE = "write it as 2026-01-31, or leave it empty"
NUMBER = "write a plain number such as 12000.50, or leave it empty"
WHOLE = "write a whole number from 0 up, or leave it empty"
UTF8 = "save the file as “CSV UTF-8”"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_an_account_has_every_field_that_the_file_knows(folder: Folder) -> None:
    read = folder.accounts(
        "account_id,name,segment,tier,plan,arr,csm_email,industry,use_case,signup_date,usage_start,renewal_date,"
        "churn_date,observed_until,licensed_seats,mood\n"
        ' acme ,"Acme, Inc.",smb,standard,pro,12000.50,c@x.com,toys,sales,2026-01-01,2026-01-02,2027-01-01,'
        "2026-12-01,2026-12-31,40,sunny\n"
    )
    assert read.found == {
        "acme": Account(
            account_id="acme", name="Acme, Inc.", segment="smb", tier="standard", plan="pro", arr=Decimal("12000.50"),
            csm_email="c@x.com", industry="toys", use_case="sales", signup_date=date(2026, 1, 1),
            usage_start=date(2026, 1, 2), renewal_date=date(2027, 1, 1), churn_date=date(2026, 12, 1),
            observed_until=date(2026, 12, 31), licensed_seats=40,
        )
    }  # fmt: skip
    assert (read.intake.accounts, read.intake.ignored_columns) == (1, {"accounts.csv": ("mood",)})


def test_an_empty_cell_is_unknown_and_never_zero(folder: Folder) -> None:
    assert folder.accounts(HEAD + "acme, ,,,\n").found == {"acme": Account(account_id="acme")}


BAD = [
    (",Umbrella,,,", "account_id", "is empty", "give every row one"),
    ("x" * 257 + ",,,,", "account_id", "is longer than 256 characters: 'xxx", "shorten it to 256 characters"),
    ("acme,Again,,,", "account_id", "appears twice: 'acme'", "keep one row"),
    ("umbrella,,,", "row", "has 4 fields, the header has 5", "add what is missing"),
    ('umbrella,"Umbrella,,,', "row", "is not CSV", "close its quotes"),
]
BAD_CELLS = [
    ("umbrella," + "x" * 513 + ",,,", "name", "is longer than 512 characters: 'xxx", "shorten it to 512 characters"),
    ("umbrella,,1e1000000,,", "arr", "has more than 40 digits: '1e1000000'", NUMBER),
    (
        "umbrella,,,1000000001,",
        "licensed_seats",
        "is above 1000000000: '1000000001'",
        "write 1000000000 or less, or leave it empty",
    ),
    ("umbrella,,12k,,", "arr", "is not a number: '12k'", NUMBER),
    ('umbrella,,"12,000",,', "arr", "is not a number: '12,000'", NUMBER),
    ("umbrella,,NaN,,", "arr", "is not a number: 'NaN'", NUMBER),
    ("umbrella,,,ten,", "licensed_seats", "is not a whole number: ", WHOLE),
    ("umbrella,,,1.5,", "licensed_seats", "is not a whole number: ", WHOLE),
    ("umbrella,,,-1,", "licensed_seats", "is below 0: '-1'", "write 0 or more, or leave it empty"),
    ("umbrella,,,,soon", "churn_date", "is not a date: ", DATE),
    ("umbrella,,,,31.01.2026", "churn_date", "is not a date: ", DATE),
    ("umbrella,,,,2026-02-30", "churn_date", "is not a date: ", DATE),
    ("umbrella,,,,2026-01-31T09:00:00Z", "churn_date", "is not a date: ", DATE),
    ("umbrella,,,,0001-01-01", "churn_date", "is before 1900-01-01: 0001-01-01", DATE),
    ("umbrella,,,,0", "churn_date", "is a number, not a date: '0'", DATE),
    ("umbrella,,,,20260131", "churn_date", "is a number, not a date: '20260131'", DATE),
    ("umbrella,a\0b,,,", "name", "is not UTF-8 text", UTF8),
]


@pytest.mark.parametrize(("row", "field", "reason", "remedy"), BAD)
def test_a_bad_row_names_its_field_and_remedy_and_the_rows_around_it_survive(
    folder: Folder, row: str, field: str, reason: str, remedy: str
) -> None:
    read = folder.accounts(HEAD + "acme,Acme,,,\n" + row + "\nlast,Last,,,\n")
    assert [account.name for account in read.found.values()] == ["Acme", "Last"]
    (reject,) = read.rejects
    assert (reject.file, reject.line, reject.field, reject.remedy[: len(remedy)]) == ("accounts.csv", 3, field, remedy)
    assert reason in reject.reason
    assert (read.intake.accounts, read.intake.emptied) == (2, 0)


@pytest.mark.parametrize(("row", "field", "reason", "remedy"), BAD_CELLS)
def test_a_bad_cell_is_left_empty_and_told_and_its_row_is_used(
    folder: Folder, row: str, field: str, reason: str, remedy: str
) -> None:
    read = folder.accounts(HEAD + row + "\n")
    assert getattr(read.found["umbrella"], field) is None
    (reject,) = read.rejects
    assert (reject.line, reject.field, reject.remedy) == (2, field, remedy)
    assert reject.reason.startswith(f"left empty as it {reason}")
    assert (read.intake.accounts, read.intake.emptied) == (1, 1)


def test_several_bad_cells_of_a_row_are_told_one_by_one(folder: Folder) -> None:
    read = folder.accounts(HEAD + "umbrella,Umbrella,12k,ten,1\n")
    assert read.found == {"umbrella": Account(account_id="umbrella", name="Umbrella")}
    assert sorted(reject.field for reject in read.rejects) == ["arr", "churn_date", "licensed_seats"]


def test_an_id_that_is_no_text_costs_its_row_even_beside_a_bad_cell(folder: Folder) -> None:
    read = folder.accounts((HEAD + "Müller,,12k,,\nMüller,,,,\nlast,Last,,,\n").encode("latin-1"))
    assert list(read.found) == ["last"]
    assert [(reject.line, reject.field) for reject in read.rejects] == [(2, "account_id"), (3, "account_id")]


def test_latin_1_bytes_cost_their_cell(folder: Folder) -> None:
    read = folder.accounts((HEAD + "acme,Müller,,,\nlast,Last,,,\n").encode("latin-1"))
    assert [account.name for account in read.found.values()] == [None, "Last"]
    (reject,) = read.rejects
    assert (reject.field, reject.reason, reject.remedy) == ("name", "left empty as it is not UTF-8 text", UTF8)


def test_a_name_may_go_over_two_lines_and_the_line_named_is_where_the_row_begins(folder: Folder) -> None:
    read = folder.accounts(HEAD + 'acme,"Acme\nInc.",,,\numbrella,"Um\nbrella",lots,,\n')
    assert (read.found["acme"].name, read.rejects[0].line) == ("Acme\nInc.", 4)


def test_an_account_file_without_ids_is_no_account_file(folder: Folder) -> None:
    with pytest.raises(NeedsHuman, match=r"accounts\.csv, line 1: column account_id is missing; add it"):
        folder.accounts("id,name\nacme,Acme\n")


def test_a_header_only_has_no_accounts(folder: Folder) -> None:
    assert folder.accounts(HEAD).found == {}


def test_contacts_belong_to_known_accounts(folder: Folder) -> None:
    read = folder.contacts("account_id,contact_id,role\nacme,c1,champion\nnobody,c2,sponsor\numbrella,c3,\n")
    assert read.found == [
        Contact(account_id="acme", contact_id="c1", role="champion"),
        Contact(account_id="umbrella", contact_id="c3"),
    ]
    assert read.rejects == [
        ("contacts.csv", 3, "account_id", "is unknown: 'nobody'", "add it to accounts.csv or mend its row there"),
    ]
    assert read.intake.contacts == 2


def test_every_contact_needs_an_id(folder: Folder) -> None:
    read = folder.contacts("account_id,contact_id\nacme,\n")
    assert read.rejects == [("contacts.csv", 2, "contact_id", "is empty", "give every row one")]


LONGEST_OF_ACCOUNT = {"account_id": 256, "csm_email": 320} | dict.fromkeys(
    ("name", "segment", "tier", "plan", "industry", "use_case"), 512
)
LONGEST_OF_CONTACT = {"account_id": 256, "contact_id": 128, "user_id": 256, "email": 320} | dict.fromkeys(
    ("name", "role", "title", "timezone"), 512
)


@pytest.mark.parametrize(("field", "longest"), LONGEST_OF_ACCOUNT.items())
def test_no_text_of_an_account_is_too_long_to_store(folder: Folder, field: str, longest: int) -> None:
    others = "" if field == "account_id" else ",account_id"
    head = f"{field}{others}\n"
    fits, too_long = (f"{'é' * length}{others and ',acme'}\n" for length in (longest, longest + 1))
    read = folder.accounts(head + fits + too_long.replace("acme", "other"))
    assert len(read.found) == (1 if field == "account_id" else 2)
    assert [(r.line, r.field, r.remedy) for r in read.rejects] == [
        (3, field, f"shorten it to {longest} characters"),
    ]


@pytest.mark.parametrize(("field", "longest"), LONGEST_OF_CONTACT.items())
def test_no_text_of_a_contact_is_too_long_to_store(field: str, longest: int) -> None:
    known = {"account_id": "acme", "contact_id": "c1"}
    assert getattr(Contact.model_validate(known | {field: "é" * longest}), field) == "é" * longest
    with pytest.raises(ValidationError, match=f"at most {longest} characters"):
        Contact.model_validate(known | {field: "é" * (longest + 1)})
