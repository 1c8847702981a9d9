"""Who people are: identities, look-up, and what may be asked for."""

import pytest

import harness
from talk import begins, ok, query, refused, says, shop


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


def identities(customer):
    return {(i["kind"], i["value"], i["trust"]) for i in customer["identities"]}


def test_a_customer_as_it_is_read(world):
    said = says(world, "mette-1", identities=[
        {"kind": "email", "value": "Mette@Example.DK", "verified": True},
        {"kind": "phone", "value": "+45 11 22 33 44", "verified": False}])["message"]
    customer = ok(world.dashboard().get(f"/v1/customers/{said['customer_id']}"))
    assert customer["id"] == said["customer_id"]
    assert customer["conversation_id"] == said["conversation_id"]
    assert identities(customer) == {("channel:web", "mette-1", "verified"),
                                    ("email", "mette@example.dk", "verified"),
                                    ("phone", "+4511223344", "claimed")}
    assert customer["name"] is None and customer["created_at"]


def test_absent_customers(world):
    said = says(world, "no-customer")["message"]
    for path in (said["conversation_id"], "nobody"):
        assert world.admin().get(f"/v1/customers/{path}").status == 404
        assert world.admin().get(f"/v1/customers/{path}/export").status == 404
        assert world.admin().delete(f"/v1/customers/{path}").status == 404
        assert world.admin().post(f"/v1/customers/{path}/identities",
                                  {"kind": "email", "value": "a@b.dk"}).status == 404


def test_lookup_is_blind_to_how_an_address_is_written(world):
    said = says(world, "lookup-1", identities=[
        {"kind": "email", "value": "anders@example.dk", "verified": True},
        {"kind": "phone", "value": "+4599887766", "verified": False}])["message"]
    admin = world.admin()
    for value in ("anders@example.dk", " ANDERS@Example.dk "):
        found = ok(admin.get(f"/v1/lookup?{query(kind='email', value=value)}"))
        assert found["customer"]["id"] == said["customer_id"]
        assert found["conversation"]["id"] == said["conversation_id"]
    assert admin.get(f"/v1/lookup?{query(kind='email', value='other@example.dk')}").status == 404
    # What somebody only says of themselves leads to nobody.
    assert admin.get(f"/v1/lookup?{query(kind='phone', value='+4599887766')}").status == 404
    refused(admin.get("/v1/lookup?kind=email"), "value")
    refused(admin.get("/v1/lookup?value=x"), "kind")
    assert admin.get(f"/v1/lookup?{query(kind='email', value='no address')}").status == 422


def test_an_identity_is_added_and_then_leads_there(world):
    said = says(world, "added-1")["message"]
    path = f"/v1/customers/{said['customer_id']}/identities"
    body = {"kind": "email", "value": "Added@example.dk", "verified": True}
    customer = ok(world.admin().post(path, body), 201)
    assert ("email", "added@example.dk", "verified") in identities(customer)
    found = ok(world.admin().get(f"/v1/lookup?{query(kind='email', value='added@example.dk')}"))
    assert found["customer"]["id"] == said["customer_id"]
    assert begins(world, "added-mail", channel="mail", identities=[body]) == said["conversation_id"]


def test_a_claim_is_noted_and_joins_nobody(world):
    owner = says(world, "claim-owner", identities=[
        {"kind": "email", "value": "claimed@example.dk", "verified": True}])["message"]
    other = says(world, "claim-other")["message"]
    path = f"/v1/customers/{other['customer_id']}/identities"
    claim = {"kind": "email", "value": "claimed@example.dk", "verified": False}
    customer = ok(world.admin().post(path, claim), 201)
    assert ("email", "claimed@example.dk", "claimed") in identities(customer)
    taken = world.admin().post(path, {**claim, "verified": True})
    assert taken.status == 409, taken
    assert other["customer_id"] != owner["customer_id"]


