"""What an operator configures over HTTP: shapes, secrets, uses, versions, pages."""

import pytest

from harness import Peer, together
from shapes import CHANNEL, ENTRY, SECRET, everything, put, refused, refuses_all, unchanged

OTHER = "whsec_" + "WllYV1ZVVFNSUVBPTk1MS0pJSEdGRURDQkE="


@pytest.fixture
def world(make_world):
    """One router is enough for most of this."""
    return make_world(workers=0)


@pytest.fixture
def admin(world):
    return world.admin()


# ---- channels ----

def test_channel_is_made_replaced_read_and_removed(admin):
    made = admin.put("/v1/channels/web", CHANNEL)
    assert made.status == 201, made
    assert made.json["settings"] == CHANNEL["settings"]
    assert admin.get("/v1/channels/web").json == made.json
    again = admin.put("/v1/channels/web", {"kind": "connector"})
    assert again.status == 200
    assert again.json["credentials"] == made.json["credentials"], "nothing was said of secrets"
    assert admin.delete("/v1/channels/web").status == 204
    assert admin.get("/v1/channels/web").status == 404
    assert admin.delete("/v1/channels/web").status == 404


def test_secrets_are_sealed_and_never_read_back(world, admin):
    put(admin, "/v1/channels/web", {**CHANNEL, "credentials": {"secret": [SECRET, OTHER]}})
    put(admin, "/v1/bots/helper", {"kind": "webhook", "url": "http://127.0.0.1:9/bot",
                                   "secret": "a secret of the bot"})
    for path in ("/v1/channels/web", "/v1/channels", "/v1/bots/helper", "/v1/bots"):
        text = admin.get(path).text
        assert "whsec_" not in text and "a secret of" not in text
    assert admin.get("/v1/channels/web").json["credentials"] == {
        "secret": {"set": True, "count": 2}}
    stored = str(everything(world.sql))
    sealed = world.sql.value("SELECT encode(credentials, 'escape') FROM channel")
    for secret in (SECRET, OTHER, "a secret of the bot"):
        assert secret not in stored and secret not in sealed


def test_a_put_that_says_nothing_of_secrets_keeps_them(world, admin):
    put(admin, "/v1/channels/kept", {**CHANNEL, "credentials": {"secret": [SECRET, OTHER]}})
    again = put(admin, "/v1/channels/kept", {"kind": "connector", "settings": {"quiet_ms": 5}})
    assert again["credentials"] == {"secret": {"set": True, "count": 2}}
    bot = {"kind": "webhook", "url": "http://127.0.0.1:9/"}
    put(admin, "/v1/bots/kept", {**bot, "secret": "a secret of the bot"})
    assert put(admin, "/v1/bots/kept", {**bot, "timeout_ms": 500})["secret"]["set"]


def test_sealed_secret_cannot_be_moved_to_another_row(world, admin, servers):
    put(admin, "/v1/channels/web", CHANNEL)
    put(admin, "/v1/channels/mail", {"kind": "connector"})
    world.sql.rows("UPDATE channel SET credentials ="
                   " (SELECT credentials FROM channel WHERE id = 'web') WHERE id = 'mail'")
    world.router.stop()
    with pytest.raises(RuntimeError):
        world.router.start()
    assert "REDTHREAD_SEALING_KEY" in world.router.log()
    world.sql.rows("UPDATE channel SET credentials = NULL WHERE id = 'mail'")
    world.router.start()


