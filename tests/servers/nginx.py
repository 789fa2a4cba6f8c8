"""A real nginx for the tests, with the configuration of deploy/: other places and ports, every other line as it is."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.servers.guard import Guard, free_port, refuse_or_skip

ROOT = Path(__file__).parents[2]
NAME = "masks.example.org"
_START_SECONDS = 30
#: Where a server without rights may write what comes and goes.
_TEMPORARY = "".join(
    f"    {kind}_temp_path {{folder}}/{kind};\n"
    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)
_TYPES = "types { text/css css; application/javascript js; image/svg+xml svg; }"


@contextmanager
def running_nginx(
    app_port: int, bundles: Path, changes: Mapping[str, str] | None = None, *, is_plain: bool = False
) -> Iterator[int]:
    """Start a server before an application, give its port for HTTPS, and stop it afterwards.

    Args:
        app_port: where the application listens.
        bundles: folder of bundles and look-up files.
        changes: other words of the configuration, each of which must stand there.
        is_plain: whether it speaks HTTP without TLS, for clients that cannot.
    """
    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if binary is None:
        refuse_or_skip("nginx")
    folder = Path(tempfile.mkdtemp(prefix="maskres-nginx-"))
    folder.chmod(0o755)
    port = free_port()
    _write(folder, port, app_port, bundles, changes or {}, "" if is_plain else " ssl http2")
    log = (folder / "out").open("wb")
    server = subprocess.Popen(
        [binary, "-c", str(folder / "nginx.conf"), "-p", str(folder), "-g", "daemon off;"],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    # The master ends its workers when it is told so.
    guard = Guard(["kill", "-TERM", str(server.pid)], folder)
    try:
        _wait_until_ready(port, server, folder)
        yield port
    finally:
        guard.stop()
        server.wait(timeout=60)
        log.close()


def _write(
    folder: Path, port: int, app_port: int, bundles: Path, changes: Mapping[str, str], tls: str
) -> None:
    """Write the configuration of deploy/ with this machine's places."""
    make_certificate(folder)
    places = {
        "listen 80 default_server;": f"listen 127.0.0.1:{free_port()} default_server;",
        "listen 443 ssl http2 default_server;": f"listen 127.0.0.1:{port}{tls} default_server;",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port}{tls};",
        "127.0.0.1:8000": f"127.0.0.1:{app_port}",
        "user www-data;": "user root;" if os.geteuid() == 0 else "",
        "/run/nginx.pid": f"{folder}/pid",
        "http {\n": "http {\n" + _TEMPORARY.format(folder=folder),
        "include /etc/nginx/mime.types;": _TYPES,
        "include /etc/nginx/conf.d/*.conf;": f"include {folder}/maskres.conf;",
        "/etc/maskres/tls/": f"{folder}/",
        "/etc/nginx/": f"{folder}/",
        "/var/cache/nginx/maskres": f"{folder}/cache",
        "/var/log/nginx/": f"{folder}/",
        "/var/lib/maskres/bundles/": f"{bundles}/",
        "/srv/maskres/": f"{ROOT}/",
    }
    sources = sorted((ROOT / "deploy" / "nginx").glob("*.conf"))
    whole = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    for old in (*places, *changes):
        assert old in whole, f"not in deploy/nginx: {old}"
    for path in sources:
        text = path.read_text(encoding="utf-8")
        for old, new in {**places, **changes}.items():
            text = text.replace(old, new)
        (folder / path.name).write_text(text, encoding="utf-8")


def make_certificate(folder: Path) -> None:
    """Write fullchain.pem and key.pem into a folder; nobody has signed them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _wait_until_ready(port: int, server: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            if server.poll() is not None or time.monotonic() > deadline:
                detail = (folder / "out").read_text(errors="replace")
                raise RuntimeError(f"nginx did not start:\n{detail}") from None
            time.sleep(0.02)


def connect_tls(port: int) -> ssl.SSLSocket:
    """Open a connection to a server of ours; its certificate is not looked at."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", port), timeout=30)
    return context.wrap_socket(plain, server_hostname=NAME)
