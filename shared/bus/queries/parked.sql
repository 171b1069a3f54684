-- name: park(source, subject, event_id, type, area, copy, reason, body, delay_seconds)!
-- Sets an event aside, to be tried again after the delay.
INSERT INTO parked (state, source, subject, event_id, type, area, copy, reason, body, retry_at)
VALUES (
    'waiting', :source, :subject, :event_id, :type, :area, :copy, :reason, :body,
    clock_timestamp() + make_interval(secs => :delay_seconds)
);

-- name: park_raw(reason, body)!
-- Keeps bytes that nobody could read; the same bytes only once.
INSERT INTO parked (state, reason, body) VALUES ('undecodable', :reason, :body)
ON CONFLICT DO NOTHING;

-- name: blocked_subjects(sources, subjects)
-- For those of the given subjects that have events parked: the state of the first one, and whether a copy waits.
SELECT given.source, given.subject, head.state, waiting_copy.key IS NOT NULL AS copy_waits
FROM unnest(:sources::text[], :subjects::text[]) AS given (source, subject)
CROSS JOIN LATERAL (
    SELECT state FROM parked
    WHERE source = given.source AND subject = given.subject
    ORDER BY key LIMIT 1
) AS head
LEFT JOIN LATERAL (
    SELECT key FROM parked
    WHERE source = given.source AND subject = given.subject AND copy AND state = 'waiting'
    ORDER BY key LIMIT 1
) AS waiting_copy ON true;

-- name: heads_parked(after_source, after_subject, most)
-- For up to `most` subjects after the given one: the parked event to try next, if its time has come.
-- That is the first one; where it is dead, the first copy that waits. One or two index probes per subject.
WITH RECURSIVE heads AS (
    (
        SELECT source, subject, key, state, retry_at
        FROM parked
        WHERE source IS NOT NULL AND (source, subject) > (:after_source::text, :after_subject::text)
        ORDER BY source, subject, key
        LIMIT 1
    )
    UNION ALL
    SELECT next.source, next.subject, next.key, next.state, next.retry_at
    FROM heads
    CROSS JOIN LATERAL (
        SELECT source, subject, key, state, retry_at
        FROM parked
        WHERE source IS NOT NULL AND (source, subject) > (heads.source, heads.subject)
        ORDER BY source, subject, key
        LIMIT 1
    ) AS next
),
page AS (
    SELECT source, subject, key, state, retry_at FROM heads LIMIT :most
)
SELECT
    page.source,
    page.subject,
    coalesce(waiting_copy.key, page.key) AS key,
    coalesce(waiting_copy.retry_at, CASE WHEN page.state = 'waiting' THEN page.retry_at END)
        <= clock_timestamp() IS TRUE AS due
FROM page
LEFT JOIN LATERAL (
    SELECT key, retry_at FROM parked
    WHERE page.state = 'dead' AND source = page.source AND subject = page.subject AND copy AND state = 'waiting'
    ORDER BY key LIMIT 1
) AS waiting_copy ON true
ORDER BY page.source, page.subject;

-- name: claim_parked(key, delays_seconds)^
-- Counts a try before it is made, so that an event that kills the process is not tried for ever.
-- Answers nothing when another replica was faster.
UPDATE parked
SET tries = tries + 1,
    retry_at = clock_timestamp()
        + make_interval(secs => (:delays_seconds::float8[])[least(tries + 1, cardinality(:delays_seconds::float8[]))])
WHERE key = :key AND state = 'waiting' AND retry_at <= clock_timestamp()
RETURNING key, source, subject, event_id, type, copy, reason, body, tries;

-- name: lock_parked(key, tries)$
-- The key, when it is still the claimed try. Waits for another replica that looks at the row at this moment:
-- passing over it would waste the try.
SELECT key FROM parked WHERE key = :key AND tries = :tries AND state = 'waiting' FOR UPDATE;

-- name: unclaim_parked(key, tries, delay_seconds)!
-- The try could not be made (database in trouble): it does not count.
UPDATE parked
SET tries = tries - 1, retry_at = clock_timestamp() + make_interval(secs => :delay_seconds)
WHERE key = :key AND tries = :tries AND state = 'waiting';

-- name: fail_parked(key, tries, reason, most_tries)$
-- Notes why the try failed; the last one makes the event dead. Answers its state.
UPDATE parked
SET reason = :reason, state = CASE WHEN tries >= :most_tries THEN 'dead' ELSE state END
WHERE key = :key AND tries = :tries AND state = 'waiting'
RETURNING state;

-- name: delete_parked(key)!
-- Its handler has succeeded, or nobody wants it any more.
DELETE FROM parked WHERE key = :key;

-- name: list_parked(state, scopes, after, most)
-- One page of the parked events of these areas, oldest first; no state means all. The empty scope is everything, also
-- what has no area.
SELECT key, state, source, subject, event_id::text AS event_id, type, area, copy, reason, tries, retry_at, parked_at,
    octet_length(body) AS body_bytes
FROM parked
WHERE key > :after AND (:state::text IS NULL OR state = :state) AND coalesce(area, '') ^@ ANY(:scopes::text[])
ORDER BY key
LIMIT :most;

-- name: lock_parked_for_operator(key, scopes)^
-- One parked event of these areas, locked, whatever its state.
SELECT key, state, source, subject, event_id, type, area, copy, reason, body, tries
FROM parked WHERE key = :key AND coalesce(area, '') ^@ ANY(:scopes::text[]) FOR UPDATE;

-- name: redrive_parked(key, source, subject, event_id, type, area, copy)!
-- Gives the event all its tries again, beginning now.
UPDATE parked
SET state = 'waiting', tries = 0, retry_at = clock_timestamp(),
    source = :source, subject = :subject, event_id = :event_id, type = :type, area = :area, copy = :copy
WHERE key = :key;

-- name: audit_parked(action, by, key)!
-- Notes what somebody does with a parked event.
INSERT INTO parked_audit (action, by, key, state, source, subject, event_id, type, reason, body)
SELECT :action, :by, key, state, source, subject, event_id, type, reason, body FROM parked WHERE key = :key;

-- name: count_parked()
-- How many events are parked in each state.
SELECT state, count(*) AS events FROM parked GROUP BY state;

-- name: given_up_parked(days, most)
-- Events no person decided about for so many days, oldest first.
SELECT key FROM parked
WHERE state IN ('dead', 'undecodable') AND parked_at < clock_timestamp() - make_interval(days => :days)
ORDER BY key
LIMIT :most;

-- name: empty_audit(days, most)!
-- Takes the bytes from what was decided so many days ago; who did what to which event stays.
UPDATE parked_audit SET body = ''
WHERE id IN (
    SELECT id FROM parked_audit
    WHERE at < clock_timestamp() - make_interval(days => :days) AND body <> ''
    ORDER BY id
    LIMIT :most
    FOR UPDATE SKIP LOCKED
);
