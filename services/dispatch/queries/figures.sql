-- name: claim_figures()$
-- Whether this transaction alone may change the figures.
SELECT pg_try_advisory_xact_lock(hashtext('dispatch.figures'));

-- name: fold_figures(most)$
-- Folds changes into the figures of every area that contains them; answers how many.
WITH taken AS (
    DELETE FROM figure_changes WHERE change_id IN (
        SELECT change_id FROM figure_changes ORDER BY change_id LIMIT :most)
    RETURNING *
),
now_true AS (
    INSERT INTO figures AS f (area, measure, clock, subject, department_id, sla_class, number)
    SELECT left(area, digits), measure, clock, subject, department_id, sla_class, sum(number)
    FROM taken JOIN unnest(ARRAY[4, 6, 9, 12, 15, 17]) AS level (digits) ON length(area) >= digits
    WHERE hour = '-infinity'
    GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(number) <> 0
    ON CONFLICT ON CONSTRAINT figures_pkey DO UPDATE SET number = f.number + excluded.number
),
happened AS (
    INSERT INTO figure_hours AS h (area, hour, measure, subject, number)
    SELECT left(area, digits), hour, measure, subject, sum(number)
    FROM taken JOIN unnest(ARRAY[4, 6, 9, 12, 15]) AS level (digits) ON length(area) >= digits
    WHERE hour <> '-infinity'
    GROUP BY 1, 2, 3, 4 HAVING sum(number) <> 0
    ON CONFLICT ON CONSTRAINT figure_hours_pkey DO UPDATE SET number = h.number + excluded.number
)
SELECT count(*) FROM taken;

-- name: figure_differences(days)
-- Where the figures with the changes still to fold do not agree with a recount: what each should be more.
WITH counted AS (
    SELECT area, clock_phase(state, next_step) AS measure, name AS clock, clock_subject(task_id) AS subject,
        COALESCE(department_id, '') AS department_id, sla_class, '-infinity'::timestamptz AS hour, count(*) AS number
    FROM clocks WHERE state <> 'stopped' GROUP BY 1, 2, 3, 4, 5, 6
    UNION ALL
    SELECT area, 'reported', '', 'case', '', '', date_trunc('hour', reported_at, 'UTC'), count(*) FROM watched_cases
    WHERE reported_at >= date_trunc('hour', now(), 'UTC') - make_interval(days => :days) GROUP BY 1, 7
    UNION ALL
    SELECT area, 'ended', '', 'case', '', '', date_trunc('hour', ended_at, 'UTC'), count(*) FROM watched_cases
    WHERE ended_at >= date_trunc('hour', now(), 'UTC') - make_interval(days => :days) GROUP BY 1, 7
    UNION ALL
    SELECT area, outcome, '', clock_subject(task_id), '', '', date_trunc('hour', ended_at, 'UTC'), count(*)
    FROM clock_runs WHERE name = 'finish' AND outcome IN ('met', 'late')
      AND ended_at >= date_trunc('hour', now(), 'UTC') - make_interval(days => :days) GROUP BY 1, 2, 4, 7
    UNION ALL
    SELECT c.area, 'red', '', clock_subject(c.task_id), '', '', date_trunc('hour', f.fired_at, 'UTC'), count(*)
    FROM fired_steps f JOIN clocks c USING (clock_id) WHERE f.step = 'red' AND c.name = 'finish'
      AND f.fired_at >= date_trunc('hour', now(), 'UTC') - make_interval(days => :days) GROUP BY 1, 4, 7
    UNION ALL
    -- Not folded yet: what the figures will have with these.
    SELECT area, measure, clock, subject, department_id, sla_class, hour, -sum(number) FROM figure_changes
    WHERE hour = '-infinity' OR hour >= date_trunc('hour', now(), 'UTC') - make_interval(days => :days)
    GROUP BY 1, 2, 3, 4, 5, 6, 7
),
either AS (
    SELECT left(area, digits) COLLATE "C" AS area, measure, clock, subject, department_id, sla_class, hour, number
    FROM counted JOIN unnest(ARRAY[4, 6, 9, 12, 15, 17]) AS level (digits) ON length(area) >= digits
    WHERE hour = '-infinity' OR digits <= 15
    UNION ALL
    SELECT area, measure, clock, subject, department_id, sla_class, '-infinity', -number FROM figures
    UNION ALL
    SELECT area, measure, '', subject, '', '', hour, -number FROM figure_hours
    WHERE hour >= date_trunc('hour', now(), 'UTC') - make_interval(days => :days)
)
SELECT area, measure, clock, subject, department_id, sla_class, NULLIF(hour, '-infinity') AS hour,
    sum(number)::bigint AS number
FROM either GROUP BY area, measure, clock, subject, department_id, sla_class, hour HAVING sum(number) <> 0;

-- name: correct_figures(areas, measures, clocks, subjects, departments, classes, numbers)!
-- Adds to what is true now; for a transaction that claimed the figures.
INSERT INTO figures AS f (area, measure, clock, subject, department_id, sla_class, number)
SELECT * FROM unnest(:areas::text[], :measures::text[], :clocks::text[], :subjects::text[], :departments::text[],
    :classes::text[], :numbers::bigint[])
ON CONFLICT ON CONSTRAINT figures_pkey DO UPDATE SET number = f.number + excluded.number;

