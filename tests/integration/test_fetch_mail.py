"""Mail by SMTP: what a real mail server gets, and what it must never get."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

import pytest

from harness import BUILD, SLOW
from smtp_peer import SmtpPeer
from test_fetch import LOOPBACK, PRIVATE, PROGRAM, Drive, Result

ME, YOU = "support@shop.example", "mette@example.dk"
ENVELOPE = ("MAIL FROM", ME, "RCPT TO", YOU, "Message-ID", "1@shop.example")
BODY = ("BODY", "Subject: x||Hej|.|..two|end|")


@pytest.fixture
def drives():
    made = []

    def make(allow=LOOPBACK):
        made.append(Drive(allow))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def drive(drives):
    return drives()


@pytest.fixture
def smtp():
    """smtp(**options): a mail server that is stopped with the test."""
    made = []

    def make(**options):
        made.append(SmtpPeer(**options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def certificate():
    if not shutil.which("openssl"):
        pytest.skip("no openssl program to make a certificate with")
    with tempfile.TemporaryDirectory() as directory:
        key, cert = pathlib.Path(directory) / "key", pathlib.Path(directory) / "cert"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
                        "-out", cert, "-days", "1", "-subj", "/CN=127.0.0.1", "-addext",
                        "subjectAltName=IP:127.0.0.1,DNS:localhost"], check=True,
                       capture_output=True)
        yield {"cert": str(cert), "key": str(key)}


def send(drive, url, headers=ENVELOPE + BODY, **kwargs):
    return drive.run(url, method="MAIL", headers=headers, **kwargs)


def test_a_mail_arrives_as_it_was_written(drive, smtp):
    peer = smtp()
    result = send(drive, peer.url())
    assert result.error == "OK" and result.status == 250
    assert result.headers == 1 and result.asked == 2
    mail = peer.wait()[0]
    assert (mail["from"], mail["to"], mail["tls"], mail["user"]) == (ME, [YOU], False, None)
    assert mail["data"] == "Subject: x\r\n\r\nHej\r\n.\r\n..two\r\nend\r\n"
    assert mail["ehlo"] == "shop.example"


def test_several_recipients_a_large_mail_and_a_name_of_its_own(drive, smtp):
    peer = smtp()
    headers = ENVELOPE + ("RCPT TO", "ole@example.dk", "BODY", ("x" * 75 + "|") * 40_000)
    assert send(drive, peer.url(tail="/me.example"), headers).status == 250
    mail = peer.wait()[0]
    assert mail["to"] == [YOU, "ole@example.dk"] and mail["ehlo"] == "me.example"
    assert mail["data"].count("x") == 3_000_000


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("said", ["451 later", "550 never"])
def test_what_the_server_says_is_the_status(drive, smtp, command, said):
    peer = smtp(answers={command: said})
    result = send(drive, peer.url())
    assert result.error == "OK" and result.status == int(said[:3]) and not peer.mails


@pytest.mark.parametrize("command", ["MAIL", "DATA"])
def test_a_slow_server_ends_at_the_deadline(drive, smtp, command):
    result = send(drive, smtp(slow=command).url(), timeout_ms=500)
    assert result.error == "ERR_TIMEOUT" and result.status == 0


def test_may_send_is_asked_before_the_sender_and_before_the_body(drive, smtp):
    peer = smtp()
    for patience in (0, 1):
        result = send(drive, peer.url(), patience=patience)
        assert result.error == "ERR_DENIED" and result.asked == patience + 1
    assert send(drive, peer.url(), patience=2).status == 250
    assert len(peer.wait()) == 1


@pytest.mark.parametrize("headers", [
    (), ("MAIL FROM", ME), ("RCPT TO", YOU), ("MAIL FROM", ME + ">", "RCPT TO", YOU),
    ("MAIL FROM", ME, "RCPT TO", "<x@y>"), ("MAIL FROM", ME, "RCPT TO", "a b@c"),
    ("MAIL FROM", ME, "RCPT TO", ""), ("MAIL FROM", "", "RCPT TO", YOU)])
def test_an_envelope_that_is_none(drive, smtp, headers):
    peer = smtp()
    assert send(drive, peer.url(), headers + BODY).error == "ERR_DENIED"
    assert not peer.mails


def test_login(drive, smtp):
    peer = smtp(user="u", password="p w")
    assert send(drive, peer.url()).status == 530
    assert send(drive, peer.url(), ENVELOPE + ("SMTP USER", "u", "SMTP PASSWORD", "x") + BODY
                ).status == 535
    assert send(drive, peer.url(), ENVELOPE + ("SMTP USER", "u", "SMTP PASSWORD", "p w") + BODY
                ).status == 250
    assert peer.wait()[0]["user"] == "u"


def test_nobody_there(drive):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert send(drive, f"smtp://127.0.0.1:{port}").error == "ERR_UPSTREAM"


# ---- TLS


def test_a_certificate_nobody_signed_gets_nothing(drive, smtp, certificate):
    login = ENVELOPE + ("SMTP USER", "u", "SMTP PASSWORD", "p") + BODY
    for scheme, implicit in (("smtp", False), ("smtps", True)):
        peer = smtp(**certificate, implicit=implicit, user="u", password="p")
        result = send(drive, peer.url(scheme=scheme), login)
        assert result.error == "ERR_UPSTREAM" and result.asked == 0 and not peer.mails


def test_a_name_gets_nothing_without_tls_unless_it_is_listed_and_said(drives, smtp):
    peer = smtp()
    name = socket.gethostname()
    try:
        address = socket.gethostbyname(name)
    except OSError:
        pytest.skip("this machine's name has no address")
    if address != "127.0.0.1":
        name = next((n for n in ("ip4-localhost", "ip4-loopback") if resolves(n)), None)
    if not name:
        pytest.skip("no name but localhost means 127.0.0.1")
    drive = drives()
    assert send(drive, peer.url(name)).error == "ERR_UPSTREAM"
    assert not peer.mails
    assert send(drive, peer.url(name, tail="?tls=off")).status == 250
    assert len(peer.wait()) == 1


def resolves(name):
    try:
        return socket.gethostbyname(name) == "127.0.0.1"
    except OSError:
        return False


def trusting(certificate):
    """A drive to which the certificate is signed by somebody known: in a mount namespace of its
    own, where that list is another one."""
    known = "/etc/ssl/certs/ca-certificates.crt"
    script = f"mount --bind {certificate['cert']} {known} && exec {BUILD / PROGRAM} {LOOPBACK}"
    found = Drive.__new__(Drive)
    found.child = subprocess.Popen(["unshare", "-m", "sh", "-c", script], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return found


def can_unshare():
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    return subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_with_a_certificate_that_is_known(smtp, certificate, scheme):
    if not can_unshare():
        pytest.skip("needs root and a mount namespace")
    peer = smtp(**certificate, implicit=scheme == "smtps", user="u", password="p")
    drive = trusting(certificate)
    result = send(drive, peer.url("localhost", scheme),
                  ENVELOPE + ("SMTP USER", "u", "SMTP PASSWORD", "p") + BODY)
    drive.close()
    assert result.error == "OK" and result.status == 250
    assert peer.wait()[0]["tls"] and peer.mails[0]["user"] == "u"


# ---- addresses


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_in_every_spelling(drives, host):
    drive = drives("")
    for url in (f"smtp://{host}", f"smtps://{host}:465/x", f"smtp://{host}:25?tls=off"):
        assert drive.ask("check_smtp", url)[0] == "ERR_INVALID"
        assert send(drive, url, timeout_ms=500).error == "ERR_DENIED"


@pytest.mark.parametrize("url", [
    "http://example.com/", "https://example.com/", "ftp://example.com", "smtp://", "smtp:///x",
    "smtp://u:p@example.com", "smtp://exa mple.com", "example.com", "", "imap://example.com"])
def test_urls_that_are_no_mail_server(drives, url):
    drive = drives("")
    assert drive.ask("check_smtp", url)[0] == "ERR_INVALID"
    assert send(drive, url, timeout_ms=500).error == "ERR_DENIED"


def test_urls_that_are_and_are_for_mail_only(drives):
    drive = drives("")
    for url in ("smtp://example.com", "smtps://example.com:465", "SMTP://mx.example.com:587/ehlo"):
        assert drive.ask("check_smtp", url)[0] == "OK"
        assert drive.check(url) == "ERR_INVALID"
        assert drive.run(url, timeout_ms=500).error == "ERR_DENIED"


def test_a_result_has_no_body(drive, smtp):
    assert isinstance(send(drive, smtp().url()), Result) and SLOW
