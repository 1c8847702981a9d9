#!/usr/bin/python3
"""What understanding one webhook call costs, dialect by dialect: a chat message of 1 KiB, a mail of
50 KiB with an attachment and a quoted reply. Ends with 0 if none costs more than it may."""

import base64
import email.message
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from providers import PROVIDERS  # noqa: E402
from servers import BUILD  # noqa: E402

CHAT_BYTES, CHAT_US = 1024, 50
MAIL_BYTES, MAIL_US = 50 * 1024, 2000
SENTENCE = "Where is my parcel? I have been waiting for it since Monday. "


def chat(provider):
    """A call of about 1 KiB."""
    bare = len(provider.message("").body)
    text = (SENTENCE * 20)[:max(1, CHAT_BYTES - bare)]
    return provider.message(text)


def mail():
    message = email.message.EmailMessage()
    message["From"] = "Mette Hansen <mette@example.dk>"
    message["To"] = "help@shop.example"
    message["Subject"] = "Re: Your parcel"
    message["Message-ID"] = "<1@example.dk>"
    message["Date"] = "Fri, 20 Nov 2026 10:00:00 +0100"
    now, quoted = SENTENCE * 8, "\n".join("> " + SENTENCE for _ in range(150))
    message.set_content(
        f"{now}\n\nOn Thu, 19 Nov 2026, Shop <help@shop.example> wrote:\n{quoted}\n")
    html = "".join(f"<p>{SENTENCE}</p>" for _ in range(120))
    message.add_alternative(f"<html><body>{html}</body></html>", subtype="html")
    rest = MAIL_BYTES - len(message.as_bytes())
    message.add_attachment(b"\x89PNG" * (rest * 3 // 16), maintype="image", subtype="png",
                           filename="a.png")
    return message.as_bytes()


def mails():
    raw = mail()
    yield "email_raw", raw, "message/rfc822"
    text, html = SENTENCE * 300, "".join(f"<p>{SENTENCE}</p>" for _ in range(120))
    yield "postmark", json.dumps({
        "From": "mette@example.dk", "FromFull": {"Email": "mette@example.dk", "Name": "Mette"},
        "Subject": "Re: Your parcel", "MessageID": "u-1", "TextBody": text, "HtmlBody": html,
        "Headers": [{"Name": "Message-ID", "Value": "<1@example.dk>"}],
        "Attachments": [{"Name": "a.png", "ContentType": "image/png", "ContentLength": 9000,
                         "Content": base64.b64encode(b"p" * 9000).decode()}]}).encode(), \
        "application/json"
    for kind, fields in (
            ("mailgun", {"from": "Mette <mette@example.dk>", "recipient": "help@shop.example",
                         "subject": "Re: Your parcel", "body-plain": text, "body-html": html,
                         "Message-Id": "<1@example.dk>", "timestamp": "1", "token": "t",
                         "signature": "s"}),
            ("sendgrid", {"from": "Mette <mette@example.dk>", "to": "help@shop.example",
                          "subject": "Re: Your parcel", "text": text, "html": html,
                          "headers": "Message-ID: <1@example.dk>\n",
                          "charsets": '{"text":"utf-8"}'})):
        parts = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                        for name, value in fields.items())
        yield kind, (parts + "--b--\r\n").encode(), "multipart/form-data; boundary=b"


def cost(kind, body, content_type, query, rounds):
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        result = subprocess.run(
            [BUILD / "tests/load/parse_cost", "--kind", kind, "--body", file.name, "--type",
             content_type, "--query", query, "--rounds", str(rounds)],
            capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(f"{kind}: {result.stderr}")
    return json.loads(result.stdout)


def main():
    good = True
    print("%-12s %8s %10s %12s %10s" % ("dialect", "bytes", "us a call", "MB/s", "may take"))
    for provider in PROVIDERS:
        call = chat(provider)
        good &= row(provider.kind, cost(provider.kind, call.body, call.headers["Content-Type"],
                                        "/?" + call.query, 4000), CHAT_US)
    for kind, body, content_type in mails():
        good &= row(kind, cost(kind, body, content_type, "/", 200), MAIL_US)
    return 0 if good else 1


def row(kind, figures, most):
    met = figures["us"] <= most and figures["events"] == 1
    print("%-12s %8d %10.1f %12.1f %10d%s" % (kind, figures["bytes"], figures["us"],
                                              figures["bytes_per_s"] / 1e6, most,
                                              "" if met else "  MISSED"))
    return met


if __name__ == "__main__":
    sys.exit(main())
