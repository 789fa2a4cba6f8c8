"""Applications: everything wrong is said at once, and what is right is normalised."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_2

from maskres.errors import InputError
from maskres.registration.applications import (
    Application,
    ApplicationRefused,
    ForWhom,
    age_on,
    read_application,
)
from maskres.registration.seals import Reach, Wishes

TODAY = date(2020, 2, 10)
STORES = [f"store-{place}" for place in range(30)]
RIGHT = {
    "id_number": "11010519491231002X",
    "name": "张三丰",
    "phone": "13812345678",
    "district": "siming",
    "reach": "city",
    "choices": "store-2|store-1",
}


def read_fields(fields: dict[str, str], is_phone_required: bool = True) -> Application:
    return read_application(
        fields,
        districts=["gulangyu", "siming"],
        stores=STORES,
        today=TODAY,
        is_phone_required=is_phone_required,
    )


def read(**changed: str) -> Application:
    return read_fields(RIGHT | changed)


def refuse(**changed: str) -> list[tuple[str, str | None]]:
    with pytest.raises(ApplicationRefused) as caught:
        read(**changed)
    assert isinstance(caught.value, InputError)
    assert caught.value.code == "bad-application"
    assert all(error.message in caught.value.message for error in caught.value.errors)
    return [(error.code, error.field) for error in caught.value.errors]


def test_what_a_resident_card_shows_need_not_be_given() -> None:
    application = read()
    assert application.document.canonical == "CN-ID:11010519491231002X"
    assert application.name == "张三丰"
    assert application.phone == "+8613812345678"
    assert (application.birth_date, application.sex) == (date(1949, 12, 31), "F")
    assert application.for_whom is ForWhom.SELF
    assert application.wishes == Wishes("siming", Reach.CITY, ("store-2", "store-1"))
    assert application.is_keeping is False


def test_a_passport_needs_birth_date_and_sex() -> None:
    assert refuse(id_number="GBR:123456789") == [("missing-birth-date", "birth_date"), ("bad-sex", "sex")]
    application = read(
        id_type="护照", id_number="gbr：123456789", birth_date="1980/2/3", sex="m", name="Ann  Lee"
    )
    assert application.document.canonical == "PASSPORT:GBR:123456789"
    assert (application.birth_date, application.sex, application.name) == (date(1980, 2, 3), "M", "Ann Lee")


def test_office_spellings_mean_the_same() -> None:
    plain = read(for_whom="parent", keep="yes", reach="district", sex="F", birth_date="1949-12-31")
    written = read(
        id_type="居民身份证",
        id_number=" １１０１０５１９４９１２３１００２ｘ",
        name="张 三丰",
        birth_date="1949年12月31日",
        sex=" 女 ",
        phone="+86 138-1234-5678",
        district=" Siming ",
        reach="本区",
        choices=" STORE-2 ｜ store-1 | ",
        for_whom="父母",
        keep="是",
    )
    assert written == plain


@pytest.mark.parametrize(
    ("text", "reach"),
    [("全市", Reach.CITY), ("ＣＩＴＹ", Reach.CITY), ("仅所选", Reach.CHOICES), ("choices", Reach.CHOICES)],
)
def test_reaches_in_two_languages(text: str, reach: Reach) -> None:
    assert read(reach=text).wishes.reach is reach


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "self"),
        ("本人", "self"),
        ("子女", "child"),
        ("child", "child"),
        ("父母", "parent"),
        ("Other", "other"),
        ("其他", "other"),
    ],
)
def test_for_whom_in_two_languages(text: str, kind: str) -> None:
    assert read(for_whom=text).for_whom == kind


@pytest.mark.parametrize(
    ("text", "is_keeping"), [("", False), ("否", False), ("NO", False), ("是", True), ("yes", True)]
)
def test_keeping_in_two_languages(text: str, is_keeping: bool) -> None:
    assert read(keep=text).is_keeping is is_keeping


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("id_number", "110105194912310021", "bad-document"),
        ("id_number", "3.50203E+17", "mangled-by-spreadsheet"),
        ("id_number", "", "bad-document"),
        ("name", "", "bad-name"),
        ("name", "张?丰", "bad-name"),
        ("birth_date", "31/12/1949", "bad-date"),
        ("birth_date", "1949-12-30", "birth-date-differs"),
        ("birth_date", "1950-01-01", "birth-date-differs"),
        ("birth_date", "1799-12-31", "bad-date"),
        ("birth_date", "2020-02-11", "bad-date"),
        ("sex", "X", "bad-sex"),
        ("phone", "", "bad-phone"),
        ("phone", "0592-2222222", "bad-phone"),
        ("district", "haicang", "unknown-district"),
        ("reach", "", "bad-reach"),
        ("choices", "store-1|store-99", "unknown-store"),
        ("choices", "store-1|store-1", "store-twice"),
        ("choices", "|".join(STORES[:21]), "too-many-stores"),
        ("for_whom", "cat", "bad-for-whom"),
        ("keep", "perhaps", "bad-keep"),
        ("age", "70", "unknown-field"),
    ],
)
def test_each_problem_names_its_field(field: str, text: str, code: str) -> None:
    assert refuse(**{field: text}) == [(code, field)]


def test_only_chosen_stores_without_any_is_refused() -> None:
    assert refuse(reach="choices", choices="") == [("bad-reach", "reach")]
    assert refuse(reach="仅所选", choices=" | ") == [("bad-reach", "reach")]
    assert read(choices="").wishes.choices == ()


def test_a_kind_of_document_nobody_knows() -> None:
    assert refuse(id_type="library card") == [("bad-document", "id_type")]


def test_all_problems_are_said_at_once_in_the_order_of_the_fields() -> None:
    found = refuse(
        id_number="1", name="", birth_date="x", sex="x", phone="x", district="x", reach="x", choices="x|x",
        for_whom="x", keep="x",
    )  # fmt: skip
    assert [code for code, _ in found] == [
        "bad-document",
        "bad-name",
        "bad-date",
        "bad-sex",
        "bad-phone",
        "unknown-district",
        "bad-reach",
        "unknown-store",
        "store-twice",
        "bad-for-whom",
        "bad-keep",
    ]


def test_fields_left_out_count_as_empty() -> None:
    with pytest.raises(ApplicationRefused) as caught:
        read_application({}, districts=[], stores=[], today=TODAY, is_phone_required=True)
    assert {error.field for error in caught.value.errors} == {
        "id_number",
        "name",
        "phone",
        "district",
        "reach",
    }


def test_staff_may_leave_the_phone_out_but_not_mistype_it() -> None:
    assert read_fields(RIGHT | {"phone": " "}, is_phone_required=False).phone is None
    assert read_fields(RIGHT, is_phone_required=False).phone == "+8613812345678"
    with pytest.raises(ApplicationRefused) as caught:
        read_fields(RIGHT | {"phone": "123"}, is_phone_required=False)
    assert [(error.code, error.field) for error in caught.value.errors] == [("bad-phone", "phone")]


def test_the_sex_given_counts_before_the_one_in_the_number() -> None:
    assert read(sex="男").sex == "M"


def test_a_child_born_today_may_be_registered() -> None:
    assert (
        read(id_number="GBR:123456789", sex="F", birth_date="2020-02-10", for_whom="child").birth_date
        == TODAY
    )


def test_nobody_is_born_tomorrow() -> None:
    body = "35020320200211001"
    with pytest.raises(ApplicationRefused) as caught:
        read(id_number=body + mod_11_2.calc_check_digit(body))
    assert [error.code for error in caught.value.errors] == ["bad-document"]
    assert "future" in caught.value.message


def test_no_refusal_repeats_what_was_typed_of_a_person() -> None:
    with pytest.raises(ApplicationRefused) as caught:
        read(id_number="110105194912310021", name="张?丰丰", phone="1381234567", birth_date="1949-99-99")
    for typed in ("110105194912310021", "张?丰丰", "1381234567", "1949-99-99"):
        assert typed not in str(caught.value)
        assert all(typed not in str(error) for error in caught.value.errors)


@pytest.mark.parametrize(
    ("birth", "day", "years"),
    [
        (date(1950, 2, 10), TODAY, 70),
        (date(1950, 2, 11), TODAY, 69),
        (TODAY, TODAY, 0),
        (date(2020, 2, 11), TODAY, -1),
        (date(2000, 2, 29), date(2019, 2, 28), 18),
        (date(2000, 2, 29), date(2019, 3, 1), 19),
        (date(2000, 2, 29), date(2020, 2, 29), 20),
    ],
)
def test_ages_in_whole_years(birth: date, day: date, years: int) -> None:
    assert age_on(birth, day) == years


@given(birth=st.dates(date(1900, 1, 1), date(2000, 12, 31)), years=st.integers(0, 100))
def test_one_is_a_year_older_on_the_birthday_and_not_before(birth: date, years: int) -> None:
    try:
        birthday = birth.replace(year=birth.year + years)
    except ValueError:
        birthday = date(birth.year + years, 3, 1)
    assert age_on(birth, birthday) == years
    assert age_on(birth, date.fromordinal(birthday.toordinal() - 1)) == years - 1
