"""Who could be asked now: remembered for a moment when nobody can, and never given work out of
memory."""

import itertools

import pytest

from talk import ok, says, shop

WISH = "I want to talk to a human being please"
_people = itertools.count(1)


@pytest.fixture
def world(make_world):
    """One router and nobody who assigns afterwards: what a message does not do itself stays
    undone."""
    world = make_world(workers=0)
    shop(world)
    return world


def wish(world):
    """Somebody new asks for a person: who has the conversation now, and which it is."""
    said = says(world, f"person-{next(_people)}", WISH)
    return said["decision"]["handler"], said["message"]["conversation_id"]


def present(world, status, capacity=1):
    ok(world.admin().put("/v1/agents/anna/presence", {"status": status, "capacity": capacity}))


def finish(world, conversation):
    ok(world.admin().post(f"/v1/conversations/{conversation}/resolve", {"outcome": "answered"}))


def lockers(world):
    return world.sql.value("SELECT xmax FROM agent WHERE id = 'anna'")


def test_who_comes_is_given_the_very_next_conversation(world):
    for _ in range(5):
        handler, waits = wish(world)
        assert handler["type"] == "queue"
        finish(world, waits)
        present(world, "online")
        handler, given = wish(world)
        assert handler == {"type": "agent", "id": "anna"}
        finish(world, given)
        present(world, "offline")


def test_whoever_is_done_is_given_the_very_next_conversation(world):
    present(world, "online")
    for _ in range(5):
        handler, first = wish(world)
        assert handler == {"type": "agent", "id": "anna"}
        handler, second = wish(world)
        assert handler["type"] == "queue"
        finish(world, second)
        finish(world, first)
    handler, _ = wish(world)
    assert handler == {"type": "agent", "id": "anna"}


def test_a_last_place_that_was_remembered_is_not_given_twice(world):
    present(world, "online", capacity=2)
    handlers = [wish(world)[0]["type"] for _ in range(6)]
    assert handlers == ["agent"] * 2 + ["queue"] * 4


def test_a_message_for_which_nobody_is_free_does_not_lock_everybody(world):
    present(world, "online")
    assert wish(world)[0]["type"] == "agent"
    locks = set()
    for _ in range(30):
        assert wish(world)[0]["type"] == "queue"
        locks.add(lockers(world))
    assert 1 <= len(locks) < 30
