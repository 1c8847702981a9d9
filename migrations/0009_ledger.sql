-- What a run of turns saves travels as rows of these types, in binary, one array each (io/pg_rows). As JSON a row of a
-- conversation took twice as long to read as to write. The order of the columns is that of the calls in store/ledger.c.
-- A type is never changed: programs before and after a migration run side by side. What another column needs is a new type.

CREATE TYPE ledger_conversation AS (
    bucket smallint,
    id uuid,
    expected bigint,                        -- the version it was judged from
    last_seq integer,
    epoch integer,
    priority smallint,
    status smallint,
    mode smallint,
    holder_type smallint,
    holder_id text,
    queue text,
    language text,
    topic text,
    state json,
    updated_at timestamptz
);

CREATE TYPE ledger_message AS (
    bucket smallint,
    seq integer,
    conversation_id uuid,
    id uuid,
    received_at timestamptz,
    sent_at timestamptz,
    direction smallint,
    kind smallint,
    author_type smallint,
    delivery smallint,
    author_id text,
    channel text,
    external_id text,
    address text,
    language text,
    text text,
    extra jsonb,
    decision bytea,
    key_bucket smallint,
    key uuid
);

CREATE TYPE ledger_job AS (
    bucket smallint,
    lane smallint,
    conversation_id uuid,
    seq integer,
    epoch integer,
    delay_ms bigint,
    endpoint text
);

CREATE TYPE ledger_event AS (
    bucket smallint,
    kind smallint,
    seq integer,
    n integer,
    at timestamptz,
    conversation_id uuid,
    data jsonb
);

-- As it was written: half the size of jsonb, which is parsed and built anew for every message though nothing asks for it
-- in SQL but a filter and a name. Rewrites the table, which is locked meanwhile (a million conversations: seconds).
ALTER TABLE conversation ALTER COLUMN state TYPE json USING state::json;
