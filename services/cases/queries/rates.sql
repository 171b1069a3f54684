-- name: figures_by_area(scopes, since, until, month, department, digits)
-- Counts behind the rates, by the first `digits` of the area; `digits` 0 makes one row of all. Of a department: what it
-- was called to, and answers about handlings it finished as the main department, as dispatch ranks by.
SELECT left(c.area, :digits) AS key,
    count(*) FILTER (WHERE c.cohort = 'reported') AS taken_on,
    count(*) FILTER (WHERE c.cohort = 'removed') AS removed,
    count(*) FILTER (WHERE c.cohort = 'reported' AND c.state IN ('resolved', 'checked', 'called_back', 'closed'))
        AS resolved,
    count(*) FILTER (WHERE c.cohort = 'reported' AND c.first_handler_by IS NOT NULL) AS responded,
    count(*) FILTER (WHERE c.cohort = 'reported' AND c.state = 'closed' AND c.satisfaction IS NULL AND c.calls_made > 0)
        AS not_reached,
    count(*) FILTER (WHERE c.cohort = 'reported' AND c.run > 1) AS reworked,
    count(*) FILTER (WHERE c.cohort = 'answered' AND c.met IS NOT NULL) AS met_base,
    count(*) FILTER (WHERE c.cohort = 'answered' AND c.met) AS met,
    count(*) FILTER (WHERE c.cohort = 'answered' AND c.settled IS NOT NULL) AS settled_base,
    count(*) FILTER (WHERE c.cohort = 'answered' AND c.settled) AS settled,
    count(*) FILTER (WHERE c.cohort = 'answered' AND c.satisfaction IS NOT NULL) AS answered,
    count(*) FILTER (WHERE c.cohort = 'answered' AND c.satisfaction IN ('satisfied', 'very_satisfied')) AS satisfied
FROM (
    SELECT 'reported' AS cohort, k.area, k.state, k.first_handler_by, k.run, NULL::boolean AS met,
        NULL::boolean AS settled, k.satisfaction, k.calls_made
    FROM cases k
    WHERE k.reported_at >= :since AND k.reported_at < :until AND k.area ^@ ANY(:scopes::text[])
      AND k.area >= (:scopes::text[])[1] AND k.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
      AND k.state NOT IN ('declined', 'merged', 'withdrawn')
      AND (:department::text IS NULL OR k.departments @> ARRAY[:department::text])
      AND NOT EXISTS (
        SELECT 1 FROM removals r WHERE r.case_id = k.case_id AND r.state = 'granted' AND r.month = :month
          AND CASE WHEN :department::text IS NULL THEN r.ground <> 'wrong_department'
              ELSE r.department_id = :department::text END)
    UNION ALL
    SELECT 'answered', k.area, k.state, NULL, k.run, a.met, a.settled, a.satisfaction, NULL
    FROM answers a JOIN cases k USING (case_id)
    WHERE a.answered_at >= :since AND a.answered_at < :until AND k.area ^@ ANY(:scopes::text[])
      AND k.area >= (:scopes::text[])[1] AND k.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
      AND k.state NOT IN ('declined', 'merged', 'withdrawn')
      AND (:department::text IS NULL OR EXISTS (
        SELECT 1 FROM orders o JOIN tasks t USING (order_id)
        WHERE o.case_id = a.case_id AND o.run = a.run AND t.is_main AND t.state = 'finished'
          AND t.department_id = :department::text))
      AND NOT EXISTS (
        SELECT 1 FROM removals r WHERE r.case_id = k.case_id AND r.state = 'granted' AND r.month = :month
          AND CASE WHEN :department::text IS NULL THEN r.ground <> 'wrong_department'
              ELSE r.department_id = :department::text END)
    UNION ALL
    SELECT 'removed', k.area, k.state, NULL, k.run, NULL, NULL, NULL, NULL
    FROM cases k
    WHERE k.area ^@ ANY(:scopes::text[]) AND k.state NOT IN ('declined', 'merged', 'withdrawn') AND k.case_id IN (
        SELECT r.case_id FROM removals r WHERE r.state = 'granted' AND r.month = :month
          AND CASE WHEN :department::text IS NULL THEN r.ground <> 'wrong_department'
              ELSE r.department_id = :department::text END)
) c GROUP BY 1 ORDER BY 1 LIMIT 2000;

