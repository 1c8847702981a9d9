"""What integration tests import: our own servers, a World of routers and workers on a fresh
database, peers and clients.

Nothing here is shared with the machine: every server has its own directory and its own unix
socket or free port, and is stopped by the process that was started. There is no sleep: whoever
waits polls for the event with a deadline (`eventually`)."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

# Tests import all of these from here.
from client import SLOW, Client, Response, Stream  # noqa: F401
from libpq import Sql, SqlError
from peer import Answer, Peer, Proxy, Request  # noqa: F401
from servers import (  # noqa: F401
    BUILD, TOP, PgBouncer, Postgres, Process, Redis, Service, eventually, give, together,
    unprivileged)

SEALING_KEY = "00112233445566778899aabbccddeeff" * 2
SANITIZER_MARKS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer",
                   "runtime error:")


class Servers:
    """One Postgres with a migrated template database, and one Redis, for a whole test session."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="rt-"))
        self.root.chmod(0o755)
        self.postgres = Postgres(self.root)
        self.redis = Redis(self.root)
        self._count = 0

    def start(self):
        self.postgres.start()
        self.redis.start()
        self.sql("CREATE DATABASE template_redthread")
        cli("migrate", env=environment(self.postgres.url("template_redthread")))

    def sql(self, statement):
        with contextlib.closing(self.postgres.connect("postgres")) as sql:
            return sql.rows(statement)

    def database(self, template="template_redthread"):
        """The name of a fresh, migrated database."""
        self._count += 1
        name = f"t{self._count}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name):
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def close(self):
        for server in (self.redis, self.postgres):
            with contextlib.suppress(Exception):
                server.stop()
            server.kill9()
        shutil.rmtree(self.root, ignore_errors=True)


def environment(database_url, redis_url="", **extra):
    """The environment of one of our programs; `extra` names rows of config.def in lower case."""
    env = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
    env.update({"PATH": os.environ["PATH"], "REDTHREAD_DATABASE_URL": database_url,
                "REDTHREAD_REDIS_URL": redis_url, "REDTHREAD_SEALING_KEY": SEALING_KEY,
                "REDTHREAD_LISTEN": "127.0.0.1:0", "REDTHREAD_METRICS_LISTEN": "127.0.0.1:0",
                "REDTHREAD_OUTBOUND_ALLOW": "127.0.0.0/8"})
    env.update({f"REDTHREAD_{name.upper()}": str(value) for name, value in extra.items()})
    return env


def cli(*words, env, stdin=None, check=True):
    """Runs `redthread` and gives its standard output; with check=False the whole result."""
    result = subprocess.run([BUILD / "redthread", *map(str, words)], env=env, input=stdin,
                            capture_output=True, text=True, timeout=120 * SLOW)
    if not check:
        return result
    assert result.returncode == 0, f"redthread {words}: {result.returncode}\n{result.stderr}"
    return result.stdout


class World:
    """A migrated database with routers and workers on it, and keys to talk to them."""

    def __init__(self, servers, routers=1, workers=1, redis=True, database_url=None, **config):
        """redis: True for the session's, False for none, or one of this world's own."""
        self.servers = servers
        self.redis = servers.redis if redis is True else redis
        self.name = servers.database()
        self.directory = servers.root / self.name
        self.directory.mkdir()
        self.direct_url = servers.postgres.url(self.name)
        self.env = environment(database_url(self.name) if database_url else self.direct_url,
                               self.redis.url if self.redis else "", **config)
        if self.redis:
            self.redis.flush()
        self._keys, self._sql = {}, None
        self.routers = [self._service("router", i) for i in range(routers)]
        self.workers = [self._service("worker", i) for i in range(workers)]

    def _service(self, kind, number):
        return Service(f"{kind}{number}", f"redthread-{kind}", self.directory, dict(self.env))

    def start(self):
        for service in self.routers + self.workers:
            service.start()
        return self

    @property
    def router(self):
        return self.routers[0]

    @property
    def worker(self):
        return self.workers[0]

    @property
    def sql(self):
        """A direct connection to this world's database, opened again after a server restart."""
        if self._sql is None:
            self._sql = Sql(self.direct_url)
        return self._sql

    def reconnect(self):
        if self._sql:
            self._sql.close()
        self._sql = None
        return self.sql

    def key(self, role, *options):
        """A key made by the command line; the same one for the same words."""
        words = ("key", "create", "--role", role, *options)
        if words not in self._keys:
            self._keys[words] = cli(*words, env=self.cli_env).strip()
        return self._keys[words]

    @property
    def cli_env(self):
        return {**self.env, "REDTHREAD_DATABASE_URL": self.direct_url}

    def cli(self, *words, **kw):
        return cli(*words, env=self.cli_env, **kw)

    def admin(self, router=0):
        return self.routers[router].client(self.key("admin"))

    def dashboard(self, router=0):
        return self.routers[router].client(self.key("dashboard"))

    def agent(self, agent, router=0):
        return self.routers[router].client(self.key("agent", "--agent", agent))

    def connector(self, *channels, router=0):
        options = [word for channel in channels for word in ("--channel", channel)]
        return self.routers[router].client(self.key("connector", *options))

    def channel(self, name="web", **body):
        """Configures a channel of kind connector; the answer of PUT."""
        answer = self.admin().put(f"/v1/channels/{name}", {"kind": "connector", **body})
        assert answer.status in (200, 201), answer
        return answer

    def stop(self):
        """Drains everything; complains about whatever did not end well."""
        problems = []
        for service in self.workers + self.routers:
            try:
                code = service.stop()
            except AssertionError as problem:
                problems.append(str(problem))
                continue
            if code not in (0, None, -signal.SIGKILL):
                problems.append(f"{service.name} ended with {code}\n{service.tail()}")
            if any(mark in service.log() for mark in SANITIZER_MARKS):
                problems.append(f"{service.name}: sanitizer report\n{service.log()[-8000:]}")
        if self._sql:
            self._sql.close()
        with contextlib.suppress(SqlError):
            self.servers.drop(self.name)
        assert not problems, "\n".join(problems)

    def logs(self):
        return [(s.name, s.tail(60)) for s in self.routers + self.workers if s.log()]
