"""Asking an endpoint: what comes back in time and in shape, and nothing else."""

import contextlib
import gzip
import json
import re
import socket
import ssl
import subprocess
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from shutil import which
from threading import Thread
from typing import Any

import pytest

from annotations.extraction.remote import client
from annotations.extraction.remote.client import MAX_BYTES, MAX_REASON, EndpointFailed, ask_endpoint, short
from annotations.extraction.remote.endpoints import Endpoint
from tests.pure.extraction.remote.serving import SECRET, Answer, Served, raw, says, serving

FINE = {"fine": True}


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAUSES", (0.01, 0.02))


def ask(served: Served, *, seconds: float = 10) -> Any:
    return ask_endpoint(served.endpoint(seconds=seconds), {"text": "é🛥"}, time.monotonic() + seconds)


def refused(*answers: Answer, seconds: float = 10) -> str:
    """Return why an endpoint that answers so has failed; no secret of its is ever in the reason."""
    with serving(*answers) as served, pytest.raises(EndpointFailed) as failed:
        ask(served, seconds=seconds)
    reason = str(failed.value)
    for secret in (SECRET, "secret-in-address", "127.0.0.1", str(served.port)):
        assert secret not in reason
        assert secret not in repr(served.endpoint())
    assert failed.value.__cause__ is None
    assert reason.isprintable() and len(reason) < 2 * MAX_REASON
    return reason


# --- What arrives ------------------------------------------------------------------------------------


def test_an_answer_comes_back_and_the_question_arrives_whole() -> None:
    with serving(says(FINE)) as served:
        assert ask(served) == FINE
    (asked,) = served.asked
    assert asked.body == {"text": "é🛥"}
    assert asked.path == "/suggest?key=secret-in-address"
    assert asked.headers["Authorization"] == f"Bearer {SECRET}"
    assert asked.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{}\r\n\r\n0\r\n\r\n"),
        raw(b"HTTP/1.0 200 OK\r\n\r\n{}"),
    ],
    ids=["in chunks", "without a length"],
)
def test_every_way_of_sending_an_answer_is_read(answer: Answer) -> None:
    with serving(answer) as served:
        assert ask(served) == {}


# --- Trying again ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "passing",
    [says(status=500), says(status=503), says(status=429), raw(b""), raw(b"HTTP/1.")],
    ids=["500", "503", "429", "dropped", "broken off"],
)
def test_what_may_pass_is_tried_again(passing: Answer) -> None:
    with serving(passing, says(FINE)) as served:
        assert ask(served) == FINE
    assert len(served.asked) == 2


def test_a_body_that_ends_early_is_asked_for_again_and_never_taken_for_whole() -> None:
    half = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")
    with serving(half, says(FINE)) as served:
        assert ask(served) == FINE
    assert "the connection broke off" in refused(half)


def test_three_tries_are_the_most() -> None:
    with serving(says(status=502)) as served, pytest.raises(EndpointFailed, match="it answered 502, at the"):
        ask(served)
    assert len(served.asked) == 3


def test_nobody_there_is_no_connection() -> None:
    with serving(says(FINE)) as served:
        pass
    with pytest.raises(EndpointFailed, match="'news-model': no connection, at the last of three tries"):
        ask(served)


def test_a_pause_that_is_asked_for_is_kept() -> None:
    with serving(says(status=429, Retry_After="1"), says(FINE)) as served:
        begun = time.monotonic()
        assert ask(served) == FINE
        assert time.monotonic() - begun >= 1


def test_a_pause_until_a_time_is_kept_too() -> None:
    until = int(time.time()) + 3
    with serving(says(status=503, Retry_After=formatdate(until, usegmt=True)), says(FINE)) as served:
        assert ask(served, seconds=60) == FINE
    assert time.time() > until - 0.1


def test_a_pause_beyond_the_time_that_is_left_is_not_begun() -> None:
    begun = time.monotonic()
    answer = says(status=429, Retry_After="3600")
    assert "it answered 429; no time to wait 3600 s" in refused(answer, seconds=120)
    assert time.monotonic() - begun < 120


@pytest.mark.parametrize("nonsense", ["soon", "9" * 5000, "-5", ""])
def test_a_pause_that_cannot_be_read_is_our_own(nonsense: str) -> None:
    with serving(says(status=503, Retry_After=nonsense), says(FINE)) as served:
        assert ask(served) == FINE


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 422])
def test_what_will_not_pass_is_asked_once(status: int) -> None:
    with serving(says(status=status)) as served, pytest.raises(EndpointFailed, match=f"answered {status}"):
        ask(served)
    assert len(served.asked) == 1


# --- Time ---------------------------------------------------------------------------------------------


