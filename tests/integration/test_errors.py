"""Whatever is wrong with a request has the status of the contract and one clear sentence, stores
nothing and leaves the process alive."""

import json
import socket
import uuid

import pytest

import harness
from raw_httpd import REFUSES_ITSELF


@pytest.fixture(scope="module")
def world(servers):
    world = harness.World(servers, workers=0, log_level="debug").start()
    world.channel("web")
    yield world
    world.stop()


@pytest.fixture(autouse=True)
def logs(request, world):
    request.node.worlds = [world]


@pytest.fixture
def web(world):
    return world.connector("web")


def message(**members):
    return {"channel": "web", "external_id": str(uuid.uuid4()), "from": {"address": "a"},
            "text": "Hello", **members}


def rows(world):
    tables = ("message", "conversation", "customer", "arrival", "event", "job", "identity",
              "idempotency")
    return {table: int(world.sql.value(f"SELECT count(*) FROM {table}")) for table in tables}


def raw(world, text):
    """Bytes as they are; the status line and all that came back."""
    with socket.create_connection(("127.0.0.1", world.router.port), 10) as link:
        link.sendall(text)
        answer = b""
        while chunk := link.recv(65536):
            answer += chunk
            head, _, body = answer.partition(b"\r\n\r\n")
            if head and body.endswith(b"}"):
                break
    return int(answer.split()[1]), answer


def check_problem(answer, status):
    assert answer.status == status, answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json
    assert problem["status"] == status and problem["type"].startswith("/problems/")
    assert problem["title"] and problem["detail"]
    assert problem["instance"] == answer.headers["X-Request-Id"]
    if status == 422:
        assert problem["errors"][0].keys() == {"pointer", "detail"}


NESTED = b"[" * 33 + b"]" * 33
BODIES = [
    ("empty", b"", 400), ("not json", b"hello", 400), ("cut", b'{"channel": "web"', 400),
    ("two values", b"{} {}", 400), ("nan", b'{"size": NaN}', 400),
    ("huge number", b'{"a": 1e999}', 400),
    ("bom", b"\xef\xbb\xbf{}", 400), ("duplicate key", b'{"text": "a", "text": "b"}', 400),
    ("nul", b'{"text": "a\\u0000b"}', 400), ("raw nul", b'{"text": "a\x00b"}', 400),
    ("bad utf-8", b'{"text": "\xff"}', 400), ("overlong", b'{"text": "\xc0\x80"}', 400),
    ("lone surrogate", b'{"text": "\\ud800"}', 400),
    ("raw surrogate", b'{"text": "\xed\xa0\x80"}', 400),
    ("control character", b'{"text": "a\nb"}', 400),
    ("array", b"[]", 422), ("number", b"1", 422), ("null", b"null", 422), ("text", b'"x"', 422),
    ("too deep", NESTED, 413), ("too many values", b"[" + b"1," * 10000 + b"1]", 413),
    ("too large", b'{"text": "' + b"x" * (256 * 1024) + b'"}', 413),
]


@pytest.mark.parametrize("body, status", [b[1:] for b in BODIES], ids=[b[0] for b in BODIES])
def test_a_bad_body_has_its_status_and_leaves_no_trace(world, web, body, status):
    before = rows(world)
    check_problem(web.post("/v1/messages", body), status)
    assert rows(world) == before
    assert web.post("/v1/messages", message()).status == 201


def test_a_chunked_body_is_bounded_like_any_other(world, web):
    def pieces():
        for _ in range(300):
            yield b"x" * 1024
    small = json.dumps(message()).encode()
    head = ("POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {web.key}\r\nTransfer-Encoding: chunked\r\n\r\n").encode()

    def chunk(data):
        return b"%x\r\n%s\r\n" % (len(data), data)
    assert raw(world, head + chunk(small) + b"0\r\n\r\n")[0] == 201
    assert raw(world, head + b"".join(map(chunk, pieces())) + b"0\r\n\r\n")[0] == 413


@pytest.mark.parametrize("kind, status", [
    ("application/json", 201), ("application/json; charset=utf-8", 201),
    ("Application/JSON;charset=\"UTF-8\"", 201), ("application/json; charset=latin1", 415),
    ("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("application/jsonx", 415),
    ("", 415)])
def test_only_json_is_a_content_type(world, web, kind, status):
    answer = web.request("POST", "/v1/messages", message(), headers={"Content-Type": kind})
    assert answer.status == status, answer


@pytest.mark.parametrize("path", [
    "/", "/v1", "/v1/", "/v1/nothing", "/v1/messages/", "/v1/messages/batch/x", "//v1/messages",
    "/v1/conversations//messages", "/V1/messages", "/healthz", "/v1/agents/a/b/c"])
def test_an_unknown_path_is_404(world, path):
    check_problem(world.admin().get(path), 404)


@pytest.mark.parametrize("method, path, allow", [
    ("GET", "/v1/messages", {"POST"}), ("PUT", "/v1/messages", {"POST"}),
    ("POST", "/v1/channels/web", {"PUT", "GET", "HEAD", "DELETE"}),
    ("TRACE", "/livez", {"GET", "HEAD"}), ("BREW", "/livez", {"GET", "HEAD"}),
    ("DELETE", "/readyz", {"GET", "HEAD"}), ("HEAD", "/v1/messages", {"POST"}),
    ("HEAD", "/v1/stream", {"GET"})])
def test_a_known_path_with_another_method_is_405_and_says_which(world, method, path, allow):
    answer = world.admin().request(method, path)
    assert answer.status == 405, answer
    assert set(answer.headers["Allow"].split(", ")) == allow


@pytest.mark.parametrize("path, status", [
    ("/livez", 200), ("/readyz", 200), ("/v1/queues", 200), ("/v1/queues/none", 404),
    ("/v1/nothing", 404)])
def test_head_is_get_without_its_body(world, path, status):
    known, asked = (world.admin().request(method, path, headers={"Idempotency-Key": "head"})
                    for method in ("GET", "HEAD"))
    assert (known.status, asked.status, asked.body) == (status, status, b"")
    assert [asked.headers[n] for n in ("Content-Type", "Content-Length")] == \
        [known.headers["Content-Type"], str(len(known.body))]
    assert world.admin().get("/v1/queues").status == 200   # nothing is left on the connection


@pytest.mark.parametrize("name", ["1e0", "01", "null", "[]", "{}", "1", "'", "%22", "a" * 600,
                                  "00000000-0000-0000-0000-00000000000g",
                                  "%7B00000000-0000-7000-8000-000000000000%7D",
                                  "00000000-0000-7000-8000-000000000000"])
def test_what_is_no_id_names_nothing(world, name):
    admin = world.admin()
    check_problem(admin.get(f"/v1/conversations/{name}"), 404)
    check_problem(admin.post(f"/v1/conversations/{name}/resolve", {}), 404)
    check_problem(admin.get(f"/v1/decisions/{name}"), 404)
    check_problem(admin.post(f"/v1/jobs/{name}/replay", {}), 404)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=ten", "limit=1e1", "limit=-1",
                                   "limit=1000000000000000000000", "limit="])
