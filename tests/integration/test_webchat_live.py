"""The chat widget's API: live delivery on any router, and users a site vouches for."""

import json
import time
import uuid

import pytest

import harness
from harness import eventually, together
from talk import answered, ok, shop
from webchat import (ORIGIN, SECRETS, Visitor, configure, conversation, deliveries, identity,
                     jwt, listen, raw_headers, reply, says, user_hash)


@pytest.fixture(scope="module")
def world(servers):
    world = harness.World(servers, routers=2, peer_sessions_max=0).start()
    shop(world)
    configure(world, display_name="Holm & Co", bot="faq")
    world.agent("anna"), world.dashboard()
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


# ---- live ----

def test_what_is_said_comes_at_once_on_every_router(world, streams):
    visitor = Visitor(world)
    both = [listen(visitor.use(router), streams) for router in (1, 0)]
    visitor.says("Where is my parcel?")
    for stream in both:
        asked = stream.wait(says("Where is my parcel?"))
        assert asked["data"]["direction"] == "in" and asked["id"]
        typing = stream.wait(lambda e: e["event"] == "typing")
        assert typing["data"] == {"author": {"type": "bot", "name": None}, "typing": True}
        assert typing["id"] is None
        answer = stream.wait(says("It is on its way."))
        assert answer["data"]["author"]["type"] == "bot"
        assert "faq" not in str(stream.events) and "reason" not in str(stream.events)


def test_a_person_has_a_name_and_no_id(world, streams):
    visitor = Visitor(world)
    stream = listen(visitor, streams)
    visitor.says("I want a human")
    reply(world, visitor, "Here I am")
    event = stream.wait(says("Here I am"))
    assert event["data"]["author"] == {"type": "agent", "name": "Anna"}
    assert '"anna"' not in json.dumps(stream.events) + json.dumps(visitor.reads())


def test_a_stream_goes_on_where_it_stopped_on_another_router(world, streams):
    visitor = Visitor(world)
    stream = listen(visitor, streams)
    visitor.says("One")
    last = stream.wait(says("One"))["id"]
    stream.close()
    visitor.says("Two")
    reply(world, visitor, "Three")
    visitor.use(1)
    resumed = listen(visitor, streams, after=last)
    resumed.wait(says("Two")), resumed.wait(says("Three"))
    assert not [e for e in resumed.events if says("One")(e)]


def test_a_ticket_opens_one_stream_and_soon(world, streams):
    visitor = Visitor(world)
    ticket = visitor.ticket()
    listen(visitor, streams, ticket=ticket)
    visitor.use(1)
    assert visitor.stream(ticket=ticket).status == 401
    late = visitor.ticket()
    world.sql.rows("UPDATE visitor_ticket SET expires_at = now() - interval '1 s'")
    assert visitor.stream(ticket=late).status == 401
    for wrong in ("x", "", "A" * 54, visitor.token):
        status, _ = raw_headers(world.router,
                                f"/v1/channels/chat/sessions/stream?ticket={wrong}")
        assert status == 401, wrong
    ticket = visitor.ticket()
    at_once = together(4, lambda i: visitor.stream(ticket=ticket))
    for stream in at_once:
        streams(stream)
    assert sorted(stream.status for stream in at_once) == [200, 401, 401, 401]
    configure(world, "third")
    visitor.channel, here = "third", visitor.ticket()
    assert visitor.stream(ticket=here).status == 401


def test_the_newest_ticket_does_not_end_the_others(world, streams):
    visitor = Visitor(world)
    tickets = [visitor.ticket() for _ in range(4)]
    for ticket in tickets:
        listen(visitor, streams, ticket=ticket)


def test_one_visitor_has_only_some_streams(world, streams):
    visitor = Visitor(world)
    for _ in range(8):
        listen(visitor, streams)
    assert visitor.stream().status == 429


