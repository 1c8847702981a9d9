"""What docs/operating.md tells an operator to paste does what the page says."""

import json

import talk
from harness import Answer, eventually
from pasted import block, shell

PAGE = "docs/operating.md"
OTHER_KEY = "ff" * 32


def sends_to(world, peer, conversation="mette"):
    """A channel with a secret, and one reply that a person wrote on it."""
    admin = talk.shop(world)
    world.channel("web", settings={"outbound_url": peer.url}, credentials={"secret": "s3"})
    said = talk.says(world, conversation, "I want to talk to a person")
    path = f"/v1/conversations/{said['message']['conversation_id']}"
    agent = world.agent("anna")
    talk.ok(agent.post(f"{path}/takeover"))
    return admin, lambda text: talk.ok(agent.post(f"{path}/replies", {"text": text}), 201)


def test_what_waits_is_shown(make_world, peer):
    peer.answer = Answer(500)
    world = make_world()
    _, reply = sends_to(world, peer)
    reply("Hello")
    peer.wait(1)
    shown = block(PAGE, "/v1/reports/queues")
    assert eventually(lambda: "channel/web" in shell(world, shown), 20, 0.2)
    assert '"queues":' in shell(world, shown)


def test_a_dead_letter_is_shown_and_replayed(make_world, peer):
    peer.answer = Answer(500)
    world = make_world(retry_max=1)
    _, reply = sends_to(world, peer)
    reply("Hello")
    listing, replay = block(PAGE, "/v1/jobs?state=dead").splitlines()
    dead = eventually(lambda: json.loads(shell(world, listing))["items"], 20, 0.1)
    peer.answer = Answer(200)
    asked = len(peer.requests)
    for one in dead:
        assert json.loads(shell(world, replay, ID=one["id"]))["state"] == "due"
    eventually(lambda: not json.loads(shell(world, listing))["items"], 20, 0.1)
    assert eventually(lambda: len(peer.requests) > asked)


def test_a_withdrawn_key_is_refused_soon_on_every_replica(make_world):
    world = make_world(workers=0, routers=2, redis=False)
    client = world.routers[1].client(world.cli("key", "create", "--role", "dashboard").strip())
    old = world.cli("key", "list").split()[0]
    assert client.get("/v1/conversations").status == 200
    made = shell(world, block(PAGE, "key revoke"), OLD=old).splitlines()
    assert made[0].startswith("rt_") and any(line.startswith(old) for line in made[1:])
    eventually(lambda: client.get("/v1/conversations").status == 401, 2, 0.05)
    fresh = world.routers[1].client(made[0])
    assert eventually(lambda: fresh.get("/v1/conversations").status == 200, 2, 0.05)


def test_the_sealing_key_is_changed_and_what_it_sealed_is_put_again(make_world, peer):
    world = make_world()
    admin, reply = sends_to(world, peer)
    talk.ok(admin.put("/v1/bots/own", {"kind": "webhook", "url": peer.url, "secret": "s4"}), 201)
    for service in world.workers + world.routers:
        assert service.stop() == 0
        service.env["REDTHREAD_SEALING_KEY"] = OTHER_KEY
    shell(world, block(PAGE, "channel_token"))
    for service in world.workers + world.routers:
        service.start()
    reply("Nobody knows the secret")
    talk.ok(admin.put("/v1/channels/web", {"kind": "connector", "credentials": {"secret": "s5"},
                                           "settings": {"outbound_url": peer.url}}))
    reply("Hello again")
    assert eventually(lambda: any(b"Hello again" in r.body for r in peer.requests), 20, 0.05)
