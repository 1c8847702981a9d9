"""The fetch driver against peers that mean no good, and addresses nobody may call."""

import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import typing

import pytest

from harness import BUILD, SLOW, Answer

PROGRAM = "tests/integration/drive_fetch"
LOOPBACK = "127.0.0.0/8"


class Result(typing.NamedTuple):
    error: str
    status: int
    size: int
    start: str
    asked: int
    headers: int
    content_type: str


class Drive:
    def __init__(self, allow, env=None):
        self.child = subprocess.Popen([str(BUILD / PROGRAM), allow], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True,
                                      env={**os.environ, **(env or {})})

    def ask(self, *words):
        self.child.stdin.write("\t".join(map(str, words)) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        assert line, f"drive_fetch ended: {self.child.poll()}"
        return line.rstrip("\n").split("\t")

    def check(self, url):
        return self.ask("check", url)[0]

    def run(self, url, method="POST", size=10, timeout_ms=5000 * SLOW, patience=-1, headers=()):
        words = self.ask("run", method, url, size, timeout_ms, patience, *headers)
        return Result(words[0], int(words[1]), int(words[2]), words[3], int(words[4]),
                      int(words[5]), words[6])

    def close(self):
        self.child.stdin.close()
        assert self.child.wait(10 * SLOW) == 0
        self.child.stdout.close()


@pytest.fixture
def make_drive():
    made = []

    def make(allow="", env=None):
        made.append(Drive(allow, env))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def drive(make_drive):
    return make_drive(LOOPBACK)


@pytest.fixture
def strict(make_drive):
    return make_drive("")


PRIVATE = [
    "127.0.0.1", "localhost", "LOCALHOST", "a.localhost", "localhost.", "2130706433", "0x7f000001",
    "0177.0.0.1", "127.1", "0", "0.0.0.0", "0x7f.1", "[::1]", "[::]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "168.63.129.16", "[fc00::1]", "[fd12::1]", "[fe80::1]", "[fec0::1]",
    "[ff02::1]", "[64:ff9b::7f00:1]", "[64:ff9b::a00:1]", "[2002:7f00:1::]", "[2001:0:1::]"]


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_in_every_spelling(strict, host):
    for url in (f"http://{host}/", f"https://{host}:8443/x?y=z"):
        assert strict.check(url) == "ERR_INVALID"
        assert strict.run(url, timeout_ms=500).error == "ERR_DENIED"


@pytest.mark.parametrize("url", [
    "http://user@example.com/", "http://:pw@example.com/", "http://x@127.0.0.1/",
    "http://127.0.0.1\\@example.com/", "http://example.com\\@127.0.0.1/", "file:///etc/passwd",
    "gopher://example.com/", "dict://example.com/", "ftp://example.com/", "smtp://example.com/",
    "http://", "http:///x", "//example.com", "example.com", "", "http://exa mple.com/",
    "http://example.com/a b", "http://example.com:99999/", "javascript:alert(1)",
    "data:text/plain,x"])
def test_urls_that_cannot_be_called(strict, url):
    assert strict.check(url) == "ERR_INVALID"
    assert strict.run(url, timeout_ms=500).error == "ERR_DENIED"


@pytest.mark.parametrize("url", [
    "https://example.com/hook?a=b", "http://example.com:8080/", "https://8.8.8.8/",
    "HTTPS://EXAMPLE.COM", "https://[2606:4700::1111]/", "http://172.15.0.1/", "http://172.32.0.1/",
    "http://127.0.0.1.example/"])
def test_urls_that_can(strict, url):
    assert strict.check(url) == "OK"


def test_a_name_that_means_a_private_address_is_refused_at_connect(strict, peer):
    names = ("ip6-localhost", "ip6-loopback", socket.gethostname())
    name = next((n for n in names if resolves(n)), None)
    if not name:
        pytest.skip("no name here resolves to a private address")
    url = f"http://{name}:{peer.port}/"
    assert strict.check(url) == "OK", "a name is judged when it is connected"
    assert strict.run(url).error == "ERR_DENIED"
    assert peer.requests == []


def resolves(name):
    try:
        return bool(socket.getaddrinfo(name, None))
    except OSError:
        return False


def test_only_what_is_on_the_list(make_drive, peer):
    url = f"http://127.0.0.1:{peer.port}/"
    assert make_drive("10.0.0.0/8, 127.0.0.2/32").run(url).error == "ERR_DENIED"
    assert make_drive("10.0.0.0/8,127.0.0.1").run(url).error == "OK"
    assert make_drive("127.0.0.0/31").run(url).error == "OK"
    assert make_drive("0.0.0.0/0").run(url).error == "OK"
    assert make_drive("127.0.0.0/8").check("http://[::ffff:127.0.0.1]/") == "ERR_INVALID"
    assert make_drive("::1/128").check("http://[::1]/") == "OK"


@pytest.mark.parametrize("allow", ["x", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "::/129",
                                   "1.2.3.4/-1", "10.0.0.0/8;127.0.0.1"])
def test_lists_that_are_none(allow):
    done = subprocess.run([str(BUILD / PROGRAM), allow], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    assert done.returncode == 3 and "CIDR" in done.stderr


def test_what_the_peer_gets(drive, peer):
    peer.answer = Answer(201, {"a": 1}, {"Content-Type": "application/json"})
    headers = ("X-One", "1", "Content-Type", "text/x", "X-E", "")
    result = drive.run(peer.url + "/x?y=z", headers=headers)
    assert (result.error, result.status, result.content_type) == ("OK", 201, "application/json")
    assert result.start == '{"a": 1}'
    got = peer.requests[0]
    assert (got.method, got.path, got.body) == ("POST", "/x?y=z", b"x" * 10)
    assert got.headers["x-one"] == "1" and got.headers["content-type"] == "text/x"
    assert got.headers["x-e"] == "" and "expect" not in got.headers


@pytest.mark.parametrize("method, size", [("GET", 0), ("PUT", 5), ("DELETE", 0), ("POST", 0),
                                          ("POST", 500_000)])
def test_methods_and_sizes(drive, peer, method, size):
    assert drive.run(peer.url, method, size).status == 200
    got = peer.requests[0]
    assert got.method == method and len(got.body) == size
    assert "content-type" not in got.headers


def test_a_line_break_in_a_header_sends_nothing(drive, peer):
    assert drive.run(peer.url, headers=("X", "a\rY: b")).error == "ERR_DENIED"
    assert peer.requests == []


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 429, 500, 503])
def test_every_status_is_an_answer_and_no_redirect_is_followed(drive, make_peer, status):
    inner = make_peer()
    outer = make_peer(Answer(status, b"no", {"Location": inner.url + "/secret"}))
    assert drive.run(outer.url)[:2] == ("OK", status)
    assert inner.requests == []


