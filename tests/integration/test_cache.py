"""The session cache is a cache: flushed, killed, stopped, stale or lying, it changes no answer."""

import itertools
import socket
import threading

import pytest

import harness
from harness import eventually

numbers = itertools.count(1)
SENDERS, TURNS = 6, 5
SEAL_BYTES = 16
TEXTS = ("Where is my parcel?", "Hvor er min pakke?", "Order 10023-44 has not come",
         "I want to talk to a human", "THIS IS A SCANDAL, you never answer!!!")
DUTCH = "Goedemiddag, waar blijft mijn pakket? Ik wacht al een week."


def play(world, between=lambda n: None):
    """The same messages in the same order, each turn by another router; what was decided, without
    ids and times."""
    clients = [world.connector("web", router=i) for i in range(len(world.routers))]
    heard = []
    for n, (turn, sender) in enumerate(itertools.product(range(TURNS), range(SENDERS))):
        between(n)
        answer = clients[turn % len(clients)].post("/v1/messages", {
            "channel": "web", "external_id": f"c-{n}", "from": {"address": f"sender-{sender}"},
            "text": TEXTS[(turn + sender) % len(TEXTS)]})
        assert answer.status == 201, answer
        decision = answer.json["decision"]
        decision.pop("id")
        heard.append({"seq": answer.json["message"]["seq"], **decision})
    return heard


def fresh(servers, **kw):
    return configured(harness.World(servers, workers=0, **kw).start())


def stale(world):
    return sum(router.metrics()["redthread_turns_stale_total"] for router in world.routers)


def configured(world):
    for queue in ("support", "care"):
        assert world.admin().put(f"/v1/queues/{queue}", {"name": queue}).status in (200, 201)
    assert world.admin().put("/v1/bots/faq", {"kind": "faq"}).status in (200, 201)
    world.channel("web")
    return world


@pytest.fixture(scope="module")
def expected(servers):
    world = fresh(servers, redis=False)
    yield play(world)
    world.stop()


def test_with_a_cache_the_answers_are_those_without(servers, expected):
    world = fresh(servers)
    assert play(world) == expected
    hits = [line for line in world.admin().get("/metrics").text.splitlines()
            if line.startswith("redthread_session_cache_hits_total")]
    assert int(float(hits[0].split()[1])) > 0, "the cache was never hit: nothing was tested"
    world.stop()


def test_flushed_before_every_third_message(servers, expected):
    world = fresh(servers)
    assert play(world, lambda n: servers.redis.flush() if n % 3 == 0 else None) == expected
    world.stop()


def test_killed_in_the_middle_and_back_later(own_servers, expected):
    world = fresh(own_servers)

    def between(n):
        if n == 8:
            own_servers.redis.kill9()
        if n == 20:
            own_servers.redis.start()

    assert play(world, between) == expected
    assert own_servers.redis.running
    world.stop()


def test_ready_but_degraded_while_redis_is_gone(own_servers):
    world = fresh(own_servers)
    own_servers.redis.kill9()
    state = eventually(lambda: (r := world.admin().get("/readyz")).json["status"] == "degraded"
                       and r)
    assert state.status == 200
    own_servers.redis.start()
    eventually(lambda: world.admin().get("/readyz").json["status"] == "ready")
    world.stop()


