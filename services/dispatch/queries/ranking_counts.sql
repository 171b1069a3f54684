-- name: give_memory()
-- Lets this transaction sort and join in memory: a month of a city is some millions of rows.
SELECT set_config('work_mem', '192MB', true), set_config('max_parallel_workers_per_gather', '2', true);

-- name: forget_evidence(ranking_id)!
-- Drops the rows of a draft that is computed again.
DELETE FROM ranking_evidence e USING rankings r
WHERE e.ranking_id = :ranking_id AND r.ranking_id = e.ranking_id AND r.state = 'draft';

-- name: count_department_tasks(ranking_id, month, lo, hi, starts, ends)
-- Signing, finishing and returns of departments, with the rows they are counted from.
-- A limit is decided when it is met or, if that comes first, when it is over: each counts in that month, once.
WITH turns AS (
    SELECT f.task_id, f.department_id, f.sent_at, f.rejected_at,
           COALESCE(f.is_sign_late, false) AS sign_late,
           CASE WHEN f.is_sign_late THEN f.sign_due_at ELSE f.signed_at END AS sign_at,
           COALESCE(f.is_finish_late, false) AS finish_late,
           CASE WHEN f.is_finish_late THEN f.finish_due_at ELSE f.finished_at END AS finish_at, f.case_id
    FROM task_facts f
    WHERE f.ended_at >= :starts AND f.ended_at < 'infinity' AND f.upheld_at IS NULL
      AND f.sent_at < :ends AND f.area >= :lo AND f.area < :hi
    UNION ALL
    SELECT f.task_id, f.department_id, f.sent_at, f.rejected_at,
           COALESCE(f.is_sign_late, f.signed_at IS NULL),
           CASE WHEN f.is_sign_late THEN f.sign_due_at WHEN f.signed_at IS NOT NULL THEN f.signed_at
                ELSE sign.over_at END,
           true, finish.over_at, f.case_id
    FROM task_facts f
    LEFT JOIN LATERAL (
        SELECT c.due_at AS over_at FROM clocks c
        WHERE c.owner_id = f.order_id AND c.task_id = f.task_id AND c.name = 'sign'
          AND (c.state = 'running' AND c.due_at < :ends OR c.state = 'paused' AND c.due_at < c.paused_at) OFFSET 0
    ) AS sign ON f.signed_at IS NULL
    LEFT JOIN LATERAL (
        SELECT c.due_at AS over_at FROM clocks c
        WHERE c.owner_id = f.order_id AND c.task_id = f.task_id AND c.name = 'finish'
          AND (c.state = 'running' AND c.due_at < :ends OR c.state = 'paused' AND c.due_at < c.paused_at) OFFSET 0
    ) AS finish ON true
    WHERE f.ended_at = 'infinity' AND f.sent_at < :ends AND f.area >= :lo AND f.area < :hi
),
judged AS (
    SELECT t.task_id, t.department_id,
           COALESCE(t.sign_at >= :starts AND t.sign_at < :ends, false) AS sign_in,
           (NOT t.sign_late)::integer::smallint AS sign,
           COALESCE(t.finish_at >= :starts AND t.finish_at < :ends, false) AS finish_in,
           (NOT t.finish_late)::integer::smallint AS finish,
           t.sent_at >= :starts OR COALESCE(t.rejected_at >= :starts AND t.rejected_at < :ends, false) AS return_in,
           COALESCE(t.rejected_at >= :starts AND t.rejected_at < :ends, false)::integer::smallint AS back
    FROM turns t
    WHERE NOT EXISTS (
        SELECT FROM removed_matters r
        WHERE r.case_id = t.case_id AND r.department_id = t.department_id AND r.month = :month)
    ORDER BY t.department_id, t.task_id
),
grouped AS (
    SELECT department_id,
           array_agg(task_id) FILTER (WHERE sign_in) AS sign_subjects,
           array_agg(sign) FILTER (WHERE sign_in) AS sign_points,
           sum(sign) FILTER (WHERE sign_in) AS sign_sum,
           array_agg(task_id) FILTER (WHERE finish_in) AS finish_subjects,
           array_agg(finish) FILTER (WHERE finish_in) AS finish_points,
           sum(finish) FILTER (WHERE finish_in) AS finish_sum,
           array_agg(task_id) FILTER (WHERE return_in) AS return_subjects,
           array_agg(back) FILTER (WHERE return_in) AS return_points,
           sum(back) FILTER (WHERE return_in) AS return_sum
    FROM judged GROUP BY department_id
)
INSERT INTO ranking_evidence (
    ranking_id, organisation_id, indicator, numerator, denominator, digest, subjects, points)
