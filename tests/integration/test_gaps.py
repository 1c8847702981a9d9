"""What the bot could not answer, put together for who writes the knowledge: counted, with the words
of the messages as they stand now, closed by an entry that answers, gone with an erased person."""

import pytest

from harness import eventually
from talk import answered, begins, ids, ok, query, refused, says, shop

NORWAY = ("Do you ship to Norway?", "shipping to norway possible??", "Can it be shipped to Norway?")


def gaps(world, **parameters):
    return ok(world.admin().get(f"/v1/knowledge/gaps?{query(**parameters)}"))["items"]


def asks(world, sender, text):
    """A question the bot does not know; the message."""
    said = says(world, sender, text)
    answered(world, said["message"]["conversation_id"])
    return said["message"]


def opened(make_world):
    world = make_world()
    shop(world)
    return world


def know(world, name, questions, answers):
    """An entry, and every router has read it."""
    body = {"intent": None, "questions": questions, "answers": answers}
    assert world.admin().put(f"/v1/knowledge/{name}", body).status in (200, 201)
    eventually(lambda: name in ids(ok(world.admin().get(
        f"/v1/knowledge/search?{query(q=questions[0])}"))["items"]))


def test_questions_are_grouped_and_counted(make_world):
    world = opened(make_world)
    assert gaps(world) == []
    first, second = asks(world, "ann", NORWAY[0]), asks(world, "bob", NORWAY[1])
    asks(world, "cem", NORWAY[0].lower())
    other = asks(world, "dee", "Is the moon made of cheese?")
    ship, moon = gaps(world)
    assert ship["id"] == first["id"] and ship["question"] == NORWAY[0]
    assert (ship["count"], ship["customers"]) == (3, 3)
    assert ship["languages"][0] == "en" and ship["answered_by"] is None
    assert ship["first_at"] < ship["last_at"]
    assert [(e["text"], e["message_id"], e["conversation_id"]) for e in ship["examples"]] == \
        [(t, m["id"], m["conversation_id"]) for t, m in zip(NORWAY, (first, second))]
    assert (moon["id"], moon["count"]) == (other["id"], 1)
    assert moon["question"] == "Is the moon made of cheese?"


def test_what_is_answered_or_asked_of_a_person_is_no_gap(make_world):
    world = opened(make_world)
    asks(world, "ann", "Where is my parcel?")
    asks(world, "bob", "hello")
    asks(world, "cem", "I want to speak to a human being")
    assert gaps(world) == []


def test_a_question_in_pieces_is_one_question(make_world):
    world = opened(make_world)
    world.channel("web", settings={"quiet_ms": 400})
    conversation = begins(world, "ann", "Do you ship", "to Norway?")
    answered(world, conversation)
    gap, = gaps(world)
    assert gap["question"] == "Do you ship\nto Norway?" and gap["count"] == 1


def test_a_new_entry_closes_a_gap_and_its_end_opens_it(make_world):
    world = opened(make_world)
    for sender, text in zip("abc", NORWAY):
        asks(world, sender, text)
    know(world, "gift", ["Can I buy a gift card?"], {"en": "Yes."})
    assert len(gaps(world)) == 1 and gaps(world, state="closed") == []
    know(world, "norway", [NORWAY[0]], {"en": "Yes, we do."})
    still, = eventually(lambda: [g for g in gaps(world) if g["nearest"]["id"] == "norway"])
    assert still["answered_by"] is None, "one wording would still not be answered"
    know(world, "norway", [NORWAY[0], "Is shipping to Norway possible?"], {"en": "Yes, we do."})
    eventually(lambda: gaps(world) == [])
    closed, = gaps(world, state="closed")
    assert closed["answered_by"] == {"id": "norway", "question": NORWAY[0]}
    assert closed["nearest"]["id"] == "norway" and closed["nearest"]["score"] > 0.5
    assert gaps(world, state="all") == [closed]
    assert world.admin().delete("/v1/knowledge/norway").status == 204
    assert eventually(lambda: gaps(world))[0]["answered_by"] is None


