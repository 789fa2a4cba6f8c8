"""The description of the interface, arranged for a page that people read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_METHODS = ("get", "post", "put", "delete")
_NO_ANCHOR = re.compile("[^a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the page shows it.

    Attributes:
        anchor: of its heading.
        method: in capitals.
        path: with its parameters in braces.
        summary: one sentence.
        description: more of them, or nothing.
        credentials: what must be shown, any one of them; none where nobody is asked.
        parameters: name, kind, whether needed, what it is and where it stands.
        body: fields of the body: name, kind, whether needed, what it is.
        answers: status, what it means, kind of content.
    """

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    credentials: list[str]
    parameters: list[tuple[str, str, bool, str]]
    body: list[tuple[str, str, bool, str]]
    answers: list[tuple[str, str, str]]


def operations_by_tag(document: dict[str, Any]) -> list[tuple[str, str, list[Operation]]]:
    """Arrange a description: name of the subject, what it is about, its operations."""
    found: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                shown = _operation(document, path, method, item[method], item.get("parameters", []))
                found[item[method]["tags"][0]].append(shown)
    return [(tag["name"], tag.get("description", ""), found[tag["name"]]) for tag in document["tags"]]


def _operation(
    document: dict[str, Any], path: str, method: str, operation: dict[str, Any], shared: list[Any]
) -> Operation:
    schema = _content_schema(operation.get("requestBody", {}))
    return Operation(
        anchor=f"{method}{_NO_ANCHOR.sub('-', path)}",
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        credentials=[name for each in operation.get("security", []) for name in each],
        parameters=[_parameter(document, each) for each in (*shared, *operation.get("parameters", []))],
        body=_fields(document, schema),
        answers=[
            (status, _resolve(document, answer).get("description", ""), _content_kind(document, answer))
            for status, answer in sorted(operation["responses"].items())
        ],
    )


def _parameter(document: dict[str, Any], each: dict[str, Any]) -> tuple[str, str, bool, str]:
    words = f"{each.get('description', '')} ({each['in']})".strip()
    return each["name"], _kind(document, each.get("schema", {})), each.get("required", False), words


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, str, bool, str]]:
    resolved = _resolve(document, schema)
    needed = set(resolved.get("required", []))
    return [
        (name, _kind(document, each), name in needed, str(each.get("description", "")))
        for name, each in resolved.get("properties", {}).items()
    ]


def _kind(document: dict[str, Any], schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"] if value is not None)
    if "$ref" in schema:
        inner = ", ".join(name for name, _, _, _ in _fields(document, schema))
        return f"{{{inner}}}"
    if schema.get("type") == "array":
        return f"[{_kind(document, schema.get('items', {}))}, …]"
    kind = schema.get("type", "")
    name = " | ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{name} {schema['pattern']}" if "pattern" in schema else name


def _content_schema(holder: dict[str, Any]) -> dict[str, Any]:
    content = holder.get("content", {})
    first: dict[str, Any] = next(iter(content.values()), {})
    return dict(first.get("schema", {}))


def _content_kind(document: dict[str, Any], answer: dict[str, Any]) -> str:
    resolved = _resolve(document, answer)
    schema = _content_schema(resolved)
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    return ", ".join(resolved.get("content", {}))


def _resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        found: Any = document
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def shapes_of(document: dict[str, Any]) -> list[tuple[str, str, list[tuple[str, str, bool, str]]]]:
    """List the shapes of bodies and answers: name, what it is, its fields."""
    schemas = document["components"]["schemas"]
    return [
        (name, str(schema.get("description", "")), _fields(document, schema))
        for name, schema in sorted(schemas.items())
    ]