def test_the_environments_proxy_is_ignored(make_drive, make_peer):
    proxy, peer = make_peer(), make_peer()
    drive = make_drive(LOOPBACK, {"http_proxy": proxy.url, "HTTP_PROXY": proxy.url,
                                  "ALL_PROXY": proxy.url})
    assert drive.run(peer.url).error == "OK"
    assert proxy.requests == [] and len(peer.requests) == 1


def test_may_send_is_asked_before_the_first_byte_and_before_the_body(drive, peer):
    assert drive.run(peer.url).asked == 2
    assert drive.run(peer.url).asked == 2, "on a kept connection too"
    assert drive.run(peer.url, "GET", 0).asked == 1
    assert len(peer.requests) == 3
    assert drive.run(peer.url, patience=0).error == "ERR_DENIED"
    assert drive.run(peer.url, patience=1).error == "ERR_DENIED"
    assert drive.run(peer.url, "GET", 0, patience=0).error == "ERR_DENIED"
    assert len(peer.requests) == 3 or peer.requests[3].body == b""
    assert drive.run(peer.url).error == "OK", "the client is still good"


# ---- peers by hand ----

class Raw:
    """Does `play(link)` with each connection; counts them."""

    def __init__(self, play):
        self.play, self.count, self.closed = play, 0, threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d/" % self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            self.count += 1
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        try:
            with link:
                self.play(self, link)
        except OSError:
            pass

    def close(self):
        self.closed.set()
        self.listener.close()


@pytest.fixture
def raw():
    made = []

    def make(play):
        made.append(Raw(play))
        return made[-1]

    yield make
    for one in made:
        one.close()


def saying(*pieces):
    def play(_, link):
        link.recv(65536)
        for piece in pieces:
            link.sendall(piece)
    return play


def endless(first, piece, pause=0.0):
    def play(peer, link):
        link.recv(65536)
        link.sendall(first)
        while not peer.closed.wait(pause):
            link.sendall(piece)
    return play


HEAD = b"HTTP/1.1 200 OK\r\n"


