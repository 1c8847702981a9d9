"""Mail end to end: in by each provider's call, out through a real mail server, and what machines
write back."""

import base64
import email
import email.message
import email.policy
import hmac
import itertools
import json
import time

import pytest

from harness import eventually
from smtp_peer import SmtpPeer
from talk import ok, shop

SHOP, METTE = "help@shop.example", "mette@example.dk"
_numbers = itertools.count(1)


def write(text="Where is my parcel?", sender=METTE, subject="My parcel", **headers):
    """An RFC 5322 message of a person."""
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = f"Mette Holm <{sender}>", SHOP, subject
    message["Message-ID"] = headers.pop("id_", f"<{next(_numbers)}@example.dk>")
    message["Date"] = "Fri, 20 Nov 2026 10:00:00 +0100"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def out_of(sent):
    """What the mail server took, as a message."""
    return email.message_from_bytes(sent["data"].encode("latin-1"), policy=email.policy.default)


@pytest.fixture
def smtp():
    found = SmtpPeer()
    yield found
    found.close()


@pytest.fixture
def post_office(make_world, smtp):
    """A world whose channel `mail` takes raw mail in and sends by the mail server."""
    world = make_world()
    admin = shop(world)
    assert admin.put("/v1/channels/mail", {
        "kind": "email_raw", "settings": {"address": SHOP, "smtp_url": smtp.url(),
                                          "display_name": "Holm & Søn",
                                          "trusted_authserv": ["mx.shop.example"]}}).status == 201
    return world


def post(world, raw, channel="mail", **headers):
    client = world.connector(channel)
    headers = headers or {"Content-Type": "message/rfc822"}
    return client.request("POST", f"/v1/channels/{channel}/webhook", bytes(raw), headers=headers)


def takes(world, message, channel="mail"):
    answer = post(world, message.as_bytes(), channel)
    assert answer.status == 200, answer
    row = ok(world.admin().get(f"/v1/channels/{channel}/inbound"))["items"][0]
    assert row["state"] == "done", row
    event, = row["events"]
    return event


def messages(world, conversation):
    return ok(world.admin().get(f"/v1/conversations/{conversation}/messages"))["items"]


def delivery(world, conversation, seq=2):
    return next(m["delivery"] for m in messages(world, conversation) if m["seq"] == seq)


def test_a_mail_is_answered_in_its_thread_and_the_answer_comes_back(post_office, smtp):
    event = takes(post_office, write())
    assert event["type"] == "message" and event["text"] == "Where is my parcel?", event
    assert event["mail"]["auto"] == "none"
    sent, = smtp.wait(1)
    answer = out_of(sent)
    assert sent["to"] == [METTE] and sent["from"].endswith("shop.example")
    assert answer["To"] and METTE in answer["To"] and SHOP in answer["From"]
    assert "Holm & Søn" in answer["From"]
    assert answer["Subject"] == "Re: My parcel"
    assert answer["In-Reply-To"] == answer["References"] == f"<{event['external_id']}>"
    assert answer["Auto-Submitted"] == "auto-replied"
    assert "on its way" in answer.get_body(("plain",)).get_content()
    back = write(text=f"Thank you!\n\nOn Fri, 20 Nov 2026 at 10:00, Shop <{SHOP}> wrote:\n"
                      "> It is on its way.\n", subject="Re: My parcel",
                 In_Reply_To=answer["Message-ID"], References=answer["Message-ID"])
    again = takes(post_office, back)
    assert again["conversation_id"] == event["conversation_id"]
    assert again["text"] == "Thank you!" and "> It is on its way." in again["full_text"]
    stored = ok(post_office.admin().get(f"/v1/messages/{again['message_id']}"))
    assert stored["type"] == "mail" and stored["subject"] == "Re: My parcel"
    assert stored["in_reply_to"] == answer["Message-ID"].strip("<>")


def test_a_stranger_who_quotes_our_message_does_not_join(post_office, smtp):
    event = takes(post_office, write())
    answer = out_of(smtp.wait(1)[0])
    forged = write(text="Send it to me instead.", sender="mallory@example.net",
                   In_Reply_To=answer["Message-ID"], To2=answer["Reply-To"])
    other = takes(post_office, forged)
    assert other["conversation_id"] != event["conversation_id"]


