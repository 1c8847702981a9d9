"""Examples, and the models that are learned from them in the background."""

import json
import threading

import pytest

from harness import eventually, together
from shapes import put, refused, refuses_all, unchanged


@pytest.fixture
def world(make_world):
    """One router is enough for this."""
    return make_world(workers=0)


@pytest.fixture
def admin(world):
    return world.admin()


WORDS = {"parcel": ["where is my parcel", "my parcel did not arrive", "track the parcel",
                    "parcel is late", "when comes the parcel", "lost parcel"],
         "refund": ["I want my money back", "refund please", "how do I get a refund",
                    "give me the money back", "refund my order", "money back now"],
         "oos": ["what a nice day", "do you like jazz", "sing a song", "tell me a joke",
                 "who won the match", "are you a robot"]}


def teach(admin):
    for intent, texts in WORDS.items():
        put(admin, f"/v1/intents/{intent}/examples", {"examples": texts}, 200)


def test_examples_replace_those_of_their_intent(admin):
    put(admin, "/v1/intents/parcel/examples", {"examples": ["old", "older"]}, 200)
    body = {"examples": ["hvor", {"text": "where", "language": "en"}]}
    assert put(admin, "/v1/intents/parcel/examples", body, 200) == {"intent": "parcel", "count": 2}
    assert admin.get("/v1/intents/parcel/examples").json == {"intent": "parcel", "examples": [
        {"text": "hvor", "language": None}, {"text": "where", "language": "en"}]}
    put(admin, "/v1/intents/parcel/examples", {"examples": []}, 200)
    assert admin.get("/v1/intents/parcel/examples").status == 404


WRONG_EXAMPLES = [
    ({}, "/examples"), ({"examples": [""]}, "/examples/0"), ({"examples": ["x", 1]}, "/examples/1"),
    ({"examples": [{"language": "en"}]}, "/examples/0/text"),
    ({"examples": [{"text": "x", "tone": 1}]}, "/examples/0/tone"),
    ({"examples": ["x"] * 5001}, "/examples")]


def test_wrong_examples_are_refused_by_their_place(world):
    refuses_all(world, "/v1/intents/parcel/examples", WRONG_EXAMPLES)


def trained(admin, version):
    def probe():
        found = admin.get(f"/v1/models/{version}").json
        return found if found["state"] != "training" else None
    return eventually(probe, 60, 0.05, f"model {version} is trained")


def test_model_is_trained_reported_and_activated(world, admin):
    teach(admin)
    asked = admin.post("/v1/models")
    assert (asked.status, asked.json["version"], asked.json["state"]) == (202, 1, "training")
    found = trained(admin, 1)
    assert (found["state"], found["active"], found["error"]) == ("ready", False, None), found
    assert found["report"]["examples"] == 18
    assert admin.post("/v1/models/1/activate").json["active"] is True
    seen = admin.post("/v1/analyze", {"text": "my parcel is lost"}).json
    assert seen["intent"]["name"] == "parcel"
    again = admin.post("/v1/models", {"activate": True})
    assert trained(admin, again.json["version"])["state"] == "ready"
    eventually(lambda: admin.get("/v1/models/2").json["active"])
    assert [m["version"] for m in admin.items("/v1/models", limit=1)] == [2, 1]
    assert admin.post("/v1/models/1/activate").status == 200
    assert [m["version"] for m in admin.items("/v1/models") if m["active"]] == [1]


