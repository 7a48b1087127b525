"""Posting to addresses that users name: nothing of our own network is reached, nothing of theirs told."""

import itertools
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from threading import Thread

import pytest

from annotations.outgoing import posting
from annotations.outgoing.addresses import is_forbidden
from annotations.outgoing.posting import PostFailed, Target, TargetRefused, post, read_named, read_target
from tests.pure.extraction.remote.serving import Answer, raw, says, serving
from tests.pure.extraction.remote.test_client import answer_tls

NOBODY = frozenset[tuple[str, int]]()
#: One of each range that is nobody's public host, in all the ways in which IPv6 can hold an IPv4.
INSIDE = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
    "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd12::1",
    "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "not-an-address", "",
]  # fmt: skip
OUTSIDE = ["1.1.1.1", "100.63.255.255", "172.32.0.1", "193.0.6.139", "2606:4700::1111", "2a00:1450::1"]
#: Ways to write a loopback; what the system's resolver makes of them is checked, not how they look.
LOOPBACKS = ["127.0.0.1", "127.1", "0", "0x7f000001", "2130706433", "017700000001", "localhost", "[::1]"]


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, list[object]]]:
    """A listener on loopback that nobody may reach. Its port is allowed: addresses alone protect it."""
    hits: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])

        def listen() -> None:
            while True:
                try:
                    connected, peer = listener.accept()
                except OSError:
                    return
                hits.append(peer)
                connected.close()

        thread = Thread(target=listen, daemon=True)
        thread.start()
        monkeypatch.setattr(posting, "PORTS", frozenset({port}))
        yield port, hits
        # Wakes the thread, which close() alone would not.
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def failure(url: str, **options: object) -> str:
    with pytest.raises((PostFailed, TargetRefused)) as failed:
        post(read_target(url, NOBODY), b"{}", {}, **options)  # type: ignore[arg-type]
    assert failed.value.__cause__ is None
    return str(failed.value)


def test_no_address_inside_is_let_through_and_those_outside_are() -> None:
    assert [address for address in INSIDE if not is_forbidden(address)] == []
    assert [address for address in OUTSIDE if is_forbidden(address)] == []


def test_no_way_to_write_or_to_mix_addresses_reaches_loopback(canary: tuple[int, list[object]]) -> None:
    port, hits = canary
    for host in LOOPBACKS:
        failure(f"https://{host}:{port}/")
    for inside, outside in itertools.product(INSIDE, OUTSIDE):
        # A name whose addresses are mixed, in either order.
        for found in ([inside], [inside, outside], [outside, inside]):
            words = failure(f"https://a.test:{port}/", resolve=lambda *_, found=found: list(found))
            assert words == "the host has an address that is not allowed here"
    assert hits == []


