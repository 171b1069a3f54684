-- name: give_memory()
-- Lets this transaction sort and join in memory: a month of a city is some millions of rows.
SELECT set_config('work_mem', '192MB', true);

-- name: forget_rows(ranking_id)!
-- Drops the rows of a draft that is computed again.
WITH draft AS (SELECT ranking_id FROM rankings WHERE ranking_id = :ranking_id AND state = 'draft'),
before AS (DELETE FROM ranking_evidence e USING draft WHERE e.ranking_id = draft.ranking_id)
DELETE FROM ranking_rows e USING draft WHERE e.ranking_id = draft.ranking_id;

-- Rows are sorted by id once, then grouped. `hashed` sees to it that the grouping keeps that order, which the digest
-- depends on: an xid can be hashed but not sorted, so the planner cannot sort again by organisation.

-- name: count_departments(ranking_id, month, lo, hi, starts, ends, share, satisfied, unranked)!
-- All that is counted of departments' turns at tasks, in one pass.
-- A limit is decided when it is met or, if that comes first, when it is over: each counts in that month, once. What was
-- reworked or answered in the period counts for whoever finished a task of that handling, in whatever month.
WITH turns AS (
    SELECT f.task_id, f.department_id, f.case_id, f.case_run, f.is_main, f.sent_at, f.finished_at, f.rejected_at,
           COALESCE(f.is_sign_late, false) AS sign_late,
           CASE WHEN f.is_sign_late THEN f.sign_due_at ELSE f.signed_at END AS sign_at,
           COALESCE(f.is_finish_late, false) AS finish_late,
           CASE WHEN f.is_finish_late THEN f.finish_due_at ELSE f.finished_at END AS finish_at
    FROM task_facts f
    WHERE f.ended_at >= :starts AND f.ended_at < 'infinity' AND f.upheld_at IS NULL
      AND f.sent_at < :ends AND f.area >= :lo AND f.area < :hi
    UNION ALL
    -- Under way: their limits are as their clocks say.
    SELECT f.task_id, f.department_id, f.case_id, f.case_run, f.is_main, f.sent_at, NULL, f.rejected_at,
           COALESCE(f.is_sign_late, f.signed_at IS NULL),
           CASE WHEN f.is_sign_late THEN f.sign_due_at WHEN f.signed_at IS NOT NULL THEN f.signed_at
                ELSE sign.over_at END,
           true, finish.over_at
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
    UNION ALL
    -- Finished before the period or called after it, and heard of in it.
    SELECT f.task_id, f.department_id, f.case_id, f.case_run, f.is_main, f.sent_at, f.finished_at, NULL,
           false, NULL, false, NULL
    FROM task_facts f
    WHERE (f.ended_at < :starts OR f.sent_at >= :ends) AND f.finished_at IS NOT NULL AND f.area >= :lo AND f.area < :hi
      AND f.case_id IN (
        SELECT a.case_id FROM answers a
        WHERE a.answered_at >= :starts AND a.answered_at < :ends AND a.area >= :lo AND a.area < :hi
        UNION
        SELECT h.case_id FROM handlings h
        WHERE h.reworked_at >= :starts AND h.reworked_at < :ends AND h.area >= :lo AND h.area < :hi)
),
judged AS (
    SELECT t.task_id, t.department_id,
           CASE WHEN t.sign_at >= :starts AND t.sign_at < :ends THEN (NOT t.sign_late)::integer::smallint END AS sign,
           CASE WHEN t.finish_at >= :starts AND t.finish_at < :ends
                THEN (NOT t.finish_late)::integer::smallint END AS on_time,
           CASE WHEN t.rejected_at >= :starts AND t.rejected_at < :ends THEN 1::smallint
                WHEN t.sent_at >= :starts AND t.sent_at < :ends THEN 0::smallint END AS returned,
           CASE WHEN NOT t.is_main THEN NULL
                WHEN h.case_id IS NOT NULL AND t.finished_at < :ends THEN 1::smallint
                WHEN t.finished_at >= :starts AND t.finished_at < :ends THEN 0::smallint END AS reworked,
           a.met::integer::smallint AS met, a.settled::integer::smallint AS settled,
           (a.satisfaction = ANY(:satisfied::text[]))::integer::smallint AS satisfied
    FROM turns t
    LEFT JOIN answers a ON a.case_id = t.case_id AND a.run = t.case_run AND NOT a.is_void
        AND a.answered_at >= :starts AND a.answered_at < :ends AND a.area >= :lo AND a.area < :hi
        AND t.finished_at IS NOT NULL AND (t.is_main OR :share::text = 'every')
    LEFT JOIN handlings h ON h.case_id = t.case_id AND h.run = t.case_run AND NOT h.is_void
        AND h.reworked_at >= :starts AND h.reworked_at < :ends AND h.area >= :lo AND h.area < :hi
    WHERE NOT EXISTS (
        SELECT FROM removed_matters r
        WHERE r.case_id = t.case_id AND r.department_id = t.department_id AND r.month = :month)
    -- Each figure is decided once, not again for the filter below.
    OFFSET 0
),
grouped AS (
    SELECT s.department_id, array_agg(s.task_id) AS subjects,
           ARRAY[array_agg(s.sign), array_agg(s.on_time), array_agg(s.returned), array_agg(s.reworked),
                 array_agg(s.met), array_agg(s.settled), array_agg(s.satisfied)] AS points,
           ARRAY[sum(s.sign), sum(s.on_time), sum(s.returned), sum(s.reworked), sum(s.met), sum(s.settled),
                 sum(s.satisfied)] AS numerators,
           ARRAY[count(s.sign), count(s.on_time), count(s.returned), count(s.reworked), count(s.met),
                 count(s.settled), count(s.satisfied)] AS denominators
    FROM (
        SELECT j.*, '0'::xid AS hashed FROM judged j
        WHERE NOT (j.sign IS NULL AND j.on_time IS NULL AND j.returned IS NULL AND j.reworked IS NULL
                   AND j.met IS NULL AND j.settled IS NULL AND j.satisfied IS NULL)
        ORDER BY j.task_id
    ) AS s GROUP BY s.department_id, s.hashed
)
INSERT INTO ranking_rows (
    ranking_id, organisation_id, base, indicators, numerators, denominators, digest, subjects, points)
