"""POST /v1/messages and /v1/messages/batch: what is accepted is stored once and decided,
what is not leaves no trace."""

import itertools
import uuid

import pytest

import harness
from harness import together

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def world(servers):
    world = harness.World(servers, workers=0).start()
    for name in ("web", "other"):
        world.channel(name)
    world.channel("mail", settings={"identity_kind": "email"})
    yield world
    world.stop()


@pytest.fixture(autouse=True)
def logs(request, world):
    request.node.worlds = [world]


@pytest.fixture
def web(world):
    return world.connector("web")


def message(**members):
    n = next(numbers)
    return {"channel": "web", "external_id": f"m-{n}", "from": {"address": f"visitor-{n}"},
            "text": "Hvor er min pakke?", **members}


def rows(world):
    tables = ("message", "conversation", "customer", "arrival", "event", "job", "identity", "claim")
    return {table: int(world.sql.value(f"SELECT count(*) FROM {table}")) for table in tables}


def test_a_new_message_is_201_with_its_place_and_its_decision(web):
    answer = web.post("/v1/messages", message(locale="da-DK", sent_at="2026-11-21T10:00:00.000Z"))
    assert answer.status == 201, answer
    assert answer.headers["Content-Type"] == "application/json"
    stored, decision = answer.json["message"], answer.json["decision"]
    for name in ("id", "conversation_id", "customer_id"):
        assert uuid.UUID(stored[name]).version == 7
    assert stored["seq"] == 1 and stored["duplicate"] is False
    assert decision["id"] == stored["id"]
    assert decision["mode"] in ("self_service", "human_backup", "human", "human_emotion")
    assert decision["handler"]["type"] in ("bot", "agent", "queue")
    assert decision["continues"] is False
    assert set(decision["intent"]) >= {"name", "confidence", "in_scope"}
    assert set(decision["emotion"]) >= {"label", "intensity", "valence", "evidence"}
    assert decision["reasons"] and set(decision["reasons"][0]) >= {"code", "detail", "weight"}


def test_the_next_message_of_the_same_sender_continues_the_conversation(web):
    sender = {"address": "again"}
    first = web.post("/v1/messages", message(**{"from": sender})).json
    second = web.post("/v1/messages", message(**{"from": sender})).json
    assert second["message"]["conversation_id"] == first["message"]["conversation_id"]
    assert second["message"]["seq"] == 2 and second["decision"]["continues"] is True


def test_the_same_message_again_is_200_and_equal_but_for_duplicate(world, web):
    body = message()
    first = web.post("/v1/messages", body)
    before = rows(world)
    again = web.post("/v1/messages", body)
    assert (first.status, again.status) == (201, 200)
    assert again.json["message"] == {**first.json["message"], "duplicate": True}
    assert again.json["decision"] == first.json["decision"]
    assert rows(world) == before


@pytest.mark.parametrize("change", [{"text": "something else"}, {"from": {"address": "nobody"}}])
def test_the_same_external_id_with_other_content_is_409(world, web, change):
    body = message()
    assert web.post("/v1/messages", body).status == 201
    before = rows(world)
    answer = web.post("/v1/messages", {**body, **change})
    assert answer.status == 409, answer
    assert rows(world) == before


def test_the_same_message_fifty_times_in_parallel_is_one_row(world):
    body = message()
    answers = together(50, lambda _: world.connector("web").post("/v1/messages", body))
    assert sorted(a.status for a in answers) == [200] * 49 + [201], answers
    assert len({a.json["message"]["id"] for a in answers}) == 1
    assert len({str(a.json["decision"]) for a in answers}) == 1
    found = world.sql.value(
        f"SELECT count(*) FROM message WHERE external_id = '{body['external_id']}'")
    assert int(found) == 1


def test_fifty_parallel_first_messages_make_one_conversation_without_gaps(world):
    sender = {"address": f"crowd-{next(numbers)}"}
    answers = together(
        50, lambda _: world.connector("web").post("/v1/messages", message(**{"from": sender})))
    assert {a.status for a in answers} == {201}, answers
    assert len({a.json["message"]["conversation_id"] for a in answers}) == 1
    assert sorted(a.json["message"]["seq"] for a in answers) == list(range(1, 51))


def test_everything_optional_is_kept(world, web):
    body = message(
        html="<p>Hej</p>", subject="Pakke", locale="da-DK", in_reply_to="m-0",
        attachments=[{"url": "https://example.com/a.png", "content_type": "image/png",
                      "name": "a.png", "size": 1234}],
        metadata={"order": 5, "nested": {"deep": [1, 2.5, None, "ø"]}},
        **{"from": {"address": "full", "name": "Mette",
                    "identities": [{"kind": "email", "value": "Full@Example.dk",
                                    "verified": True}]}})
    answer = web.post("/v1/messages", body)
    assert answer.status == 201, answer
    found = world.sql.rows("SELECT extra->>'subject', extra->'metadata'->'nested'->'deep'->>3,"
                           " extra->>'html', extra->'attachments'->0->>'name' FROM message"
                           f" WHERE external_id = '{body['external_id']}'")
    assert tuple(found[0]) == ("Pakke", "ø", "<p>Hej</p>", "a.png")


