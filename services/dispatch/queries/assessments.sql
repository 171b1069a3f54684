-- name: lock_assessment(task_id)^
-- An assessment; the caller holds the order's lock.
SELECT * FROM assessments WHERE task_id = :task_id FOR UPDATE;

-- name: insert_assessment(task_id, order_id, case_id, area, department_id, points, score, is_negative, words, by_person, assessed_at)!
-- A response is assessed for the first time.
INSERT INTO assessments (task_id, order_id, case_id, area, department_id, points, score, is_negative, words, by_person,
    assessed_at, changed_at, state, version)
VALUES (:task_id, :order_id, :case_id, :area, :department_id, :points::jsonb, :score, :is_negative, :words,
    :by_person, :assessed_at, :assessed_at, 'standing', 1);

-- name: save_assessment(task_id, points, score, is_negative, words, by_person, changed_at, state, appeal_words, appealed_at, ruling_words, ruled_at, version)!
-- What a correction, an appeal or a ruling changes.
UPDATE assessments SET points = :points::jsonb, score = :score, is_negative = :is_negative, words = :words,
    by_person = :by_person, changed_at = :changed_at, state = :state, appeal_words = :appeal_words,
    appealed_at = :appealed_at, ruling_words = :ruling_words, ruled_at = :ruled_at, version = :version
WHERE task_id = :task_id;

-- name: keep_assessment(task_id, version, act, points, score, is_negative, state, words, by_person, at)!
-- One version for the history.
INSERT INTO assessment_versions (task_id, version, act, points, score, is_negative, state, words, by_person, at)
VALUES (:task_id, :version, :act, :points::jsonb, :score, :is_negative, :state, :words, :by_person, :at);

-- name: get_assessment(task_id, department, scopes)^
-- An assessment the caller may see, with its history.
SELECT a.*, (
    SELECT COALESCE(jsonb_agg(jsonb_build_object(
        'version', v.version, 'act', v.act, 'points', v.points, 'score', v.score, 'is_negative', v.is_negative,
        'state', v.state, 'words', v.words, 'at', v.at) ORDER BY v.version), '[]')
    FROM assessment_versions v WHERE v.task_id = a.task_id) AS versions
FROM assessments a
WHERE a.task_id = :task_id AND (a.department_id = :department OR a.area ^@ ANY(:scopes));

-- name: list_department_assessments(department, state, before, most)
-- Assessments of a department, newest task first.
SELECT a.* FROM assessments a
WHERE a.department_id = :department AND (:state::text IS NULL OR a.state = :state::text)
  AND (:before::uuid IS NULL OR a.task_id < :before::uuid)
ORDER BY a.task_id DESC LIMIT :most;

-- name: list_area_assessments(scopes, state, before, most)
-- Assessments of areas, newest task first.
SELECT a.* FROM assessments a
WHERE a.area ^@ ANY(:scopes) AND (:state::text IS NULL OR a.state = :state::text)
  AND (:before::uuid IS NULL OR a.task_id < :before::uuid)
ORDER BY a.task_id DESC LIMIT :most;

-- name: to_assess(scopes, unranked, since, after_at, after_task, most)
-- Responses of areas that were finished since a moment and are not assessed yet, oldest first.
WITH streets AS (
    SELECT DISTINCT left(within.area, 9) AS street FROM (
        SELECT s.prefix AS area FROM unnest(:scopes::text[]) AS s (prefix) WHERE length(s.prefix) >= 9
        UNION ALL
        SELECT d.area FROM unnest(:scopes::text[]) AS s (prefix) JOIN subdistricts d ON d.area ^@ s.prefix
    ) AS within
)
SELECT t.task_id, t.order_id, o.case_id, t.area, o.kind, o.category, t.department_id, d.name AS department_name,
       t.is_main, t.reply_words, t.sent_at, t.signed_at, t.arrived_at, t.replied_at, t.finished_at
FROM streets CROSS JOIN LATERAL (
    SELECT * FROM tasks
    WHERE left(tasks.area, 9) = streets.street AND tasks.finished_at IS NOT NULL AND tasks.finished_at >= :since
      AND tasks.area ^@ ANY(:scopes)
      AND (:after_at::timestamptz IS NULL
           OR (tasks.finished_at, tasks.task_id) > (:after_at::timestamptz, :after_task::uuid))
      AND NOT EXISTS (SELECT FROM assessments a WHERE a.task_id = tasks.task_id)
      AND NOT EXISTS (
        SELECT FROM departments g WHERE g.department_id = tasks.department_id AND g.kind = ANY(:unranked::text[]))
    ORDER BY tasks.finished_at, tasks.task_id LIMIT :most
) AS t
JOIN orders o USING (order_id) LEFT JOIN departments d ON d.department_id = t.department_id
ORDER BY t.finished_at, t.task_id LIMIT :most;

-- name: count_to_assess(scopes, unranked, since, most)$
-- How many there are, up to a bound.
SELECT count(*) FROM (
    SELECT FROM (
        SELECT DISTINCT left(within.area, 9) AS street FROM (
            SELECT s.prefix AS area FROM unnest(:scopes::text[]) AS s (prefix) WHERE length(s.prefix) >= 9
            UNION ALL
            SELECT d.area FROM unnest(:scopes::text[]) AS s (prefix) JOIN subdistricts d ON d.area ^@ s.prefix
        ) AS within
    ) AS streets
    JOIN tasks ON left(tasks.area, 9) = streets.street
    WHERE tasks.finished_at IS NOT NULL AND tasks.finished_at >= :since AND tasks.area ^@ ANY(:scopes)
      AND NOT EXISTS (SELECT FROM assessments a WHERE a.task_id = tasks.task_id)
      AND NOT EXISTS (
        SELECT FROM departments g WHERE g.department_id = tasks.department_id AND g.kind = ANY(:unranked::text[]))
    LIMIT :most
) AS waiting;
