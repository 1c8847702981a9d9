"""The redis driver: with Redis, without it, and with something that only pretends to be Redis."""

import pathlib
import queue
import shutil
import socket
import subprocess
import tempfile
import threading
import time

import pytest

from harness import BUILD, SLOW, Redis, eventually

PROGRAM = "tests/integration/drive_redis"


class Drive:
    def __init__(self, url, timeout_ms=100 * SLOW):
        self.child = subprocess.Popen([str(BUILD / PROGRAM), url, str(timeout_ms)],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answers, self.heard = queue.Queue(), queue.Queue()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.child.stdout:
            words = line.rstrip("\n").split("\t")
            if words[0] == "heard":
                self.heard.put(words[1])
            else:
                self.answers.put((words[0] == "yes", int(words[1]) / 1e6, words[2]))

    def tell(self, *words):
        self.child.stdin.write("\t".join(map(str, words)) + "\n")
        self.child.stdin.flush()

    def ask(self, *words):
        self.tell(*words)
        return self.answers.get(timeout=20 * SLOW)

    def get(self, *keys):
        """The values, or None when Redis is absent."""
        ok, _, text = self.ask("get", *keys)
        assert ok or text == "-|" * len(keys), "absent, and yet a value"
        return text.split("|")[:-1] if ok else None

    def close(self):
        self.child.stdin.close()
        assert self.child.wait(20 * SLOW) == 0
        self.reader.join()
        self.child.stdout.close()


@pytest.fixture
def redis():
    root = pathlib.Path(tempfile.mkdtemp(prefix="rt-redis-"))
    server = Redis(root).start()
    yield server
    server.kill9()
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def drive():
    made = []

    def make(*args, **options):
        made.append(Drive(*args, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_values_with_a_time_to_live(redis, drive):
    d = drive(redis.url)
    assert d.ask("up")[0]
    assert d.get("a", "b") == ["-", "-"]
    assert d.ask("set", 60, "a", "1", "b", "", "c c", "x y")[0]
    assert d.get("a", "missing", "b", "c c") == ["1", "-", "", "x y"]
    assert 0 < redis.command("TTL", "a") <= 60
    assert d.ask("delete", "a", "b", "missing")[0]
    assert d.get("a", "c c") == ["-", "x y"]


def test_a_subscriber_hears(redis, drive):
    d = drive(redis.url)
    d.tell("subscribe", "news")
    assert d.heard.get(timeout=10) == ""
    for i in range(20):
        assert d.ask("publish", "news", f"n{i}")[0]
    assert [d.heard.get(timeout=10) for _ in range(20)] == [f"n{i}" for i in range(20)]


def test_values_and_what_is_published_behind_them(redis, drive):
    d = drive(redis.url)
    d.tell("subscribe", "news")
    assert d.heard.get(timeout=10) == ""
    for i in range(20):
        assert d.ask("set", 60, "a", i, "b", i, f"n{i}")[0]
        assert d.get("a", "b") == [f"{i}", f"{i}"], "a question behind replies that are owed"
        assert d.heard.get(timeout=10) == f"n{i}"


def test_a_link_that_was_just_used_may_be_closed(redis, drive):
    d = drive(redis.url)
    for i in range(20):
        assert d.ask("set", 60, "a", i)[0]
        assert d.get("a") == [f"{i}"]
        assert d.ask("set", 60, "b", i)[0]
        assert redis.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes") >= 1
        assert d.get("a") == [f"{i}"], "asked again on a new link"


def test_a_subscriber_comes_back(redis, drive):
    d = drive(redis.url)
    d.tell("subscribe", "news")
    assert d.heard.get(timeout=10) == ""
    redis.kill9()
    redis.start()
    assert d.heard.get(timeout=10 * SLOW) == "", "something may have been missed: it must be said"
    redis.command("PUBLISH", "news", "again")
    assert d.heard.get(timeout=10) == "again"


def test_no_redis_at_all(drive):
    d = drive("")
    d.tell("subscribe", "news")
    assert not d.ask("up")[0]
    assert d.get("a") is None
    assert not d.ask("set", 9, "a", "b")[0]
    assert not d.ask("publish", "c", "m")[0]


def test_redis_away_costs_no_time_and_it_is_found_again(redis, drive):
    d = drive(redis.url)
    assert d.get("a") == ["-"]
    redis.kill9()
    began = time.monotonic()
    for _ in range(300):
        assert d.get("a") is None
    assert time.monotonic() - began < 2 * SLOW
    assert not d.ask("up")[0]
    redis.start()
    eventually(lambda: d.ask("up")[0], 5)
    assert d.ask("set", 60, "a", "b")[0] and d.get("a") == ["b"]


def test_a_restart_while_idle_is_not_a_failure(redis, drive):
    d = drive(redis.url)
    assert d.get("a") == ["-"]
    redis.kill9()
    redis.start()
    assert d.get("a") == ["-"]


def test_a_stopped_redis_costs_at_most_the_deadline(redis, drive):
    d = drive(redis.url, timeout_ms=100)
    assert d.get("a") == ["-"]
    redis.pause()
    took = sorted(d.ask("get", "a")[1] for _ in range(100))
    assert took[-1] < 0.25 * SLOW and took[90] < 0.01 * SLOW
    redis.resume()
    eventually(lambda: d.get("a") == ["-"], 5)


@pytest.mark.parametrize("break_it, mend_it", [
    (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
    (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
])
def test_a_redis_that_takes_no_writes(redis, drive, break_it, mend_it):
    d = drive(redis.url)
    assert d.ask("set", 60, "a", "b")[0]
    redis.command(*break_it)
    d.ask("set", 60, "a", "c")
    assert d.get("a") == ["b"]
    redis.command(*mend_it)
    eventually(lambda: d.ask("set", 60, "a", "d")[0] and d.get("a") == ["d"], 5)


def test_flushed(redis, drive):
    d = drive(redis.url)
    d.ask("set", 60, "a", "b")
    redis.flush()
    assert d.get("a") == ["-"]


def test_another_type_under_the_key(redis, drive):
    redis.command("RPUSH", "list", "x")
    d = drive(redis.url)
    assert d.get("list") in (None, ["-"])


def test_several_threads(redis, drive):
    d = drive(redis.url)
    d.ask("set", 60, "k", "v")
    assert d.ask("threads", 8)[2] == "4000"


def test_password_and_database_over_tcp(redis, drive):
    port = free_port()
    redis.stop()
    redis.arguments = ["--requirepass", "p@ss/word", "--port", port, "--bind", "127.0.0.1"]
    redis.spawn(["redis-server", "--save", "", "--dir", redis.directory, *redis.arguments])
    d = drive(f"redis://:p%40ss%2Fword@127.0.0.1:{port}/3")
    eventually(lambda: d.ask("set", 60, "a", "b")[0], 10)
    assert d.get("a") == ["b"]
    other = drive(f"redis://default:p%40ss%2Fword@127.0.0.1:{port}")
    assert other.get("a") == ["-"]
    assert drive(f"redis://:wrong@127.0.0.1:{port}").get("a") is None


def free_port():
    with socket.socket() as link:
        link.bind(("127.0.0.1", 0))
        return link.getsockname()[1]


@pytest.mark.parametrize("url", [
    "http://127.0.0.1", "redis://", "redis://h:99999", "redis://h:x", "redis://h/x", "unix://",
    "unix:///",
    "redis://nologin@h", "rediss://h", "redis://:%zz@h"])
def test_urls_that_are_none(url):
    done = subprocess.run([str(BUILD / PROGRAM), url, "50"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    assert done.returncode == 3 and "unix:///path" in done.stderr
    assert "%zz" not in done.stderr and "nologin" not in done.stderr, "a password may stand there"


class Pretender:
    """Answers every read with the same bytes, or byte by byte."""

    def __init__(self, answer, slowly=False):
        self.answer, self.slowly = answer, slowly
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "redis://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.closed = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        try:
            while link.recv(65536):
                for piece in [b"%c" % b for b in self.answer] if self.slowly else [self.answer]:
                    link.sendall(piece)
                    if self.slowly:
                        self.closed.wait(0.02)
        except OSError:
            pass
        link.close()

    def close(self):
        self.closed.set()
        self.listener.close()


ODD = {
    "an error": b"-LOADING Redis is loading the dataset in memory\r\n",
    "moved": b"-MOVED 3999 127.0.0.1:6381\r\n",
    "no auth": b"-NOAUTH Authentication required.\r\n",
    "a number": b":5\r\n",
    "a status": b"+OK\r\n",
    "too few": b"*1\r\n$1\r\na\r\n",
    "too many": b"*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n",
    "nested": b"*2\r\n*1\r\n$1\r\na\r\n$1\r\nb\r\n",
    "numbers inside": b"*2\r\n:1\r\n:2\r\n",
    "null array": b"*-1\r\n",
    "truncated": b"*2\r\n$5\r\nab",
    "huge bulk": b"*2\r\n$2000000000\r\nab",
    "huge array": b"*2147483647\r\n",
    "huge array inside": b"*1\r\n*2147483647\r\n",
    "negative": b"*-5\r\n",
    "http": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "nothing": b"",
    "zeros": b"\0" * 1000,
}


@pytest.mark.parametrize("name", ODD)
def test_something_that_is_not_redis(drive, name):
    pretender = Pretender(ODD[name])
    d = drive(pretender.url)
    began = time.monotonic()
    for _ in range(20):
        assert d.get("a", "b") is None
    assert not d.ask("up")[0]
    assert time.monotonic() - began < 3 * SLOW
    pretender.close()


def test_an_answer_that_drips_is_late(drive):
    pretender = Pretender(b"*2\r\n" + b"$1\r\na\r\n" * 2, slowly=True)
    d = drive(pretender.url, timeout_ms=100)
    ok, took, _ = d.ask("get", "a", "b")
    assert not ok and took < 0.2 * SLOW
    pretender.close()