def redis_command(path, *words):
    parts = [w if isinstance(w, bytes) else str(w).encode() for w in words]
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(path)
        link.sendall(b"*%d\r\n" % len(parts)
                     + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        data = link.recv(1 << 20)
    return data


def stored(path, key):
    answer = redis_command(path, "GET", key)
    head, _, rest = answer.partition(b"\r\n")
    return None if head == b"$-1" else rest[:int(head[1:])]


def socket_of(servers):
    return servers.redis.url.removeprefix("unix://")


@pytest.mark.parametrize("routers", (1, 2))
def test_an_old_entry_brought_back_is_noticed(servers, expected, routers):
    """Each entry is replaced by the first one ever written for its sender: right seal, stale
    version. A router that has saved a newer one does not even judge from it."""
    world = fresh(servers, routers=routers)
    path, first = socket_of(servers), {}

    def between(_):
        for sender in range(SENDERS):
            key = f"redthread:session:channel:web:sender-{sender}"
            value = stored(path, key)
            if value:
                redis_command(path, "SET", key, first.setdefault(key, value))

    assert play(world, between) == expected
    assert len(first) == SENDERS, "no entry was ever stale: nothing was tested"
    assert (stale(world) > 0) == (routers > 1)
    world.stop()


@pytest.mark.parametrize("lie", ["swapped", "forged", "garbage", "wrong type"])
def test_an_entry_that_lies_is_no_entry(servers, expected, lie):
    world = fresh(servers)
    path, told, places = socket_of(servers), [], itertools.count()
    keys = [f"redthread:session:channel:web:sender-{s}" for s in range(SENDERS)]

    def between(_):
        values = [stored(path, key) for key in keys]
        if not all(values):
            return
        told.append(1)
        for key, value, other in zip(keys, values, values[1:] + values[:1]):
            if lie == "swapped":
                redis_command(path, "SET", key, other)
            elif lie == "forged":  # one byte behind the seal, another one each time
                at = SEAL_BYTES + next(places) % (len(value) - SEAL_BYTES)
                forged = value[:at] + bytes([value[at] ^ 1]) + value[at + 1:]
                redis_command(path, "SET", key, forged)
            elif lie == "garbage":
                redis_command(path, "SET", key, b"\xff\x00{\"id\":" * 30)
            else:
                redis_command(path, "DEL", key)
                redis_command(path, "LPUSH", key, "1")

    def between_once_typed(n):
        if lie != "wrong type" or not told:
            between(n)

    assert play(world, between_once_typed) == expected
    assert told, "no lie was told: nothing was tested"
    world.stop()


class Hanging:
    """A Redis that takes connections and never answers."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        path.chmod(0o777)
        self.listener.listen(64)
        self.links = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                self.links.append(self.listener.accept()[0])
            except OSError:
                return

    def close(self):
        self.listener.close()
        for link in self.links:
            link.close()


def test_a_redis_that_hangs_keeps_nobody_waiting(servers, expected):
    path = servers.root / "hanging.sock"
    hanging = Hanging(path)
    world = harness.World(servers, workers=0, redis=False)
    world.router.env["REDTHREAD_REDIS_URL"] = f"unix://{path}"
    configured(world.start())
    assert play(world) == expected
    assert "redthread_redis_up 0" in world.admin().get("/metrics").text
    assert hanging.links, "nobody asked it: nothing was tested"
    world.stop()
    hanging.close()


@pytest.mark.parametrize("remembered", [True, False], ids=["from the cache", "loaded"])
def test_company_in_a_batch_changes_no_decision(servers, remembered):
    """Who could be asked now is shown to those whose judgement depends on it, and to no others."""
    world = fresh(servers)
    client, admin = world.connector("web"), world.admin()
    try:
        def send(*letters):
            items = [{"channel": "web", "external_id": f"company-{next(numbers)}",
                      "from": {"address": f"letter-{letter}"}, "text": text}
                     for letter, text in letters]
            answer = client.post("/v1/messages/batch", {"items": items})
            assert [item["status"] for item in answer.json["items"]] == [201] * len(items), answer
            return [item["decision"]["id"] for item in answer.json["items"]]

        def signals(decision):
            found = admin.get(f"/v1/decisions/{decision}").json["signals"]
            found.pop("customer_draw")  # by the customer's id
            return found

        plain, wish = "Where is my parcel?", "I want to talk to a human"
        if remembered:
            for letter in "abc":
                send((letter, plain + " Thanks."))
        alone = signals(send(("a", plain))[0])
        beside, asks = send(("b", plain), ("c", wish))
        assert signals(beside) == alone
        assert "humans_online" in signals(asks) and "humans_online" not in alone
    finally:
        world.stop()


def misses(world):
    name = "redthread_session_cache_misses_total "
    lines = world.admin().get("/metrics").text.splitlines()
    return next(int(line[len(name):]) for line in lines if line.startswith(name))


def say(world, who, text):
    answer = world.connector("web").post("/v1/messages", {
        "channel": "web", "text": text, "external_id": f"said-{next(numbers)}",
        "from": {"address": who}})
    assert answer.status == 201, answer
    return answer.json


def test_a_watched_conversation_is_judged_alike_remembered_or_loaded(servers):
    """A queue that watches looks with each message whether somebody has come."""
    world = fresh(servers)
    admin = world.admin()
    try:
        def watched(who):
            for i in range(12):
                said = say(world, who, f"I ordered {i + 2} lamps, still waiting, to be here today.")
                path = f"/v1/conversations/{said['message']['conversation_id']}"
                if (admin.get(path).json["backup"] or {}).get("type") == "queue":
                    return i
            raise AssertionError("no queue came to watch")

        def thanked(who, forget):
            seen = watched(who)
            if forget:
                servers.redis.flush()
            before = misses(world)
            decision = say(world, who, "Thank you!")["decision"]
            assert (misses(world) > before) == forget, "judged the other way"
            found = admin.get(f"/v1/decisions/{decision['id']}").json["signals"]
            found.pop("customer_draw")
            return seen, decision["mode"], found

        remembered, loaded = thanked("kept", False), thanked("lost", True)
        assert remembered == loaded
        assert "humans_online" in loaded[2]
    finally:
        world.stop()


def test_a_text_is_read_in_its_conversations_language_remembered_loaded_or_at_once(servers):
    """"Regards" by itself is English beyond doubt; in a Dutch conversation it is not."""
    world = fresh(servers)
    admin = world.admin()
    try:
        def language_of(said):
            found = admin.get(f"/v1/decisions/{said['decision']['id']}").json
            return found["signals"]["language"]

        def in_dutch(who, forget):
            say(world, who, DUTCH)
            if forget:
                servers.redis.flush()
            before = misses(world)
            said = say(world, who, "Regards,")
            assert (misses(world) > before) == forget, "read the other way"
            return language_of(said)

        def at_once(who):
            answer = world.connector("web").post("/v1/messages/batch", {"items": [
                {"channel": "web", "external_id": f"{who}-{i}", "from": {"address": who},
                 "text": text} for i, text in enumerate((DUTCH, "Regards,"))]})
            assert [item["status"] for item in answer.json["items"]] == [201, 201], answer
            return language_of(answer.json["items"][1])

        assert language_of(say(world, "stranger", "Regards,")) == "en"
        assert (in_dutch("kept", False), in_dutch("lost", True)) == ("nl", "nl")
        assert at_once("both") == "nl"
    finally:
        world.stop()


def test_a_message_that_comes_again_moves_nobody_into_the_inbox(servers):
    """It is judged from the cache as if it were new, and only then found to be known: nothing that
    stands beside the conversation may be written for it."""
    world = fresh(servers)
    client, admin = world.connector("web"), world.admin()
    try:
        wish = {"channel": "web", "external_id": "again-1", "from": {"address": "again"},
                "text": "I want to talk to a human"}
        first = client.post("/v1/messages", wish)
        path = f"/v1/conversations/{first.json['message']['conversation_id']}"
        assert admin.get(path).json["control"]["holder"]["type"] == "queue"
        assert admin.post(f"{path}/release", {"to": "bot"}).status == 200
        assert world.sql.number("SELECT count(*) FROM attention") == 0
        client.post("/v1/messages", {**wish, "external_id": "again-2",
                                     "text": "Where is my parcel?"})
        before = world.sql.rows("SELECT * FROM attention"), admin.get(path).json
        earlier = stale(world)
        again = client.post("/v1/messages", wish)
        assert again.status == 200 and again.json["message"]["duplicate"] is True, again
        assert (world.sql.rows("SELECT * FROM attention"), admin.get(path).json) == before
        assert stale(world) == earlier, "nothing is to be judged again"
    finally:
        world.stop()


def test_what_is_judged_but_never_stored_is_not_acknowledged(servers):
    """Known already, yet nowhere to be found: no round of the turn can end well."""
    world = fresh(servers)
    client = world.connector("web")
    try:
        lost = {"channel": "web", "external_id": "lost-1", "from": {"address": "lost"},
                "text": "Where is my parcel?"}
        assert client.post("/v1/messages", lost).status == 201
        world.sql.rows("DELETE FROM message WHERE external_id = 'lost-1'")
        assert client.post("/v1/messages", lost).status == 503
        assert world.sql.number("SELECT count(*) FROM message") == 0
        assert client.post("/v1/messages", {**lost, "external_id": "lost-2"}).status == 201
    finally:
        world.stop()