-- name: figures_by_department(scopes, since, until, month, department)
-- The same by department; a removal granted to one takes nothing from another.
SELECT c.key,
    count(*) FILTER (WHERE c.cohort = 'reported') AS taken_on,
    count(*) FILTER (WHERE c.cohort = 'removed') AS removed,
    count(*) FILTER (WHERE c.cohort = 'reported' AND c.state IN ('resolved', 'checked', 'called_back', 'closed'))
        AS resolved,
    count(*) FILTER (WHERE c.cohort = 'reported' AND c.first_handler_by IS NOT NULL) AS responded,
    count(*) FILTER (WHERE c.cohort = 'reported' AND c.state = 'closed' AND c.satisfaction IS NULL AND c.calls_made > 0)
        AS not_reached,
    count(*) FILTER (WHERE c.cohort = 'reported' AND c.run > 1) AS reworked,
    count(*) FILTER (WHERE c.cohort = 'answered' AND c.met IS NOT NULL) AS met_base,
    count(*) FILTER (WHERE c.cohort = 'answered' AND c.met) AS met,
    count(*) FILTER (WHERE c.cohort = 'answered' AND c.settled IS NOT NULL) AS settled_base,
    count(*) FILTER (WHERE c.cohort = 'answered' AND c.settled) AS settled,
    count(*) FILTER (WHERE c.cohort = 'answered' AND c.satisfaction IS NOT NULL) AS answered,
    count(*) FILTER (WHERE c.cohort = 'answered' AND c.satisfaction IN ('satisfied', 'very_satisfied')) AS satisfied
FROM (
    SELECT 'reported' AS cohort, d.department AS key, k.state, k.first_handler_by, k.run, NULL::boolean AS met,
        NULL::boolean AS settled, k.satisfaction, k.calls_made
    FROM cases k CROSS JOIN LATERAL unnest(k.departments) AS d (department)
    WHERE k.reported_at >= :since AND k.reported_at < :until AND k.area ^@ ANY(:scopes::text[])
      AND k.area >= (:scopes::text[])[1] AND k.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
      AND k.state NOT IN ('declined', 'merged', 'withdrawn')
      AND NOT EXISTS (
        SELECT 1 FROM removals r WHERE r.case_id = k.case_id AND r.state = 'granted' AND r.month = :month
          AND r.department_id = d.department)
    UNION ALL
    SELECT 'answered', t.department_id, k.state, NULL, k.run, a.met, a.settled, a.satisfaction, NULL
    FROM answers a JOIN cases k USING (case_id)
    JOIN orders o ON o.case_id = a.case_id AND o.run = a.run
    JOIN tasks t ON t.order_id = o.order_id AND t.is_main AND t.state = 'finished'
    WHERE a.answered_at >= :since AND a.answered_at < :until AND k.area ^@ ANY(:scopes::text[])
      AND k.area >= (:scopes::text[])[1] AND k.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
      AND k.state NOT IN ('declined', 'merged', 'withdrawn')
      AND NOT EXISTS (
        SELECT 1 FROM removals r WHERE r.case_id = k.case_id AND r.state = 'granted' AND r.month = :month
          AND r.department_id = t.department_id)
    UNION ALL
    SELECT 'removed', r.department_id, k.state, NULL, k.run, NULL, NULL, NULL, NULL
    FROM removals r JOIN cases k USING (case_id)
    WHERE r.state = 'granted' AND r.month = :month AND k.area ^@ ANY(:scopes::text[])
      AND k.area >= (:scopes::text[])[1] AND k.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
      AND k.state NOT IN ('declined', 'merged', 'withdrawn')
) c WHERE :department::text IS NULL OR c.key = :department::text
GROUP BY 1 ORDER BY 1 LIMIT 2000;

