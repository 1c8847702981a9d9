"""Who holds a conversation and what people do with it, through the API."""

import uuid

import pytest

import harness
from harness import together

AGENTS = ("anna", "bo", "cleo")


@pytest.fixture(scope="module")
def world(servers):
    world = harness.World(servers, workers=0, routers=2).start()
    admin = world.admin()
    for path, body in (("queues/support", {"name": "Support"}), ("queues/care", {"name": "Care"}),
                       ("bots/faq", {"kind": "faq"})):
        assert admin.put(f"/v1/{path}", body).status in (200, 201)
    for name in AGENTS:
        assert admin.put(f"/v1/agents/{name}",
                         {"name": name.title(), "queues": ["support"]}).status in (200, 201)
        world.agent(name)
    world.channel("web")
    world.connector("web"), world.dashboard()  # a new key is news
    yield world
    world.stop()


@pytest.fixture(autouse=True)
def logs(request, world):
    request.node.worlds = [world]


def send(world, **members):
    body = {"channel": "web", "external_id": str(uuid.uuid4()), "text": "Hello",
            "from": {"address": str(uuid.uuid4())}, **members}
    answer = world.connector("web").post("/v1/messages", body)
    assert answer.status == 201, answer
    return answer.json["message"]


@pytest.fixture
def at(world):
    """at(client, action, body): one action on a conversation of its own."""
    path = f"/v1/conversations/{send(world)['conversation_id']}"
    return lambda client, action, body=None: client.post(f"{path}/{action}", body)


def holder(answer):
    assert answer.status in (200, 201), answer
    body = answer.json.get("conversation", answer.json)
    return body["control"]["holder"]


def held(name):
    return {"type": "agent", "id": name}


def test_takeover_gives_control_and_moves_the_epoch_once(world, at):
    first = at(world.agent("anna"), "takeover", {})
    again = at(world.agent("anna"), "takeover")
    assert holder(first) == holder(again) == held("anna")
    assert first.json["control"]["epoch"] == again.json["control"]["epoch"] >= 1
    other = at(world.admin(), "takeover", {"agent": "bo"})
    assert holder(other) == held("bo")
    assert other.json["control"]["epoch"] == first.json["control"]["epoch"] + 1


def test_a_reply_goes_to_the_last_channel_and_is_a_message(world, at):
    answer = at(world.agent("anna"), "replies",
                {"author": held("anna"), "text": "Hej Mette", "html": "<p>Hej</p>"})
    assert answer.status == 201, answer
    message = answer.json["message"]
    assert (message["seq"], message["direction"], message["channel"]) == (2, "out", "web")
    assert message["author"] == {"type": "agent", "id": "anna", "name": "Anna"}
    assert message["delivery"]["status"] in ("pending", "sent")
    assert message["html"] == "<p>Hej</p>"
    assert holder(answer) == held("anna")
    assert answer.json["conversation"]["last_message"]["id"] == message["id"]


def test_a_stale_epoch_is_409_and_nothing_is_sent(world, at):
    epoch = at(world.agent("anna"), "takeover").json["control"]["epoch"]
    at(world.agent("bo"), "takeover")
    before = world.sql.value("SELECT count(*) FROM message")
    answer = at(world.agent("anna"), "replies", {"text": "too late", "epoch": epoch})
    assert answer.status == 409, answer
    assert at(world.agent("anna"), "replies", {"text": "not mine"}).status == 409
    assert world.sql.value("SELECT count(*) FROM message") == before


def test_an_agents_name_stays_with_what_they_said_under_it(world, at):
    bo = world.agent("bo")
    said = at(bo, "replies", {"text": "My name is Bo"}).json["message"]
    assert at(bo, "notes", {"text": "Mine too"}).status == 200
    assert world.admin().put("/v1/agents/bo", {"name": "Robert"}).status == 200
    known = {"type": "agent", "id": "bo", "name": "Bo"}
    path = f"/v1/conversations/{said['conversation_id']}"
    listed = bo.items(f"{path}/messages")
    assert [m["author"] for m in listed if m["direction"] == "out"] == [known, known]
    assert said["author"] == known == bo.get(f"/v1/messages/{said['id']}").json["author"]
    assert world.admin().put("/v1/agents/bo", {"name": "Bo", "queues": ["support"]}).status == 200


