"""What a bot owes to conversations that are merged while it thinks, or before it is asked."""

import pytest

from harness import Answer, eventually
from test_bots import SECRET, act, configured, said, write


@pytest.mark.parametrize("held", [False, True], ids=["by the bot", "by a person"])
def test_who_was_merged_while_the_bot_thought_is_answered_unless_a_person_holds_it(
        make_world, make_peer, held):
    peer = make_peer()
    world = configured(make_world, peer)
    peer.answers = [Answer(200, body={"text": "First", "handover": False}),
                    Answer(200, body={"text": "Second", "handover": False}, delay=1)]
    into = write(world, "into")["message"]
    eventually(lambda: said(world, into["conversation_id"]))
    if held:
        assert act(world, into["conversation_id"], "takeover", {"agent": "anna"}).status == 200
    gone = write(world, "gone")["message"]
    peer.wait(2)
    merged = world.admin().post(f"/v1/customers/{into['customer_id']}/merge",
                                {"from": gone["customer_id"]})
    assert merged.status == 201, merged
    eventually(lambda: world.sql.number("SELECT count(*) FROM job WHERE lane = 1") == 0)
    heard = ["First"] if held else ["First", "Second"]
    assert [m["text"] for m in said(world, into["conversation_id"])] == heard


@pytest.fixture
def merged_unanswered(make_world, make_peer):
    """Somebody whom the bot has answered, and into whom was merged who waits for a person."""
    peer = make_peer()
    world = configured(make_world, peer)
    peer.answers = [Answer(200, body={"text": "First", "handover": False}),
                    Answer(200, body={"text": "Second", "handover": False}, delay=0.5),
                    Answer(200, body={"text": "Third", "handover": False})]
    into = write(world, "into")["message"]
    eventually(lambda: said(world, into["conversation_id"]))
    gone = write(world, "gone", "I want to talk to a human")["message"]
    merged = world.admin().post(f"/v1/customers/{into['customer_id']}/merge",
                                {"from": gone["customer_id"]})
    assert merged.status == 201, merged
    conversation = into["conversation_id"]
    assert act(world, conversation, "takeover", {"agent": "anna"}).status == 200
    return world, peer, conversation, merged.json["merge"]["id"]


def bots_at_rest(world):
    eventually(lambda: world.sql.number("SELECT count(*) FROM job WHERE lane = 1") == 0)


@pytest.mark.parametrize("meanwhile", (False, True))
def test_a_bot_that_is_given_a_merged_conversation_is_asked_what_is_open(merged_unanswered,
                                                                         meanwhile):
    """Also if a person took it and gave it back once more while the bot thought."""
    world, peer, conversation, _ = merged_unanswered
    assert act(world, conversation, "release", {"to": "bot"}).status == 200
    if meanwhile:
        peer.wait(2)
        assert act(world, conversation, "takeover", {"agent": "anna"}).status == 200
        bots_at_rest(world)
        assert act(world, conversation, "release", {"to": "bot"}).status == 200
    asked = peer.wait(3 if meanwhile else 2)[-1].json()["data"]
    assert asked["message"]["text"] == "I want to talk to a human"
    bots_at_rest(world)
    heard = [m["text"] for m in said(world, conversation)]
    assert heard == ["First", "Third" if meanwhile else "Second"]


def test_another_bot_that_is_given_it_meanwhile_is_asked_instead(merged_unanswered):
    world, peer, conversation, _ = merged_unanswered
    admin = world.admin()
    assert act(world, conversation, "release", {"to": "bot"}).status == 200
    peer.wait(2)
    assert act(world, conversation, "takeover", {"agent": "anna"}).status == 200
    body = {"kind": "webhook", "url": f"{peer.url}/other", "secret": SECRET, "timeout_ms": 1500}
    assert admin.put("/v1/bots/other", body).status == 201
    assert world.channel("web", settings={"bot": "other"}).status == 200
    assert act(world, conversation, "release", {"to": "bot"}).json["control"]["holder"] == {
        "type": "bot", "id": "other"}
    assert peer.wait(3)[-1].path == "/other"
    bots_at_rest(world)
    assert [m["text"] for m in said(world, conversation)] == ["First", "Third"]


@pytest.mark.parametrize("settled", ("replies", "resolve", "undo"))
def test_a_bot_is_not_asked_what_a_person_has_settled(merged_unanswered, settled):
    world, peer, conversation, merge = merged_unanswered
    if settled == "replies":
        assert act(world, conversation, "replies",
                   {"author": {"type": "agent", "id": "anna"}, "text": "So"}).status == 201
    elif settled == "resolve":
        assert act(world, conversation, "resolve", {}).status == 200
        assert act(world, conversation, "takeover", {"agent": "anna"}).status == 200
    else:
        assert world.admin().post(f"/v1/merges/{merge}/undo", {}).status == 200
    assert act(world, conversation, "release", {"to": "bot"}).status == 200
    bots_at_rest(world)
    assert len(peer.requests) == 1


def test_a_timer_of_a_merged_conversation_breaks_no_promise_of_the_survivor(make_world):
    world = configured(make_world)
    conversations, customers = [], []
    for i, due in enumerate(("2030-01-01T00:00:00Z", "2026-01-01T00:00:00Z")):
        world.worker.pause()
        heard = write(world, f"merging-{i}")["message"]
        conversations.append(heard["conversation_id"])
        customers.append(heard["customer_id"])
        act(world, conversations[i], "takeover", {"agent": "anna"})
        assert act(world, conversations[i], "promises", {"text": "x", "due_at": due}).status == 200
    merged = world.admin().post(f"/v1/customers/{customers[0]}/merge", {"from": customers[1]})
    assert merged.status in (200, 201), merged
    world.worker.resume()
    eventually(lambda: world.sql.number("SELECT count(*) FROM job WHERE lane = 2 AND run_at <"
                                        " now() + interval '1 hour'") == 0)
    state = world.admin().get(f"/v1/conversations/{conversations[0]}").json
    assert [p["breached"] for p in state["promises"]] == [False]
