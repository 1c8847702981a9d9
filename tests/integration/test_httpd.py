"""The HTTP driver over raw sockets: what it refuses, what it cuts, what it survives."""

import threading
import time

import pytest

from harness import SLOW, eventually, together
from raw_httpd import (DEADLINE_MS, IDLE_MS, REFUSES_ITSELF, STREAMS, Httpd, get, read_answer,
                       request, send)


@pytest.fixture(scope="module")
def httpd():
    server = Httpd()
    yield server
    server.close()


def test_an_answer_and_its_headers(httpd):
    status, headers, body = get(httpd, "/echo", "POST", b"hello")
    assert (status, body) == (200, b"hello")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


def test_what_the_service_sees(httpd):
    _, _, body = get(httpd, "/headers?q=%41&x=1+2", "GET", b"", "X-One: a b", "x-one: c")
    lines = body.decode().splitlines()
    assert lines[0] == "GET /headers ?q=%41&x=1+2 127.0.0.1"
    assert lines[1:] == ["Host=here", "X-One=a b", "x-one=c"]


SECOND = "GET /echo HTTP/1.1\r\nHost: here\r\n\r\n"
SMUGGLING = {
    "both lengths": "Host: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two different lengths": "Host: h\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    "the same length twice": "Host: h\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
    "two codings": "Host: h\r\n" + 2 * "Transfer-Encoding: chunked\r\n" + "\r\n0\r\n\r\n",
    "gzip, chunked": "Host: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "identity": "Host: h\r\nTransfer-Encoding: identity\r\n\r\n",
    "xchunked": "Host: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "space before the colon": "Host: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "signed length": "Host: h\r\nContent-Length: +4\r\n\r\nabcd",
    "hex length": "Host: h\r\nContent-Length: 0x4\r\n\r\nabcd",
    "list of lengths": "Host: h\r\nContent-Length: 4, 4\r\n\r\nabcd",
    "no host": "X: y\r\n\r\n",
    "two hosts": "Host: a\r\nHost: b\r\n\r\n",
    "odd name": "Host: h\r\nX(Y): z\r\n\r\n",
    "control in a value": "Host: h\r\nX: a\x01b\r\n\r\n",
}


@pytest.mark.parametrize("name", SMUGGLING)
def test_smuggling_is_refused_and_the_next_request_not_served(httpd, name):
    raw = f"POST /echo HTTP/1.1\r\n{SMUGGLING[name]}{SECOND}".encode()
    answers = send(httpd, raw)
    assert [a[0] for a in answers] == [400], answers


def test_what_stands_behind_a_nul_is_never_seen(httpd):
    answers = send(httpd, b"GET /headers HTTP/1.1\r\nHost: h\r\nX: a\0b: c\r\n\r\n")
    assert all(a[0] == 400 or a[2].endswith(b"\nX=a\n") for a in answers)


@pytest.mark.parametrize("path", [
    "/a/../b", "/..", "/a/.", "/./a", "/%2e%2e/a", "/a/.%2E", "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b",
    "/%00", "/a%00b", "/a%", "/a%4", "/a%zz", "*", "a", "http://here/echo", "/a\x7fb", "/caf\xe9"])
def test_paths_that_mean_two_things(httpd, path):
    raw = f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode("latin-1")
    assert [a[0] for a in send(httpd, raw + SECOND.encode())] == [400]


@pytest.mark.parametrize("path", ["/e/a.b", "/e/...", "/e/a%20b", "/e/%C3%A9", "/.well"])
def test_paths_that_are_fine(httpd, path):
    assert get(httpd, path)[0] == 200


def test_too_long_a_path(httpd):
    assert get(httpd, "/" + "a" * 2047)[0] == 200
    assert get(httpd, "/" + "a" * 2048)[0] == 414
    assert get(httpd, "/echo?" + "a" * 9000)[0] == 414
    assert [a[0] for a in send(httpd, request("GET", "/" + "a" * 60000))] in ([414], [431])


