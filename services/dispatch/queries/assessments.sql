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
