"""Bodies read the short way: exactly as marshmallow reads them, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from maskres.web.api import counter_schemas, own_schemas
from maskres.web.api.fields import Body, read_plain

SCHEMAS = [
    kind()
    for module in (own_schemas, counter_schemas)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Body) and kind is not Body
] + [own_schemas.OnceHeader()]
KEYS = sorted({field.data_key or name for schema in SCHEMAS for name, field in schema.load_fields.items()})
PLAIN = ["a", "siming-1", "Siming", "self", "city", "M", "zh-Hans", "n" * 20, "x" * 300, "", "0" * 12]
VALUES: st.SearchStrategy[Any] = st.sampled_from([*PLAIN, True, False, None, 7, 1.5]) | st.lists(
    st.sampled_from(["siming-1", "no slug", 7, None]), max_size=22
)
SENT = st.dictionaries(st.sampled_from([*KEYS, "unknown"]), VALUES, max_size=9)

WHOLE = {
    "id_number": "11010519491231002X",
    "name": "王丰",
    "phone": "13812345678",
    "district": "siming",
    "reach": "city",
    "choices": ["siming-1", "huli-1"],
}


def loaded(schema: Schema, sent: Any) -> Any:
    try:
        return schema.load(sent)
    except ValidationError:
        return None


@given(schema=st.sampled_from(SCHEMAS), sent=SENT | VALUES)
def test_what_is_read_the_short_way_is_what_marshmallow_reads(schema: Schema, sent: Any):
    plain = read_plain(schema, sent)
    assert plain is None or plain == loaded(schema, sent)


@given(sent=SENT)
def test_an_application_with_anything_strange_in_it_is_left_to_marshmallow(sent: dict[str, Any]):
    schema = own_schemas.ApplicationSent()
    whole = WHOLE | sent
    assert read_plain(schema, whole) == loaded(schema, whole)


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        (own_schemas.ApplicationSent(), WHOLE),
        (own_schemas.LanguageQuery(), {}),
        (own_schemas.OnceHeader(), {"Idempotency-Key": "k" * 16}),
        (counter_schemas.HandOver(), {"nonce": "n" * 16, "code": "0" * 12}),
    ],
    ids=["application", "query", "header", "hand-over"],
)
def test_what_is_sent_all_day_goes_the_short_way(schema: Schema, sent: dict[str, Any]):
    assert read_plain(schema, sent) == schema.load(sent)
