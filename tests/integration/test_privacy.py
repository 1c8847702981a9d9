"""What is erased is gone: from every table, from the cache, from the logs, under traffic too. What
stays is one event that says so and names nobody."""

import base64
import threading

import pytest

import harness
from harness import eventually, together
from shapes import SECRET, everything
from talk import answered, begins, caught_up, ok, query, says, shop

CANARY = "Kanariefugl"


def cache(world):
    """Every key and value of the cache as one text."""
    return world.servers.redis.command(
        "EVAL", "local out = '' for _, k in ipairs(redis.call('KEYS', '*')) do"
        " out = out .. k .. ' ' .. redis.call('GET', k) .. ' ' end return out", 0)


def hits(world, *words):
    """Where any of these words is found: in a table (as text or as bytes), the cache, or a log."""
    found = []
    shown = {**everything(world.sql), "the cache": cache(world),
             **{f"log of {s.name}": s.log() for s in world.routers + world.workers}}
    for place, text in shown.items():
        for word in words:
            for form in (word, word.encode().hex(), base64.b64encode(word.encode()).decode()):
                if form.lower() in text.lower():
                    found.append((place, word))
    return found


def erase(world, customer, status=204):
    answer = world.admin().delete(f"/v1/customers/{customer}")
    assert answer.status == status, answer


def a_full_life(world):
    """A person whose name is in every place where one can be."""
    admin = world.admin()
    address = {"kind": "email", "value": f"{CANARY}@example.dk", "verified": True}
    claim = {"kind": "phone", "value": "+4512344321", "verified": False}
    said = ok(admin.post("/v1/messages", {
        "channel": "web", "external_id": f"{CANARY}-1",
        "text": f"{CANARY}: I am furious, terrible!",
        "from": {"address": f"{CANARY}-77", "name": f"{CANARY} Jensen",
                 "identities": [address, claim]},
        "html": f"<p>{CANARY}</p>", "subject": f"{CANARY}?", "metadata": {"who": CANARY},
        "attachments": [{"url": f"https://example.dk/{CANARY}.png", "name": f"{CANARY}.png",
                         "content_type": "image/png", "size": 1}]},
        headers={"Idempotency-Key": "life-1"}), 201)
    path = f"/v1/conversations/{said['message']['conversation_id']}"
    says(world, f"{CANARY}-mail", f"{CANARY} order 48213", channel="mail", identities=[address])
    answered(world, said["message"]["conversation_id"])
    ok(admin.post(f"{path}/takeover", {"agent": "anna"}))
    reply = ok(admin.post(f"{path}/replies", {
        "author": {"type": "agent", "id": "anna"}, "text": f"Dear {CANARY}"},
        headers={"Idempotency-Key": "life-2"}), 201)
    ok(admin.post("/v1/receipts", {"message_id": reply["message"]["id"], "status": "failed",
                                   "error": f"mailbox {CANARY} full"}))
    ok(admin.post(f"{path}/notes", {"author": {"type": "agent", "id": "anna"}, "text": CANARY}))
    ok(admin.post(f"{path}/promises", {"text": f"call {CANARY}",
                                       "due_at": "2030-01-01T00:00:00.000Z"}))
    ok(admin.post(f"{path}/resolve", {"outcome": f"{CANARY} is happy"}))
    caught_up(world)
    return said["message"]


@pytest.fixture
def shop_world(make_world):
    world = make_world()
    shop(world, channels=("web", "mail"))
    return world


def test_nothing_of_a_life_is_left(shop_world):
    world = shop_world
    said = a_full_life(world)
    other = begins(world, "somebody-else", "I stay")
    places = {place for place, _ in hits(world, CANARY)}
    assert {"message", "identity", "conversation", "event", "idempotency", "search", "the cache",
            "customer"} <= places and "claim" not in places
    assert not any(place.startswith("log") for place in places)
    before = {t: n for t, n in rows(world).items()}
    erase(world, said["customer_id"])
    assert hits(world, CANARY, "4512344321") == []
    caught_up(world)
    assert hits(world, CANARY, "4512344321") == []
    for path in (f"/v1/customers/{said['customer_id']}",
                 f"/v1/conversations/{said['conversation_id']}",
                 f"/v1/conversations/{said['conversation_id']}/messages",
                 f"/v1/conversations/{said['conversation_id']}/timeline",
                 f"/v1/messages/{said['id']}"):
        assert world.admin().get(path).status == 404
    erase(world, said["customer_id"], 404)
    texts = [m["text"] for m in world.admin().items(f"/v1/conversations/{other}/messages")]
    assert "I stay" in texts
    assert before["customer"] - rows(world)["customer"] == 1


def rows(world):
    return {table: world.sql.number(f"SELECT count(*) FROM {table}")
            for table in ("customer", "conversation", "message", "identity")}


def test_what_stays_is_an_event_without_a_person(shop_world):
    world = shop_world
    said = says(world, "tombstone", CANARY)["message"]
    stream = world.dashboard().stream("/v1/stream")
    erase(world, said["customer_id"])
    told = stream.wait(lambda e: e["event"] == "erasure")
    assert told["data"]["conversation_id"] == said["conversation_id"]
    stream.close()
    left = world.sql.rows("SELECT kind, seq, data FROM event WHERE conversation_id = $1"
                          " AND kind NOT IN (0, 1)", said["conversation_id"])
    assert len(left) == 1
    assert left[0][2] == '{"customer": "%s"}' % said["customer_id"]
    assert world.sql.number("SELECT count(*) FROM arrival") == 0