def test_a_conflict_says_what_is_so(world, at):
    """Whoever holds it is not told that somebody else does."""
    anna = world.agent("anna")
    epoch = at(anna, "takeover").json["control"]["epoch"]
    stale = at(anna, "replies", {"text": "x", "epoch": epoch - 1})
    assert stale.status == 409 and stale.json["detail"] == f"the conversation is at epoch {epoch}"
    foreign = at(world.agent("bo"), "replies", {"text": "x"})
    assert foreign.status == 409 and "agent anna" in foreign.json["detail"]
    assert at(anna, "resolve").status == 200
    again = at(anna, "resolve")
    assert again.status == 409 and again.json["detail"] == "it is resolved already"


def test_a_note_is_stored_and_never_sent(world, at):
    answer = at(world.agent("anna"), "notes", {"author": held("anna"), "text": "She is upset."})
    assert answer.status == 200, answer
    listed = world.agent("anna").get(f"/v1/conversations/{answer.json['id']}/messages")
    last = listed.json["items"][-1]
    assert (last["kind"], last["text"], last["delivery"]) == ("note", "She is upset.", None)


def test_an_offer_is_accepted_by_whom_it_was_made_to(world, at):
    anna, bo = world.agent("anna"), world.agent("bo")
    at(anna, "takeover")
    offered = at(anna, "offer", {"to": held("bo"), "timeout_s": 60})
    assert offered.status == 200 and offered.json["control"]["offered_to"] == held("bo")
    assert holder(offered) == held("anna")
    assert at(world.agent("cleo"), "accept").status == 409
    accepted = at(bo, "accept")
    assert holder(accepted) == held("bo") and accepted.json["control"]["offered_to"] is None
    assert at(bo, "accept").status == 409


def test_a_declined_offer_leaves_all_as_it_was(world, at):
    at(world.agent("anna"), "takeover")
    at(world.agent("anna"), "offer", {"to": held("bo")})
    answer = at(world.agent("bo"), "decline")
    assert holder(answer) == held("anna") and answer.json["control"]["offered_to"] is None


def test_release_gives_it_to_a_queue_or_back_to_the_bot(world, at):
    anna = world.agent("anna")
    at(anna, "takeover")
    assert holder(at(anna, "release", {"to": "queue", "queue": "care"})) == {
        "type": "queue", "id": "care"}
    at(anna, "takeover")
    back = at(anna, "release", {"to": "bot"})
    assert holder(back)["type"] == "bot" and holder(back)["id"]
    assert at(anna, "release", {"to": "bot"}).status == 409


def test_resolve_closes_the_matter_with_its_outcome(world, at):
    at(world.agent("anna"), "takeover")
    answer = at(world.agent("anna"), "resolve", {"outcome": "refunded"})
    assert answer.status == 200 and answer.json["status"] == "resolved"
    assert answer.json["episode"]["resolved_at"]


def test_a_promise_stands_in_the_conversation(world, at):
    at(world.agent("anna"), "takeover")
    answer = at(world.agent("anna"), "promises",
                {"text": "An answer by Friday", "due_at": "2030-01-04T12:00:00Z"})
    assert answer.status == 200, answer
    promise = answer.json["promises"][0]
    assert promise["text"] == "An answer by Friday"
    assert promise["due_at"] == "2030-01-04T12:00:00.000Z"


def test_a_promise_in_a_reply_is_recorded_and_a_vague_one_is_told(world, at):
    said = "I will call you tomorrow at 5 pm. We'll refund it soon."
    body = {"author": {"type": "agent", "id": "anna"}, "text": said}
    answer = at(world.agent("anna"), "replies", body)
    assert answer.status == 201, answer
    (promise,) = answer.json["conversation"]["promises"]
    assert promise["text"] == "I will call you tomorrow at 5 pm" and promise["due_at"]
    (warning,) = answer.json["warnings"]
    assert (warning["code"], said[warning["start"]:warning["end"]]) == (
        "vague_promise", "We'll refund it soon")
    plain = at(world.agent("anna"), "replies",
               {"author": {"type": "agent", "id": "anna"}, "text": "Here it is."})
    assert plain.json["warnings"] == []