WRONG_CHANNELS = [
    ({}, "/kind"),
    ({"kind": "pigeon"}, "/kind"),
    ({"kind": "whatsapp"}, "/credentials/app_secret"),
    ({"kind": "whatsapp", "credentials": {"app_secret": ""}}, "/credentials/app_secret"),
    ({"kind": "whatsapp", "credentials": {"app_secret": "s"}, "settings": {"api_base": "x"}},
     "/settings/api_base"),
    ({"kind": "connector", "colour": 1}, "/colour"),
    ({"kind": "connector", "settings": {"colour": 1}}, "/settings/colour"),
    ({"kind": "connector", "settings": []}, "/settings"),
    ({"kind": "connector", "settings": {"quiet_ms": -1}}, "/settings/quiet_ms"),
    ({"kind": "connector", "settings": {"quiet_ms": "1"}}, "/settings/quiet_ms"),
    ({"kind": "connector", "settings": {"bot": "nobody"}}, "/settings/bot"),
    ({"kind": "connector", "settings": {"identity_kind": "E Mail"}}, "/settings/identity_kind"),
    ({"kind": "connector", "credentials": {"secret": ""}}, "/credentials/secret"),
    ({"kind": "connector", "credentials": {"secret": []}}, "/credentials/secret"),
    ({"kind": "connector", "credentials": {"secret": ["a", ""]}}, "/credentials/secret"),
    ({"kind": "connector", "credentials": {"secret": ["a", "b", "c"]}}, "/credentials/secret"),
    ({"kind": "connector", "credentials": {"token": "x"}}, "/credentials/token"),
    ({"kind": "connector", "settings": {"outbound_url": "http://127.0.0.1/"}},
     "/credentials/secret"),
] + [({**CHANNEL, "settings": {"outbound_url": url}}, "/settings/outbound_url") for url in (
    "http://10.0.0.1/", "http://169.254.169.254/latest", "http://[::1]/", "http://0x0a000001/",
    "ftp://example.org/", "http://user:pw@example.org/", "not a url", "file:///etc/passwd",
    "http://" + "x" * 2050 + "/")]


def test_wrong_channel_is_refused_by_its_place(world):
    refuses_all(world, "/v1/channels/web", WRONG_CHANNELS)


def test_wrong_id_in_the_path(world, admin):
    places = [(path, ident) for path in ("channels", "queues", "agents", "bots")
              for ident in ("Web", "a%20b", "-x", "x" * 65, "%C3%A6")]
    with unchanged(world):
        for path, ident in places:
            assert admin.put(f"/v1/{path}/{ident}", {"kind": "connector"}).status == 422
            assert admin.get(f"/v1/{path}/{ident}").status == 404
            assert admin.delete(f"/v1/{path}/{ident}").status == 404


def test_put_connects_nowhere(admin):
    peer = Peer()
    try:
        put(admin, "/v1/channels/web", {**CHANNEL, "settings": {
            "outbound_url": f"http://127.0.0.1:{peer.port}/out"}})
        put(admin, "/v1/bots/b", {"kind": "webhook", "secret": "s",
                                  "url": f"http://127.0.0.1:{peer.port}/bot"})
        assert not peer.requests
    finally:
        peer.close()


def test_put_switches_a_disabled_channel_on_again(world, admin):
    put(admin, "/v1/channels/web", CHANNEL)
    world.sql.rows("UPDATE channel SET disabled_reason = 'gone' WHERE id = 'web'")
    world.sql.rows("UPDATE generation SET number = number + 1")
    found = admin.get("/v1/channels/web").json
    assert (found["disabled"], found["disabled_reason"]) == (True, "gone")
    assert put(admin, "/v1/channels/web", CHANNEL)["disabled"] is False
    assert admin.get("/v1/channels/web").json["disabled_reason"] is None


# ---- bots ----

def test_bots_of_both_kinds(admin):
    assert put(admin, "/v1/bots/faq", {"kind": "faq"}, 201) == {
        "id": "faq", "kind": "faq", "enabled": True}
    body = {"kind": "webhook", "url": "http://127.0.0.1:9/", "secret": "s"}
    made = put(admin, "/v1/bots/helper", body, 201)
    assert (made["timeout_ms"], made["enabled"]) == (8000, True)
    changed = put(admin, "/v1/bots/helper", {**body, "timeout_ms": 100, "enabled": False}, 200)
    assert (changed["timeout_ms"], changed["enabled"]) == (100, False)
    assert [b["id"] for b in admin.items("/v1/bots")] == ["faq", "helper"]


WRONG_BOTS = [
    ({}, "/kind"), ({"kind": "oracle"}, "/kind"), ({"kind": "webhook"}, "/url"),
    ({"kind": "webhook", "url": "http://127.0.0.1/"}, "/secret"),
    ({"kind": "webhook", "url": "http://192.168.1.1/", "secret": "s"}, "/url"),
    ({"kind": "webhook", "url": "http://127.0.0.1/", "secret": "s", "timeout_ms": 99},
     "/timeout_ms"),
    ({"kind": "webhook", "url": "http://127.0.0.1/", "secret": "s", "timeout_ms": 30001},
     "/timeout_ms"),
    ({"kind": "faq", "url": "http://127.0.0.1/"}, "/url"),
    ({"kind": "faq", "secret": "s"}, "/secret")]


