"""What one router is told every router knows; and what a process refuses to start on."""

import subprocess
import threading

import pytest

from harness import BUILD, PgBouncer, World, eventually, together
from shapes import CHANNEL, ENTRY, put


@pytest.fixture
def world(make_world):
    """One router is enough for this."""
    return make_world(workers=0)


@pytest.fixture
def admin(world):
    return world.admin()


def test_every_router_knows_at_once_what_one_was_told(make_world):
    world = make_world(routers=2, workers=0)
    first, second = world.admin(0), world.admin(1)
    for n in range(20):
        put(first, f"/v1/queues/q{n}", {}, 201)
        assert second.get(f"/v1/queues/q{n}").status == 200


@pytest.mark.parametrize("redis", [True, False])
def test_what_is_in_memory_follows_within_a_second(make_world, redis):
    """Search reads what is in memory: no request of ours makes the second router look."""
    world = make_world(routers=2, workers=0, redis=redis)
    first, second = world.admin(0), world.admin(1)
    assert second.get("/v1/knowledge/search?q=parcel").json["items"] == []
    put(first, "/v1/knowledge/parcel", ENTRY, 201)
    eventually(lambda: second.get("/v1/knowledge/search?q=parcel").json["items"], 1)


def test_through_a_transaction_pooler(make_world, servers):
    bouncer = PgBouncer(servers.root, servers.postgres).start()
    try:
        world = make_world(routers=2, workers=0, redis=False, database_url=bouncer.url,
                           database_pooled=1)
        put(world.admin(0), "/v1/channels/web", CHANNEL, 201)
        assert world.admin(1).get("/v1/channels/web").status == 200
        together(16, lambda n: put(world.admin(n % 2), f"/v1/knowledge/k{n}", ENTRY, 201))
        eventually(lambda: len(world.admin(1).get(
            "/v1/knowledge/search?q=parcel&limit=50").json["items"]) == 16, 1)
        world.stop()
    finally:
        bouncer.stop()


def test_a_key_works_at_once_and_ends_soon_after_it_was_revoked(world):
    world.admin()
    key = world.cli("key", "create", "--role", "dashboard").strip()
    client = world.router.client(key)
    assert client.get("/v1/queues").status == 200
    world.cli("key", "revoke", key.split("_")[1])
    eventually(lambda: client.get("/v1/queues").status == 401, 2)


def test_parallel_changes_each_move_the_generation_once(world, admin):
    before = world.sql.number("SELECT number FROM generation")
    answers = together(16, lambda n: admin.put(f"/v1/queues/q{n}", {"name": "x"}))
    assert {a.status for a in answers} == {201}
    answers = together(16, lambda n: admin.put("/v1/queues/q0", {"name": f"n{n}"}))
    assert {a.status for a in answers} == {200}
    assert world.sql.number("SELECT number FROM generation") == before + 32


def test_refuses_to_start_on_a_wrong_schema_in_one_line(make_world):
    world = make_world(workers=0, start=False)
    world.sql.rows("DELETE FROM schema_migration WHERE number > 1")
    result = start_and_fail(world)
    assert "redthread migrate" in result
    world.sql.rows("INSERT INTO schema_migration (number, name, checksum)"
                   " SELECT n, 'later', '' FROM generate_series(2, 99) n")
    assert "newer" in start_and_fail(world)


def test_refuses_to_start_with_another_sealing_key(make_world):
    world = make_world(workers=0)
    put(world.admin(), "/v1/channels/web", CHANNEL)
    world.router.stop()
    world.router.env["REDTHREAD_SEALING_KEY"] = "f" * 64
    assert "REDTHREAD_SEALING_KEY" in start_and_fail(world)


def start_and_fail(world):
    """The last line of a router that does not start."""
    result = subprocess.run([BUILD / "redthread-router"], env=world.router.env,
                            capture_output=True, text=True, timeout=60)
    assert result.returncode == 1, result
    return result.stderr.splitlines()[-1]


def test_a_running_router_stays_ready_while_a_newer_release_migrates(world, admin):
    world.sql.rows("INSERT INTO schema_migration (number, name, checksum) VALUES (99, 'later', '')")
    assert eventually(lambda: admin.get("/readyz").status == 200, 5)
    put(admin, "/v1/queues/q", {}, 201)


def test_waits_for_a_database_that_starts_later(own_servers):
    world = World(own_servers, workers=0, redis=False)
    own_servers.postgres.stop()
    starting = threading.Thread(target=world.router.start)
    starting.start()
    eventually(lambda: "pg_connect_failed" in world.router.log())
    own_servers.postgres.start()
    starting.join(60)
    assert world.admin().get("/v1/queues").status == 200
    world.stop()


def test_memory_follows_again_after_the_database_was_restarted(own_servers):
    world = World(own_servers, routers=2, workers=0, redis=False).start()
    first, second = world.admin(0), world.admin(1)
    put(first, "/v1/knowledge/before", ENTRY, 201)
    own_servers.postgres.restart()
    eventually(lambda: first.put("/v1/knowledge/after", ENTRY).status in (200, 201))
    eventually(lambda: len(second.get("/v1/knowledge/search?q=parcel").json["items"]) == 2, 5)
    world.stop()