def test_a_promise_is_kept_once_and_told_and_a_takeover_forgets_none(world, at):
    at(world.agent("anna"), "takeover")
    made = at(world.agent("anna"), "promises",
              {"text": "An answer by Friday", "due_at": "2030-01-04T12:00:00Z"}).json
    timers = "SELECT count(*) FROM job WHERE lane = 2 AND conversation_id = $1"
    assert at(world.agent("bo"), "takeover").status == 200
    assert world.sql.number(timers, made["id"]) == 1
    no = made["promises"][0]["no"]
    kept = at(world.agent("bo"), f"promises/{no}/keep")
    assert kept.status == 200 and kept.json["promises"][0]["kept_at"], kept
    again = at(world.agent("bo"), f"promises/{no}/keep", {"agent": "bo"})
    assert again.json["promises"] == kept.json["promises"]
    told = world.sql.rows("SELECT data->>'what' FROM event WHERE kind = 4 AND conversation_id = $1"
                          " ORDER BY xid, n", made["id"])
    assert told == [("made",), ("kept",)]
    for missing in ("9", "0", "x", "99999999999999999999"):
        assert at(world.agent("bo"), f"promises/{missing}/keep").status == 404


@pytest.mark.parametrize("action, body, pointer", [
    ("replies", {"text": ""}, "/text"), ("replies", {}, "/text"),
    ("replies", {"text": "x" * 32001}, "/text"), ("replies", {"text": "x", "to": "y"}, "/to"),
    ("replies", {"text": "x", "author": {"type": "customer", "id": "a"}}, "/author/type"),
    ("replies", {"text": "x", "author": {"type": "agent", "id": "nobody"}}, "/author/id"),
    ("replies", {"text": "x", "author": {"type": "agent"}}, "/author/id"),
    ("replies", {"text": "x", "author": held("anna"), "channel": "nowhere"}, "/channel"),
    ("replies", {"text": "x", "author": held("anna"), "epoch": -1}, "/epoch"),
    ("takeover", {}, "/agent"), ("takeover", {"agent": "nobody"}, "/agent"),
    ("takeover", {"agent": 5}, "/agent"), ("offer", {"to": "bo"}, "/to"),
    ("offer", {"to": {"type": "bot", "id": "faq"}}, "/to/type"),
    ("offer", {"to": {"type": "agent", "id": "nobody"}}, "/to/id"),
    ("offer", {"to": held("bo"), "timeout_s": 0}, "/timeout_s"),
    ("release", {}, "/to"), ("release", {"to": "agent"}, "/to"),
    ("release", {"to": "queue", "queue": "nowhere"}, "/queue"),
    ("resolve", {"outcome": "x" * 201}, "/outcome"), ("resolve", [], ""),
    ("promises", {"due_at": "2030-01-04T12:00:00Z"}, "/text"),
    ("promises", {"text": "x", "due_at": "soon"}, "/due_at"), ("notes", {"text": 5}, "/text")])
def test_a_wrong_member_is_422_and_changes_nothing(world, at, action, body, pointer):
    def state():
        return world.sql.rows("SELECT sum(version), sum(epoch), sum(last_seq) FROM conversation")
    before = state()
    answer = at(world.admin(), action, body)
    assert answer.status == 422, answer
    assert answer.json["errors"][0]["pointer"] == pointer
    assert state() == before


def test_no_such_conversation_is_404(world):
    path = f"/v1/conversations/{uuid.uuid4()}"
    for action in ("replies", "notes", "takeover", "resolve"):
        assert world.agent("anna").post(f"{path}/{action}", {"text": "x"} if action in
                                        ("replies", "notes") else {}).status == 404


# ---- the next one of a queue ----

@pytest.fixture
def queue(world):
    """A queue of its own with three agents who are online."""
    name = f"q-{uuid.uuid4().hex[:8]}"
    assert world.admin().put(f"/v1/queues/{name}", {"name": name}).status == 201
    for agent in AGENTS:
        assert world.admin().put(f"/v1/agents/{agent}/presence",
                                 {"status": "online", "capacity": 1000}).status == 200
    return name


def wait_in(world, queue):
    """A conversation that waits in the queue."""
    conversation = send(world)["conversation_id"]
    path = f"/v1/conversations/{conversation}"
    world.admin().post(f"{path}/takeover", {"agent": "cleo"})
    answer = world.admin().post(f"{path}/release", {"to": "queue", "queue": queue})
    assert answer.status == 200, answer
    return conversation


def test_claim_gives_the_one_that_waits_longest_and_then_204(world, queue):
    waiting = [wait_in(world, queue) for _ in range(3)]
    for expected in waiting:
        answer = world.agent("anna").post(f"/v1/queues/{queue}/claim", {"agent": "anna"})
        assert answer.status == 200 and answer.json["id"] == expected
        assert holder(answer) == held("anna")
    empty = world.agent("anna").post(f"/v1/queues/{queue}/claim")
    assert (empty.status, empty.body) == (204, b"")


