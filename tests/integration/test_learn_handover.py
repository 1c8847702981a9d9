"""When people take over teaches the policy when a person should come: a version with its report,
which a person activates."""

import json
import threading

import pytest

import harness
from harness import eventually, together
from providers import Messenger
from shapes import refused, unchanged
from talk import ok, says, shop

ASIDE = ("Where is my parcel?", "And the blue one, is it on its way too?",
         "The tracking page shows nothing", "It says depot since Monday",
         "My neighbour got hers already", "The number ends in 44", "I also moved house in May")
LEARN = "/v1/policies/learn-handover"


def takes_over(world, conversation, how):
    body = {"text": "Anna here."} if how == "replies" else None
    answer = world.agent("anna").post(f"/v1/conversations/{conversation}/{how}", body)
    assert answer.status in (200, 201), answer


def stays(world, name):
    """Three messages and content with it: nobody came."""
    for text in ASIDE[:3]:
        said = says(world, name, text)
    return said


def insists(world, name, how="takeover"):
    """A sixth message, and somebody takes over: these people always do then."""
    for text in ASIDE[:6]:
        said = says(world, name, text, channel="inbox" if how == "echo" else "web")
    if how == "echo":
        answers_elsewhere(world, name)
    elif how:
        takes_over(world, said["message"]["conversation_id"], how)
    return said


def answers_elsewhere(world, name):
    """A colleague writes in the provider's own inbox, and we are only told."""
    call = Messenger().event({"sender": {"id": "77"}, "recipient": {"id": name},
                              "message": {"mid": f"m_{name}", "is_echo": True, "text": "Anna."}})
    answer = world.router.client().request("POST", "/v1/channels/inbox/webhook", call.body,
                                           headers=call.headers)
    assert answer.status == 200, answer


def asks_for_people(world, name):
    says(world, name)
    return says(world, name, "I want to talk to a human please")


def bot_gives_up(world, names):
    """With a worker for once, so that the bot is asked; it knows of parcels only."""
    world.sql.rows("DELETE FROM job")
    world.worker.start()
    for name in names:
        says(world, name, "Does the moon influence zebras?")
    eventually(lambda: world.sql.number("SELECT count(*) FROM event WHERE kind = 2"
                                        " AND data->>'cause' = 'bot_handed_over'") == len(names))
    world.worker.stop()


def decision(world, said):
    return ok(world.admin().get(f"/v1/decisions/{said['message']['id']}"))


def codes(found):
    return {reason["code"] for reason in found["reasons"]}


@pytest.fixture(scope="module")
def world(servers):
    world = harness.World(servers)
    world.router.start()
    admin = shop(world)
    ok(admin.put("/v1/channels/inbox", Messenger().configuration("http://127.0.0.1:9")), 201)
    own = ok(admin.post("/v1/policies", {"guards": {"saturated_minutes": 45}}), 201)["version"]
    ok(admin.post(f"/v1/policies/{own}/activate"))
    together(4, lambda i: [stays(world, f"calm-{i}-{k}") for k in range(20)])
    together(4, lambda i: [insists(world, f"early-{i}-{k}") for k in range(10)])
    yield world
    world.stop()


@pytest.fixture(autouse=True)
def logs(request, world):
    request.node.worlds = [world]


def test_too_few_takeovers_are_refused_and_leave_nothing(world):
    with unchanged(world):
        answer = world.admin().post(LEARN)
    refused(answer, None, 409)
    assert "50 takeovers by people are needed" in answer.json["detail"]
    assert "40 were found" in answer.json["detail"]


