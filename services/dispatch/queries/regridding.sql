-- name: note_reports_moved(areas, case_ids, days)!
-- Figures of what was reported follow matters to their new grids, as far back as a recount looks. Before they move.
INSERT INTO figure_changes (area, measure, clock, subject, department_id, sla_class, hour, number)
SELECT side.area, 'reported', '', 'case', '', '', date_trunc('hour', w.reported_at, 'UTC'), side.number
FROM unnest(:case_ids::uuid[], :areas::text[]) AS moved (case_id, area)
JOIN watched_cases w USING (case_id)
CROSS JOIN LATERAL (VALUES (w.area, -1), (moved.area, 1)) AS side (area, number)
WHERE w.area <> moved.area AND w.reported_at >= date_trunc('hour', now(), 'UTC') - make_interval(days => :days);

-- name: note_red_cards_moved(areas, case_ids, days)!
-- So do those of red cards.
INSERT INTO figure_changes (area, measure, clock, subject, department_id, sla_class, hour, number)
SELECT side.area, 'red', '', clock_subject(c.task_id), '', '', date_trunc('hour', f.fired_at, 'UTC'), side.number
FROM unnest(:case_ids::uuid[], :areas::text[]) AS moved (case_id, area)
JOIN clocks c USING (case_id)
JOIN fired_steps f USING (clock_id)
CROSS JOIN LATERAL (VALUES (c.area, -1), (moved.area, 1)) AS side (area, number)
WHERE f.step = 'red' AND c.name = 'finish' AND c.area <> moved.area
  AND f.fired_at >= date_trunc('hour', now(), 'UTC') - make_interval(days => :days);

-- name: regrid_watched(areas, case_ids)!
-- Matters in their new grids; the caller holds their locks and those of their open orders.
UPDATE watched_cases w SET area = moved.area
FROM unnest(:case_ids::uuid[], :areas::text[]) AS moved (case_id, area) WHERE w.case_id = moved.case_id;

-- name: regrid_orders(areas, case_ids)!
-- Open orders follow; what is finished stays where it was done.
UPDATE orders o SET area = moved.area
FROM unnest(:case_ids::uuid[], :areas::text[]) AS moved (case_id, area)
WHERE o.case_id = moved.case_id AND o.state = 'open';

-- name: regrid_tasks(case_ids)!
-- So do the tasks of open orders.
UPDATE tasks t SET area = o.area FROM orders o
WHERE o.case_id = ANY(:case_ids::uuid[]) AND o.state = 'open' AND t.order_id = o.order_id;

-- name: regrid_clocks(areas, case_ids)!
-- And all clocks: one that stands may run again.
UPDATE clocks c SET area = moved.area
FROM unnest(:case_ids::uuid[], :areas::text[]) AS moved (case_id, area) WHERE c.case_id = moved.case_id;

-- name: regrid_supervisions(areas, case_ids)!
-- Supervision orders that are not settled.
UPDATE supervisions s SET area = moved.area
FROM unnest(:case_ids::uuid[], :areas::text[]) AS moved (case_id, area)
WHERE s.case_id = moved.case_id AND s.state = 'open';

-- name: regrid_extensions(areas, case_ids)!
-- Requests for more time that are not decided.
UPDATE extensions e SET area = moved.area
FROM unnest(:case_ids::uuid[], :areas::text[]) AS moved (case_id, area)
WHERE e.case_id = moved.case_id AND e.state = 'asked';
