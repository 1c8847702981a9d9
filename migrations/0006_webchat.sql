-- Visitors of our own chat widget: who holds which token. Nothing a browser would tell of a person is kept: no network
-- address, no device, no page. What was said stands in the conversation and is found by the visitor's address there.

CREATE TABLE visitor (
    bucket smallint NOT NULL,
    id uuid NOT NULL,                       -- 16 bytes of the token's SHA-256, the last one is the bucket
    hash bytea NOT NULL,                    -- all of it; the token itself is nowhere
    channel text NOT NULL,
    address text NOT NULL,                  -- v-…: nobody; u-<user id>: the site vouched for them
    former text NOT NULL DEFAULT '',        -- v-…: what they wrote under before they signed in
    name text NOT NULL DEFAULT '',          -- as the site gave it
    email text NOT NULL DEFAULT '',
    email_verified boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, id)
);
CREATE INDEX visitor_address ON visitor (channel, address);
CREATE INDEX visitor_former ON visitor (channel, former) WHERE former <> '';
CREATE INDEX visitor_email ON visitor (email) WHERE email <> '';
CREATE INDEX visitor_expires ON visitor (expires_at);

-- An EventSource can send no header: a ticket opens one stream, once and soon.
CREATE TABLE visitor_ticket (
    bucket smallint NOT NULL,               -- the visitor's
    visitor_id uuid NOT NULL,
    hash bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, visitor_id, hash)
);
CREATE INDEX visitor_ticket_expires ON visitor_ticket (expires_at);