-- name: reported_rows(scopes, since, until, month, department, counted, is_hit, after_at, after_id, most)
-- The matters behind one count of those reported in a month, oldest first: `counted` names the column, `is_hit` false
-- those of its base that missed it.
SELECT q.* FROM (
    SELECT k.case_id, k.number, k.area, k.category, k.state, k.run, k.departments, k.is_confidential, a.met,
        a.settled, a.satisfaction, k.reported_at, k.resolved_at, k.closed_at, a.answered_at, r.is_removed,
        k.reported_at AS placed_at,
        CASE :counted::text
            WHEN 'not_reached' THEN NOT r.is_removed AND k.state = 'closed' AND k.satisfaction IS NULL
                AND k.calls_made > 0
            WHEN 'reworked' THEN NOT r.is_removed AND k.run > 1
            ELSE NOT r.is_removed END AS in_base,
        CASE :counted::text
            WHEN 'resolved' THEN k.state IN ('resolved', 'checked', 'called_back', 'closed')
            WHEN 'responded' THEN k.first_handler_by IS NOT NULL
            ELSE true END AS hit
    FROM cases k LEFT JOIN answers a USING (case_id) CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT 1 FROM removals m WHERE m.case_id = k.case_id AND m.state = 'granted' AND m.month = :month
              AND CASE WHEN :department::text IS NULL THEN m.ground <> 'wrong_department'
                  ELSE m.department_id = :department::text END) AS is_removed
    ) r
    WHERE k.area ^@ ANY(:scopes::text[]) AND k.area >= (:scopes::text[])[1]
      AND k.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
      AND k.state NOT IN ('declined', 'merged', 'withdrawn')
      AND k.reported_at >= :since AND k.reported_at < :until
      AND (:department::text IS NULL OR k.departments @> ARRAY[:department::text])
      AND (:after_at::timestamptz IS NULL OR (k.reported_at, k.case_id) > (:after_at::timestamptz, :after_id::uuid))
) q WHERE q.in_base AND (:is_hit::boolean IS NULL OR q.hit = :is_hit::boolean)
ORDER BY q.reported_at, q.case_id LIMIT :most;

-- name: answered_rows(scopes, since, until, month, department, counted, is_hit, after_at, after_id, most)
-- The same of what reporters said in a month, in the order they said it.
SELECT q.* FROM (
    SELECT k.case_id, k.number, k.area, k.category, k.state, k.run, k.departments, k.is_confidential, a.met,
        a.settled, a.satisfaction, k.reported_at, k.resolved_at, k.closed_at, a.answered_at, r.is_removed,
        a.answered_at AS placed_at,
        NOT r.is_removed AND CASE :counted::text
            WHEN 'met' THEN a.met IS NOT NULL
            WHEN 'satisfied' THEN a.satisfaction IS NOT NULL
            ELSE a.settled IS NOT NULL END AS in_base,
        COALESCE(CASE :counted::text
            WHEN 'met' THEN a.met
            WHEN 'satisfied' THEN a.satisfaction IN ('satisfied', 'very_satisfied')
            ELSE a.settled END, false) AS hit
    FROM answers a JOIN cases k USING (case_id) CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT 1 FROM removals m WHERE m.case_id = k.case_id AND m.state = 'granted' AND m.month = :month
              AND CASE WHEN :department::text IS NULL THEN m.ground <> 'wrong_department'
                  ELSE m.department_id = :department::text END) AS is_removed
    ) r
    WHERE k.area ^@ ANY(:scopes::text[]) AND k.area >= (:scopes::text[])[1]
      AND k.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
      AND k.state NOT IN ('declined', 'merged', 'withdrawn')
      AND a.answered_at >= :since AND a.answered_at < :until
      AND (:department::text IS NULL OR EXISTS (
        SELECT 1 FROM orders o JOIN tasks t USING (order_id)
        WHERE o.case_id = a.case_id AND o.run = a.run AND t.is_main AND t.state = 'finished'
          AND t.department_id = :department::text))
      AND (:after_at::timestamptz IS NULL OR (a.answered_at, a.case_id) > (:after_at::timestamptz, :after_id::uuid))
) q WHERE q.in_base AND (:is_hit::boolean IS NULL OR q.hit = :is_hit::boolean)
ORDER BY q.answered_at, q.case_id LIMIT :most;

-- name: removed_rows(scopes, month, department, after_at, after_id, most)
-- The matters behind the count of those left out of a month's base, oldest first.
SELECT k.case_id, k.number, k.area, k.category, k.state, k.run, k.departments, k.is_confidential, a.met, a.settled,
    a.satisfaction, k.reported_at, k.resolved_at, k.closed_at, a.answered_at, k.reported_at AS placed_at,
    true AS is_removed, true AS in_base, true AS hit
FROM (
    SELECT DISTINCT r.case_id FROM removals r WHERE r.state = 'granted' AND r.month = :month
      AND CASE WHEN :department::text IS NULL THEN r.ground <> 'wrong_department'
          ELSE r.department_id = :department::text END
) removed JOIN cases k USING (case_id) LEFT JOIN answers a USING (case_id)
WHERE k.area ^@ ANY(:scopes::text[]) AND k.area >= (:scopes::text[])[1]
  AND k.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
  AND k.state NOT IN ('declined', 'merged', 'withdrawn')
  AND (:after_at::timestamptz IS NULL OR (k.reported_at, k.case_id) > (:after_at::timestamptz, :after_id::uuid))
ORDER BY k.reported_at, k.case_id LIMIT :most;