def test_wrong_bot_is_refused_by_its_place(world):
    refuses_all(world, "/v1/bots/b", WRONG_BOTS)


def test_bot_that_a_channel_names_cannot_be_removed(world, admin):
    put(admin, "/v1/bots/faq", {"kind": "faq"})
    put(admin, "/v1/channels/web", {"kind": "connector", "settings": {"bot": "faq"}})
    with unchanged(world):
        assert admin.delete("/v1/bots/faq").status == 409
    assert admin.delete("/v1/channels/web").status == 204
    assert admin.delete("/v1/bots/faq").status == 204


# ---- queues, agents, presence ----

AGENT = {"name": "Anna", "queues": ["orders"], "languages": ["da", "en"],
         "strengths": ["care"], "capacity": 3}


def test_agents_serve_queues_that_exist(world, admin):
    with unchanged(world):
        refused(admin.put("/v1/agents/anna", AGENT), "/queues/0")
    assert put(admin, "/v1/queues/orders", {"name": "Orders"}, 201) == {
        "id": "orders", "name": "Orders"}
    made = put(admin, "/v1/agents/anna", AGENT, 201)
    assert made == {"id": "anna", **AGENT, "presence": "offline"}
    assert admin.get("/v1/agents/anna").json == made
    with unchanged(world):
        assert admin.delete("/v1/queues/orders").status == 409
    assert admin.delete("/v1/agents/anna").status == 204
    assert admin.delete("/v1/queues/orders").status == 204
    assert admin.get("/v1/queues/orders").status == 404


def test_who_has_or_awaits_conversations_cannot_be_removed(world, admin):
    put(admin, "/v1/queues/orders", {})
    put(admin, "/v1/agents/anna", {})
    world.sql.rows("INSERT INTO attention (bucket, conversation_id, queue, agent, mode, priority,"
                   " since) VALUES (1, gen_random_uuid(), 'orders', '', 3, 3, now()),"
                   " (1, gen_random_uuid(), '', 'anna', 3, 3, now())")
    with unchanged(world):
        assert admin.delete("/v1/queues/orders").status == 409
        assert admin.delete("/v1/agents/anna").status == 409
    world.sql.rows("DELETE FROM attention")
    assert admin.delete("/v1/queues/orders").status == 204
    assert admin.delete("/v1/agents/anna").status == 204


WRONG_AGENTS = [
    ({"queues": "orders"}, "/queues"), ({"queues": [1]}, "/queues/0"),
    ({"languages": ["da", "d"]}, "/languages/1"), ({"strengths": ["magic"]}, "/strengths/0"),
    ({"capacity": -1}, "/capacity"), ({"capacity": 1.5}, "/capacity"),
    ({"name": ""}, "/name"), ({"presence": "online"}, "/presence")]


def test_wrong_agent_is_refused_by_its_place(world):
    refuses_all(world, "/v1/agents/anna", WRONG_AGENTS)


def test_presence_is_the_agents_own(world, admin):
    put(admin, "/v1/agents/anna", {"capacity": 3})
    put(admin, "/v1/agents/bert", {})
    anna, dashboard = world.agent("anna"), world.dashboard()
    online = anna.put("/v1/agents/anna/presence", {"status": "online", "capacity": 5})
    assert online.status == 200, online
    assert (online.json["presence"], online.json["capacity"]) == ("online", 5)
    with unchanged(world):
        assert anna.put("/v1/agents/bert/presence", {"status": "online"}).status == 403
        assert dashboard.put("/v1/agents/anna/presence", {"status": "away"}).status == 403
        refused(anna.put("/v1/agents/anna/presence", {"status": "asleep"}), "/status")
        refused(anna.put("/v1/agents/anna/presence", {}), "/status")
        assert admin.put("/v1/agents/nobody/presence", {"status": "away"}).status == 404
    assert admin.put("/v1/agents/anna/presence", {"status": "away"}).json["capacity"] == 5


