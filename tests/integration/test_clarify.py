"""Two entries that are close: the bot asks once which one is meant, understands the reply, and
hands over when there is none. What stands open stands in the database."""

import pytest

from harness import eventually
from talk import answered, begins, ok, says, shop

LANGUAGES = {
    "en": ("How do I cancel?", "the first one", "How do I cancel my order?"),
    "nl": ("Hoe annuleer ik?", "de tweede", "Hoe annuleer ik mijn bestelling?"),
    "da": ("Hvordan annullerer jeg?", "den første", "Hvordan annullerer jeg min ordre?"),
    "de": ("Wie storniere ich?", "das zweite", "Wie storniere ich meine Bestellung?"),
    "zh": ("怎么取消？", "第一个", "怎么取消订单？"),
}
QUESTIONS = {
    "order": [name for _, _, name in LANGUAGES.values()],
    "subscription": ["How do I cancel my subscription?", "Hoe annuleer ik mijn abonnement?",
                     "Hvordan annullerer jeg mit abonnement?", "Wie storniere ich mein Abonnement?",
                     "怎么取消订阅？"],
}
FIRST = {"the first one", "den første", "第一个"}


def opened(make_world, **kw):
    """A shop in which "cancel" may mean two things. The channel comes last: who has not heard of it
    reads everything anew."""
    world = make_world(**kw)
    for name, questions in QUESTIONS.items():
        ok(world.admin().put(f"/v1/knowledge/cancel-{name}", {
            "intent": f"cancel_{name}", "questions": questions,
            "answers": {language: f"{name} {language}" for language in LANGUAGES}}), 201)
    shop(world)
    return world


def said(world, conversation):
    """What the customer has been told, and the control of the conversation."""
    answered(world, conversation)
    items = world.admin().items(f"/v1/conversations/{conversation}/messages")
    return [m["text"] for m in items if m["direction"] == "out" and m["kind"] == "message"]


def holder(world, conversation):
    return ok(world.admin().get(f"/v1/conversations/{conversation}"))["control"]["holder"]["type"]


def test_one_question_in_the_customers_language_and_the_reply_picks(make_world):
    world = opened(make_world)
    for language, (question, reply, name) in LANGUAGES.items():
        conversation = begins(world, f"asker-{language}", question)
        asked, = said(world, conversation)
        names = [line[3:] for line in asked.splitlines()[1:]]
        assert len(names) == 2 and name in names, asked
        heard = says(world, f"asker-{language}", reply)["decision"]
        picked = names[reply not in FIRST]
        wanted, = (entry for entry, asks in QUESTIONS.items() if picked in asks)
        assert heard["mode"] == "self_service", heard
        assert heard["intent"]["name"] == f"cancel_{wanted}", heard
        assert "choice_settled" in [r["code"] for r in heard["reasons"]]
        assert said(world, conversation)[1:] == [f"{wanted} {language}"]
        assert holder(world, conversation) == "bot"


def test_the_reply_may_name_one_and_is_no_repetition(make_world):
    world = opened(make_world)
    conversation = begins(world, "namer", "How do I cancel?")
    answered(world, conversation)
    heard = says(world, "namer", "How do I cancel my subscription")["decision"]
    signals = ok(world.admin().get(f"/v1/decisions/{heard['id']}"))["signals"]
    assert signals["settles_choice"] == 1 and signals["repeats"] == 0
    assert signals["bot_failures"] == 0
    assert said(world, conversation)[1:] == ["subscription en"]
    says(world, "namer", "How do I cancel?")
    assert said(world, conversation)[2:] == ["subscription en"], "what was settled is known"


@pytest.mark.parametrize("reply", ["neither of them", "How do I cancel?", "hmm"])
def test_what_is_not_settled_goes_to_a_person_honestly_and_once(make_world, reply):
    world = opened(make_world)
    conversation = begins(world, "odd", "How do I cancel?")
    answered(world, conversation)
    says(world, "odd", reply)
    assert [text.startswith("I am not sure what you mean") for text in said(world, conversation)] \
        == [False, True]
    assert holder(world, conversation) == "queue"
    gap, = world.sql.rows("SELECT data->>'from', data->>'why' FROM event WHERE kind = 19")
    assert gap[0] == "1" and "not clear" in gap[1]


def test_another_clear_question_is_answered(make_world):
    world = opened(make_world)
    conversation = begins(world, "jumper", "How do I cancel?")
    answered(world, conversation)
    says(world, "jumper", "Where is my parcel?")
    assert said(world, conversation)[1:] == ["It is on its way."]
    assert holder(world, conversation) == "bot"


def test_it_stands_without_a_cache_and_for_another_worker(make_world):
    world = opened(make_world, routers=2, workers=1)
    conversation = begins(world, "mover", "How do I cancel?")
    answered(world, conversation)
    world.servers.redis.flush()
    world.workers[0].restart()
    heard = world.admin(router=1).post("/v1/messages", {
        "channel": "web", "external_id": "elsewhere", "from": {"address": "mover"}, "text": "2"})
    assert ok(heard, 201)["decision"]["intent"]["name"] == "cancel_subscription"
    assert said(world, conversation)[1:] == ["subscription en"]


def test_a_person_who_takes_over_ends_it(make_world):
    world = opened(make_world)
    conversation = begins(world, "taken", "How do I cancel?")
    answered(world, conversation)
    admin, path = world.admin(), f"/v1/conversations/{conversation}"
    state = "SELECT state::jsonb ? 'ask' FROM conversation"
    assert world.sql.value(state) == "t"
    ok(admin.post(f"{path}/takeover", {"agent": "anna"}))
    assert world.sql.value(state) == "f"
    ok(admin.post(f"{path}/release", {"to": "bot"}))
    answered(world, conversation)
    heard = says(world, "taken", "the first one")["decision"]
    assert "choice_settled" not in [r["code"] for r in heard["reasons"]]


def test_an_erased_person_leaves_no_open_question(make_world):
    world = opened(make_world)
    heard = says(world, "gone", "How do I cancel?")
    conversation = heard["message"]["conversation_id"]
    answered(world, conversation)
    customer = ok(world.admin().get(f"/v1/conversations/{conversation}"))["customer_id"]
    assert world.admin().delete(f"/v1/customers/{customer}").status == 204
    assert eventually(lambda: world.sql.number("SELECT count(*) FROM conversation") == 0)
