"""The bot and the people: one controller at a time, and a late answer never lands on top of a
person's."""

import itertools
import random
import signal
import threading

import pytest

from harness import Answer, eventually, together

numbers = itertools.count(1)
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


class Moments(dict):
    """An event for each name, made by whoever names it first."""

    def __missing__(self, name):
        return self.setdefault(name, threading.Event())


def configured(make_world, peer=None, **kw):
    world = make_world(**kw)
    admin = world.admin()
    for queue in ("support", "care"):
        assert admin.put(f"/v1/queues/{queue}", {"name": queue}).status in (200, 201)
    for agent in ("anna", "bram"):
        assert admin.put(f"/v1/agents/{agent}", {"name": agent, "queues": ["support", "care"],
                                                 "languages": ["en", "da"]}).status in (200, 201)
    assert admin.put("/v1/bots/faq", {"kind": "faq"}).status in (200, 201)
    settings = {}
    if peer:
        body = {"kind": "webhook", "url": f"{peer.url}/bot", "secret": SECRET, "timeout_ms": 1500}
        assert admin.put("/v1/bots/helper", body).status in (200, 201)
        settings["bot"] = "helper"
    world.channel("web", settings=settings)
    return world


def write(world, sender, text="Where is my parcel?"):
    answer = world.connector("web").post("/v1/messages", {
        "channel": "web", "external_id": f"b-{next(numbers)}", "from": {"address": sender},
        "text": text})
    assert answer.status == 201, answer
    return answer.json


def messages(world, conversation):
    return world.admin().items(f"/v1/conversations/{conversation}/messages")


def said(world, conversation):
    return [m for m in messages(world, conversation) if m["direction"] == "out"]


def is_deaf(client):
    try:
        client.get("/livez")
    except OSError:
        return True
    return False


def act(world, conversation, verb, body):
    return world.admin().post(f"/v1/conversations/{conversation}/{verb}", body)


def test_a_bot_that_is_given_back_its_conversation_is_asked_again(make_world, make_peer):
    """A person takes over and releases while the bot still thinks: that answer is refused, as the
    epoch says, and the question is not forgotten."""
    released = threading.Event()

    def answer(request, number):
        if number == 0:
            released.wait(10)
        return Answer(200, body={"text": f"answer {number}", "handover": False})

    peer = make_peer(answer)
    world = configured(make_world, peer)
    conversation = write(world, "given-back")["message"]["conversation_id"]
    peer.wait(1)
    act(world, conversation, "takeover", {"agent": "anna"})
    back = act(world, conversation, "release", {"to": "bot"})
    assert back.json["control"]["holder"] == {"type": "bot", "id": "helper"}, back
    released.set()
    answers = eventually(lambda: said(world, conversation))
    assert [m["text"] for m in answers] == ["answer 1"]
    timeline = world.admin().items(f"/v1/conversations/{conversation}/timeline")
    assert [e["type"] for e in timeline].count("answer_refused") == 1
    eventually(lambda: world.sql.number("SELECT count(*) FROM job WHERE lane < 2") == 0)


def test_the_faq_bot_answers_in_the_customers_language_and_cites(make_world):
    world = configured(make_world)
    world.admin().put("/v1/knowledge/where", {
        "intent": "where_is_my_order", "questions": ["Where is my parcel?", "Hvor er min pakke?"],
        "answers": {"en": "Your parcel is on its way.", "da": "Din pakke er på vej."}})
    conversation = write(world, "mette", "Hvor er min pakke?")["message"]["conversation_id"]
    answer = eventually(lambda: (s := said(world, conversation)) and s[0])
    assert answer["author"] == {"type": "bot", "id": "faq", "name": answer["author"]["name"]}
    assert "Din pakke er på vej" in answer["text"]


def test_a_bot_that_does_not_know_says_so_and_hands_over(make_world):
    world = configured(make_world)
    conversation = write(world, "odd",
                         "Does the moon influence zebra breeding?")["message"]["conversation_id"]
    answer = eventually(lambda: (s := said(world, conversation)) and s[0])
    assert answer["text"]
    state = world.admin().get(f"/v1/conversations/{conversation}").json
    assert state["control"]["holder"]["type"] == "queue" and state["status"] == "waiting"


