"""What carries messages to phones: a screen or a file for trying out, an HTTP service in earnest."""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Any

from maskres.clock import utc_now
from maskres.config import WorkSettings, split_address
from maskres.errors import ConfigurationError
from maskres.formats.values import format_time
from maskres.usecases.telling.messages import Gateway, GatewayFailed

HTTP_SECONDS = 10
#: Answers that mean: this message, never.
_REFUSALS = (400, 422)


class ConsoleGateway:
    """Writes messages on standard output."""

    def send(self, message_id: str, phone: str, words: str) -> None:
        """Write one message."""
        sys.stdout.write(f"SMS {message_id} to {phone}: {words}\n")
        sys.stdout.flush()


class FileGateway:
    """Appends messages to a file, one JSON object a line, readable by its owner alone.

    Args:
        path: the file; made where it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, message_id: str, phone: str, words: str) -> None:
        """Append one message."""
        message = {"id": message_id, "at": format_time(utc_now()), "to": phone, "text": words}
        line = json.dumps(message, ensure_ascii=False) + "\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line.encode())  # one call: lines of several workers do not mix
            finally:
                os.close(handle)
        except OSError as error:
            raise GatewayFailed("gateway-unreachable", "The file of messages cannot be written.") from error


class HttpGateway:
    """Posts messages to a service: JSON of id, to and text; the id again as Idempotency-Key.

    Args:
        url: where to.
        token: sent as bearer token, if there is one.
    """

    def __init__(self, url: str, token: str | None) -> None:
        self._url = url
        self._token = token
        self._opener = urllib.request.build_opener(_NoRedirect)

    def send(self, message_id: str, phone: str, words: str) -> None:
        """Post one message; any answer of 200 to 299 means that it was taken."""
        body = json.dumps({"id": message_id, "to": phone, "text": words}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": message_id}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(self._url, data=body, headers=headers, method="POST")
        try:
            with self._opener.open(request, timeout=HTTP_SECONDS) as answer:
                answer.read(1024)
        except urllib.error.HTTPError as error:
            status = error.code
            error.close()
            if status in _REFUSALS:
                raise GatewayFailed(
                    "gateway-refused", f"The gateway refused the message ({status}).", is_final=True
                ) from None
            raise GatewayFailed(
                "gateway-failed", f"The gateway did not take the message ({status})."
            ) from None
        except (OSError, ValueError, HTTPException) as error:
            name = type(error).__name__
            raise GatewayFailed("gateway-unreachable", f"The gateway cannot be reached ({name}).") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A message is posted where the settings say, or not at all."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Follow nothing."""


def read_gateway(settings: WorkSettings, instance: Path) -> Gateway:
    """Give the gateway the settings name.

    Args:
        settings: of the background processes.
        instance: folder of the deployment; the gateway file writes sms.jsonl there.

    Raises:
        ConfigurationError: "missing-sms-gateway", "bad-sms-gateway", "missing-sms-url", "bad-sms-url".
    """
    name = settings.sms_gateway
    if name is None:
        raise _lacks(
            "missing-sms-gateway", "Say how messages reach phones: MASKRES_SMS_GATEWAY=http, file or console."
        )
    if name == "console":
        return ConsoleGateway()
    if name == "file":
        return FileGateway(sms_file(instance))
    if name != "http":
        raise _lacks("bad-sms-gateway", "MASKRES_SMS_GATEWAY must be http, file or console.")
    if settings.sms_url is None:
        message = "Say where the gateway is: MASKRES_SMS_URL=https://…"
        raise _lacks("missing-sms-url", message, "MASKRES_SMS_URL")
    parts = split_address(settings.sms_url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.netloc:
        raise _lacks(
            "bad-sms-url", "MASKRES_SMS_URL must be like https://sms.example.org/send.", "MASKRES_SMS_URL"
        )
    return HttpGateway(settings.sms_url, settings.sms_token)


def sms_file(instance: Path) -> Path:
    """Give the file that the gateway file appends to."""
    return instance / "sms.jsonl"


def _lacks(code: str, message: str, field: str = "MASKRES_SMS_GATEWAY") -> ConfigurationError:
    return ConfigurationError(code, message, field=field)