@pytest.mark.parametrize("body, pointer", [
    ({"since": "yesterday"}, "/since"), ({"until": 5}, "/until"), ({"folds": 3}, "/folds"),
    ({"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "/until")])
def test_a_wrong_question_is_refused(world, body, pointer):
    with unchanged(world):
        refused(world.admin().post(LEARN, body), pointer)


def test_only_admins_may_ask(world):
    assert world.dashboard().post(LEARN).status == 403


@pytest.fixture(scope="module")
def learned(world):
    together(4, lambda i: [insists(world, f"late-{i}-{k}", "replies") for k in range(5)])
    together(4, lambda i: [insists(world, f"2600{i}{k}", "echo") for k in range(3)])
    for i in range(5):
        asks_for_people(world, f"asks-{i}")
    bot_gives_up(world, [f"odd-{i}" for i in range(3)])
    answer = world.admin().post(LEARN, {"since": "2020-01-01T00:00:00Z", "until": None})
    assert answer.status == 201, answer
    return answer.json


def test_a_version_is_stored_that_is_the_ruling_one_but_for_the_weights(world, learned):
    assert learned["version"] == 2 and learned["active"] is False
    assert learned["policy"]["guards"] == {"saturated_minutes": 45}
    assert "72 takeovers in 160 conversations, on version 1" in learned["note"]
    written = ok(world.admin().get("/v1/policies/0"))["policy"]["handover"]
    weights = learned["policy"]["handover"]["weights"]
    assert set(weights) == set(written["weights"])
    assert weights["customer_messages"] > 2 * written["weights"]["customer_messages"]
    assert weights["wants_human"] == written["weights"]["wants_human"]     # never seen


def test_its_report_says_what_it_is_worth(learned):
    report = learned["policy"]["handover"]["report"]
    assert report["takeovers"] == 72 and report["conversations"] == 160
    assert report["asked_for_a_person"] == 5 and report["bot_gave_up"] == 3
    assert report["turns"] == 80 * 3 + 72 * 6 + 5 + 3 and report["folds"] == 5
    assert report["learned"]["f1"] > 0.9 > report["present"]["f1"]
    assert report["learned"]["early"] > 0.85
    assert set(report["learned"]) == {"f1", "precision", "recall", "calibration_error", "log_loss",
                                      "early", "before"}


def test_one_learns_at_a_time(world, learned):
    """The first is kept waiting at what it reads; the second is told so, and may come again."""
    earlier = {"until": "2020-01-01T00:00:00Z"}
    sql = world.sql
    sql.rows("BEGIN")
    sql.rows("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
    first = threading.Thread(target=lambda: world.admin().post(LEARN, earlier))
    first.start()
    try:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        eventually(lambda: int(world.servers.sql(waiting)[0][0]) > 0)
        answer = world.admin().post(LEARN, earlier)
        assert answer.status == 503 and "learning now" in answer.json["detail"], answer
        assert int(answer.headers["Retry-After"]) > 0
    finally:
        sql.rows("COMMIT")
        first.join()
    refused(world.admin().post(LEARN, earlier), None, 409)


def test_an_earlier_time_has_nothing_to_teach(world):
    answer = world.admin().post(LEARN, {"until": "2020-01-01T00:00:00Z"})
    assert answer.status == 409 and "0 were found" in answer.json["detail"]


def replay(world):
    result = world.cli("replay", check=False)
    return result.returncode, json.loads(result.stdout.splitlines()[-1])


def test_activated_it_moves_the_signal_and_everything_still_replays(world, learned):
    admin = world.admin()
    before = insists(world, "before", how=None)
    then = decision(world, before)
    other = ok(admin.post(f"/v1/decisions/{then['id']}/replay", {"policy_version": 2}))
    assert other["stored"]["signals"] == then["signals"]
    assert other["decision"]["signals"]["handover_now"] > then["signals"]["handover_now"] + 0.3
    ok(admin.post("/v1/policies/2/activate"))
    after = decision(world, insists(world, "after", how=None))
    assert after["policy_version"] == 2
    assert after["signals"]["handover_now"] == other["decision"]["signals"]["handover_now"]
    assert "handover_due" in codes(after) and "handover_due" not in codes(then)
    assert after["mode"] == "human_backup"
    code, summary = replay(world)
    assert code == 0 and summary["different"] == 0
    ok(admin.post("/v1/policies/1/activate"))
    back = decision(world, insists(world, "back", how=None))
    assert back["signals"]["handover_now"] == then["signals"]["handover_now"]
    assert replay(world)[0] == 0


def test_an_arm_of_an_experiment_may_try_it(world, learned):
    admin = world.admin()
    trial = {"name": "learned", "salt": "x", "share": 0.5, "overrides": {},
             "handover": {k: v for k, v in learned["policy"]["handover"].items() if k != "report"}}
    version = ok(admin.post("/v1/policies", {"experiments": [trial]}), 201)["version"]
    ok(admin.post(f"/v1/policies/{version}/activate"))
    seen = {}
    for i in range(8):
        d = decision(world, insists(world, f"arm-{i}", how=None))
        seen.setdefault(d["experiment"], set()).add(d["signals"]["handover_now"])
    assert len(seen) == 2 and min(seen["learned/treatment"]) > max(seen["learned/control"])
    assert replay(world)[0] == 0


def test_the_command_line_learns_the_same(world, learned):
    result = world.cli("learn-handover", "--until", learned["created_at"])
    found = json.loads(result)
    assert found["handover"]["weights"] == learned["policy"]["handover"]["weights"]
    assert world.admin().get(f"/v1/policies/{found['version']}").json["active"] is False


@pytest.mark.parametrize("words, said", [
    (("--since", "yesterday"), "RFC 3339"), (("--until", "2020-01-01T00:00:00Z"), "50 takeovers"),
    (("--folds", "3"), "--folds")])
def test_the_command_line_refuses_in_one_line(world, words, said):
    result = world.cli("learn-handover", *words, check=False)
    assert result.returncode != 0 and result.stderr.count("\n") == 1 and said in result.stderr
