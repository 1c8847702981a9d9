"""A real mail server (aiosmtpd) in a process of its own, and the SmtpPeer that starts it.

    smtp_peer.py '{"cert": …, "key": …, "implicit": true, "user": …, "password": …,
                   "answers": {"RCPT": "550 no"}, "slow": "DATA"}'

The process says {"port": N} and then a line of JSON for each mail it took: from, to, data, tls,
user, ehlo. `answers` gives the reply to a command instead; at `slow` it never replies."""

import asyncio
import json
import ssl
import subprocess
import sys
import threading

LIMIT_S = 20


class SmtpPeer:
    def __init__(self, **options):
        self.child = subprocess.Popen([sys.executable, __file__, json.dumps(options)],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.child.stdout.readline())["port"]
        self.mails = []
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.child.stdout:
            with self._news:
                self.mails.append(json.loads(line))
                self._news.notify_all()

    def wait(self, count=1, limit_s=LIMIT_S):
        """The mails so far, as soon as there are so many."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.mails) >= count, limit_s), self.mails
            return list(self.mails)

    def url(self, host="127.0.0.1", scheme="smtp", tail=""):
        return f"{scheme}://{host}:{self.port}{tail}"

    def close(self):
        self.child.stdin.close()
        assert self.child.wait(LIMIT_S) == 0


def serve(options):
    from aiosmtpd.smtp import SMTP, AuthResult

    def authenticate(_server, _session, _envelope, _mechanism, data):
        known = (data.login.decode(), data.password.decode()) == (options["user"],
                                                                  options["password"])
        return AuthResult(success=known, handled=known, auth_data=data)

    async def answer(command, otherwise):
        if options.get("slow") == command:
            await asyncio.Event().wait()
        return options.get("answers", {}).get(command, otherwise)

    class Handler:
        async def handle_MAIL(self, server, session, envelope, address, mail_options):
            said = await answer("MAIL", "250 OK")
            if said[0] == "2":
                envelope.mail_from = address
            return said

        async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
            said = await answer("RCPT", "250 OK")
            if said[0] == "2":
                envelope.rcpt_tos.append(address)
            return said

        async def handle_DATA(self, server, session, envelope):
            said = await answer("DATA", "250 taken")
            user = session.auth_data.login.decode() if session.auth_data else None
            if said[0] == "2":
                print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos,
                                  "data": envelope.content.decode("latin-1"),
                                  "tls": server.transport.get_extra_info("sslcontext") is not None,
                                  "user": user, "ehlo": session.host_name}), flush=True)
            return said

    context = None
    if "cert" in options:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["cert"], options["key"])
    implicit = options.get("implicit", False)

    def protocol():
        return SMTP(Handler(), tls_context=None if implicit else context,
                    authenticator=authenticate if "user" in options else None,
                    auth_required="user" in options, auth_require_tls=False, hostname="peer")

    async def run():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(protocol, "127.0.0.1", 0,
                                          ssl=context if implicit else None)
        print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
        await loop.run_in_executor(None, sys.stdin.read)

    asyncio.run(run())


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))
