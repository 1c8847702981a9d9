"""The other side of the system in tests: an HTTP peer that does as told, and a proxy that breaks
connections to a database on command."""

import dataclasses
import http.server
import json
import os
import select
import socket
import threading
import time


@dataclasses.dataclass
class Answer:
    """What the peer does with one request."""
    status: int = 200
    body: object = b""          # bytes, or a value that is sent as JSON
    headers: dict = dataclasses.field(default_factory=dict)
    delay: float = 0            # seconds before the first byte
    hang: bool = False          # no answer until the peer is released or closed
    close: bool = False         # close without an answer
    cut: int = -1               # close after this many bytes of the body

    def payload(self):
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclasses.dataclass
class Request:
    method: str
    path: str
    headers: dict               # names in lower case
    body: bytes
    at: float                   # time.monotonic() of the last byte

    def json(self):
        return json.loads(self.body)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError, ValueError):
            self.close_connection = True

    def _any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path,
                          {k.lower(): v for k, v in self.headers.items()}, body, time.monotonic())
        self._send(self.server.peer.decide(request))

    do_GET = do_POST = do_PUT = do_DELETE = _any

    def _send(self, answer):
        peer = self.server.peer
        if answer.hang:
            peer.released.wait()
        peer.closed.wait(answer.delay)
        if answer.hang or answer.close or peer.closed.is_set():
            self.close_connection = True
            return
        payload = answer.payload()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if answer.cut >= 0:
            payload = payload[:answer.cut]
            self.close_connection = True
        self.wfile.write(payload)

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class Peer:
    """Records every request. Answers come from `answers` (a list used up in order), then from
    `answer`: an Answer, or a function of (request, number of the request from 0)."""

    def __init__(self, answer=None, port=0):
        self.answer = answer or Answer()
        self.answers = []
        self.requests = []
        self.closed = threading.Event()
        self.released = threading.Event()
        self._news = threading.Condition()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.peer = self
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def decide(self, request):
        with self._news:
            number = len(self.requests)
            self.requests.append(request)
            self._news.notify_all()
            if self.answers:
                return self.answers.pop(0)
        return self.answer(request, number) if callable(self.answer) else self.answer

    def wait(self, count, timeout=10):
        """The requests, once there are at least `count`."""
        with self._news:
            if not self._news.wait_for(lambda: len(self.requests) >= count, timeout):
                raise AssertionError(
                    f"peer got {len(self.requests)} of {count} requests in {timeout} s")
            return list(self.requests)

    def release(self):
        """Ends all hanging answers, and those to come."""
        self.released.set()

    def close(self):
        self.closed.set()
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


class Proxy:
    """Stands between a program and a server on a unix socket. `hold()` keeps the server's answers
    back until `release()`; `swallow()` lets requests through and cuts when the answer comes;
    `cut()` closes everything open now."""

    def __init__(self, path, target):
        self.path, self.target = path, target
        self._flowing = threading.Event()
        self._flowing.set()
        self._swallow = False
        self._pairs = set()
        self._lock = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        os.chmod(path, 0o777)
        self._listener.listen(128)
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self):
        self._flowing.clear()

    def swallow(self):
        self._swallow = True

    def release(self):
        self._swallow = False
        self._flowing.set()

    def cut(self):
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            _close(pair)

    def close(self):
        _close([self._listener])
        self.release()
        self.cut()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self.target)
            except OSError:
                _close([client, server])
                continue
            with self._lock:
                self._pairs.add((client, server))
            threading.Thread(target=self._carry, args=(client, server), daemon=True).start()

    def _carry(self, client, server):
        try:
            while self._step(client, server):
                pass
        except (OSError, ValueError):
            pass
        with self._lock:
            self._pairs.discard((client, server))
        _close([client, server])

    def _step(self, client, server):
        for source in select.select([client, server], [], [])[0]:
            data = source.recv(65536)
            if not data:
                return False
            if source is client:
                server.sendall(data)
                continue
            self._flowing.wait()
            if self._swallow:
                return False
            client.sendall(data)
        return True


def _close(sockets):
    for one in sockets:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        one.close()