def drip(head: bytes, byte: bytes) -> Answer:
    """Send a byte now and then, so that no read ever waits long."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(head)
        while True:
            handler.wfile.write(byte)
            handler.wfile.flush()
            time.sleep(0.05)

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        lambda handler: handler.rfile.read(1),
        drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n", b" "),
        drip(b"HTTP/1.1 200 OK\r\n\r\n{}", b" "),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X: y\r\n"),
    ],
    ids=["silent", "headers", "body", "body without a length", "chunks", "trailers"],
)
def test_the_time_ends_however_the_bytes_come(answer: Answer) -> None:
    """Each of these servers goes on for as long as the client is there."""
    begun = time.monotonic()
    assert "no whole answer within 0.6 s" in refused(answer, seconds=0.6)
    assert time.monotonic() - begun > 0.5


def test_a_model_may_think_longer_than_connecting_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CONNECT_SECONDS", 0.2)

    def thoughtful(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.6)
        says(FINE)(handler)

    with serving(thoughtful) as served:
        assert ask(served) == FINE
    assert len(served.asked) == 1


def test_a_server_that_takes_no_connection_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CONNECT_SECONDS", 0.2)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            endpoint = Endpoint(name="full", url=f"http://127.0.0.1:{port}/")
            with pytest.raises(EndpointFailed, match="no connection within"):
                ask_endpoint(endpoint, {}, time.monotonic() + 5)


# --- Elsewhere ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with serving(says(FINE)) as elsewhere:
        address = f"http://localhost:{elsewhere.port}/"
        assert "redirects are not followed" in refused(says(status=status, Location=address))
        assert not elsewhere.asked
        # The control: somebody listens there.
        assert ask(elsewhere) == FINE


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(says({"proxy": True})) as proxy, serving(says(FINE)) as served:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert ask(served) == FINE
        assert not proxy.asked


@pytest.mark.skipif(not which("openssl"), reason="makes its certificate with openssl")
def test_a_certificate_that_nobody_signed_is_refused(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*make, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as plain, context.wrap_socket(plain, server_side=True) as tls:
        Thread(target=answer_tls, args=(tls, 2), daemon=True).start()
        endpoint = Endpoint(name="tls", url=f"https://localhost:{tls.getsockname()[1]}/")
        with pytest.raises(EndpointFailed, match="its certificate is not trusted"):
            ask_endpoint(endpoint, {}, time.monotonic() + 5)
        # The control: with that certificate among the trusted ones it answers.
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert ask_endpoint(endpoint, {}, time.monotonic() + 5) == {}


def answer_tls(listener: ssl.SSLSocket, times: int) -> None:
    for _ in range(times):
        # A client that does not trust the certificate says so in the handshake, or after it.
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                request = b""
                while not is_whole(request) and (piece := connection.recv(65536)):
                    request += piece
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def is_whole(request: bytes) -> bool:
    """Return whether all of a request is there: to close before it was read may take the answer back."""
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


# --- What is in it ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html><h1>Sign in</h1></html>", "is not JSON: line 1, column 1"),
        (b"", "is not JSON"),
        (b'{"a": 1', "is not JSON"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'"\xff"', "not UTF-8"),
        (b'{"score": NaN}', "NaN and Infinity are no JSON"),
        (b'{"score": 1e999}', "too large"),
        (b'{"surface": "\\u0000"}', "NUL"),
        (b'{"surface": "\\ud83d"}', "half a surrogate pair"),
        (b'{"a": 1, "a": 2}', "comes twice"),
        (b'{"' + b"a" * 5000 + b'": 1, "' + b"a" * 5000 + b'": 2}', "the key 'aaa"),
        (b'{"%b": 1, "%b": 2}' % (SECRET.encode(), SECRET.encode()), "the key '***' comes twice"),
        (b"[" * 65 + b"]" * 65, "nested deeper than 64"),
        (b"[" * 1_000_000, "nested deeper than 64"),
        (b'{"a": 9223372036854775808}', "beyond 64 bits"),
        (b'{"a": ' + b"9" * 5000 + b"}", "the number is too large"),
    ],
)
def test_what_is_not_json_that_can_be_stored_is_refused(body: bytes, reason: str) -> None:
    said = refused(says(body, Content_Type="text/html"))
    assert reason in said
    assert "(text/html)" in said


def test_an_answer_that_is_packed_is_refused_unopened() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    assert "its answer is packed" in refused(says(bomb, Content_Encoding="gzip"))


def test_an_answer_that_is_too_long_is_refused_at_the_limit() -> None:
    sent = 0

    def endless(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sent += handler.wfile.write(b" " * 2**20)

    assert f"over {MAX_BYTES} bytes" in refused(endless)
    assert sent < 2 * MAX_BYTES


def test_an_answer_at_the_limit_is_read() -> None:
    with serving(says(b"[" + b" " * (MAX_BYTES - 2) + b"]")) as served:
        assert ask(served) == []


# --- What an error says -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"error": {"message": "no model 'x'"}}, "answered 404: no model 'x'"),
        ({"error": "no model"}, "answered 404: no model"),
        ({"message": "no model"}, "answered 404: no model"),
        ({"error": {"message": f"bad key {SECRET}\nok"}}, "answered 404: bad key *** ok"),
        ({"error": {"message": f"sent Bearer {SECRET}."}}, "answered 404: sent ***."),
        ({"error": "Cannot POST /suggest?key=secret-in-address"}, "answered 404: Cannot POST ***?***"),
        ({"error": "the key 'secret-in-address' is old"}, "answered 404: the key '***' is old"),
        ({"error": {"message": ["a"]}}, "answered 404"),
        (["a"], "answered 404"),
        (b"<html>", "answered 404"),
    ],
)
def test_an_error_says_why_in_one_line_without_secrets(body: Any, told: str) -> None:
    assert refused(says(body, status=404)).endswith(told)


def test_an_error_is_cut() -> None:
    said = refused(says({"error": {"message": "x" * 10_000}}, status=400))
    assert said.endswith("x…") and len(said) < 300


@pytest.mark.parametrize("status", [401, 403, 500])
def test_an_answer_to_a_wrong_secret_is_not_repeated(status: int) -> None:
    said = refused(says({"error": {"message": "You sent cana*******"}}, status=status))
    assert "You sent" not in said


def test_the_control_of_the_secrets_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_without_secrets", lambda endpoint, words: words)
    with pytest.raises(AssertionError):
        refused(says({"error": {"message": SECRET}}, status=400))


def test_short_is_printable_and_cut() -> None:
    assert short("a\n\x1b[31mb\u202e") == "a  [31mb "
    assert len(short("x" * 1000)) == MAX_REASON
    assert json.loads(json.dumps(short("\ud83d"))) == " "
