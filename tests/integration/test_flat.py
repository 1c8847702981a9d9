"""Memory, file descriptors and threads of routers and workers stay flat under load with faults."""

import itertools
import os
import pathlib
import socket
import threading
import time

import pytest

import harness
from harness import SLOW, Answer

KIB = 1024
TEXTS = ("Where is my parcel?", "Hvor er min pakke?", "I want to talk to a human",
         "THIS IS A SCANDAL!!! you never answer", "Order 10023-44 has not come")
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


def moody(_, number):
    """Of every thirty calls one hangs, two fail, one is cut short."""
    kind = number % 30
    if kind == 7:
        return Answer(hang=True)
    if kind == 17:
        return Answer(close=True)
    return Answer(500) if kind in (3, 13) else Answer(200, body={"text": "I see.", "facts": {}})


@pytest.fixture
def world(own_servers, make_peer):
    world = harness.World(own_servers, routers=2, workers=1, outbound_timeout_ms=300,
                          lease_ms=2000, connections_max=64).start()
    peer = make_peer(moody)
    admin = world.admin()
    for queue in ("support", "care"):
        assert admin.put(f"/v1/queues/{queue}", {"name": queue}).status == 201
    assert admin.put("/v1/agents/anna", {"name": "Anna", "queues": ["support"]}).status == 201
    assert admin.put("/v1/agents/anna/presence", {"status": "online", "capacity": 5}).status == 200
    assert admin.put("/v1/bots/helper", {"kind": "webhook", "url": f"{peer.url}/bot",
                                         "secret": SECRET, "timeout_ms": 300}).status == 201
    world.channel("web", credentials={"secret": SECRET},
                  settings={"bot": "helper", "outbound_url": f"{peer.url}/hook"})
    world.connector("web"), world.dashboard()
    yield world
    peer.release()
    world.stop()


def quietly(action):
    try:
        return action()
    except Exception:  # the other side was killed on purpose
        return None


def customer(world, number, stop):
    """Writes, reads, and asks for what is refused."""
    connector, admin = (world.connector("web", router=number % 2), world.admin(number % 2))
    for n in itertools.count():
        if stop.is_set():
            return
        body = {"channel": "web", "external_id": f"f-{number}-{n // 2}", "text": TEXTS[n % 5],
                "from": {"address": f"sender-{number}-{n % 7}"}}
        answer = quietly(lambda: connector.post("/v1/messages", body))
        quietly(lambda: connector.post("/v1/messages", {**body, "text": 5}))
        if answer is None or answer.status != 201:
            continue
        path = f"/v1/conversations/{answer.json['message']['conversation_id']}"
        quietly(lambda: admin.get(f"{path}/messages?limit=5"))
        quietly(lambda: admin.post(f"{path}/replies", {
            "author": {"type": "agent", "id": "anna"}, "text": "We look into it."}))
        quietly(lambda: admin.post(f"{path}/resolve", {"outcome": "answered"}))
        quietly(lambda: admin.post(f"{path}/takeover", {"agent": "nobody"}))


def hang_up(world):
    """Begins a message, hangs up in the middle; opens a stream, hangs up."""
    for text in (b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{",
                 f"GET /v1/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer"
                 f" {world.key('dashboard')}\r\n\r\n".encode()):
        with socket.socket() as link:
            link.connect(("127.0.0.1", world.router.port))
            link.sendall(text)


def configure(world):
    world.admin().put("/v1/queues/care", {"name": "Care"})


def cut_database(world):
    world.sql.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                   " WHERE datname = current_database() AND pid <> pg_backend_pid()")


def lose_cache(world):
    world.servers.redis.kill9()
    world.servers.redis.start()


FAULTS = (hang_up, configure, cut_database, hang_up, lose_cache)


def measure(service):
    status = pathlib.Path(f"/proc/{service.pid}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return {"KiB": int(fields["VmRSS"].split()[0]), "threads": int(fields["Threads"]),
            "descriptors": len(os.listdir(f"/proc/{service.pid}/fd"))}


def growth(samples):
    """By how much the straight line through the samples rises from its first to its last."""
    n = len(samples)
    middle, mean = (n - 1) / 2, sum(samples) / n
    slope = sum((i - middle) * (y - mean) for i, y in enumerate(samples)) / sum(
        (i - middle) ** 2 for i in range(n))
    return slope * (n - 1)


def run(world, seconds):
    """Samples of each process over the last two thirds of the time, and how much was done."""
    services = world.routers + world.workers
    samples = {service.name: [] for service in services}
    stop, faults = threading.Event(), itertools.cycle(FAULTS)
    crowd = [threading.Thread(target=customer, args=(world, i, stop), daemon=True)
             for i in range(6)]
    for thread in crowd:
        thread.start()
    began, beat = time.monotonic(), seconds / 60
    for n in range(60):
        if n % 2:
            quietly(lambda: next(faults)(world))
        while time.monotonic() < began + (n + 1) * beat:
            stop.wait(min(0.05, beat))
            for service in services if n >= 20 else ():
                samples[service.name].append(measure(service))
    stop.set()
    for thread in crowd:
        thread.join(60)
        assert not thread.is_alive()
    return samples


def check(world, samples, grown_max):
    metrics = world.worker.metrics()
    assert metrics["redthread_jobs_retried_total"] > 0, "no fault was met: nothing was tested"
    assert world.sql.number("SELECT count(*) FROM message") > 500, "too little was done"
    for name, found in samples.items():
        assert growth([s["KiB"] for s in found]) < grown_max, (name, "memory", found[0], found[-1])
        assert growth([s["threads"] for s in found]) < 2, (name, "threads", found[0], found[-1])
        assert growth([s["descriptors"] for s in found]) < 6, (name, found[0], found[-1])


@pytest.mark.skipif(SLOW > 1, reason="a sanitizer keeps what was freed")
@pytest.mark.deadline(120)
def test_memory_descriptors_and_threads_stay_flat(world):
    check(world, run(world, 24), 2 * KIB)


@pytest.mark.torture
@pytest.mark.skipif(SLOW > 1, reason="a sanitizer keeps what was freed")
@pytest.mark.deadline(1000)
def test_memory_descriptors_and_threads_stay_flat_for_ten_minutes(world):
    check(world, run(world, 600), KIB)