def test_too_many_headers(httpd):
    fill = [f"X-{i}: y" for i in range(63)]
    assert get(httpd, "/echo", "GET", b"", *fill)[0] == 200
    assert get(httpd, "/echo", "GET", b"", *fill, "X: y")[0] == 431
    many = [f"X-{i}: y" for i in range(10000)]
    assert [a[0] for a in send(httpd, request("GET", "/echo", b"", *many))] in ([431], [])
    assert get(httpd, "/echo")[0] == 200


def test_chunked_in_pieces(httpd):
    with httpd.connect() as link, link.makefile("rb") as stream:
        link.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n")
        for piece in (b"3\r", b"\nab", b"c\r\n2\r\nde\r\n", b"0\r\nT: v\r\n\r\n"):
            link.sendall(piece)
        assert read_answer(stream)[2] == b"abcde"
        link.sendall(request("GET", "/echo"))
        assert read_answer(stream)[0] == 200


def test_a_chunk_extension_is_passed_over_or_refused(httpd):
    """libmicrohttpd 0.9 does the one, 1.0 the other; neither takes it for a part of the body."""
    pieces = (b"2;x=y\r\nab", b"\r\n1\r\nc\r\n", b"0\r\n\r\n")
    with httpd.connect() as link, link.makefile("rb") as stream:
        link.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                     + b"".join(pieces))
        status, _, body = read_answer(stream)
    assert status == 400 if REFUSES_ITSELF else (status, body) == (200, b"abc")


def test_a_body_of_the_largest_size(httpd):
    body = b"x" * (256 * 1024)
    assert get(httpd, "/echo", "POST", body)[2] == body


def test_a_declared_length_too_large_is_refused_before_the_body(httpd):
    with httpd.connect() as link, link.makefile("rb") as stream:
        link.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 262145\r\n\r\n")
        assert read_answer(stream)[0] == 413
        link.sendall(b"x" * 262145)
        assert read_answer(stream) is None


def test_a_whole_body_too_large_still_gets_its_answer(httpd):
    for _ in range(20):
        assert get(httpd, "/echo", "POST", b"x" * 400_000)[0] == 413
        assert get(httpd, "/small", "POST", b"x" * 1001)[0] == 413


def test_a_chunked_body_too_large_is_answered_at_its_end(httpd):
    chunk = b"%x\r\n%s\r\n" % (4000, b"x" * 4000)
    with httpd.connect() as link, link.makefile("rb") as stream:
        link.sendall(b"POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        link.sendall(chunk + b"0\r\n\r\n" + request("GET", "/echo"))
        assert read_answer(stream)[0] == 413
        assert read_answer(stream)[0] == 200


def test_an_endless_chunked_body_is_cut(httpd):
    chunk = b"%x\r\n%s\r\n" % (4000, b"x" * 4000)
    with httpd.connect() as link:
        link.sendall(b"POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(OSError):
            for _ in range(10000):
                link.sendall(chunk)


def test_refused_by_the_header_keeps_the_connection(httpd):
    with httpd.connect() as link, link.makefile("rb") as stream:
        for _ in range(3):
            link.sendall(request("POST", "/refused", b"x" * 1000))
            status, headers, _ = read_answer(stream)
            assert (status, headers["www-authenticate"]) == (401, "Bearer")
        link.sendall(request("GET", "/echo"))
        assert read_answer(stream)[0] == 200
    status, headers, _ = get(httpd, "/refused", "POST", b"x" * 300_000)
    assert (status, headers["www-authenticate"]) == (401, "Bearer")


def test_expect_100_continue(httpd):
    with httpd.connect() as link, link.makefile("rb") as stream:
        link.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"
                     b"Expect: 100-continue\r\n\r\n")
        assert read_answer(stream)[0] == 100
        link.sendall(b"abc")
        assert read_answer(stream)[2] == b"abc"
    with httpd.connect() as link, link.makefile("rb") as stream:
        link.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n"
                     b"Expect: 100-continue\r\n\r\n")
        assert read_answer(stream)[0] == 413


def test_pipelined_requests_are_answered_in_order(httpd):
    bodies = [str(i).encode() * (i + 1) for i in range(40)]
    with httpd.connect() as link, link.makefile("rb") as stream:
        link.sendall(b"".join(
            request("POST", "/inline" if i % 3 else "/echo", b) for i, b in enumerate(bodies)))
        assert [read_answer(stream)[2] for _ in bodies] == bodies


