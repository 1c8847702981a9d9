"""Channels end to end: what a provider calls, what becomes of it, what leaves and what is told
back of it. The other side checks what the provider would check."""

import pytest

import harness
from harness import eventually
from providers import PROVIDERS, Messenger, Slack, Telegram, WeChat, WhatsApp
from talk import caught_up, ok, shop

IDS = [provider.kind for provider in PROVIDERS]


def post(world, call, channel="c", router=0):
    path = f"/v1/channels/{channel}/webhook" + (f"?{call.query}" if call.query else "")
    return world.routers[router].client().request("POST", path, call.body, headers=call.headers)


def inbound(world, channel="c"):
    return ok(world.admin().get(f"/v1/channels/{channel}/inbound?limit=200"))["items"]


def takes(world, call, channel="c"):
    """Posts the call as its provider does; the events that were understood."""
    answer = post(world, call, channel)
    assert answer.status == call.status, answer
    return inbound(world, channel)[0]["events"]


def messages(world, conversation):
    return ok(world.admin().get(f"/v1/conversations/{conversation}/messages"))["items"]


def rows(world):
    return {name: world.sql.number(f"SELECT count(*) FROM {name}")
            for name in ("message", "conversation", "customer", "identity", "event", "inbound")}


@pytest.fixture
def wired(make_world, peer):
    """wired(provider, …): a world with a shop and the provider's channel `c`."""
    def make(provider, secret=None, **options):
        world = make_world(**options)
        admin = shop(world)
        configuration = provider.configuration(peer.url, secret)
        assert admin.put("/v1/channels/c", configuration).status == 201
        return world
    return make


@pytest.mark.parametrize("provider", PROVIDERS, ids=IDS)
def test_in_by_webhook_out_by_api_and_the_receipt_back(provider, wired, peer):
    sent_id = "wamid.OUT" if provider.kind == "whatsapp" else "out-1"
    peer.answer = provider.accept(sent_id)
    world = wired(provider)
    event, = takes(world, provider.message("Where is my parcel?"))
    assert event["type"] == "message", event

    def reply():
        out = [m for m in messages(world, event["conversation_id"]) if m["direction"] == "out"]
        return out[0] if out and out[0]["delivery"]["status"] == "sent" else None
    answer = eventually(reply, 10, 0.05, "the bot's answer has left")
    texts = [provider.check(r) for r in peer.requests if not r.path.startswith("/cgi-bin/token")]
    assert texts == [answer["text"]] and "on its way" in texts[0]
    for status in provider.receipts:
        event_, = takes(world, provider.receipt(answer["external_id"], status))
        assert event_["type"] in ("status", "read"), event_
        after = messages(world, event["conversation_id"])[-1]
        assert after["delivery"]["status"] == status, (event_, after)


@pytest.mark.parametrize("provider", PROVIDERS, ids=IDS)
def test_what_is_not_proven_stores_nothing(provider, wired):
    world = wired(provider, secret=["new-secret", provider.secret], workers=0)
    before = rows(world)
    good = provider.message("hello")
    for call in (provider.message("x", secret="other-secret"),
                 provider.message("x", secret=provider.secret[:-1]),
                 provider.message("x", secret="new-secret" + "x")):
        assert post(world, call).status == 401
    bare = {k: v for k, v in good.headers.items() if k == "Content-Type"}
    unsigned = type(good)(good.body, bare)
    empty = type(good)(good.body, {k: v if k == "Content-Type" else ""
                                   for k, v in good.headers.items()}, "signature=")
    for call in (unsigned, empty):
        assert post(world, call).status == 401
    if provider.kind not in ("telegram", "wechat"):     # whose proof does not cover the body
        again = type(good)(good.body.replace(b"hello", b"hallo"), good.headers, good.query)
        assert post(world, again).status == 401
    assert rows(world) == before
    assert post(world, good).status == good.status
    assert post(world, provider.message("by the new one", secret="new-secret")).status \
        == provider.answer_status
    assert rows(world)["message"] == before["message"] + 2


@pytest.mark.parametrize("provider", PROVIDERS, ids=IDS)
def test_a_repeated_delivery_changes_nothing(provider, wired):
    world = wired(provider, routers=2, workers=0)
    call = provider.message("Where is my parcel?")
    first, = takes(world, call)
    before = rows(world)
    answers = harness.together(10, lambda i: post(world, call, router=i % 2))
    assert {a.status for a in answers} == {call.status}
    after = rows(world)
    assert {**after, "inbound": 0} == {**before, "inbound": 0}
    assert {row["events"][0]["type"] for row in inbound(world)[:10]} == {"duplicate"}
    assert inbound(world)[0]["events"][0]["message_id"] == first["message_id"]


