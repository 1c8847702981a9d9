"""Lists of conversations, their messages, decisions and timelines: filters, pages, redirects, who
may read what."""

import functools
import json
import statistics
import subprocess
import threading
import urllib.parse

import pytest

import harness
from harness import BUILD, eventually
from talk import answered, begins, caught_up, ids, ok, query, refused, says, shop


@pytest.fixture(scope="module")
def world(servers):
    world = harness.World(servers)
    world.start()
    shop(world, "support", "billing", agents=("anna", "bert"), channels=("web", "mail"))
    yield world
    world.stop()


@pytest.fixture(autouse=True)
def logs(request, world):
    request.node.worlds = [world]


def to_queue(world, conversation, queue="support"):
    path = f"/v1/conversations/{conversation}"
    ok(world.admin().post(f"{path}/takeover", {"agent": "anna"}))
    return ok(world.admin().post(f"{path}/release", {"to": "queue", "queue": queue}))


def listed(world, **filters):
    return ids(world.admin().items(f"/v1/conversations?{query(**filters)}"))


# ---- lists of conversations ----

def test_newest_first_and_stable_while_others_come(world):
    admin = world.admin()
    old = [begins(world, f"stable-{i}") for i in range(9)]
    page = ok(admin.get("/v1/conversations?limit=4"))
    assert ids(page["items"]) == old[:4:-1]
    for i in range(3):
        begins(world, f"stable-new-{i}")
    cursor = urllib.parse.quote(page["next_cursor"])
    page = ok(admin.get(f"/v1/conversations?limit=4&cursor={cursor}"))
    assert ids(page["items"]) == old[4:0:-1]


def test_an_item_is_a_conversation_with_its_last_message(world):
    said = says(world, "item", "x" * 300)
    item = ok(world.admin().get("/v1/conversations?limit=1"))["items"][0]
    assert item["id"] == said["message"]["conversation_id"]
    assert item["customer_id"] == said["message"]["customer_id"]
    last = item["last_message"]
    assert last["direction"] in ("in", "out") and last["received_at"]
    eventually(lambda: ok(world.admin().get("/v1/conversations?limit=1"))["items"][0][
        "last_message"]["author"]["type"] != "customer", what="the bot's answer is the last one")
    assert set(item["control"]) == {"holder", "epoch", "offered_to"}


def test_the_last_message_is_found_behind_many_notes(world):
    one = begins(world, "notes-on-top")
    answered(world, one)
    last = ok(world.admin().get("/v1/conversations?limit=1"))["items"][0]["last_message"]
    for i in range(12):
        ok(world.admin().post(f"/v1/conversations/{one}/notes",
                              {"author": {"type": "agent", "id": "anna"}, "text": f"note {i}"}))
    item = ok(world.admin().get("/v1/conversations?limit=1"))["items"][0]
    assert item["id"] == one and item["last_message"] == last


def test_status_mode_handler_and_queue(world):
    admin = world.admin()
    waits, held, done, plain = (begins(world, f"state-{i}") for i in range(4))
    to_queue(world, waits, "billing")
    ok(admin.post(f"/v1/conversations/{held}/takeover", {"agent": "bert"}))
    ok(admin.post(f"/v1/conversations/{done}/resolve", {}))
    assert waits in listed(world, status="waiting") and held not in listed(world, status="waiting")
    assert listed(world, queue="billing") == [waits]
    assert listed(world, handler="queue:billing") == [waits]
    assert waits in listed(world, handler="queue")
    assert listed(world, handler="agent:bert") == [held]
    assert listed(world, handler="agent:anna") == []
    assert done in listed(world, status="resolved") and plain not in listed(world,
                                                                           status="resolved")
    bots = listed(world, handler="bot")
    assert plain in bots and waits not in bots and held not in bots
    mode = ok(admin.get(f"/v1/conversations/{plain}"))["mode"]
    assert plain in listed(world, mode=mode)
    assert plain not in listed(world, mode="human_emotion")
    assert listed(world, status="waiting", queue="billing", handler="queue:support") == []


def test_channel_is_one_they_have_written_on(world):
    address = {"kind": "email", "value": "both@example.dk", "verified": True}
    both = begins(world, "both-web", identities=[address])
    assert begins(world, "both-mail", channel="mail", identities=[address]) == both
    only = begins(world, "only-web")
    assert both in listed(world, channel="mail") and both in listed(world, channel="web")
    assert only in listed(world, channel="web") and only not in listed(world, channel="mail")


