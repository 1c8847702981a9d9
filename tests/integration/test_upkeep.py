"""What workers do beside their lanes: index, count, throw away what is old, find who waits."""

import random
import string

import pytest

from harness import eventually
from talk import begins, caught_up, ids, ok, query, says, shop


def indexed(world):
    return world.sql.rows("SELECT conversation_id, seq FROM search ORDER BY 1, 2")


def said(world):
    return world.sql.rows("SELECT conversation_id, seq FROM message ORDER BY 1, 2")


def test_what_was_said_before_the_worker_came_is_found_too(make_world):
    world = make_world(workers=0)
    admin = shop(world)
    found = begins(world, "early", "The quick zebrafinch")
    assert ids(admin.items(f"/v1/conversations?{query(q='zebrafinch')}")) == []
    world.workers.append(world._service("worker", 1))
    world.workers[0].start()
    caught_up(world)
    assert ids(admin.items(f"/v1/conversations?{query(q='zebrafinch')}")) == [found]


@pytest.mark.deadline(180)
def test_a_burst_is_indexed_once_whoever_does_it(make_world):
    world = make_world(workers=3, lease_ms=1000)
    shop(world)
    items = [{"channel": "web", "external_id": f"burst-{i}", "from": {"address": f"b-{i % 300}"},
              "text": f"word{i} parcel"} for i in range(2000)]
    for i in range(0, len(items), 500):
        ok(world.admin().post("/v1/messages/batch", {"items": items[i:i + 500]}), 207)
    world.workers[1].kill9()
    eventually(lambda: world.sql.number("SELECT count(*) FROM job") == 0, 60, 0.1, "all is said")
    caught_up(world)
    assert indexed(world) == said(world)
    counted = world.sql.number("SELECT sum(messages_in) FROM rollup")
    assert counted == 2000


def test_a_word_too_long_for_the_index_stops_nobody(make_world):
    world = make_world()
    admin = shop(world)
    letters = random.Random(7)
    word = "".join(letters.choice(string.ascii_lowercase) for _ in range(9000))
    long = begins(world, "long", f"zebrafinch {word} kingfisher")
    next_ = begins(world, "next", "nightingale")
    caught_up(world)
    assert ids(admin.items(f"/v1/conversations?{query(q='zebrafinch kingfisher')}")) == [long]
    assert ids(admin.items(f"/v1/conversations?{query(q='nightingale')}")) == [next_]
    assert ids(admin.items(f"/v1/conversations?{query(q=word[:3000])}")) == []


def aged(world):
    """Rows of long ago, beside what must stay."""
    world.sql.rows(
        "INSERT INTO event (bucket, kind, seq, n, at, conversation_id) SELECT 1, k, 1, i,"
        " now() - interval '9 days', gen_random_uuid() FROM generate_series(1, 6000) i,"
        " unnest(ARRAY[0, 1, 2]) k")
    world.sql.rows("INSERT INTO idempotency SELECT i % 256, gen_random_uuid(), '\\x00', 200, 't',"
                   " 'old', now() - interval '50 hours' FROM generate_series(1, 12000) i")
    world.sql.rows("INSERT INTO idempotency SELECT 1, gen_random_uuid(), '\\x00', 200, 't',"
                   " 'young', now() - interval '40 hours'")
    world.sql.rows("INSERT INTO attempt SELECT 'channel/web', now() - interval '1 hour', true"
                   " FROM generate_series(1, 100)")
    world.sql.rows("INSERT INTO attempt SELECT 'channel/web', now(), true")


def test_what_is_old_goes_and_what_lasts_stays(make_world):
    world = make_world(workers=0)
    shop(world)
    conversation = begins(world, "kept")
    aged(world)
    world.workers.append(world._service("worker", 1))
    world.workers[0].start()
    count = world.sql.number
    eventually(lambda: count("SELECT count(*) FROM attempt") == 1, 30, 0.05, "retention is done")
    assert count("SELECT count(*) FROM event WHERE at < now() - interval '8 days'"
                 " AND kind IN (0, 1)") == 0
    assert count("SELECT count(*) FROM event WHERE at < now() - interval '8 days'"
                 " AND kind = 2") == 6000
    assert count("SELECT count(*) FROM idempotency WHERE answer = 'old'") == 0
    assert count("SELECT count(*) FROM idempotency WHERE answer = 'young'") == 1
    assert ok(world.admin().get(f"/v1/conversations/{conversation}/messages"))["items"]


def test_who_waits_meets_who_is_free(make_world):
    """The place came free by other means than a turn: nobody hands the work out but the net."""
    world = make_world()
    admin = shop(world)
    conversation = begins(world, "waits")
    path = f"/v1/conversations/{conversation}"
    ok(admin.post(f"{path}/takeover", {"agent": "anna"}))
    ok(admin.post(f"{path}/release", {"to": "queue", "queue": "support"}))
    assert ok(admin.get(path))["status"] == "waiting"
    world.sql.rows("UPDATE agent SET presence = 2, capacity = 1 WHERE id = 'anna'")
    eventually(lambda: ok(admin.get(path))["control"]["holder"] == {"type": "agent", "id": "anna"},
               15, 0.05, "anna has it")


def test_without_the_bell_it_polls(make_world):
    world = make_world(redis=False)
    shop(world)
    says(world, "silent", "zebrafinch")
    caught_up(world)
    assert len(indexed(world)) >= 1


def test_behind_a_pooler(make_world, servers, tmp_path):
    """One at a time by a lock that ends with its transaction: nothing rests on a session."""
    import harness
    bouncer = harness.PgBouncer(servers.root, servers.postgres)
    bouncer.start()
    try:
        world = make_world(workers=2, database_url=bouncer.url, database_pooled=1)
        shop(world)
        for i in range(20):
            says(world, f"pooled-{i}")
        caught_up(world)
        assert indexed(world) == said(world)
        assert world.sql.number("SELECT sum(messages_in) FROM rollup") == 20
        world.stop()
    finally:
        bouncer.stop()