SELECT :ranking_id::uuid, g.department_id, v.indicator, v.numerator, cardinality(v.subjects),
       encode(sha256(array_send(v.subjects) || array_send(v.points)), 'hex'), v.subjects, v.points
FROM grouped g CROSS JOIN LATERAL (VALUES
    ('sign', sign_subjects, sign_points, sign_sum),
    ('on_time', finish_subjects, finish_points, finish_sum),
    ('returned', return_subjects, return_points, return_sum)
) AS v (indicator, subjects, points, numerator)
WHERE v.subjects IS NOT NULL
RETURNING organisation_id, indicator, numerator, denominator, digest;

-- name: count_department_reworks(ranking_id, month, lo, hi, starts, ends)
-- Tasks that departments led and finished in the period, and those whose matter was reworked in it.
WITH reworked AS MATERIALIZED (
    SELECT h.case_id, h.run FROM handlings h
    WHERE h.reworked_at >= :starts AND h.reworked_at < :ends AND h.area >= :lo AND h.area < :hi AND NOT h.is_void
),
judged AS (
    SELECT found.task_id, found.department_id, found.point FROM (
        SELECT f.task_id, f.department_id, f.case_id, (r.case_id IS NOT NULL)::integer::smallint AS point
        FROM task_facts f LEFT JOIN reworked r ON r.case_id = f.case_id AND r.run = f.case_run
        WHERE f.ended_at >= :starts AND f.ended_at < :ends AND f.finished_at >= :starts AND f.finished_at < :ends
          AND f.is_main AND f.area >= :lo AND f.area < :hi
        UNION ALL
        SELECT f.task_id, f.department_id, f.case_id, 1::smallint
        FROM reworked r JOIN task_facts f ON f.case_id = r.case_id AND f.case_run = r.run
        WHERE f.finished_at < :starts AND f.is_main
    ) AS found
    WHERE NOT EXISTS (
        SELECT FROM removed_matters r
        WHERE r.case_id = found.case_id AND r.department_id = found.department_id AND r.month = :month)
    ORDER BY found.department_id, found.task_id
)
INSERT INTO ranking_evidence (
    ranking_id, organisation_id, indicator, numerator, denominator, digest, subjects, points)
SELECT :ranking_id::uuid, g.department_id, 'reworked', g.numerator, cardinality(g.subjects),
       encode(sha256(array_send(g.subjects) || array_send(g.points)), 'hex'), g.subjects, g.points
FROM (
    SELECT department_id, array_agg(task_id) AS subjects, array_agg(point) AS points, sum(point) AS numerator
    FROM judged GROUP BY department_id
) AS g
RETURNING organisation_id, indicator, numerator, denominator, digest;

-- name: count_department_answers(ranking_id, month, lo, hi, starts, ends, share, satisfied)
-- The three rates of departments: what reporters said of the handling they finished tasks in.
WITH judged AS (
    SELECT f.task_id, f.department_id, a.met, a.settled, a.satisfaction
    FROM answers a JOIN task_facts f ON f.case_id = a.case_id AND f.case_run = a.run
    WHERE a.answered_at >= :starts AND a.answered_at < :ends AND a.area >= :lo AND a.area < :hi
      AND f.finished_at IS NOT NULL AND (f.is_main OR :share::text = 'every')
      AND NOT EXISTS (
        SELECT FROM removed_matters r
        WHERE r.case_id = a.case_id AND r.department_id = f.department_id AND r.month = :month)
    ORDER BY f.department_id, f.task_id
),
grouped AS (
    SELECT department_id,
           array_agg(task_id) FILTER (WHERE met IS NOT NULL) AS met_subjects,
           array_agg(met::integer::smallint) FILTER (WHERE met IS NOT NULL) AS met_points,
           count(*) FILTER (WHERE met) AS met_sum,
           array_agg(task_id) FILTER (WHERE settled IS NOT NULL) AS settled_subjects,
           array_agg(settled::integer::smallint) FILTER (WHERE settled IS NOT NULL) AS settled_points,
           count(*) FILTER (WHERE settled) AS settled_sum,
           array_agg(task_id) FILTER (WHERE satisfaction IS NOT NULL) AS satisfied_subjects,
           array_agg((satisfaction = ANY(:satisfied::text[]))::integer::smallint)
               FILTER (WHERE satisfaction IS NOT NULL) AS satisfied_points,
           count(*) FILTER (WHERE satisfaction = ANY(:satisfied::text[])) AS satisfied_sum
    FROM judged GROUP BY department_id
)
INSERT INTO ranking_evidence (
    ranking_id, organisation_id, indicator, numerator, denominator, digest, subjects, points)
