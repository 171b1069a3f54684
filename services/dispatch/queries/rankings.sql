-- name: claim_rankings()$
-- Whether this process is the one that looks after rankings in this transaction.
SELECT pg_try_advisory_xact_lock(hashtext('dispatch.rankings'));

-- name: ranked_areas()
-- The districts that have departments to rank.
SELECT DISTINCT left(area, 6) AS area FROM departments WHERE is_active AND length(area) >= 6 ORDER BY 1;

-- name: newest_ranking(area, kind)^
-- The newest month of an area's tables and where its period ended.
SELECT month, period_end FROM rankings WHERE area = :area AND kind = :kind ORDER BY month DESC, version DESC LIMIT 1;

-- name: has_past(lo, hi, ends)$
-- Whether anything was handled in an area before a moment.
SELECT EXISTS (SELECT FROM handlings WHERE area >= :lo AND area < :hi AND began_at < :ends);

-- name: rules_for_month(area, kind, month)^
-- The rules an area set for a month, if it set any.
SELECT version, body FROM ranking_rules
WHERE area = :area AND kind = :kind AND from_month <= :month ORDER BY version DESC LIMIT 1;

-- name: list_rules(area, kind)
-- The versions of an area's rules, newest first.
SELECT area, kind, version, from_month, body, made_at FROM ranking_rules
WHERE area = :area AND kind = :kind ORDER BY version DESC LIMIT 200;

-- name: insert_rules(area, kind, from_month, body, by_person, made_at)^
-- The next version of an area's rules.
INSERT INTO ranking_rules (area, kind, version, from_month, body, by_person, made_at)
SELECT :area, :kind, COALESCE(max(version), 0) + 1, :from_month, :body::jsonb, :by_person::uuid,
       :made_at::timestamptz
FROM ranking_rules WHERE area = :area AND kind = :kind
RETURNING version;

-- name: insert_ranking(ranking_id, area, kind, month, version, period_start, period_end, appeals_until, rules_version, rules, computed_at, reason, by_person)!
-- A table to be computed; nothing where the month has this version.
INSERT INTO rankings (ranking_id, area, kind, month, version, state, period_start, period_end, appeals_until,
    rules_version, rules, lines, fingerprint, computed_at, reason, by_person)
VALUES (:ranking_id, :area, :kind, :month, :version, 'draft', :period_start, :period_end, :appeals_until,
    :rules_version, :rules::jsonb, '[]', '', :computed_at, :reason, :by_person)
ON CONFLICT ON CONSTRAINT rankings_month_key DO NOTHING;

-- name: save_ranking(ranking_id, state, lines, fingerprint, computed_at, frozen_at)!
-- What was computed; a frozen table is never written again.
UPDATE rankings SET state = :state, lines = :lines::jsonb, fingerprint = :fingerprint, computed_at = :computed_at,
    frozen_at = :frozen_at
WHERE ranking_id = :ranking_id AND state = 'draft';

-- name: lock_due_ranking(at)^
-- Locks the draft whose appeal window closed first, unless somebody else works on it.
SELECT * FROM rankings WHERE state = 'draft' AND appeals_until <= :at
ORDER BY appeals_until, ranking_id LIMIT 1 FOR UPDATE SKIP LOCKED;

-- name: lock_stale_ranking(before)^
-- Locks the draft that was computed longest ago, or that still counts a row whose appeal was upheld.
SELECT * FROM rankings r WHERE state = 'draft' AND (computed_at < :before OR EXISTS (
    SELECT FROM ranking_appeals a WHERE a.area = r.area AND a.kind = r.kind AND a.month = r.month
      AND a.state = 'upheld' AND a.left_out_of IS DISTINCT FROM r.ranking_id))
ORDER BY computed_at, ranking_id LIMIT 1 FOR UPDATE SKIP LOCKED;

-- name: lock_ranking(ranking_id, scopes)^
-- Locks a table of the areas somebody answers for, with the moment after the lock.
SELECT r.*, clock_timestamp() AS at FROM rankings r
WHERE r.ranking_id = :ranking_id AND r.area ^@ ANY(:scopes) FOR UPDATE;

-- name: is_newest_ranking(area, kind, month, version)$
-- Whether a table is the newest version of its month.
SELECT NOT EXISTS (
    SELECT FROM rankings WHERE area = :area AND kind = :kind AND month = :month AND version > :version);

-- name: get_ranking(ranking_id, scopes, department)^
-- A table of an area the caller's lies in or around, or of the department's district.
SELECT r.*, r.area ^@ ANY(:scopes) AS covers,
       EXISTS (SELECT FROM unnest(:scopes::text[]) AS s (scope) WHERE s.scope ^@ r.area) AS is_inside
