-- name: identity_integrator(integrator_id)^
-- An outside system.
SELECT integrator_id, name, title, event_types, areas, state, trouble, version
FROM integrators
WHERE integrator_id = :integrator_id;

-- name: identity_lock_integrator(integrator_id)^
-- Locks an outside system for a change.
SELECT integrator_id FROM integrators WHERE integrator_id = :integrator_id FOR UPDATE;

-- name: identity_client(name)^
-- What a client's secret is checked against.
SELECT integrator_id, name, areas, secret_hash, state FROM integrators WHERE name = :name;

-- name: identity_add_integrator(integrator_id, name, title, event_types, areas, secret_hash, broker_password_hash)!
-- Stores a new outside system; the worker brings its stream and account about.
INSERT INTO integrators (integrator_id, name, title, event_types, areas, secret_hash, broker_password_hash)
VALUES (:integrator_id, :name, :title, :event_types, :areas, :secret_hash, :broker_password_hash);

-- name: identity_put_integrator(integrator_id, name, title, event_types, areas, secret_hash, broker_password_hash)!
-- Stores an outside system unless it is there; for demonstration data.
INSERT INTO integrators (integrator_id, name, title, event_types, areas, secret_hash, broker_password_hash)
VALUES (:integrator_id, :name, :title, :event_types, :areas, :secret_hash, :broker_password_hash)
ON CONFLICT (name) DO NOTHING;

-- name: identity_save_integrator(integrator_id, state, version)!
-- Stores a changed state; the worker looks at it at once.
UPDATE integrators
SET state = :state, version = :version, updated_at = clock_timestamp(), next_try_at = clock_timestamp(),
    attempts = 0, trouble = NULL
WHERE integrator_id = :integrator_id;

-- name: identity_due_integrator()^
-- The next outside system whose place on the broker is not as it should be. Held by an advisory lock and not by its
-- row: talking to the broker takes seconds, and an admin's revocation must not wait for it.
WITH due AS MATERIALIZED (
    SELECT integrator_id, name, title, event_types, areas, state, trouble, version, broker_password_hash,
        history_offset, history_done, bound_at IS NOT NULL AS bound, attempts
    FROM integrators
    WHERE state IN ('pending', 'revoking') AND next_try_at <= clock_timestamp()
    ORDER BY next_try_at
    LIMIT 20
)
SELECT integrator_id, name, title, event_types, areas, state, trouble, version, broker_password_hash,
    history_offset, history_done, bound, attempts
FROM due
WHERE pg_try_advisory_xact_lock(hashtextextended('integrator ' || integrator_id, 0))
LIMIT 1;

-- name: identity_integrator_filled(integrator_id, version, history_offset, history_done, bound)!
-- Notes how far an integrator's stream is: bound to live events or not, and how much of the history is copied.
UPDATE integrators
SET history_offset = :history_offset, history_done = :history_done,
    bound_at = CASE WHEN :bound THEN coalesce(bound_at, clock_timestamp()) END,
    tried_at = clock_timestamp(), attempts = 0, trouble = NULL
WHERE integrator_id = :integrator_id AND version = :version;

-- name: identity_integrator_reached(integrator_id, version, state)!
-- The broker is as the state says.
UPDATE integrators
SET state = :state, tried_at = clock_timestamp(), attempts = 0, trouble = NULL, version = version + 1,
    updated_at = clock_timestamp()
WHERE integrator_id = :integrator_id AND version = :version;

-- name: identity_integrator_troubled(integrator_id, version, trouble, wait_seconds)!
-- The broker refused or did not answer; try again later.
UPDATE integrators
SET tried_at = clock_timestamp(), attempts = attempts + 1, trouble = :trouble,
    next_try_at = clock_timestamp() + make_interval(secs => :wait_seconds)
WHERE integrator_id = :integrator_id AND version = :version;

-- name: identity_integrators(scopes, after, limit)
-- Outside systems that receive events of an area inside the given ones, by name.
SELECT integrator_id, name, title, event_types, areas, state, trouble, version
FROM integrators
WHERE EXISTS (SELECT FROM unnest(areas) AS area WHERE area ^@ ANY(:scopes::text[]))
    AND (:after::text IS NULL OR name > :after)
ORDER BY name
LIMIT :limit;
