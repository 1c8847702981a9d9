"""What an operator sees: livez, readyz, metrics, draining, and refusing to start."""

import http.client
import json
import os
import re
import resource
import signal
import socket
import subprocess
import threading
import time
import uuid

import pytest

import harness
import talk
from harness import BUILD, eventually, together


def message(**members):
    return {"channel": "web", "external_id": str(uuid.uuid4()),
            "from": {"address": str(uuid.uuid4())}, "text": "Hello", **members}


def test_a_ready_router_says_what_it_checked(make_world):
    world = make_world(workers=0)
    answer = world.router.client().get("/readyz")
    assert answer.status == 200
    assert answer.json["status"] == "ready"
    assert answer.json["checks"] == {"database": "ok", "migrations": "ok", "redis": "ok"}
    assert world.router.client().get("/livez").status == 200


def test_without_redis_configured_it_is_ready(make_world):
    world = make_world(workers=0, redis=False)
    answer = world.router.client().get("/readyz")
    assert (answer.status, answer.json["status"]) == (200, "ready")
    assert answer.json["checks"]["redis"] == "off"


def test_redis_down_is_degraded_and_comes_back(own_servers):
    servers = own_servers
    world = harness.World(servers, workers=0)
    try:
        world.start()
        world.channel("web")
        probe = world.router.client()
        servers.redis.stop()
        eventually(lambda: probe.get("/readyz").json["status"] == "degraded", 10, 0.05)
        assert probe.get("/readyz").status == 200
        assert world.connector("web").post("/v1/messages", message()).status == 201
        servers.redis.start()
        eventually(lambda: probe.get("/readyz").json["status"] == "ready", 10, 0.05)
    finally:
        world.stop()


@pytest.mark.deadline(180)
def test_postgres_down_is_unready_and_503_with_retry_after_and_comes_back(own_servers):
    servers = own_servers
    world = harness.World(servers, workers=0)
    try:
        world.start()
        world.channel("web")
        client, probe = world.connector("web"), world.router.client()
        servers.postgres.kill9()
        eventually(lambda: probe.get("/readyz").status == 503, 20, 0.05)
        down = probe.get("/readyz").json
        assert down["status"] == "unready" and down["checks"]["database"] == "failed"
        answer = client.post("/v1/messages", message())
        assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert probe.get("/livez").status == 200
        assert probe.get("/metrics").status == 200
        servers.postgres.start()
        eventually(lambda: probe.get("/readyz").status == 200, 20, 0.05)
        eventually(lambda: client.post("/v1/messages", message()).status == 201, 20, 0.05)
    finally:
        world.stop()


def test_an_older_schema_is_unready(make_world):
    world = make_world(workers=0)
    world.sql.rows("DELETE FROM schema_migration WHERE number ="
                   " (SELECT max(number) FROM schema_migration) RETURNING 1")
    probe = world.router.client()
    eventually(lambda: probe.get("/readyz").status == 503, 10, 0.05)
    assert probe.get("/readyz").json["checks"] == {"database": "ok", "migrations": "failed",
                                                   "redis": "ok"}


def test_metrics_are_prometheus_text_and_count(make_world):
    world = make_world(workers=0)
    world.channel("web")
    body = message()
    for _ in range(3):
        world.connector("web").post("/v1/messages", body)
    answer = world.router.client().get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    metrics = world.router.metrics()
    assert metrics["redthread_messages_stored_total"] == 1
    assert metrics["redthread_messages_duplicate_total"] == 2
    assert metrics["redthread_http_requests_total"] > 3
    assert metrics["redthread_http_request_seconds_count"] > 3


def test_what_waits_and_for_how_long_is_measured(make_world):
    world = make_world(workers=0)
    talk.shop(world)
    talk.says(world, "passed-over")
    world.sql.rows("BEGIN")
    world.sql.rows("SELECT 1 FROM job FOR UPDATE")
    talk.says(world, "behind-the-oldest-transaction")
    world.workers.append(world._service("worker", 0).start())

    def waiting():
        names = ("jobs_due", "jobs_late_seconds", "feed_late_seconds")
        return [world.worker.metrics()[f"redthread_{name}"] for name in names]

    eventually(lambda: waiting()[0] == 1 and min(waiting()) > 0, 20, 0.05)
    world.sql.rows("ROLLBACK")
    eventually(lambda: waiting() == [0, 0, 0], 20, 0.05)


