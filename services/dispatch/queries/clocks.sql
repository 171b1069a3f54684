-- name: watch_cases(cases)!
-- Notes matters to keep clocks for, from a JSON list.
INSERT INTO watched_cases (case_id, area, category, sla_class, urgency, reported_at, run)
SELECT case_id, area, category, sla_class, urgency, reported_at, 1
FROM jsonb_to_recordset(:cases::jsonb) AS c (
    case_id uuid, area text, category text, sla_class text, urgency text, reported_at timestamptz)
ON CONFLICT (case_id) DO NOTHING;

-- name: lock_watched(case_ids)
-- Locks matters by id, with the moment after the lock.
SELECT *, clock_timestamp() AS at FROM watched_cases WHERE case_id = ANY(:case_ids) ORDER BY case_id FOR UPDATE;

-- name: set_runs(case_ids, runs)!
-- Notes which handling of matters is under way.
UPDATE watched_cases w SET run = r.run
FROM unnest(:case_ids::uuid[], :runs::integer[]) AS r (case_id, run) WHERE w.case_id = r.case_id;

-- name: clocks_of(owner_ids)
-- The clocks of orders or matters.
SELECT * FROM clocks WHERE owner_id = ANY(:owner_ids);

-- name: save_clocks(clocks)!
-- Writes clocks from a JSON list; one set anew takes the place of its earlier run.
INSERT INTO clocks (clock_id, owner_id, task_id, case_id, area, department_id, name, run, state, limit_amount,
    limit_unit, started_at, due_at, yellow_at, provisional, paused_at, stopped_at, next_step, next_step_at)
SELECT clock_id, owner_id, task_id, case_id, area, department_id, name, run, state, limit_amount, limit_unit,
    started_at, due_at, yellow_at, provisional, paused_at, stopped_at, next_step, next_step_at
FROM jsonb_to_recordset(:clocks::jsonb) AS c (
    clock_id uuid, owner_id uuid, task_id uuid, case_id uuid, area text, department_id text, name text,
    run integer, state text, limit_amount integer, limit_unit text, started_at timestamptz, due_at timestamptz,
    yellow_at timestamptz, provisional boolean, paused_at timestamptz, stopped_at timestamptz, next_step text,
    next_step_at timestamptz)
ON CONFLICT ON CONSTRAINT clocks_owner_key DO UPDATE SET
    department_id = excluded.department_id, run = excluded.run, state = excluded.state,
    limit_amount = excluded.limit_amount, limit_unit = excluded.limit_unit, started_at = excluded.started_at,
    due_at = excluded.due_at, yellow_at = excluded.yellow_at, provisional = excluded.provisional,
    paused_at = excluded.paused_at, stopped_at = excluded.stopped_at, next_step = excluded.next_step,
    next_step_at = excluded.next_step_at;

-- name: due_owners(most)
-- Owners of clocks with a step due, oldest first, without locks.
SELECT owner_id FROM clocks WHERE next_step_at <= clock_timestamp() ORDER BY next_step_at LIMIT :most;

-- name: lock_owners(owner_ids)
-- Locks those of the owners nobody else works on, with the moment after the lock.
WITH locked_orders AS (
    SELECT order_id FROM orders WHERE order_id = ANY(:owner_ids) ORDER BY order_id FOR UPDATE SKIP LOCKED
),
locked_cases AS (
    SELECT case_id FROM watched_cases WHERE case_id = ANY(:owner_ids) ORDER BY case_id FOR UPDATE SKIP LOCKED
)
SELECT owner_id, clock_timestamp() AS at FROM (
    SELECT order_id AS owner_id FROM locked_orders UNION ALL SELECT case_id FROM locked_cases
) AS locked;

-- name: note_steps(steps)
-- Notes fired steps from a JSON list and answers those that had not fired before.
INSERT INTO fired_steps (clock_id, run, step, repetition, due_at)
SELECT clock_id, run, step, repetition, due_at
FROM jsonb_to_recordset(:steps::jsonb) AS s (
    clock_id uuid, run integer, step text, repetition integer, due_at timestamptz)
ON CONFLICT ON CONSTRAINT fired_steps_pkey DO NOTHING
RETURNING clock_id, run, step, repetition;

-- name: list_case_clocks(case_id, department, scopes)
-- The clocks of a matter the caller may see.
SELECT c.* FROM clocks c
WHERE c.case_id = :case_id AND (c.area ^@ ANY(:scopes) OR c.department_id = :department)
ORDER BY c.due_at, c.clock_id LIMIT 200;

-- name: oldest_overdue_seconds()$
-- How long the oldest due step has waited; NULL when none is due.
SELECT EXTRACT(epoch FROM clock_timestamp() - min(next_step_at)) FROM clocks
WHERE next_step_at <= clock_timestamp();

-- name: rules_version()$
-- Changes whenever the calendar or the limits do.
SELECT md5(concat_ws('|',
    (SELECT string_agg(year || ':' || version, ',' ORDER BY year) FROM calendar_years),
    (SELECT string_agg(l::text, ',' ORDER BY l::text) FROM limits l JOIN presets p ON p.name = l.preset
     WHERE p.is_in_force)));

-- name: calendar_days()
-- The dates that differ from "weekdays work".
SELECT day, is_working, note FROM calendar_days ORDER BY day;

-- name: calendar_years()
-- The years whose arrangement is published.
SELECT year, version FROM calendar_years ORDER BY year;

-- name: limits_in_force()
-- The limits of the preset in force.
SELECT l.preset, l.clock, l.sla_class, l.urgency, l.amount, l.unit
FROM limits l JOIN presets p ON p.name = l.preset WHERE p.is_in_force;

-- name: seed_day(day, is_working, note)!
-- A date of the delivered calendar, unless the deployment has it already.
INSERT INTO calendar_days (day, is_working, note) VALUES (:day, :is_working, :note)
ON CONFLICT ON CONSTRAINT calendar_days_pkey DO NOTHING;

-- name: seed_year(year)!
-- A year of the delivered calendar.
INSERT INTO calendar_years (year, version) VALUES (:year, 1)
ON CONFLICT ON CONSTRAINT calendar_years_pkey DO NOTHING;

-- name: seed_preset(name, is_in_force)!
-- A delivered preset; in force only where no other is.
INSERT INTO presets (name, is_in_force)
VALUES (:name, :is_in_force AND NOT EXISTS (SELECT 1 FROM presets WHERE is_in_force))
ON CONFLICT ON CONSTRAINT presets_pkey DO NOTHING;

-- name: seed_limit(preset, clock, sla_class, urgency, amount, unit)!
-- A limit of a delivered preset, unless the deployment has it already.
INSERT INTO limits (preset, clock, sla_class, urgency, amount, unit)
VALUES (:preset, :clock, :sla_class, :urgency, :amount, :unit)
ON CONFLICT ON CONSTRAINT limits_pkey DO NOTHING;
