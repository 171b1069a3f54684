-- name: heads(after, most)
-- The first unsent event of each of up to `most` subjects after the given one: one index probe per subject.
-- Takes no lock: SKIP LOCKED in here would pass over a locked head to the subject's second event.
WITH RECURSIVE heads AS (
    (
        SELECT id, subject, retry_at
        FROM outbox
        WHERE sent_at IS NULL AND subject > :after
        ORDER BY subject, sequence
        LIMIT 1
    )
    UNION ALL
    SELECT next.id, next.subject, next.retry_at
    FROM heads
    CROSS JOIN LATERAL (
        SELECT id, subject, retry_at
        FROM outbox
        WHERE sent_at IS NULL AND subject > heads.subject
        ORDER BY subject, sequence
        LIMIT 1
    ) AS next
)
SELECT id, subject, retry_at IS NULL OR retry_at <= clock_timestamp() AS due
FROM heads
LIMIT :most;

-- name: lock_runs(ids, most)
-- Locks those of the given heads that are still unsent and that no other relay holds, and answers them with what is
-- unsent behind each, in order, up to `most` of each. Whoever holds the lock on a subject's head is the only one who
-- sends of it, so what lies behind a head that is unsent cannot have been sent since the statement began.
WITH locked AS (
    SELECT id, subject, sequence, type, routing_key, area, time, traceparent, data::text AS data
    FROM outbox
    WHERE id = ANY(:ids) AND sent_at IS NULL
    FOR UPDATE SKIP LOCKED
)
SELECT locked.*, true AS is_head FROM locked
UNION ALL
SELECT next.*, false AS is_head
FROM locked
CROSS JOIN LATERAL (
    SELECT id, subject, sequence, type, routing_key, area, time, traceparent, data::text AS data
    FROM outbox
    WHERE sent_at IS NULL AND subject = locked.subject AND sequence > locked.sequence
    ORDER BY sequence
    LIMIT :most
) AS next;

-- name: mark_sent(ids)!
-- The broker has confirmed these.
UPDATE outbox SET sent_at = clock_timestamp() WHERE id = ANY(:ids);

-- name: back_off(ids, longest_seconds)!
-- The broker refused these; each next try comes later, up to the longest delay.
UPDATE outbox
SET refusals = refusals + 1,
    retry_at = clock_timestamp() + make_interval(secs => least(:longest_seconds, 0.1 * power(2, least(refusals, 20))))
WHERE id = ANY(:ids);

-- name: prune_sent(before_id, sent_before, most)!
-- Forgets some of the events sent long ago, oldest first. Ids are UUIDv7, so the key's index is in time order.
DELETE FROM outbox
WHERE id IN (
    SELECT id
    FROM outbox
    WHERE id < :before_id::uuid AND sent_at < :sent_before
    ORDER BY id
    LIMIT :most
    FOR UPDATE SKIP LOCKED
);

-- name: unsent(most)^
-- How many events wait (counted up to `most`) and for how many seconds the oldest of those has.
SELECT count(*) AS events, coalesce(extract(epoch FROM clock_timestamp() - min(time)), 0)::float8 AS oldest_seconds
FROM (SELECT time FROM outbox WHERE sent_at IS NULL LIMIT :most) AS waiting;