def test_presence_moves_no_generation_and_survives_a_new_configuration(world, admin):
    put(admin, "/v1/agents/anna", {"capacity": 3})
    before = world.sql.number("SELECT number FROM generation")
    admin.put("/v1/agents/anna/presence", {"status": "online", "capacity": 7})
    assert world.sql.number("SELECT number FROM generation") == before
    changed = put(admin, "/v1/agents/anna", {"name": "Anna B."}, 200)
    assert (changed["presence"], changed["capacity"]) == ("online", 7)


# ---- policies ----

def test_policies_are_versions_and_the_built_in_one_is_zero(admin):
    found = admin.get("/v1/policies").json
    assert [(p["version"], p["active"]) for p in found["items"]] == [(0, True)]
    body = admin.get("/v1/policies/0").json["policy"]
    first = admin.post("/v1/policies", body)
    assert (first.status, first.json["version"], first.json["active"]) == (201, 1, False)
    second = admin.post("/v1/policies", {"policy": body, "note": "for spring"})
    assert (second.json["version"], second.json["note"]) == (2, "for spring")
    assert admin.get("/v1/policies/2").json["policy"] == body
    assert admin.post("/v1/policies/2/activate").json["active"] is True
    assert [p["version"] for p in admin.get("/v1/policies").json["items"]] == [2, 1, 0]
    assert active(admin) == [2]
    assert admin.post("/v1/policies/1/activate").status == 200
    assert active(admin) == [1]
    assert admin.post("/v1/policies/0/activate").status == 200
    assert active(admin) == [0]
    assert admin.post("/v1/policies/0/activate").status == 200


def active(admin):
    return [p["version"] for p in admin.items("/v1/policies", limit=1) if p["active"]]


def test_wrong_policy_is_refused_by_its_place(world, admin):
    with unchanged(world):
        bare = admin.post("/v1/policies", {"rules": [{"when": {"colour": 1}}]})
        wrapped = admin.post("/v1/policies", {"policy": {"rules": [{"when": {"colour": 1}}]}})
        assert (bare.status, wrapped.status) == (422, 422), (bare, wrapped)
        at = bare.json["errors"][0]["pointer"]
        assert at.startswith("/rules/0")
        assert wrapped.json["errors"][0]["pointer"] == "/policy" + at
        refused(admin.post("/v1/policies", {"policy": {}, "nota": "x"}), "/nota")
        for version in ("7", "-1", "x", "9999999999", "99999999999"):
            assert admin.get(f"/v1/policies/{version}").status == 404
            assert admin.post(f"/v1/policies/{version}/activate").status == 404


def test_parallel_policies_get_versions_of_their_own(admin):
    answers = together(8, lambda _: admin.post("/v1/policies", {}))
    made = sorted(a.json["version"] for a in answers if a.status == 201)
    assert made == list(range(1, len(made) + 1))
    assert all(a.status in (201, 503) for a in answers), answers


# ---- knowledge ----

def test_knowledge_is_kept_and_found(admin):
    made = put(admin, "/v1/knowledge/parcel", ENTRY, 201)
    assert made == {"id": "parcel", "queries": [], **ENTRY}
    put(admin, "/v1/knowledge/refund", {"questions": ["How do I get my money back?"],
                                        "answers": {"en": "Send it back within 30 days."}}, 201)
    assert admin.get("/v1/knowledge/parcel").json == made
    assert [e["id"] for e in admin.items("/v1/knowledge", limit=1)] == ["parcel", "refund"]
    hits = admin.get("/v1/knowledge/search?q=hvor+er+min+pakke&lang=da").json["items"]
    assert (hits[0]["id"], hits[0]["answer"]) == ("parcel", "Den er på vej.")
    assert hits[0]["score"] > 0
    assert admin.get("/v1/knowledge/search?q=money+back").json["items"][0]["id"] == "refund"
    assert len(admin.get("/v1/knowledge/search?q=parcel+money&limit=1").json["items"]) == 1
    assert admin.delete("/v1/knowledge/parcel").status == 204
    assert admin.get("/v1/knowledge/parcel").status == 404
    hits = admin.get("/v1/knowledge/search?q=hvor+er+min+pakke").json["items"]
    assert "parcel" not in [hit["id"] for hit in hits]