SELECT :ranking_id::uuid, g.department_id, 'turns',
       ARRAY['sign', 'on_time', 'returned', 'reworked', 'met', 'settled', 'satisfied'],
       array_replace(g.numerators, NULL, 0), g.denominators,
       encode(sha256(array_send(g.subjects) || array_send(g.points)), 'hex'), g.subjects, g.points
FROM grouped g
WHERE NOT EXISTS (
    SELECT FROM departments d WHERE d.department_id = g.department_id AND d.kind = ANY(:unranked::text[]));

-- name: count_assessments(ranking_id, month, lo, hi, starts, ends, unranked)!
-- One matter, one assessment: the points of each that stands.
INSERT INTO ranking_rows (
    ranking_id, organisation_id, base, indicators, numerators, denominators, digest, subjects, points)
SELECT :ranking_id::uuid, g.department_id, 'assessments', ARRAY['assessed'], ARRAY[g.numerator],
       ARRAY[cardinality(g.subjects)], encode(sha256(array_send(g.subjects) || array_send(g.points)), 'hex'),
       g.subjects, g.points
FROM (
    SELECT s.department_id, array_agg(s.task_id) AS subjects, ARRAY[array_agg(s.point)] AS points,
           sum(s.point) AS numerator
    FROM (
        SELECT a.task_id, a.department_id, a.score::smallint AS point, '0'::xid AS hashed FROM assessments a
        WHERE a.assessed_at >= :starts AND a.assessed_at < :ends AND a.area >= :lo AND a.area < :hi
          AND a.state <> 'void' AND NOT EXISTS (
            SELECT FROM removed_matters r
            WHERE r.case_id = a.case_id AND r.department_id = a.department_id AND r.month = :month)
        ORDER BY a.task_id
    ) AS s GROUP BY s.department_id, s.hashed
) AS g
WHERE NOT EXISTS (
    SELECT FROM departments d WHERE d.department_id = g.department_id AND d.kind = ANY(:unranked::text[]));

-- name: count_calls(ranking_id, lo, hi, starts, ends)!
-- Call quality of subdistricts: calls of the period, and those that were upheld in it as wrongly addressed.
INSERT INTO ranking_rows (
    ranking_id, organisation_id, base, indicators, numerators, denominators, digest, subjects, points)
SELECT :ranking_id::uuid, g.subdistrict, 'calls', ARRAY['call_quality'], ARRAY[g.numerator],
       ARRAY[cardinality(g.subjects)], encode(sha256(array_send(g.subjects) || array_send(g.points)), 'hex'),
       g.subjects, g.points
