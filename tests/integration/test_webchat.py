"""The chat widget's API: sessions, origins, what a visitor writes and may see, limits."""

import json
import uuid

import pytest

import harness
from harness import eventually
from talk import answered, ok, shop
from webchat import (ORIGIN, SECRETS, Visitor, configure, conversation, identity, listen,
                     raw_headers, reply, says)


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


# ---- sessions ----

def test_a_session_is_a_token_of_which_only_the_hash_is_kept(world):
    visitor = Visitor(world, locale="da-DK")
    opened = visitor.opened
    assert opened.status == 201
    assert opened.json["token"].startswith("rv_") and len(opened.json["token"]) >= 32
    assert opened.json["visitor"] == {"signed_in": False, "name": None}
    assert opened.json["channel"] == {"id": "chat", "name": "Holm & Co", "language": "da"}
    assert opened.json["ticket"] and opened.json["expires_in"] == 30
    assert visitor.token not in str(world.sql.rows("SELECT * FROM visitor"))
    again = visitor.open()
    assert again.status == 200 and again.json["token"] == opened.json["token"]


def test_a_token_is_nothing_elsewhere(world):
    configure(world, "other")
    visitor = Visitor(world)
    visitor.says("Hello")
    visitor.channel = "other"
    assert visitor.call("GET", "/messages").status == 401
    assert visitor.call("POST", "/ticket").status == 401
    fresh = visitor.open()
    assert fresh.status == 201
    assert visitor.texts() == []


@pytest.mark.parametrize("token", ["", "rv_", "rv_guess", "rt_x_y", "rv_" + "A" * 32,
                                   "rv_" + "A" * 4000])
def test_no_token_no_answer(world, token):
    visitor = Visitor(world)
    visitor.token = token
    for method, path in (("GET", "/messages"), ("POST", "/messages"), ("POST", "/typing"),
                         ("POST", "/read"), ("POST", "/ticket"), ("POST", "/end")):
        body = {} if method == "POST" else None
        assert visitor.call(method, path, body).status in (401, 422), (method, path)
        assert visitor.call(method, path).status in (401, 415), (method, path)


def test_a_key_is_no_token_and_a_token_no_key(world):
    visitor = Visitor(world)
    answer = visitor.call("GET", "/messages", Authorization=f"Bearer {world.key('admin')}")
    assert answer.status == 401
    nobody = world.router.client(visitor.token)
    assert nobody.get("/v1/conversations").status == 401


def test_it_ends_when_the_visitor_says_so(world, streams):
    visitor = Visitor(world)
    stream = listen(visitor, streams)
    assert visitor.call("POST", "/end").status == 204
    assert visitor.call("GET", "/messages").status == 401
    assert stream.ended.wait(10)


def test_an_expired_one_is_over(world):
    visitor = Visitor(world)
    world.sql.rows("UPDATE visitor SET expires_at = now() - interval '1 s' WHERE address = $1",
                   visitor.address())
    assert visitor.call("GET", "/messages").status == 401
    assert visitor.open().status == 201


def test_an_idempotency_key_gives_nobody_the_answer_of_another(world):
    headers = {"Idempotency_Key": "shared-by-everybody"}
    one, two = Visitor(world), Visitor(world)
    first = one.call("POST", "", {}, **headers).json["token"]
    assert two.call("POST", "", {}, **headers).json["token"] != first


@pytest.mark.parametrize("body, pointer", [
    ({"identity": {}}, "/identity"), ({"identity": {"jwt": "a", "user_id": "b"}}, "/identity"),
    ({"token": 1}, "/token"), ({"x": 1}, "/x"), ({"identity": {"role": "admin"}}, "/identity/role"),
    ({"locale": "x" * 36}, "/locale")])
def test_a_wrong_body_is_named(world, body, pointer):
    visitor = Visitor(world)
    answer = visitor.call("POST", "", body)
    assert answer.status == 422 and answer.json["errors"][0]["pointer"] == pointer, answer


def test_only_channels_of_this_kind(world):
    for channel in ("web", "nowhere"):
        client = world.router.client()
        assert client.post(f"/v1/channels/{channel}/sessions", {}).status == 404
        assert client.get(f"/v1/channels/{channel}/widget.js").status == 404
        assert client.get(f"/v1/channels/{channel}/widget.html").status == 404


