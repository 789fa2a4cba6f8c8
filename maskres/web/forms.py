"""Forms of pages: what was typed is kept, every problem is said at its field and in the summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request
from flask_babel import gettext
from marshmallow import Schema, ValidationError

from maskres.errors import MaskresError
from maskres.registration.applications import ApplicationRefused
from maskres.web.words import say


@dataclass
class Form:
    """A form as it was sent.

    Attributes:
        values: field → what was typed; "" where nothing was.
        errors: field → what is wrong with it, in the person's language; "" is the form as a whole.
        gathered: what the summary says once for all errors, where a line for each would be too many.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    gathered: str = ""

    @classmethod
    def sent(cls) -> Form:
        """Take the form of this request; a field sent several times is joined by "|"."""
        return cls(
            {name: "|".join(request.form.getlist(name)) for name in request.form if name != "csrf_token"}
        )

    def __getitem__(self, name: str) -> str:
        """Give what was typed in a field."""
        return self.values.get(name, "")

    def load(self, schema: Schema) -> dict[str, Any] | None:
        """Check the form by a schema.

        Returns:
            The values it gives, or None where `errors` says what is wrong.
        """
        try:
            return dict(schema.load(dict(self.values)))
        except ValidationError as error:
            messages = error.messages if isinstance(error.messages, dict) else {"": error.messages}
            for name, found in messages.items():
                first = found[0] if isinstance(found, list) else found
                self.errors[str(name) if name != "_schema" else ""] = str(first)
            return None

    def refuse(self, error: MaskresError, *, fields: Mapping[str, str] | None = None) -> None:
        """Take over what a use case found wrong.

        Args:
            error: from the use case.
            fields: its name of a field → the form's, where they differ.
        """
        parts = error.errors if isinstance(error, ApplicationRefused) else (error,)
        for part in parts:
            name = (fields or {}).get(part.field or "", part.field or "")
            self.errors.setdefault(name if name in self.values else "", say(part))

    def error(self, name: str) -> dict[str, str] | None:
        """Give a field's error as GOV.UK Frontend's macros take it."""
        text = self.errors.get(name)
        return {"text": text, "visuallyHiddenText": gettext("Error")} if text else None

    @property
    def summary(self) -> list[dict[str, str]]:
        """Give the summary of errors, each leading to its field; what is gathered leads to the first."""
        if self.gathered:
            return [{"text": self.gathered, "href": f"#{next(iter(self.errors))}"}]
        return [
            {"text": text, "href": f"#{name}"} if name else {"text": text}
            for name, text in self.errors.items()
        ]
