-- What providers send us, as it came: stored before it is understood, so that whatever fails behind it nothing is
-- lost, and what could not be understood can be tried again.

CREATE TABLE inbound (
    bucket smallint NOT NULL,               -- of its own id: whom it is about is known only later
    id uuid NOT NULL,
    channel text NOT NULL,
    received_at timestamptz NOT NULL,
    state smallint NOT NULL,                -- enum inbound_state
    attempts smallint NOT NULL DEFAULT 0,
    run_at timestamptz NOT NULL,            -- while it is pending: nobody else tries it before
    call jsonb NOT NULL,                    -- url and headers
    body bytea,                             -- null once it is done
    events jsonb NOT NULL DEFAULT '[]',     -- what was understood of it
    error text,
    conversations uuid[] NOT NULL DEFAULT '{}', -- whom it turned out to be about
    PRIMARY KEY (bucket, id)
);
CREATE INDEX inbound_about ON inbound USING gin (conversations);
CREATE INDEX inbound_newest ON inbound (channel, id DESC);
CREATE INDEX inbound_due ON inbound (run_at) WHERE state = 0;

-- A receipt may be faster than the answer that names the message. Keyed as arrivals are.
CREATE TABLE early_receipt (
    bucket smallint NOT NULL,
    key uuid NOT NULL,
    status smallint NOT NULL,               -- enum delivery_status
    error text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (bucket, key)
);

-- What came with a message. Kept as bytes, never looked into.
CREATE TABLE attachment (
    bucket smallint NOT NULL,               -- of its own id
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq integer NOT NULL,
    name text NOT NULL,
    content_type text NOT NULL,
    size bigint NOT NULL,
    bytes bytea,                            -- null: kept in the object store under its id
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bucket, id)
);
CREATE INDEX attachment_conversation ON attachment (conversation_id);
CREATE INDEX attachment_here ON attachment (created_at) WHERE bytes IS NOT NULL;

-- Of erased people: what is still to be deleted in the object store.
CREATE TABLE attachment_gone (
    bucket smallint NOT NULL,
    id uuid NOT NULL,
    PRIMARY KEY (bucket, id)
);

ALTER TABLE message ADD COLUMN deleted_at timestamptz;      -- the person took it back
ALTER TABLE job ADD COLUMN parts_sent smallint NOT NULL DEFAULT 0; -- of a text that is longer than one message

-- When each channel may send next: one row a channel, so that all workers keep its provider's limit together.
CREATE TABLE pace (
    channel text PRIMARY KEY,
    free_at timestamptz NOT NULL
);

-- Tokens of limited life (WeChat). Sealed; one is valid at a time, so they are shared.
CREATE TABLE channel_token (
    channel text PRIMARY KEY,
    token bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