def test_a_webhook_bot_gets_the_whole_context_and_its_answer_is_said(make_world, make_peer):
    peer = make_peer(Answer(200, body={"text": "Hello from the bot", "handover": False,
                                       "facts": {"order_number": "10023"}}))
    world = configured(make_world, peer)
    heard = write(world, "mette", "Where is order 10023-1?")
    conversation = heard["message"]["conversation_id"]
    request = peer.wait(1)[0]
    data = request.json()["data"]
    assert data["conversation_id"] == conversation
    assert data["message"]["text"].startswith("Where is")
    assert {"epoch", "history", "facts", "mood", "promises"} <= set(data)
    assert request.headers["webhook-signature"].startswith("v1,")
    answer = eventually(lambda: (s := said(world, conversation)) and s[0])
    assert answer["text"] == "Hello from the bot" and answer["author"]["id"] == "helper"


def test_a_burst_is_one_thought_and_is_answered_once(make_world):
    world = configured(make_world)
    world.channel("web", settings={"quiet_ms": 300})
    world.admin().put("/v1/knowledge/where", {
        "intent": "where_is_my_order", "questions": ["Where is my parcel?"],
        "answers": {"en": "Your parcel is on its way."}})
    for text in ("Where is my parcel?", "I am still waiting", "Thanks!"):
        conversation = write(world, "quick", text)["message"]["conversation_id"]
    eventually(lambda: world.sql.number("SELECT count(*) FROM job WHERE lane = 1") == 0)
    heard, answer = messages(world, conversation)[:3], messages(world, conversation)[3:]
    assert [m["direction"] for m in heard] == ["in"] * 3
    assert [m["text"] for m in answer] == ["Your parcel is on its way."]


@pytest.mark.parametrize("answer", [
    Answer(500), Answer(200, body=b"<html>"), Answer(200, body={"text": 5}),
    Answer(302, headers={"Location": "/x"}),
    Answer(close=True), Answer(hang=True), Answer(200, body={"text": "x" * 5000}),
    Answer(200, body=b"\xff")],
    ids=["500", "html", "wrong type", "redirect", "closes", "hangs", "too long", "not utf-8"])
def test_a_bot_that_fails_hands_over_honestly_and_once(make_world, make_peer, answer):
    peer = make_peer(answer)
    world = configured(make_world, peer)
    conversation = write(world, "unlucky")["message"]["conversation_id"]
    state = eventually(lambda: (s := world.admin().get(f"/v1/conversations/{conversation}").json)
                       ["control"]["holder"]["type"] == "queue" and s)
    assert state["mode"] in ("human", "human_emotion")
    eventually(lambda: world.sql.number("SELECT count(*) FROM job") == 0)
    assert len(said(world, conversation)) == 1
    assert said(world, conversation)[0]["author"]["type"] == "system"
    peer.release()


