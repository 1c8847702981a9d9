"""What the providers of chat channels do, as far as a test needs it: how a channel is configured,
what their webhook calls look like and how they are signed, what they check of a reply, and what
they answer to it."""

import base64
import dataclasses
import hashlib
import hmac
import itertools
import json
import time
import urllib.parse

from peer import Answer

_numbers = itertools.count(1000)


def mac(secret, data, digest="sha256"):
    return hmac.new(secret.encode(), data, digest)


@dataclasses.dataclass
class Call:
    """One webhook call, ready to be posted."""
    body: bytes
    headers: dict
    query: str = ""
    status: int = 200


def number():
    return next(_numbers)


def as_json(value):
    return json.dumps(value, ensure_ascii=True).encode()


class Provider:
    """The other side of one kind of channel. `secret` signs; `sender` is a customer."""
    kind = secret_name = None
    secret = "s3cret-of-the-app"
    credentials, settings = {}, {}
    sender, address = "4512345678", "4512345678"
    receipts = ()           # what of our replies' fate it tells
    answer_status = 200

    def configuration(self, api_base, secret=None):
        return {"kind": self.kind, "settings": {**self.settings, "api_base": api_base},
                "credentials": {self.secret_name: secret or self.secret, **self.credentials}}

    def call(self, value, secret=None, **more):
        body = as_json(value)
        return Call(body, {"Content-Type": "application/json",
                           **self.signature(body, secret or self.secret)},
                    status=self.answer_status, **more)

    def signature(self, body, secret):
        raise NotImplementedError

    def message(self, text, sender=None, id_=None, secret=None):
        raise NotImplementedError

    def check(self, request):
        """The text of a reply; an assertion that fails is what the provider would refuse."""
        raise NotImplementedError

    def accept(self, id_):
        raise NotImplementedError

    def receipt(self, id_, status):
        raise NotImplementedError


class Meta(Provider):
    secret_name = "app_secret"
    credentials = {"verify_token": "v-token", "access_token": "a-token"}

    def signature(self, body, secret):
        return {"X-Hub-Signature-256": "sha256=" + mac(secret, body).hexdigest()}


class WhatsApp(Meta):
    kind, receipts = "whatsapp", ("delivered", "read")
    settings = {"phone_number_id": "1055"}

    def change(self, value, secret=None):
        value = {"messaging_product": "whatsapp", "metadata": {
            "display_phone_number": "4570000000", "phone_number_id": "1055"}, **value}
        return self.call({"object": "whatsapp_business_account", "entry": [
            {"id": "9", "changes": [{"field": "messages", "value": value}]}]}, secret)

    def message(self, text, sender=None, id_=None, secret=None):
        sender = sender or self.sender
        return self.change({"contacts": [{"wa_id": sender, "profile": {"name": "Mette"}}],
                            "messages": [{"from": sender, "id": id_ or f"wamid.{number()}",
                                          "timestamp": str(int(time.time())), "type": "text",
                                          "text": {"body": text}}]}, secret)

    def check(self, request):
        body = request.json()
        assert request.path.endswith("/1055/messages"), request.path
        assert request.headers["authorization"] == "Bearer a-token"
        assert body["messaging_product"] == "whatsapp" and body["type"] == "text"
        assert body["to"] == self.address
        return body["text"]["body"]

    def accept(self, id_):
        return Answer(200, {"messaging_product": "whatsapp", "messages": [{"id": id_}]})

    def receipt(self, id_, status):
        return self.change({"statuses": [{"id": id_, "status": status, "recipient_id": self.sender,
                                          "timestamp": str(int(time.time()))}]})