SELECT :ranking_id::uuid, g.department_id, v.indicator, v.numerator, cardinality(v.subjects),
       encode(sha256(array_send(v.subjects) || array_send(v.points)), 'hex'), v.subjects, v.points
FROM grouped g CROSS JOIN LATERAL (VALUES
    ('met', met_subjects, met_points, met_sum),
    ('settled', settled_subjects, settled_points, settled_sum),
    ('satisfied', satisfied_subjects, satisfied_points, satisfied_sum)
) AS v (indicator, subjects, points, numerator)
WHERE v.subjects IS NOT NULL
RETURNING organisation_id, indicator, numerator, denominator, digest;

-- name: count_assessments(ranking_id, month, lo, hi, starts, ends)
-- One matter, one assessment: the points of each that stands.
INSERT INTO ranking_evidence (
    ranking_id, organisation_id, indicator, numerator, denominator, digest, subjects, points)
SELECT :ranking_id::uuid, g.department_id, 'assessed', g.numerator, cardinality(g.subjects),
       encode(sha256(array_send(g.subjects) || array_send(g.points)), 'hex'), g.subjects, g.points
FROM (
    SELECT a.department_id, array_agg(a.task_id ORDER BY a.task_id) AS subjects,
           array_agg(a.score::smallint ORDER BY a.task_id) AS points, sum(a.score) AS numerator
    FROM assessments a
    WHERE a.assessed_at >= :starts AND a.assessed_at < :ends AND a.area >= :lo AND a.area < :hi
      AND a.state <> 'void' AND NOT EXISTS (
        SELECT FROM removed_matters r
        WHERE r.case_id = a.case_id AND r.department_id = a.department_id AND r.month = :month)
    GROUP BY a.department_id
) AS g
RETURNING organisation_id, indicator, numerator, denominator, digest;

-- name: count_calls(ranking_id, lo, hi, starts, ends)
-- Call quality of subdistricts: calls of the period, and those that were upheld in it as wrongly addressed.
WITH judged AS (
    SELECT f.task_id, left(f.area, 9) AS subdistrict,
           (NOT COALESCE(f.upheld_at >= :starts AND f.upheld_at < :ends, false))::integer::smallint AS point
    FROM task_facts f
    WHERE f.ended_at >= :starts AND f.sent_at < :ends AND f.run = 1 AND f.area >= :lo AND f.area < :hi
      AND (f.sent_at >= :starts OR f.upheld_at < :ends)
    ORDER BY 2, 1
)
INSERT INTO ranking_evidence (
    ranking_id, organisation_id, indicator, numerator, denominator, digest, subjects, points)
SELECT :ranking_id::uuid, g.subdistrict, 'call_quality', g.numerator, cardinality(g.subjects),
       encode(sha256(array_send(g.subjects) || array_send(g.points)), 'hex'), g.subjects, g.points
FROM (
    SELECT subdistrict, array_agg(task_id) AS subjects, array_agg(point) AS points, sum(point) AS numerator
    FROM judged GROUP BY subdistrict
) AS g
RETURNING organisation_id, indicator, numerator, denominator, digest;

