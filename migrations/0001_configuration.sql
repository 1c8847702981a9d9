-- What an operator configures. Small, read into memory by every process, the same on every shard.
-- Why `generation`: a process compares one number to know that its copy is old.

CREATE TABLE generation (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    number bigint NOT NULL,
    knowledge bigint NOT NULL               -- moves with the knowledge only: its index is dear to build
);
INSERT INTO generation (number, knowledge) VALUES (1, 1);

-- Which migrations were applied, and to what bytes.
CREATE TABLE schema_migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,                 -- SHA-256 of the file, hex
    applied_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE channel (
    id text PRIMARY KEY,
    kind smallint NOT NULL,                 -- enum channel_kind
    credentials bytea,                      -- JSON, sealed
    settings jsonb NOT NULL DEFAULT '{}',
    disabled_reason text,                   -- set when the endpoint said 410, or by the operator
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE bot (
    id text PRIMARY KEY,
    kind smallint NOT NULL,                 -- enum bot_kind
    secret bytea,                           -- sealed
    settings jsonb NOT NULL DEFAULT '{}',   -- url, timeout_ms, enabled
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE queue (
    id text PRIMARY KEY,
    settings jsonb NOT NULL DEFAULT '{}',   -- name
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE agent (
    id text PRIMARY KEY,
    settings jsonb NOT NULL DEFAULT '{}',   -- name, queues, languages, strengths
    presence smallint NOT NULL DEFAULT 0,   -- enum presence
    capacity integer NOT NULL DEFAULT 1 CHECK (capacity >= 0),
    last_assigned_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_key (
    id text PRIMARY KEY,
    role smallint NOT NULL,                 -- enum role
    hash bytea NOT NULL,                    -- SHA-256 of the whole key
    channels text[] NOT NULL DEFAULT '{}',
    agent text,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);

CREATE TABLE policy (
    version integer PRIMARY KEY,
    body jsonb NOT NULL,
    note text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    activated_at timestamptz                -- the newest one rules; none: the built-in policy, version 0
);

CREATE TABLE knowledge (
    id text PRIMARY KEY,
    body jsonb NOT NULL,                    -- intent, questions, answers
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE example (
    intent text NOT NULL,
    no integer NOT NULL,
    text text NOT NULL,
    language text NOT NULL DEFAULT '',
    PRIMARY KEY (intent, no)
);

CREATE TABLE model (
    version integer PRIMARY KEY,
    state smallint NOT NULL DEFAULT 0,      -- 0 training, 1 ready, 2 failed
    bytes bytea,
    report jsonb,
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    activated_at timestamptz
);
