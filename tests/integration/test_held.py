"""A conversation that somebody else holds, for however long, costs its neighbours little and its
own sender nothing but time."""

import time

import pytest

PROMPT_S = 3        # a statement may take 4.4 s


def message(sender, number):
    return {"channel": "web", "external_id": f"{sender}-{number}", "from": {"address": sender},
            "text": "Where is my parcel?"}


def timed(act):
    began = time.monotonic()
    return act(), time.monotonic() - began


def together_in_one_run(client, senders, number):
    """The status of each sender's message, and how long all of them took."""
    items = [message(sender, number) for sender in senders]
    answer, seconds = timed(lambda: client.post("/v1/messages/batch", {"items": items}))
    assert answer.status == 207, answer
    return {s: item["status"] for s, item in zip(senders, answer.json["items"])}, seconds


@pytest.mark.parametrize("redis", [True, False], ids=["remembered", "loaded"])
def test_a_held_conversation_is_503_in_bounded_time_and_harms_no_neighbour(make_world, redis):
    world = make_world(workers=0, redis=redis)
    world.channel("web")
    client = world.connector("web")
    neighbours = [f"neighbour-{i}" for i in range(12)]
    senders = [*neighbours[:6], "held", *neighbours[6:]]
    assert set(together_in_one_run(client, senders, 0)[0].values()) == {201}
    held = world.sql.value("SELECT conversation_id FROM message WHERE external_id = 'held-0'")
    world.sql.rows("BEGIN")
    world.sql.rows("SELECT 1 FROM conversation WHERE id = $1 FOR UPDATE", held)
    statuses, seconds = together_in_one_run(client, [*senders, "stranger"], 1)
    assert statuses == {**dict.fromkeys([*neighbours, "stranger"], 201), "held": 503}
    assert seconds < PROMPT_S
    late, seconds = timed(lambda: client.post("/v1/messages", message("held", 1)))
    assert late.status == 503 and late.headers["Retry-After"], late
    assert seconds < PROMPT_S
    world.sql.rows("ROLLBACK")
    assert client.post("/v1/messages", message("held", 1)).status == 201
    assert world.sql.rows("SELECT external_id FROM message WHERE conversation_id = $1 ORDER BY seq",
                          held) == [("held-0",), ("held-1",)]
