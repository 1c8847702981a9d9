"""The HTTP driver's program, and raw sockets to it: requests as they must not be written."""

import ctypes
import re
import socket
import subprocess
import threading

from harness import BUILD, SLOW

DEADLINE_MS, IDLE_MS, STREAMS = 1500, 3000, 10


def _library():
    """(major, minor). Since 1.0 it refuses some requests before anybody sees them."""
    version = ctypes.CDLL("libmicrohttpd.so.12").MHD_get_version
    version.restype = ctypes.c_char_p
    return tuple(int(part) for part in version().decode().split(".")[:2])


REFUSES_ITSELF = _library() >= (1, 0)


class Httpd:
    def __init__(self, deadline_ms=DEADLINE_MS * SLOW, idle_ms=IDLE_MS * SLOW, connections=1200):
        self.child = subprocess.Popen(
            [str(BUILD / "tests/integration/drive_httpd"), str(deadline_ms), str(idle_ms),
             str(STREAMS), str(connections)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.port = int(self.child.stdout.readline())
        self.errors = []
        self.reader = threading.Thread(target=lambda: self.errors.extend(self.child.stderr))
        self.reader.start()

    def connect(self, timeout=10):
        return socket.create_connection(("127.0.0.1", self.port), timeout * SLOW)

    def metric(self, name):
        text = get(self, "/metrics")[2].decode()
        return float(re.search(rf"^{name} (\S+)$", text, re.M).group(1))

    def close(self):
        self.child.stdin.close()
        code = self.child.wait(20 * SLOW)
        self.reader.join()
        self.child.stdout.close()
        self.child.stderr.close()
        assert code == 0, "".join(self.errors)


def read_answer(stream):
    """(status, headers, body), or None when the connection was closed instead."""
    line = stream.readline()
    if not line:
        return None
    status, headers = int(line.split()[1]), {}
    while (line := stream.readline().strip()):
        name, value = line.decode().split(":", 1)
        headers[name.lower()] = value.strip()
    return status, headers, stream.read(int(headers.get("content-length", 0)))


def request(method, path, body=b"", *extra):
    lines = [f"{method} {path} HTTP/1.1", "Host: here", *extra]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def send(httpd, raw):
    """Every answer to these bytes until the server closes or has nothing more to say."""
    answers = []
    with httpd.connect(2) as link, link.makefile("rb") as stream:
        link.sendall(raw)
        while True:
            try:
                answer = read_answer(stream)
            except (TimeoutError, ConnectionResetError):
                return answers
            except ValueError:  # the library's own 400 repeats its header where a body should be
                assert answers
                return answers
            if answer is None:
                return answers
            answers.append(answer)


def get(httpd, path, method="GET", body=b"", *extra):
    with httpd.connect() as link, link.makefile("rb") as stream:
        link.sendall(request(method, path, body, *extra))
        return read_answer(stream)