@pytest.mark.parametrize("body, pointer", [
    ({}, "/kind"), ({"kind": "email"}, "/value"), ({"kind": "email", "value": "nobody"}, "/value"),
    ({"kind": "E Mail", "value": "a@b.dk"}, "/kind"),
    ({"kind": "email", "value": "a@b.dk", "verified": "yes"}, "/verified"),
    ({"kind": "email", "value": "a@b.dk", "extra": 1}, "/extra")])
def test_a_wrong_identity_is_refused(world, body, pointer):
    said = says(world, "wrong-identity")["message"]
    answer = world.admin().post(f"/v1/customers/{said['customer_id']}/identities", body)
    assert answer.status == 422, answer
    assert answer.json["errors"][0]["pointer"] == pointer


def test_who_may_do_what(world):
    said = says(world, "roles")["message"]
    path = f"/v1/customers/{said['customer_id']}"
    body = {"kind": "email", "value": "roles@example.dk", "verified": True}
    connector, dashboard, agent = world.connector("web"), world.dashboard(), world.agent("anna")
    assert connector.get(path).status == 403
    assert connector.get(f"/v1/lookup?{query(kind='email', value='a@b.dk')}").status == 403
    assert dashboard.post(f"{path}/identities", body).status == 403
    assert dashboard.delete(path).status == agent.delete(path).status == 403
    assert agent.get(f"{path}/export").status == 403
    assert agent.post(f"{path}/identities", body).status == 201


def test_two_who_are_shown_to_be_one_become_one(world):
    """A verified identity in common: no message is asked for twice, the redirect is told."""
    shared = {"kind": "email", "value": "shared-two@example.dk", "verified": True}
    first = says(world, "two-first")["message"]
    second = says(world, "two-second")["message"]
    ok(world.admin().post(f"/v1/customers/{first['customer_id']}/identities", shared), 201)
    third = says(world, "two-second", identities=[shared])["message"]
    assert third["conversation_id"] == first["conversation_id"]
    moved = world.admin().get(f"/v1/customers/{second['customer_id']}")
    assert moved.status == 308
    assert moved.headers["Location"] == f"/v1/customers/{first['customer_id']}"
    moved = world.admin().get(f"/v1/conversations/{second['conversation_id']}/messages?limit=2")
    assert moved.headers["Location"] == \
        f"/v1/conversations/{first['conversation_id']}/messages?limit=2"


def test_the_export_holds_every_row_and_nobody_elses(world):
    canary = "Kanariefugl-7"
    shared = {"kind": "email", "value": "export@example.dk", "verified": True}
    said = says(world, "export-web", f"{canary} one", identities=[shared],
                metadata={"note": f"{canary} meta"})["message"]
    says(world, "export-mail", f"{canary} two", channel="mail", identities=[shared])
    other = says(world, "export-other", "somebody else's words")["message"]
    path = f"/v1/conversations/{said['conversation_id']}"
    ok(world.admin().post(f"{path}/notes", {"author": {"type": "agent", "id": "anna"},
                                            "text": f"{canary} note"}), 200)
    ok(world.admin().post(f"{path}/takeover", {"agent": "anna"},
                          headers={"Idempotency-Key": "export-take"}))
    answer = world.admin().get(f"/v1/customers/{said['customer_id']}/export")
    document = ok(answer)
    texts = [entry["message"]["text"] for entry in document["messages"]]
    for text in (f"{canary} one", f"{canary} two", f"{canary} note"):
        assert text in texts
    assert f"{canary} meta" in answer.text
    records = document["records"]
    assert {"customer", "identity", "conversation", "arrival", "event", "attention",
            "search"} <= set(records)
    assert len(records["identity"]) == 3 and len(records["conversation"]) == 1
    assert records["without_key"][0]["idempotency"][0]["answer"]
    assert any(entry.get("decision", {}).get("signals") for entry in document["messages"])
    assert "somebody else" not in answer.text and other["customer_id"] not in answer.text