FROM rankings r
WHERE r.ranking_id = :ranking_id AND (
    r.area ^@ ANY(:scopes)
    OR EXISTS (SELECT FROM unnest(:scopes::text[]) AS s (scope) WHERE s.scope ^@ r.area)
    OR EXISTS (SELECT FROM departments d WHERE d.department_id = :department AND d.area ^@ r.area));

-- name: list_rankings(scopes, department, area, kind, month, state, before, most)
-- Tables the caller may read, newest first.
SELECT r.ranking_id, r.area, r.kind, r.month, r.version, r.state, r.period_start, r.period_end, r.appeals_until,
       r.rules_version, r.fingerprint, r.computed_at, r.frozen_at, r.reason
FROM rankings r
WHERE (r.area ^@ ANY(:scopes)
       OR EXISTS (SELECT FROM unnest(:scopes::text[]) AS s (scope) WHERE s.scope ^@ r.area)
       OR EXISTS (SELECT FROM departments d WHERE d.department_id = :department AND d.area ^@ r.area))
  AND (:area::text IS NULL OR r.area = :area::text) AND (:kind::text IS NULL OR r.kind = :kind::text)
  AND (:month::text IS NULL OR r.month = :month::text) AND (:state::text IS NULL OR r.state = :state::text)
  AND (:before::uuid IS NULL OR r.ranking_id < :before::uuid)
ORDER BY r.ranking_id DESC LIMIT :most;

-- name: recent_tables(area, kind, month, most)
-- The newest frozen version of each of the months before one, newest month first.
SELECT DISTINCT ON (r.month) r.* FROM rankings r
WHERE r.area = :area AND r.kind = :kind AND r.state = 'frozen' AND r.month < :month
ORDER BY r.month DESC, r.version DESC LIMIT :most;

-- name: window_of(area, at)^
-- What the departments' table of the period that holds a moment still allows.
SELECT bool_or(state = 'frozen') AS is_frozen, max(appeals_until) AS appeals_until FROM rankings
WHERE area = :area AND kind = 'departments' AND period_start <= :at AND period_end > :at
HAVING count(*) > 0;

-- name: departments_ranked(area, unranked)
-- The departments of an area, without groups of members.
SELECT department_id AS organisation_id, name FROM departments
WHERE is_active AND area ^@ :area AND kind <> ALL(:unranked) ORDER BY department_id;

-- name: departments_named(department_ids)
-- The names of departments, also of those that are closed.
SELECT department_id AS organisation_id, name FROM departments WHERE department_id = ANY(:department_ids);

-- name: subdistricts_ranked(area)
-- The subdistricts of an area that have a net.
SELECT area AS organisation_id, name FROM subdistricts WHERE area ^@ :area ORDER BY area;

-- name: copy_subdistrict(area, name, sequence)!
-- A subdistrict's name by sequence.
INSERT INTO subdistricts (area, name, sequence) VALUES (:area, :name, :sequence)
ON CONFLICT ON CONSTRAINT subdistricts_pkey DO UPDATE SET name = excluded.name, sequence = excluded.sequence
WHERE subdistricts.sequence < excluded.sequence;

-- name: rows_of_tasks(ranking_id, organisation_id, indicator, after, most)
-- A page of the tasks a figure was counted from.
SELECT r.position, r.subject AS task_id, f.case_id, r.points FROM (
    SELECT u.n AS position, u.subject, u.points
    FROM ranking_rows_kept e,
         unnest(e.subjects, e.points[array_position(e.indicators, :indicator) : array_position(e.indicators, :indicator)]
                                    [1 : cardinality(e.subjects)]) WITH ORDINALITY AS u (subject, points, n)
    WHERE e.ranking_id = :ranking_id AND e.organisation_id = :organisation_id AND :indicator = ANY(e.indicators)
      AND u.n > :after AND u.points IS NOT NULL
    ORDER BY u.n LIMIT :most
) AS r
LEFT JOIN LATERAL (
    SELECT t.case_id FROM task_facts t WHERE t.task_id = r.subject ORDER BY t.run DESC LIMIT 1
) AS f ON true
ORDER BY r.position;

-- name: rows_of_cases(ranking_id, organisation_id, indicator, after, most)
-- A page of the matters a figure was counted from.
SELECT u.n AS position, NULL::uuid AS task_id, u.subject AS case_id, u.points
FROM ranking_rows_kept e,
     unnest(e.subjects, e.points[array_position(e.indicators, :indicator) : array_position(e.indicators, :indicator)]
                                [1 : cardinality(e.subjects)]) WITH ORDINALITY AS u (subject, points, n)
WHERE e.ranking_id = :ranking_id AND e.organisation_id = :organisation_id AND :indicator = ANY(e.indicators)
  AND u.n > :after AND u.points IS NOT NULL
ORDER BY u.n LIMIT :most;