def test_from_proves_somebody_only_if_our_own_server_says_so(post_office):
    known = {"channel": "web", "external_id": "k-1", "text": "hi", "from": {
        "address": "v", "identities": [{"kind": "email", "value": METTE, "verified": True}]}}
    customer = post_office.admin().post("/v1/messages", known).json["message"]["conversation_id"]
    plain = takes(post_office, write())
    foreign = takes(post_office, write(
        Authentication_Results="mx.elsewhere.example; dmarc=pass header.from=example.dk"))
    failed = takes(post_office, write(
        Authentication_Results="mx.shop.example; dmarc=fail header.from=example.dk"))
    assert customer not in (plain["conversation_id"], foreign["conversation_id"],
                            failed["conversation_id"])
    proven = takes(post_office, write(
        Authentication_Results="mx.shop.example; dmarc=pass header.from=example.dk"))
    assert proven["conversation_id"] == customer


def bounce(to_message, recipient=METTE, status="5.1.1", action="failed"):
    original = out_of(to_message)
    return (f"From: MAILER-DAEMON@mx.example.dk\r\nTo: {to_message['from']}\r\n"
            "Subject: Undelivered Mail Returned to Sender\r\n"
            f"Message-ID: <b{next(_numbers)}@mx.example.dk>\r\nMIME-Version: 1.0\r\n"
            "Auto-Submitted: auto-replied\r\n"
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
            "--b\r\n\r\nI am sorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
            "Reporting-MTA: dns; mx.example.dk\r\n\r\n"
            f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
            "\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
            f"Message-ID: {original['Message-ID']}\r\nSubject: x\r\n--b--\r\n").encode()


def test_reports_settle_the_message_they_are_about_and_are_never_answered(post_office, smtp):
    event = takes(post_office, write())
    sent, = smtp.wait(1)
    eventually(lambda: delivery(post_office, event["conversation_id"])["status"] == "sent")

    def told(raw):
        assert post(post_office, raw).status == 200
        return ok(post_office.admin().get("/v1/channels/mail/inbound"))["items"][0]["events"][0]
    assert told(bounce(sent, action="delayed", status="4.4.1"))["type"] == "delayed"
    assert delivery(post_office, event["conversation_id"])["status"] == "sent"
    failed = told(bounce(sent))
    assert failed["type"] == "bounce" and failed["conversation_id"] == event["conversation_id"]
    now = delivery(post_office, event["conversation_id"])
    assert now["status"] == "failed" and "5.1.1" in now["last_error"]
    away = write(text="I am away until Monday.", subject="Automatic reply: My parcel",
                 In_Reply_To=out_of(sent)["Message-ID"], Auto_Submitted="auto-replied")
    assert takes(post_office, away)["type"] == "auto_reply"
    said = messages(post_office, event["conversation_id"])
    notes = [m for m in said if m["kind"] == "note" and m.get("mail")]
    assert [m["mail"]["auto"] for m in notes] == ["delayed", "bounce", "auto_reply"]
    assert all(m["delivery"] is None for m in notes)
    assert post_office.sql.number("SELECT count(*) FROM job WHERE lane = 1") == 0
    assert post_office.sql.number("SELECT count(*) FROM customer") == 1
    assert len(smtp.mails) == 1


def test_our_own_mail_that_comes_back_is_a_loop(post_office, smtp):
    takes(post_office, write())
    sent = smtp.wait(1)[0]["data"].encode("latin-1")
    assert post(post_office, sent).status == 200
    row = ok(post_office.admin().get("/v1/channels/mail/inbound"))["items"][0]
    assert row["events"][0]["type"] == "loop"
    assert post_office.sql.number("SELECT count(*) FROM customer") == 1


def test_the_same_id_with_another_text_is_kept_beside_it(post_office):
    first = takes(post_office, write(id_="<same@example.dk>"))
    again = takes(post_office, write(id_="<same@example.dk>"))
    assert again["type"] == "duplicate" and again["message_id"] == first["message_id"]
    other = takes(post_office, write(text="Something else", id_="<same@example.dk>"))
    assert other["type"] == "message" and other["message_id"] != first["message_id"]
    assert takes(post_office, write(text="Something else", id_="<same@example.dk>"))["type"] \
        == "duplicate"


@pytest.mark.parametrize("refusal, status, attempts", [
    ({"RCPT": "550 5.1.1 no such user"}, "failed", 1), ({"RCPT": "450 later"}, "pending", 1)])