@pytest.mark.deadline(300)
def test_a_late_bot_answer_is_never_said_after_a_takeover(make_world, make_peer):
    """500 conversations, taken over at random moments around the bot's answer: what is said stands
    in one order, and nothing of the bot stands behind the takeover. How fast the machine is decides
    who wins most of these races, so in one of ten the bot answers only after the takeover, and in
    another one the takeover comes only after the answer."""
    dice = random.Random(5)
    delays = [dice.uniform(0, 0.06) for _ in range(4096)]
    asked, taken = Moments(), Moments()
    late_text, early_text = "Where is my parcel, please?", "Hello, where is my parcel?"

    def answer(request, number):
        data = request.json()["data"]
        asked[data["conversation_id"]].set()
        if data["message"]["text"] == late_text:
            taken[data["conversation_id"]].wait(1)
        return Answer(200, delay=delays[number], body={"text": "bot", "handover": False})

    world = configured(make_world, make_peer(answer), lanes_bot=16, routers=2, executors=4)
    clients = [world.connector("web", router=i) for i in range(2)]
    admins = [world.admin(router=i) for i in range(2)]

    def one(worker):
        waits = random.Random(worker)
        for n in range(50):
            text = {0: late_text, 1: early_text}.get(n % 10, "Where is my parcel?")
            heard = clients[worker % 2].post("/v1/messages", {
                "channel": "web", "external_id": f"late-{worker}-{n}",
                "from": {"address": f"late-{worker}-{n}"}, "text": text})
            conversation = heard.json["message"]["conversation_id"]
            if text == early_text:
                eventually(lambda: said(world, conversation), timeout=30)
            elif n % 2:
                assert asked[conversation].wait(30), "the bot was never asked"
            if text == "Where is my parcel?":
                threading.Event().wait(waits.uniform(0, 0.08))
            done = admins[(worker + n) % 2].post(f"/v1/conversations/{conversation}/takeover",
                                                 {"agent": "anna"})
            assert done.status == 200, done
            taken[conversation].set()

    together(10, one)
    eventually(lambda: world.sql.number("SELECT count(*) FROM job WHERE lane = 1") == 0, timeout=60)
    late = world.sql.number(
        "SELECT count(*) FROM message m JOIN event e ON e.conversation_id = m.conversation_id"
        " AND e.kind = 2 AND e.data->>'cause' = 'takeover'"
        " WHERE m.author_type = 2 AND m.received_at > e.at")
    assert late == 0
    refused = world.sql.number("SELECT count(*) FROM event WHERE kind = 6")
    answered = world.sql.number("SELECT count(*) FROM message WHERE author_type = 2")
    assert refused + answered == 500, (refused, answered)
    assert refused >= 50 and answered >= 50, f"one side never won: {refused}, {answered}"
    wrong = world.sql.number("SELECT count(*) FROM event e JOIN message m ON m.conversation_id ="
                             " e.conversation_id WHERE e.kind = 6 AND m.author_type = 2")
    assert wrong == 0, "an answer was refused and said"


def test_a_reply_under_an_old_epoch_is_409_and_nothing_is_sent(make_world):
    world = configured(make_world, workers=0)
    conversation = write(world, "fenced")["message"]["conversation_id"]
    first = act(world, conversation, "takeover", {"agent": "anna"}).json["control"]["epoch"]
    second = act(world, conversation, "takeover", {"agent": "bram"}).json["control"]["epoch"]
    assert second > first
    before = messages(world, conversation)
    late = act(world, conversation, "replies",
               {"author": {"type": "agent", "id": "anna"}, "text": "late",
                                                "epoch": first})
    assert late.status == 409, late
    assert messages(world, conversation) == before
    ours = act(world, conversation, "replies",
               {"author": {"type": "agent", "id": "bram"}, "text": "now",
                                                "epoch": second})
    assert ours.status == 201, ours


def test_while_a_person_holds_it_no_bot_is_asked_and_release_resumes(make_world, make_peer):
    peer = make_peer(Answer(200, body={"text": "bot", "handover": False}))
    world = configured(make_world, peer)
    conversation = write(world, "held")["message"]["conversation_id"]
    eventually(lambda: said(world, conversation))
    act(world, conversation, "takeover", {"agent": "anna"})
    second = write(world, "held", "And where is the other one?")
    assert second["decision"]["handler"] == {"type": "agent", "id": "anna"}
    assert world.sql.number("SELECT count(*) FROM job WHERE lane = 1 AND seq = $1",
                            str(second["message"]["seq"])) == 0
    asked = len(peer.requests)
    released = act(world, conversation, "release", {"to": "bot"})
    assert released.status == 200 and released.json["control"]["holder"]["type"] == "bot", released
    resumed = peer.wait(asked + 1)[-1].json()["data"]
    assert resumed["epoch"] == released.json["control"]["epoch"]
    assert len(resumed["history"]) >= 3


def test_claims_never_exceed_capacity(make_world):
    world = configured(make_world, workers=0, routers=2)
    admin = world.admin()
    for agent, capacity in (("anna", 3), ("bram", 2)):
        assert admin.put(f"/v1/agents/{agent}/presence",
                         {"status": "online", "capacity": capacity}).status == 200
    clients = [world.connector("web", router=i) for i in range(2)]
    answers = together(20, lambda i: clients[i % 2].post("/v1/messages", {
        "channel": "web", "external_id": f"cap-{i}", "from": {"address": f"cap-{i}"},
        "text": "I want to talk to a human being please"}).json)
    handlers = [a["decision"]["handler"] for a in answers]
    assert sum(h == {"type": "agent", "id": "anna"} for h in handlers) == 3
    assert sum(h == {"type": "agent", "id": "bram"} for h in handlers) == 2
    assert sum(h["type"] == "queue" for h in handlers) == 15
    rows = dict(world.sql.rows("SELECT agent, count(*) FROM attention GROUP BY agent"))
    assert {k: int(v) for k, v in rows.items()} == {"anna": 3, "bram": 2, "": 15}


def test_agents_who_are_as_free_are_given_work_in_turn(make_world):
    """Who was given something last comes last, also when all of it is done."""
    world = configured(make_world, workers=0)
    for agent in ("anna", "bram"):
        assert world.admin().put(f"/v1/agents/{agent}/presence",
                                 {"status": "online", "capacity": 1}).status == 200

    def given(who):
        said = write(world, who, "I want to talk to a human")
        conversation = said["message"]["conversation_id"]
        assert act(world, conversation, "resolve", {"outcome": "answered"}).status == 200
        return said["decision"]["handler"]["id"]

    first, second, third = (given(f"turn-{i}") for i in range(3))
    assert {first, second} == {"anna", "bram"} and third == first


def test_a_freed_agent_gets_the_oldest_and_a_returning_customer_the_same_agent(make_world):
    world = configured(make_world, workers=0)
    admin = world.admin()
    first, second = (write(world, f"queue-{i}",
                           "I want to talk to a human")["message"]["conversation_id"]
                     for i in range(2))
    assert admin.put("/v1/agents/anna/presence", {"status": "online", "capacity": 1}).status == 200
    path = f"/v1/conversations/{first}"
    holder = eventually(lambda: (h := admin.get(path).json["control"]["holder"])["type"] == "agent"
                        and h)
    assert holder["id"] == "anna"
    assert admin.get(f"/v1/conversations/{second}").json["control"]["holder"]["type"] == "queue"
    assert act(world, first, "resolve", {"outcome": "answered"}).json["status"] == "resolved"
    eventually(lambda: admin.get(f"/v1/conversations/{second}").json["control"]["holder"]["type"]
               == "agent")
    admin.put("/v1/agents/anna/presence", {"status": "online", "capacity": 5})
    admin.put("/v1/agents/bram/presence", {"status": "online", "capacity": 9})
    again = write(world, "queue-0", "I want to talk to a human again")
    assert again["decision"]["handler"] == {"type": "agent", "id": "anna"}


def test_a_handover_is_offered_and_accepted_not_thrown(make_world):
    world = configured(make_world, workers=0)
    conversation = write(world, "offered")["message"]["conversation_id"]
    act(world, conversation, "takeover", {"agent": "anna"})
    offered = act(world, conversation, "offer",
                  {"to": {"type": "agent", "id": "bram"}, "timeout_s": 60}).json
    assert offered["control"]["holder"]["id"] == "anna"
    assert offered["control"]["offered_to"]["id"] == "bram"
    accepted = act(world, conversation, "accept", {"agent": "bram"}).json
    assert accepted["control"]["holder"]["id"] == "bram" and not accepted["control"]["offered_to"]
    assert accepted["control"]["epoch"] == offered["control"]["epoch"] + 1


def test_an_offer_nobody_takes_lapses_and_a_promise_nobody_keeps_is_a_breach(make_world):
    world = configured(make_world)
    conversation = write(world, "lapsing")["message"]["conversation_id"]
    act(world, conversation, "takeover", {"agent": "anna"})
    act(world, conversation, "offer", {"to": {"type": "agent", "id": "bram"}, "timeout_s": 1})
    promised = act(world, conversation, "promises",
                   {"text": "We call you", "due_at": "2026-01-01T00:00:00Z"})
    assert promised.status in (200, 201), promised
    state = eventually(lambda: (s := world.admin().get(f"/v1/conversations/{conversation}").json)
                       ["promises"][0]["breached"] and not s["control"]["offered_to"] and s,
                       timeout=20)
    assert state["control"]["holder"] == {"type": "agent", "id": "anna"}


