-- After a pg_dump was restored, before routers and workers start:
--
--   psql "$REDTHREAD_DATABASE_URL" -f deploy/after-restore.sql
--
-- The event feed is ordered by the transaction ids of the cluster that wrote it, and a new cluster
-- counts from the beginning: search, counts and streams would wait for ids that come in years. So
-- what was restored becomes the feed's beginning, in its order, and who reads it stands where it
-- stood. Streams that go on from an event of before are told to begin anew.
--
-- Refused where nothing is wrong: on the cluster itself, its standby, or a copy of its files.
\set ON_ERROR_STOP on
BEGIN;
LOCK TABLE event, consumer IN ACCESS EXCLUSIVE MODE;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM event WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())) THEN
        RAISE EXCEPTION 'no event is from another cluster: nothing to do';
    END IF;
END $$;

-- Of another cluster is what this one has not counted up to yet; what it wrote itself comes behind.
CREATE TEMPORARY TABLE place ON COMMIT DROP AS
SELECT ctid AS row, xid, n, xid >= pg_snapshot_xmax(pg_current_snapshot()) AS restored,
       row_number() OVER (ORDER BY xid < pg_snapshot_xmax(pg_current_snapshot()), xid, n) AS no
FROM event;

-- 3 is the first id that a cluster gives: older than any that will come.
UPDATE consumer c SET xid = '3', n = (SELECT count(*) FROM place p
                                      WHERE p.restored AND (p.xid, p.n) <= (c.xid, c.n))
WHERE name <> 'pruned';
UPDATE consumer SET xid = '3', n = 0 WHERE name = 'pruned';
UPDATE event e SET xid = '3', n = p.no FROM place p WHERE e.ctid = p.row;
COMMIT;