def test_text_may_be_empty_with_an_attachment(web):
    files = [{"url": "https://example.com/a.png"}]
    assert web.post("/v1/messages", message(text="", attachments=files)).status == 201
    bare = message(attachments=files)
    del bare["text"]
    assert web.post("/v1/messages", bare).status == 201


def test_thirty_two_thousand_characters_are_a_message_and_one_more_is_not(web):
    assert web.post("/v1/messages", message(text="ø" * 32000)).status == 201
    answer = web.post("/v1/messages", message(text="ø" * 32001))
    assert answer.status == 422 and answer.json["errors"][0]["pointer"] == "/text"


@pytest.mark.parametrize("text", [
    "' OR 1=1--", "$1 %s %n \\", "<script>alert(1)</script>", "‮right to left", "👩‍👩‍👧‍👦" * 50,
    "a\u0301" * 1000, "\x01\x02\x1b[31m", "line\r\nbreak\u2028", "{\"a\": [1]}", " "])
def test_any_text_is_stored_as_it_was_sent(world, web, text):
    body = message(text=text)
    assert web.post("/v1/messages", body).status == 201
    found = world.sql.value(
        f"SELECT text FROM message WHERE external_id = '{body['external_id']}'")
    assert found == text


WRONG = [
    ("/channel", {"channel": None}), ("/channel", {"channel": 5}), ("/channel", {"channel": "WEB"}),
    ("/external_id", {"external_id": ""}), ("/external_id", {"external_id": "x" * 201}),
    ("/external_id", {"external_id": 17}),
    ("/from", {"from": None}), ("/from", {"from": "me"}), ("/from/address", {"from": {}}),
    ("/from/address", {"from": {"address": ""}}), ("/from/address", {"from": {"address": " "}}),
    ("/from/address", {"from": {"address": "x" * 321}}),
    ("/from/name", {"from": {"address": "a", "name": "n" * 201}}),
    ("/from/role", {"from": {"address": "a", "role": "admin"}}),
    ("/from/identities", {"from": {"address": "a", "identities": [
        {"kind": "email", "value": f"a{i}@example.com"} for i in range(17)]}}),
    ("/from/identities/0/value", {"from": {"address": "a", "identities": [
        {"kind": "email", "value": "no address"}]}}),
    ("/from/identities/1/verified", {"from": {"address": "a", "identities": [
        {"kind": "email", "value": "a@example.com"},
        {"kind": "phone", "value": "+4512345678", "verified": "yes"}]}}),
    ("/from/identities/0/kind", {"from": {"address": "a", "identities": [{"value": "x"}]}}),
    ("/text", {"text": None}), ("/text", {"text": ["a"]}), ("/text", {"text": ""}),
    ("/html", {"html": 1}), ("/subject", {"subject": "s" * 999}), ("/locale", {"locale": "l" * 36}),
    ("/attachments", {"attachments": {}}),
    ("/attachments", {"attachments": [{"url": "https://example.com/"}] * 33}),
    ("/attachments/0/url", {"attachments": [{"name": "a"}]}),
    ("/attachments/0/size", {"attachments": [{"url": "https://example.com/", "size": -1}]}),
    ("/attachments/0/path", {"attachments": [{"url": "https://example.com/", "path": "/"}]}),
    ("/sent_at", {"sent_at": "yesterday"}), ("/sent_at", {"sent_at": 1700000000}),
    ("/metadata", {"metadata": []}), ("/metadata", {"metadata": {"a": "x" * 17000}}),
    ("/customer_id", {"customer_id": str(uuid.uuid4())}), ("/seq", {"seq": 1}),
    ("/a~1b~0c", {"a/b~c": 1}),
]


@pytest.mark.parametrize("pointer, change", WRONG)
def test_a_wrong_member_is_422_with_its_pointer_and_leaves_no_trace(world, web, pointer, change):
    before = rows(world)
    answer = web.post("/v1/messages", message(**change))
    assert answer.status == 422, answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["errors"][0]["pointer"] == pointer
    assert answer.json["errors"][0]["detail"]
    assert rows(world) == before


def test_a_channel_nobody_configured_is_422_and_one_of_others_403(world, web):
    before = rows(world)
    answer = world.admin().post("/v1/messages", message(channel="nowhere"))
    assert answer.status == 422 and answer.json["errors"][0]["pointer"] == "/channel"
    assert web.post("/v1/messages", message(channel="other")).status == 403
    assert web.post("/v1/messages", message(channel="nowhere")).status == 403
    assert rows(world) == before