# ---- origins ----

def options(world, origin, path="/v1/channels/chat/sessions/messages"):
    return world.router.client().request("OPTIONS", path, headers={
        "Origin": origin, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type"})


def test_preflight(world):
    for path in ("", "/messages", "/typing", "/read", "/ticket", "/stream", "/end"):
        answer = options(world, ORIGIN, f"/v1/channels/chat/sessions{path}")
        assert answer.status == 204 and answer.body == b""
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert answer.headers["Vary"] == "Origin"
        assert "authorization" in answer.headers["Access-Control-Allow-Headers"]
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://shop.example.evil",
                                    "http://shop.example", "https://shop.example/", ""])
def test_other_pages_are_refused(world, origin):
    answer = options(world, origin)
    assert answer.status == 403 and "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Vary"] == "Origin"
    visitor = Visitor(world)
    visitor.origin = origin
    for answer in (visitor.call("POST", "", {}), visitor.call("GET", "/messages")):
        assert answer.status == 403 or origin == "", answer
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_preflight_is_for_the_widget_only(world):
    for path in ("/v1/messages", "/v1/conversations", "/v1/channels/chat", "/v1/stream"):
        answer = options(world, ORIGIN, path)
        assert answer.status == 405 and "Access-Control-Allow-Origin" not in answer.headers
    answer = options(world, ORIGIN, "/v1/channels/nowhere/sessions")
    assert answer.status == 403 and "Access-Control-Allow-Origin" not in answer.headers


def test_every_answer_to_the_page_can_be_read_by_it(world):
    visitor = Visitor(world)
    visitor.token, token = "rv_nobody" + "x" * 20, visitor.token
    answers = [visitor.call("GET", "/messages"), visitor.call("POST", "/messages", "{"),
               visitor.call("POST", "/messages", b"x", Content_Type="text/plain"),
               visitor.call("POST", "/messages", b"x" * 100000)]
    assert [a.status for a in answers] == [401, 400, 415, 413]
    visitor.token = token
    answers += [visitor.open(), visitor.call("POST", "/read", {}), visitor.call("GET", "/messages")]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN, answer
        assert answer.headers.get_all("Vary") == ["Origin"]
    status, headers = raw_headers(world.router, "/v1/channels/chat/sessions/stream?ticket="
                                  + visitor.ticket(), Origin=ORIGIN)
    assert status == 200 and headers["Access-Control-Allow-Origin"] == ORIGIN
    assert headers["X-Accel-Buffering"] == "no" and headers["Content-Type"] == "text/event-stream"


def test_the_routers_own_page_may_always(world):
    for router in range(2):
        own = f"http://127.0.0.1:{world.routers[router].port}"
        assert Visitor(world, router, origin=own).says("From the page")


def test_no_page_at_all_may_unless_the_channel_forbids_it(world):
    assert Visitor(world, origin=None).says("From an app")
    configure(world, "strict", require_origin=True)
    refused = eventually(lambda: (lambda a: a.status == 403 and a)(
        world.router.client().post("/v1/channels/strict/sessions", {})), 10, 0.05, "refused")
    assert "require_origin" in refused.json["detail"]
    assert Visitor(world, channel="strict").opened.status == 201


# ---- writing and reading ----

def test_a_message_is_stored_once_and_tells_nothing_of_the_decision(world):
    visitor = Visitor(world)
    client_id = str(uuid.uuid4())
    first = visitor.says("Where is my parcel?", client_id, page="https://shop.example/help")
    assert set(first) == {"message", "duplicate"}
    assert first["message"]["direction"] == "in" and first["message"]["status"] == "sent"
    assert first["message"]["client_message_id"] == client_id
    assert first["message"]["author"] == {"type": "customer", "name": None}
    again = visitor.says("Where is my parcel?", client_id, expect=200)
    assert again["duplicate"] and again["message"]["id"] == first["message"]["id"]
    visitor.says("Something else", client_id, expect=409)
    shown = json.dumps(first) + json.dumps(visitor.reads())
    for word in ("decision", "reasons", "confidence", "faq", "intent", "customer_id",
                 "conversation_id"):
        assert word not in shown, word
    stored = ok(world.admin().get(f"/v1/messages/{first['message']['id']}"))
    assert stored["metadata"] == {"page": "https://shop.example/help"}
    assert stored["from"]["address"] == visitor.address()


