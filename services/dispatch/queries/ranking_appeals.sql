-- name: hold_ranking(ranking_id)^
-- What a table's window still allows, held until the transaction ends: it is neither computed nor frozen meanwhile.
SELECT state = 'frozen' AS is_frozen, appeals_until, clock_timestamp() AS at
FROM rankings WHERE ranking_id = :ranking_id FOR SHARE;

-- name: row_of_figure(ranking_id, organisation_id, indicator, subject)^
-- What a task or matter adds to a figure; of several the least. Nothing where it does not count there.
SELECT min(u.points) AS least, max(u.points) AS most
FROM ranking_rows_kept e,
     unnest(e.subjects, e.points[array_position(e.indicators, :indicator) : array_position(e.indicators, :indicator)]
                                [1 : cardinality(e.subjects)]) AS u (subject, points)
WHERE e.ranking_id = :ranking_id AND e.organisation_id = :organisation_id AND :indicator = ANY(e.indicators)
  AND u.subject = :subject AND u.points IS NOT NULL
HAVING count(*) > 0;

-- name: insert_ranking_appeal(appeal_id, ranking_id, area, kind, month, organisation_id, indicator, subject, points, ground, words, asked_by, asked_at)!
-- An organisation objects to a row.
INSERT INTO ranking_appeals (appeal_id, ranking_id, area, kind, month, organisation_id, indicator, subject, points,
    ground, words, asked_by, asked_at)
VALUES (:appeal_id, :ranking_id, :area, :kind, :month, :organisation_id, :indicator, :subject, :points, :ground,
    :words, :asked_by, :asked_at);

-- name: lock_ranking_appeal(appeal_id, scopes)^
-- Locks an appeal about a table of somebody's areas, with the moment after the lock.
SELECT a.*, clock_timestamp() AS at FROM ranking_appeals a
WHERE a.appeal_id = :appeal_id AND a.area ^@ ANY(:scopes) FOR UPDATE;

-- name: save_ranking_appeal(appeal_id, state, ruled_by, ruled_at, ruling_words, version)!
-- What a ruling changes; the caller holds the lock.
UPDATE ranking_appeals SET state = :state, ruled_by = :ruled_by, ruled_at = :ruled_at, ruling_words = :ruling_words,
    version = :version
WHERE appeal_id = :appeal_id;

-- name: get_ranking_appeal(appeal_id, scopes, department, streets)^
-- An appeal about a table of the caller's areas, or of the caller's own organisation.
SELECT a.* FROM ranking_appeals a
WHERE a.appeal_id = :appeal_id AND (
    a.area ^@ ANY(:scopes) OR (a.kind = 'departments' AND a.organisation_id = :department)
    OR (a.kind = 'subdistricts' AND a.organisation_id ^@ ANY(:streets)));

-- name: list_ranking_appeals(scopes, department, streets, state, month, organisation_id, before, most)
-- Appeals about tables of the caller's areas, or of the caller's own organisation, newest first.
SELECT a.* FROM ranking_appeals a
WHERE (a.area ^@ ANY(:scopes) OR (a.kind = 'departments' AND a.organisation_id = :department)
       OR (a.kind = 'subdistricts' AND a.organisation_id ^@ ANY(:streets)))
  AND (:state::text IS NULL OR a.state = :state::text) AND (:month::text IS NULL OR a.month = :month::text)
  AND (:organisation_id::text IS NULL OR a.organisation_id = :organisation_id::text)
  AND (:before::uuid IS NULL OR a.appeal_id < :before::uuid)
ORDER BY a.appeal_id DESC LIMIT :most;

-- name: lock_ruled_ranking()^
-- Locks a month's newest table, if frozen, that still counts rows whose appeal was upheld; with how many and who ruled.
SELECT r.*, u.appeals, u.ruled_by FROM rankings r
CROSS JOIN LATERAL (
    SELECT count(*) AS appeals, (array_agg(a.ruled_by ORDER BY a.ruled_at DESC))[1] AS ruled_by FROM ranking_appeals a
    WHERE a.area = r.area AND a.kind = r.kind AND a.month = r.month AND a.state = 'upheld'
      AND a.left_out_of IS DISTINCT FROM r.ranking_id
) AS u
WHERE r.state = 'frozen' AND u.appeals > 0 AND NOT EXISTS (
    SELECT FROM rankings n WHERE n.area = r.area AND n.kind = r.kind AND n.month = r.month AND n.version > r.version)
ORDER BY r.month, r.ranking_id LIMIT 1 FOR UPDATE OF r SKIP LOCKED;
