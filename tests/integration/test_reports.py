"""Dashboards: counted by the hour, once each, as cheap for a long history as for a short one."""

import pytest

import harness
from harness import eventually
from talk import answered, begins, caught_up, ok, query, refused, says, shop
from test_reading import blocks


@pytest.fixture(scope="module")
def world(servers):
    world = harness.World(servers)
    world.start()
    shop(world, channels=("web", "mail"))
    for i in range(3):
        answered(world, begins(world, f"r-{i}", "Where is my parcel?", "thanks"))
    says(world, "r-mail", "Where is my parcel?", channel="mail")
    answered(world, begins(world, "r-mail", channel="mail"))
    caught_up(world)
    yield world
    world.stop()


@pytest.fixture(autouse=True)
def logs(request, world):
    request.node.worlds = [world]


def overview(world, name="overview", **parameters):
    return ok(world.dashboard().get(f"/v1/reports/{name}?{query(**parameters)}"))


def stored(world, where="true"):
    """What a dashboard must say, counted the dear way."""
    return tuple(world.sql.number(f"SELECT count(*) FROM message WHERE kind = 0 AND direction = {d}"
                                  f" AND {where}") for d in (0, 1))


def totals(report):
    return report["total"]["messages_in"], report["total"]["messages_out"]


@pytest.mark.parametrize("bucket", ["hour", "day"])
@pytest.mark.parametrize("group", [None, "channel", "mode", "handler", "intent"])
def test_every_way_of_counting_gives_the_same_sum(world, bucket, group):
    words = {"bucket": bucket, **({"group_by": group} if group else {})}
    report = overview(world, **words)
    assert totals(report) == stored(world) and totals(report)[0] == 8
    for part in ("messages_in", "messages_out"):
        assert sum(row[part] for row in report["series"]) == report["total"][part]
        if group:
            assert sum(row[part] for row in report["table"]) == report["total"][part]
    assert all(row["at"].endswith(":00:00.000Z") for row in report["series"])
    assert (report["bucket"], report["group_by"]) == (bucket, group)


def test_by_channel(world):
    table = {row["channel"]: row for row in overview(world, group_by="channel")["table"]}
    for channel in ("web", "mail"):
        assert (table[channel]["messages_in"], table[channel]["messages_out"]) == stored(
            world, f"channel = '{channel}'")
    assert sum(row["share"] for row in table.values()) == pytest.approx(1)


def test_routing_by_mode_and_handler(world):
    modes = {row["mode"]: row["messages_in"] for row in overview(world, "routing")["table"]}
    assert sum(modes.values()) == 8 and set(modes) <= {
        "none", "self_service", "human_backup", "human", "human_emotion"}
    handlers = {row["handler"] for row in overview(world, "routing", group_by="handler")["table"]}
    assert "bot:faq" in handlers


def test_a_period_begins_and_ends_where_it_says(world):
    report = overview(world, **{"from": "2001-01-01T00:00:00Z", "to": "2001-01-02T00:00:00Z"})
    assert totals(report) == (0, 0) and report["series"] == []
    report = overview(world, **{"from": "2026-01-01T10:20:00Z", "to": "2026-01-01T12:00:00Z"})
    assert report["from"] == "2026-01-01T10:00:00.000Z"


@pytest.mark.parametrize("name, value", [
    ("from", "yesterday"), ("to", "now"), ("bucket", "minute"), ("group_by", "colour"),
    ("from", "2999-01-01T00:00:00Z"), ("from", "1980-01-01T00:00:00Z")])
def test_a_wrong_value_is_refused_by_name(world, name, value):
    for report in ("overview", "routing"):
        refused(world.dashboard().get(f"/v1/reports/{report}?{query(**{name: value})}"), name)


def test_other_reports_are_not_there_yet(world):
    assert world.dashboard().get("/v1/reports/scorecards").status == 404


def test_queues_and_people_now(make_world):
    world = make_world(workers=0)
    admin = shop(world, "support", "billing")
    ok(admin.put("/v1/agents/anna/presence", {"status": "online", "capacity": 2}))
    for i in range(3):
        path = f"/v1/conversations/{begins(world, f'q-{i}')}"
        ok(admin.post(f"{path}/takeover", {"agent": "anna"}))
        if i:
            ok(admin.post(f"{path}/release", {"to": "queue", "queue": "billing"}))
    report = ok(world.dashboard().get("/v1/reports/queues"))
    queues = {q["id"]: q for q in report["queues"]}
    assert (queues["support"]["waiting"], queues["billing"]["waiting"]) == (0, 2)
    assert queues["support"]["oldest_since"] is None and queues["billing"]["oldest_since"]
    assert queues["billing"]["oldest_wait_s"] >= 0
    assert [(a["id"], a["load"], a["capacity"]) for a in report["agents"]] == [("anna", 1, 2)]


def test_a_month_costs_the_same_however_many_messages_there_are(make_world):
    world = make_world(workers=0)
    shop(world)
    world.sql.rows(
        "INSERT INTO rollup SELECT date_trunc('hour', now()) - h * interval '1 hour', 'web', 1,"
        " 'bot:faq', 'i' || i, 1, 1 FROM generate_series(0, 24 * 365) h, generate_series(1, 3) i")
    world.sql.rows("VACUUM ANALYZE rollup")
    month = "date_trunc('hour', now()) - interval '30 days', now(), true, 1"
    assert blocks(world, "reports_series", month) < 120
    year = "date_trunc('hour', now()) - interval '365 days', now(), true, 1"
    assert blocks(world, "reports_series", year) > 200


def test_the_counts_do_not_move_when_read_again(make_world):
    """Two workers with one feed between them, stopped in the middle: each message counts once."""
    world = make_world(workers=2)
    shop(world)
    for i in range(30):
        says(world, f"once-{i % 5}")
        if i == 10:
            world.workers[0].kill9()
    world.workers[0].start()
    caught_up(world)
    eventually(lambda: totals(overview(world))[0] == 30, what="all are counted")
    caught_up(world)
    assert totals(overview(world)) == stored(world)
    assert world.sql.number("SELECT count(*) FROM search") == world.sql.number(
        "SELECT count(*) FROM message")
