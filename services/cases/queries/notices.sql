-- name: add_notice(notice_id, area, title, words, state, case_id, written_by, written_at)!
-- A draft.
INSERT INTO notices (notice_id, area, title, words, state, case_id, written_by, written_at)
VALUES (:notice_id, :area, :title, :words, :state, :case_id, :written_by, :written_at);

-- name: lock_notice(notice_id, scopes)^
-- Locks a notice of the caller's areas, with the words of its matter and the moment after the lock.
SELECT n.*, COALESCE(c.words || ' ' || c.address, '') AS case_words, clock_timestamp() AS at
FROM notices n LEFT JOIN cases c USING (case_id)
WHERE n.notice_id = :notice_id AND n.area ^@ ANY(:scopes) FOR UPDATE OF n;

-- name: save_notice(notice_id, title, words, state, published_at, ended_at, is_hidden, version)!
-- Writes what a step changes.
UPDATE notices SET title = :title, words = :words, state = :state, published_at = :published_at,
    ended_at = :ended_at, is_hidden = :is_hidden, version = :version
WHERE notice_id = :notice_id;

-- name: add_notice_progress(notice_id, words, written_by, at)!
-- The next line of progress.
INSERT INTO notice_progress (notice_id, number, words, written_by, at)
SELECT :notice_id, COALESCE(max(number), 0) + 1, :words, :written_by, :at
FROM notice_progress WHERE notice_id = :notice_id;

-- name: notice_view(notice_id, scopes)^
-- A notice: published ones for everybody, drafts within the caller's areas. Of its matter only the state.
SELECT n.notice_id, n.area, n.title, n.words, n.state, n.written_at, n.published_at, n.ended_at, n.is_hidden, n.version,
    c.state AS case_state, COALESCE((
        SELECT jsonb_agg(jsonb_build_object('number', p.number, 'words', p.words, 'at', p.at) ORDER BY p.number)
        FROM notice_progress p WHERE p.notice_id = n.notice_id), '[]') AS progress
FROM notices n LEFT JOIN cases c USING (case_id)
WHERE n.notice_id = :notice_id AND ((n.published_at IS NOT NULL AND NOT n.is_hidden) OR n.area ^@ ANY(:scopes));

-- name: board(area, around, is_ended, before_at, before_id, most)
-- What stands on the board of an area: its own notices, those of the areas in it, and those of the areas around it.
WITH standing AS (
    (SELECT i.notice_id, i.published_at FROM notices i
     WHERE i.published_at IS NOT NULL AND NOT i.is_hidden AND (i.state = 'ended') = :is_ended::boolean
       AND i.area >= :area::text AND i.area < :area::text || ':'
       AND (:before_at::timestamptz IS NULL
            OR (i.published_at, i.notice_id) < (:before_at::timestamptz, :before_id::uuid))
     ORDER BY i.published_at DESC, i.notice_id DESC LIMIT :most)
    UNION ALL
    (SELECT a.notice_id, a.published_at FROM notices a
     WHERE a.published_at IS NOT NULL AND NOT a.is_hidden AND (a.state = 'ended') = :is_ended::boolean
       AND a.area = ANY(:around::text[])
       AND (:before_at::timestamptz IS NULL
            OR (a.published_at, a.notice_id) < (:before_at::timestamptz, :before_id::uuid))
     ORDER BY a.published_at DESC, a.notice_id DESC LIMIT :most)
)
SELECT n.notice_id, n.area, n.title, n.words, n.state, n.written_at, n.published_at, n.ended_at, n.is_hidden, n.version,
    c.state AS case_state, COALESCE((
        SELECT jsonb_agg(jsonb_build_object('number', p.number, 'words', p.words, 'at', p.at) ORDER BY p.number)
        FROM notice_progress p WHERE p.notice_id = n.notice_id), '[]') AS progress
FROM (SELECT notice_id FROM standing ORDER BY published_at DESC, notice_id DESC LIMIT :most) s
JOIN notices n USING (notice_id) LEFT JOIN cases c USING (case_id)
ORDER BY n.published_at DESC, n.notice_id DESC;

-- name: list_notices(scopes, state, after_at, after_id, most)
-- Notices of the caller's areas, drafts too, in the order they were written.
SELECT n.notice_id, n.area, n.title, n.words, n.state, n.written_at, n.published_at, n.ended_at, n.is_hidden, n.version,
    c.state AS case_state, '[]'::jsonb AS progress
FROM notices n LEFT JOIN cases c USING (case_id)
WHERE n.area ^@ ANY(:scopes::text[]) AND n.area >= (:scopes::text[])[1]
  AND n.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
  AND (:state::text IS NULL OR n.state = :state::text)
  AND (:after_at::timestamptz IS NULL OR (n.written_at, n.notice_id) > (:after_at::timestamptz, :after_id::uuid))
ORDER BY n.written_at, n.notice_id LIMIT :most;