def test_customer(world):
    said = says(world, "by-customer")["message"]
    assert listed(world, customer=said["customer_id"]) == [said["conversation_id"]]
    assert listed(world, customer=said["conversation_id"]) == []


@pytest.mark.parametrize("text, query_", [
    ("The Zebrafinch sings at dawn", "zebrafinch dawn"),
    ("我的蓝色包裹在哪里", "蓝色包裹"),
    ("Ærøskøbing, tak!", "ÆRØSKØBING")])
def test_words_find_the_conversation(world, text, query_):
    found = begins(world, f"words-{query_}", text)
    caught_up(world)
    assert listed(world, q=query_) == [found]
    assert listed(world, q=f"{query_} unsaid") == []
    assert listed(world, q=query_, status="resolved") == []


def test_updated_since(world):
    admin = world.admin()
    early, late = begins(world, "since-1"), begins(world, "since-2")
    answered(world, early)
    says(world, "since-2", "anything new?")
    since = ok(admin.get(f"/v1/conversations/{late}"))["updated_at"]
    found = listed(world, updated_since=since)
    assert late in found and early not in found


@pytest.mark.parametrize("parameter, value", [
    ("status", "lost"), ("mode", "robot"), ("handler", "customer"), ("handler", "agent:A B"),
    ("queue", "NO!"), ("channel", "a b"), ("customer", "mette"), ("q", "?!"),
    ("updated_since", "yesterday"), ("limit", "0"), ("limit", "201"), ("cursor", "x")])
def test_a_wrong_value_is_refused_by_name(world, parameter, value):
    refused(world.admin().get(f"/v1/conversations?{query(**{parameter: value})}"), parameter)


# ---- one conversation ----

def test_get_and_absent(world):
    said = says(world, "one")["message"]
    item = ok(world.dashboard().get(f"/v1/conversations/{said['conversation_id']}"))
    assert item["id"] == said["conversation_id"] and item["last_message"]["text"]
    for path in ("", "/messages", "/decisions", "/timeline"):
        for unknown in (said["customer_id"], "nonsense"):
            assert world.admin().get(f"/v1/conversations/{unknown}{path}").status == 404


def conversation_of(world, sender, n):
    found = begins(world, sender, *[f"message {i}" for i in range(n)])
    answered(world, found)
    return found


def test_messages_in_either_direction_page_by_page(world):
    admin = world.admin()
    path = f"/v1/conversations/{conversation_of(world, 'pages', 7)}/messages"
    whole = ok(admin.get(f"{path}?limit=200"))
    seqs = [m["seq"] for m in whole["items"]]
    assert seqs == list(range(1, len(seqs) + 1)) and whole["next_cursor"] is None
    assert admin.items(path, limit=2) == whole["items"]
    assert admin.items(path, limit=len(seqs)) == whole["items"]
    assert admin.items(f"{path}?order=desc", limit=3) == whole["items"][::-1]
    refused(admin.get(f"{path}?order=sideways"), "order")
    refused(admin.get(f"{path}?cursor=%21%21"), "cursor")
    refused(admin.get(f"{path}?cursor=Zm9v"), "cursor")


def test_a_page_is_stable_while_messages_come(world):
    admin = world.admin()
    path = f"/v1/conversations/{conversation_of(world, 'rows', 4)}/messages"
    first = ok(admin.get(f"{path}?order=desc&limit=2"))
    before = admin.items(path)
    says(world, "rows", "one more")
    cursor = urllib.parse.quote(first["next_cursor"])
    second = ok(admin.get(f"{path}?order=desc&limit=2&cursor={cursor}"))
    assert first["items"] + second["items"] == before[:-5:-1]


def test_a_message_as_it_is_read(world):
    said = says(world, "whole", "Hvor er min pakke?", html="<p>Hvor?</p>", subject="Pakke",
                sent_at="2026-11-21T10:00:00.000Z", metadata={"n": [1, None]},
                attachments=[{"url": "https://example.dk/a.png", "content_type": "image/png",
                              "name": "a.png", "size": 12}])["message"]
    m = ok(world.admin().get(f"/v1/messages/{said['id']}"))
    assert m["text"] == "Hvor er min pakke?" and m["html"] == "<p>Hvor?</p>"
    assert m["subject"] == "Pakke" and m["metadata"] == {"n": [1, None]}
    assert m["attachments"][0]["name"] == "a.png"
    assert m["sent_at"] == "2026-11-21T10:00:00.000Z" and m["edited_at"] is None
    assert (m["direction"], m["kind"], m["seq"]) == ("in", "message", 1)
    assert m["from"]["address"] == "whole" and m["delivery"] is None
    assert m["conversation_id"] == said["conversation_id"]
    listed_ = ok(world.admin().get(f"/v1/conversations/{said['conversation_id']}/messages"))
    assert listed_["items"][0] == m


