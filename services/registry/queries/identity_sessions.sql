-- name: identity_add_session(session_id, user_id, days)!
-- Begins a session.
INSERT INTO sessions (session_id, user_id, expires_at)
VALUES (:session_id, :user_id, clock_timestamp() + make_interval(days => :days));

-- name: identity_add_refresh_token(token_hash, session_id, salt)!
-- Stores a refresh token's hash.
INSERT INTO refresh_tokens (token_hash, session_id, salt) VALUES (:token_hash, :session_id, :salt);

-- name: identity_lock_session_of(token_hash)^
-- Locks the session a refresh token belongs to, so that its family moves on one by one.
SELECT session_id FROM sessions
WHERE session_id = (SELECT session_id FROM refresh_tokens WHERE token_hash = :token_hash)
FOR UPDATE;

-- name: identity_refresh_token(token_hash)^
-- A refresh token and how its session stands.
SELECT session_id, user_id, salt, refresh_tokens.issued_at, used_at, sessions.expires_at AS session_expires_at,
    sessions.ended_at AS session_ended_at
FROM refresh_tokens JOIN sessions USING (session_id)
WHERE token_hash = :token_hash;

-- name: identity_use_refresh_token(token_hash, at)!
-- Marks a refresh token used.
UPDATE refresh_tokens SET used_at = :at WHERE token_hash = :token_hash AND used_at IS NULL;

-- name: identity_end_session(session_id, reason)!
-- Ends a session; its refresh tokens are void from now on.
UPDATE sessions SET ended_at = clock_timestamp(), end_reason = :reason
WHERE session_id = :session_id AND ended_at IS NULL;

-- name: identity_end_sessions_of(user_id, reason)!
-- Ends every session of an account.
UPDATE sessions SET ended_at = clock_timestamp(), end_reason = :reason
WHERE user_id = :user_id AND ended_at IS NULL;

-- name: identity_prune_sessions(days, most)!
-- Drops sessions that were over long ago, with their tokens, a bounded number at a time.
DELETE FROM sessions WHERE session_id IN (
    SELECT session_id FROM sessions
    WHERE expires_at < clock_timestamp() - make_interval(days => :days)
    ORDER BY expires_at LIMIT :most
    FOR UPDATE SKIP LOCKED
);

-- name: identity_count_failure(kind, key, forgotten_after)^
-- Counts a sign-in attempt as failed, unless it is refused right now; a success takes it back. Locks the row.
INSERT INTO sign_in_failures AS f (kind, key, failures, last_at)
VALUES (:kind, :key, 1, clock_timestamp())
ON CONFLICT (kind, key) DO UPDATE
SET failures = CASE
        WHEN f.blocked_until > clock_timestamp() THEN f.failures
        WHEN f.last_at < clock_timestamp() - :forgotten_after::interval THEN 1
        ELSE f.failures + 1
    END,
    last_at = CASE WHEN f.blocked_until > clock_timestamp() THEN f.last_at ELSE clock_timestamp() END
RETURNING failures, greatest(extract(epoch FROM blocked_until - clock_timestamp()), 0)::float AS blocked_seconds;

-- name: identity_block(kind, key, wait)!
-- Refuses sign-in for a while.
UPDATE sign_in_failures SET blocked_until = clock_timestamp() + :wait::interval WHERE kind = :kind AND key = :key;

-- name: identity_forgive(kind, key)!
-- Forgets an account's failures after it signed in.
DELETE FROM sign_in_failures WHERE kind = :kind AND key = :key;

-- name: identity_uncount(kind, key)!
-- Takes one counted attempt back: it did not fail after all. A block it brought about goes with it.
UPDATE sign_in_failures SET failures = greatest(failures - 1, 0), blocked_until = NULL
WHERE kind = :kind AND key = :key;

-- name: identity_prune_failures(forgotten_after, most)!
-- Drops failures nobody counts any more.
DELETE FROM sign_in_failures WHERE (kind, key) IN (
    SELECT kind, key FROM sign_in_failures
    WHERE last_at < clock_timestamp() - :forgotten_after::interval
    ORDER BY last_at LIMIT :most
    FOR UPDATE SKIP LOCKED
);
