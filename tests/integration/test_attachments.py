"""Bytes that came with a message: kept, handed out as a download only, moved to an S3-compatible
store if there is one, gone with the person."""

import email.message
import hashlib
import hmac
import itertools
import re

import pytest

import harness
from harness import eventually
from talk import ok, shop

SECRET, KEY, REGION = "s3-secret", "s3-key", "eu-test-1"
PICTURE = bytes(range(256)) * 300
_numbers = itertools.count(1)


class Bucket:
    """A store that checks each signature as S3 does."""

    def __init__(self, make_peer):
        self.objects = {}
        self.peer = make_peer(self.decide)

    def signature(self, request):
        when, signed = request.headers["x-amz-date"], "host;x-amz-content-sha256;x-amz-date"
        body = hashlib.sha256(request.body).hexdigest()
        lines = "".join(f"{name}:{request.headers[name]}\n" for name in signed.split(";"))
        canonical = f"{request.method}\n{request.path}\n\n{lines}\n{signed}\n{body}"
        scope = f"{when[:8]}/{REGION}/s3/aws4_request"
        text = (f"AWS4-HMAC-SHA256\n{when}\n{scope}\n"
                f"{hashlib.sha256(canonical.encode()).hexdigest()}")
        key = ("AWS4" + SECRET).encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), "sha256").digest()
        made = hmac.new(key, text.encode(), "sha256").hexdigest()
        return (f"AWS4-HMAC-SHA256 Credential={KEY}/{scope},SignedHeaders={signed},"
                f"Signature={made}")

    def decide(self, request, _):
        if request.headers.get("authorization") != self.signature(request):
            return harness.Answer(403, b"SignatureDoesNotMatch")
        if request.method == "PUT":
            self.objects[request.path] = request.body
        if request.method == "DELETE":
            return harness.Answer(204 if self.objects.pop(request.path, None) else 404)
        if request.method == "GET":
            return harness.Answer(200, self.objects[request.path])
        return harness.Answer(200)


def mail(sender="mette@example.dk", name="a picture.png"):
    message = email.message.EmailMessage()
    message["From"], message["To"] = sender, "help@shop.example"
    message["Subject"], message["Message-ID"] = "A picture", f"<{next(_numbers)}@example.dk>"
    message.set_content("Here it is.")
    message.add_attachment(PICTURE, maintype="image", subtype="png", filename=name)
    return message.as_bytes()


def sends(world, raw):
    """The stored message of a mail."""
    client = world.connector("mail")
    answer = client.request("POST", "/v1/channels/mail/webhook", raw,
                            headers={"Content-Type": "message/rfc822"})
    assert answer.status == 200, answer
    event = ok(world.admin().get("/v1/channels/mail/inbound"))["items"][0]["events"][0]
    return ok(world.admin().get(f"/v1/messages/{event['message_id']}"))


@pytest.fixture
def shop_by_mail(make_world):
    def make(**options):
        world = make_world(**options)
        admin = shop(world)
        assert admin.put("/v1/channels/mail", {
            "kind": "email_raw", "settings": {"address": "help@shop.example"}}).status == 201
        return world
    return make


def test_bytes_are_handed_out_as_a_download_and_to_nobody_else(shop_by_mail):
    world = shop_by_mail(workers=0)
    stored = sends(world, mail(name="../evil\"; x=y \u00e6.html"))
    attachment, = stored["attachments"]
    assert attachment["content_type"] == "image/png" and attachment["size"] == len(PICTURE)
    answer = world.admin().get(attachment["url"])
    assert answer.body == PICTURE and answer.headers["Content-Type"] == "application/octet-stream"
    assert re.fullmatch(r"attachment; filename\*=UTF-8''[\w.%-]+",
                        answer.headers["Content-Disposition"])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert world.router.client().get(attachment["url"]).status == 401
    assert world.connector("mail").get(attachment["url"]).status == 200
    world.channel("other")
    assert world.connector("other").get(attachment["url"]).status == 404


def test_a_repeated_mail_keeps_its_bytes_once(shop_by_mail):
    world = shop_by_mail(workers=0)
    raw = mail()
    assert sends(world, raw)["id"] == sends(world, raw)["id"]
    assert world.sql.number("SELECT count(*) FROM attachment") == 1


def test_bytes_move_to_the_store_and_go_with_the_person(shop_by_mail, make_peer):
    bucket = Bucket(make_peer)
    world = shop_by_mail(objects_url=f"{bucket.peer.url}/bucket", objects_key=KEY,
                         objects_secret=SECRET, objects_region=REGION)
    stored = sends(world, mail())
    url = stored["attachments"][0]["url"]
    eventually(lambda: world.sql.number("SELECT count(*) FROM attachment WHERE bytes IS NOT NULL")
               == 0, 10, 0.05, "the bytes have moved")
    assert list(bucket.objects.values()) == [PICTURE]
    assert world.admin().get(url).body == PICTURE
    assert world.admin().delete(f"/v1/customers/{stored['customer_id']}").status in (200, 204)
    eventually(lambda: not bucket.objects, 10, 0.05, "the store has deleted them")
    assert world.admin().get(url).status == 404
    assert world.sql.number("SELECT count(*) FROM attachment_gone") == 0


def test_a_store_that_does_not_answer_loses_nothing(shop_by_mail, make_peer):
    down = make_peer(harness.Answer(503))
    world = shop_by_mail(objects_url=f"{down.url}/bucket", objects_key=KEY, objects_secret=SECRET)
    url = sends(world, mail())["attachments"][0]["url"]
    down.wait(1)
    assert world.admin().get(url).body == PICTURE