def test_a_proven_body_that_is_not_understood_is_kept_and_may_be_replayed(wired):
    provider = Telegram()
    world = wired(provider, workers=0)
    call = provider.message("x")
    call.body = b'{"update_id": 1, "message": '
    assert post(world, call).status == 200
    row = inbound(world)[0]
    assert row["state"] == "quarantined" and row["events"] == []
    path = f"/v1/channels/c/inbound/{row['id']}/replay"
    assert ok(world.admin().post(path))["state"] == "quarantined"
    assert bytes.fromhex(world.sql.value("SELECT encode(body, 'hex') FROM inbound")) == call.body
    world.sql.rows("UPDATE inbound SET body = convert_to($1, 'UTF8')",
                   provider.message("now it is").body.decode())
    again = ok(world.admin().post(path))
    assert again["state"] == "done" and again["events"][0]["type"] == "message"
    assert world.admin().post(path).status == 409
    assert world.dashboard().get("/v1/channels/c/inbound").status == 403


def test_one_bad_item_harms_nothing_else(wired):
    provider = WhatsApp()
    world = wired(provider, workers=0)
    good = [{"from": provider.sender, "id": f"wamid.{i}", "timestamp": "1700000000",
             "type": "text", "text": {"body": f"no {i}"}} for i in range(3)]
    call = provider.change({"messages": [good[0], {"type": "text"}, good[1], 17, good[2],
                                         {"id": "wamid.x", "from": provider.sender,
                                          "type": "hologram", "timestamp": "1700000000"}]})
    types = [event["type"] for event in takes(world, call)]
    assert types.count("message") >= 3 and types.count("invalid") >= 1
    texts = world.sql.rows("SELECT text FROM message WHERE text LIKE 'no %' ORDER BY seq")
    assert [t for t, in texts] == ["no 0", "no 1", "no 2"]


def test_the_handshake_says_back_what_it_was_given_to_who_knows_the_token(wired):
    world = wired(WhatsApp(), workers=0)
    ask = "/v1/channels/c/webhook?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    answer = world.router.client().get(ask + "v-token")
    assert answer.status == 200 and answer.text == "1158201444"
    assert answer.headers["Content-Type"].startswith("text/plain")
    for wrong in ("", "v-toke", "v-token1"):
        assert world.router.client().get(ask + wrong).status == 403


def test_slack_s_challenge_is_answered_only_when_it_is_signed(wired):
    world = wired(Slack(), workers=0)
    call = Slack().call({"type": "url_verification", "challenge": "3eZbrw", "token": "t"})
    assert post(world, call).text == "3eZbrw"
    assert post(world, Slack().call({"type": "url_verification", "challenge": "no"},
                                    secret="other")).status == 401
    old = Slack().call({"type": "url_verification", "challenge": "no"}, at=1700000000)
    assert post(world, old).status == 401


def test_an_answer_from_the_provider_s_inbox_silences_the_bot(wired, peer):
    provider = Messenger()
    world = wired(provider)
    peer.answer = harness.Answer(hang=True)
    admin = world.admin()
    bot = {"kind": "webhook", "url": peer.url, "secret": "whsec_" + "A" * 40, "timeout_ms": 20000}
    assert admin.put("/v1/bots/slow", bot).status == 201
    configuration = provider.configuration(peer.url)
    configuration["settings"]["bot"] = "slow"
    assert admin.put("/v1/channels/c", configuration).status == 200
    event, = takes(world, provider.message("Where is my parcel?"))
    peer.wait(1)
    echo = provider.event({"sender": {"id": "77"}, "recipient": {"id": provider.sender},
                           "message": {"mid": "m_echo", "is_echo": True, "text": "I see to it."}})
    echoed, = takes(world, echo)
    assert echoed["type"] == "echo" and echoed["conversation_id"] == event["conversation_id"]
    conversation = ok(admin.get(f"/v1/conversations/{event['conversation_id']}"))
    assert conversation["control"]["holder"] == {"type": "agent", "id": "outside"}
    peer.answer = harness.Answer(200, {"text": "too late"})
    peer.release()
    eventually(lambda: world.sql.number("SELECT count(*) FROM job") == 0, 10, 0.05, "bot is done")
    said = messages(world, event["conversation_id"])
    assert [(m["direction"], m["text"]) for m in said] == [
        ("in", "Where is my parcel?"), ("out", "I see to it.")]
    assert said[1]["author"]["type"] == "agent" and said[1]["delivery"]["status"] == "sent"
    takes(world, echo)
    assert len(messages(world, event["conversation_id"])) == 2


