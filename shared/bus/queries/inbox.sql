-- name: take_in(ids)
-- Records ids as received and answers those that were new. Sorted, so that two writers cannot deadlock.
INSERT INTO inbox (id)
SELECT id FROM unnest(:ids::uuid[]) AS given (id) ORDER BY id
ON CONFLICT DO NOTHING
RETURNING id;

-- name: partitions()
-- The names of the inbox's partitions, without the default.
SELECT c.relname AS name
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'inbox'::regclass AND c.relname <> 'inbox_other'
ORDER BY c.relname;

-- name: add_partition(name, lower, upper)$
-- Makes the partition for a range of ids.
SELECT inbox_add_partition(:name, :lower, :upper);

-- name: drop_partition(name, received_before)$
-- Drops a partition that nobody needs any more; answers whether it did.
SELECT inbox_drop_partition(:name, :received_before);

-- name: forget_other(received_before, most)!
-- Forgets some rows of the default partition that were received long ago.
DELETE FROM inbox_other
WHERE id IN (SELECT id FROM inbox_other WHERE received_at < :received_before LIMIT :most);

-- name: try_inbox_lock(key)$
-- Whether this session now holds the service's inbox.
SELECT pg_try_advisory_lock(:key);
