"""What ships the programs: `make run` and `make stop`, the demo, the example configuration."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

import pytest

import harness

release_only = pytest.mark.skipif(harness.BUILD.name != "release",
                                  reason="runs the release build only")


def test_env_example_is_the_table_of_configuration():
    shown = harness.cli("config", "--example", env={"PATH": os.environ["PATH"]})
    assert (harness.TOP / "deploy/env.example").read_text() == shown, \
        "make it anew: build/release/redthread config --example > deploy/env.example"


class Checkout:
    """A copy of what `make run` needs, in a place of its own."""

    def __init__(self, path):
        self.path = path
        shutil.copytree(harness.TOP / "deploy", path / "deploy")
        (path / "build").mkdir()
        (path / "build/release").symlink_to(harness.BUILD)

    def do(self, program, port=18080):
        env = {k: v for k, v in os.environ.items() if not k.startswith("REDTHREAD_")}
        result = subprocess.run([self.path / program], env={**env, "PORT": str(port)}, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=100)
        assert result.returncode == 0, result.stdout
        return result.stdout

    @property
    def place(self):
        """Where the data is: .run, unless the database's account cannot enter the checkout."""
        return self.path / ".run"

    def pids(self):
        return {path.stem: int(path.read_text().split()[0])
                for path in self.place.glob("*.pid")}

    def env(self):
        lines = (self.path / ".run/env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def checkout():
    path = pathlib.Path(tempfile.mkdtemp(prefix="rt-run-"))
    path.chmod(0o755)
    found = Checkout(path)
    yield found
    found.do("deploy/stop")
    shutil.rmtree(path, ignore_errors=True)


def alive(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


@release_only
def test_run_starts_once_and_stop_ends_exactly_that(checkout, servers):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        shown = checkout.do("deploy/run", port)
        assert f"port {port} is taken" in shown
    env = checkout.env()
    for name in ("URL", "ADMIN_KEY", "CONNECTOR_KEY", "AGENT_KEY", "DASHBOARD_KEY", "DATABASE_URL",
                 "REDIS_URL"):
        assert env[f"REDTHREAD_{name}"]
    assert env["REDTHREAD_URL"] in shown and "curl" in shown
    first = checkout.pids()
    assert set(first) == {"postgres", "redis", "router", "worker"}
    assert all(alive(pid) for pid in first.values())

    again = checkout.do("deploy/run", port)
    assert "already runs" in again and env["REDTHREAD_URL"] in again
    assert checkout.pids() == first

    checkout.do("deploy/stop")
    assert not any(alive(pid) for pid in first.values())
    assert servers.redis.command("PING") == "PONG"
    assert servers.sql("SELECT 1") == [("1",)]


@release_only
def test_a_stale_process_id_is_never_signalled(checkout):
    """After a crash the id may belong to somebody else: only the start time makes it ours."""
    bystander = subprocess.Popen(["tail", "-f", "/dev/null"])
    try:
        checkout.place.mkdir(exist_ok=True)
        (checkout.place / "worker.pid").write_text(f"{bystander.pid} 1\n")
        assert "nothing was running" in checkout.do("deploy/stop")
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


@release_only
def test_the_story_of_the_demo_goes_as_told(checkout):
    checkout.do("deploy/run")
    shown = checkout.do("deploy/demo/play")
    assert "one conversation" in shown
