"""The pg driver against a real PostgreSQL: batches, failed transactions, deadlines, lost
servers."""

import contextlib
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import pytest

from harness import BUILD, SLOW, PgBouncer, Postgres, eventually


class Drive:
    """`drive_pg` with one leased connection, commanded line by line."""

    def __init__(self, url, size=2, timeout_ms=3000, pooled=False):
        self.child = subprocess.Popen(
            [str(BUILD / "tests/integration/drive_pg"), url, str(size), str(timeout_ms),
             str(int(pooled))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def ask(self, *words):
        self.child.stdin.write("\t".join(map(str, words)) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        assert line, f"drive_pg ended: {self.child.poll()}"
        return tuple(line.rstrip("\n").split("\t"))

    def ok(self, *words):
        error, state, text = self.ask(*words)
        assert error == "OK", (words, error, state, text)
        return text

    def error(self, *words):
        error, state, _ = self.ask(*words)
        return error, state

    def close(self):
        self.child.stdin.close()
        self.child.stdout.close()
        assert self.child.wait(10 * SLOW) == 0


@pytest.fixture(scope="module")
def root():
    path = pathlib.Path(tempfile.mkdtemp(prefix="rt-pg-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def postgres(root):
    server = Postgres(root, {"max_prepared_transactions": 0}).start()
    yield server
    server.stop()


@pytest.fixture
def drive(postgres):
    made = []

    def make(url=None, **options):
        made.append(Drive(url or postgres.url("postgres"), **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def leased(drive, postgres):
    with contextlib.closing(postgres.connect("postgres")) as sql:
        sql.rows("DROP TABLE IF EXISTS t")
        sql.rows("CREATE TABLE t (id int PRIMARY KEY, v text CHECK (v <> 'bad'))")
    d = drive()
    d.ok("lease")
    return d


INSERT = "INSERT INTO t VALUES (1, 'a')"
COUNT = "SELECT count(*)::text FROM t"


def test_every_type_there_and_back(leased):
    assert leased.ok("types") == (
        "-9223372036854775808 0.10000000000000001 1 01890a5d-ac96-774b-bcce-b302099a8057"
        " 1795255200123 1 4[a \"quoted\\ one\"|NULL||{é,}] {\"a\": 1} 1 -1 -3 1.5 0")


ROW_TYPE = ("CREATE TYPE drive_row AS (small int2, number int4, large int8, id uuid,"
            " at timestamptz, said text, kept json, parsed jsonb, raw bytea)")
COUNT_ROWS = "SELECT count(*)::text FROM unnest($1::drive_row[])"
ROWS = "SELECT string_agg(r::text, ' ' ORDER BY number) FROM unnest($1::drive_row[]) r"


@pytest.fixture
def row_type(postgres):
    with contextlib.closing(postgres.connect("postgres")) as sql:
        sql.rows("DROP TYPE IF EXISTS drive_row")
        sql.rows(ROW_TYPE)
        yield sql


def test_rows_of_a_type_with_and_without_values(leased, row_type):
    assert leased.ok("rows", 2, 9, ROWS) == (
        '(-3,0,-9223372036854775808,01890a5d-ac96-774b-bcce-b302099a8057,'
        '"2026-11-21 10:00:00.123+00","é, ""","{ ""b"":1}","{""b"": 1}","\\\\x00ff")'
        " (-3,1,-9223372036854775808,,,,,,)")
    assert leased.ok("rows", 0, 9, COUNT_ROWS) == "0"
    assert leased.ok("rows", 1000, 9, COUNT_ROWS) == "1000"


def test_more_rows_than_the_maximum_are_an_error_and_never_sent(leased, row_type):
    assert leased.error("rows", 20000, 9, ROWS) == ("ERR_TOO_LARGE", "")


def test_rows_of_another_shape_are_refused(leased, row_type):
    assert leased.error("rows", 1, 8, ROWS) == ("ERR_BUG", "42804")


def test_a_type_may_have_another_number_than_when_the_statement_was_prepared(leased, row_type):
    assert leased.ok("rows", 1, 9, COUNT_ROWS) == "1"
    row_type.rows("DROP TYPE drive_row")
    row_type.rows(ROW_TYPE)
    assert leased.ok("rows", 1, 9, ROWS).startswith("(-3,0,")


@pytest.mark.parametrize("n", (0, 1, 200))
def test_an_array_of_uids(leased, n):
    last = f"00000000-0000-0000-0000-0000000000{n - 1:02x}" if n else ""
    assert leased.ok("uids", n) == f"{n} {last}"


def test_a_batch_is_one_transaction(leased):
    assert leased.ok("batch", "BEGIN", INSERT, COUNT, "COMMIT") == "1"
    assert leased.ok("batch", COUNT) == "1"


def test_an_error_undoes_the_batch_and_leaves_the_connection_usable(leased):
    bad = "INSERT INTO t VALUES (2, 'bad')"
    for _ in range(3):
        assert leased.error("batch", "BEGIN", INSERT, bad, COUNT, "COMMIT") == (
            "ERR_CONFLICT", "23514")
        assert leased.ok("batch", COUNT) == "0"
    assert leased.ok("batch", "BEGIN", INSERT, "COMMIT", COUNT) == "1"


def test_an_error_without_begin_undoes_the_batch_too(leased):
    assert leased.error("batch", INSERT, INSERT) == ("ERR_CONFLICT", "23505")
    assert leased.ok("batch", COUNT) == "0"


def test_an_error_in_the_first_use_of_a_statement(leased):
    wrong = "SELECT nowhere FROM t"
    assert leased.error("batch", "BEGIN", wrong, wrong, "COMMIT") == ("ERR_BUG", "42703")
    assert leased.error("batch", wrong) == ("ERR_BUG", "42703")
    assert leased.ok("batch", COUNT) == "0"


def test_the_same_new_statement_twice_in_one_batch(leased):
    one = "SELECT 'twice'"
    assert leased.ok("batch", one, one, one) == "twice"
    assert leased.ok("batch", one, one) == "twice"


@pytest.mark.parametrize("statement, error, state", [
    ("SELECT 1/0", "ERR_INVALID", "22012"),
    ("DO $$ BEGIN RAISE serialization_failure; END $$", "ERR_BUSY", "40001"),
    ("DO $$ BEGIN RAISE deadlock_detected; END $$", "ERR_BUSY", "40P01"),
    ("DO $$ BEGIN RAISE too_many_connections; END $$", "ERR_BUSY", "53300"),
    ("DO $$ BEGIN RAISE query_canceled; END $$", "ERR_TIMEOUT", "57014"),
    ("SELEKT", "ERR_BUG", "42601"),
])
def test_what_an_sqlstate_means(leased, statement, error, state):
    assert leased.error("batch", statement) == (error, state)
    assert leased.ok("batch", "SELECT 'alive'") == "alive"


def test_commit_outside_a_transaction_is_a_mistake(leased):
    assert leased.error("batch", "COMMIT") == ("ERR_BUG", "25P01")
    assert leased.error("batch", "BEGIN", "SELECT 1/0") == ("ERR_INVALID", "22012")
    assert leased.error("batch", INSERT, "COMMIT")[0] == "ERR_BUG"


def test_a_deferred_constraint_fails_the_commit(leased):
    leased.ok("script", "ALTER TABLE t ADD UNIQUE (v) DEFERRABLE INITIALLY DEFERRED")
    other = "INSERT INTO t VALUES (2, 'a')"
    assert leased.error("batch", "BEGIN", INSERT, other, "COMMIT") == ("ERR_CONFLICT", "23505")
    assert leased.ok("batch", COUNT) == "0"


def test_a_transaction_left_open_is_rolled_back(leased):
    leased.ok("batch", "BEGIN", INSERT)
    leased.ok("return")
    leased.ok("lease")
    assert leased.ok("batch", COUNT) == "0"


def test_large_parameters_both_ways_do_not_lock_up(leased):
    assert leased.ok("big", 512 * 1024, 24) == str(24 * 512 * 1024)


def test_the_server_ends_a_long_statement_and_the_connection_stays(drive):
    d = drive(timeout_ms=800)
    d.ok("lease")
    assert d.error("batch", "SELECT pg_sleep(30)") == ("ERR_TIMEOUT", "57014")
    assert d.ok("batch", "SELECT 'alive'") == "alive"


def test_a_script_reports_and_recovers(leased):
    error, state, text = leased.ask("script", "BEGIN; CREATE TABLE u (i int); SELECT wrong; COMMIT")
    assert (error, state) == ("ERR_BUG", "42703") and "wrong" in text
    assert leased.ok("batch", "SELECT count(*)::text FROM pg_class WHERE relname = 'u'") == "0"
    leased.ok("script", "CREATE TABLE u (i int); INSERT INTO u VALUES (1); DROP TABLE u")


def test_the_pool_is_bounded(drive):
    d = drive(size=1, timeout_ms=300)
    d.ok("lease")
    assert d.error("lease")[0] == "ERR_BUSY"


def test_session_settings_and_those_of_the_url(drive, postgres):
    d = drive(postgres.url("postgres") + "&options=-c%20work_mem%3D7MB", timeout_ms=4000)
    d.ok("lease")
    show = ("SELECT concat_ws(' ', current_setting('statement_timeout'),"
            " current_setting('idle_in_transaction_session_timeout'),"
            " current_setting('timezone'), current_setting('work_mem'))")
    assert d.ok("batch", show) == "3500ms 8s UTC 7MB"


PID = "SELECT pg_backend_pid()::text"


def end_backend(postgres, pid):
    """It leaves pg_stat_activity before it closes its socket: gone is the process."""
    with contextlib.closing(postgres.connect("postgres")) as sql:
        sql.rows(f"SELECT pg_terminate_backend({pid})")
    eventually(lambda: not pathlib.Path(f"/proc/{pid}").exists())


def test_a_lost_backend_is_noticed_while_leased(leased, postgres):
    end_backend(postgres, leased.ok("batch", PID))
    assert leased.error("batch", "SELECT 1")[0] == "ERR_STORE"
    assert leased.error("batch", "SELECT 1")[0] == "ERR_STORE"
    leased.ok("return")
    leased.ok("lease")
    assert leased.ok("batch", "SELECT 'back'") == "back"


def test_a_backend_lost_while_idle_costs_no_call(leased, postgres):
    pid = leased.ok("batch", PID)
    leased.ok("return")
    end_backend(postgres, pid)
    leased.ok("lease")
    assert leased.ok("batch", PID) != pid


def test_a_read_only_server_is_left(leased):
    leased.ok("script", "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    assert leased.error("batch", INSERT) == ("ERR_STORE", "25006")
    leased.ok("return")
    leased.ok("lease")
    leased.ok("batch", INSERT)


def test_without_prepared_statements_behind_a_pooler(root, postgres, drive):
    bouncer = PgBouncer(root, postgres, pool=2).start()
    try:
        first, second = (drive(bouncer.url("postgres"), pooled=True) for _ in range(2))
        for _ in range(5):
            for d in (first, second):
                d.ok("lease")
                assert d.ok("batch", "BEGIN", "SELECT 'through'", "COMMIT") == "through"
                assert d.error("batch", "BEGIN", "SELECT 1/0", "COMMIT")[0] == "ERR_INVALID"
                d.ok("return")
    finally:
        bouncer.stop(number=2)


@pytest.fixture
def own(tmp_path_factory):
    path = pathlib.Path(tempfile.mkdtemp(prefix="rt-pg-"))
    path.chmod(0o755)
    server = Postgres(path).start()
    yield server
    server.kill9()
    shutil.rmtree(path, ignore_errors=True)


def wait_for_nobody(own):
    """From here on every commit waits for a standby that there is not. From the start, because a
    server that runs tells its sessions of the setting some time after it has read it."""
    with contextlib.closing(own.connect("postgres")) as sql:
        sql.rows("CREATE TABLE t (id int PRIMARY KEY, v text)")
        sql.rows("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    own.stop()
    own.start()


def test_a_commit_the_standby_did_not_confirm_does_not_count(own, drive):
    wait_for_nobody(own)
    d = drive(own.url("postgres"), timeout_ms=6000)
    d.ok("lease")
    with contextlib.closing(own.connect("postgres")) as sql:
        pid = d.ok("batch", PID)
        d.child.stdin.write(f"batch\tBEGIN\t{INSERT}\tCOMMIT\n")
        eventually(lambda: sql.value(
            f"SELECT wait_event FROM pg_stat_activity WHERE pid = {pid}") == "SyncRep", 4)
        sql.rows(f"SELECT pg_cancel_backend({pid})")
    assert d.child.stdout.readline().split("\t")[0] == "ERR_STORE"
    assert d.ok("batch", COUNT) == "1"


def test_a_commit_without_any_answer_ends_at_the_deadline(own, drive):
    wait_for_nobody(own)
    d = drive(own.url("postgres"), timeout_ms=1000)
    d.ok("lease")
    began = time.monotonic()
    assert d.error("batch", "BEGIN", INSERT, "COMMIT")[0] == "ERR_TIMEOUT"
    assert 0.9 < time.monotonic() - began < 2 * SLOW


def test_a_server_that_goes_and_comes_back(own, drive):
    d = drive(own.url("postgres"), timeout_ms=2000)
    d.ok("lease")
    d.ok("batch", "SELECT 1")
    own.kill9()
    assert d.error("batch", "SELECT 1")[0] == "ERR_STORE"
    d.ok("return")
    assert d.error("lease")[0] == "ERR_STORE"
    began = time.monotonic()
    for _ in range(1000):
        assert d.error("lease")[0] == "ERR_STORE"
    assert time.monotonic() - began < 2 * SLOW, "a lease waits for a server that is away"
    own.start()
    eventually(lambda: d.error("lease")[0] == "OK", 10)
    assert d.ok("batch", "SELECT 'back'") == "back"


def test_a_first_host_that_is_dead_is_passed_over(postgres, root, drive):
    d = drive(f"postgresql://redthread@/postgres?host={root}/nowhere,{postgres.sockets}")
    d.ok("lease")
    assert d.ok("batch", "SELECT 'second'") == "second"


def test_a_server_that_says_nothing_costs_the_deadline_and_no_more(drive):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        d = drive(f"postgresql://x@127.0.0.1:{silent.getsockname()[1]}/x", timeout_ms=400)
        for _ in range(3):
            began = time.monotonic()
            assert d.error("lease")[0] == "ERR_STORE"
            assert 0.3 < time.monotonic() - began < 1 * SLOW


def test_a_wrong_url_is_not_quoted_in_the_log():
    for url in ("postgresql://u:hush%zz@h/x", "postgresql://u:hush@h:port/x",
                "host=h password='hush"):
        done = subprocess.run([str(BUILD / "tests/integration/drive_pg"), url, "1", "500", "0"],
                              input="lease\n", capture_output=True, text=True)
        assert done.stdout.startswith("ERR_STORE") and "hush" not in done.stderr, done.stderr