def test_answers_of_the_largest_size_and_one_more(drive, raw):
    for size, error in ((65536, "OK"), (65537, "ERR_TOO_LARGE")):
        declared = raw(saying(HEAD + b"Content-Length: %d\r\n\r\n" % size, b"y" * size))
        assert drive.run(declared.url)[::2][:2] == (error, size if error == "OK" else 0)
        closing = raw(saying(HEAD + b"\r\n", b"y" * size))
        assert drive.run(closing.url).error == error


@pytest.mark.parametrize("first, piece", [
    (HEAD + b"Content-Length: 1000000000\r\n\r\n", b"y" * 65536),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"400\r\n" + b"y" * 1024 + b"\r\n"),
    (HEAD, b"X-Y: z\r\n"),
    (HEAD + b"X: ", b"y" * 1000),
    (b"", b"y" * 1000),
    (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
])
def test_answers_without_end_are_cut(drive, raw, first, piece):
    began = time.monotonic()
    result = drive.run(raw(endless(first, piece)).url, timeout_ms=3000 * SLOW)
    assert result.error in ("ERR_TOO_LARGE", "ERR_UPSTREAM")
    assert time.monotonic() - began < 2 * SLOW


@pytest.mark.parametrize("first, piece", [
    (b"", b""), (HEAD + b"X: ", b"y"), (HEAD + b"Content-Length: 50000\r\n\r\n", b"y")])
def test_slow_answers_end_at_the_deadline(drive, raw, first, piece):
    began = time.monotonic()
    assert drive.run(raw(endless(first, piece, 0.02)).url, timeout_ms=600).error == "ERR_TIMEOUT"
    assert 0.5 < time.monotonic() - began < 1.5 * SLOW


@pytest.mark.parametrize("answer", [
    b"", b"HTTP/1.1", b"garbage\r\n\r\n", HEAD + b"Content-Length: 10\r\n\r\nabc",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"\0" * 100])
def test_broken_answers(drive, raw, answer):
    assert drive.run(raw(saying(answer)).url).error == "ERR_UPSTREAM"


def test_nobody_there(drive):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert drive.run(f"http://127.0.0.1:{port}/").error == "ERR_UPSTREAM"


def test_an_interim_answer_leaves_no_headers_behind(drive, raw):
    peer = raw(saying(b"HTTP/1.1 103 Early Hints\r\nContent-Type: early/x\r\n\r\n",
                      HEAD + b"Content-Type: late/x\r\nContent-Length: 2\r\n\r\nhi"))
    result = drive.run(peer.url)
    assert (result.error, result.status) == ("OK", 200)
    assert (result.content_type, result.headers) == ("late/x", 2)


def test_a_compressed_answer_stays_as_it_is(drive, raw):
    peer = raw(saying(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"))
    assert drive.run(peer.url).start == "abcd"


def test_a_kept_connection_that_was_closed_is_opened_again(drive, raw):
    """When is for the machine to choose: before we send, between head and body, or behind both."""
    rounds = 5000 // SLOW
    def once(_, link):
        link.recv(65536)
        link.sendall(HEAD + b"Content-Length: 2\r\n\r\nhi")
    peer = raw(once)
    for _ in range(rounds):
        assert drive.run(peer.url).error == "OK"
    assert peer.count == rounds


def test_connections_are_kept(drive, raw):
    def many(_, link):
        while link.recv(65536):
            link.sendall(HEAD + b"Content-Length: 2\r\n\r\nhi")
    peer = raw(many)
    for _ in range(5):
        assert drive.run(peer.url, "GET", 0).error == "OK"
    assert peer.count == 1


def test_a_certificate_nobody_signed(drive):
    if not shutil.which("openssl"):
        pytest.skip("no openssl program to make a certificate with")
    with tempfile.TemporaryDirectory() as directory:
        key, cert = pathlib.Path(directory) / "key", pathlib.Path(directory) / "cert"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
                        "-out", cert, "-days", "1", "-subj", "/CN=127.0.0.1",
                        "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def serve():
                try:
                    link, _ = listener.accept()
                    with context.wrap_socket(link, server_side=True) as secure:
                        secure.recv(1000)
                except OSError:
                    pass
            threading.Thread(target=serve, daemon=True).start()
            port = listener.getsockname()[1]
            result = drive.run(f"https://127.0.0.1:{port}/")
    assert result.error == "ERR_UPSTREAM" and result.asked == 0
