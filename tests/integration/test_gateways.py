"""Gateways: chosen by the settings, and honest about what they took."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from maskres.config import read_work_settings
from maskres.errors import ConfigurationError
from maskres.jobs.gateways import read_gateway
from maskres.usecases.telling.messages import GatewayFailed
from tests.servers.guard import free_port
from tests.support.phones import running_gateway

REDIS = {"MASKRES_REDIS_URL": "redis://127.0.0.1:6379/0"}
PHONE, WORDS = "+8613812345678", "验证码 482913"


def gateway_of(tmp_path, **variables):
    return read_gateway(read_work_settings(REDIS | variables), tmp_path)


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({}, "missing-redis-url"),
        ({"MASKRES_REDIS_URL": "127.0.0.1:6379"}, "bad-redis-url"),
        ({"MASKRES_REDIS_URL": "redis://127.0.0.1:port/0"}, "bad-redis-url"),
        ({"MASKRES_REDIS_URL": "redis://127.0.0.1:6379/queue"}, "bad-redis-url"),
        ({"MASKRES_REDIS_URL": "unix://"}, "bad-redis-url"),
        (REDIS, "missing-sms-gateway"),
        (REDIS | {"MASKRES_SMS_GATEWAY": "pigeon"}, "bad-sms-gateway"),
        (REDIS | {"MASKRES_SMS_GATEWAY": "http"}, "missing-sms-url"),
        (REDIS | {"MASKRES_SMS_GATEWAY": "http", "MASKRES_SMS_URL": "sms.example.org"}, "bad-sms-url"),
        (REDIS | {"MASKRES_SMS_GATEWAY": "http", "MASKRES_SMS_URL": "file:///etc/passwd"}, "bad-sms-url"),
        (
            REDIS | {"MASKRES_SMS_GATEWAY": "http", "MASKRES_SMS_URL": "http://sms.example:port/"},
            "bad-sms-url",
        ),
    ],
)
def test_what_is_missing_is_said(tmp_path, variables, code):
    with pytest.raises(ConfigurationError) as caught:
        read_gateway(read_work_settings(variables), tmp_path)
    assert caught.value.code == code
    assert caught.value.field in variables or caught.value.field.startswith("MASKRES_")


def test_settings_do_not_show_the_token():
    settings = read_work_settings(REDIS | {"MASKRES_SMS_TOKEN": "very-secret"})
    assert settings.sms_token == "very-secret"
    assert "very-secret" not in repr(settings)


def test_the_file_holds_one_message_a_line_for_its_owner_alone(tmp_path):
    gateway = gateway_of(tmp_path / "instance", MASKRES_SMS_GATEWAY="file")
    gateway.send("id-1", PHONE, WORDS)
    gateway.send("id-2", PHONE, "line\nbreak")
    path = tmp_path / "instance" / "sms.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(line["id"], line["to"], line["text"]) for line in lines] == [
        ("id-1", PHONE, WORDS),
        ("id-2", PHONE, "line\nbreak"),
    ]
    assert path.stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_written_is_no_message_sent(tmp_path):
    (tmp_path / "sms.jsonl").mkdir()
    with pytest.raises(GatewayFailed) as caught:
        gateway_of(tmp_path, MASKRES_SMS_GATEWAY="file").send("id-1", PHONE, WORDS)
    assert not caught.value.is_final


def test_the_console_shows_it(tmp_path, capsys):
    gateway_of(tmp_path, MASKRES_SMS_GATEWAY="console").send("id-1", PHONE, WORDS)
    assert capsys.readouterr().out == f"SMS id-1 to {PHONE}: {WORDS}\n"


@pytest.mark.parametrize(
    ("status", "code", "is_final"),
    [
        (400, "gateway-refused", True),
        (422, "gateway-refused", True),
        (401, "gateway-failed", False),
        (429, "gateway-failed", False),
        (500, "gateway-failed", False),
        (302, "gateway-failed", False),
        (307, "gateway-failed", False),
    ],
)
def test_answers_of_http(tmp_path, status, code, is_final):
    with running_gateway(status) as server:
        gateway = gateway_of(tmp_path, MASKRES_SMS_GATEWAY="http", MASKRES_SMS_URL=server.url)
        with pytest.raises(GatewayFailed) as caught:
            gateway.send("id-1", PHONE, WORDS)
        assert (caught.value.code, caught.value.is_final) == (code, is_final)
        assert PHONE not in str(caught.value)
        gateway.send("id-1", PHONE, WORDS)
        assert server.taken == [{"id": "id-1", "to": PHONE, "text": WORDS}]
        assert [key for key, _, _ in server.came] == ["id-1", "id-1"]


def test_nobody_there_and_one_who_never_answers(tmp_path, monkeypatch):
    def send_to(port):
        url = f"http://127.0.0.1:{port}"
        with pytest.raises(GatewayFailed) as caught:
            gateway_of(tmp_path, MASKRES_SMS_GATEWAY="http", MASKRES_SMS_URL=url).send("id-1", PHONE, WORDS)
        return caught.value

    assert send_to(free_port()).code == "gateway-unreachable"
    monkeypatch.setattr("maskres.jobs.gateways.HTTP_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert send_to(silent.getsockname()[1]).code == "gateway-unreachable"


@pytest.mark.parametrize("answer", [b"hello\r\n\r\n", b"HTTP/1.1 000 \r\n\r\n", b""])
def test_one_who_answers_nonsense_is_tried_again(tmp_path, answer):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with ThreadPoolExecutor(1) as pool:
            answered = pool.submit(answer_once, server, answer)
            with pytest.raises(GatewayFailed) as caught:
                gateway_of(tmp_path, MASKRES_SMS_GATEWAY="http", MASKRES_SMS_URL=url).send(
                    "id-1", PHONE, WORDS
                )
            answered.result()
    assert (caught.value.code, caught.value.is_final) == ("gateway-unreachable", False)


def answer_once(server: socket.socket, answer: bytes) -> None:
    """Answer whoever comes first, whatever they say."""
    visitor, _ = server.accept()
    with visitor:
        visitor.recv(4096)
        visitor.sendall(answer)
