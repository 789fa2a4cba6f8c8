"""Published JSON ends every line with LF; what people write by hand may come from any editor."""

from __future__ import annotations

import pytest

from maskres.errors import InputError
from maskres.formats.strict_json import loads


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'{"a": 1}', 1),
        (b'{\n"a": 1}', 2),
        (b'{"a": 1}\r\n', 1),
        (b'{\n"a": 1\r}\n', 2),
        (b'{\n"a":\n 1}\r', 3),
        (b'{"a": 1}\n\r\n', 2),
        (b"", 1),
    ],
)
def test_a_published_file_without_lf_is_refused(data: bytes, line: int) -> None:
    with pytest.raises(InputError) as refused:
        loads(data, file="commitment.json", is_published=True)
    error = refused.value
    assert (error.code, error.file, error.line) == ("bad-json", "commitment.json", line)


@pytest.mark.parametrize("data", [b'{"a": 1}\n', b'{\n"a":\n1}\n', b'{"a": 1}\n\n'])
def test_a_published_file_with_lf_is_read(data: bytes) -> None:
    assert loads(data, file="commitment.json", is_published=True) == {"a": 1}


@pytest.mark.parametrize("number", [b"-0", b"1.0", b"1e3", b"NaN", b"-Infinity", b"9" * 19])
def test_only_plain_whole_numbers_are_read(number: bytes) -> None:
    with pytest.raises(InputError) as refused:
        loads(b'{"a": ' + number + b"}\n", file="commitment.json", is_published=True)
    assert refused.value.code == "bad-json"


@pytest.mark.parametrize("data", [b'{"a": 1}', b'{\r\n"a": 1}\r\n'])
def test_what_people_write_may_come_from_any_editor(data: bytes) -> None:
    assert loads(data, file="sources.json") == {"a": 1}