def test_the_same_id_of_another_visitor_is_another_message(world):
    one, two = Visitor(world), Visitor(world)
    client_id = str(uuid.uuid4())
    assert one.says("Mine", client_id)["message"]["id"] != \
        two.says("Mine", client_id)["message"]["id"]


@pytest.mark.parametrize("body, pointer", [
    ({"text": "x"}, "/client_message_id"), ({"client_message_id": "12345678"}, "/text"),
    ({"client_message_id": "12345678", "text": " \n"}, "/text"),
    ({"client_message_id": "1234567:8", "text": "x"}, "/client_message_id"),
    ({"client_message_id": "12345678", "text": "x" * 8001}, "/text"),
    ({"client_message_id": "12345678", "text": "x", "from": {}}, "/from")])
def test_a_wrong_message_is_named(world, body, pointer):
    answer = Visitor(world).call("POST", "/messages", body)
    assert answer.status == 422 and answer.json["errors"][0]["pointer"] == pointer, answer


def test_the_bot_answers_and_is_seen_to(world):
    visitor = Visitor(world)
    visitor.says("Where is my parcel?")
    answered(world, conversation(world, visitor))
    items = visitor.reads()["items"]
    assert [m["direction"] for m in items] == ["in", "out"]
    assert items[1]["author"] == {"type": "bot", "name": None}
    assert items[1]["text"] == "It is on its way."
    assert items[1]["status"] == "delivered"


def test_history_is_read_in_pages_both_ways(world):
    visitor = Visitor(world)
    sent = [visitor.says(f"Number {i}")["message"] for i in range(7)]
    answered(world, conversation(world, visitor))
    mine = lambda page: [m["text"] for m in page["items"] if m["direction"] == "in"]  # noqa: E731
    everything = visitor.reads(limit=100)
    assert mine(everything) == [f"Number {i}" for i in range(7)] and not everything["more"]
    newest = visitor.reads(limit=3)
    assert newest["items"] == everything["items"][-3:] and newest["more"]
    older = visitor.reads(limit=100, before=newest["items"][0]["id"])
    assert older["items"] + newest["items"] == everything["items"] and not older["more"]
    behind = visitor.reads(after=sent[3]["id"], limit=100)
    at = [m["id"] for m in everything["items"]].index(sent[3]["id"])
    assert behind["items"] == everything["items"][at + 1:]
    for wrong in ("after=x", "before=x", f"after={uuid.uuid4()}", "limit=0", "limit=101",
                  f"after={sent[0]['id']}&before={sent[0]['id']}"):
        assert visitor.call("GET", f"/messages?{wrong}").status == 422, wrong


def test_visitors_see_nothing_of_each_other(world, streams):
    one, two = Visitor(world), Visitor(world)
    stream = listen(two, streams)
    mine = one.says("My secret is CRIMSON")["message"]
    reply(world, one, "I keep it")
    two.says("And I?")
    stream.wait(says("And I?"))
    assert "CRIMSON" not in str(two.reads()) + str(stream.events)
    assert "I keep it" not in str(two.reads()) + str(stream.events)
    assert two.call("GET", f"/messages?after={mine['id']}").status == 422
    assert two.call("POST", "/read", {"message_id": mine["id"]}).status == 422


def test_notes_and_other_channels_are_not_for_visitors(world, streams):
    visitor = Visitor(world, identity=identity("mixed", email="mixed@example.dk",
                                               email_verified=True))
    stream = listen(visitor, streams)
    visitor.says("On the chat")
    there = conversation(world, visitor)
    ok(world.agent("anna").post(f"/v1/conversations/{there}/notes", {"text": "A rude note"}))
    elsewhere = world.admin().post("/v1/messages", {
        "channel": "web", "external_id": str(uuid.uuid4()), "text": "Elsewhere",
        "from": {"address": "mixed", "identities": [
            {"kind": "email", "value": "mixed@example.dk", "verified": True}]}})
    assert elsewhere.json["message"]["conversation_id"] == there
    visitor.says("Back on the chat")
    stream.wait(says("Back on the chat"))
    shown = str(visitor.reads()) + str(stream.events)
    assert "rude" not in shown and "Elsewhere" not in shown


