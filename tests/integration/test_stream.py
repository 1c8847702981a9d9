"""GET /v1/stream: every change in one order, resumable on any router without a gap."""

import http.client
import pathlib
import shutil
import socket
import tempfile
import threading
import uuid

import pytest

import harness
from harness import eventually, together


@pytest.fixture(scope="module")
def world(servers):
    world = harness.World(servers, workers=0, routers=2).start()
    world.channel("web")
    assert world.admin().put("/v1/agents/anna", {"name": "Anna"}).status in (200, 201)
    world.connector("web"), world.dashboard(), world.agent("anna")
    yield world
    world.stop()


@pytest.fixture(autouse=True)
def logs(request, world):
    request.node.worlds = [world]


@pytest.fixture
def streams():
    opened = []
    yield opened.append
    for stream in opened:
        stream.close()


def listen(world, keep, router=0, query="", last=None):
    stream = world.dashboard(router).stream(f"/v1/stream{query}", last)
    keep(stream)
    assert stream.status == 200
    return stream


def send(world, router=0, address=None):
    body = {"channel": "web", "external_id": str(uuid.uuid4()), "text": "Hello",
            "from": {"address": address or str(uuid.uuid4())}}
    answer = world.connector("web", router=router).post("/v1/messages", body)
    assert answer.status == 201, answer
    return answer.json["message"]


def is_message(sent):
    return lambda e: e["event"] == "message" and e["data"]["message"]["id"] == sent["id"]


def messages(stream):
    """Message ids in the order they were told."""
    return [e["data"]["message"]["id"] for e in list(stream.events) if e["event"] == "message"]


def test_a_message_is_told_at_once_on_every_router(world, streams):
    both = [listen(world, streams, router) for router in (0, 1)]
    sent = send(world)
    for stream in both:
        event = stream.wait(is_message(sent))
        assert event["data"]["conversation_id"] == sent["conversation_id"]
        assert event["data"]["message"]["direction"] == "in"
        assert event["data"]["message"]["seq"] == 1
        assert event["data"]["message"]["decision"]["mode"]
        assert "Hello" not in str(event)


def test_frames_are_those_of_an_event_stream(world):
    link = http.client.HTTPConnection("127.0.0.1", world.router.port, timeout=20)
    link.request("GET", "/v1/stream",
                 headers={"Authorization": f"Bearer {world.key('dashboard')}"})
    answer = link.getresponse()
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Cache-Control"] in ("no-store", "no-cache")
    assert answer.readline() == b"retry: 2000\n" and answer.readline() == b"\n"
    send(world)
    assert answer.readline().startswith(b"id: ")
    assert answer.readline() == b"event: message\n"
    assert answer.readline().startswith(b"data: {")
    assert answer.readline() == b"\n"
    link.close()


def test_control_changes_are_told(world, streams):
    stream = listen(world, streams)
    sent = send(world)
    path = f"/v1/conversations/{sent['conversation_id']}"
    assert world.agent("anna").post(f"{path}/takeover").status == 200
    event = stream.wait(lambda e: e["event"] == "control"
                        and e["data"]["conversation_id"] == sent["conversation_id"])
    assert event["data"]["data"]


@pytest.mark.deadline(180)
def test_a_reader_that_comes_back_on_another_router_misses_nothing_and_sees_nothing_twice(
        world, streams):
    whole, part = listen(world, streams, 1), listen(world, streams, 0)
    stop = threading.Event()
    sent, seen = [], []

    def write(number):
        while not stop.is_set():
            sent.append(send(world, number % 2)["id"])
    writers = [threading.Thread(target=write, args=(i,)) for i in range(6)]
    for writer in writers:
        writer.start()
    try:
        for turn in range(12):
            eventually(lambda p=part: len(p.events) >= 20, 20, 0.01)
            part.close()
            seen += list(part.events)[:20]
            part = listen(world, streams, turn % 2, last=seen[-1]["id"])
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    end = send(world)
    part.wait(is_message(end), 30)
    whole.wait(is_message(end), 30)
    seen += list(part.events)
    ids = [e["id"] for e in seen]
    assert len(ids) == len(set(ids)), "told twice"
    assert ids == [e["id"] for e in whole.events][:len(ids)], "both readers see the same"
    assert set(sent) <= set(messages(whole))


def test_since_a_time_tells_what_came_after_it(world, streams):
    send(world)
    mark = world.sql.value("SELECT to_char((clock_timestamp() AT TIME ZONE 'UTC'),"
                           " 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')")
    sent = [send(world) for _ in range(3)]
    stream = listen(world, streams, 0, f"?since={mark}")
    stream.wait(is_message(sent[-1]))
    assert messages(stream)[-3:] == [s["id"] for s in sent]
    assert len(messages(stream)) <= 4
    again = listen(world, streams, 1, f"?since={stream.events[0]['id']}")
    again.wait(is_message(sent[-1]))
    assert messages(again) == messages(stream)[1:]


def test_a_stream_can_be_of_one_conversation_and_of_some_types(world, streams):
    sent = send(world)
    one = listen(world, streams, 0, f"?conversation={sent['conversation_id']}&types=control")
    everything = listen(world, streams)
    send(world)
    path = f"/v1/conversations/{sent['conversation_id']}"
    assert world.agent("anna").post(f"{path}/takeover").status == 200
    one.wait(lambda e: e["event"] == "control")
    last = send(world)
    everything.wait(is_message(last))
    assert {e["event"] for e in one.events} == {"control"}
    assert {e["data"]["conversation_id"] for e in one.events} == {sent["conversation_id"]}


