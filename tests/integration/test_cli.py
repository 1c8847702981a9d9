"""`redthread`: the operators' program."""

import hashlib
import http.server
import threading

import pytest

from harness import SEALING_KEY, cli, environment


@pytest.fixture
def database(servers):
    name = servers.database()
    yield name
    servers.drop(name)


@pytest.fixture
def env(servers, database):
    return environment(servers.postgres.url(database))


@pytest.fixture
def sql(servers, database):
    found = servers.postgres.connect(database)
    yield found
    found.close()


def refusal(*words, env, lines=1):
    """What it says when it refuses; nothing on stdout, exit 1."""
    result = cli(*words, env=env, check=False)
    assert (result.returncode, result.stdout) == (1, ""), result
    assert result.stderr.count("\n") == lines, result.stderr
    return result.stderr


def test_help_names_the_commands():
    out = cli("--help", env={})
    for name in ("migrate", "key", "config", "health"):
        assert f"\n  {name} " in out
    result = cli("nonsense", env={}, check=False)
    assert result.returncode == 2 and "usage" in result.stderr
    assert cli(env={}, check=False).returncode == 2


@pytest.mark.parametrize("words, said", [
    (("--folds", "abc"), "--folds is a number from 0 to 100"),
    (("--folds", "101"), "--folds is a number from 0 to 100"),
    (("--seed", "1x"), "--seed is a number from 0 to 2147483647"),
    (("--seed",), "--seed needs a value"), (("--sead", "1"), "--sead is not an option"),
    ((), "--examples is missing")])
def test_a_wrong_option_is_refused_in_one_line(tmp_path, words, said):
    files = ("--examples", tmp_path / "none", "--out", tmp_path / "model") if words else ()
    result = cli("train", *files, *words, env={}, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"redthread train: {said}\n"


def test_key_is_printed_once_and_stored_hashed(env, sql):
    out = cli("key", "create", "--role", "connector", "--channel", "web", "--channel", "mail",
              env=env)
    key = out.strip()
    assert out == key + "\n"
    prefix, ident, secret = key.split("_", 2)
    assert prefix == "rt" and len(ident) == 12 and len(secret) >= 43
    ((stored, role, channels, agent),) = sql.rows(
        "SELECT encode(hash, 'hex'), role, channels, agent FROM api_key WHERE id = $1", ident)
    assert stored == hashlib.sha256(key.encode()).hexdigest()
    assert (role, channels, agent) == ("0", "{web,mail}", None)
    dump = sql.value("SELECT string_agg(api_key::text, '') FROM api_key")
    assert secret not in dump


def test_two_keys_are_never_the_same(env):
    keys = {cli("key", "create", "--role", "admin", env=env).strip() for _ in range(5)}
    assert len(keys) == 5


def test_list_shows_no_secret_and_revoke_ends_a_key(env, sql):
    key = cli("key", "create", "--role", "agent", "--agent", "anna", env=env).strip()
    ident, secret = key.split("_", 2)[1:]
    out = cli("key", "list", env=env)
    assert f"{ident} agent --agent anna\n" == out
    assert secret not in out
    cli("key", "revoke", ident, env=env)
    assert cli("key", "list", env=env) == ""
    assert ident in refusal("key", "revoke", ident, env=env)
    assert sql.value("SELECT revoked_at IS NOT NULL FROM api_key") == "t"


def test_a_key_moves_the_generation(env, sql):
    before = sql.number("SELECT number FROM generation")
    key = cli("key", "create", "--role", "admin", env=env).strip()
    assert sql.number("SELECT number FROM generation") == before + 1
    cli("key", "revoke", key.split("_")[1], env=env)
    assert sql.number("SELECT number FROM generation") == before + 2
    refusal("key", "revoke", key.split("_")[1], env=env)
    assert sql.number("SELECT number FROM generation") == before + 2


@pytest.mark.parametrize("words", [
    [], ["--role"], ["--role", "king"], ["--role", "connector"], ["--role", "agent"],
    ["--role", "admin", "--channel", "web"], ["--role", "dashboard", "--agent", "anna"],
    ["--role", "connector", "--channel", "Not An Id"], ["--channel", "web"],
    ["--role", "admin", "--forever", "1"]])
def test_wrong_words_make_no_key(env, sql, words):
    refusal("key", "create", *words, env=env)
    assert sql.number("SELECT count(*) FROM api_key") == 0


@pytest.mark.parametrize("words", [["key"], ["key", "steal"], ["key", "revoke"],
                                   ["key", "list", "all"], ["migrate", "--down"],
                                   ["config", "--all"], ["health"]])
def test_unknown_words_are_refused(env, words):
    refusal(*words, env=env)


def test_config_hides_secrets(env):
    out = cli("config", env=env)
    assert SEALING_KEY not in out and env["REDTHREAD_DATABASE_URL"] not in out
    assert "REDTHREAD_SEALING_KEY=(set)" in out
    assert "REDTHREAD_OUTBOUND_ALLOW=127.0.0.0/8" in out


def test_config_example_needs_no_environment():
    out = cli("config", "--example", env={})
    assert "REDTHREAD_DATABASE_URL" in out and "(set)" not in out


@pytest.mark.parametrize("name, value", [("REDTHREAD_READERS", "many"),
                                         ("REDTHREAD_READERS", "0"),
                                         ("REDTHREAD_NO_SUCH", "1")])
def test_wrong_configuration_is_one_clear_line(env, name, value):
    for words in (["config"], ["migrate"], ["key", "list"]):
        assert name in refusal(*words, env={**env, name: value})


def test_without_a_database_it_says_so(env):
    missing = {name: value for name, value in env.items() if name != "REDTHREAD_DATABASE_URL"}
    assert "REDTHREAD_DATABASE_URL" in refusal("migrate", env=missing)
    gone = {**env, "REDTHREAD_DATABASE_URL": "postgresql://nobody@/none?host=/nonexistent"}
    said = cli("migrate", env=gone, check=False)
    assert said.returncode == 1
    assert "REDTHREAD_DATABASE_URL" in said.stderr.splitlines()[-1]


class Answer(http.server.BaseHTTPRequestHandler):
    status, paths = 200, []

    def do_GET(self):
        type(self).paths.append(self.path)
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass


@pytest.fixture
def answering():
    class Own(Answer):
        paths = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Own)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield Own, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_health_asks_readyz(answering):
    handler, url = answering
    cli("health", url, env={})
    cli("health", url + "/", env={})
    cli("health", url + "/livez", env={})
    assert handler.paths == ["/readyz", "/readyz", "/livez"]


def test_health_of_an_unready_service_is_a_failure(answering):
    handler, url = answering
    handler.status = 503
    assert "503" in refusal("health", url, env={})


def test_health_of_nothing_is_a_failure(answering):
    assert cli("health", "http://127.0.0.1:1", env={}, check=False).returncode == 1
