"""Programs that run until they are stopped: PostgreSQL, Redis, PgBouncer, and our own services."""

import contextlib
import glob
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

from client import SLOW, Client
from libpq import Sql, SqlError

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / os.environ.get("TEST_BUILD", "build/release")


def eventually(probe, timeout=10, interval=0.01, what=None):
    """The first truthy result of `probe`; an AssertionError once `timeout` seconds are over. What
    `probe` raises by assert counts as "not yet"."""
    deadline = time.monotonic() + timeout * SLOW
    pause = threading.Event()
    last = None
    while True:
        try:
            result = probe()
            if result:
                return result
            last = result
        except (AssertionError, OSError, SqlError) as problem:
            last = problem
        if time.monotonic() > deadline:
            raise AssertionError(f"not in {timeout * SLOW} s: {what or probe}; last: {last!r}")
        pause.wait(interval)


def together(count, action):
    """`action(i)` in `count` threads that start at the same moment; the results in order."""
    gate = threading.Barrier(count)
    results = [None] * count

    def one(i):
        gate.wait()
        try:
            results[i] = action(i)
        except Exception as problem:  # handed to the caller below
            results[i] = problem

    threads = [threading.Thread(target=one, args=(i,), daemon=True) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120 * SLOW)
        assert not thread.is_alive(), "a thread did not end"
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def unprivileged():
    """Arguments for Popen that make a server of root's run as somebody else; PostgreSQL insists."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("neither the user postgres nor nobody exists")


def give(path):
    """Hands a directory to the unprivileged user."""
    path.mkdir(parents=True, exist_ok=True)
    who = unprivileged()
    if who:
        os.chown(path, who["user"], who["group"])
    return path


class Process:
    """A program that runs until it is stopped; its output is a file."""

    everything = []             # each one made, so that none outlives a failed test run

    def __init__(self, name, directory):
        self.name = name
        self.log_path = pathlib.Path(directory) / f"{name}.log"
        self.child = None
        Process.everything.append(self)

    def spawn(self, command, env=None, who=None):
        assert self.child is None or self.child.poll() is not None, f"{self.name} already runs"
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=env or {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, cwd="/",
                **(who or {}))

    @property
    def pid(self):
        return self.child.pid

    @property
    def running(self):
        return self.child is not None and self.child.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def events(self, name):
        """The JSON log lines with this event name."""
        lines = (line for line in self.log().splitlines() if line.startswith("{"))
        found = []
        for line in lines:
            with contextlib.suppress(ValueError):
                fields = json.loads(line)
                if fields.get("event") == name:
                    found.append(fields)
        return found

    def send(self, number):
        if self.running:
            self.child.send_signal(number)

    def stop(self, timeout=20, number=signal.SIGTERM):
        """Asks it to end and waits; the exit code, or None when it did not run."""
        if self.child is None:
            return None
        self.send(signal.SIGCONT)
        self.send(number)
        try:
            return self.child.wait(timeout * SLOW)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise AssertionError(f"{self.name} did not end in {timeout * SLOW} s:\n{self.tail()}")

    def kill9(self):
        if self.running:
            self.child.kill()
            self.child.wait()

    def pause(self):
        self.send(signal.SIGSTOP)

    def resume(self):
        self.send(signal.SIGCONT)

    def tail(self, lines=40):
        return "\n".join(self.log().splitlines()[-lines:])


class Postgres(Process):
    """A private cluster on a unix socket without TCP; commits reach the disk (fsync is on)."""

    USER = "redthread"

    def __init__(self, root, settings=None):
        super().__init__("postgres", root)
        self.data = give(pathlib.Path(root) / "pg")
        self.sockets = give(pathlib.Path(root) / "pgs")
        self.settings = {"listen_addresses": "", "unix_socket_directories": self.sockets,
                         "port": 5432, "max_connections": 250, "shared_buffers": "64MB",
                         "logging_collector": "off", **(settings or {})}
        self.programs = pathlib.Path(newest_postgres())

    def create(self):
        subprocess.run([self.programs / "initdb", "-D", self.data, "-U", self.USER, "-A", "trust",
                        "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
                       check=True, stdout=subprocess.DEVNULL, cwd="/",
                       env={"PATH": os.environ["PATH"]}, **unprivileged())

    def start(self):
        if not (self.data / "PG_VERSION").exists():
            self.create()
        options = [part for name, value in self.settings.items()
                   for part in ("-c", f"{name}={value}")]
        self.spawn([self.programs / "postgres", "-D", self.data, *options], who=unprivileged())
        eventually(self._own, 60, 0.02, "postgres accepts connections")
        return self

    def _own(self):
        assert self.running, self.tail()
        with contextlib.closing(self.connect("postgres")) as sql:
            found = sql.value("SHOW data_directory")
        if found != str(self.data):
            raise RuntimeError(f"this is not our server: its data is in {found}")
        return True

    def url(self, database, directory=None):
        return (f"postgresql://{self.USER}@/{database}"
                f"?host={urllib.parse.quote(str(directory or self.sockets), safe='/')}")

    def connect(self, database):
        return Sql(self.url(database))

    def kill9(self):
        """As if the machine's power went: no process of the server lives on."""
        if not self.running:
            return
        family = [self.pid, *children(self.pid)]
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.child.wait()
        eventually(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in family), 20)

    @contextlib.contextmanager
    def standstill(self):
        """Connections open, and nobody answers, as with a machine that hangs."""
        family = [self.pid, *children(self.pid)]
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in family:
                os.kill(pid, signal.SIGCONT)

    def stop(self, timeout=60, number=signal.SIGINT):
        """SIGINT is PostgreSQL's fast shutdown: it does not wait for clients."""
        return super().stop(timeout, number)

    def restart(self):
        self.stop()
        self.start()