FROM (
    SELECT s.subdistrict, array_agg(s.task_id) AS subjects, ARRAY[array_agg(s.point)] AS points,
           sum(s.point) AS numerator
    FROM (
        SELECT f.task_id, left(f.area, 9) AS subdistrict, '0'::xid AS hashed,
               (NOT COALESCE(f.upheld_at >= :starts AND f.upheld_at < :ends, false))::integer::smallint AS point
        FROM task_facts f
        WHERE f.ended_at >= :starts AND f.sent_at < :ends AND f.run = 1 AND f.area >= :lo AND f.area < :hi
          AND (f.sent_at >= :starts OR f.upheld_at < :ends)
        ORDER BY f.task_id
    ) AS s GROUP BY s.subdistrict, s.hashed
) AS g;

-- name: count_handlings(ranking_id, month, lo, hi, starts, ends)!
-- Handlings of subdistricts that were in time, and those that were not; each run of a matter counts by itself. What was
-- taken out of a department's base of the month is out of the street's too.
WITH handled AS (
    SELECT h.case_id, h.run, h.area, COALESCE(h.is_late, false) AS late,
           CASE WHEN h.is_late THEN h.due_at ELSE h.resolved_at END AS at
    FROM handlings h
    WHERE h.ended_at >= :starts AND h.ended_at < 'infinity' AND h.began_at < :ends AND NOT h.is_void
      AND h.area >= :lo AND h.area < :hi
    UNION ALL
    SELECT h.case_id, h.run, h.area, true, finish.over_at
    FROM handlings h
    JOIN LATERAL (
        SELECT c.due_at AS over_at FROM clocks c
        WHERE c.owner_id = h.case_id AND c.task_id IS NULL AND c.name = 'finish'
          AND (c.state = 'running' AND c.due_at < :ends OR c.state = 'paused' AND c.due_at < c.paused_at) OFFSET 0
    ) AS finish ON true
    WHERE h.ended_at = 'infinity' AND h.began_at < :ends AND NOT h.is_void AND h.area >= :lo AND h.area < :hi
)
INSERT INTO ranking_rows (
    ranking_id, organisation_id, base, indicators, numerators, denominators, digest, subjects, points)
SELECT :ranking_id::uuid, g.subdistrict, 'handlings', ARRAY['on_time'], ARRAY[g.numerator],
       ARRAY[cardinality(g.subjects)], encode(sha256(array_send(g.subjects) || array_send(g.points)), 'hex'),
       g.subjects, g.points
FROM (
    SELECT s.subdistrict, array_agg(s.case_id) AS subjects, ARRAY[array_agg(s.point)] AS points,
           sum(s.point) AS numerator
    FROM (
        SELECT h.case_id, left(h.area, 9) AS subdistrict, (NOT h.late)::integer::smallint AS point, '0'::xid AS hashed
        FROM handled h WHERE h.at >= :starts AND h.at < :ends
          AND h.case_id NOT IN (
            SELECT r.case_id FROM removed_matters r WHERE r.month = :month AND r.department_id = '*')
        ORDER BY h.case_id, h.run
    ) AS s GROUP BY s.subdistrict, s.hashed
) AS g;

-- name: count_answers(ranking_id, month, lo, hi, starts, ends, satisfied)!
-- The three rates of subdistricts, without matters taken out of a department's base.
INSERT INTO ranking_rows (
    ranking_id, organisation_id, base, indicators, numerators, denominators, digest, subjects, points)
SELECT :ranking_id::uuid, g.subdistrict, 'answers', ARRAY['met', 'settled', 'satisfied'],
       array_replace(g.numerators, NULL, 0), g.denominators,
       encode(sha256(array_send(g.subjects) || array_send(g.points)), 'hex'), g.subjects, g.points