class Messenger(Meta):
    kind, receipts = "messenger", ("delivered", "read")
    settings = {"page_id": "77"}
    sender = address = "26000000000001"
    object = "page"

    def event(self, value, secret=None):
        return self.call({"object": self.object, "entry": [{"id": "77", "time": 1, "messaging": [
            {"sender": {"id": self.sender}, "recipient": {"id": "77"},
             "timestamp": int(time.time() * 1000), **value}]}]}, secret)

    def message(self, text, sender=None, id_=None, secret=None):
        value = {"message": {"mid": id_ or f"m_{number()}", "text": text}}
        return self.event({**value, **({"sender": {"id": sender}} if sender else {})}, secret)

    def check(self, request):
        body = request.json()
        assert request.path.endswith("/77/messages"), request.path
        assert request.headers["authorization"] == "Bearer a-token"
        assert body["messaging_type"] == "RESPONSE" and body["recipient"]["id"] == self.address
        return body["message"]["text"]

    def accept(self, id_):
        return Answer(200, {"recipient_id": self.address, "message_id": id_})

    def receipt(self, id_, status):
        now = int(time.time() * 1000) + 1000
        if status == "delivered":
            return self.event({"delivery": {"mids": [id_], "watermark": now}})
        return self.event({"read": {"watermark": now}})


class Instagram(Messenger):
    kind, object = "instagram", "instagram"
    settings = {"account_id": "77"}
    receipts = ("read",)

    def receipt(self, id_, status):
        return self.event({"read": {"mid": id_}})


class Telegram(Provider):
    kind, secret_name, secret = "telegram", "secret_token", "tg-token_1"
    credentials = {"bot_token": "123:abc"}
    sender = address = "5000000001"

    def signature(self, body, secret):
        return {"X-Telegram-Bot-Api-Secret-Token": secret}

    def message(self, text, sender=None, id_=None, secret=None):
        who = int(sender or self.sender)
        return self.call({"update_id": number(), "message": {
            "message_id": id_ or number(), "date": int(time.time()), "text": text,
            "from": {"id": who, "first_name": "Mette", "is_bot": False, "language_code": "en"},
            "chat": {"id": who, "type": "private"}}}, secret)

    def check(self, request):
        assert request.path == "/bot123:abc/sendMessage", request.path
        body = request.json()
        assert str(body["chat_id"]) == self.address
        return body["text"]

    def accept(self, id_):
        return Answer(200, {"ok": True, "result": {"message_id": 7, "chat": {
            "id": int(self.address)}}})