def test_parallel_claims_never_give_one_conversation_twice(world, queue):
    waiting = {wait_in(world, queue) for _ in range(6)}
    clients = [world.agent(AGENTS[i % 3], router=i % 2) for i in range(12)]
    answers = together(12, lambda i: clients[i].post(f"/v1/queues/{queue}/claim"))
    taken = [a.json["id"] for a in answers if a.status == 200]
    assert {a.status for a in answers} <= {200, 204}, answers
    assert len(taken) == len(set(taken)) and set(taken) == waiting


def test_an_agent_who_is_not_there_gets_nothing(world, queue):
    wait_in(world, queue)
    world.admin().put("/v1/agents/bo/presence", {"status": "offline", "capacity": 5})
    assert world.agent("bo").post(f"/v1/queues/{queue}/claim").status == 409
    assert world.agent("bo").post("/v1/queues/nowhere/claim").status == 404


# ---- merged away ----

def test_an_old_id_leads_to_the_survivor(world):
    one, two = send(world), send(world)
    answer = world.admin().post(f"/v1/customers/{one['customer_id']}/merge",
                                {"from": two["customer_id"]})
    assert answer.status in (200, 201), answer
    old = f"/v1/conversations/{two['conversation_id']}"
    moved = world.agent("anna").post(f"{old}/takeover", {})
    assert moved.status == 308
    assert moved.headers["Location"] == f"/v1/conversations/{one['conversation_id']}/takeover"
    assert holder(world.agent("anna").post(moved.headers["Location"], {})) == held("anna")


# ---- decisions ----

def test_a_preview_decides_and_stores_nothing(world):
    tables = ("message", "conversation", "customer", "event", "job")

    def count():
        return [world.sql.value(f"SELECT count(*) FROM {t}") for t in tables]
    known, before = send(world), None
    before = count()
    for extra in ({}, {"channel": "web", "locale": "da-DK"}, {"customer": known["customer_id"]},
                  {"conversation": known["conversation_id"]}):
        answer = world.dashboard().post("/v1/decisions/preview", {"text": "Where is it?", **extra})
        assert answer.status == 200, answer
        assert answer.json["id"] is None and answer.json["mode"] and answer.json["reasons"]
        assert answer.json["continues"] == bool({"customer", "conversation"} & set(extra))
    assert count() == before
    for extra, pointer in (({"channel": "nowhere"}, "/channel"), ({"customer": "x"}, "/customer"),
                           ({"customer": str(uuid.uuid4())}, "/customer")):
        answer = world.dashboard().post("/v1/decisions/preview", {"text": "x", **extra})
        assert answer.status == 422 and answer.json["errors"][0]["pointer"] == pointer


def test_a_decision_is_kept_with_its_signals_and_comes_out_the_same_again(world):
    for text in ("Where is my parcel?", "I want to talk to a human NOW", "你好", "tak"):
        sent = send(world, text=text)
        stored = world.dashboard().get(f"/v1/decisions/{sent['id']}")
        assert stored.status == 200 and stored.json["signals"]
        assert stored.json["conversation_id"] == sent["conversation_id"]
        again = world.admin().post(f"/v1/decisions/{sent['id']}/replay")
        assert again.status == 200, again
        assert again.json["same"] is True and again.json["stored"] == stored.json
        assert again.json["decision"] == stored.json
        other = world.admin().post(f"/v1/decisions/{sent['id']}/replay", {"policy_version": 0})
        assert other.status == 200 and other.json["decision"]["policy_version"] == 0
    missing = world.admin().post(f"/v1/decisions/{sent['id']}/replay", {"policy_version": 999})
    assert missing.status == 422
    assert missing.json["errors"][0]["pointer"] == "/policy_version"


def test_analyze_says_what_it_sees(world):
    answer = world.dashboard().post("/v1/analyze",
                                    {"text": "I am furious, give me a person", "locale": "en-GB"})
    assert answer.status == 200, answer
    assert {"language", "intent", "emotion", "urgency", "wants_human", "stance",
            "facts"} <= set(answer.json)
    assert answer.json["language"] == "en"
    assert world.dashboard().post("/v1/analyze", {"text": ""}).status == 422
