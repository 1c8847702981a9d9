"""One customer, one conversation, once and in order, whatever is sent at the same moment to
whichever router."""

import itertools
import random
import threading

import pytest

import harness
from harness import together

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def world(servers):
    world = harness.World(servers, routers=2, workers=0).start()
    for name in ("web", "other"):
        world.channel(name)
    yield world
    world.stop()


@pytest.fixture(autouse=True)
def logs(request, world):
    request.node.worlds = [world]


def message(sender, **members):
    return {"channel": "web", "external_id": f"one-{next(numbers)}", "from": {"address": sender},
            "text": "Where is my parcel?", **members}


def ends(world):
    return [world.connector("web", "other", router=i) for i in range(2)]


@pytest.mark.catches("CHECK_THEN_INSERT")
def test_the_same_message_fifty_times_at_once_is_one_row_and_one_answer(world):
    clients = ends(world)
    for round_ in range(6):
        body = message(f"fifty-{round_}")
        answers = together(50, lambda i: clients[i % 2].post("/v1/messages", body))
        assert sorted(a.status for a in answers) == [200] * 49 + [201]
        assert len({a.json["message"]["id"] for a in answers}) == 1
        for answer in answers:
            answer.json["message"].pop("duplicate")
        first = next(a.json for a in answers if a.status == 201)
        assert all(a.json["decision"] == first["decision"] for a in answers)
        count = world.sql.number("SELECT count(*) FROM message WHERE external_id = $1",
                                 body["external_id"])
        assert count == 1


@pytest.mark.catches("CHECK_THEN_INSERT")
def test_duplicates_in_the_middle_of_a_conversation_are_one_row(world):
    clients = ends(world)
    for round_ in range(5):
        assert clients[0].post("/v1/messages", message(f"middle-{round_}")).status == 201
        bodies = [message(f"middle-{round_}") for _ in range(4)]
        together(40, lambda i: clients[i % 2].post("/v1/messages", bodies[i % 4]))
        rows = world.sql.rows("SELECT seq, external_id FROM message WHERE address = $1"
                              " ORDER BY seq", f"middle-{round_}")
        assert [int(seq) for seq, _ in rows] == [1, 2, 3, 4, 5]
        assert len({external for _, external in rows}) == 5


def test_fifty_first_messages_of_a_stranger_make_one_customer_and_seq_1_to_50(world):
    clients = ends(world)
    for round_ in range(4):
        sender = f"stranger-{round_}"
        answers = together(50, lambda i: clients[i % 2].post("/v1/messages", message(sender)))
        assert all(a.status == 201 for a in answers), {a.status for a in answers}
        messages = [a.json["message"] for a in answers]
        assert len({m["customer_id"] for m in messages}) == 1
        assert len({m["conversation_id"] for m in messages}) == 1
        assert sorted(m["seq"] for m in messages) == list(range(1, 51))
        assert sum(not a.json["decision"]["continues"] for a in answers) == 1


def test_first_messages_on_two_channels_with_one_verified_identity_make_one_customer(world):
    clients = ends(world)
    for round_ in range(6):
        mail = {"kind": "email", "value": f"both-{round_}@example.dk", "verified": True}

        def send(i, mail=mail, round_=round_):
            channel = ("web", "other")[i % 2]
            return clients[i // 2 % 2].post("/v1/messages", message(
                "x", channel=channel,
                **{"from": {"address": f"{channel}-{round_}", "identities": [mail]}}))

        answers = together(8, send)
        assert all(a.status == 201 for a in answers), answers
        later = [clients[0].post("/v1/messages", message("x", channel=c, **{
            "from": {"address": f"{c}-{round_}"}})).json["message"] for c in ("web", "other")]
        assert later[0]["conversation_id"] == later[1]["conversation_id"]