-- name: count_handlings(ranking_id, lo, hi, starts, ends)
-- Handlings of subdistricts that were in time, and those that were not; each run of a matter counts by itself.
WITH handled AS (
    SELECT h.case_id, h.area, COALESCE(h.is_late, false) AS late,
           CASE WHEN h.is_late THEN h.due_at ELSE h.resolved_at END AS at
    FROM handlings h
    WHERE h.ended_at >= :starts AND h.ended_at < 'infinity' AND h.began_at < :ends AND NOT h.is_void
      AND h.area >= :lo AND h.area < :hi
    UNION ALL
    SELECT h.case_id, h.area, true, finish.over_at
    FROM handlings h
    JOIN LATERAL (
        SELECT c.due_at AS over_at FROM clocks c
        WHERE c.owner_id = h.case_id AND c.task_id IS NULL AND c.name = 'finish'
          AND (c.state = 'running' AND c.due_at < :ends OR c.state = 'paused' AND c.due_at < c.paused_at) OFFSET 0
    ) AS finish ON true
    WHERE h.ended_at = 'infinity' AND h.began_at < :ends AND NOT h.is_void AND h.area >= :lo AND h.area < :hi
),
judged AS (
    SELECT h.case_id, left(h.area, 9) AS subdistrict, (NOT h.late)::integer::smallint AS point
    FROM handled h
    WHERE h.at >= :starts AND h.at < :ends
    ORDER BY 2, 1, 3
)
INSERT INTO ranking_evidence (
    ranking_id, organisation_id, indicator, numerator, denominator, digest, subjects, points)
SELECT :ranking_id::uuid, g.subdistrict, 'on_time', g.numerator, cardinality(g.subjects),
       encode(sha256(array_send(g.subjects) || array_send(g.points)), 'hex'), g.subjects, g.points
FROM (
    SELECT subdistrict, array_agg(case_id) AS subjects, array_agg(point) AS points, sum(point) AS numerator
    FROM judged GROUP BY subdistrict
) AS g
RETURNING organisation_id, indicator, numerator, denominator, digest;

-- name: count_answers(ranking_id, lo, hi, starts, ends, satisfied)
-- The three rates of subdistricts.
WITH judged AS (
    SELECT a.case_id, left(a.area, 9) AS subdistrict, a.met, a.settled, a.satisfaction
    FROM answers a
    WHERE a.answered_at >= :starts AND a.answered_at < :ends AND a.area >= :lo AND a.area < :hi
    ORDER BY 2, 1
),
grouped AS (
    SELECT subdistrict,
           array_agg(case_id) FILTER (WHERE met IS NOT NULL) AS met_subjects,
           array_agg(met::integer::smallint) FILTER (WHERE met IS NOT NULL) AS met_points,
           count(*) FILTER (WHERE met) AS met_sum,
           array_agg(case_id) FILTER (WHERE settled IS NOT NULL) AS settled_subjects,
           array_agg(settled::integer::smallint) FILTER (WHERE settled IS NOT NULL) AS settled_points,
           count(*) FILTER (WHERE settled) AS settled_sum,
           array_agg(case_id) FILTER (WHERE satisfaction IS NOT NULL) AS satisfied_subjects,
           array_agg((satisfaction = ANY(:satisfied::text[]))::integer::smallint)
               FILTER (WHERE satisfaction IS NOT NULL) AS satisfied_points,
           count(*) FILTER (WHERE satisfaction = ANY(:satisfied::text[])) AS satisfied_sum
    FROM judged GROUP BY subdistrict
)
INSERT INTO ranking_evidence (
    ranking_id, organisation_id, indicator, numerator, denominator, digest, subjects, points)
SELECT :ranking_id::uuid, g.subdistrict, v.indicator, v.numerator, cardinality(v.subjects),
       encode(sha256(array_send(v.subjects) || array_send(v.points)), 'hex'), v.subjects, v.points
FROM grouped g CROSS JOIN LATERAL (VALUES
    ('met', met_subjects, met_points, met_sum),
    ('settled', settled_subjects, settled_points, settled_sum),
    ('satisfied', satisfied_subjects, satisfied_points, satisfied_sum)
) AS v (indicator, subjects, points, numerator)
WHERE v.subjects IS NOT NULL
RETURNING organisation_id, indicator, numerator, denominator, digest;

-- name: negative_attitudes(month, lo, hi, starts, ends)
-- How many assessments of the period found a department negative.
SELECT a.department_id AS organisation_id, count(*)::integer AS times
FROM assessments a
WHERE a.assessed_at >= :starts AND a.assessed_at < :ends AND a.area >= :lo AND a.area < :hi AND a.is_negative
  AND a.state <> 'void' AND NOT EXISTS (
        SELECT FROM removed_matters r
        WHERE r.case_id = a.case_id AND r.department_id = a.department_id AND r.month = :month)
GROUP BY a.department_id;
