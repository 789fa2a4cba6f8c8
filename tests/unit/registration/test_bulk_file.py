"""The office file of registrations, through both encodings and with bad lines among good ones."""

import io
from datetime import date
from itertools import chain

import pytest

from maskres.errors import InputError
from maskres.formats.office_csv import BadRow
from maskres.identity.names import matching_name
from maskres.registration.applications import FIELDS, Application, ApplicationReader, read_application
from maskres.registration.bulk_file import REGISTRATION_COLUMNS, read_applications, read_lines

TODAY = date(2020, 2, 10)
HEADER = "手机号码,证件号码,姓名,区,范围,门店,为谁登记\r\n"


def read(data: bytes, is_phone_required: bool = False) -> list[tuple[int, Application] | BadRow]:
    stores = ["store-1", "store-2"]
    reader = ApplicationReader(["siming"], stores, today=TODAY, is_phone_required=is_phone_required)
    return list(read_applications(chain.from_iterable(read_lines(io.BytesIO(data), file="home.csv")), reader))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_rare_characters_reach_the_application(encoding: str) -> None:
    text = (
        f"{HEADER},11010519491231002x,𠮷䶮㼆,siming,全市,,父母\r\n"
        '13812345678,"110105-19491231-002X",买买提•艾力,siming,仅所选,store-2|store-1,\r\n\r\n'
    )
    first, second = read(text.encode(encoding))
    assert not isinstance(first, BadRow) and not isinstance(second, BadRow)
    assert (first[0], first[1].name, first[1].phone, first[1].for_whom) == (2, "𠮷䶮㼆", None, "parent")
    assert (second[0], second[1].name, second[1].phone) == (3, "买买提·艾力", "+8613812345678")
    assert second[1].wishes.choices == ("store-2", "store-1")
    assert first[1].document == second[1].document


def test_the_characters_of_old_code_pages_match_the_real_ones() -> None:
    row = read(f"{HEADER},11010519491231002X,\ue863三,siming,全市,,\n".encode())[0]
    assert not isinstance(row, BadRow)
    assert matching_name(row[1].name) == matching_name("䶮三")


def test_bad_lines_come_with_every_problem_and_the_others_go_on() -> None:
    text = (
        HEADER + "13812345678,3.50203E+17,,siming,全市,,\n"
        "too,few\n"
        "13812345678,11010519491231002X,张三,siming,全市,,\n"
        "1381234567,110105194912310021,张三,haicang,那里,store-9,谁\n"
    )
    rows = read(text.encode("gb18030"))
    found = [(row.line, row.code, row.field) if isinstance(row, BadRow) else row[0] for row in rows]
    assert found == [
        (2, "mangled-by-spreadsheet", "id_number"),
        (2, "bad-name", "name"),
        (3, "bad-row", None),
        4,
        (5, "bad-document", "id_number"),
        (5, "bad-phone", "phone"),
        (5, "unknown-district", "district"),
        (5, "bad-reach", "reach"),
        (5, "unknown-store", "choices"),
        (5, "bad-for-whom", "for_whom"),
    ]
    assert all("110105194912310021" not in row.message for row in rows if isinstance(row, BadRow))


def test_the_phone_may_be_required() -> None:
    data = f"{HEADER},11010519491231002X,张三,siming,全市,,\n".encode()
    assert not isinstance(read(data)[0], BadRow)
    bad = read(data, is_phone_required=True)[0]
    assert isinstance(bad, BadRow)
    assert (bad.code, bad.field) == ("bad-phone", "phone")


def test_a_file_reads_as_a_form_does() -> None:
    fields = {
        "id_type": "passport",
        "id_number": "GBR:123456789",
        "name": "Ann Lee",
        "birth_date": "1980-02-03",
        "sex": "F",
        "phone": "+447400123456",
        "district": "siming",
        "reach": "district",
        "choices": "store-1",
        "for_whom": "other",
        "keep": "yes",
    }
    data = f"{','.join(fields)}\n{','.join(fields.values())}\n".encode()
    expected = read_application(
        fields, districts=["siming"], stores=["store-1"], today=TODAY, is_phone_required=True
    )
    assert read(data) == [(2, expected)]


def test_the_columns_are_those_of_an_application() -> None:
    assert tuple(column.name for column in REGISTRATION_COLUMNS) == FIELDS
    with pytest.raises(InputError) as caught:
        read("证件号码,姓名,年龄\n".encode())
    assert caught.value.code == "bad-header"
    for named in ("'年龄'", "phone (手机号码)", "district (区)", "reach (范围)", "choices (门店)"):
        assert named in caught.value.message
    assert "keep" not in caught.value.message.split("missing:")[1].split(". Columns")[0]
