-- One customer, one conversation, for life. Every row has its home bucket (0-255) first in every key, so that
-- the same SQL runs on one server and on shards. Nothing that every message updates stands in an index, so that
-- updates stay heap-only (HOT).

CREATE TABLE customer (
    bucket smallint NOT NULL,
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    name text NOT NULL DEFAULT '',
    tier text NOT NULL DEFAULT '',
    preference text NOT NULL DEFAULT '',    -- '', 'human' or 'bot'
    merged_into uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bucket, id)
);

-- A verified identity belongs to one customer. Its bucket is its own hash, not the customer's.
CREATE TABLE identity (
    bucket smallint NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    customer_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bucket, kind, value)
);
CREATE INDEX identity_customer ON identity (customer_id);

-- What a person said of themselves. Suggests, never joins.
CREATE TABLE claim (
    bucket smallint NOT NULL,               -- the customer's
    customer_id uuid NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bucket, customer_id, kind, value)
);

CREATE TABLE conversation (
    bucket smallint NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    version bigint NOT NULL,
    last_seq integer NOT NULL,
    epoch integer NOT NULL,
    priority smallint NOT NULL,
    status smallint NOT NULL,               -- enum conversation_status
    mode smallint NOT NULL,                 -- enum mode
    holder_type smallint NOT NULL,          -- enum party_type
    holder_id text NOT NULL,
    queue text NOT NULL,
    language text NOT NULL,
    topic text NOT NULL,
    state jsonb NOT NULL,                   -- model/conversation.h: conversation_render_state
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    merged_into uuid,
    PRIMARY KEY (bucket, id)
) WITH (fillfactor = 60);
CREATE INDEX conversation_newest ON conversation (id DESC);

-- A message and the decision made on it. A decision has the id of the message it judges.
CREATE TABLE message (
    bucket smallint NOT NULL,
    seq integer NOT NULL,
    conversation_id uuid NOT NULL,
    id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    sent_at timestamptz,
    edited_at timestamptz,
    direction smallint NOT NULL,
    kind smallint NOT NULL,
    author_type smallint NOT NULL,
    delivery smallint NOT NULL,
    attempts smallint NOT NULL,
    author_id text NOT NULL,
    channel text NOT NULL,
    external_id text NOT NULL,
    address text NOT NULL,
    language text NOT NULL,
    text text NOT NULL,
    last_error text,
    extra jsonb,                            -- what is rarely there: html, subject, attachments, metadata, …
    decision bytea,                         -- model/decision.h: decision_pack
    PRIMARY KEY (bucket, conversation_id, seq)
) WITH (fillfactor = 95);
-- An id carries its time, so a block range finds a message by id at a hundredth of a b-tree's size.
CREATE INDEX message_received ON message USING brin (received_at) WITH (pages_per_range = 16, autosummarize = on);

-- De-duplication: (channel, external id) and Idempotency-Key, hashed. The key's own bucket, because the same message
-- must be found whoever is said to have sent it.
CREATE TABLE arrival (
    bucket smallint NOT NULL,
    seq integer NOT NULL,
    key uuid NOT NULL,
    conversation_id uuid NOT NULL,
    PRIMARY KEY (bucket, key)
);

-- A merge moves no row: it redirects, so it can be undone.
CREATE TABLE merge (
    bucket smallint NOT NULL,               -- the survivor's
    id uuid NOT NULL,
    survivor_id uuid NOT NULL,              -- customers
    merged_id uuid NOT NULL,
    survivor_conversation uuid NOT NULL,
    merged_conversation uuid NOT NULL,
    reason text NOT NULL,
    created_at timestamptz NOT NULL,
    undone_at timestamptz,
    PRIMARY KEY (bucket, id)
);
CREATE INDEX merge_conversation ON merge (bucket, survivor_conversation);
