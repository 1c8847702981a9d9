"""Talks to the running system that .run/env describes."""

import json
import shlex
import time
import urllib.error
import urllib.request


class Refused(Exception):
    """An answer that is not a success."""

    def __init__(self, call, status, body):
        super().__init__(f"{call}: {status} {body.decode(errors='replace')[:500]}")
        self.status = status


def environment(path):
    """The assignments of a shell file."""
    with open(path, encoding="utf-8") as file:
        words = (word for line in file for word in shlex.split(line))
        return dict(word.split("=", 1) for word in words)


class Api:
    def __init__(self, url, key):
        self.url, self.key = url, key

    def call(self, method, path, body=None):
        """The answer's JSON, or None where it has none."""
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        request = urllib.request.Request(self.url + path, data, method=method, headers={
            "Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as problem:
            raise Refused(f"{method} {path}", problem.code, problem.read()) from None
        return json.loads(text) if text else None

    def get(self, path):
        return self.call("GET", path)

    def put(self, path, body):
        return self.call("PUT", path, body)

    def post(self, path, body=None):
        return self.call("POST", path, {} if body is None else body)


def until(probe, what, seconds=30):
    """The first truthy result of `probe`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = probe()
        if found:
            return found
        time.sleep(0.05)
    raise SystemExit(f"not within {seconds} s: {what}")
