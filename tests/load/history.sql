-- :messages stored messages of a tenth as many customers over 90 days, as the router would have stored them.
CREATE FUNCTION pg_temp.id(kind text, i bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (substr(md5(kind || i), 1, 30) || lpad(to_hex(i % 256), 2, '0'))::uuid $$;

INSERT INTO identity (bucket, kind, value, customer_id, conversation_id)
SELECT i % 256, 'channel:web', 'old-' || i, pg_temp.id('customer', i), pg_temp.id('conversation', i)
FROM generate_series(1, :messages / 10) i;

INSERT INTO customer (bucket, id, conversation_id, name)
SELECT i % 256, pg_temp.id('customer', i), pg_temp.id('conversation', i), 'Mette'
FROM generate_series(1, :messages / 10) i;

INSERT INTO conversation (bucket, id, customer_id, version, last_seq, epoch, priority, status, mode, holder_type,
    holder_id, queue, language, topic, state, created_at, updated_at)
SELECT i % 256, pg_temp.id('conversation', i), pg_temp.id('customer', i), 10, 10, 1, 3, 0, 1, 2, 'faq', '', 'en', '',
    jsonb_build_object('ep', jsonb_build_object('n', 1), 'ch', 'web', 'to', 'old-' || i, 'in', 10),
    now() - interval '90 days', now() - interval '1 day'
FROM generate_series(1, :messages / 10) i;

INSERT INTO message (bucket, seq, conversation_id, id, received_at, direction, kind, author_type, delivery, attempts,
    author_id, channel, external_id, address, language, text, decision)
SELECT i % 256, s, pg_temp.id('conversation', i), pg_temp.id('message' || s, i),
    now() - interval '90 days' + (s * :messages / 10 + i) * (interval '90 days' / (:messages * 1.2)), 0, 0, 1, 0, 0, '',
    'web', 'old-' || i || '-' || s, 'old-' || i, 'en', repeat('order ', 33), decode(repeat('ab', 110), 'hex')
FROM generate_series(1, 10) s, generate_series(1, :messages / 10) i;

INSERT INTO arrival (bucket, seq, key, conversation_id)
SELECT get_byte(uuid_send(k), 15), s, k, pg_temp.id('conversation', i)
FROM (SELECT s, i, md5('key' || s || '-' || i)::uuid k
      FROM generate_series(1, 10) s, generate_series(1, :messages / 10) i) keys;

-- People wait in the inbox, fewer than there is history.
INSERT INTO attention (bucket, conversation_id, queue, agent, mode, priority, since)
SELECT i % 256, pg_temp.id('conversation', i), 'support', '', 3, 3, now() - i * interval '1 minute'
FROM generate_series(1, 500) i;
UPDATE conversation SET status = 1, mode = 3, holder_type = 4, holder_id = 'support', queue = 'support'
WHERE (bucket, id) IN (SELECT bucket, conversation_id FROM attention);

INSERT INTO rollup (hour, channel, mode, handler, intent, messages_in, messages_out)
SELECT date_trunc('hour', now()) - h * interval '1 hour', c, m, 'bot:faq', t, 10, 9
FROM generate_series(0, 300 * 24) h, unnest(ARRAY['web', 'mail']) c, generate_series(1, 4) m,
    unnest(ARRAY['where_is_my_order', 'return_item', '']) t
WHERE :messages >= 1000000 OR h <= 30 * 24;
-- As months of autovacuum and checkpoints would have left it. Else the first vacuum of all that was stored at once, and
-- the writing of it to disk, fall into what is measured.
VACUUM ANALYZE;
CHECKPOINT;