def test_typing_goes_both_ways_and_is_stored_nowhere(world, streams):
    visitor = Visitor(world)
    assert visitor.call("POST", "/typing", {"typing": True}).status == 204
    visitor.says("Hello")
    there = conversation(world, visitor)
    stream = listen(visitor.use(1), streams)
    dashboard = world.dashboard(1).stream()
    streams(dashboard)
    visitor.use(0)

    def typed():
        assert visitor.call("POST", "/typing", {"typing": True}).status == 204
        return [e for e in dashboard.events if e["event"] == "typing"
                and e["data"]["conversation_id"] == there]
    event = eventually(typed, 10, 0.1, "the dashboard sees it")[0]
    assert event["data"]["author"]["type"] == "customer" and event["data"]["typing"] is True
    path = f"/v1/conversations/{there}/typing"
    assert world.agent("anna").post(path, {"typing": True}).status == 204
    event = stream.wait(lambda e: e["event"] == "typing"
                        and e["data"]["author"]["type"] == "agent")
    assert event["data"] == {"author": {"type": "agent", "name": "Anna"}, "typing": True}
    assert not [e for e in stream.events if e["event"] == "typing"
                and e["data"]["author"]["type"] == "customer"]
    assert world.dashboard().post(path, {"typing": True}).status == 403
    assert world.admin().post(path, {"typing": True}).status == 422
    assert world.agent("anna").post(path, {"typing": True, "agent": "bram"}).status == 403


def test_read_marks_move_forward(world, streams):
    visitor = Visitor(world)
    visitor.says("Hello")
    there = conversation(world, visitor)
    first = reply(world, visitor, "First")
    second = reply(world, visitor, "Second")
    assert deliveries(world, there)["First"] == "pending"
    items = visitor.reads()["items"]
    assert deliveries(world, there)["Second"] == "delivered"
    ids = {m["text"]: m["id"] for m in items}
    assert visitor.call("POST", "/read", {"message_id": ids["First"]}).status == 204
    found = deliveries(world, there)
    assert (found["First"], found["Second"]) == ("read", "delivered")
    assert visitor.call("POST", "/read", {"message_id": ids["Second"]}).status == 204
    visitor.reads()
    assert {deliveries(world, there)[t] for t in ("First", "Second")} == {"read"}
    assert first and second
    assert visitor.call("POST", "/read", {"message_id": str(uuid.uuid4())}).status == 422
    stream = listen(visitor, streams)
    reply(world, visitor, "Third")
    stream.wait(says("Third"))
    eventually(lambda: deliveries(world, there)["Third"] == "delivered", 10, 0.05, "delivered")


# ---- who a site vouches for ----

def test_a_user_is_the_same_on_every_device(world, streams):
    phone = Visitor(world, identity=identity("mette", name="Mette Holm"))
    assert phone.opened.json["visitor"] == {"signed_in": True, "name": "Mette Holm"}
    laptop = Visitor(world, router=1, identity=user_hash("mette"))
    stream = listen(laptop, streams)
    phone.says("From the phone")
    stream.wait(says("From the phone"))
    assert laptop.texts()[0] == "From the phone"
    assert phone.token != laptop.token


@pytest.mark.parametrize("wrong", [
    {"jwt": jwt({"sub": "mette", "aud": "chat", "exp": int(time.time()) - 61})},
    {"jwt": jwt({"sub": "mette", "aud": "web", "exp": int(time.time()) + 60})},
    {"jwt": jwt({"sub": "mette", "aud": "chat"})},
    {"jwt": jwt({"sub": "mette", "aud": "chat", "exp": int(time.time()) + 60}, "guess")},
    {"jwt": jwt({"sub": "mette", "aud": "chat", "exp": int(time.time()) + 60},
                header={"alg": "none"})},
    {"jwt": "x.y.z"}, {"user_id": "mette", "hash": "0" * 64}, {"user_id": "mette"},
    {"user_id": "mette", "hash": ""}, user_hash("mette", "guess")])
def test_who_is_not_vouched_for_gets_no_session(world, wrong):
    before = world.sql.number("SELECT count(*) FROM visitor")
    visitor = Visitor(world, expect=(403,), identity=wrong)
    assert visitor.opened.status == 403 and "identity" in visitor.opened.json["detail"]
    assert visitor.opened.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert world.sql.number("SELECT count(*) FROM visitor") == before


