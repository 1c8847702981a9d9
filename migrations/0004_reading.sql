-- What is kept for reading only, by a consumer of the events and never inside an ingest transaction: search terms
-- and hourly counts.

CREATE TABLE search (
    bucket smallint NOT NULL,
    conversation_id uuid NOT NULL,
    seq integer NOT NULL,
    terms text[] NOT NULL,
    PRIMARY KEY (bucket, conversation_id, seq)
);
CREATE INDEX search_terms ON search USING gin (terms);

CREATE TABLE rollup (
    hour timestamptz NOT NULL,
    channel text NOT NULL,
    mode smallint NOT NULL,
    handler text NOT NULL,
    intent text NOT NULL,
    messages_in bigint NOT NULL,
    messages_out bigint NOT NULL,
    PRIMARY KEY (hour, channel, mode, handler, intent)
);
