"""Two customers made one, and two again: nothing moves, so nothing is lost."""

import pytest

import harness
from talk import answered, begins, caught_up, ids, ok, query, says, shop


@pytest.fixture(scope="module")
def world(servers):
    world = harness.World(servers)
    world.start()
    shop(world, channels=("web", "mail"))
    yield world
    world.stop()


@pytest.fixture(autouse=True)
def logs(request, world):
    request.node.worlds = [world]


def stranger(world, name, n=2):
    said = [says(world, name, f"{name} says {i}") for i in range(n)][-1]["message"]
    answered(world, said["conversation_id"])
    return said["customer_id"], said["conversation_id"]


def merge(world, into, from_, status=201):
    return ok(world.admin().post(f"/v1/customers/{into}/merge", {"from": from_}), status)


def undo(world, merge_id, status=200):
    return ok(world.admin().post(f"/v1/merges/{merge_id}/undo"), status)


def read(world, conversation):
    """Everything a reader sees, as bytes, without what tells of merging."""
    admin, path = world.admin(), f"/v1/conversations/{conversation}"
    timeline = [i for i in admin.items(f"{path}/timeline") if i["type"] != "merge"]
    return (admin.get(f"{path}/messages?limit=200").body,
            admin.get(f"{path}/decisions?limit=200").body, timeline,
            [i for i in admin.items(f"{path}/timeline", limit=3) if i["type"] != "merge"])


def test_merged_they_read_as_one_and_undone_as_before(world):
    a, one = stranger(world, "one")
    b, two = stranger(world, "two")
    begins(world, "one", "one again")
    answered(world, one)
    before = read(world, one), read(world, two)
    apart = [m for part in (one, two)
             for m in world.admin().items(f"/v1/conversations/{part}/messages")]
    record = merge(world, a, b)["merge"]
    assert (record["survivor_id"], record["merged_id"]) == (a, b)
    together = world.admin().items(f"/v1/conversations/{one}/messages")
    assert sorted(ids(together)) == sorted(ids(apart))
    times = [m["received_at"] for m in together]
    assert times == sorted(times)
    for limit in (1, 2, 3):
        assert world.admin().items(f"/v1/conversations/{one}/messages", limit=limit) == together
        assert world.admin().items(f"/v1/conversations/{one}/messages?order=desc",
                                   limit=limit) == together[::-1]
    assert world.admin().get(f"/v1/conversations/{two}").headers["Location"] == \
        f"/v1/conversations/{one}"
    assert world.admin().get(f"/v1/customers/{b}").headers["Location"] == f"/v1/customers/{a}"
    timeline = world.admin().items(f"/v1/conversations/{one}/timeline")
    assert [i["data"]["what"] for i in timeline if i["type"] == "merge"] == ["merged"]
    assert undo(world, record["id"])["merge"]["undone_at"]
    assert (read(world, one), read(world, two)) == before


def test_who_writes_while_merged_writes_to_the_survivor(world):
    a, one = stranger(world, "while-a")
    b, two = stranger(world, "while-b")
    record = merge(world, a, b)["merge"]
    assert begins(world, "while-b", "to the survivor") == one
    found = ok(world.admin().get(f"/v1/lookup?{query(kind='channel:web', value='while-b')}"))
    assert found["customer"]["id"] == a
    undo(world, record["id"])
    assert begins(world, "while-b", "my own again") == two
    texts = [m["text"] for m in world.admin().items(f"/v1/conversations/{two}/messages")]
    assert "my own again" in texts and "to the survivor" not in texts


def test_three_merged_in_a_row_and_undone_in_reverse(world):
    (a, one), (b, two), (c, three) = (stranger(world, f"row-{i}", 1) for i in range(3))
    before = [read(world, part) for part in (one, two, three)]
    first = merge(world, b, c)["merge"]["id"]
    second = merge(world, a, b)["merge"]["id"]
    caught_up(world)
    texts = {m["text"] for m in world.admin().items(f"/v1/conversations/{one}/messages", limit=2)
             if m["direction"] == "in"}
    assert texts == {f"row-{i} says 0" for i in range(3)}
    # A word that only the innermost part holds finds the survivor of all.
    listed = ids(world.admin().items(f"/v1/conversations?{query(q='row 2 says')}"))
    assert listed == [one]
    assert ids(world.admin().items(f"/v1/conversations?customer={c}")) == [one]
    undo(world, first, 409)
    undo(world, second)
    undo(world, first)
    undo(world, first, 409)
    assert [read(world, part) for part in (one, two, three)] == before


def test_undone_nobody_is_answered_where_the_other_reads(world):
    """Neither on the way the other used before, nor on one used while both were one."""
    def says_on(channel, who):
        said = ok(world.admin().post("/v1/messages", {
            "channel": channel, "external_id": f"{channel}-{who}", "text": "Hello",
            "from": {"address": who}}), 201)["message"]
        answered(world, said["conversation_id"])   # so that who wrote last was also heard of last
        return said

    def answer(conversation, status, **way):
        return ok(world.agent("anna").post(f"/v1/conversations/{conversation}/replies",
                                           {"text": "For you alone", **way}), status)

    def addressed(sent):
        (row,) = world.sql.rows(f"SELECT channel, address FROM message"
                                f" WHERE id = '{sent['message']['id']}'")
        return tuple(row)

    def on_mail(customer):
        return ids(world.admin().items(f"/v1/conversations?customer={customer}&channel=mail"))

    (a, one), (b, two) = ((m["customer_id"], m["conversation_id"])
                          for m in (says_on("web", "way-a"), says_on("mail", "way-b")))
    record = merge(world, a, b)["merge"]["id"]
    assert addressed(answer(one, 201)) == ("mail", "way-b") and on_mail(a) == [one]
    ok(world.admin().post("/v1/messages", {
        "channel": "mail", "external_id": "while one", "text": "Still me",
        "from": {"address": "way-b"}}), 201)
    undo(world, record)
    assert addressed(answer(one, 201)) == ("web", "way-a")
    assert addressed(answer(two, 201)) == ("mail", "way-b")
    assert on_mail(a) == [] and on_mail(b) == [two]
    assert answer(one, 422, channel="mail")["errors"][0]["pointer"] == "/channel"


@pytest.mark.parametrize("body, status", [
    ({}, 422), ({"from": "nobody"}, 422), ({"from": "00000000-0000-7000-8000-000000000000"}, 422)])
def test_a_merge_with_nobody_is_refused(world, body, status):
    a, _ = stranger(world, "with-nobody", 1)
    answer = world.admin().post(f"/v1/customers/{a}/merge", body)
    assert answer.status == status and answer.json["errors"][0]["pointer"] == "/from"


def test_merges_that_cannot_be(world):
    a, _ = stranger(world, "cannot-a", 1)
    b, two = stranger(world, "cannot-b", 1)
    merge(world, a, a, 409)
    merge(world, a, b)
    merge(world, a, b, 409)
    assert world.admin().post(f"/v1/customers/{two}/merge", {"from": a}).status == 404
    assert world.admin().post(f"/v1/merges/{a}/undo").status == 404
