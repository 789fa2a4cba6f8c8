"""What people call the machine's words, in both languages."""

from __future__ import annotations

import pytest

from maskres.app import bare_app
from maskres.web.languages import set_up_languages
from maskres.web.names import goods_counted, stratum_name


@pytest.mark.parametrize(
    ("goods", "count", "english", "chinese"),
    [
        ("masks", 5, "5 masks", "口罩 5 只"),
        ("masks", 1, "1 mask", "口罩 1 只"),
        ("Test-Kits", 2, "2 test kits", "检测试剂 2 份"),
        ("vaccine doses", 1, "1 vaccine dose", "疫苗 1 剂"),
        ("fuel", 3, "3 × fuel", "fuel 3 件"),
    ],
)
def test_goods_are_counted_as_people_count_them(goods: str, count: int, english: str, chinese: str):
    app = bare_app()
    set_up_languages(app)
    for language, words in (("en", english), ("zh", chinese)):
        with app.test_request_context(f"/?lang={language}"):
            assert goods_counted(goods, count) == words
    with app.test_request_context("/?lang=zh"):
        assert stratum_name("employed") == "本市就业者"
