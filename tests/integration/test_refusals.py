"""What is refused leaves no trace: over a corpus of bad calls of every kind no row of any table
changes."""

import pytest

import harness
from shapes import everything

NOBODY = "01900000-0000-7000-8000-000000000000"
GOOD = {"channel": "web", "external_id": "x-1", "from": {"address": "somebody"}, "text": "Hello"}
ANNA = {"type": "agent", "id": "anna"}


@pytest.fixture(scope="module")
def world(servers):
    world = harness.World(servers, workers=0).start()
    admin = world.admin()
    for name in ("web", "other"):
        world.channel(name)
    assert admin.put("/v1/queues/support", {"name": "Support"}).status == 201
    for agent in ("anna", "bram"):
        assert admin.put(f"/v1/agents/{agent}",
                         {"name": agent, "queues": ["support"]}).status == 201
    world.connector("web"), world.dashboard(), world.agent("anna")
    yield world
    world.stop()


@pytest.fixture(autouse=True)
def logs(request, world):
    request.node.worlds = [world]


@pytest.fixture(scope="module")
def known(world):
    """A conversation that Anna has taken over, its customer and its first message."""
    first = world.connector("web").post("/v1/messages", {**GOOD, "external_id": "first"})
    assert first.status == 201
    found = first.json["message"]
    taken = world.admin().post(f"/v1/conversations/{found['conversation_id']}/takeover",
                               {"agent": "anna"})
    return {"conversation": found["conversation_id"], "customer": found["customer_id"],
            "message": found["id"], "epoch": taken.json["control"]["epoch"]}


MESSAGES = [
    {}, [], 5, {**GOOD, "text": 5}, {**GOOD, "text": "x" * 32001}, {**GOOD, "nobody": 1},
    {**GOOD, "channel": "nowhere"}, {**GOOD, "channel": "../x"}, {**GOOD, "external_id": ""},
    {**GOOD, "from": {}}, {**GOOD, "from": "me"}, {**GOOD, "from": {"address": ""}},
    {**GOOD, "from": {"address": "a", "identities": [{"kind": "email"}]}},
    {**GOOD, "from": {"address": "a", "identities": [
        {"kind": "email", "value": "not mail", "verified": True}]}},
    {**GOOD, "sent_at": "yesterday"}, {**GOOD, "attachments": [{}]}, {**GOOD, "metadata": 1},
    {**GOOD, "external_id": "first", "text": "another text"},
    {**GOOD, "external_id": "first", "from": {"address": "another sender"}},
    {**GOOD, "text": "a\0b"}, {**GOOD, "from": {"address": "a\0b"}}]

RAW = [b"", b"{", b"nonsense", b'{"channel":"web","channel":"web"}', b'{"text":"\\ud800"}',
       b'{"text":"\xff"}', b"[" * 40 + b"]" * 40, b"[" + b"1," * 10001 + b"1]", b" " * 300000]

CONTROL = [
    ("replies", {}), ("replies", {"text": "x", "author": 1}),
    ("replies", {"text": "x", "author": {"type": "agent", "id": "nobody"}}),
    ("replies", {"text": "x", "author": {"type": "agent", "id": "bram"}}),
    ("replies", {"text": "x", "author": ANNA, "epoch": 0}),
    ("replies", {"text": "x", "author": ANNA, "channel": "nowhere"}),
    ("replies", {"text": "x", "author": ANNA, "channel": "other"}),
    ("replies", {"text": "", "author": ANNA}), ("replies", {"text": "x" * 32001, "author": ANNA}),
    ("notes", {"author": ANNA}), ("notes", {"author": {"type": "queue", "id": "q"}, "text": "x"}),
    ("takeover", {}), ("takeover", {"agent": "nobody"}),
    ("takeover", {"agent": "bram", "epoch": 0}),
    ("offer", {}), ("offer", {"to": {"type": "agent", "id": "nobody"}}),
    ("offer", {"to": {"type": "bot", "id": "faq"}}), ("offer", {"to": ANNA}),
    ("offer", {"to": {"type": "agent", "id": "bram"}, "timeout_s": 0}),
    ("accept", {"agent": "bram"}), ("decline", {"agent": "bram"}), ("release", {}),
    ("release", {"to": "moon"}), ("release", {"to": "queue", "queue": "nowhere"}),
    ("release", {"to": "bot", "epoch": 0}), ("resolve", {"outcome": 5}), ("resolve", {"epoch": 0}),
    ("resolve", {"outcome": "x" * 201}), ("promises", {}), ("promises", {"text": ""}),
    ("promises", {"text": "x", "due_at": "soon"})]