-- name: correct_hours(areas, hours, measures, subjects, numbers)!
-- Adds to what happened; for a transaction that claimed the figures.
INSERT INTO figure_hours AS h (area, hour, measure, subject, number)
SELECT * FROM unnest(:areas::text[], :hours::timestamptz[], :measures::text[], :subjects::text[], :numbers::bigint[])
ON CONFLICT ON CONSTRAINT figure_hours_pkey DO UPDATE SET number = h.number + excluded.number;

-- name: drop_zero_figures()!
-- Forgets what is nothing any more.
DELETE FROM figures WHERE number = 0;

-- name: prune_hours(most)!
-- Forgets hours of long ago: small areas after 35 days, all after 400.
DELETE FROM figure_hours WHERE ctid IN (
    SELECT ctid FROM figure_hours
    WHERE hour < now() - interval '400 days' OR (hour < now() - interval '35 days' AND length(area) > 9)
    LIMIT :most);

-- name: figures_by_phase()
-- Clocks by phase, of the whole deployment.
SELECT clock, measure, sum(number)::bigint AS number FROM figures WHERE length(area) = 4 GROUP BY clock, measure;

-- name: count_open_supervisions()$
-- How many supervision orders are not settled.
SELECT count(*) FROM supervisions WHERE state = 'open';

-- name: figures_by_area(areas, digits, clock, subject, department, most)
-- Figures of areas of one level within areas, the most overdue first.
SELECT f.area AS key, sum(f.number) FILTER (WHERE f.measure = 'in_time')::bigint AS in_time,
    sum(f.number) FILTER (WHERE f.measure = 'due_soon')::bigint AS due_soon,
    sum(f.number) FILTER (WHERE f.measure = 'overdue')::bigint AS overdue,
    sum(f.number) FILTER (WHERE f.measure = 'paused')::bigint AS paused, sum(f.number)::bigint AS open
FROM unnest(:areas::text[]) AS scope (prefix)
JOIN figures f ON length(f.area) = :digits AND f.area >= scope.prefix AND f.area < scope.prefix || ':'
WHERE f.clock = :clock AND (:subject::text IS NULL OR f.subject = :subject::text) AND f.number <> 0
  AND (:department::text IS NULL OR f.department_id = :department::text)
GROUP BY f.area ORDER BY overdue DESC NULLS LAST, open DESC, f.area LIMIT :most;

-- name: figures_by_department(areas, clock, subject, department, most)
-- Figures of areas by department, the most overdue first.
SELECT f.department_id AS key, sum(f.number) FILTER (WHERE f.measure = 'in_time')::bigint AS in_time,
    sum(f.number) FILTER (WHERE f.measure = 'due_soon')::bigint AS due_soon,
    sum(f.number) FILTER (WHERE f.measure = 'overdue')::bigint AS overdue,
    sum(f.number) FILTER (WHERE f.measure = 'paused')::bigint AS paused, sum(f.number)::bigint AS open
FROM figures f
WHERE f.area = ANY(:areas) AND f.clock = :clock AND (:subject::text IS NULL OR f.subject = :subject::text)
  AND f.number <> 0 AND f.department_id <> ''
  AND (:department::text IS NULL OR f.department_id = :department::text)
GROUP BY f.department_id ORDER BY overdue DESC NULLS LAST, open DESC, f.department_id LIMIT :most;

-- name: figures_by_class(areas, clock, subject, department, most)
-- Figures of areas by SLA class, the most overdue first.
SELECT f.sla_class AS key, sum(f.number) FILTER (WHERE f.measure = 'in_time')::bigint AS in_time,
    sum(f.number) FILTER (WHERE f.measure = 'due_soon')::bigint AS due_soon,
    sum(f.number) FILTER (WHERE f.measure = 'overdue')::bigint AS overdue,
    sum(f.number) FILTER (WHERE f.measure = 'paused')::bigint AS paused, sum(f.number)::bigint AS open
FROM figures f
WHERE f.area = ANY(:areas) AND f.clock = :clock AND (:subject::text IS NULL OR f.subject = :subject::text)
  AND f.number <> 0 AND (:department::text IS NULL OR f.department_id = :department::text)
GROUP BY f.sla_class ORDER BY overdue DESC NULLS LAST, open DESC, f.sla_class LIMIT :most;

-- name: area_of_department(department)$
-- The area a department serves.
SELECT area FROM departments WHERE department_id = :department;

-- name: figure_trend(areas, unit, since)
-- What happened in areas by hour or day of UTC+8, oldest first.
SELECT date_trunc(:unit, hour, 'Asia/Shanghai') AS at,
    COALESCE(sum(number) FILTER (WHERE measure = 'reported'), 0)::bigint AS reported,
    COALESCE(sum(number) FILTER (WHERE measure = 'ended'), 0)::bigint AS ended,
    COALESCE(sum(number) FILTER (WHERE measure = 'met' AND subject = 'case'), 0)::bigint AS met,
    COALESCE(sum(number) FILTER (WHERE measure = 'late' AND subject = 'case'), 0)::bigint AS late,
    COALESCE(sum(number) FILTER (WHERE measure = 'red' AND subject = 'case'), 0)::bigint AS overdue,
    COALESCE(sum(number) FILTER (WHERE measure = 'met' AND subject = 'task'), 0)::bigint AS tasks_met,
    COALESCE(sum(number) FILTER (WHERE measure = 'late' AND subject = 'task'), 0)::bigint AS tasks_late,
    COALESCE(sum(number) FILTER (WHERE measure = 'red' AND subject = 'task'), 0)::bigint AS tasks_overdue
FROM figure_hours
WHERE area = ANY(:areas) AND hour >= :since
GROUP BY 1 ORDER BY 1;
