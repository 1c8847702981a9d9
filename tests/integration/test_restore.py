"""A dump restored into another cluster: everything goes on from where the dump was made."""

import harness
import talk
from pasted import block, shell


def burn(sql, transactions):
    """The old cluster has counted further than a new one has by the end of the restore."""
    sql.rows("CREATE PROCEDURE burn(times integer) LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1..times"
             " LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$")
    sql.rows(f"CALL burn({transactions})")
    sql.rows("DROP PROCEDURE burn")


def move(old, new):
    """The database of one world into that of another, by the words of the page."""
    new.servers.drop(new.name)
    new.servers.sql(f"CREATE DATABASE {new.name}")
    commands = block("docs/operating.md", "pg_dump").replace("redthread.dump",
                                                             str(old.directory / "dump"))
    shell(old, commands, NEW_DATABASE_URL=new.direct_url)


def finds(world, word):
    path = "/v1/conversations?" + talk.query(q=word)
    return talk.ids(talk.ok(world.dashboard().get(path))["items"])


def heard(stream, said):
    return stream.wait(lambda e: e["event"] == "message"
                       and e["data"]["message"]["id"] == said["message"]["id"])


def test_a_restored_dump_goes_on_in_another_cluster(make_world, own_servers):
    old = make_world()
    talk.shop(old)
    burn(old.sql, 20000)
    stream = old.dashboard().stream("/v1/stream")
    first = talk.says(old, "mette", "Is the zebra on its way?")
    conversation = first["message"]["conversation_id"]
    before = heard(stream, first)["id"]
    stream.close()
    talk.answered(old, conversation)
    talk.caught_up(old)

    new = harness.World(own_servers)
    try:
        move(old, new)
        new._keys = dict(old._keys)
        new.start()
        again = new.dashboard().stream("/v1/stream", before)
        again.wait(lambda e: e["event"] == "reset")
        second = talk.says(new, "mette", "And the giraffe?")
        assert second["message"]["conversation_id"] == conversation
        heard(again, second)
        again.close()
        talk.answered(new, conversation)
        talk.caught_up(new)
        assert finds(new, "zebra") == finds(new, "giraffe") == [conversation]
        assert new.sql.number("SELECT sum(messages_in) FROM rollup") == 2
    finally:
        new.stop()


def test_on_its_own_cluster_migrate_leaves_the_feed_alone(make_world):
    world = make_world(workers=0)
    talk.shop(world)
    talk.says(world, "mette")
    world.key("dashboard")  # a key leaves an event, too
    rows = world.sql.rows("SELECT xid, n FROM event ORDER BY xid, n")
    assert "feed" not in shell(world, "redthread migrate")
    assert rows == world.sql.rows("SELECT xid, n FROM event ORDER BY xid, n")
