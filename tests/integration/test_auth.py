"""Who may do what: keys, roles, channels, agents; and that it ends when the key does."""

import uuid

import pytest

import harness
from harness import eventually, together


@pytest.fixture(scope="module")
def world(servers):
    world = harness.World(servers, workers=0, routers=2).start()
    world.channel("web")
    world.channel("other")
    for name in ("anna", "bo"):
        assert world.admin().put(f"/v1/agents/{name}", {"name": name}).status in (200, 201)
    yield world
    world.stop()


@pytest.fixture(autouse=True)
def logs(request, world):
    request.node.worlds = [world]


@pytest.fixture
def conversation(world):
    answer = world.connector("web").post("/v1/messages", message())
    return answer.json["message"]["conversation_id"]


def message(**members):
    return {"channel": "web", "external_id": str(uuid.uuid4()),
            "from": {"address": str(uuid.uuid4())}, "text": "Hello", **members}


def revoke(world, key):
    world.sql.rows("UPDATE api_key SET revoked_at = now() WHERE id = '%s' RETURNING 1"
                   % key.split("_")[1])
    world.sql.rows("UPDATE generation SET number = number + 1 RETURNING 1")


WRONG = ["", "Bearer", "Bearer ", "Basic abc", "rt_a_b", "Bearer rt_", "Bearer rt_a",
         "Bearer rt_a_", "Bearer rt_nobody_secret", "Bearer " + "rt_a_" + "x" * 5000,
         "Bearer rt_%00_x", "Bearer rt_' OR 1=1--_x"]


@pytest.mark.parametrize("value", WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_without_a_valid_key_everything_is_401(world, value):
    nobody = world.router.client()
    for method, path in (("POST", "/v1/messages"), ("GET", "/v1/agents"), ("GET", "/v1/stream")):
        answer = nobody.request(method, path, {} if method == "POST" else None,
                                headers={"Authorization": value} if value else {})
        assert answer.status == 401, answer
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_changed_secret_is_401_and_told_like_an_unknown_key(world):
    key = world.key("admin")
    changed = key[:-1] + ("a" if key[-1] != "a" else "b")
    one = world.router.client(changed).get("/v1/agents")
    two = world.router.client("rt_0123456789ab_" + "x" * 43).get("/v1/agents")
    assert one.status == two.status == 401
    same = {name: value for name, value in one.json.items() if name != "instance"}
    assert same == {name: value for name, value in two.json.items() if name != "instance"}


@pytest.mark.parametrize("role, method, path, allowed", [
    ("connector", "GET", "/v1/agents", False), ("connector", "GET", "/v1/conversations", False),
    ("connector", "GET", "/v1/channels/web", False), ("connector", "GET", "/v1/stream", False),
    ("connector", "POST", "/v1/decisions/preview", False),
    ("connector", "POST", "/v1/receipts", True),
    ("agent", "POST", "/v1/messages", False), ("agent", "GET", "/v1/channels", False),
    ("agent", "PUT", "/v1/agents/anna", False), ("agent", "POST", "/v1/policies", False),
    ("agent", "POST", "/v1/analyze", True), ("agent", "GET", "/v1/jobs", False),
    ("dashboard", "POST", "/v1/messages", False), ("dashboard", "PUT", "/v1/queues/q", False),
    ("dashboard", "POST", "/v1/models", False), ("dashboard", "GET", "/v1/agents", True),
    ("dashboard", "DELETE", f"/v1/customers/{uuid.uuid4()}", False),
    ("dashboard", "GET", f"/v1/customers/{uuid.uuid4()}/export", False),
    ("admin", "GET", "/v1/jobs", True), ("admin", "POST", "/v1/messages", True)])
def test_each_role_may_do_its_own_and_nothing_else(world, role, method, path, allowed):
    client = {"connector": world.connector("web"), "agent": world.agent("anna"),
              "dashboard": world.dashboard(), "admin": world.admin()}[role]
    answer = client.request(method, path, {} if method in ("POST", "PUT") else None)
    assert (answer.status != 403) == allowed, answer
    assert answer.status != 401


def test_a_forwarded_user_changes_nothing(world):
    for name in ("X-On-Behalf-Of", "X-Forwarded-User", "X-User", "X-Redthread-Role"):
        answer = world.connector("web").get("/v1/agents", headers={name: "admin"})
        assert answer.status == 403


def test_an_agent_acts_only_as_itself(world, conversation):
    anna, path = world.agent("anna"), f"/v1/conversations/{conversation}"
    as_bo = {"author": {"type": "agent", "id": "bo"}, "text": "hi"}
    assert anna.post(f"{path}/takeover", {"agent": "bo"}).status == 403
    assert anna.post(f"{path}/replies", as_bo).status == 403
    assert anna.post(f"{path}/notes", as_bo).status == 403
    assert anna.post(f"{path}/replies",
                     {"author": {"type": "bot", "id": "faq"}, "text": "hi"}).status == 403
    assert anna.put("/v1/agents/bo/presence", {"status": "online", "capacity": 1}).status == 403
    taken = anna.post(f"{path}/takeover", {"agent": "anna"})
    assert taken.status == 200
    assert taken.json["control"]["holder"] == {"type": "agent", "id": "anna"}


def test_what_another_agent_holds_is_not_ours_to_close_or_give_away(world, conversation):
    path = f"/v1/conversations/{conversation}"
    assert world.agent("bo").post(f"{path}/takeover").status == 200
    anna = world.agent("anna")
    for action, body in (("resolve", {"outcome": "done"}), ("release", {"to": "bot"}),
                         ("offer", {"to": {"type": "agent", "id": "anna"}})):
        assert anna.post(f"{path}/{action}", body).status == 403, action
    answer = world.agent("bo").post(f"{path}/resolve", {"outcome": "done"})
    assert answer.status == 200 and answer.json["status"] == "resolved"


def test_a_new_key_works_at_once_on_every_router(world):
    for router in (0, 1):
        key = world.cli("key", "create", "--role", "dashboard").strip()
        assert world.routers[router].client(key).get("/v1/agents").status == 200
        key = world.cli("key", "create", "--role", "connector", "--channel", "web").strip()
        assert world.routers[router].client(key).post("/v1/messages", message()).status == 201


def test_guessing_keys_is_not_made_with_the_database(world):
    """Each guess has another name; a known caller is not held up."""
    def guess(i):
        return world.router.client(f"rt_guess{i}_secret").get("/v1/agents").status
    assert set(together(200, guess)) == {401}
    assert world.admin().get("/v1/agents").status == 200


def test_a_revoked_key_is_dead_everywhere_within_a_second_and_its_stream_ends(world):
    key = world.cli("key", "create", "--role", "dashboard").strip()
    clients = [router.client(key) for router in world.routers]
    for client in clients:
        eventually(lambda c=client: c.get("/v1/agents").status == 200, 2, 0.02, "the key is known")
    stream = clients[0].stream()
    assert stream.status == 200
    revoke(world, key)
    for client in clients:
        eventually(lambda c=client: c.get("/v1/agents").status == 401, 2, 0.02, "the key is dead")
    eventually(lambda: stream._answer.closed or stream._answer.isclosed(), 5, 0.02,
               "its stream has ended")