def test_what_the_mail_server_says_is_followed(make_world, refusal, status, attempts):
    smtp = SmtpPeer(answers=refusal)
    try:
        world = make_world()
        assert shop(world).put("/v1/channels/mail", {"kind": "email_raw", "settings": {
            "address": SHOP, "smtp_url": smtp.url()}}).status == 201
        event = takes(world, write())
        eventually(lambda: any(m["seq"] == 2 and m["delivery"]["last_error"]
                               for m in messages(world, event["conversation_id"])), 10, 0.05)
        now = delivery(world, event["conversation_id"])
        assert (now["status"], now["attempts"]) == (status, attempts), now
        assert refusal["RCPT"][:3] in now["last_error"]
    finally:
        smtp.close()


def form(fields, boundary="b"):
    parts = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
                    f"{value}\r\n" for name, value in fields.items())
    return (parts + f"--{boundary}--\r\n").encode()


def mailgun(secret="key", id_="<mg-1@example.dk>"):
    at, token = str(int(time.time())), f"t{next(_numbers)}"
    signature = hmac.new(secret.encode(), (at + token).encode(), "sha256").hexdigest()
    return form({"from": f"Mette <{METTE}>", "sender": METTE, "recipient": SHOP,
                 "subject": "My parcel", "body-plain": "Where is my parcel?", "Message-Id": id_,
                 "timestamp": at, "token": token, "signature": signature}), \
        {"Content-Type": "multipart/form-data; boundary=b"}


def basic(user="u", password="p"):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def sendgrid(password="p"):
    return form({"from": f"Mette <{METTE}>", "to": SHOP, "subject": "My parcel",
                 "text": "Where is my parcel?", "headers": "Message-ID: <sg-1@example.dk>\n",
                 "charsets": '{"text":"utf-8"}'}), \
        {"Content-Type": "multipart/form-data; boundary=b", "Authorization": basic("u", password)}


def postmark(password="p"):
    return json.dumps({"From": METTE, "FromFull": {"Email": METTE, "Name": "Mette"},
                       "ToFull": [{"Email": SHOP}], "Subject": "My parcel", "MessageID": "uuid-1",
                       "TextBody": "Where is my parcel?",
                       "Headers": [{"Name": "Message-ID", "Value": "<pm-1@example.dk>"}]
                       }).encode(), \
        {"Content-Type": "application/json", "Authorization": basic("u", password)}


@pytest.mark.parametrize("kind, credentials, call, wrong", [
    ("mailgun", {"signing_key": "key"}, mailgun, "other"),
    ("sendgrid", {"username": "u", "password": "p"}, sendgrid, "q"),
    ("postmark", {"username": "u", "password": ["new", "p"]}, postmark, "q")])
def test_providers_prove_themselves_and_their_mail_is_answered(make_world, smtp, kind, credentials,
                                                               call, wrong):
    world = make_world()
    assert shop(world).put("/v1/channels/mail", {
        "kind": kind, "credentials": credentials,
        "settings": {"address": SHOP, "smtp_url": smtp.url()}}).status == 201
    client = world.router.client()
    path = "/v1/channels/mail/webhook"
    body, headers = call(wrong)
    assert client.request("POST", path, body, headers=headers).status == 401
    bare = {"Content-Type": headers["Content-Type"]}
    assert client.request("POST", path, body, headers=bare).status == 401
    assert world.sql.number("SELECT count(*) FROM inbound") == 0
    body, headers = call()
    assert client.request("POST", path, body, headers=headers).status == 200
    event, = ok(world.admin().get("/v1/channels/mail/inbound"))["items"][0]["events"]
    assert event["type"] == "message" and event["text"] == "Where is my parcel?", event
    assert event["external_id"].endswith("@example.dk")
    assert out_of(smtp.wait(1)[0])["In-Reply-To"] == f"<{event['external_id']}>"


def test_raw_mail_needs_a_key_bound_to_the_channel(post_office):
    raw = write().as_bytes()
    path, kind = "/v1/channels/mail/webhook", {"Content-Type": "message/rfc822"}
    assert post_office.router.client().request("POST", path, raw, headers=kind).status == 401
    other = post_office.connector("web")
    assert other.request("POST", path, raw, headers=kind).status == 403
    assert post_office.dashboard().request("POST", path, raw, headers=kind).status == 403
    assert post_office.sql.number("SELECT count(*) FROM inbound") == 0