def newest_postgres():
    found = glob.glob("/usr/lib/postgresql/*/bin")
    if not found:
        raise RuntimeError("no PostgreSQL under /usr/lib/postgresql: run `make deps`")
    return max(found, key=lambda path: float(path.split("/")[4]))


def children(pid):
    with contextlib.suppress(OSError):
        return [int(child) for child in
                pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


class Redis(Process):
    def __init__(self, root, arguments=()):
        super().__init__("redis", root)
        self.directory = pathlib.Path(root)
        self.socket = self.directory / "redis.sock"
        self.url = f"unix://{self.socket}"
        self.arguments = arguments

    def start(self):
        self.socket.unlink(missing_ok=True)
        self.spawn(["redis-server", "--port", 0, "--unixsocket", self.socket, "--save", "",
                    "--appendonly", "no", "--dir", self.directory, *self.arguments])
        eventually(lambda: self.command("PING") == "PONG", 20, 0.02, "redis answers")
        return self

    def command(self, *words):
        """One command by the plain protocol; simple, number and bulk answers only."""
        parts = [str(word).encode() for word in words]
        text = b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(5)
            link.connect(str(self.socket))
            link.sendall(text)
            reader = link.makefile("rb")
            line = reader.readline().rstrip()
            kind, rest = line[:1], line[1:].decode()
            if kind == b"-":
                raise AssertionError(rest)
            if kind == b":":
                return int(rest)
            if kind == b"$":
                return None if rest == "-1" else reader.read(int(rest)).decode(errors="replace")
            return rest

    def flush(self):
        self.command("FLUSHALL")


class PgBouncer(Process):
    """Transaction pooling in front of one Postgres, as strict as the pooler is by default."""

    def __init__(self, root, postgres, pool=8):
        super().__init__("pgbouncer", root)
        self.sockets = give(pathlib.Path(root) / "bouncer")
        self.postgres = postgres
        self.config = self.sockets / "pgbouncer.ini"
        self.config.write_text("\n".join([
            "[databases]",
            f"* = host={postgres.sockets} user={postgres.USER}",
            "[pgbouncer]",
            "listen_port = 5432",
            f"unix_socket_dir = {self.sockets}",
            "pool_mode = transaction",
            "auth_type = any",
            "max_client_conn = 200",
            f"default_pool_size = {pool}",
            ""]))

    def start(self):
        program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program, "no pgbouncer: run `make deps-test`"
        self.spawn([program, self.config], who=unprivileged())
        eventually(lambda: Sql(self.url("postgres")).close() is None, 20, 0.02, "pgbouncer answers")
        return self

    def stop(self, timeout=20, number=signal.SIGKILL):
        """It keeps nothing. By SIGTERM it waits for its clients since 1.23, and before that nothing
        else ends it where SIGINT and SIGQUIT are ignored, as behind a shell's `&`."""
        code = super().stop(timeout, number)
        for left in self.sockets.glob(".s.PGSQL.*"):
            left.unlink()
        return code

    def url(self, database):
        return self.postgres.url(database, self.sockets)


class Service(Process):
    """A router or worker: ready once it says on which port it listens and answers /readyz."""

    def __init__(self, name, program, directory, env):
        super().__init__(name, directory)
        self.program, self.env = program, env
        self.port = None

    def start(self, ready=True):
        before = len(self.events("listening"))
        self.spawn([BUILD / self.program], env=self.env)
        eventually(lambda: self._listening(before), 30, 0.01, f"{self.name} listens")
        if ready:
            self.wait_ready()
        return self

    def _listening(self, before):
        if not self.running:
            raise RuntimeError(f"{self.name} ended with {self.child.returncode}:\n{self.tail()}")
        found = self.events("listening")[before:]
        if found:
            self.port = int(found[-1]["port"])
        return bool(found)

    def wait_ready(self, timeout=30):
        eventually(lambda: self.client().get("/readyz").status == 200, timeout, 0.02,
                   f"{self.name} is ready\n{self.tail(10)}")

    def restart(self):
        self.stop()
        return self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def client(self, key=None, timeout=30):
        return Client(self, key, timeout)

    def metrics(self):
        """The Prometheus text as {series: number}."""
        found = {}
        for line in self.client().get("/metrics").text.splitlines():
            if line and not line.startswith("#"):
                series, number = line.rsplit(" ", 1)
                found[series] = float(number)
        return found