@pytest.mark.threads
def test_models_are_swapped_while_traffic_flows(world, admin):
    """Each message is judged whole by one model, that whose version its decision names, while two
    models that call the same matter by other names take turns. Run under the thread sanitizer, it
    is the proof that nobody reads what was freed."""
    for intent, texts in {**WORDS, "parcel": [], "package": WORDS["parcel"]}.items():
        put(admin, f"/v1/intents/{intent}/examples", {"examples": texts}, 200)
    admin.post("/v1/models", {"activate": True})
    assert trained(admin, 1)["state"] == "ready"
    put(admin, "/v1/intents/package/examples", {"examples": []}, 200)
    put(admin, "/v1/intents/parcel/examples", {"examples": WORDS["parcel"]}, 200)
    admin.post("/v1/models")
    assert trained(admin, 2)["state"] == "ready"
    world.channel("web")
    names, seen, over = {1: "package", 2: "parcel"}, [], threading.Event()

    def swap():
        try:
            for n in range(20):
                version = 2 - n % 2
                answer = world.admin().post(f"/v1/models/{version}/activate", {"force": True})
                assert answer.status == 200, answer
                before = sum(version == v for v, _ in list(seen))
                eventually(lambda: sum(version == v for v, _ in list(seen)) > before + 3)
        finally:
            over.set()

    def write(worker):
        client, n = world.connector("web"), 0
        while not over.is_set():
            n += 1
            answer = client.post("/v1/messages", {
                "channel": "web", "external_id": f"swap-{worker}-{n}",
                "from": {"address": f"swap-{worker}-{n}"}, "text": "where is my parcel"})
            assert answer.status == 201, answer
            decision = admin_of[worker].get(f"/v1/decisions/{answer.json['decision']['id']}").json
            seen.append((decision["model_version"], decision["signals"]["intent"]))

    admin_of = {worker: world.admin() for worker in range(1, 5)}
    together(5, lambda worker: write(worker) if worker else swap())
    assert {version for version, _ in seen} == {1, 2}
    assert all(names[version] == intent for version, intent in seen), seen


def test_worse_model_needs_force_and_a_rollback_does_not(world, admin):
    teach(admin)
    for version in (1, 2):
        admin.post("/v1/models")
        trained(admin, version)
    assert admin.post("/v1/models/1/activate").status == 200
    worse = {"accuracy": 0.1}
    world.sql.rows(
        "UPDATE model SET report = report || '" + json.dumps(worse) + "' WHERE version = 2")
    refused = admin.post("/v1/models/2/activate")
    assert refused.status == 409 and "below" in refused.json["detail"], refused.json
    beside = admin.get("/v1/models/2").json["active_model"]
    assert beside["version"] == 1 and beside["report"]["accuracy"] > 0.1
    assert admin.post("/v1/models/2/activate", {"force": True}).json["active"] is True
    assert admin.post("/v1/models/rollback").json["version"] == 1
    told = world.sql.rows(
        "SELECT data FROM event WHERE data->>'what' = 'model_activated' ORDER BY at, xid")
    assert [(t["version"], t["earlier"], t["forced"]) for t in (json.loads(x[0]) for x in told)] \
        == [(1, 0, False), (2, 1, True), (1, 2, True)]
    assert all(json.loads(x[0])["by"] for x in told)


def test_model_that_cannot_be_trained_fails_with_a_reason(world, admin):
    put(admin, "/v1/intents/parcel/examples", {"examples": ["one", "two", "three"]}, 200)
    version = admin.post("/v1/models").json["version"]
    found = trained(admin, version)
    assert found["state"] == "failed" and found["error"], found
    with unchanged(world):
        assert admin.post(f"/v1/models/{version}/activate").status == 409
        assert admin.post("/v1/models/9/activate").status == 404
        assert admin.get("/v1/models/9").status == 404
        refused(admin.post("/v1/models", {"activate": "yes"}), "/activate")


def test_training_that_died_with_its_process_shows_as_failed(world, admin):
    world.sql.rows("INSERT INTO model (version, created_at)"
                   " VALUES (1, now() - interval '11 minutes'), (2, now())")
    assert admin.get("/v1/models/1").json["state"] == "failed"
    assert admin.get("/v1/models/1").json["error"]
    assert admin.get("/v1/models/2").json["state"] == "training"


def test_too_many_trainings_are_refused_and_leave_nothing(world, admin):
    teach(admin)
    answers = [admin.post("/v1/models") for _ in range(100)]
    taken = [a.json["version"] for a in answers if a.status == 202]
    assert {a.status for a in answers} <= {202, 503}
    assert world.sql.number("SELECT count(*) FROM model") == len(taken)
    for version in taken:
        assert trained(admin, version)["state"] == "ready"


def test_router_ends_at_once_in_the_middle_of_a_training(world, admin):
    for intent in ("a", "b", "c"):
        put(admin, f"/v1/intents/{intent}/examples",
            {"examples": [f"{intent} word{n % 97} other{n % 89} third{n}" for n in range(3000)]},
            200)
    assert admin.post("/v1/models").status == 202
    assert world.router.stop(5) == 0