# ---- limits, erasure, outages ----

def test_one_visitor_may_write_only_so_much_at_once(world):
    visitor = Visitor(world)
    statuses = [visitor.call("POST", "/messages", {"client_message_id": f"flood-{i:04}",
                                                   "text": "x"}).status for i in range(30)]
    assert statuses[:15] == [201] * 15 and 429 in statuses
    refused = visitor.call("POST", "/messages", {"client_message_id": "flood-last", "text": "x"})
    assert refused.status == 429 and int(refused.headers["Retry-After"]) >= 1
    assert refused.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert Visitor(world).says("Others go on")


def test_one_address_may_open_only_so_many_sessions(make_world):
    world = make_world(workers=0, peer_sessions_max=5)
    configure(world)
    statuses = [Visitor(world, expect=(201, 429)).opened.status for _ in range(8)]
    assert statuses[:5] == [201] * 5 and statuses[-1] == 429


def test_erasing_a_person_ends_their_sessions_and_export_shows_them(world):
    visitor = Visitor(world, identity=identity("erased", name="Erna", email="erna@example.dk",
                                               email_verified=True))
    visitor.says("Forget me")
    visitor.ticket()
    other = Visitor(world)
    other.says("Not me")
    found = ok(world.admin().get(f"/v1/conversations/{conversation(world, visitor)}"))
    path = f"/v1/customers/{found['customer_id']}"
    shown = ok(world.admin().get(f"{path}/export"))["records"]["visitor"]
    assert [v["address"] for v in shown] == ["u-erased"] and "hash" not in shown[0]
    assert world.admin().delete(path).status == 204
    assert visitor.call("GET", "/messages").status == 401
    for table in ("visitor", "visitor_ticket"):
        rows = str(world.sql.rows(f"SELECT * FROM {table}"))
        assert "erased" not in rows and "Erna" not in rows and "erna@" not in rows
    assert "Not me" in other.texts()


def test_it_all_works_without_redis(make_world, streams):
    world = make_world(routers=2, redis=False)
    shop(world)
    configure(world, bot="faq")
    visitor = Visitor(world)
    stream = listen(visitor.use(1), streams)
    visitor.use(0).says("Where is my parcel?")
    stream.wait(says("It is on its way."))
    assert "It is on its way." in visitor.texts()
    here = listen(visitor, streams)
    path = f"/v1/conversations/{conversation(world, visitor)}/typing"
    assert world.agent("anna").post(path, {"typing": True}).status == 204
    here.wait(lambda e: e["event"] == "typing" and e["data"]["author"]["type"] == "agent")


# ---- the script and its page ----

def test_the_script_is_cached_and_has_the_public_settings_only(world):
    configure(world, "styled", display_name="Æblehaven", color="#0a7c55", position="left",
              greeting="Hej!", language="da")
    client = world.router.client()
    answer = client.get("/v1/channels/styled/widget.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "max-age" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    for text in ("Æblehaven", "#0a7c55", "Hej!"):
        assert text in answer.text
    for secret in (*SECRETS, "allowed_origins", ORIGIN):
        assert secret not in answer.text
    same = client.get("/v1/channels/styled/widget.js",
                      headers={"If-None-Match": answer.headers["ETag"]})
    assert same.status == 304 and same.body == b""
    page = client.get("/v1/channels/styled/widget.html")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert f'nonce="{nonce}"' in page.text
    assert client.get("/v1/channels/styled/widget.html").text != page.text


@pytest.mark.parametrize("settings, pointer", [
    ({"allowed_origins": ["https://shop.example/"]}, "/settings/allowed_origins"),
    ({"allowed_origins": ["*"]}, "/settings/allowed_origins"),
    ({"color": "red"}, "/settings/color"), ({"position": "top"}, "/settings/position"),
    ({"identity_kind": "email"}, "/settings/identity_kind"), ({"bot": "nobody"}, "/settings/bot")])
def test_settings_that_cannot_work_are_refused(world, settings, pointer):
    answer = world.admin().put("/v1/channels/wrong", {"kind": "webchat", "settings": settings})
    assert answer.status == 422 and answer.json["errors"][0]["pointer"] == pointer, answer