def test_the_kept_answer_to_a_first_message_is_shown_and_gone(shop_world):
    """It is kept under the time its request came, when the customer did not exist yet."""
    admin = shop_world.admin()
    said = ok(admin.post("/v1/messages", {
        "channel": "web", "external_id": "kept-1", "text": "Hello", "from": {"address": "kept"}},
        headers={"Idempotency-Key": "kept-1"}), 201)["message"]
    export = ok(admin.get(f"/v1/customers/{said['customer_id']}/export"))
    (without_key,) = export["records"]["without_key"]
    assert [answer["status"] for answer in without_key["idempotency"]] == [201]
    erase(shop_world, said["customer_id"])
    assert said["customer_id"] not in everything(shop_world.sql)["idempotency"]


def test_a_new_message_is_a_new_customer(shop_world):
    world = shop_world
    body = {"channel": "web", "external_id": "again-1", "from": {"address": "again"},
            "text": "Where is my parcel?"}
    first = ok(world.admin().post("/v1/messages", body), 201)["message"]
    erase(world, first["customer_id"])
    second = ok(world.admin().post("/v1/messages", body), 201)
    assert second["message"]["customer_id"] != first["customer_id"]
    assert second["message"]["conversation_id"] != first["conversation_id"]
    assert second["message"]["seq"] == 1 and second["decision"]["continues"] is False
    found = ok(world.admin().get(f"/v1/lookup?{query(kind='channel:web', value='again')}"))
    assert found["customer"]["id"] == second["message"]["customer_id"]


def test_a_merged_person_is_erased_whole(shop_world):
    world = shop_world
    admin = world.admin()
    a, b = (says(world, f"whole-{i}", f"{CANARY} {i}")["message"] for i in range(2))
    ok(admin.post(f"/v1/customers/{a['customer_id']}/merge", {"from": b["customer_id"]}), 201)
    caught_up(world)
    erase(world, b["customer_id"])
    caught_up(world)
    assert hits(world, CANARY, "whole-") == []
    assert world.sql.number("SELECT count(*) FROM merge") == 0
    for one in (a, b):
        assert admin.get(f"/v1/customers/{one['customer_id']}").status == 404


def test_what_waits_to_be_sent_is_not_sent(make_world, peer):
    world = make_world(workers=0)
    admin = shop(world, channels=())
    world.channel("web", settings={"outbound_url": f"{peer.url}/out"},
                  credentials={"secret": SECRET})
    said = says(world, "unsent")["message"]
    path = f"/v1/conversations/{said['conversation_id']}"
    ok(admin.post(f"{path}/takeover", {"agent": "anna"}))
    for i in range(3):
        ok(admin.post(f"{path}/replies", {"author": {"type": "agent", "id": "anna"},
                                          "text": f"{CANARY} {i}"}), 201)
    assert world.sql.number("SELECT count(*) FROM job") > 0
    erase(world, said["customer_id"])
    assert world.sql.number("SELECT count(*) FROM job") == 0
    worker = world._service("worker", 9)
    world.workers.append(worker)
    worker.start()
    kept = says(world, "kept")["message"]
    path = f"/v1/conversations/{kept['conversation_id']}"
    ok(admin.post(f"{path}/takeover", {"agent": "anna"}))
    ok(admin.post(f"{path}/replies", {"author": {"type": "agent", "id": "anna"}, "text": "kept"}),
       201)
    eventually(lambda: any(b"kept" in r.body for r in peer.requests), what="the other one is sent")
    assert not any(CANARY.encode() in r.body for r in peer.requests)


@pytest.mark.deadline(180)
def test_erased_while_they_write(shop_world):
    """Turns that run while the person is erased end up wholly before it or in a new person."""
    world = shop_world
    for round_ in range(6):
        first = says(world, f"busy-{round_}", f"{CANARY} begins")["message"]
        erased = threading.Event()
        address = {"kind": "email", "value": f"busy-{round_}@example.dk", "verified": True}

        def write(i):
            if i == 7:
                erase(world, first["customer_id"])
                erased.set()
                return None
            late = erased.is_set()
            origin = {"address": f"busy-{round_}", "identities": [address] if i % 2 else []}
            answer = world.admin().post("/v1/messages", {
                "channel": "web", "external_id": f"busy-{round_}-{i}", "from": origin,
                "text": "still there?"})
            assert answer.status == 201, answer
            return late, answer.json["message"]["conversation_id"]
        answers = [a for a in together(24, write) if a]
        assert all(c != first["conversation_id"] for late, c in answers if late)
        gone = first["conversation_id"]
        for table in ("message", "arrival", "job", "attention"):
            assert world.sql.number(f"SELECT count(*) FROM {table} WHERE conversation_id = $1",
                                    gone) == 0, table
        assert world.sql.number("SELECT count(*) FROM conversation WHERE id = $1", gone) == 0
        # Whoever wrote afterwards is one new person, and can go on writing.
        again = says(world, f"busy-{round_}", "and now?")["message"]
        assert again["conversation_id"] != gone
        dangling = world.sql.rows(
            "SELECT i.kind, i.value FROM identity i WHERE NOT EXISTS (SELECT 1 FROM customer u"
            " WHERE u.id = i.customer_id)")
        assert dangling == []
    caught_up(world)
    assert hits(world, CANARY) == []
    assert world.sql.number("SELECT count(*) FROM search s WHERE NOT EXISTS (SELECT 1 FROM message"
                            " m WHERE m.conversation_id = s.conversation_id AND m.seq = s.seq)"
                            ) == 0
