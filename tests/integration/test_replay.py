"""A recorded decision comes out the same again, bit for bit, from its stored signals and its own
policy; another policy shows what it would have changed."""

import itertools
import json

import pytest

import harness
from harness import eventually, together

numbers = itertools.count(1)
TEXTS = (
    # a plain question, an explicit wish, strong emotion, a sensitive subject, something odd, thanks
    "Where is my parcel?", "I want to talk to a human please",
    "YOU NEVER ANSWER!!! this is a disgrace, I am furious",
    "My father died and I need to cancel his order", "Does the moon influence zebras?",
    "Thank you so much!",
    "I want my money back before 5 pm tomorrow, it is urgent",
    "Waar is mijn pakket?", "Ik wil een mens spreken",
    "JULLIE ANTWOORDEN NOOIT!!! belachelijk, ik ben woedend",
    "Hvor er min pakke?", "Jeg vil tale med et menneske",
    "I SVARER ALDRIG!!! jeg er rasende, det er en skandale",
    "Wo ist mein Paket?", "Ich möchte mit einem Menschen sprechen",
    "SIE ANTWORTEN NIE!!! eine Frechheit, ich bin wütend",
    "我的包裹在哪里？", "我要人工客服", "你们从来不回复！！！太过分了，我非常生气",
    "refund please, order 10023-44", "my parcel did not arrive and I am a bit disappointed", "ok")
EXAMPLES = {"parcel": ["where is my parcel", "my parcel did not arrive", "parcel is late",
                       "waar is mijn pakket",
                       "hvor er min pakke", "wo ist mein paket", "我的包裹在哪里", "track the parcel"],
            "refund": ["I want my money back", "refund please", "how do I get a refund",
                       "geld terug", "penge tilbage",
                       "geld zurück", "退款", "give me the money back"],
            "oos": ["what a nice day", "do you like jazz", "sing a song", "tell me a joke",
                    "who won the match",
                    "are you a robot", "hvad er klokken", "今天天气"]}


def learn(admin):
    for intent, texts in EXAMPLES.items():
        assert admin.put(f"/v1/intents/{intent}/examples", {"examples": texts}).status == 200
    version = admin.post("/v1/models").json["version"]
    eventually(lambda: admin.get(f"/v1/models/{version}").json["state"] == "ready", 60, 0.05)
    assert admin.post(f"/v1/models/{version}/activate").status == 200


def people(admin):
    for queue in ("support", "care"):
        assert admin.put(f"/v1/queues/{queue}", {"name": queue}).status == 201
    for agent, strength in (("anna", "care"), ("bram", "speed")):
        body = {"name": agent, "queues": ["support", "care"], "languages": ["en", "da"],
                "strengths": [strength]}
        assert admin.put(f"/v1/agents/{agent}", body).status == 201
    assert admin.put("/v1/bots/faq", {"kind": "faq"}).status == 201


def talk(world, rounds, prefix):
    """Every text in conversations that differ in what came before."""
    client = world.connector("web")

    def sender(i):
        for n in range(rounds):
            text = TEXTS[(i * 5 + n * 3) % len(TEXTS)]
            answer = client.post("/v1/messages", {
                "channel": "web", "external_id": f"r-{next(numbers)}", "text": text,
                "from": {"address": f"{prefix}-{i}"}})
            assert answer.status == 201, answer

    together(12, sender)


def other_policy(admin):
    """People are dear, emotion weighs nothing, nobody is fetched by a rule."""
    body = admin.get("/v1/policies/0").json["policy"]
    body["rules"] = []
    body["costs"]["handling"] = {"self_service": 0.1, "human_backup": 0.4, "human": 60,
                                 "human_emotion": 80}
    body["costs"]["failure"] = 0.5
    body["thresholds"].update({"strong_emotion": 0.99, "very_strong_emotion": 0.999})
    return body


