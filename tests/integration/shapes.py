"""How configuration is asked for and refused: what the tests of it share."""

import contextlib

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="

CHANNEL = {"kind": "connector", "credentials": {"secret": SECRET},
           "settings": {"outbound_url": "http://127.0.0.1:9/out", "identity_kind": "email",
                        "quiet_ms": 1500, "language": "da"}}

ENTRY = {"intent": "where_is_my_order",
         "questions": ["Where is my parcel?", "Hvor er min pakke?"],
         "answers": {"en": "On its way.", "da": "Den er på vej."}}


def put(client, path, body, *statuses):
    answer = client.put(path, body)
    assert answer.status in (statuses or (200, 201)), answer
    return answer.json


def refused(answer, pointer, status=422):
    assert answer.status == status, answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    if pointer is not None:
        assert [e["pointer"] for e in answer.json["errors"]] == [pointer], answer


def everything(sql):
    """The whole database as text: what a refused call must leave as it was."""
    tables = [row[0] for row in sql.rows(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " ORDER BY 1")]
    return {table: sql.value(f"SELECT coalesce(string_agg(t::text, '|' ORDER BY t::text), '')"
                             f" FROM {table} t") for table in tables}


@contextlib.contextmanager
def unchanged(world):
    before = everything(world.sql)
    yield
    assert everything(world.sql) == before


def refuses_all(world, path, wrong):
    """Each body is refused with that pointer, and none leaves a trace."""
    admin = world.admin()
    with unchanged(world):
        for body, pointer in wrong:
            refused(admin.put(path, body), pointer)