def test_the_control_a_canary_that_is_reached_tells(
    canary: tuple[int, list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, hits = canary
    monkeypatch.setattr(posting, "is_forbidden", lambda _: False)
    failure(f"https://127.0.0.1:{port}/")
    assert len(hits) == 1


def test_a_name_that_changes_its_address_is_looked_up_once(
    canary: tuple[int, list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, hits = canary
    answers = iter([["1.1.1.1"], ["127.0.0.1"], ["127.0.0.1"]])
    connected_to = []

    def connect(address: tuple[str, int], **_: object) -> socket.socket:
        connected_to.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    assert failure(f"https://a.test:{port}/", resolve=lambda *_: next(answers)) == "no connection"
    assert connected_to == [("1.1.1.1", port)]
    assert hits == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "https://", "https:///x", "//a/",
        "https://example.org:22/", "https://example.org:0/", "https://example.org:99999/", "https://[::1",
        "https://user@example.org/", "https://user:word@example.org/", "https://example.org@127.0.0.1/",
        "https://example.org/#part", "https://①②⑦.⓪.⓪.①/", "https://exämple.org/",
        "https://example.org/ HTTP/1.1\r\nX: y", "https://example.org/\tx", "https://a\\@b/", "javascript:x",
        f"https://example.org/{'x' * 2000}", "gopher://127.0.0.1:6379/_x",
    ],
)  # fmt: skip
def test_urls_that_are_refused_before_anything_is_looked_up(url: str) -> None:
    with pytest.raises(TargetRefused):
        read_target(url, NOBODY)


def test_hosts_that_the_operator_names_may_be_inside_and_do_without_tls() -> None:
    named = read_named(["hooks.internal", "10.0.0.7:8080", "[::1]:9000"])
    assert read_target("http://hooks.internal/x?y=1", named).path == "/x?y=1"
    assert read_target("http://HOOKS.internal./", named).named
    assert read_target("http://10.0.0.7:8080/", named).netloc == "10.0.0.7:8080"
    assert read_target("https://[::1]:9000/", named).netloc == "[::1]:9000"
    for other in ("http://10.0.0.7:8081/", "http://10.0.0.7/", "http://x.hooks.internal/"):
        with pytest.raises(TargetRefused):
            read_target(other, named)
    for entry in ("http://x", "a:b", "user@x", "a/b", "[::1", "x:99999"):
        with pytest.raises(TargetRefused):
            read_named([entry])


def send(port: int, *, seconds: float = 5) -> int:
    target = Target(secure=False, host="127.0.0.1", port=port, path="/in?x=1", named=True)
    return post(target, b'{"a":1}', {"webhook-id": "msg_1"}, seconds=seconds)


def test_what_is_posted_arrives_past_any_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving(says({}, status=204)) as served:
        assert send(served.port) == 204
    (asked,) = served.asked
    assert (asked.path, asked.data, asked.headers["webhook-id"]) == ("/in?x=1", b'{"a":1}', "msg_1")
    assert asked.headers["Host"] == f"127.0.0.1:{served.port}"


def test_a_redirect_is_not_followed() -> None:
    with serving(says({})) as other:
        aim = f"http://127.0.0.1:{other.port}/"
        with serving(says({}, status=302, Location=aim)) as served:
            assert send(served.port) == 302
    assert other.asked == []


def drip(handler: object) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nx: ")  # type: ignore[attr-defined]
    while True:
        handler.wfile.write(b"y")  # type: ignore[attr-defined]
        time.sleep(0.05)


def silent(handler: object) -> None:
    handler.rfile.read(1)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("answer", "seconds", "words"),
    [
        (raw(b"\x00\xff\xfegarbage\r\n\r\n"), 60, "the answer is not HTTP"),
        (raw(b"220 smtp.secret.internal ESMTP\r\n"), 60, "the answer is not HTTP"),
        (raw(), 60, "the answer is not HTTP"),
        # These two go on for as long as the client is there.
        (drip, 0.5, "no answer within 0.5 s"),
        (silent, 0.5, "no answer within 0.5 s"),
    ],
)
def test_what_answers_badly_fails_in_time_and_tells_nothing(
    answer: Answer, seconds: float, words: str
) -> None:
    with serving(answer) as served, pytest.raises(PostFailed) as failed:
        send(served.port, seconds=seconds)
    assert str(failed.value) == words


def test_an_answer_without_an_end_is_read_a_little_and_counts_by_its_status() -> None:
    sent: list[int] = []

    def endless(handler: object) -> None:
        handler.send_response(200)  # type: ignore[attr-defined]
        handler.end_headers()  # type: ignore[attr-defined]
        while sum(sent) < 2**30:
            sent.append(handler.wfile.write(b"x" * 2**16))  # type: ignore[attr-defined]

    with serving(endless) as served:
        assert send(served.port, seconds=60) == 200
    assert sum(sent) < 2**26, "what the connection holds, and no more"


def test_where_nobody_listens_there_is_no_connection() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        with pytest.raises(PostFailed, match="no connection"):
            send(probe.getsockname()[1])


@pytest.mark.skipif(not which("openssl"), reason="makes its certificate with openssl")
def test_the_certificate_must_be_that_of_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=a.test"]
    made += ["-addext", "subjectAltName=DNS:a.test", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def sent_to(host: str) -> str:
        target = Target(secure=True, host=host, port=tls.getsockname()[1], path="/", named=True)
        try:
            return str(post(target, b"{}", {}, resolve=lambda *_: ["127.0.0.1"]))
        except PostFailed as failed:
            return str(failed)

    with socket.create_server(("127.0.0.1", 0)) as plain, context.wrap_socket(plain, server_side=True) as tls:
        Thread(target=answer_tls, args=(tls, 3), daemon=True).start()
        assert sent_to("a.test") == "the certificate is not trusted"
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert sent_to("b.test") == "the certificate is not trusted"
        assert sent_to("a.test") == "200", "the control"