def test_http_1_0(httpd):
    with httpd.connect() as link, link.makefile("rb") as stream:
        link.sendall(b"GET /echo HTTP/1.0\r\n\r\n")
        assert read_answer(stream)[0] == 200
        assert stream.read() == b""


# ---- deadlines ----

def drip(httpd, first, piece, pause=0.1):
    """Seconds until the server ended a connection that is fed slowly, and what it said."""
    began = time.monotonic()
    never = threading.Event()
    with httpd.connect() as link:
        link.sendall(first)
        link.settimeout(pause)
        said = b""
        while time.monotonic() - began < 20 * SLOW:
            try:
                got = link.recv(4096)
                if not got:
                    break
                said += got
            except TimeoutError:
                pass
            except ConnectionResetError:
                break
            try:
                link.sendall(piece)
            except OSError:
                break
            never.wait(pause / 10)
    return time.monotonic() - began, said


@pytest.mark.parametrize("first, piece, said", [
    (b"GET /echo HTTP/1.1\r\nHost: h\r\nX: ", b"a", b""),
    (b"G", b"E", b""),
    (b"", b"\r\n", b"HTTP/1.1 400 " if REFUSES_ITSELF else b""),
    (b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9999\r\n\r\n", b"a", b"HTTP/1.1 408 "),
    (b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n",
     b"HTTP/1.1 408 "),
])
def test_slow_requests_are_cut_at_the_absolute_deadline(httpd, first, piece, said):
    cut = httpd.metric("redthread_http_cut_total")
    took, answer = drip(httpd, first, piece)
    assert took < (DEADLINE_MS / 1000 + 1) * SLOW
    assert answer.startswith(said)
    if said != b"HTTP/1.1 400 ":  # not worth waiting for
        assert took > 0.8 * DEADLINE_MS / 1000 * SLOW
        assert httpd.metric("redthread_http_cut_total") == cut + 1


def test_a_slow_second_request_is_cut_too(httpd):
    took, _ = drip(httpd, request("GET", "/echo") + b"GET /ec", b"a")
    assert took < (DEADLINE_MS + IDLE_MS + 1000) / 1000 * SLOW


def test_thirty_slow_ones_do_not_keep_others_out(httpd):
    links = [httpd.connect() for _ in range(30)]
    for link in links:
        link.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n")
    began = time.monotonic()
    assert get(httpd, "/echo")[0] == 200
    assert time.monotonic() - began < 0.5 * SLOW
    for link in links:
        assert link.recv(100).startswith(b"HTTP/1.1 408")
        link.close()


def test_an_idle_connection_is_closed(httpd):
    with httpd.connect() as link, link.makefile("rb") as stream:
        link.sendall(request("GET", "/echo"))
        read_answer(stream)
        began = time.monotonic()
        assert stream.read() == b""
        assert time.monotonic() - began < (IDLE_MS / 1000 + 2) * SLOW


def test_a_call_with_the_service_has_no_deadline(httpd):
    with httpd.connect() as link, link.makefile("rb") as stream:
        link.sendall(request("GET", "/hold"))
        threading.Event().wait((DEADLINE_MS + 500) / 1000 * SLOW)
        assert get(httpd, "/release")[2] == b"1"
        assert read_answer(stream)[2] == b"released"


def test_a_client_that_left_while_it_was_held(httpd):
    for _ in range(50):
        with httpd.connect() as link:
            link.sendall(request("GET", "/hold"))
    released = 0
    deadline = time.monotonic() + 10
    while released < 50 and time.monotonic() < deadline:
        released += int(get(httpd, "/release")[2])
    assert released == 50
    eventually(lambda: httpd.metric("redthread_http_connections") == 1)


# ---- many at once ----

@pytest.mark.parametrize("count", [127, 128, 129, 256, 512])
def test_exactly_that_many_ready_at_once(httpd, count):
    links = [httpd.connect() for _ in range(count)]
    streams = [link.makefile("rb") for link in links]
    for _ in range(5):
        for link in links:
            link.sendall(request("GET", "/hold"))
        released = 0
        while released < count:
            released += int(get(httpd, "/release")[2])
        for stream in streams:
            assert read_answer(stream)[0] == 200
    for i in range(10):
        for link in links:
            link.sendall(request("POST", "/echo", b"%d" % i))
        for stream in streams:
            assert read_answer(stream)[2] == b"%d" % i
    for link in links:
        link.close()


def test_connections_over_the_limit_wait(httpd):
    server = Httpd(deadline_ms=20000, connections=20)
    try:
        first = [server.connect() for _ in range(20)]
        for link in first:
            link.sendall(request("GET", "/echo"))
            assert link.recv(100)
        late = server.connect()
        late.sendall(request("GET", "/echo"))
        late.settimeout(0.5)
        with pytest.raises(TimeoutError):
            late.recv(100)
        first.pop().close()
        late.settimeout(10 * SLOW)
        assert late.recv(100).startswith(b"HTTP/1.1 200")
        for link in [*first, late]:
            link.close()
    finally:
        server.close()


def test_churn_from_many_threads(httpd):
    def client(i):
        for n in range(30):
            body = b"%d:%d" % (i, n)
            assert get(httpd, "/echo", "POST", body)[2] == body
    together(16, client)


# ---- streams ----

class Listener:
    def __init__(self, httpd):
        self.link = httpd.connect()
        self.link.sendall(request("GET", "/stream"))
        self.stream = self.link.makefile("rb")
        self.status = int(self.stream.readline().split()[1])
        while self.stream.readline().strip():
            pass

    def chunk(self):
        size = int(self.stream.readline(), 16)
        data = self.stream.read(size)
        self.stream.readline()
        return data

    def close(self):
        self.stream.close()
        self.link.close()


def gone(httpd):
    return int(get(httpd, "/gone")[2])


def say(httpd, text):
    return int(get(httpd, "/say", "POST", text)[2])


def test_a_stream_hears_what_is_said_and_its_end(httpd):
    before = gone(httpd)
    one, two = Listener(httpd), Listener(httpd)
    assert (one.status, two.status) == (200, 200)
    for i in range(100):
        assert say(httpd, b"data: %d\n\n" % i) == 2
        assert one.chunk() == two.chunk() == b"data: %d\n\n" % i
    get(httpd, "/end")
    assert one.chunk() == two.chunk() == b""
    eventually(lambda: gone(httpd) == before + 2)
    one.link.sendall(request("GET", "/echo"))
    assert read_answer(one.stream)[0] == 200
    one.close(), two.close()


def test_a_client_that_left_is_noticed_by_heartbeats(httpd):
    before = gone(httpd)
    listener = Listener(httpd)
    listener.close()

    def noticed():
        say(httpd, b": beat\n\n")
        return gone(httpd) == before + 1
    eventually(noticed)
    assert httpd.metric("redthread_streams_open") == 0


def test_a_slow_reader_is_cut_and_the_others_hear_all(httpd):
    before = gone(httpd)
    slow, quick = Listener(httpd), Listener(httpd)
    block, heard = b"x" * 60000, 0

    def cut():
        nonlocal heard
        say(httpd, block)
        while heard < len(block):
            heard += len(quick.chunk())
        heard -= len(block)
        return gone(httpd) == before + 1
    eventually(cut, 60)
    get(httpd, "/end")
    eventually(lambda: gone(httpd) == before + 2)
    slow.close(), quick.close()


def test_streams_are_bounded(httpd):
    before = gone(httpd)
    listeners = [Listener(httpd) for _ in range(STREAMS + 1)]
    assert [one.status for one in listeners] == [200] * STREAMS + [503]
    get(httpd, "/end")
    eventually(lambda: gone(httpd) == before + STREAMS)
    for one in listeners:
        one.close()


# ---- the end ----

def test_closing_with_everything_under_way():
    server = Httpd()
    stream = Listener(server)
    held = server.connect()
    held.sendall(request("GET", "/hold"))
    half = server.connect()
    half.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\nabc")
    idle = server.connect()
    eventually(lambda: server.metric("redthread_http_connections") == 5)
    server.close()
    assert stream.chunk() == b""
    for link in (held, half, idle):
        assert link.recv(1000) == b""
        link.close()
    with pytest.raises(OSError):
        server.connect()
