-- name: whistling(area, digits, since, until, least_cases, at_most_permille, after_permille, after_area, most)
-- How often the parts of an area whistle: their matters reported in a time, and what was called for them.
WITH matters AS (
    SELECT w.case_id, left(w.area, :digits) AS part,
           EXISTS (SELECT FROM orders o WHERE o.case_id = w.case_id) AS called,
           EXISTS (SELECT FROM clocks c JOIN fired_steps f USING (clock_id)
                   WHERE c.owner_id = w.case_id AND c.task_id IS NULL AND c.name = 'finish' AND f.step = 'red') AS overdue
    FROM watched_cases w
    WHERE w.reported_at >= :since AND w.reported_at < :until AND w.area ^@ :area::text
      AND length(w.area) >= :digits
),
parts AS (
    SELECT part, count(*) AS cases, count(*) FILTER (WHERE called) AS called,
           count(*) FILTER (WHERE overdue AND NOT called) AS overdue_uncalled
    FROM matters GROUP BY part
),
orders_of AS (
    SELECT m.part, count(*) AS orders, count(*) FILTER (WHERE o.kind = 'grid_calls_offices') AS grid_calls_offices,
           count(*) FILTER (WHERE o.kind = 'grid_calls_members') AS grid_calls_members,
           count(*) FILTER (WHERE o.kind = 'subdistrict_calls_departments') AS subdistrict_calls_departments,
           count(*) FILTER (WHERE EXISTS (
               SELECT FROM tasks t JOIN task_history h USING (task_id)
               WHERE t.order_id = o.order_id AND h.step = 'ruled' AND (h.detail ->> 'upheld')::boolean)) AS misdirected
    FROM matters m JOIN orders o USING (case_id) WHERE m.called GROUP BY m.part
),
shares AS (
    SELECT p.part AS area, p.cases, p.called, p.overdue_uncalled, (p.called * 1000 / p.cases)::integer AS permille,
           COALESCE(o.orders, 0) AS orders, COALESCE(o.grid_calls_offices, 0) AS grid_calls_offices,
           COALESCE(o.grid_calls_members, 0) AS grid_calls_members,
           COALESCE(o.subdistrict_calls_departments, 0) AS subdistrict_calls_departments,
           COALESCE(o.misdirected, 0) AS misdirected
    FROM parts p LEFT JOIN orders_of o USING (part)
)
SELECT * FROM shares
WHERE cases >= :least_cases AND permille <= :at_most_permille
  AND (:after_permille::integer IS NULL OR (permille, area) > (:after_permille::integer, :after_area::text))
ORDER BY permille, area LIMIT :most;

-- name: whistling_cases(area, since, until, called, overdue, before_at, before_id, most)
-- The matters behind that report, newest first.
SELECT w.case_id, w.area, w.category, w.urgency, w.reported_at,
       (SELECT count(*) FROM orders o WHERE o.case_id = w.case_id) AS orders,
       EXISTS (SELECT FROM clocks c JOIN fired_steps f USING (clock_id)
               WHERE c.owner_id = w.case_id AND c.task_id IS NULL AND c.name = 'finish' AND f.step = 'red') AS is_overdue
FROM watched_cases w
WHERE w.area >= :area::text AND w.area < :area::text || ':' AND w.reported_at >= :since AND w.reported_at < :until
  AND (:called::boolean IS NULL OR :called::boolean = EXISTS (SELECT FROM orders o WHERE o.case_id = w.case_id))
  AND (:overdue::boolean IS NULL OR :overdue::boolean = EXISTS (
      SELECT FROM clocks c JOIN fired_steps f USING (clock_id)
      WHERE c.owner_id = w.case_id AND c.task_id IS NULL AND c.name = 'finish' AND f.step = 'red'))
  AND (:before_at::timestamptz IS NULL OR (w.reported_at, w.case_id) < (:before_at::timestamptz, :before_id::uuid))
ORDER BY w.reported_at DESC, w.case_id DESC LIMIT :most;

-- name: called_departments(area, since, until)
-- How often departments were called for an area in a time, and what came of it; most called first.
WITH sent AS (
    SELECT t.department_id, count(*) AS tasks, count(*) FILTER (WHERE t.is_main) AS as_main,
           count(*) FILTER (WHERE t.state = 'finished') AS finished,
           count(*) FILTER (WHERE t.state = 'sent') AS unsigned,
           sum(t.replies_sent_back)::bigint AS replies_sent_back
    FROM tasks t WHERE t.sent_at >= :since AND t.sent_at < :until AND t.area ^@ :area::text GROUP BY 1
),
ruled AS (
    SELECT CASE WHEN (h.detail ->> 'upheld')::boolean THEN h.detail ->> 'from_department_id' ELSE h.department_id END
               AS department_id,
           count(*) FILTER (WHERE (h.detail ->> 'upheld')::boolean) AS returns_upheld,
           count(*) FILTER (WHERE NOT (h.detail ->> 'upheld')::boolean) AS returns_rejected
    FROM task_history h JOIN tasks t USING (task_id)
    WHERE h.step = 'ruled' AND h.at >= :since AND h.at < :until AND t.area ^@ :area::text GROUP BY 1
)
SELECT department_id, d.name AS department_name, COALESCE(s.tasks, 0) AS tasks, COALESCE(s.as_main, 0) AS as_main,
       COALESCE(s.finished, 0) AS finished, COALESCE(s.unsigned, 0) AS unsigned,
       COALESCE(s.replies_sent_back, 0) AS replies_sent_back,
       COALESCE(r.returns_upheld, 0) AS returns_upheld, COALESCE(r.returns_rejected, 0) AS returns_rejected
FROM sent s FULL JOIN ruled r USING (department_id) LEFT JOIN departments d USING (department_id)
ORDER BY tasks DESC, department_id LIMIT 200;