def test_an_edit_and_a_revoke_change_the_message_and_keep_what_stood_there(wired):
    provider = WhatsApp()
    world = wired(provider, workers=0)
    event, = takes(world, provider.message("the frist text", id_="wamid.A"))
    edit = provider.change({"messages": [{
        "from": provider.sender, "id": "wamid.B", "timestamp": "1700000001", "type": "edit",
        "edit": {"original_message_id": "wamid.A",
                 "message": {"type": "text", "text": {"body": "the first text"}}}}]})
    edited, = takes(world, edit)
    assert edited["type"] == "edit", edited
    stored, = messages(world, event["conversation_id"])
    assert stored["text"] == "the first text" and stored["edited_at"]
    revoke = provider.change({"messages": [{
        "from": provider.sender, "id": "wamid.C", "timestamp": "1700000002", "type": "revoke",
        "revoke": {"original_message_id": "wamid.A"}}]})
    assert takes(world, revoke)[0]["type"] == "revoke"
    takes(world, revoke)
    stored, = messages(world, event["conversation_id"])
    assert stored["text"] == "" and stored["deleted_at"]
    path = f"/v1/conversations/{event['conversation_id']}/timeline"
    audit = [i for i in ok(world.admin().get(path))["items"] if i["type"] in ("edit", "revoke")]
    assert [i["data"]["text_before"] for i in audit] == ["the frist text", "the first text"]


def test_a_reaction_stands_on_its_message(wired):
    provider = WhatsApp()
    world = wired(provider, workers=0)
    event, = takes(world, provider.message("hi", id_="wamid.A"))
    for emoji in ("👍", ""):
        reaction = {"message_id": "wamid.A", **({"emoji": emoji} if emoji else {})}
        call = provider.change({"messages": [{
            "from": provider.sender, "id": f"wamid.R{len(emoji)}", "timestamp": "1700000001",
            "type": "reaction", "reaction": reaction}]})
        assert takes(world, call)[0]["type"] == "reaction"
        assert messages(world, event["conversation_id"])[0]["reaction"] == (emoji or None)


def test_statuses_only_move_forward_and_may_come_before_the_answer(wired, peer):
    provider = WhatsApp()
    world = wired(provider)
    early = provider.receipt("wamid.OUT", "delivered")
    takes(world, early)
    peer.answer = provider.accept("wamid.OUT")
    event, = takes(world, provider.message("Where is my parcel?"))

    def status():
        out = [m for m in messages(world, event["conversation_id"]) if m["direction"] == "out"]
        return out[0]["delivery"]["status"] if out else None
    eventually(lambda: status() == "delivered", 10, 0.05, "the early receipt is taken")
    for told, is_now in (("sent", "delivered"), ("read", "read"), ("delivered", "read"),
                         ("failed", "read")):
        takes(world, provider.receipt("wamid.OUT", told))
        assert status() == is_now


def test_what_a_dead_router_left_is_taken_in_by_a_worker(wired):
    provider = Telegram()
    world = wired(provider, workers=1)
    call = provider.message("left behind")
    world.sql.rows("INSERT INTO inbound (bucket, id, channel, received_at, state, run_at, call,"
                   " body) VALUES (7, '019a9f4d-0f68-7a90-b6f5-0d2b7c91e807', 'c', now(), 0, now(),"
                   " '{\"url\":\"/\",\"headers\":[]}', convert_to($1, 'UTF8'))",
                   call.body.decode())
    eventually(lambda: inbound(world)[0]["state"] == "done", 10, 0.05, "the call is taken in")
    assert world.sql.value("SELECT text FROM message WHERE direction = 0") == "left behind"


