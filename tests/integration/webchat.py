"""A site that embeds the chat widget, and its visitors, without a browser."""

import base64
import hashlib
import hmac
import http.client
import itertools
import json
import time

from harness import Client, Stream, eventually
from talk import ok

ORIGIN = "https://shop.example"
SECRETS = ["the newer secret", "the older secret"]
_numbers = itertools.count(1)


def configure(world, name="chat", secrets=SECRETS, **settings):
    """A channel of kind webchat, known to every router."""
    body = {"kind": "webchat", "settings": {"allowed_origins": [ORIGIN], **settings}}
    if secrets:
        body["credentials"] = {"identity_secret": secrets}
    answer = world.admin().put(f"/v1/channels/{name}", body)
    assert answer.status in (200, 201), answer
    for router in world.routers:
        eventually(lambda r=router: r.client().get(f"/v1/channels/{name}/widget.js").status == 200,
                   10, 0.02, "the channel is known")
    return answer


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(claims, secret=SECRETS[0], header=None):
    parts = [b64(json.dumps(part).encode()) for part in (header or {"alg": "HS256"}, claims)]
    mac = hmac.new(secret.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, b64(mac)])


def identity(user, channel="chat", secret=SECRETS[0], **claims):
    """What a site hands to the widget of one who is logged in there."""
    return {"jwt": jwt({"sub": user, "aud": channel, "exp": int(time.time()) + 300, **claims},
                       secret)}


def user_hash(user, secret=SECRETS[0], **more):
    digest = hmac.new(secret.encode(), user.encode(), hashlib.sha256).hexdigest()
    return {"user_id": user, "hash": digest, **more}


class Visitor:
    """One browser on the site."""

    def __init__(self, world, router=0, channel="chat", origin=ORIGIN, **opening):
        self.world, self.channel, self.origin = world, channel, origin
        self.token = None
        self.use(router)
        self.opened = self.open(**opening)

    def use(self, router):
        self.client = Client(self.world.routers[router])
        self.where = self.world.routers[router]
        return self

    def call(self, method, path="", body=None, **headers):
        sent = {"Origin": self.origin} if self.origin else {}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        return self.client.request(method, f"/v1/channels/{self.channel}/sessions{path}", body,
                                   headers=sent)

    def open(self, expect=(200, 201), **body):
        if self.token and "token" not in body:
            body["token"] = self.token
        answer = self.call("POST", "", body)
        assert answer.status in expect, answer
        if answer.status < 300:
            self.token = answer.json["token"]
        return answer

    def says(self, text, client_id=None, expect=201, **members):
        body = {"client_message_id": client_id or f"message-{next(_numbers)}", "text": text,
                **members}
        answer = self.call("POST", "/messages", body)
        assert answer.status == expect, answer
        return answer.json

    def reads(self, **query):
        text = "&".join(f"{name}={value}" for name, value in query.items())
        answer = self.call("GET", f"/messages?{text}")
        assert answer.status == 200, answer
        return answer.json

    def texts(self, **query):
        return [m["text"] for m in self.reads(**query)["items"]]

    def ticket(self):
        answer = self.call("POST", "/ticket")
        assert answer.status == 201, answer
        return answer.json["ticket"]

    def stream(self, ticket=None, after=None):
        query = f"?ticket={ticket or self.ticket()}" + (f"&after={after}" if after else "")
        return Stream(Client(self.where, key="none"),
                      f"/v1/channels/{self.channel}/sessions/stream{query}")

    def address(self):
        token_hash = hashlib.sha256(self.token.encode()).hexdigest()
        return self.world.sql.value(
            "SELECT address FROM visitor WHERE hash = decode($1, 'hex')", token_hash)


def raw_headers(service, path, **headers):
    """Status and headers of a stream, without reading it."""
    link = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
    link.request("GET", path, headers=headers)
    answer = link.getresponse()
    found = answer.status, dict(answer.headers)
    link.close()
    return found


# ---- what is seen of them from both sides ----

def listen(visitor, keep, **kw):
    stream = visitor.stream(**kw)
    keep(stream)
    assert stream.status == 200
    stream.wait(lambda e: e["event"] == "ready")
    return stream


def says(text):
    return lambda e: e["event"] == "message" and e["data"]["text"] == text


def conversation(world, visitor, kind="channel:chat"):
    found = world.admin().get(f"/v1/lookup?kind={kind}&value={visitor.address()}")
    return ok(found)["conversation"]["id"]


def reply(world, visitor, text, agent="anna"):
    path = f"/v1/conversations/{conversation(world, visitor)}/replies"
    return ok(world.agent(agent).post(path, {"text": text}), 201)


def deliveries(world, conversation_id):
    return {m["text"]: m["delivery"]["status"]
            for m in world.admin().items(f"/v1/conversations/{conversation_id}/messages")
            if m["delivery"]}
