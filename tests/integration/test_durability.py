"""Acknowledged means durable exactly once: the router and Postgres are killed under load, the
ledger is checked after."""

import itertools
import random
import threading
import time

import pytest

import harness
from harness import Proxy, eventually

SOCKET = ".s.PGSQL.5432"


class Ledger:
    """What was sent, and what became of it: ok (acknowledged) or unknown (the answer was lost)."""

    def __init__(self):
        self.lock = threading.Lock()
        self.ok, self.unknown, self.refused, self.cut = {}, set(), 0, 0

    def note(self, external_id, answer):
        with self.lock:
            if answer is None:
                self.cut += 1
                self.unknown.add(external_id)
            elif answer.status in (200, 201):
                self.ok[external_id] = answer.json["message"]["id"]
                self.unknown.discard(external_id)
            else:
                self.refused += 1
                assert answer.status == 503, answer


def sender(world, ledger, stop, number, routers):
    clients = [world.connector("web", router=i) for i in range(routers)]
    for n in itertools.count():
        if stop.is_set():
            return
        body = {"channel": "web", "external_id": f"d-{number}-{n}", "text": "Where is my parcel?",
                "from": {"address": f"sender-{number}-{n % 5}"}}
        for attempt in range(3):
            try:
                answer = clients[(n + attempt) % routers].post("/v1/messages", body)
            except Exception:  # the router died under us: the outcome is unknown
                answer = None
            ledger.note(body["external_id"], answer)
            if answer is not None and answer.status in (200, 201) and attempt == n % 2:
                break


def run_under_load(world, routers, disturb):
    ledger, stop = Ledger(), threading.Event()
    threads = [threading.Thread(target=sender, args=(world, ledger, stop, i, routers), daemon=True)
               for i in range(8)]
    for thread in threads:
        thread.start()
    try:
        disturb(ledger)
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
    return ledger


def check(world, ledger):
    sql = world.reconnect()
    rows = sql.rows("SELECT external_id, id FROM message")
    stored = dict(rows)
    assert len(stored) == len(rows), "a message was stored twice"
    lost = set(ledger.ok) - set(stored)
    assert not lost, f"{len(lost)} acknowledged messages are lost, e.g. {sorted(lost)[:3]}"
    wrong = [e for e, id_ in ledger.ok.items() if stored[e] != id_]
    assert not wrong, f"acknowledged under another id: {wrong[:3]}"
    assert sql.number("SELECT count(*) FROM (SELECT 1 FROM message GROUP BY conversation_id"
                      " HAVING count(*) <> max(seq)) g") == 0
    assert sql.number("SELECT count(*) FROM arrival") == len(stored)
    assert ledger.ok, "nothing was acknowledged: nothing was tested"
    assert ledger.cut or ledger.refused, "nothing went wrong: nothing was tested"


def progress(ledger, more):
    goal = len(ledger.ok) + more
    eventually(lambda: len(ledger.ok) >= goal, timeout=60,
               what=f"{more} more acknowledged messages")


@pytest.mark.deadline(300)
def test_kill_9_of_routers_loses_and_doubles_nothing(make_world):
    world = make_world(routers=2, workers=0)
    world.channel("web")
    dice = random.Random(11)

    def disturb(ledger):
        for _ in range(5):
            progress(ledger, dice.randrange(20, 120))
            victim = world.routers[dice.randrange(2)]
            victim.kill9()
            victim.start()

    check(world, run_under_load(world, 2, disturb))


@pytest.mark.deadline(300)
@pytest.mark.catches("ANSWER_BEFORE_COMMIT")
def test_kill_9_of_postgres_loses_and_doubles_nothing(own_servers):
    world = harness.World(own_servers, routers=2, workers=0).start()
    world.channel("web")
    dice = random.Random(13)

    def disturb(ledger):
        for _ in range(3):
            progress(ledger, dice.randrange(50, 200))
            own_servers.postgres.kill9()
            own_servers.postgres.start()
        progress(ledger, 50)

    check(world, run_under_load(world, 2, disturb))
    world.stop()


@pytest.fixture
def proxied(servers, tmp_path_factory, request):
    """A world whose programs reach Postgres through a proxy; the tests' own connection does not."""
    directory = servers.root / f"proxy-{request.node.name[:20]}"
    directory.mkdir()
    directory.chmod(0o755)
    proxy = Proxy(str(directory / SOCKET), str(servers.postgres.sockets / SOCKET))
    world = harness.World(servers, workers=0, database_timeout_ms=3000,
                          database_url=lambda name: servers.postgres.url(name, directory)).start()
    request.node.worlds = [world]
    world.channel("web")
    yield world, proxy
    proxy.release()
    world.stop()
    proxy.close()


def test_an_answer_comes_only_after_the_commit(proxied):
    """A proxy holds what Postgres says to COMMIT: until it lets go, there is no 201."""
    world, proxy = proxied
    client = world.connector("web")
    body = {"channel": "web", "external_id": "held", "from": {"address": "held"}, "text": "Hello?"}
    assert client.post("/v1/messages", {**body, "external_id": "first"}).status == 201
    proxy.hold()
    answers = []
    thread = threading.Thread(target=lambda: answers.append(client.post("/v1/messages", body)))
    thread.start()
    held_until = time.monotonic() + 1
    eventually(lambda: answers or time.monotonic() > held_until, timeout=5)
    assert not answers, "answered while the commit was not confirmed"
    proxy.release()
    thread.join(10)
    assert answers and answers[0].status == 201


def test_a_lost_commit_answer_is_resolved_by_the_key_not_guessed(proxied):
    world, proxy = proxied
    client = world.connector("web")
    body = {"channel": "web", "external_id": "swallowed", "from": {"address": "s"},
            "text": "Hello?"}
    assert client.post("/v1/messages", {**body, "external_id": "first"}).status == 201
    proxy.swallow()
    assert client.post("/v1/messages", body).status == 503
    proxy.release()
    proxy.cut()
    answer = eventually(lambda: (a := client.post("/v1/messages", body)).status in (200, 201) and a)
    rows = world.sql.rows("SELECT id FROM message WHERE external_id = 'swallowed'")
    assert [r[0] for r in rows] == [answer.json["message"]["id"]]
