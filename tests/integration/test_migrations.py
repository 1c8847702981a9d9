"""Migrations: each once, known by its bytes, two programs at once; and the statements that the
schema must satisfy."""

import hashlib
import re
import shutil
import subprocess

import pytest

from harness import BUILD, TOP, PgBouncer, SqlError, cli, environment, eventually, together

FILES = sorted((TOP / "migrations").glob("*.sql"))
NEXT = len(FILES) + 1


@pytest.fixture
def database(servers):
    """(url, environment) of an empty database."""
    name = servers.database("template1")
    yield name, environment(servers.postgres.url(name))
    servers.drop(name)


@pytest.fixture
def sql(servers, database):
    found = servers.postgres.connect(database[0])
    yield found
    found.close()


@pytest.fixture
def directory(tmp_path):
    """A copy of the migrations that a test may change."""
    copy = tmp_path / "migrations"
    shutil.copytree(TOP / "migrations", copy)
    return copy


def refusal(env, *words):
    result = cli("migrate", *words, env=env, check=False)
    assert result.returncode == 1, result
    assert result.stderr.count("\n") == 1, f"not one line: {result.stderr}"
    return result.stderr


def recorded(sql):
    return sql.rows("SELECT number, name, checksum FROM schema_migration ORDER BY number")


def test_program_carries_every_migration_of_the_directory(database, sql):
    out = cli("migrate", env=database[1])
    assert [line.split()[1] for line in out.splitlines() if line.startswith("applied")] == \
        [file.stem for file in FILES]
    assert recorded(sql) == [
        (str(number), file.stem, hashlib.sha256(file.read_bytes()).hexdigest())
        for number, file in enumerate(FILES, 1)]


def test_second_run_applies_nothing(database, sql):
    cli("migrate", env=database[1])
    before = sql.rows("SELECT * FROM schema_migration")
    assert "applied" not in cli("migrate", env=database[1])
    assert sql.rows("SELECT * FROM schema_migration") == before


def test_twelve_at_once_apply_each_once(database, sql):
    outputs = together(12, lambda _: cli("migrate", env=database[1]))
    applied = [line for out in outputs for line in out.splitlines() if line.startswith("applied")]
    assert sorted(applied) == [f"applied {file.stem}" for file in FILES]
    assert sql.number("SELECT count(*) FROM schema_migration") == len(FILES)


def test_waits_for_another_that_holds_the_lock(servers, database):
    cli("migrate", env=database[1])
    holder = servers.postgres.connect(database[0])
    watcher = servers.postgres.connect(database[0])
    holder.rows("BEGIN")
    holder.rows("SELECT pg_advisory_xact_lock(7164210385127)")
    child = subprocess.Popen([BUILD / "redthread", "migrate"], env=database[1],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    eventually(lambda: watcher.number("SELECT count(*) FROM pg_locks WHERE NOT granted"
                                      " AND locktype = 'advisory'") == 1)
    assert child.poll() is None
    holder.rows("ROLLBACK")
    assert child.wait(30) == 0
    child.communicate()
    holder.close()
    watcher.close()


def test_changed_file_is_refused_by_name(database, directory, sql):
    cli("migrate", env=database[1])
    changed = directory / FILES[1].name
    changed.write_text(changed.read_text() + "-- later\n")
    assert FILES[1].stem in refusal(database[1], "--directory", directory)
    (directory / f"{NEXT:04}_more.sql").write_text("-- Why.\nCREATE TABLE more (id integer);\n")
    refusal(database[1], "--directory", directory)
    assert sql.value("SELECT to_regclass('more')") is None


def test_database_newer_than_the_program_is_refused(database, directory):
    (directory / f"{NEXT:04}_more.sql").write_text("-- Why.\nCREATE TABLE more (id integer);\n")
    cli("migrate", "--directory", directory, env=database[1])
    assert "newer" in refusal(database[1])


def test_failing_migration_leaves_nothing_of_itself(database, directory, sql):
    (directory / f"{NEXT:04}_broken.sql").write_text(
        "-- Why.\nCREATE TABLE half (id integer);\nSELECT 1 / 0;\n")
    refusal_of_it = cli("migrate", "--directory", directory, env=database[1], check=False)
    assert refusal_of_it.returncode == 1
    assert "division by zero" in refusal_of_it.stderr
    assert sql.value("SELECT to_regclass('half')") is None
    assert len(recorded(sql)) == len(FILES)
    (directory / f"{NEXT:04}_broken.sql").write_text("-- Why.\nCREATE TABLE half (id integer);\n")
    assert f"applied {NEXT:04}_broken" in cli("migrate", "--directory", directory, env=database[1])


@pytest.mark.parametrize("name", [f"{NEXT + 1:04}_gap.sql", f"{NEXT - 1:04}_twice.sql",
                                  "first.sql"])
def test_numbers_without_a_gap(database, directory, name):
    (directory / name).write_text("-- Why.\nSELECT 1;\n")
    assert "expected number" in refusal(database[1], "--directory", directory)


def test_empty_directory_is_refused(database, tmp_path):
    refusal(database[1], "--directory", tmp_path)
    refusal(database[1], "--directory", tmp_path / "none")


@pytest.mark.skipif(shutil.which("pgbouncer", path="/usr/sbin:/usr/bin") is None,
                    reason="no pgbouncer")
def test_migrates_through_a_transaction_pooler(servers, database, sql):
    bouncer = PgBouncer(servers.root, servers.postgres).start()
    try:
        env = environment(bouncer.url(database[0]), database_pooled=1)
        outputs = together(4, lambda _: cli("migrate", env=env))
        assert sum(out.count("applied") for out in outputs) == len(FILES)
        assert len(recorded(sql)) == len(FILES)
    finally:
        bouncer.stop()


def statements():
    out = subprocess.run([BUILD / "tests/integration/drive_statements"], check=True,
                         capture_output=True, text=True).stdout
    return [line.split("\t", 1) for line in out.splitlines()]


def test_every_statement_prepares_against_a_fresh_database(database, sql):
    cli("migrate", env=database[1])
    found = statements()
    names = [name for name, _ in found]
    assert len(names) == len(set(names)), "two statements of one name"
    stores = {path.stem for path in (TOP / "common/store").glob("*.c")
              if "STATEMENT(" in path.read_text()}
    missing = [store for store in stores if not any(n.startswith(store + "_") for n in names)]
    assert not missing, f"no statement collected from {missing}"
    wrong = []
    for number, (name, text) in enumerate(found):
        try:
            sql.rows(f"PREPARE s{number} AS {text}")
        except SqlError as problem:
            wrong.append(f"{name}: {problem}")
    assert not wrong, "\n".join(wrong)


def test_no_store_keeps_a_statement_to_itself():
    """A statement outside the collection would escape the test above. BEGIN cannot be prepared."""
    for path in (TOP / "common/store").glob("*.c"):
        for name, text in re.findall(r"struct pg_stmt (\w+) = {([^}]*)}", path.read_text()):
            assert '"BEGIN' in text, f"{path.name}: {name}"