FROM (
    SELECT s.subdistrict, array_agg(s.case_id) AS subjects,
           ARRAY[array_agg(s.met), array_agg(s.settled), array_agg(s.satisfied)] AS points,
           ARRAY[sum(s.met), sum(s.settled), sum(s.satisfied)] AS numerators,
           ARRAY[count(s.met), count(s.settled), count(s.satisfied)] AS denominators
    FROM (
        SELECT a.case_id, left(a.area, 9) AS subdistrict, '0'::xid AS hashed, a.met::integer::smallint AS met,
               a.settled::integer::smallint AS settled,
               (a.satisfaction = ANY(:satisfied::text[]))::integer::smallint AS satisfied
        FROM answers a
        WHERE a.answered_at >= :starts AND a.answered_at < :ends AND NOT a.is_void AND a.area >= :lo AND a.area < :hi
          AND a.case_id NOT IN (
            SELECT r.case_id FROM removed_matters r WHERE r.month = :month AND r.department_id = '*')
        ORDER BY a.case_id
    ) AS s GROUP BY s.subdistrict, s.hashed
) AS g;

-- name: leave_out_appealed(ranking_id, area, kind, month)!
-- Rows whose appeal was upheld count no longer; the rows of an organisation and base without any are left as they are.
WITH upheld AS (
    UPDATE ranking_appeals SET left_out_of = :ranking_id::uuid
    WHERE area = :area AND kind = :kind AND month = :month AND state = 'upheld'
    RETURNING organisation_id, indicator, subject
),
lines AS (
    SELECT e.organisation_id, e.base, line.n AS line,
           array_agg(CASE WHEN u.subject IS NULL THEN place.points END ORDER BY place.n) AS points,
           COALESCE(sum(place.points) FILTER (WHERE u.subject IS NULL), 0) AS numerator,
           count(place.points) FILTER (WHERE u.subject IS NULL) AS denominator
    FROM ranking_rows e
    CROSS JOIN LATERAL unnest(e.indicators) WITH ORDINALITY AS line (indicator, n)
    CROSS JOIN LATERAL unnest(e.subjects, e.points[line.n : line.n][1 : cardinality(e.subjects)])
        WITH ORDINALITY AS place (subject, points, n)
    LEFT JOIN upheld u ON u.organisation_id = e.organisation_id AND u.indicator = line.indicator
        AND u.subject = place.subject
    WHERE e.ranking_id = :ranking_id::uuid AND EXISTS (
        SELECT FROM upheld o WHERE o.organisation_id = e.organisation_id AND o.indicator = ANY(e.indicators))
    GROUP BY e.organisation_id, e.base, line.n
),
anew AS (
    SELECT organisation_id, base, array_agg(points ORDER BY line) AS points,
           array_agg(numerator ORDER BY line) AS numerators, array_agg(denominator ORDER BY line) AS denominators
    FROM lines GROUP BY organisation_id, base
)
UPDATE ranking_rows e SET points = a.points, numerators = a.numerators, denominators = a.denominators,
    digest = encode(sha256(array_send(e.subjects) || array_send(a.points)), 'hex')
FROM anew a WHERE e.ranking_id = :ranking_id::uuid AND e.organisation_id = a.organisation_id AND e.base = a.base;

-- name: counted(ranking_id)
-- What was counted for a table: one row per organisation and indicator that has rows.
SELECT e.organisation_id, f.indicator, f.numerator, f.denominator, e.digest
FROM ranking_rows e
CROSS JOIN LATERAL unnest(e.indicators, e.numerators, e.denominators) AS f (indicator, numerator, denominator)
WHERE e.ranking_id = :ranking_id AND f.denominator > 0;

-- name: recount(ranking_id)
-- What the kept rows of a table say, counted anew.
SELECT e.organisation_id, line.indicator, e.digest_now AS digest, f.numerator, f.denominator
FROM ranking_rows_kept e
CROSS JOIN LATERAL unnest(e.indicators) WITH ORDINALITY AS line (indicator, n)
CROSS JOIN LATERAL (
    SELECT COALESCE(sum(p.points), 0)::bigint AS numerator, count(p.points) AS denominator
    FROM unnest(e.points[line.n : line.n][1 : cardinality(e.subjects)]) AS p (points)
) AS f
WHERE e.ranking_id = :ranking_id AND f.denominator > 0;

-- name: negative_attitudes(month, lo, hi, starts, ends)
-- How many assessments of the period found a department negative.
SELECT a.department_id AS organisation_id, count(*)::integer AS times
FROM assessments a
WHERE a.assessed_at >= :starts AND a.assessed_at < :ends AND a.area >= :lo AND a.area < :hi AND a.is_negative
  AND a.state <> 'void' AND NOT EXISTS (
        SELECT FROM removed_matters r
        WHERE r.case_id = a.case_id AND r.department_id = a.department_id AND r.month = :month)
GROUP BY a.department_id;