def test_an_entry_without_an_answer_in_the_language_closes_nothing(make_world):
    world = opened(make_world)
    asks(world, "mette", "Sender I til Norge?")
    know(world, "norge", ["Sender I til Norge?"], {"de": "Ja."})
    gap, = gaps(world)
    assert gap["nearest"]["id"] == "norge" and gap["answered_by"] is None
    know(world, "norge", ["Sender I til Norge?"], {"da": "Ja."})
    assert eventually(lambda: gaps(world, state="closed"))


def test_languages_and_pages(make_world):
    world = opened(make_world)
    for i, text in enumerate(("Do you repair old watches?", "Is there a café at the lake?",
                              "Who painted the blue horse?")):
        asks(world, f"en-{i}", text)
    asks(world, "mette", "Hvor mange heste har din onkel i stalden?")
    assert [g["languages"] for g in gaps(world, lang="da")] == [["da"]]
    assert gaps(world, lang="nl") == []
    every, some, cursor = gaps(world), [], {}
    assert len(every) == 4
    while len(some) < 4:
        page = ok(world.admin().get(f"/v1/knowledge/gaps?{query(limit=1, **cursor)}"))
        some += page["items"]
        cursor = {"cursor": page["next_cursor"]}
    assert some == every and page["next_cursor"] is None


def test_what_was_taken_back_is_not_shown_and_what_was_edited_as_it_stands(make_world):
    world = opened(make_world)
    gone, edited = asks(world, "ann", NORWAY[0]), asks(world, "bob", "Is the moon made of cheese?")
    world.sql.rows("UPDATE message SET deleted_at = now() WHERE id = $1", gone["id"])
    world.sql.rows("UPDATE message SET text = 'Is Mars made of cheese?' WHERE id = $1",
                   edited["id"])
    assert [g["question"] for g in gaps(world)] == ["Is Mars made of cheese?"]


def test_an_erased_person_is_in_no_gap_and_an_export_tells_of_it(make_world):
    world = opened(make_world)
    asks(world, "ann", NORWAY[0])
    theirs = asks(world, "kanariefugl", NORWAY[1])
    customer = ok(world.admin().get(
        f"/v1/conversations/{theirs['conversation_id']}"))["customer_id"]
    export = world.admin().get(f"/v1/customers/{customer}/export").text
    assert '"why": "no entry answers this"' in export or \
        '"why":"no entry answers this"' in export
    assert gaps(world)[0]["count"] == 2
    assert world.admin().delete(f"/v1/customers/{customer}").status == 204
    gap, = gaps(world)
    assert (gap["count"], gap["customers"], len(gap["examples"])) == (1, 1, 1)
    assert world.sql.number("SELECT count(*) FROM event WHERE kind = 19") == 1


def test_who_may_ask_and_what_is_refused(make_world):
    world = opened(make_world)
    assert world.dashboard().get("/v1/knowledge/gaps").status == 403
    assert world.connector("web").get("/v1/knowledge/gaps").status == 403
    admin = world.admin()
    refused(admin.get("/v1/knowledge/gaps?state=maybe"), "state")
    refused(admin.get("/v1/knowledge/gaps?days=0"), "days")
    refused(admin.get("/v1/knowledge/gaps?days=366"), "days")
    refused(admin.get("/v1/knowledge/gaps?limit=0"), "limit")
    refused(admin.get("/v1/knowledge/gaps?cursor=!!"), "cursor")
    refused(admin.get(f"/v1/knowledge/gaps?lang={'x' * 17}"), "lang")


@pytest.mark.parametrize("days, seen", [(30, 1), (1, 0)])
def test_how_far_back(make_world, days, seen):
    world = opened(make_world)
    asks(world, "ann", NORWAY[0])
    world.sql.rows("UPDATE event SET at = at - interval '2 days' WHERE kind = 19")
    assert len(gaps(world, days=days)) == seen