def test_a_reply_outside_its_window_takes_another_way_or_is_told_to_people(wired, peer):
    provider = WhatsApp()
    world = wired(provider)
    admin = world.admin()
    peer.answer = provider.accept("wamid.OUT")
    sms = peer.url + "/sms"
    assert admin.put("/v1/channels/sms", {
        "kind": "connector", "credentials": {"secret": "whsec_" + "A" * 40},
        "settings": {"identity_kind": "phone", "outbound_url": sms}}).status == 201
    event, = takes(world, provider.message("Where is my parcel?"))
    conversation = event["conversation_id"]

    def replies(text):
        assert admin.post(f"/v1/conversations/{conversation}/replies",
                          {"author": {"type": "agent", "id": "anna"}, "text": text}).status == 201
        return eventually(lambda: next((m for m in messages(world, conversation)
                                        if m["text"] == text
                                        and m["delivery"]["status"] != "pending"), None),
                          10, 0.05, "the reply is settled")
    assert replies("in time")["delivery"]["status"] == "sent"
    world.sql.rows("UPDATE message SET received_at = now() - interval '25 hours'"
                   " WHERE direction = 0")
    late = replies("too late")
    assert late["delivery"]["status"] == "failed" and "window" in late["delivery"]["last_error"]
    eventually(lambda: any(m["kind"] == "note" and "could not be delivered" in m["text"]
                           for m in messages(world, conversation)), 10, 0.05, "people are told")
    assert admin.post("/v1/messages", {
        "channel": "sms", "external_id": "s-1", "text": "I also have SMS",
        "from": {"address": "+4512345678"}}).json["message"]["conversation_id"] == conversation
    version = ok(admin.post("/v1/policies", {"fallback_channels": ["sms"]}), 201)
    assert admin.post(f"/v1/policies/{version['version']}/activate").status in (200, 204)
    assert admin.post(f"/v1/conversations/{conversation}/replies", {
        "author": {"type": "agent", "id": "anna"}, "text": "by the other way",
        "channel": "c"}).status == 201
    request = next(r for r in peer.wait(len(peer.requests) + 1) if r.path == "/sms")
    assert request.json()["data"]["text"] == "by the other way"


def test_a_long_answer_leaves_in_parts_and_none_twice(wired, peer):
    provider = Telegram()
    world = wired(provider)
    event, = takes(world, provider.message("Where is my parcel?"))
    peer.wait(1)
    peer.answers = [provider.accept(""), harness.Answer(500), provider.accept("")]
    peer.answer = provider.accept("")
    before = len(peer.requests)
    text = " ".join(f"This is sentence number {i} of a long story." for i in range(220))
    path = f"/v1/conversations/{event['conversation_id']}"
    assert world.admin().post(f"{path}/replies", {
        "author": {"type": "agent", "id": "anna"}, "text": text}).status == 201
    peer.wait(before + 2)
    world.sql.rows("UPDATE job SET run_at = now() WHERE run_at > now() + interval '1 second'"
                   " AND token IS NULL")
    eventually(lambda: messages(world, event["conversation_id"])[-1]["delivery"]["status"]
               == "sent", 20, 0.05, "all of it has left")
    parts = [r.json()["text"] for r in peer.requests[before:]]
    assert parts.count(parts[0]) == 1 and parts[1] == parts[2]
    assert " ".join([parts[0], *parts[2:]]) == text


def test_a_customer_is_answered_on_the_channel_that_is_asked_for(wired, peer):
    provider = WhatsApp()
    world = wired(provider)
    admin = world.admin()
    assert admin.put("/v1/channels/sms", {"kind": "twilio", "settings": {
        "public_url": "https://h.example/", "from": "+4570000000", "api_base": peer.url},
        "credentials": {"auth_token": "t", "account_sid": "AC1"}}).status == 201
    world.channel("web")
    event, = takes(world, provider.message("Where is my parcel?"))
    peer.wait(1)
    path = f"/v1/conversations/{event['conversation_id']}/replies"
    anna = {"author": {"type": "agent", "id": "anna"}}
    assert admin.post(path, {**anna, "text": "by SMS", "channel": "sms"}).status == 201
    request = peer.wait(2)[1]
    assert "AC1" in request.path and b"To=%2B4512345678" in request.body
    assert admin.post(path, {**anna, "text": "x", "channel": "web"}).status == 422


def test_a_channel_s_rate_is_kept_by_all_workers_together(wired, peer):
    provider = Telegram()
    world = wired(provider, workers=2)
    configuration = provider.configuration(peer.url)
    configuration["settings"]["rate_per_s"] = 5
    assert world.admin().put("/v1/channels/c", configuration).status == 200
    peer.answer = provider.accept("")
    for i in range(20):
        takes(world, provider.message("Where is my parcel?", sender=str(6000000000 + i)))
    at = [request.at for request in peer.wait(20, 20)]
    # A second's worth may be caught up after a pause; then it is one every fifth of a second.
    assert at[19] - at[5] > 13 / 5 * 0.9, [round(t - at[0], 2) for t in at]


