"""DynamoDB's reads over kept connections, against a server that misbehaves as real ones do."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from app.adapters.aws import Aws
from app.adapters.dynamodb.keys import Key
from app.adapters.dynamodb.reads import signed
from app.adapters.dynamodb.table import Table
from app.domain.errors import BackendUnavailable, TooManyRequests
from app.settings import Settings

ITEM = b'{"Item": {"pk": {"S": "p"}, "sk": {"S": "s"}, "doc": {"S": "{\\"a\\": \\"\xc3\xa4\\"}"}, "rev": {"N": "3"}}}'
THROTTLE = b'{"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "message": "slow"}'
GOOD = (200, ITEM)


class Server(ThreadingHTTPServer):
    """Answers with what is left of `script`, the last of it for ever. `drops`: closes silently after each answer, and
    `closes` says so.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[tuple[int, bytes]] = [GOOD]
        self.requests: list[dict[str, str]] = []
        self.connections = 0
        self.drops = self.closes = False
        self.pause = 0.0

    def finish_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().finish_request(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.requests.append({name.lower(): value for name, value in self.headers.items()})
        script = self.server.script
        status, body = script.pop(0) if len(script) > 1 else script[0]
        pause, self.server.pause = self.server.pause, 0.0
        time.sleep(pause)
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        if self.server.closes:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.server.drops

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def table(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Table]:
    def made(scheme: str = "http") -> Table:
        for name, value in {
            "AWS_ENDPOINT_URL": f"{scheme}://localhost:{server.server_port}",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "a/session+token=",
        }.items():
            monkeypatch.setenv(name, value)
        return Table(Aws(Settings()), "headgate", lambda: "op")

    return made


def read(table: Table) -> str:
    item = table.get(Key("p", "s"))
    assert item is not None
    assert item.revision == 3
    return item.doc


@pytest.mark.parametrize("token", [None, "a/session+token="])
def test_the_signature_is_botocores(token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: now.replace(tzinfo=None))
    credentials = ReadOnlyCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
    body, target = b'{"TableName": "t"}', {"X-Amz-Target": "DynamoDB_20120810.GetItem"}
    request = AWSRequest("POST", "https://dynamodb.eu-central-1.amazonaws.com/", dict(target), body)
    SigV4Auth(credentials, "dynamodb", "eu-central-1").add_auth(request)
    host = "dynamodb.eu-central-1.amazonaws.com"
    ours = signed(target, body, host, "eu-central-1", credentials, now.timestamp())
    assert ours["authorization"] == request.headers["Authorization"]
    assert ours["x-amz-date"] == request.headers["X-Amz-Date"]
    assert ours.get("x-amz-security-token") == token


def test_reads_share_a_connection_and_each_is_one_request(server: Server, table: Callable[..., Table]) -> None:
    reader = table()
    assert [read(reader) for _ in range(5)] == ['{"a": "ä"}'] * 5
    assert (len(server.requests), server.connections) == (5, 1)
    assert server.requests[0]["x-amz-security-token"] == "a/session+token="
    assert server.requests[0]["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")


def test_a_connection_that_was_closed_meanwhile_is_not_used(server: Server, table: Callable[..., Table]) -> None:
    reader, server.drops = table(), True
    for _ in range(3):
        read(reader)
        time.sleep(0.05)
    assert (len(server.requests), server.connections) == (3, 3)


@pytest.mark.parametrize(
    ("script", "tries"),
    [([(500, b"{}"), GOOD], 2), ([(400, THROTTLE), GOOD], 2), ([(503, b"oops"), (500, b""), GOOD], 3)],
)
def test_what_goes_wrong_once_is_asked_again(
    server: Server, table: Callable[..., Table], script: list[tuple[int, bytes]], tries: int
) -> None:
    reader, server.script = table(), script
    assert read(reader) == '{"a": "ä"}'
    assert len(server.requests) == tries


def test_an_answer_that_is_late_is_asked_for_again(server: Server, table: Callable[..., Table]) -> None:
    reader, server.pause = table(), 2.5
    assert read(reader) == '{"a": "ä"}'
    assert len(server.requests) == 2


@pytest.mark.parametrize(("answer", "error"), [((400, THROTTLE), TooManyRequests), ((400, b"{}"), BackendUnavailable)])
def test_what_goes_wrong_for_good_is_the_same_error_as_ever(
    server: Server, table: Callable[..., Table], answer: tuple[int, bytes], error: type[Exception]
) -> None:
    reader, server.script = table(), [answer]
    with pytest.raises(error):
        reader.get(Key("p", "s"))


def test_over_tls_the_certificate_is_checked(
    server: Server, table: Callable[..., Table], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = certified(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with pytest.raises(BackendUnavailable):
        table("https").get(Key("p", "s"))
    assert not server.requests
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    before = server.connections
    reader = table("https")
    assert [read(reader) for _ in range(3)] == ['{"a": "ä"}'] * 3
    server.closes = True
    assert read(reader) == '{"a": "ä"}'
    assert (len(server.requests), server.connections - before) == (4, 1)


def certified(folder: Path) -> tuple[Path, Path]:
    """A certificate of localhost that signs itself, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret
