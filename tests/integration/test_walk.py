"""People, customers and a moody bot act at random on the same conversations, on two routers and two
workers: whatever the order, nobody is forgotten."""

import collections
import random
import threading

import pytest

import talk
from harness import Answer, eventually, together

WALKERS, STEPS, CUSTOMERS = 8, 50, 40
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
AGENTS = ("anna", "bram")
TEXTS = ("Where is my parcel?", "Hello", "Can I return a lamp?", "When do you open?",
         "I want to talk to a human", "THIS IS THE THIRD TIME, you never answer!!!")
REFUSALS = (308, 409)       # it was merged away; somebody else holds it, or nothing is on offer


def moody(seed):
    """Most of the time it answers, sooner or later; it fails, gives up and says nothing, too."""
    def answer(request, number):
        dice = random.Random(seed * 100003 + number)
        if request.path != "/bot":
            return Answer(200)
        mood = dice.random()
        if mood < 0.05:
            return Answer(500)
        text = "" if mood < 0.1 else f"answer {number}"
        return Answer(200, delay=dice.choice((0, 0, 0.01, 0.05, 0.2)),
                      body={"text": text, "handover": mood < 0.2})
    return answer


def opened(make_world, peer):
    world = make_world(routers=2, workers=2)
    admin = talk.shop(world, "support", "care", agents=AGENTS, channels=())
    talk.ok(admin.put("/v1/bots/helper", {"kind": "webhook", "url": f"{peer.url}/bot",
                                          "secret": SECRET, "timeout_ms": 1500}), 201)
    for name in ("web", "chat"):
        world.channel(name, credentials={"secret": SECRET},
                      settings={"bot": "helper", "outbound_url": f"{peer.url}/out"})
    for name in AGENTS:
        talk.ok(admin.put(f"/v1/agents/{name}/presence", {"status": "online", "capacity": 4}))
    return world


class Walk:
    def __init__(self, world, seed):
        self.seed = seed
        self.clients = [world.admin(router=i) for i in range(2)]
        self.known = {}     # customer -> (conversation, customer) as the last message said
        self.done = collections.Counter()

    def write(self, dice, client, customer, key):
        said = talk.ok(client.post("/v1/messages", {
            "channel": dice.choice(("web", "web", "chat")), "external_id": key,
            "text": dice.choice(TEXTS),
            "from": {"address": f"visitor-{customer}", "identities": [
                {"kind": "email", "value": f"visitor-{customer}@example.dk", "verified": True}]}}),
            201)["message"]
        self.known[customer] = said["conversation_id"], said["customer_id"]

    def glance(self, client, customer, agent):
        """A person takes over and gives back at once, whether or not the bot was thinking."""
        path = f"/v1/conversations/{self.known[customer][0]}"
        if client.post(f"{path}/takeover", agent).status == 200:
            client.post(f"{path}/release", {"to": "bot"})
            self.done["glance"] += 1

    def act(self, dice, client, customer):
        conversation, person = self.known[customer]
        other = self.known[dice.choice(list(self.known))][1]
        agent = {"agent": dice.choice(AGENTS)}
        if dice.random() < 0.2:
            self.glance(client, customer, agent)
            return
        author = {"author": {"type": "agent", "id": agent["agent"]}, "text": "I look into it"}
        verb, body = dice.choice((
            ("takeover", agent), ("accept", agent), ("decline", agent), ("resolve", {}),
            ("release", {"to": "bot"}), ("release", {"to": "bot"}), ("release", {"to": "queue"}),
            ("offer", {"to": {"type": "agent", "id": agent["agent"]},
                       "timeout_s": dice.choice((1, 60))}),
            ("replies", author), ("notes", author), ("merge", {"from": other})))
        path = f"customers/{person}" if verb == "merge" else f"conversations/{conversation}"
        answer = client.post(f"/v1/{path}/{verb}", body)
        assert answer.status in (200, 201, *REFUSALS), answer
        self.done[verb] += answer.status < 300

    def go(self, number):
        dice = random.Random(self.seed * 1009 + number)
        for step in range(STEPS):
            client, customer = dice.choice(self.clients), dice.randrange(CUSTOMERS)
            if customer not in self.known or dice.random() < 0.45:
                self.write(dice, client, customer, f"{number}-{step}")
            else:
                self.act(dice, client, customer)
            threading.Event().wait(dice.choice((0, 0, dice.random() / 30)))  # a person's pace


def at_rest(world):
    """No bot has anything left to say, and nothing is on its way."""
    eventually(lambda: world.sql.number("SELECT count(*) FROM job WHERE lane < 2"
                                        " AND dead_at IS NULL") == 0, 60, 0.1)


def check(world, conversation):
    state = talk.ok(world.admin().get(f"/v1/conversations/{conversation}"))
    holder = state["control"]["holder"]["type"]
    said = world.admin().items(f"/v1/conversations/{conversation}/messages")
    waits = world.sql.number("SELECT count(*) FROM attention WHERE conversation_id = $1",
                             conversation)
    last = [m["direction"] for m in said if m["kind"] == "message"][-1:]
    assert waits == (holder in ("agent", "queue")), state
    assert holder != "bot" or last != ["in"] or state["status"] == "resolved", (state, said[-3:])


@pytest.mark.deadline(180)
@pytest.mark.parametrize("seed", [12, 21])
def test_whatever_people_do_nobody_is_forgotten(make_world, make_peer, seed):
    world = opened(make_world, make_peer(moody(seed)))
    walk = Walk(world, seed)
    together(WALKERS, walk.go)
    at_rest(world)
    assert len(walk.done) >= 9, walk.done
    assert world.sql.rows("SELECT conversation_id FROM message GROUP BY conversation_id"
                          " HAVING max(seq) <> count(*)") == []
    for (conversation,) in world.sql.rows("SELECT id FROM conversation WHERE merged_into IS NULL"):
        check(world, conversation)
