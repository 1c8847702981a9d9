"""Idempotency-Key: the same request twice has one effect and one answer, whatever happens."""

import json
import uuid

import pytest

import harness
from harness import together


@pytest.fixture(scope="module")
def world(servers):
    world = harness.World(servers, workers=0, routers=2).start()
    world.channel("web")
    assert world.admin().put("/v1/agents/anna", {"name": "Anna"}).status in (200, 201)
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


def post(client, path, body, key):
    return client.post(path, body, headers={"Idempotency-Key": key})


def count(world, table):
    return int(world.sql.value(f"SELECT count(*) FROM {table}"))


def test_the_first_answer_comes_again_on_any_router_and_says_so(world, conversation):
    path, key = f"/v1/conversations/{conversation}/replies", str(uuid.uuid4())
    body = {"text": "Yes."}
    first = post(world.agent("anna"), path, body, key)
    before = count(world, "message"), count(world, "job")
    again = post(world.agent("anna", router=1), path, body, key)
    assert first.status == again.status == 201
    assert again.body == first.body
    assert first.headers["Idempotent-Replayed"] is None
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (count(world, "message"), count(world, "job")) == before


def test_the_same_key_with_another_body_is_422_and_nothing_happens(world, conversation):
    path, key = f"/v1/conversations/{conversation}/notes", str(uuid.uuid4())
    assert post(world.agent("anna"), path, {"text": "one"}, key).status == 200
    before = count(world, "message")
    assert post(world.agent("anna"), path, {"text": "two"}, key).status == 422
    assert count(world, "message") == before


def test_the_key_belongs_to_its_caller_and_route(world, conversation):
    path, key = f"/v1/conversations/{conversation}", str(uuid.uuid4())
    author = {"type": "agent", "id": "anna"}
    for client, action in ((world.agent("anna"), "notes"), (world.admin(), "notes"),
                           (world.agent("anna"), "replies")):
        answer = post(client, f"{path}/{action}", {"text": "x", "author": author}, key)
        assert answer.status in (200, 201) and not answer.headers["Idempotent-Replayed"]


def test_a_4xx_is_kept_like_any_answer(world):
    key, body = str(uuid.uuid4()), message(text=5)
    one, two = (post(world.connector("web"), "/v1/messages", body, key) for _ in range(2))
    assert one.status == two.status == 422 and one.body == two.body
    assert two.headers["Content-Type"] == "application/problem+json"
    assert two.headers["Idempotent-Replayed"] == "true"


def test_messages_take_a_key_too(world):
    key, body = str(uuid.uuid4()), message()
    one, two = (post(world.connector("web"), "/v1/messages", body, key) for _ in range(2))
    assert one.status == two.status == 201 and one.body == two.body
    plain = world.connector("web").post("/v1/messages", body)
    assert plain.status == 200 and plain.json["message"]["duplicate"] is True


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "\xe9", "a\tb"])
def test_what_is_no_key_is_refused(world, key):
    answer = post(world.connector("web"), "/v1/messages", message(), key)
    assert answer.status in (400, 422), answer


def test_two_hundred_fifty_five_characters_are_a_key(world):
    key = uuid.uuid4().hex.ljust(255, "~")
    assert post(world.connector("web"), "/v1/messages", message(), key).status == 201


def test_a_read_does_not_look_at_it(world):
    for _ in range(2):
        answer = world.admin().get("/v1/agents", headers={"Idempotency-Key": "same"})
        assert answer.status == 200 and not answer.headers["Idempotent-Replayed"]


def test_thirty_at_once_have_one_effect(world, conversation):
    path, key = f"/v1/conversations/{conversation}/replies", str(uuid.uuid4())
    before = count(world, "message")
    clients = [world.agent("anna", router=i % 2) for i in range(30)]
    answers = together(30, lambda i: post(clients[i], path, {"text": "once"}, key))
    assert {a.status for a in answers} <= {201, 409}
    assert len({a.body for a in answers if a.status == 201}) == 1
    assert count(world, "message") == before + 1


def running(world, age):
    """As if the process had died between the work and the answer."""
    world.sql.rows("UPDATE idempotency SET status = NULL, content_type = NULL, answer = NULL,"
                   f" created_at = now() - interval '{age}' RETURNING 1")


def test_a_first_one_still_running_is_409_and_a_crashed_one_is_taken_over(world, conversation):
    path, key = f"/v1/conversations/{conversation}/replies", str(uuid.uuid4())
    first = post(world.agent("anna"), path, {"text": "before the crash"}, key)
    before = count(world, "message"), count(world, "job")
    running(world, "10 seconds")
    assert post(world.agent("anna"), path, {"text": "before the crash"}, key).status == 409
    running(world, "61 seconds")
    again = post(world.agent("anna"), path, {"text": "before the crash"}, key)
    assert again.status == 201, again
    assert json.loads(again.body)["message"]["id"] == first.json["message"]["id"]
    assert (count(world, "message"), count(world, "job")) == before


def test_a_5xx_is_not_kept(world, conversation):
    path, key = f"/v1/conversations/{conversation}/replies", str(uuid.uuid4())
    admin = world.servers.postgres.connect(world.name)
    admin.rows("ALTER TABLE message RENAME TO away")
    try:
        assert post(world.agent("anna"), path, {"text": "now"}, key).status >= 500
    finally:
        admin.rows("ALTER TABLE away RENAME TO message")
        admin.close()
    assert post(world.agent("anna"), path, {"text": "now"}, key).status == 201