WRONG_KNOWLEDGE = [
    ({"questions": ["x"]}, "/answers"), ({"answers": {}}, "/answers"),
    ({"answers": {"en": ""}}, "/answers/en"), ({"answers": {"en": 1}}, "/answers/en"),
    ({"answers": {"e": "x"}}, "/answers"), ({"answers": {"en": "x" * 4001}}, "/answers/en"),
    ({"answers": {"en": "x"}, "questions": ["ok", ""]}, "/questions/1"),
    ({"answers": {"en": "x"}, "questions": ["q"] * 65}, "/questions"),
    ({"answers": {"en": "x"}, "intent": "A B"}, "/intent"),
    ({"answers": {"en": "x"}, "colour": 1}, "/colour")]


def test_wrong_knowledge_is_refused_by_its_place(world):
    refuses_all(world, "/v1/knowledge/k", WRONG_KNOWLEDGE)


def test_wrong_search(admin):
    for query in ("", "?q=", "?q=x&limit=0", "?q=x&limit=51", "?q=x&limit=a", "?q=%zz",
                  "?q=" + "x" * 1001):
        assert admin.get("/v1/knowledge/search" + query).status == 422, query


# ---- for all ----

def test_body_may_repeat_the_id_of_the_path_but_name_no_other(world, admin):
    bodies = {"queues": {}, "agents": {}, "bots": {"kind": "faq"}, "knowledge": ENTRY,
              "channels": {"kind": "connector"}}
    for path, body in bodies.items():
        assert put(admin, f"/v1/{path}/x", {"id": "x", **body}, 201)["id"] == "x"
    with unchanged(world):
        for path, body in bodies.items():
            refused(admin.put(f"/v1/{path}/x", {"id": "y", **body}), "/id")
            refused(admin.put(f"/v1/{path}/x", {"id": 1, **body}), "/id")


def test_lists_go_page_by_page_in_the_order_of_ids(admin):
    names = [f"q{n:02}" for n in range(7)]
    for name in reversed(names):
        put(admin, f"/v1/queues/{name}", {}, 201)
    assert [q["id"] for q in admin.items("/v1/queues", limit=3)] == names
    page = admin.get("/v1/queues?limit=3").json
    assert admin.delete("/v1/queues/q02").status == 204
    assert [q["id"] for q in admin.get(
        f"/v1/queues?limit=3&cursor={page['next_cursor']}").json["items"]] == names[3:6]
    assert admin.get("/v1/queues?limit=7").json["next_cursor"] is None
    for query in ("limit=0", "limit=201", "limit=x", "cursor=A+B"):
        assert admin.get(f"/v1/queues?{query}").status == 422


PATHS = [("PUT", "/v1/channels/x"), ("DELETE", "/v1/channels/x"), ("GET", "/v1/channels"),
         ("PUT", "/v1/bots/x"), ("PUT", "/v1/queues/x"), ("PUT", "/v1/agents/x"),
         ("POST", "/v1/policies"), ("POST", "/v1/policies/0/activate"),
         ("PUT", "/v1/knowledge/x"), ("PUT", "/v1/intents/x/examples"), ("POST", "/v1/models"),
         ("POST", "/v1/models/1/activate")]


def test_only_admin_configures(world):
    clients = [world.agent("anna"), world.dashboard(), world.connector("web")]
    with unchanged(world):
        for client in clients:
            for method, path in PATHS:
                body = {} if method in ("PUT", "POST") else None
                assert client.request(method, path, body).status == 403, (method, path)


def test_a_policy_is_used_from_its_activation_on(world, admin):
    version = admin.post("/v1/policies", {"rules": [
        {"name": "all", "when": {}, "then": {"mode": "human"}}]})
    if version.status == 422:
        pytest.fail(f"a rule without conditions: {version}")
    admin.post(f"/v1/policies/{version.json['version']}/activate")
    put(admin, "/v1/channels/web", {"kind": "connector"})
    seen = admin.post("/v1/decisions/preview", {"text": "hello, where is my parcel?",
                                                "channel": "web"})
    assert seen.status == 200, seen
    assert seen.json["policy_version"] == version.json["version"]


def test_a_policy_that_wants_approval_is_refused_while_none_is_asked_for(admin):
    answer = admin.post("/v1/policies", {"review": {"usual": "before"}})
    assert answer.status == 422 and answer.json["errors"][0]["pointer"] == "/review", answer
