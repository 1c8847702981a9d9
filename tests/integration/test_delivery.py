"""Replies leave in order, once they are committed, under one id for all attempts, and only while
the lease lasts."""

import base64
import collections
import hashlib
import hmac
import itertools
import os
import signal
import threading
import time

import pytest

import harness
from harness import Answer, Peer, eventually, together

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
CLAIMED = "SELECT count(*) FROM job WHERE lane = 0 AND token IS NOT NULL"
numbers = itertools.count(1)


def world_with(make_world, peer, **kw):
    world = make_world(**kw)
    world.channel("web", credentials={"secret": SECRET},
                  settings={"outbound_url": f"{peer.url}/hook"})
    for agent in ("anna",):
        assert world.admin().put("/v1/queues/support", {"name": "Support"}).status in (200, 201)
        assert world.admin().put(f"/v1/agents/{agent}",
                                 {"name": agent, "queues": ["support"]}).status in (200, 201)
    return world


def write(world, sender, text="Where is my parcel?"):
    answer = world.connector("web").post("/v1/messages", {
        "channel": "web", "external_id": f"in-{next(numbers)}", "from": {"address": sender},
        "text": text})
    assert answer.status == 201, answer
    return answer.json["message"]["conversation_id"]


def reply(world, conversation, text):
    answer = world.admin().post(f"/v1/conversations/{conversation}/replies",
                                {"author": {"type": "agent", "id": "anna"}, "text": text})
    assert answer.status == 201, answer
    return answer.json["message"]


def deliveries_left(world):
    return world.sql.number("SELECT count(*) FROM job WHERE lane = 0 AND dead_at IS NULL")


def status_of(world, conversation, seq):
    return world.sql.number("SELECT delivery FROM message WHERE conversation_id = $1 AND seq = $2",
                            conversation, str(seq))


def is_signed(request):
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    told = "{webhook-id}.{webhook-timestamp}.".format(**request.headers).encode()
    mine = base64.b64encode(hmac.new(key, told + request.body, hashlib.sha256).digest()).decode()
    return f"v1,{mine}" in request.headers["webhook-signature"].split()


def test_a_reply_is_delivered_signed_with_its_place_in_the_conversation(make_world, peer):
    world = world_with(make_world, peer)
    conversation = write(world, "one")
    message = reply(world, conversation, "On its way")
    got = peer.wait(1)[0]
    assert got.method == "POST" and got.path == "/hook" and is_signed(got)
    data = got.json()["data"]
    assert data["conversation_id"] == conversation and data["seq"] == message["seq"]
    assert data["text"] == "On its way" and data["to"]["address"] == "one"
    eventually(lambda: status_of(world, conversation, message["seq"]) == 2)


