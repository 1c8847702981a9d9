"""People who write, for tests of what is read afterwards."""

import itertools
import urllib.parse

from harness import eventually

_numbers = itertools.count(1)


def shop(world, *queues, agents=("anna",), channels=("web",)):
    """Channels, queues, agents (offline), and a bot that knows about parcels."""
    admin = world.admin()
    assert admin.put("/v1/bots/faq", {"kind": "faq"}).status in (200, 201)
    assert admin.put("/v1/knowledge/parcel", {
        "intent": "where_is_my_order", "questions": ["Where is my parcel?"],
        "answers": {"en": "It is on its way."}}).status in (200, 201)
    for name in channels:
        world.channel(name)
    for name in queues or ("support",):
        assert admin.put(f"/v1/queues/{name}", {"name": name}).status in (200, 201)
    for name in agents:
        body = {"name": name.title(), "queues": list(queues or ("support",)), "languages": ["en"]}
        assert admin.put(f"/v1/agents/{name}", body).status in (200, 201)
    return admin


def says(world, sender, text="Where is my parcel?", channel="web", **members):
    """One message; the answer of ingest."""
    identities = members.pop("identities", None)
    origin = {"address": sender, **({"identities": identities} if identities else {})}
    body = {"channel": channel, "external_id": f"m-{next(_numbers)}", "from": origin,
            "text": text, **members}
    answer = world.admin().post("/v1/messages", body)
    assert answer.status == 201, answer
    return answer.json


def begins(world, sender, *texts, **members):
    """The conversation of a sender who has written these."""
    for text in texts or ("Where is my parcel?",):
        said = says(world, sender, text, **members)
    return said["message"]["conversation_id"]


def ok(answer, status=200):
    assert answer.status == status, answer
    return answer.json


def refused(answer, name):
    """A 422 that says which parameter is wrong."""
    assert answer.status == 422, answer
    assert name in answer.json["detail"], answer
    return answer


def ids(items):
    return [item["id"] for item in items]


def query(**parameters):
    return urllib.parse.urlencode(parameters)


def caught_up(world):
    """Until upkeep has read everything that has happened."""
    eventually(lambda: world.sql.value(
        "SELECT count(*) FROM event WHERE (xid, n) > (coalesce((SELECT xid FROM consumer"
        " WHERE name = 'reading'), '0'::xid8), coalesce((SELECT n FROM consumer"
        " WHERE name = 'reading'), 0))") == "0", 20, 0.05, "upkeep has read the feed")


def answered(world, conversation):
    """Until no bot has anything left to say there."""
    eventually(lambda: world.sql.number("SELECT count(*) FROM job WHERE conversation_id = $1"
                                        " AND dead_at IS NULL", conversation) == 0,
               15, 0.02, "bots are done")