@pytest.mark.parametrize("strangers", [True, False], ids=["strangers", "known apart"])
def test_links_in_a_circle_at_once_make_one_customer_and_lose_nothing(world, strangers):
    """A with B, B with C, C with A by verified addresses, each pair on another router."""
    clients = ends(world)
    for round_ in range(25):
        name = f"circle-{strangers}-{round_}"
        links = [{"kind": "email", "value": f"{name}-{i}@example.dk", "verified": True}
                 for i in range(3)]

        def send(i, identities=(), name=name):
            answer = clients[i % 2].post("/v1/messages", message("x", **{"from": {
                "address": f"{name}-{i % 3}", "identities": list(identities)}}))
            assert answer.status == 201, answer
            return answer.json["message"]

        known = [] if strangers else [send(i) for i in range(3)]
        sent = together(6, lambda i, links=links, send=send: send(
            i, (links[i % 3], links[(i + 1) % 3]) if i < 3 else ()))
        after = [send(i) for i in range(3)]
        assert len({m["conversation_id"] for m in after}) == 1
        assert len({m["customer_id"] for m in after}) == 1
        told = world.admin().items(f"/v1/conversations/{after[0]['conversation_id']}/messages")
        assert {m["id"] for m in known + sent + after} <= {m["id"] for m in told}
    assert world.sql.number("SELECT count(*) FROM customer a JOIN customer b"
                            " ON a.merged_into = b.id AND b.merged_into IS NOT NULL"
                            " AND b.merged_into = a.id") == 0


def test_a_claimed_identity_never_joins(world):
    client = ends(world)[0]
    mail = {"kind": "email", "value": "claimed@example.dk"}
    owner = client.post("/v1/messages", message("owner", **{"from": {
        "address": "owner", "identities": [{**mail, "verified": True}]}})).json["message"]
    other = client.post("/v1/messages", message("claimer", **{"from": {
        "address": "claimer", "identities": [{**mail, "verified": False}]}})).json["message"]
    assert owner["customer_id"] != other["customer_id"]


def test_an_identity_named_twice_is_joined_once(world):
    twice = [{"kind": "phone", "value": "+45 12 34 56 78", "verified": True}] * 2
    body = {"channel": "web", "external_id": "twice", "text": "hi",
            "from": {"address": "twice", "identities": twice}}
    answer = world.admin().post("/v1/messages", body)
    assert answer.status == 201, answer
    assert world.sql.number("SELECT count(*) FROM identity WHERE kind = 'phone'"
                            " AND value = '+4512345678'") == 1


def test_the_order_of_a_sender_who_waits_for_answers_is_kept(world):
    clients = ends(world)

    def sender(i):
        seqs = []
        for n in range(25):
            answer = clients[(i + n) % 2].post("/v1/messages", message(f"order-{i}"))
            assert answer.status == 201
            seqs.append(answer.json["message"]["seq"])
        return seqs

    for seqs in together(8, sender):
        assert seqs == list(range(1, 26))


def test_no_seq_has_a_gap_and_every_acknowledged_message_is_there(world):
    clients, acknowledged, lock = ends(world), [], threading.Lock()
    dice = random.Random(7)
    plan = [(f"mix-{dice.randrange(12)}", dice.randrange(3)) for _ in range(400)]

    def run(i):
        for sender, again in plan[i::10]:
            body = message(sender)
            for _ in range(again + 1):
                answer = clients[i % 2].post("/v1/messages", body)
                assert answer.status in (200, 201)
            with lock:
                acknowledged.append(body["external_id"])

    together(10, run)
    stored = {row[0] for row in world.sql.rows("SELECT external_id FROM message")}
    assert set(acknowledged) <= stored
    assert world.sql.number("SELECT count(*) FROM (SELECT 1 FROM message GROUP BY conversation_id"
                            " HAVING count(*) <> max(seq)) g") == 0
    assert world.sql.number("SELECT count(*) FROM message m LEFT JOIN event e"
                            " ON e.conversation_id = m.conversation_id AND e.seq = m.seq"
                            " AND e.kind = 0 WHERE e.seq IS NULL") == 0


def test_one_id_used_for_two_senders_is_a_conflict_and_makes_nobody(world):
    clients = ends(world)
    for round_ in range(5):
        bodies = [message(f"thief-{round_}-{i}") for i in range(2)]
        bodies[1]["external_id"] = bodies[0]["external_id"]
        answers = together(20, lambda i: clients[i // 2 % 2].post("/v1/messages", bodies[i % 2]))
        assert sorted({a.status for a in answers}) == [200, 201, 409]
        senders = world.sql.number("SELECT count(*) FROM identity WHERE value LIKE $1",
                                   f"thief-{round_}-%")
        assert senders == 1