def test_decisions(world):
    said = says(world, "decided")
    path = f"/v1/conversations/{said['message']['conversation_id']}/decisions"
    says(world, "decided", "and now?")
    items = world.admin().items(path, limit=1)
    assert [d["seq"] for d in items] == sorted(d["seq"] for d in items) and len(items) >= 2
    first = items[0]
    assert first["id"] == first["message_id"] == said["decision"]["id"]
    assert first["mode"] == said["decision"]["mode"] and first["created_at"]
    assert first["reasons"] == said["decision"]["reasons"]


def test_the_timeline_has_everything_in_one_order(world):
    admin = world.admin()
    one = conversation_of(world, "story", 2)
    path = f"/v1/conversations/{one}"
    ok(admin.post(f"{path}/takeover", {"agent": "anna"}))
    ok(admin.post(f"{path}/promises", {"text": "I call back",
                                       "due_at": "2027-01-01T00:00:00.000Z"}))
    ok(admin.post(f"{path}/resolve", {"outcome": "solved"}))
    whole = ok(admin.get(f"{path}/timeline?limit=200"))
    items = whole["items"]
    assert whole["next_cursor"] is None
    assert [i["at"] for i in items] == sorted(i["at"] for i in items)
    types = {i["type"] for i in items}
    assert {"message", "decision", "control", "promise", "episode"} <= types
    texts = [i["message"]["text"] for i in items if i["type"] == "message"]
    assert texts[0] == "message 0"
    for i, item in enumerate(items):
        if item["type"] == "decision":
            assert items[i - 1]["message"]["id"] == item["decision"]["message_id"]
    for limit in (1, 2, 3, 5):
        assert admin.items(f"{path}/timeline", limit=limit) == items
    refused(admin.get(f"{path}/timeline?cursor=Zm9v"), "cursor")


def test_no_page_is_longer_than_asked(world):
    path = f"/v1/conversations/{conversation_of(world, 'limits', 6)}"
    for what in ("messages", "timeline", "decisions"):
        for limit in (1, 3):
            page = ok(world.admin().get(f"{path}/{what}?limit={limit}"))
            assert len(page["items"]) == limit


# ---- who may read ----

def test_a_connector_reads_back_its_own_channels_only(world):
    web, mail = world.connector("web"), world.connector("mail")
    said = says(world, "secret")["message"]
    path = f"/v1/conversations/{said['conversation_id']}"
    assert ok(web.get(f"/v1/messages/{said['id']}"))["id"] == said["id"]
    assert mail.get(f"/v1/messages/{said['id']}").status == 404
    assert said["id"] in ids(ok(web.get(f"{path}/messages"))["items"])
    assert mail.get(f"{path}/messages").status == 404
    for what in ("", "/decisions", "/timeline"):
        assert web.get(path + what).status == 403
    assert web.get("/v1/conversations").status == 403


def test_of_a_shared_conversation_a_connector_sees_its_own_part(world):
    address = {"kind": "email", "value": "shared@example.dk", "verified": True}
    one = begins(world, "shared-web", "on the web", identities=[address])
    begins(world, "shared-mail", "by mail", channel="mail", identities=[address])
    ok(world.admin().post(f"/v1/conversations/{one}/notes",
                          {"author": {"type": "agent", "id": "anna"}, "text": "a note"}))
    items = world.connector("mail").items(f"/v1/conversations/{one}/messages", limit=1)
    assert items and {m["channel"] for m in items} == {"mail"}
    note = [m for m in world.admin().items(f"/v1/conversations/{one}/messages")
            if m["kind"] == "note"]
    assert note and world.connector("mail").get(f"/v1/messages/{note[0]['id']}").status == 404


# ---- growth ----

ANY = "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL"
TOP_ID = "'ffffffff-ffff-ffff-ffff-ffffffffffff'"
OF_TURNS = ("messages_many", "rosters_queues")  # planned as the router plans its turns