@pytest.fixture(scope="module")
def world(servers):
    world = harness.World(servers).start()
    admin = world.admin()
    people(admin)
    learn(admin)
    world.channel("web")
    talk(world, 8, "alone")
    assert admin.put("/v1/agents/anna/presence", {"status": "online", "capacity": 6}).status == 200
    talk(world, 6, "staffed")
    for status in ("away", "online"):
        assert admin.put("/v1/agents/bram/presence",
                         {"status": status, "capacity": 3}).status == 200
    talk(world, 4, "alone")
    version = admin.post("/v1/policies", other_policy(admin)).json["version"]
    assert admin.post(f"/v1/policies/{version}/activate").status == 200
    eventually(lambda: admin.post("/v1/decisions/preview", {"text": "hello"}).json["policy_version"]
               == version)
    talk(world, 6, "later")
    talk(world, 2, "alone")
    eventually(lambda: world.sql.number("SELECT count(*) FROM job WHERE lane = 1") == 0, 30)
    yield world
    world.stop()


@pytest.fixture(autouse=True)
def logs(request, world):
    request.node.worlds = [world]


def ids(world):
    return [row[0] for row in world.sql.rows(
        "SELECT id FROM message WHERE decision IS NOT NULL ORDER BY bucket, seq")]


def test_the_decisions_are_varied(world):
    decisions = [world.admin().get(f"/v1/decisions/{i}").json for i in ids(world)]
    assert len(decisions) > 300
    assert {d["mode"] for d in decisions} == {"self_service", "human_backup", "human",
                                              "human_emotion"}
    assert {"en", "nl", "da", "de", "zh"} <= {d["language"] for d in decisions}
    assert {d["handler"]["type"] for d in decisions} == {"bot", "queue", "agent"}
    assert {d["policy_version"] for d in decisions} == {0, 1}


def test_every_decision_comes_out_the_same_also_after_the_policy_changed(world):
    admin = world.admin()
    for i in ids(world):
        stored = admin.get(f"/v1/decisions/{i}").json
        again = admin.post(f"/v1/decisions/{i}/replay").json
        assert again["same"] is True, again
        assert again["decision"] == again["stored"] == stored


def test_another_version_judges_otherwise(world):
    admin = world.admin()
    answers = [admin.post(f"/v1/decisions/{i}/replay", {"policy_version": 1}).json
               for i in ids(world)]
    assert all(a["decision"]["policy_version"] == 1 for a in answers)
    assert any(a["decision"]["mode"] != a["stored"]["mode"] for a in answers)
    assert all(a["same"] for a in answers if a["stored"]["policy_version"] == 1)


def replay(world, *words):
    result = world.cli("replay", *words, check=False)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return result.returncode, lines[:-1], lines[-1]


def test_the_command_line_replays_all_of_them_and_finds_no_difference(world):
    code, differences, summary = replay(world)
    assert (code, differences) == (0, [])
    assert summary == {"decisions": len(ids(world)), "same": len(ids(world)), "different": 0,
                       "by_change": {}}


def test_a_candidate_policy_shows_what_it_would_change(world, tmp_path):
    candidate = tmp_path / "candidate.json"
    candidate.write_text(json.dumps(other_policy(world.admin())))
    code, differences, summary = replay(world, "--policy", candidate)
    assert code == 0 and summary["different"] == len(differences) > 20
    assert sum(summary["by_change"].values()) == len(differences)
    assert summary["same"] + summary["different"] == summary["decisions"] == len(ids(world))
    assert {"human->self_service", "human_emotion->self_service"} & set(summary["by_change"])
    for one in differences[:20]:
        stored = world.admin().get(f"/v1/decisions/{one['id']}").json
        assert stored["mode"] == one["stored"]["mode"] and stored["policy_version"] == 0


def test_a_policy_that_was_rewritten_under_its_number_is_found(world):
    before = world.sql.value("SELECT body FROM policy WHERE version = 1")
    world.sql.rows("UPDATE policy SET body = $1::jsonb WHERE version = 1",
                   json.dumps(world.admin().get("/v1/policies/0").json["policy"]))
    code, differences, summary = replay(world)
    world.sql.rows("UPDATE policy SET body = $1::jsonb WHERE version = 1", before)
    assert code == 1 and summary["different"] == len(differences) > 0
    assert {one["stored"]["policy_version"] for one in differences} == {1}
    assert replay(world)[0] == 0


@pytest.mark.parametrize("words", [("--policy", "/nonexistent"), ("--police", "x"), ("--policy",)])
def test_a_wrong_call_is_refused(world, words):
    result = world.cli("replay", *words, check=False)
    assert result.returncode != 0 and result.stderr.count("\n") == 1