def calls(known):
    """(role, method, path, body), each of which must be a 4xx."""
    here, owner = f"/v1/conversations/{known['conversation']}", f"/v1/customers/{known['customer']}"
    for body in MESSAGES + RAW:
        yield "connector", "POST", "/v1/messages", body
    for body in RAW + [{}, {"items": 5}, {"items": []}, {"items": [GOOD] * 501}]:
        yield "connector", "POST", "/v1/messages/batch", body
    for action, body in CONTROL:
        yield "admin", "POST", f"{here}/{action}", body
        yield "admin", "POST", f"/v1/conversations/{NOBODY}/{action}", body
        yield "dashboard", "POST", f"{here}/{action}", body
        yield "connector", "POST", f"{here}/{action}", body
    for body in ({}, {"channel": "web", "external_id": "nothing", "status": "read"},
                 {"channel": "web", "external_id": "first", "status": "eaten"}):
        yield "connector", "POST", "/v1/receipts", body
    for body in ({}, {"kind": "email"}, {"kind": "email", "value": "nothing"},
                 {"kind": "", "value": ""}):
        yield "admin", "POST", f"{owner}/identities", body
    for body in ({}, {"from": 1}, {"from": known["customer"]}, {"from": NOBODY}, {"from": "x"}):
        yield "admin", "POST", f"{owner}/merge", body
    yield "admin", "POST", f"/v1/customers/{NOBODY}/merge", {"from": known["customer"]}
    yield "admin", "POST", f"/v1/merges/{NOBODY}/undo", None
    yield "admin", "DELETE", f"/v1/customers/{NOBODY}", None
    yield "dashboard", "DELETE", owner, None
    for body in ({}, {"text": ""}, {"text": "x", "channel": "nowhere"},
                 {"text": "x", "customer": NOBODY}, {"text": "x", "conversation": "x"}):
        yield "admin", "POST", "/v1/decisions/preview", body
    yield "admin", "POST", f"/v1/decisions/{known['message']}/replay", {"policy_version": 77}
    yield "admin", "POST", f"/v1/decisions/{NOBODY}/replay", None
    yield "admin", "POST", f"/v1/jobs/delivery:{NOBODY}:1/replay", None
    for path in ("/v1/channels/new", "/v1/bots/new", "/v1/agents/anna", "/v1/queues/support",
                 "/v1/knowledge/new", "/v1/intents/new/examples", "/v1/agents/anna/presence"):
        for body in ([], {"nobody": 1}, b"{", None):
            yield "admin", "PUT", path, body
        yield "dashboard", "PUT", path, {}
    for path in ("/v1/channels/-x-", "/v1/bots/UPPER", "/v1/queues/" + "q" * 65):
        yield "admin", "PUT", path, {"kind": "connector"}
    yield "admin", "PUT", "/v1/agents/nobody/presence", {"status": "online"}
    yield "agent", "PUT", "/v1/agents/bram/presence", {"status": "online"}
    yield "admin", "DELETE", "/v1/queues/support", None
    yield "admin", "DELETE", "/v1/agents/anna", None
    yield "admin", "POST", "/v1/policies", {"policy": {"rules": 5}}
    yield "admin", "POST", "/v1/policies/77/activate", None
    yield "admin", "POST", "/v1/models/77/activate", None
    yield "admin", "PATCH", here, {}
    yield "agent", "POST", "/v1/queues/support/claim", {"agent": "bram"}
    yield "stranger", "POST", "/v1/messages", GOOD


def test_no_4xx_changes_a_row_of_any_table(world, known):
    who = {"admin": world.admin(), "dashboard": world.dashboard(), "agent": world.agent("anna"),
           "connector": world.connector("web"), "stranger": world.router.client("rt_no_such")}
    before = everything(world.sql)
    wrong = []
    for role, method, path, body in calls(known):
        answer = who[role].request(method, path, body)
        if not 400 <= answer.status < 500:
            wrong.append((role, method, path, str(body)[:80], answer))
        elif answer.headers["Content-Type"] != "application/problem+json":
            wrong.append((role, method, path, str(body)[:80], answer.headers["Content-Type"]))
    assert not wrong, wrong
    assert everything(world.sql) == before


def test_the_bad_items_of_a_batch_change_nothing_and_the_good_one_is_stored_alone(world, known):
    tables = everything(world.sql)
    bad = [{**GOOD, "external_id": f"bad-{i}"} | body for i, body in enumerate(
        ({"text": 5}, {"channel": "other"}, {"from": {}}, {"nobody": 1}, {"sent_at": "x"}))]
    bad.append({**GOOD, "external_id": "first", "text": "another text"})
    answer = world.connector("web").post("/v1/messages/batch", {"items": bad})
    assert answer.status == 207
    assert all(400 <= item["status"] < 500 for item in answer.json["items"]), answer
    assert everything(world.sql) == tables
    items = bad[:3] + [{**GOOD, "external_id": "good"}] + bad[3:]
    answer = world.connector("web").post("/v1/messages/batch", {"items": items})
    assert [item["status"] == 201 for item in answer.json["items"]] == [False] * 3 + [True] + [
        False] * 3
    assert world.sql.rows("SELECT external_id FROM message WHERE direction = 0 ORDER BY 1") == [
        ("first",), ("good",)]
    assert world.sql.number("SELECT count(*) FROM identity") == 1