def test_an_event_that_is_no_longer_kept_is_a_reset_and_news_follow(make_world, streams):
    world = make_world(workers=0)
    world.channel("web")
    first = listen(world, streams)
    old = first.wait(is_message(send(world)))
    send(world)
    world.sql.rows("WITH gone AS (DELETE FROM event WHERE kind IN (0, 1) RETURNING xid)"
                   " INSERT INTO consumer SELECT 'pruned', max(xid), 0 FROM gone RETURNING 1")
    for again in (listen(world, streams, 0, last=old["id"]),
                  listen(world, streams, 0, f"?since={old['id']}"),
                  listen(world, streams, 0, "?since=2026-01-01T00:00:00Z")):
        again.wait(lambda e: e["event"] == "reset")
        news = send(world)
        again.wait(is_message(news))
        assert messages(again)[-1] == news["id"]


@pytest.mark.parametrize("query", ["?since=yesterday", "?since=1-", "?types=nothing",
                                   "?conversation=1", "?types="])
def test_a_wish_that_cannot_be_read_is_422(world, query):
    assert world.dashboard().get(f"/v1/stream{query}").status == 422
    assert world.dashboard().get("/v1/stream", headers={"Last-Event-ID": "x"}).status == 422


def test_more_streams_than_allowed_are_429(make_world, streams):
    world = make_world(workers=0, streams_max=2)
    first = listen(world, streams)
    listen(world, streams)
    answer = world.dashboard().get("/v1/stream")
    assert answer.status == 429 and int(answer.headers["Retry-After"]) >= 1
    first.close()
    eventually(lambda: world.router.metrics()["redthread_streams_open"] < 2, 60, 0.1)
    listen(world, streams)


@pytest.mark.deadline(180)
def test_a_reader_that_does_not_read_is_cut_and_others_go_on(make_world, streams):
    world = make_world(workers=0)
    world.channel("web")
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", world.router.port))
        deaf.sendall(f"GET /v1/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer"
                     f" {world.key('dashboard')}\r\n\r\n".encode())
        eventually(lambda: world.router.metrics()["redthread_streams_open"] == 1, 10, 0.02)
        good = listen(world, streams)
        world.connector("web")

        def flood(_):
            items = [{"channel": "web", "external_id": str(uuid.uuid4()), "text": "Hello",
                      "from": {"address": "flood"}} for _ in range(500)]
            return world.connector("web").post("/v1/messages/batch", {"items": items}).status

        def cut():
            assert flood(0) == 207
            return world.router.metrics()["redthread_streams_open"] == 1
        eventually(cut, 60, 0.01, "the deaf one is cut")
    sent = send(world)
    good.wait(is_message(sent), 30)


def test_without_redis_news_come_by_looking(make_world, streams):
    world = make_world(workers=0, redis=False)
    world.channel("web")
    stream = listen(world, streams)
    for _ in range(3):
        stream.wait(is_message(send(world)), 3)


def test_streams_end_when_the_router_drains(make_world, streams):
    world = make_world(workers=0)
    many = [listen(world, streams) for _ in range(20)]
    assert world.router.stop() == 0
    for stream in many:
        assert stream.ended.wait(5)


def test_a_hundred_streams_are_served_by_one_reader_of_the_database(make_world, streams):
    world = make_world(workers=0)
    world.channel("web")
    world.dashboard()
    many = together(100, lambda _: listen(world, streams))
    sent = send(world)
    for stream in many:
        stream.wait(is_message(sent), 20)
    used = world.servers.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name ="
                             f" 'stream' AND datname = '{world.name}'")
    assert int(used[0][0]) == 1


def test_presence_and_configuration_are_told(world, streams):
    stream = listen(world, streams)
    answer = world.agent("anna").put("/v1/agents/anna/presence", {"status": "away", "capacity": 3})
    assert answer.status == 200, answer
    event = stream.wait(lambda e: e["event"] == "presence")
    assert event["data"]["data"] == {"agent": "anna", "presence": "away", "capacity": 3}
    assert event["data"]["conversation_id"] is None
    before = len(stream.events)
    world.channel("mail")
    stream.wait(lambda e: e in stream.events[before:] and e["event"] == "configuration")


def test_a_router_listens_to_the_bell_only_for_a_stream(make_world, streams):
    """Its every stroke would wake the router, and under load it is struck hundreds of times."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="rt-"))  # its own Redis: others hear theirs
    root.chmod(0o755)
    redis = harness.Redis(root).start()
    try:
        world = make_world(start=False, workers=0)
        world.router.env["REDTHREAD_REDIS_URL"] = redis.url
        world.start().channel("web")
        ring = ("PUBLISH", "redthread:wake", "turn")  # answers how many have heard
        assert redis.command(*ring) == 0
        stream = listen(world, streams)
        eventually(lambda: redis.command(*ring) == 1, what="the stream's router listens")
        sent = send(world)
        assert stream.wait(is_message(sent))
        stream.close()
        eventually(lambda: send(world) and redis.command(*ring) == 0, interval=0.1,
                   what="a stream that is gone is noticed by writing to it")
    finally:
        redis.kill9()
        shutil.rmtree(root, ignore_errors=True)
