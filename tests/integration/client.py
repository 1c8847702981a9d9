"""A JSON client with keep-alive and a reader of event streams."""

import contextlib
import http.client
import json
import os
import select
import socket
import threading
import urllib.parse

# Sanitized builds are slower; every deadline of the tests grows by this.
SLOW = 4 if os.environ.get("TEST_BUILD", "").endswith(("asan", "tsan")) else 1


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:400]!r}>"


class Client:
    """A JSON client with keep-alive, one connection a thread. `where` is anything with a `port`, so
    that a client outlives a restart of its router."""

    def __init__(self, where, key=None, timeout=30):
        self.where, self.key, self.timeout = where, key, timeout
        self._mine = threading.local()

    def request(self, method, path, body=None, headers=None):
        sent = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body, ensure_ascii=False)
        if body is not None:
            sent["Content-Type"] = "application/json"
            body = body.encode() if isinstance(body, str) else body
        sent.update(headers or {})
        return self._exchange(method, path, body, sent)

    def _exchange(self, method, path, body, headers):
        link = self._link()
        try:
            link.request(method, path, body, headers)
            answer = link.getresponse()
            return Response(answer.status, answer.headers, answer.read())
        except (http.client.HTTPException, OSError):
            link.close()
            raise

    def _link(self):
        """The thread's kept connection, or a fresh one if the router closed it. A request is never
        sent twice: tests must know what they sent."""
        link = getattr(self._mine, "link", None)
        if link is None or link.port != self.where.port:
            link = self._mine.link = http.client.HTTPConnection(
                "127.0.0.1", self.where.port, timeout=self.timeout * SLOW)
        elif link.sock and select.select([link.sock], [], [], 0)[0]:
            link.close()
        return link

    def get(self, path, **kw):
        return self.request("GET", path, **kw)

    def post(self, path, body=None, **kw):
        return self.request("POST", path, body, **kw)

    def put(self, path, body=None, **kw):
        return self.request("PUT", path, body, **kw)

    def delete(self, path, **kw):
        return self.request("DELETE", path, **kw)

    def items(self, path, limit=200):
        """All items of a list, page by page."""
        found, cursor = [], None
        while True:
            mark = "&" if "?" in path else "?"
            after = f"&cursor={urllib.parse.quote(cursor)}" if cursor else ""
            answer = self.get(f"{path}{mark}limit={limit}{after}")
            assert answer.status == 200, answer
            found += answer.json["items"]
            cursor = answer.json["next_cursor"]
            if not cursor:
                return found

    def stream(self, path="/v1/stream", last_event_id=None):
        return Stream(self, path, last_event_id)


class Stream:
    """A server-sent event stream read in the background."""

    def __init__(self, client, path, last_event_id=None):
        headers = {"Authorization": f"Bearer {client.key}"}
        if last_event_id:
            headers["Last-Event-ID"] = str(last_event_id)
        self._link = http.client.HTTPConnection("127.0.0.1", client.where.port, timeout=120)
        self._link.request("GET", path, headers=headers)
        self._answer = self._link.getresponse()
        self.status = self._answer.status
        self.events = []
        self.ended = threading.Event()      # by the other side, or by close()
        self._news = threading.Condition()
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        fields = {}
        with contextlib.suppress(Exception):
            for raw in self._answer:
                line = raw.decode().rstrip("\r\n")
                if line:
                    name, _, value = line.partition(":")
                    fields[name] = fields.get(name, "") + value.removeprefix(" ")
                    continue
                if "data" in fields or "event" in fields:
                    with self._news:
                        self.events.append({"id": fields.get("id"), "event": fields.get("event"),
                                            "data": json.loads(fields.get("data") or "null")})
                        self._news.notify_all()
                fields = {}
        self.ended.set()

    def wait(self, probe, timeout=10):
        """The first event for which `probe(event)` holds."""
        def found():
            return next((e for e in list(self.events) if probe(e)), None)
        with self._news:
            assert self._news.wait_for(lambda: found() is not None, timeout * SLOW), \
                f"no such event in {timeout * SLOW} s among {len(self.events)}"
        return found()

    def close(self):
        with contextlib.suppress(OSError, AttributeError):
            self._link.sock.shutdown(socket.SHUT_RDWR)
        self._link.close()