def test_sigterm_finishes_what_is_in_flight_and_ends_with_0(make_world):
    world = make_world(workers=0)
    world.channel("web")
    client = world.connector("web")
    sql = world.sql
    sql.rows("BEGIN")
    sql.rows("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
    answers = []
    sender = threading.Thread(target=lambda: answers.append(client.post("/v1/messages", message())))
    sender.start()
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    eventually(lambda: int(world.servers.sql(waiting)[0][0]) > 0, 10, 0.02, "it waits for the lock")
    world.router.send(signal.SIGTERM)
    eventually(lambda: world.router.events("draining"), 5, 0.01)
    assert world.router.running
    sql.rows("COMMIT")
    sender.join()
    assert answers[0].status == 201
    assert world.router.child.wait(20) == 0
    assert world.router.events("ended")


def test_while_it_drains_it_is_unready_on_open_connections_and_takes_no_new_ones(make_world):
    world = make_world(workers=0)
    probe = world.router.client()
    assert probe.get("/readyz").status == 200
    world.channel("web")
    sql = world.sql
    sql.rows("BEGIN")
    sql.rows("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
    sender = threading.Thread(target=world.connector("web").post, args=("/v1/messages", message()))
    sender.start()
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    eventually(lambda: int(world.servers.sql(waiting)[0][0]) > 0, 10, 0.02)
    world.router.send(signal.SIGTERM)
    eventually(lambda: world.router.events("draining"), 5, 0.01)
    answer = probe.get("/readyz")
    assert answer.status == 503 and answer.json["draining"] is True
    assert answer.headers["Connection"] == "close"
    with pytest.raises(OSError):
        with socket.create_connection(("127.0.0.1", world.router.port), 1) as link:
            link.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            if not link.recv(1):
                raise ConnectionResetError
    sql.rows("COMMIT")
    sender.join()


def test_a_router_that_ends_under_load_answers_all_it_took_and_no_5xx(make_world):
    world = make_world(workers=0)
    world.channel("web")
    world.connector("web")
    stored, wrong = [], []

    def send(number):
        client = world.connector("web")
        while True:
            body = message(**{"from": {"address": f"a{number}"}})
            try:
                answer = client.post("/v1/messages", body)
            except (OSError, http.client.HTTPException):
                return
            (stored if answer.status == 201 else wrong).append(body["external_id"])
    threads = [threading.Thread(target=send, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(stored) > 200, 20, 0.01)
    assert world.router.stop() == 0
    for thread in threads:
        thread.join()
    kept = {row[0] for row in world.sql.rows("SELECT external_id FROM message")}
    assert not wrong and set(stored) <= kept


def refuse(env):
    result = subprocess.run([BUILD / "redthread-router"], env=env, capture_output=True, text=True,
                            timeout=60)
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert result.returncode == 1 and len(lines) == 1, result.stderr
    assert lines[0]["event"] == "refused_to_start"
    return lines[0]["why"]


@pytest.mark.parametrize("change, words", [
    ({"REDTHREAD_DATABASE_URL": ""}, "REDTHREAD_DATABASE_URL"),
    ({"REDTHREAD_SEALING_KEY": "abc"}, "REDTHREAD_SEALING_KEY"),
    ({"REDTHREAD_SEALING_KEY": ""}, "REDTHREAD_SEALING_KEY"),
    ({"REDTHREAD_EXECUTORS": "many"}, "REDTHREAD_EXECUTORS"),
    ({"REDTHREAD_EXECUTORS": "0"}, "REDTHREAD_EXECUTORS"),
    ({"REDTHREAD_NOTHING": "1"}, "REDTHREAD_NOTHING"),
    ({"REDTHREAD_LISTEN": "nowhere"}, "nowhere"),
    ({"REDTHREAD_OUTBOUND_ALLOW": "10/99"}, "10/99"),
    ({"REDTHREAD_OBJECTS_URL": "ftp://store/x"}, "REDTHREAD_OBJECTS_URL"),
    ({"REDTHREAD_OBJECTS_URL": "http://10.1.2.3/x"}, "REDTHREAD_OBJECTS_URL"),
    ({"REDTHREAD_OBJECTS_URL": "https://store.example/x"}, "REDTHREAD_OBJECTS_KEY")])
def test_it_refuses_to_start_in_one_line_that_names_the_setting(make_world, change, words):
    world = make_world(start=False, workers=0)
    why = refuse({**world.env, **change})
    assert words in why
    assert world.env["REDTHREAD_SEALING_KEY"] not in why


def test_it_refuses_a_taken_port_and_a_database_that_is_not_migrated(make_world):
    world = make_world(workers=0)
    listen = f"127.0.0.1:{world.router.port}"
    assert listen in refuse({**world.env, "REDTHREAD_LISTEN": listen})
    world.servers.sql("CREATE DATABASE bare")
    try:
        bare = {**world.env, "REDTHREAD_DATABASE_URL": world.servers.postgres.url("bare")}
        assert re.search("migrat", refuse(bare))
    finally:
        world.servers.sql("DROP DATABASE bare")


def test_it_refuses_more_connections_than_the_process_may_open(make_world):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    world = make_world(start=False, workers=0)
    if hard != resource.RLIM_INFINITY and hard <= 60000:
        why = refuse({**world.env, "REDTHREAD_CONNECTIONS_MAX": str(hard)})
        assert "REDTHREAD_CONNECTIONS_MAX" in why
        return
    result = subprocess.run(["prlimit", "--nofile=1000:1000", BUILD / "redthread-router"],
                            env={**world.env, "REDTHREAD_CONNECTIONS_MAX": "2000"},
                            capture_output=True, text=True, timeout=60)
    assert result.returncode == 1 and "REDTHREAD_CONNECTIONS_MAX" in result.stderr


def test_memory_is_not_readable_by_others_and_never_a_core_file(make_world):
    world = make_world(workers=0)
    limits = open(f"/proc/{world.router.pid}/limits").read()
    assert re.search(r"Max core file size +0 +0", limits)
    assert os.stat(f"/proc/{world.router.pid}/environ").st_uid == 0


def test_a_full_queue_is_503_at_once_and_probes_still_answer(make_world):
    """One is saved, one has been read, two wait: four of twelve."""
    world = make_world(workers=0, queue_max=2, executors=1, batch_max=1)
    world.channel("web")
    sql = world.sql
    sql.rows("BEGIN")
    sql.rows("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
    answers = []

    def send(_):
        answers.append(world.connector("web").post("/v1/messages", message()))
    threads = [threading.Thread(target=send, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(answers) >= 8, 4, 0.01, "what does not fit is refused while others wait")
    assert {a.status for a in answers} == {503}
    assert all(int(a.headers["Retry-After"]) >= 1 for a in answers)
    probe = world.router.client()
    assert probe.get("/livez").status == 200 and probe.get("/readyz").status == 200
    assert world.router.metrics()["redthread_http_overload_total"] == 8
    sql.rows("COMMIT")
    for thread in threads:
        thread.join()
    assert sorted(a.status for a in answers) == [201] * 4 + [503] * 8


def test_who_has_waited_as_long_as_a_database_call_may_take_is_503_and_keeps_nobody(make_world):
    """Each of forty costs a fifth of a second while the table is locked: eight seconds in all."""
    world = make_world(workers=0, executors=1, batch_max=1, database_timeout_ms=800)
    world.channel("web")
    client = world.connector("web")

    def send(_):
        began = time.monotonic()
        return client.post("/v1/messages", message()).status, time.monotonic() - began
    world.sql.rows("BEGIN")
    world.sql.rows("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
    answers = together(40, send)
    world.sql.rows("COMMIT")
    assert {status for status, _ in answers} == {503}
    assert max(seconds for _, seconds in answers) < 3, answers
    assert client.post("/v1/messages", message()).status == 201


def test_nobody_waits_longer_than_two_database_calls_while_postgres_stands_still(own_servers):
    """Somebody else's and their own: whoever stands in the queue then, or has been read and waits
    for a connection, has waited too long for a third."""
    timeout_s = 2
    world = harness.World(own_servers, workers=0, executors=1, batch_max=1,
                          database_timeout_ms=timeout_s * 1000).start()
    world.channel("web")
    client = world.connector("web")

    def send(_):
        began = time.monotonic()
        return client.post("/v1/messages", message()).status, time.monotonic() - began
    assert send(0)[0] == 201
    with own_servers.postgres.standstill():
        answers = together(20, send)
    assert {status for status, _ in answers} == {503}
    assert max(seconds for _, seconds in answers) < 2.5 * timeout_s, answers
    world.stop()
