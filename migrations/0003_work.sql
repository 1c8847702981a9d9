-- What follows from a turn: jobs to do, events to tell, conversations that need or have a person.

-- Do K at time T. A claimed job is one whose run_at lies a lease ahead and whose token is the worker's; a finished
-- one is deleted, a hopeless one keeps its row with dead_at.
CREATE TABLE job (
    bucket smallint NOT NULL,
    lane smallint NOT NULL,                 -- enum lane
    conversation_id uuid NOT NULL,
    seq integer NOT NULL,
    epoch integer NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    run_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    token uuid,
    endpoint text NOT NULL,                 -- what a breaker counts by
    last_error text,
    dead_at timestamptz,
    PRIMARY KEY (bucket, lane, conversation_id, seq)
) WITH (fillfactor = 80);
CREATE INDEX job_due ON job (lane, bucket, run_at) WHERE dead_at IS NULL;
CREATE INDEX job_dead ON job (dead_at) WHERE dead_at IS NOT NULL;

-- Outcomes of outgoing calls, for breakers; kept for minutes.
CREATE TABLE attempt (
    endpoint text NOT NULL,
    at timestamptz NOT NULL,
    failed boolean NOT NULL
);
CREATE INDEX attempt_endpoint ON attempt (endpoint, at);

-- Everything that changed, in an order that any replica can resume: a reader takes rows whose transaction is older
-- than every running one, so a late commit can never slip in behind it.
CREATE TABLE event (
    bucket smallint NOT NULL,
    kind smallint NOT NULL,                 -- enum event_kind
    seq integer NOT NULL,                   -- of the message it is about; 0: none
    n integer NOT NULL,                     -- order within the transaction
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL,
    conversation_id uuid,
    data jsonb
);
CREATE INDEX event_order ON event (xid, n);
CREATE INDEX event_at ON event USING brin (at);
-- The lasting part: what a timeline shows beside messages (kind: control, episode, promise, fact, refused, …).
CREATE INDEX event_timeline ON event (bucket, conversation_id, at) WHERE kind NOT IN (0, 1);

-- Conversations that need or have a person: the inbox. Small, so it may be indexed and counted.
CREATE TABLE attention (
    bucket smallint NOT NULL,
    conversation_id uuid NOT NULL,
    queue text NOT NULL,
    agent text NOT NULL,                    -- '' while it waits in the queue
    mode smallint NOT NULL,
    priority smallint NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (bucket, conversation_id)
);
CREATE INDEX attention_waiting ON attention (queue, priority, since) WHERE agent = '';
CREATE INDEX attention_agent ON attention (agent) WHERE agent <> '';

CREATE TABLE idempotency (
    bucket smallint NOT NULL,
    key uuid NOT NULL,                      -- hash of caller, route and Idempotency-Key
    body_hash bytea NOT NULL,
    status smallint,                        -- null while the first one runs
    content_type text,
    answer text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, key)
);
CREATE INDEX idempotency_age ON idempotency USING brin (created_at);

-- How far a consumer of the events has come.
CREATE TABLE consumer (
    name text PRIMARY KEY,
    xid xid8 NOT NULL,
    n integer NOT NULL
);
