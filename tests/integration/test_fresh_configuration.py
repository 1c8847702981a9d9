"""What was configured a moment ago counts: nothing waits until every process has heard of it."""

import talk
from harness import Answer, eventually

ROUNDS = 5


def test_a_bot_configured_just_now_is_asked(make_world, peer):
    """Without Redis there is no bell: a worker hears of configuration only by polling."""
    world = make_world(redis=False)
    admin = talk.shop(world)
    peer.answer = Answer(200, {"text": "Hello from the bot.", "handover": False})
    for n in range(ROUNDS):
        talk.ok(admin.put(f"/v1/bots/new{n}", {"kind": "webhook", "url": peer.url, "secret": "s3",
                                               "timeout_ms": 5000}), 201)
        assert world.channel("web", settings={"bot": f"new{n}"})
        talk.says(world, f"visitor-{n}")
        peer.wait(n + 1)


def test_a_channel_whose_url_was_set_just_now_gets_its_reply(make_world, peer):
    world = make_world(redis=False)
    talk.shop(world)
    for n in range(ROUNDS):
        assert world.channel(f"chat{n}", settings={"outbound_url": peer.url},
                             credentials={"secret": "s3"})
        talk.says(world, f"visitor-{n}", channel=f"chat{n}")
        peer.wait(n + 1)
    assert eventually(lambda: world.sql.number("SELECT count(*) FROM job") == 0)


def test_knowledge_put_right_just_now_is_what_is_answered(make_world):
    world = make_world(redis=False)
    admin = talk.shop(world)
    for n in range(ROUNDS):
        told = f"It is at stop {n}."
        talk.ok(admin.put("/v1/knowledge/parcel", {
            "intent": "where_is_my_order", "questions": ["Where is my parcel?"],
            "answers": {"en": told}}))
        conversation = talk.says(world, f"visitor-{n}")["message"]["conversation_id"]
        talk.answered(world, conversation)
        said = admin.items(f"/v1/conversations/{conversation}/messages")
        assert [told in m["text"] for m in said if m["direction"] == "out"] == [True], said
