-- name: try_lock(scope)^
-- Takes the key for this transaction without waiting; false when another request holds it.
SELECT pg_try_advisory_xact_lock(hashtextextended(:scope, 0)) AS is_mine;

-- name: stored_answer(actor, route, key)^
-- The answer given under this key before, if any.
SELECT fingerprint, status, headers, body
FROM idempotency_keys
WHERE actor = :actor AND route = :route AND key = :key;

-- name: store_answer(actor, route, key, fingerprint, status, headers, body)!
-- Keeps the answer for as long as a client may retry.
INSERT INTO idempotency_keys (actor, route, key, fingerprint, status, headers, body)
VALUES (:actor, :route, :key, :fingerprint, :status, :headers, :body);

-- name: prune_answers(keep_hours, most)!
-- Drops answers nobody may ask for any more, a bounded number at a time.
DELETE FROM idempotency_keys
WHERE (actor, route, key) IN (
    SELECT actor, route, key FROM idempotency_keys
    WHERE created_at < now() - make_interval(hours => :keep_hours)
    ORDER BY created_at LIMIT :most
    FOR UPDATE SKIP LOCKED
);