class Twilio(Provider):
    kind, secret_name, receipts = "twilio", "auth_token", ("delivered",)
    credentials = {"account_sid": "AC1"}
    settings = {"public_url": "https://hooks.example/twilio", "from": "+4570000000"}
    sender = address = "+4512345678"
    answer_status = 204

    def call(self, value, secret=None, **more):
        text = self.settings["public_url"] + "".join(k + value[k] for k in sorted(value))
        signed = mac(secret or self.secret, text.encode(), "sha1").digest()
        return Call(urllib.parse.urlencode(value).encode(), {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": base64.b64encode(signed).decode()}, status=204)

    def message(self, text, sender=None, id_=None, secret=None):
        return self.call({"MessageSid": id_ or f"SM{number()}", "AccountSid": "AC1",
                          "From": sender or self.sender, "To": "+4570000000", "Body": text,
                          "NumMedia": "0"}, secret)

    def check(self, request):
        assert request.path.endswith("/Accounts/AC1/Messages.json"), request.path
        user = base64.b64encode(f"AC1:{self.secret}".encode()).decode()
        assert request.headers["authorization"] == f"Basic {user}"
        form = dict(urllib.parse.parse_qsl(request.body.decode()))
        assert form["To"] == self.address and form["From"] == "+4570000000"
        return form["Body"]

    def accept(self, id_):
        return Answer(201, {"sid": id_, "status": "queued", "error_code": None})

    def receipt(self, id_, status):
        return self.call({"MessageSid": id_, "MessageStatus": status, "AccountSid": "AC1"})


class Line(Provider):
    kind, secret_name = "line", "channel_secret"
    credentials = {"access_token": "l-token"}
    sender = address = "U0123456789abcdef0123456789abcdef"

    def signature(self, body, secret):
        return {"X-Line-Signature": base64.b64encode(mac(secret, body).digest()).decode()}

    def message(self, text, sender=None, id_=None, secret=None):
        return self.call({"destination": "Uxx", "events": [{
            "type": "message", "mode": "active", "timestamp": int(time.time() * 1000),
            "source": {"type": "user", "userId": sender or self.sender}, "replyToken": "r",
            "webhookEventId": f"01H{number()}", "deliveryContext": {"isRedelivery": False},
            "message": {"id": id_ or str(number()), "type": "text", "text": text}}]}, secret)

    def check(self, request):
        assert request.path == "/v2/bot/message/push", request.path
        assert request.headers["authorization"] == "Bearer l-token"
        assert len(request.headers["x-line-retry-key"]) == 36
        body = request.json()
        assert body["to"] == self.address and body["messages"][0]["type"] == "text"
        return body["messages"][0]["text"]

    def accept(self, id_):
        return Answer(200, {"sentMessages": [{"id": id_}]})


class Slack(Provider):
    kind, secret_name = "slack", "signing_secret"
    credentials = {"access_token": "xoxb-1"}
    sender, address = "U123", "D99"

    def call(self, value, secret=None, at=None, **more):
        body, at = as_json(value), str(at or int(time.time()))
        signed = mac(secret or self.secret, b"v0:" + at.encode() + b":" + body).hexdigest()
        return Call(body, {"Content-Type": "application/json", "X-Slack-Signature": f"v0={signed}",
                           "X-Slack-Request-Timestamp": at})

    def message(self, text, sender=None, id_=None, secret=None):
        return self.call({"type": "event_callback", "team_id": "T1", "event_id": f"Ev{number()}",
                          "event_time": int(time.time()), "event": {
                              "type": "message", "channel": "D99", "channel_type": "im",
                              "user": sender or self.sender, "text": text,
                              "ts": id_ or f"17000.{number():06}"}}, secret)

    def check(self, request):
        assert request.path == "/chat.postMessage" or request.path == "/api/chat.postMessage"
        assert request.headers["authorization"] == "Bearer xoxb-1"
        assert request.json()["channel"] == self.address
        return request.json()["text"]

    def accept(self, id_):
        return Answer(200, {"ok": True, "channel": "D99", "ts": "17000.999999"})


class WeChat(Provider):
    kind, secret_name, secret = "wechat", "token", "wx-token"
    credentials = {"app_id": "wx1", "app_secret": "sec"}
    sender = address = "oUser_1"

    def query(self, secret):
        words = [secret, "1700000000", "nonce1"]
        signed = hashlib.sha1("".join(sorted(words)).encode()).hexdigest()
        return f"signature={signed}&timestamp=1700000000&nonce=nonce1"

    def message(self, text, sender=None, id_=None, secret=None):
        body = (f"<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA["
                f"{sender or self.sender}]]></FromUserName><CreateTime>{int(time.time())}"
                f"</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]>"
                f"</Content><MsgId>{id_ or number()}</MsgId></xml>")
        return Call(body.encode(), {"Content-Type": "text/xml"}, self.query(secret or self.secret))

    def check(self, request):
        assert request.path.startswith("/cgi-bin/message/custom/send?access_token=t-1")
        body = request.json()
        assert body["touser"] == self.address and body["msgtype"] == "text"
        return body["text"]["content"]

    def accept(self, id_):
        def decide(request, _):
            if request.path.startswith("/cgi-bin/token"):
                assert "appid=wx1" in request.path and "secret=sec" in request.path
                return Answer(200, {"access_token": "t-1", "expires_in": 7200})
            return Answer(200, {"errcode": 0, "errmsg": "ok"})
        return decide


PROVIDERS = [one() for one in (WhatsApp, Messenger, Instagram, Telegram, Twilio, Line, Slack,
                               WeChat)]
