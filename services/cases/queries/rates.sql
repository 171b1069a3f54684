-- name: figures_by_area(scopes, since, until, department, digits)
-- Counts behind the rates, by the first `digits` of the area; `digits` 0 makes one row of all.
SELECT left(c.area, :digits) AS key,
    count(*) FILTER (WHERE NOT c.is_removed) AS taken_on,
    count(*) FILTER (WHERE c.is_removed) AS removed,
    count(*) FILTER (WHERE NOT c.is_removed AND c.state IN ('resolved', 'checked', 'called_back', 'closed')) AS finished,
    count(*) FILTER (WHERE NOT c.is_removed AND c.first_handler_by IS NOT NULL) AS responded,
    count(*) FILTER (WHERE NOT c.is_removed AND c.satisfaction IS NOT NULL) AS answered,
    count(*) FILTER (WHERE NOT c.is_removed AND c.satisfaction IN ('satisfied', 'very_satisfied')) AS satisfied,
    count(*) FILTER (WHERE NOT c.is_removed AND c.settled) AS settled,
    count(*) FILTER (WHERE NOT c.is_removed AND c.met IS NOT NULL AND NOT c.is_confidential) AS met_base,
    count(*) FILTER (WHERE NOT c.is_removed AND c.met AND NOT c.is_confidential) AS met,
    count(*) FILTER (WHERE NOT c.is_removed AND c.state = 'closed' AND c.satisfaction IS NULL AND c.calls_made > 0) AS not_reached,
    count(*) FILTER (WHERE NOT c.is_removed AND c.run > 1) AS reworked
FROM (
    -- Nothing is removed before it is reported.
    SELECT k.area, k.state, k.first_handler_by, k.satisfaction, k.settled, k.met, k.is_confidential, k.run,
        k.calls_made, k.case_id IN (
            SELECT r.case_id FROM removals r WHERE r.state = 'granted' AND r.asked_at >= :since
              AND (:department::text IS NULL OR r.department_id = :department::text)) AS is_removed
    FROM cases k
    WHERE k.area ^@ ANY(:scopes::text[]) AND k.area >= (:scopes::text[])[1]
      AND k.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
      AND k.reported_at >= :since AND k.reported_at < :until
      AND k.state NOT IN ('declined', 'merged', 'withdrawn')
      AND (:department::text IS NULL OR k.departments @> ARRAY[:department::text])
) c GROUP BY 1 ORDER BY 1 LIMIT 2000;

-- name: figures_by_department(scopes, since, until, department)
-- The same by department called; a removal granted to one department takes nothing from another.
SELECT c.key,
    count(*) FILTER (WHERE NOT c.is_removed) AS taken_on,
    count(*) FILTER (WHERE c.is_removed) AS removed,
    count(*) FILTER (WHERE NOT c.is_removed AND c.state IN ('resolved', 'checked', 'called_back', 'closed')) AS finished,
    count(*) FILTER (WHERE NOT c.is_removed AND c.first_handler_by IS NOT NULL) AS responded,
    count(*) FILTER (WHERE NOT c.is_removed AND c.satisfaction IS NOT NULL) AS answered,
    count(*) FILTER (WHERE NOT c.is_removed AND c.satisfaction IN ('satisfied', 'very_satisfied')) AS satisfied,
    count(*) FILTER (WHERE NOT c.is_removed AND c.settled) AS settled,
    count(*) FILTER (WHERE NOT c.is_removed AND c.met IS NOT NULL AND NOT c.is_confidential) AS met_base,
    count(*) FILTER (WHERE NOT c.is_removed AND c.met AND NOT c.is_confidential) AS met,
    count(*) FILTER (WHERE NOT c.is_removed AND c.state = 'closed' AND c.satisfaction IS NULL AND c.calls_made > 0) AS not_reached,
    count(*) FILTER (WHERE NOT c.is_removed AND c.run > 1) AS reworked
FROM (
    SELECT d.department AS key, k.state, k.first_handler_by, k.satisfaction, k.settled, k.met, k.is_confidential,
        k.run, k.calls_made, (k.case_id, d.department) IN (
            SELECT r.case_id, r.department_id FROM removals r
            WHERE r.state = 'granted' AND r.asked_at >= :since) AS is_removed
    FROM cases k CROSS JOIN LATERAL unnest(k.departments) AS d (department)
    WHERE k.area ^@ ANY(:scopes::text[]) AND k.area >= (:scopes::text[])[1]
      AND k.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
      AND k.reported_at >= :since AND k.reported_at < :until
      AND k.state NOT IN ('declined', 'merged', 'withdrawn')
      AND (:department::text IS NULL OR d.department = :department::text)
) c GROUP BY 1 ORDER BY 1 LIMIT 2000;

-- name: rate_rows(scopes, since, until, department, counted, is_hit, after_at, after_id, most)
-- The matters behind one count, oldest first: `counted` names the column, `is_hit` false those of its base that
-- missed it.
SELECT q.* FROM (
    SELECT k.case_id, k.number, k.area, k.category, k.state, k.run, k.departments, k.is_confidential, k.met,
        k.settled, k.satisfaction, k.reported_at, k.resolved_at, k.closed_at, r.is_removed,
        CASE :counted::text
            WHEN 'removed' THEN r.is_removed
            WHEN 'taken_on' THEN NOT r.is_removed
            WHEN 'finished' THEN NOT r.is_removed
            WHEN 'responded' THEN NOT r.is_removed
            WHEN 'met' THEN NOT r.is_removed AND k.met IS NOT NULL AND NOT k.is_confidential
            WHEN 'not_reached' THEN NOT r.is_removed AND k.state = 'closed' AND k.satisfaction IS NULL
                AND k.calls_made > 0
            WHEN 'reworked' THEN NOT r.is_removed AND k.run > 1
            ELSE NOT r.is_removed AND k.satisfaction IS NOT NULL END AS in_base,
        CASE :counted::text
            WHEN 'finished' THEN k.state IN ('resolved', 'checked', 'called_back', 'closed')
            WHEN 'responded' THEN k.first_handler_by IS NOT NULL
            WHEN 'met' THEN COALESCE(k.met, false)
            WHEN 'settled' THEN COALESCE(k.settled, false)
            WHEN 'satisfied' THEN COALESCE(k.satisfaction IN ('satisfied', 'very_satisfied'), false)
            ELSE true END AS hit
    FROM cases k CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT 1 FROM removals m WHERE m.case_id = k.case_id AND m.state = 'granted'
              AND (:department::text IS NULL OR m.department_id = :department::text)) AS is_removed
    ) r
    WHERE k.area ^@ ANY(:scopes::text[]) AND k.area >= (:scopes::text[])[1]
      AND k.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
      AND k.reported_at >= :since AND k.reported_at < :until
      AND k.state NOT IN ('declined', 'merged', 'withdrawn')
      AND (:department::text IS NULL OR k.departments @> ARRAY[:department::text])
      AND (:after_at::timestamptz IS NULL OR (k.reported_at, k.case_id) > (:after_at::timestamptz, :after_id::uuid))
) q WHERE q.in_base AND (:is_hit::boolean IS NULL OR q.hit = :is_hit::boolean)
ORDER BY q.reported_at, q.case_id LIMIT :most;