def test_an_offer_made_anew_lapses_at_its_own_time(make_world):
    world = configured(make_world)
    conversation = write(world, "anew")["message"]["conversation_id"]
    act(world, conversation, "takeover", {"agent": "anna"})
    for seconds in (3600, 1):
        offer = {"to": {"type": "agent", "id": "bram"}, "timeout_s": seconds}
        assert act(world, conversation, "offer", offer).json["control"]["offered_to"]
    path = f"/v1/conversations/{conversation}"
    eventually(lambda: not world.admin().get(path).json["control"]["offered_to"], timeout=10)
    for seconds in (1, 3600):
        act(world, conversation, "offer", {**offer, "timeout_s": seconds})
    eventually(lambda: world.sql.number("SELECT count(*) FROM job WHERE lane = 2 AND run_at <"
                                        " now() + interval '5 minutes'") == 0)
    assert world.admin().get(path).json["control"]["offered_to"]


def test_a_timer_waits_for_no_other(make_world):
    """What is promised for the year 2030 holds up neither what is due before nor an offer."""
    world = configured(make_world)
    conversation = write(world, "timers")["message"]["conversation_id"]
    act(world, conversation, "takeover", {"agent": "anna"})
    for due in ("2030-01-01T00:00:00Z", "2026-01-01T00:00:00Z"):
        assert act(world, conversation, "promises", {"text": "x", "due_at": due}).status == 200
    act(world, conversation, "offer", {"to": {"type": "agent", "id": "bram"}, "timeout_s": 1})

    def is_over():
        state = world.admin().get(f"/v1/conversations/{conversation}").json
        breached = [p["breached"] for p in state["promises"]]
        return breached == [False, True] and not state["control"]["offered_to"]
    eventually(is_over, timeout=10)


def test_a_question_that_could_not_be_read_is_asked_soon(make_world):
    """Not when its lease is over, and as if it had not been tried."""
    world = configured(make_world, workers=0, lease_ms=120000)
    conversation = write(world, "unread")["message"]["conversation_id"]
    world.sql.rows("BEGIN")
    world.sql.rows("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
    world.workers.append(world._service("worker", 0).start())
    eventually(lambda: world.sql.number("SELECT count(*) FROM job WHERE lane = 1 AND token IS NULL"
                                        " AND attempts = 0 AND last_error <> ''"))
    world.sql.rows("ROLLBACK")
    eventually(lambda: said(world, conversation))


def test_a_worker_that_ends_begins_nothing_of_any_kind(make_world, make_peer):
    """While its bot is waited for, timers fall due: they are another worker's."""
    peer = make_peer(Answer(hang=True))
    world = configured(make_world, peer)
    taken = write(world, "taken")["message"]["conversation_id"]
    act(world, taken, "takeover", {"agent": "anna"})
    write(world, "waits")
    peer.wait(2)
    probe = world.worker.client()
    world.worker.send(signal.SIGTERM)
    eventually(lambda: is_deaf(probe), 10, 0.01)
    for _ in range(4):
        assert act(world, taken, "promises",
                   {"text": "x", "due_at": "2026-01-01T00:00:00Z"}).status == 200
    eventually(lambda: not world.worker.running)  # when the bot's time is over
    assert world.sql.number("SELECT count(*) FROM job WHERE lane = 2 AND token IS NULL") == 4
    world.worker.start()
    eventually(lambda: world.sql.number("SELECT count(*) FROM job WHERE lane = 2") == 0)


def test_who_takes_over_gets_a_brief(make_world):
    world = configured(make_world, workers=0)
    first = write(world, "briefed", "My order number is 10023-77, where is it?")
    conversation = first["message"]["conversation_id"]
    write(world, "briefed", "You never answer me!!! This is a scandal!")
    act(world, conversation, "takeover", {"agent": "anna"})
    brief = world.agent("anna").get(f"/v1/conversations/{conversation}/brief").json
    assert brief["known"] == {"order_number": "10023-77"}
    assert brief["stance"] == "own" and brief["advice"] and len(brief["phrases"]) == 3
    assert brief["mood"]["label"] in ("anger", "frustration") and brief["mood"]["evidence"]
    assert brief["tried"]["customer_messages"] == 2