@functools.cache
def statements():
    """The program's own SQL by name."""
    lines = subprocess.run([BUILD / "tests/integration/drive_statements"], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    return dict(line.split("\t", 1) for line in lines)


def blocks(world, name, arguments):
    """How many blocks the database looks at to answer one statement as the program would ask it."""
    sql = world.sql
    sql.rows(f"SET cpu_index_tuple_cost = {1 if name in OF_TURNS else 0.005}")
    for way in ("seqscan", "hashjoin", "mergejoin"):
        sql.rows(f"SET enable_{way} = {'off' if name in OF_TURNS else 'on'}")
    sql.rows(f"PREPARE asked AS {statements()[name]}")
    sql.rows("SET plan_cache_mode = force_generic_plan")
    plan = json.loads(sql.value("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)"
                                f" EXECUTE asked({arguments})"))
    sql.rows("DEALLOCATE asked")
    top = plan[0]["Plan"]
    return top["Shared Hit Blocks"] + top["Shared Read Blocks"]


def lengthened(world, which, messages, *values):
    """So many messages in each of these conversations."""
    world.sql.rows(
        "INSERT INTO message SELECT 7, i, id, gen_random_uuid(), now() - interval '1 day'"
        " + i * interval '1 second', NULL, NULL, 0, 0, 1, 0, 0, '', 'web', 'h' || i, 'a', 'en',"
        " 'text ' || i, NULL, NULL, NULL FROM generate_series(1, $1::int) i, conversation"
        f" WHERE bucket = 7 AND {which} ON CONFLICT DO NOTHING", messages, *values)


def filled(world, conversations, messages):
    """A history straight into the tables: conversations with one long one among them."""
    world.sql.rows(
        "INSERT INTO conversation SELECT 7, (lpad(to_hex(i), 8, '0') ||"
        " '-0000-7000-8000-000000000007')::uuid, gen_random_uuid(), 1, 0, 0, 3, 0, 0, 2, 'faq',"
        " '', 'en', '', now(), now(), NULL, '{}' FROM generate_series(1, $1::int) i"
        " ON CONFLICT DO NOTHING", conversations)
    long = "00000001-0000-7000-8000-000000000007"
    lengthened(world, "id = $2::uuid", messages, long)
    world.sql.rows("VACUUM ANALYZE")
    return long


def test_pages_cost_what_they_show(make_world):
    """Counted in blocks by the database itself, so no clock is needed."""
    world = make_world(workers=0)
    shop(world)
    to_queue(world, begins(world, "waits"))
    costs = []
    for conversations, messages in ((2000, 2000), (40000, 40000)):
        long = filled(world, conversations, messages)
        part = json.dumps([{"bucket": 7, "id": long, "seq": messages - 500}])
        place = f"now(), '{long}', {messages - 500}"
        costs.append([
            blocks(world, "listings_inbox", f"{TOP_ID}, 50, 1, NULL, NULL, NULL, NULL, NULL, NULL,"
                                            " NULL"),
            blocks(world, "listings_newest", f"{TOP_ID}, 50, {ANY}, 20000"),
            blocks(world, "messages_newest", f"7, '{long}', {messages}, 20"),
            blocks(world, "messages_heard_on", f"7, '{long}', 'web', NULL"),
            blocks(world, "listings_backward",
                   f"'{part}', {place}, false, NULL, 50, NULL, false"),
            blocks(world, "listings_forward",
                   f"'{part}', now() - interval '9 days', '{long}', 0, false, NULL, 50, NULL, "
                   "false")])
    for small, large in zip(*costs):
        assert large <= small * 1.5 + 10 and large < 400, costs


def test_a_known_message_is_read_by_its_whole_key(make_world):
    """Not all of its conversation, which may have become long since the database looked."""
    world = make_world(routers=0, workers=0)
    long = filled(world, 3000, 1)
    lengthened(world, "true", 1)
    world.sql.rows("ANALYZE")
    lengthened(world, "id = $2::uuid", 20000, long)
    known = json.dumps([{"n": 0, "bucket": 7, "id": long, "seq": 20000}])
    assert blocks(world, "messages_many", f"'{known}'") < 20


def test_an_inbox_page_is_walked_to_not_sorted_for(make_world):
    """Whatever the planner believes of how many wait, which may be long out of date."""
    sql = make_world(routers=0, workers=0).sql
    sql.rows("SET plan_cache_mode = force_generic_plan")
    for waiting in (10, 500, 20000):
        sql.rows("INSERT INTO attention SELECT 7, gen_random_uuid(), 'support', '', 2, 3, now()"
                 " FROM generate_series(1, $1::int)", waiting)
        sql.rows("ANALYZE attention")
        sql.rows(f"PREPARE page AS {statements()['listings_inbox']}")
        plan = "\n".join(row[0] for row in sql.rows(
            f"EXPLAIN EXECUTE page({TOP_ID}, 50, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"))
        sql.rows("DEALLOCATE page")
        assert "attention_newest" in plan and "Sort" not in plan, plan


def test_a_rare_filter_goes_on_in_portions(make_world):
    world = make_world(workers=0)
    shop(world)
    filled(world, 45000, 1)
    rare = world.sql.value("UPDATE conversation SET mode = 4 WHERE id ="
                           " '00000002-0000-7000-8000-000000000007' RETURNING id")
    pages, cursor = [], ""
    while cursor is not None:
        page = ok(world.admin().get(f"/v1/conversations?mode=human_emotion{cursor}"))
        pages.append(ids(page["items"]))
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else None
    assert sum(pages, []) == [rare] and 2 <= len(pages) <= 4


def test_readers_and_writers_together(world):
    """Walking a list while others write sees each conversation once."""
    known = {begins(world, f"walk-{i}") for i in range(20)}
    stop = threading.Event()

    def write():
        n = 0
        while not stop.is_set():
            begins(world, f"walk-new-{n}")
            says(world, f"walk-{n % 20}", "again")
            n += 1
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            found = ids(world.admin().items("/v1/conversations", limit=7))
            assert len(found) == len(set(found)) and known <= set(found)
    finally:
        stop.set()
        writer.join()


def test_a_save_looks_at_each_row_once(make_world):
    """Of 64 messages together, not 64 times 64: what was saved is looked up, not gone through."""
    sql = make_world(routers=0, workers=0).sql
    for way in ("seqscan", "hashjoin", "mergejoin"):  # as the router plans its turns
        sql.rows(f"SET enable_{way} = off")
    sql.rows("SET plan_cache_mode = force_generic_plan")
    sql.rows(f"PREPARE saving AS {statements()['ledger_save']}")
    plan = "\n".join(row[0] for row in sql.rows("EXPLAIN EXECUTE saving(NULL, NULL, NULL, NULL)"))
    assert plan.count("hashed SubPlan") == 5, plan  # saved for four inserts, known for the update
    assert "Join Filter" not in plan, plan


def test_what_is_known_of_a_customer_is_not_logged_with_every_message(make_world):
    """What does not change of a row's end is not written to the write-ahead log again."""
    world = make_world(workers=0)
    shop(world)
    known = [{"n": f"fact_{i}", "v": "x" * 60, "s": "bot", "c": 1.0, "at": 1} for i in range(10)]

    def logged(name, facts):
        """Bytes a message, by the median, for now and then a page is logged as a whole."""
        one = begins(world, name)
        world.sql.rows("UPDATE conversation SET state = (state::jsonb || $2::jsonb)::json"
                       " WHERE id = $1", one, json.dumps({"facts": facts}))
        world.servers.redis.flush()
        places = []
        for _ in range(16):
            says(world, name)
            places.append(int(world.sql.value(
                "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").split(".")[0]))
        assert len(ok(world.admin().get(f"/v1/conversations/{one}"))["facts"]) == len(facts)
        return statistics.median(then - now for now, then in zip(places, places[1:]))

    assert len(json.dumps(known)) > 1000
    assert logged("known", known) - logged("stranger", []) < 300


def test_what_a_turn_asks_of_the_queues_does_not_grow_with_them(make_world):
    world = make_world(routers=0, workers=0)
    sql = world.sql
    costs = []
    for rows in (15000, 90000):
        sql.rows("INSERT INTO attention SELECT 7, (lpad(to_hex(i), 8, '0') ||"
                 " '-0000-7000-8000-000000000007')::uuid, (ARRAY['a', 'b', 'c'])[1 + i % 3],"
                 " CASE WHEN i % 7 = 0 THEN 'anna' ELSE '' END, 2, 1 + i * 7 % 5,"
                 " now() - i * 31 % 1009 * interval '1 second' FROM generate_series(1, $1::int) i"
                 " ON CONFLICT DO NOTHING", rows)
        sql.rows("VACUUM ANALYZE attention")
        costs.append(blocks(world, "rosters_queues", "'{a,b,c}', 500"))
    assert costs[1] < costs[0] * 1.3, costs

    def asked(name, *arguments):
        return sql.rows(statements()[name], *arguments)

    whole = asked("rosters_queues_whole")
    assert [row[0] for row in whole] == ["a", "b", "c"] and int(whole[0][1]) > 10000
    assert asked("rosters_queues", "{a,b,c}", 1000000) == whole
    assert [row[:2] for row in asked("rosters_queues", "{c,a}", 7)] == [("c", "7"), ("a", "7")]
    sql.rows("DELETE FROM attention")
    assert asked("rosters_queues_whole") == []
    assert asked("rosters_queues", "{a}", 500) == [("a", "0", None)]