def test_both_secrets_count_while_they_are_changed_and_none_proves_nothing(world):
    for secret in SECRETS:
        assert Visitor(world, identity=identity("rotated", secret=secret)).opened.status == 201
    configure(world, "bare", secrets=None)
    for wrong in (identity("mette", "bare", ""), user_hash("mette", "")):
        Visitor(world, channel="bare", expect=(403,), identity=wrong)


def test_signing_in_takes_along_what_was_said_before(world, streams):
    visitor = Visitor(world)
    visitor.says("Before")
    anonymous, before = visitor.token, conversation(world, visitor)
    stream = listen(visitor, streams)
    visitor.open(identity=identity("late", email="late@example.dk", email_verified=True))
    assert visitor.token != anonymous
    assert visitor.texts()[0] == "Before"
    visitor.says("After")
    assert [t for t in visitor.texts() if t in ("Before", "After")] == ["Before", "After"]
    merged = world.admin().get(f"/v1/conversations/{before}")
    assert merged.status == 200 or merged.headers["Location"].endswith(
        conversation(world, visitor))
    found = ok(world.admin().get("/v1/lookup?kind=email&value=late@example.dk"))
    assert found["conversation"]["id"] == conversation(world, visitor)
    assert stream.status == 200
    later = listen(visitor, streams)
    reply(world, visitor, "To both of you")
    later.wait(says("To both of you"))


def test_a_lost_answer_to_signing_in_loses_nothing(world):
    visitor = Visitor(world)
    client_id = str(uuid.uuid4())
    visitor.says("Before", client_id)
    anonymous = visitor.token
    visitor.open(identity=identity("lossy"))
    visitor.token = anonymous
    visitor.open(identity=identity("lossy"))
    assert visitor.texts()[0] == "Before"
    visitor.says("Before", client_id, expect=409)
    assert visitor.texts().count("Before") == 1


def test_another_user_takes_nothing_along(world):
    visitor = Visitor(world, identity=identity("first-user"))
    visitor.says("For the first one only")
    token = visitor.token
    visitor.open(identity=identity("second-user"))
    assert visitor.texts() == []
    visitor.says("For the second one only")
    assert "first one" not in str(visitor.reads())
    visitor.token = token
    assert visitor.call("GET", "/messages").status == 401


def test_an_address_that_is_only_claimed_shows_nothing(world):
    owner = Visitor(world, identity=identity("owner", email="owner@example.dk",
                                             email_verified=True))
    owner.says("My order is YELLOW")
    for claim in (identity("liar", email="owner@example.dk"),
                  user_hash("liar2", email="owner@example.dk")):
        liar = Visitor(world, identity=claim)
        liar.says("I am the owner")
        assert "YELLOW" not in str(liar.reads())
        assert conversation(world, liar) != conversation(world, owner)


def test_a_merge_shows_an_anonymous_visitor_nothing_and_loses_nothing(world, streams):
    owner = Visitor(world, identity=identity("merged-owner"))
    owner.says("My order is PURPLE")
    visitor = Visitor(world)
    visitor.says("I say I am the owner")
    stream = listen(visitor, streams)
    customers = [ok(world.admin().get(f"/v1/conversations/{conversation(world, v)}"))
                 ["customer_id"] for v in (owner, visitor)]
    ok(world.admin().post(f"/v1/customers/{customers[0]}/merge", {"from": customers[1]}), 201)
    answered(world, conversation(world, owner))
    assert conversation(world, visitor) == conversation(world, owner)
    assert "I say I am the owner" in visitor.texts() and "PURPLE" not in str(visitor.reads())
    visitor.says("And now?")
    stream.wait(says("And now?"))
    reply(world, visitor, "To the visitor")
    stream.wait(says("To the visitor"))
    assert "PURPLE" not in str(visitor.reads()) + str(stream.events)
    assert "I say I am the owner" in owner.texts()