def test_a_channel_is_known_the_moment_it_is_configured(world):
    name = f"new-{next(numbers)}"
    world.channel(name)
    assert world.connector(name).post("/v1/messages", message(channel=name)).status == 201


def test_where_addresses_are_mail_addresses_they_must_be_ones(world):
    mail = world.connector("mail")
    answer = mail.post("/v1/messages", message(channel="mail", **{"from": {"address": "me"}}))
    assert answer.status == 422 and answer.json["errors"][0]["pointer"] == "/from/address"
    one = mail.post("/v1/messages", message(channel="mail", **{"from": {"address": "A@B.dk"}}))
    two = mail.post("/v1/messages", message(channel="mail", **{"from": {"address": "a@b.DK"}}))
    assert one.json["message"]["customer_id"] == two.json["message"]["customer_id"]


def test_a_verified_identity_joins_channels_and_a_claimed_one_never_does(world):
    n = next(numbers)

    def send(channel, verified):
        sender = {"address": f"who-{n}-{channel}-{verified}", "identities": [
            {"kind": "phone", "value": f"+45 30 {n:06d}", "verified": verified}]}
        body = message(channel=channel, **{"from": sender})
        return world.connector(channel).post("/v1/messages", body).json["message"]["customer_id"]

    owner = send("web", True)
    assert send("other", True) == owner
    assert send("other", False) != owner


# ---- many at once ----

def test_a_batch_answers_item_by_item_and_one_bad_one_harms_nobody(web):
    good, twin = message(), message()
    items = [good, message(text=5), twin, message(channel="other"), dict(twin), good, "x",
             {**twin, "text": "other"}]
    answer = web.post("/v1/messages/batch", {"items": items})
    assert answer.status == 207, answer
    found = answer.json["items"]
    assert [i["status"] for i in found] == [201, 422, 201, 403, 200, 200, 422, 409]
    assert found[4]["message"] == {**found[2]["message"], "duplicate": True}
    assert found[1]["problem"]["errors"][0]["pointer"] == "/text"
    assert found[0]["decision"]["id"] == found[0]["message"]["id"]


def test_five_hundred_make_a_batch_and_five_hundred_and_one_do_not(world, web):
    sender = {"address": f"bulk-{next(numbers)}"}
    items = [message(**{"from": sender}) for _ in range(500)]
    answer = web.post("/v1/messages/batch", {"items": items})
    assert {i["status"] for i in answer.json["items"]} == {201}
    assert [i["message"]["seq"] for i in answer.json["items"]] == list(range(1, 501))
    before = rows(world)
    many = web.post("/v1/messages/batch", {"items": [message() for _ in range(501)]})
    assert many.status == 422 and many.json["errors"][0]["pointer"] == "/items"
    assert web.post("/v1/messages/batch", {"items": []}).status == 422
    assert web.post("/v1/messages/batch", []).status == 422
    assert rows(world) == before


def test_five_megabytes_are_too_much_for_a_batch(web):
    assert web.post("/v1/messages/batch", b" " * (5 << 20)).status == 413


# ---- what became of what we sent ----

@pytest.fixture
def reply(world):
    """A reply of an agent, waiting to be delivered."""
    world.admin().put("/v1/agents/anna", {"name": "Anna"})
    sent = world.connector("web").post("/v1/messages", message()).json["message"]
    answer = world.agent("anna").post(f"/v1/conversations/{sent['conversation_id']}/replies",
                                      {"text": "On its way."})
    assert answer.status == 201, answer
    return answer.json["message"]


def status_of(world, reply):
    answer = world.admin().get(f"/v1/conversations/{reply['conversation_id']}/messages")
    return next(m for m in answer.json["items"] if m["id"] == reply["id"])["delivery"]["status"]


def test_receipts_only_move_a_status_forward(world, web, reply):
    seen = []
    for status in ("delivered", "sent", "read", "failed", "delivered"):
        answer = web.post("/v1/receipts", {"message_id": reply["id"], "status": status})
        assert answer.status == 200, answer
        seen.append((answer.json["status"], answer.json["changed"]))
    assert seen == [("delivered", True), ("delivered", False), ("read", True), ("read", False),
                    ("read", False)]
    assert status_of(world, reply) == "read"


def test_receipts_come_many_at_once_and_of_others_never(world, reply):
    item = {"message_id": reply["id"], "status": "sent"}
    answer = world.connector("web").post("/v1/receipts", {"items": [
        item, {**item, "status": "eaten"}, {"message_id": str(uuid.uuid4()), "status": "read"},
        {"status": "read"}, {"channel": "other", "external_id": "x", "status": "read"}]})
    assert answer.status == 207
    assert [i["status"] for i in answer.json["items"]] == [200, 422, 404, 422, 403]
    assert world.connector("other").post("/v1/receipts", item).status == 404