@pytest.mark.deadline(200)
@pytest.mark.catches("NAIVE_SKIP_LOCKED")
def test_deliveries_of_a_conversation_keep_their_order_while_the_peer_fails(make_world, make_peer):
    """500 every 7th time, no answer every 13th, eight threads in each of two workers, and a backlog
    to begin with. While a message has not been accepted, nothing behind it is sent."""
    def is_accepted(number):
        return number % 13 != 12 and number % 7 != 6

    def moody(_, number):
        if number % 13 == 12:
            return Answer(hang=True)
        return Answer(200 if is_accepted(number) else 500)

    peer = make_peer(moody)
    world = world_with(make_world, peer, workers=2, outbound_timeout_ms=400, lease_ms=3000)
    for worker in world.workers:
        worker.stop()
    world.sql.rows("CREATE FUNCTION sooner() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                   " NEW.run_at = least(NEW.run_at, now() + interval '50 ms'); RETURN NEW; END $$")
    world.sql.rows("CREATE TRIGGER sooner BEFORE UPDATE ON job FOR EACH ROW"
                   " WHEN (NEW.token IS NULL) EXECUTE FUNCTION sooner()")
    conversations = [write(world, f"ordered-{i}") for i in range(6)]
    waiting = {c: [reply(world, c, f"{n}")["seq"] for n in range(30)] for c in conversations}
    for worker in world.workers:
        worker.start()
    eventually(lambda: deliveries_left(world) == 0, timeout=120, interval=0.1)
    ids = collections.defaultdict(set)
    for number, request in enumerate(peer.requests):
        data = request.json()["data"]
        left = waiting[data["conversation_id"]]
        assert left and data["seq"] <= left[0], f"{data['seq']} was sent while {left} stood before"
        if is_accepted(number) and data["seq"] == left[0]:
            left.pop(0)
        ids[data["conversation_id"], data["seq"]].add((request.headers["webhook-id"], request.body))
    assert not any(waiting.values())
    assert len(peer.requests) > 180, "nothing failed: nothing was tested"
    assert all(len({i for i, _ in sent}) == 1
               for sent in ids.values()), "an id changed over retries"
    peer.release()


@pytest.mark.deadline(120)
def test_a_worker_stopped_past_its_lease_sends_nothing(make_world, make_peer):
    """It is stopped while it holds claims whose sending has not begun; another worker sends
    them."""
    peer = make_peer(Answer(200, delay=0.02))
    world = world_with(make_world, peer, workers=1, lease_ms=1500, lanes_delivery=1,
                       outbound_timeout_ms=1000)
    worker = world.worker
    conversations = [write(world, f"stopped-{i}") for i in range(8)]
    claimed = 0
    for _ in range(6):
        together(8, lambda i: reply(world, conversations[i], "hello"))
        eventually(lambda: peer.requests)
        os.kill(worker.pid, signal.SIGSTOP)
        claimed += world.sql.number(CLAIMED)
        before = len(peer.requests)
        eventually(lambda: world.sql.number(f"{CLAIMED} AND run_at > now()") == 0, timeout=20)
        world.sql.rows("UPDATE job SET token = gen_random_uuid(),"
                       " run_at = now() + interval '1 hour' WHERE lane = 0")
        os.kill(worker.pid, signal.SIGCONT)
        other = [r for r in peer.requests[before:]]
        eventually(lambda: worker.client().get("/livez").status == 200)
        assert len(other) <= 1, "more than the bytes that were already in flight"
        left = world.sql.number("SELECT count(*) FROM job WHERE lane = 0")
        assert left == world.sql.number(CLAIMED), "a worker without the lease said something"
        world.sql.rows("DELETE FROM job WHERE lane = 0")
    assert claimed, "nothing was claimed when it was stopped: nothing was tested"


def test_killed_between_sending_and_saying_so_it_is_sent_again_under_the_same_id(make_world,
                                                                                 make_peer):
    peer = make_peer(Answer(hang=True))
    world = world_with(make_world, peer, lease_ms=1000, outbound_timeout_ms=800)
    conversation = write(world, "killed")
    reply(world, conversation, "twice")
    peer.wait(1)
    world.worker.kill9()
    peer.answer = Answer(200)
    peer.release()
    world.worker.start()
    first, second = peer.wait(2, timeout=20)[:2]
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.json()["data"] == second.json()["data"]
    eventually(lambda: deliveries_left(world) == 0)


def test_nothing_leaves_before_the_commit(make_world, peer):
    """Another session holds the row that the save must wait for: as long as it waits, nothing is
    sent."""
    world = world_with(make_world, peer)
    conversation = write(world, "held")
    holder = harness.Sql(world.direct_url)
    holder.rows("BEGIN")
    holder.rows("SELECT 1 FROM conversation WHERE id = $1 FOR UPDATE", conversation)
    thread = threading.Thread(target=reply, args=(world, conversation, "after"))
    thread.start()
    eventually(lambda: world.sql.number("SELECT count(*) FROM pg_stat_activity"
                                        " WHERE wait_event_type = 'Lock'"))
    held_until = time.monotonic() + 0.6
    eventually(lambda: peer.requests or time.monotonic() > held_until)
    assert not peer.requests
    holder.rows("COMMIT")
    thread.join(10)
    assert peer.wait(1)[0].json()["data"]["text"] == "after"
    holder.close()


def test_retry_after_is_honoured(make_world, make_peer):
    peer = make_peer(lambda _, n: Answer(429, headers={"Retry-After": "2"}) if n == 0
                     else Answer(200))
    world = world_with(make_world, peer)
    reply(world, write(world, "later"), "patience")
    first, second = peer.wait(2, timeout=60)[:2]
    assert second.at - first.at >= 2


def test_gone_disables_the_channel_and_nothing_is_lost(make_world, make_peer):
    peer = make_peer(lambda _, n: Answer(410) if n == 0 else Answer(200))
    world = world_with(make_world, peer)
    stream = world.dashboard().stream()
    conversation = write(world, "gone")
    reply(world, conversation, "kept")
    state = eventually(lambda: (c := world.admin().get("/v1/channels/web").json)["disabled"] and c)
    assert "410" in state["disabled_reason"]
    told = stream.wait(lambda e: e["event"] == "channel_disabled")["data"]["data"]
    assert told["channel"] == "web" and "410" in told["reason"]
    stream.close()
    assert deliveries_left(world) == 1
    world.channel("web", credentials={"secret": SECRET},
                  settings={"outbound_url": f"{peer.url}/hook"})
    world.sql.rows("UPDATE job SET run_at = now()")
    peer.wait(2)
    eventually(lambda: deliveries_left(world) == 0)


def test_a_reply_whose_channel_was_removed_is_told_to_people(make_world, peer):
    world = world_with(make_world, peer, workers=0)
    conversation = write(world, "removed")
    seq = reply(world, conversation, "left behind")["seq"]
    assert world.admin().delete("/v1/channels/web").status == 204
    world.workers.append(world._service("worker", 0).start())
    eventually(lambda: status_of(world, conversation, seq) == 5)
    path = f"/v1/conversations/{conversation}/messages"
    eventually(lambda: any(m["kind"] == "note" and "sends nothing" in m["text"]
                           for m in world.admin().get(path).json["items"]))
    assert world.worker.events("dead_letter")
    world.channel("web", credentials={"secret": SECRET},
                  settings={"outbound_url": f"{peer.url}/hook"})
    dead = world.admin().get("/v1/jobs?state=dead").json["items"]
    assert world.admin().post(f"/v1/jobs/{dead[0]['id']}/replay").status == 202
    eventually(lambda: status_of(world, conversation, seq) == 2)


def test_a_hopeless_message_becomes_a_dead_letter_that_can_be_replayed(make_world, make_peer):
    peer = make_peer(Answer(422))
    world = world_with(make_world, peer, retry_max=1)
    stream = world.dashboard().stream()
    conversation = write(world, "dead")
    seq = reply(world, conversation, "unwanted")["seq"]
    reply(world, conversation, "the next one")
    dead = eventually(lambda: (i := world.admin().get("/v1/jobs?state=dead").json["items"]) and i)
    eventually(lambda: status_of(world, conversation, seq) == 5)
    eventually(lambda: len(world.admin().get("/v1/jobs?state=dead").json["items"]) == 2)
    told = stream.wait(lambda e: e["event"] == "dead_letter" and e["data"]["seq"] == seq)["data"]
    assert told["conversation_id"] == conversation
    assert told["data"]["lane"] == "delivery" and "422" in told["data"]["error"]
    assert len({e["id"] for e in stream.events}) == len(stream.events)
    stream.close()
    ids, asked = {r.headers["webhook-id"] for r in peer.requests}, len(peer.requests)
    peer.answer = Answer(200)
    job = next(d for d in dead if d["seq"] == seq)
    assert world.admin().post(f"/v1/jobs/{job['id']}/replay").status in (200, 202)
    eventually(lambda: status_of(world, conversation, seq) == 2, what="it is sent")
    assert len(world.admin().get("/v1/jobs?state=dead").json["items"]) == 1
    assert len(peer.requests) == asked + 1
    assert {r.headers["webhook-id"] for r in peer.requests} == ids


def test_a_delivery_is_one_outgoing_call_in_the_metrics(make_world, make_peer):
    peer = make_peer(Answer(200))
    world = world_with(make_world, peer)
    reply(world, write(world, "counted"), "Hello")
    eventually(lambda: deliveries_left(world) == 0)
    eventually(lambda: world.worker.metrics()["redthread_outbound_seconds_count"])
    assert world.worker.metrics()["redthread_outbound_seconds_count"] == len(peer.requests)


@pytest.mark.deadline(120)
def test_a_dead_endpoint_is_asked_seldom_and_does_not_delay_others(make_world, make_peer):
    dead, alive = make_peer(Answer(500)), make_peer(Answer(200))
    world = world_with(make_world, dead)
    world.channel("mail", credentials={"secret": SECRET},
                  settings={"outbound_url": f"{alive.url}/hook"})
    for i in range(12):
        reply(world, write(world, f"dead-{i}"), "x")
    eventually(lambda: len(dead.requests) >= 10)
    world.sql.rows("UPDATE job SET run_at = now() WHERE lane = 0")
    asked = len(dead.requests)
    client = world.connector("mail")
    for i in range(5):
        answer = client.post("/v1/messages", {"channel": "mail", "external_id": f"alive-{i}",
                                              "from": {"address": f"alive-{i}"}, "text": "Hello?"})
        reply(world, answer.json["message"]["conversation_id"], "y")
    began = time.monotonic()
    alive.wait(5)
    assert time.monotonic() - began < 5
    assert len(dead.requests) - asked <= 4, "the breaker did not open"


def test_what_waits_behind_others_hides_nothing_that_may_go(make_world, peer):
    """In every bucket something is due behind a message that is put off: there is nothing to do."""
    world = world_with(make_world, peer, redis=False, lanes_delivery=1)
    world.sql.rows(
        "INSERT INTO job (bucket, lane, conversation_id, seq, epoch, run_at, created_at, endpoint)"
        " SELECT b, 0, (repeat('0', 30) || lpad(to_hex(b), 2, '0'))::uuid, seq, 0,"
        " now() + (2 - seq) * interval '1 hour', now(), 'channel/web'"
        " FROM generate_series(0, 255) b, generate_series(1, 2) seq")
    for i in range(4):
        reply(world, write(world, f"free-{i}"), "y")
    peer.wait(4, timeout=4 * harness.SLOW)


def test_receipts_move_forward_only(make_world, make_peer):
    peer = make_peer(Answer(200, body={"external_id": "provider-1"}))
    world = world_with(make_world, peer)
    conversation = write(world, "receipts")
    seq = reply(world, conversation, "read me")["seq"]
    eventually(lambda: status_of(world, conversation, seq) == 2)
    client = world.connector("web")
    for status, expected in (("read", 4), ("delivered", 4), ("sent", 4), ("failed", 4)):
        answer = client.post("/v1/receipts",
                             {"channel": "web", "external_id": "provider-1", "status": status})
        assert answer.status == 200, answer
        assert status_of(world, conversation, seq) == expected


def test_private_addresses_are_refused_unless_allowed(make_world, peer):
    world = world_with(make_world, peer)
    conversation = write(world, "private")
    world.worker.stop()
    world.worker.env["REDTHREAD_OUTBOUND_ALLOW"] = ""
    world.worker.start()
    seq = reply(world, conversation, "nowhere")["seq"]
    eventually(lambda: world.sql.value("SELECT last_error FROM message WHERE conversation_id = $1"
                                       " AND seq = $2", conversation, str(seq)))
    assert not peer.requests