def test_a_token_is_fetched_once_and_again_only_when_it_is_refused(wired, peer):
    provider = WeChat()
    world = wired(provider, workers=2)
    valid = ["t-1"]
    fetched = []

    def decide(request, _):
        if request.path.startswith("/cgi-bin/token"):
            fetched.append(valid[0])
            return harness.Answer(200, {"access_token": valid[0], "expires_in": 7200})
        good = request.path.endswith("access_token=" + valid[0])
        return harness.Answer(200, {"errcode": 0 if good else 40001, "errmsg": ""})
    peer.answer = decide

    def answered():
        return world.sql.number("SELECT count(*) FROM message WHERE direction = 1 AND delivery = 2")
    for i in range(4):
        takes(world, provider.message("Where is my parcel?", sender="o-1"))
    eventually(lambda: answered() == 4, 10, 0.05, "all is answered")
    assert fetched == ["t-1"]
    valid[0] = "t-2"
    takes(world, provider.message("Where is my parcel?", sender="o-2"))
    eventually(lambda: answered() == 5, 15, 0.05, "answered with the new token")
    assert fetched == ["t-1", "t-2"]
    assert "t-2" not in world.sql.value("SELECT encode(token, 'escape') FROM channel_token")


def test_a_customer_who_blocked_us_is_told_to_people_at_once(wired, peer):
    provider = Telegram()
    world = wired(provider)
    peer.answer = harness.Answer(403, {"ok": False, "error_code": 403,
                                       "description": "Forbidden: bot was blocked by the user"})
    event, = takes(world, provider.message("Where is my parcel?"))
    path = f"/v1/conversations/{event['conversation_id']}"
    eventually(lambda: ok(world.admin().get(path))["control"]["holder"]["type"] == "queue",
               10, 0.05, "people have it")
    out = [m for m in messages(world, event["conversation_id"]) if m["kind"] == "message"][-1]
    assert out["delivery"]["status"] == "failed" and "403" in out["delivery"]["last_error"]
    assert len(peer.requests) == 1


def test_who_changed_number_is_the_same_customer_and_answered_there(wired, peer):
    provider = WhatsApp()
    world = wired(provider)
    peer.answer = provider.accept("wamid.OUT")
    event, = takes(world, provider.message("Where is my parcel?"))
    peer.wait(1)
    moved = provider.change({"messages": [{
        "from": provider.sender, "id": "wamid.S", "timestamp": "1700000000", "type": "system",
        "system": {"type": "user_changed_number", "wa_id": "4587654321", "body": "x"}}]})
    for _ in range(2):
        assert takes(world, moved)[0]["type"] == "system"
    path = f"/v1/conversations/{event['conversation_id']}/replies"
    assert world.admin().post(path, {"author": {"type": "agent", "id": "anna"},
                                     "text": "still here"}).status == 201
    assert peer.wait(2)[1].json()["to"] == "4587654321"
    again, = takes(world, provider.message("From the new one", sender="4587654321"))
    assert again["conversation_id"] == event["conversation_id"]


def test_a_hidden_number_and_a_known_one_are_one_customer(wired):
    provider = WhatsApp()
    world = wired(provider, workers=0)
    first, = takes(world, provider.message("by number"))
    both = {"contacts": [{"wa_id": provider.sender, "user_id": "DK.123", "profile": {}}],
            "messages": [{"from": provider.sender, "from_user_id": "DK.123", "id": "wamid.2",
                          "timestamp": "1700000000", "type": "text", "text": {"body": "both"}}]}
    second, = takes(world, provider.change(both))
    hidden = {"contacts": [{"user_id": "DK.123", "profile": {"username": "mette"}}],
              "messages": [{"from_user_id": "DK.123", "id": "wamid.3", "timestamp": "1700000001",
                            "type": "text", "text": {"body": "hidden"}}]}
    third, = takes(world, provider.change(hidden))
    found = [ok(world.admin().get(f"/v1/messages/{e['message_id']}"))["customer_id"]
             for e in (first, second, third)]
    customers = {ok(world.admin().get(f"/v1/customers/{c}"))["id"] for c in found}
    assert len(customers) == 1


def test_what_was_edited_is_found_by_its_new_words_and_what_was_taken_back_by_none(wired):
    provider = WhatsApp()
    world = wired(provider)
    event, = takes(world, provider.message("an elephant in the garden", id_="wamid.A"))

    def found(word):
        caught_up(world)
        items = ok(world.admin().get(f"/v1/conversations?q={word}"))["items"]
        return [c["id"] for c in items] == [event["conversation_id"]]
    assert found("elephant")
    takes(world, provider.change({"messages": [{
        "from": provider.sender, "id": "wamid.B", "timestamp": "1700000001", "type": "edit",
        "edit": {"original_message_id": "wamid.A",
                 "message": {"type": "text", "text": {"body": "a giraffe in the garden"}}}}]}))
    assert found("giraffe") and not found("elephant")
    takes(world, provider.change({"messages": [{
        "from": provider.sender, "id": "wamid.C", "timestamp": "1700000002", "type": "revoke",
        "revoke": {"original_message_id": "wamid.A"}}]}))
    assert not found("giraffe")