def test_a_limit_out_of_range_is_422(world, query):
    check_problem(world.admin().get(f"/v1/jobs?{query}"), 422)


def test_broken_escapes_are_refused(world):
    admin = world.admin()
    assert admin.get("/v1/jobs?limit=%zz").status in (400, 422)
    assert admin.get("/v1/agents/%ff").status == 400
    assert admin.get("/v1/agents/%00").status == 400


def test_every_answer_has_a_request_id_and_takes_a_valid_one(world, web):
    named = web.get("/livez", headers={"X-Request-Id": "from-me_17"})
    assert named.headers["X-Request-Id"] == "from-me_17"
    seen = {web.get("/livez", headers={"X-Request-Id": bad}).headers["X-Request-Id"]
            for bad in ("", "a b", "x" * 65, "\x7f", "é".encode().decode("latin1"))}
    seen |= {web.post("/v1/messages", body).headers["X-Request-Id"]
             for body in (message(), b"[", b"x" * 300000)}
    seen.add(web.get("/nowhere").headers["X-Request-Id"])
    assert len(seen) == 9 and all(len(name) == 32 for name in seen)


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize("parent, taken", [
    (f"00-{TRACE}-00f067aa0ba902b7-01", True), (f"cc-{TRACE}-00f067aa0ba902b7-01-more", True),
    (f"00-{'0' * 32}-00f067aa0ba902b7-01", False), (f"00-{TRACE}-{'0' * 16}-01", False),
    (f"ff-{TRACE}-00f067aa0ba902b7-01", False), (f"00-{TRACE.upper()}-00f067aa0ba902b7-01", False),
    (f"00-{TRACE}-00f067aa0ba902b7-01-more", False), (f"00-{TRACE}", False), ("", False)])
def test_a_valid_traceparent_is_continued_in_the_log(world, web, parent, taken):
    for client, method, path, body in ((web, "POST", "/v1/messages", message()),
                                       (world.admin(), "GET", "/v1/agents", None)):
        name = str(uuid.uuid4())
        client.request(method, path, body, headers={"X-Request-Id": name, "traceparent": parent})
        lines = [e for e in world.router.events("request") if e.get("request_id") == name]
        assert len(lines) == 1 and (lines[0]["trace_id"] == TRACE) == taken


def test_no_line_of_the_log_has_a_text_or_a_key(world, web):
    text = f"canary-{uuid.uuid4()}"
    web.post("/v1/messages", message(text=text))
    web.post("/v1/messages", json.dumps(message(text=text))[:-1].encode())
    web.post("/v1/messages", message(text=text, extra=1))
    log = world.router.log()
    assert text not in log and web.key not in log and web.key.rsplit("_", 1)[1] not in log


@pytest.mark.parametrize("head", [
    b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n",
    b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n",
    b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 2\r\n"])
def test_forms_of_smuggling_are_refused(world, web, head):
    """As problems, but for what libmicrohttpd 1.0 refuses by itself, in its own words."""
    before = rows(world)
    auth = f"Authorization: Bearer {web.key}\r\nContent-Type: application/json\r\n".encode()
    status, answer = raw(world, head + auth + b"\r\n{}")
    by_library = REFUSES_ITSELF and b"Transfer-Encoding" in head
    assert status == 400, answer
    assert (b"<html>" if by_library else b"application/problem+json") in answer, answer
    assert rows(world) == before


def test_a_request_without_a_host_is_400(world):
    assert raw(world, b"GET /livez HTTP/1.1\r\n\r\n")[0] == 400


def test_ten_thousand_headers_are_431(world):
    lines = b"".join(b"X-%d: y\r\n" % i for i in range(10000))
    try:
        status, _ = raw(world, b"GET /livez HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n")
        assert status == 431
    except (ConnectionError, IndexError):
        pass  # the answer may be lost on bytes that nobody read
    assert world.admin().get("/livez").status == 200


def test_an_answer_tells_nothing_of_our_inside(world, web):
    answer = web.post("/v1/messages", b"[")
    assert "Server" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
