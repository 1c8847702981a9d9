"""Behind a pooler in transaction mode, where two statements of ours may meet two sessions of the
server, the same things hold: one customer, once, in order, fenced, delivered and told."""

import itertools

import pytest

import harness
from harness import Answer, PgBouncer, eventually, together

numbers = itertools.count(1)
POOL = 3  # sessions of the server for all of us: transactions of different clients take turns


@pytest.fixture(scope="module")
def pooler(servers):
    found = PgBouncer(servers.root, servers.postgres, pool=POOL).start()
    yield found
    found.stop()


@pytest.fixture
def pooled(make_world, pooler, peer):
    peer.answer = lambda _, n: Answer(500) if n % 7 == 6 else Answer(200)
    world = make_world(routers=2, workers=2, database_url=pooler.url, database_pooled=1)
    admin = world.admin()
    assert admin.put("/v1/queues/support", {"name": "Support"}).status == 201
    assert admin.put("/v1/agents/anna", {"name": "Anna", "queues": ["support"]}).status == 201
    world.channel("web", settings={"outbound_url": f"{peer.url}/hook"},
                  credentials={"secret": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="})
    yield world
    users = world.sql.number("SELECT count(*) FROM pg_stat_activity"
                             " WHERE datname = current_database() AND application_name <> ''"
                             " AND backend_type = 'client backend'")
    assert users <= POOL + 1, "somebody went around the pooler"


def message(sender, **members):
    return {"channel": "web", "external_id": f"pooled-{next(numbers)}", "from": {"address": sender},
            "text": "I want to talk to a human", **members}


def ends(world):
    return [world.connector("web", router=i) for i in range(2)]


def write(world, sender):
    answer = ends(world)[0].post("/v1/messages", message(sender))
    assert answer.status == 201, answer
    return answer.json["message"]["conversation_id"]


def test_fifty_first_messages_make_one_customer_and_seq_1_to_50(pooled):
    clients = ends(pooled)
    answers = together(50, lambda i: clients[i % 2].post("/v1/messages", message("stranger")))
    assert {a.status for a in answers} == {201}
    messages = [a.json["message"] for a in answers]
    assert len({m["conversation_id"] for m in messages}) == 1
    assert sorted(m["seq"] for m in messages) == list(range(1, 51))


def test_the_same_message_fifty_times_is_one_row(pooled):
    clients, body = ends(pooled), message("twin")
    answers = together(50, lambda i: clients[i % 2].post("/v1/messages", body))
    assert sorted(a.status for a in answers) == [200] * 49 + [201]
    assert len({a.json["message"]["id"] for a in answers}) == 1
    assert pooled.sql.number("SELECT count(*) FROM message WHERE address = 'twin'") == 1


def test_the_order_of_a_sender_is_kept(pooled):
    clients = ends(pooled)

    def sender(i):
        return [clients[(i + n) % 2].post("/v1/messages",
                                          message(f"order-{i}")).json["message"]["seq"]
                for n in range(20)]

    for seqs in together(6, sender):
        assert seqs == list(range(1, 21))


def test_a_takeover_fences_and_replies_leave_in_order(pooled, peer):
    conversation = write(pooled, "held")
    path = f"/v1/conversations/{conversation}"
    epoch = pooled.admin().post(f"{path}/takeover", {"agent": "anna"}).json["control"]["epoch"]
    author = {"type": "agent", "id": "anna"}
    late = pooled.admin().post(f"{path}/replies",
                               {"author": author, "text": "late", "epoch": epoch - 1})
    assert late.status == 409, late
    sent = [pooled.admin(n % 2).post(f"{path}/replies",
                                     {"author": author, "text": f"{n}"}).json["message"]["seq"]
            for n in range(15)]
    eventually(lambda: pooled.sql.number("SELECT count(*) FROM job WHERE lane = 0") == 0,
               timeout=60)
    received = [r.json()["data"]["seq"] for n, r in enumerate(peer.requests) if n % 7 != 6]
    assert [seq for seq in received if seq in sent] == sent


def test_the_stream_goes_on_where_it_was_left(pooled):
    first = pooled.dashboard(0).stream()
    told = [write(pooled, f"told-{i}") for i in range(5)]
    for conversation in told:
        last = first.wait(lambda e, c=conversation: e["event"] == "message"
                          and e["data"]["conversation_id"] == c)
    first.close()
    missed = [write(pooled, f"missed-{i}") for i in range(5)]
    second = pooled.dashboard(1).stream(last_event_id=last["id"])
    for conversation in missed:
        second.wait(lambda e, c=conversation: e["event"] == "message"
                    and e["data"]["conversation_id"] == c)
    heard = [e["data"]["conversation_id"] for e in second.events
             if e["event"] == "message" and e["data"]["message"]["direction"] == "in"]
    assert heard == missed
    second.close()


def test_configuration_and_reading_work_and_a_restarted_pooler_is_found_again(pooled, pooler):
    conversation = write(pooled, "restarted")
    pooler.stop()
    pooler.start()
    eventually(lambda: pooled.admin().get(f"/v1/conversations/{conversation}").status == 200)
    eventually(lambda: ends(pooled)[0].post("/v1/messages", message("restarted")).status == 201)
    pooled.channel("mail")
    eventually(lambda: pooled.admin(1).get("/v1/channels/mail").status == 200)
