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

-- name: end_watched(case_ids, ended_ats)!
-- Notes when matters ended; the first word counts.
UPDATE watched_cases w SET ended_at = e.ended_at
FROM unnest(:case_ids::uuid[], :ended_ats::timestamptz[]) AS e (case_id, ended_at)
WHERE w.case_id = e.case_id AND w.ended_at IS NULL;

-- name: reclass_watched(case_ids, categories, sla_classes, urgencies)
-- Classes matters anew; answers those that changed.
UPDATE watched_cases w SET category = COALESCE(c.category, w.category),
    sla_class = COALESCE(c.sla_class, w.sla_class), urgency = c.urgency
FROM unnest(:case_ids::uuid[], :categories::text[], :sla_classes::text[], :urgencies::text[])
    AS c (case_id, category, sla_class, urgency)
WHERE w.case_id = c.case_id
  AND (w.category, w.sla_class, w.urgency)
      IS DISTINCT FROM (COALESCE(c.category, w.category), COALESCE(c.sla_class, w.sla_class), c.urgency)
RETURNING w.case_id, w.category, w.sla_class, w.urgency;

-- name: reclass_orders(case_ids)!
-- Open orders follow the class of their matter.
UPDATE orders o SET category = w.category, sla_class = w.sla_class, urgency = w.urgency
FROM watched_cases w WHERE w.case_id = ANY(:case_ids) AND o.case_id = w.case_id AND o.state = 'open';

-- name: set_runs(case_ids, runs)!
-- Notes which handling of matters is under way.
UPDATE watched_cases w SET run = r.run
FROM unnest(:case_ids::uuid[], :runs::integer[]) AS r (case_id, run) WHERE w.case_id = r.case_id;

-- name: clocks_of(owner_ids)
-- The clocks of orders or matters.
SELECT * FROM clocks WHERE owner_id = ANY(:owner_ids);

-- name: due_clocks(owner_ids)
-- The clocks of orders or matters that have a step due, oldest first.
SELECT * FROM clocks WHERE owner_id = ANY(:owner_ids) AND next_step_at <= clock_timestamp()
ORDER BY next_step_at, clock_id;

-- name: save_clocks(clocks)!
-- Writes clocks from a JSON list; one set anew takes the place of its earlier run.
INSERT INTO clocks (clock_id, owner_id, task_id, case_id, area, department_id, name, run, state, limit_amount,
    limit_unit, started_at, due_at, yellow_at, provisional, paused_at, stopped_at, next_step, next_step_at,
    category, sla_class, urgency, preset, preset_version, stages, stage, moves, extensions, repetition)
SELECT clock_id, owner_id, task_id, case_id, area, department_id, name, run, state, limit_amount, limit_unit,
    started_at, due_at, yellow_at, provisional, paused_at, stopped_at, next_step, next_step_at,
    category, sla_class, urgency, preset, preset_version, stages, stage, moves, extensions, repetition
FROM jsonb_to_recordset(:clocks::jsonb) AS c (
    clock_id uuid, owner_id uuid, task_id uuid, case_id uuid, area text, department_id text, name text,
    run integer, state text, limit_amount integer, limit_unit text, started_at timestamptz, due_at timestamptz,
    yellow_at timestamptz, provisional boolean, paused_at timestamptz, stopped_at timestamptz, next_step text,
    next_step_at timestamptz, category text, sla_class text, urgency text, preset text, preset_version integer,
    stages jsonb, stage integer, moves jsonb, extensions integer, repetition integer)
ON CONFLICT ON CONSTRAINT clocks_owner_key DO UPDATE SET
    department_id = excluded.department_id, run = excluded.run, state = excluded.state,
    limit_amount = excluded.limit_amount, limit_unit = excluded.limit_unit, started_at = excluded.started_at,
    due_at = excluded.due_at, yellow_at = excluded.yellow_at, provisional = excluded.provisional,
    paused_at = excluded.paused_at, stopped_at = excluded.stopped_at, next_step = excluded.next_step,
    next_step_at = excluded.next_step_at, category = excluded.category, sla_class = excluded.sla_class,
    urgency = excluded.urgency, preset = excluded.preset, preset_version = excluded.preset_version,
    stages = excluded.stages, stage = excluded.stage, moves = excluded.moves, extensions = excluded.extensions,
    repetition = excluded.repetition;

-- name: save_steps(clock_ids, next_steps, next_step_ats, repetitions)!
-- What climbing a step changes of clocks.
UPDATE clocks c SET next_step = s.next_step, next_step_at = s.next_step_at, repetition = s.repetition
FROM unnest(:clock_ids::uuid[], :next_steps::text[], :next_step_ats::timestamptz[], :repetitions::integer[])
    AS s (clock_id, next_step, next_step_at, repetition)
WHERE c.clock_id = s.clock_id;

-- name: put_off_steps(owner_id, minutes)!
-- Leaves the due steps of an owner alone for a while; the caller holds the owner's lock.
UPDATE clocks SET next_step_at = clock_timestamp() + make_interval(mins => :minutes)
WHERE owner_id = :owner_id AND next_step_at <= clock_timestamp();

-- name: keep_runs(runs)!
-- Keeps runs that are over, from a JSON list.
INSERT INTO clock_runs (clock_id, run, owner_id, task_id, case_id, area, department_id, name, category, sla_class,
    started_at, due_at, ended_at, outcome, overdue_seconds)
SELECT clock_id, run, owner_id, task_id, case_id, area, department_id, name, category, sla_class, started_at,
    due_at, ended_at, outcome, overdue_seconds
FROM jsonb_to_recordset(:runs::jsonb) AS r (
    clock_id uuid, run integer, owner_id uuid, task_id uuid, case_id uuid, area text, department_id text, name text,
    category text, sla_class text, started_at timestamptz, due_at timestamptz, ended_at timestamptz, outcome text,
    overdue_seconds integer)
ON CONFLICT ON CONSTRAINT clock_runs_pkey DO NOTHING;

-- name: runs_of_case(case_id)
-- Runs of a matter's clocks that are over, oldest first.
SELECT * FROM clock_runs WHERE case_id = :case_id ORDER BY ended_at, clock_id, run LIMIT 500;

-- name: add_supervisions(orders)!
-- Writes supervision orders from a JSON list.
INSERT INTO supervisions (supervision_id, clock_id, run, repetition, owner_id, task_id, case_id, area,
    department_id, clock, due_at, ordered_at, rectify_by)
SELECT supervision_id, clock_id, run, repetition, owner_id, task_id, case_id, area, department_id, clock, due_at,
    ordered_at, rectify_by
FROM jsonb_to_recordset(:orders::jsonb) AS o (
    supervision_id uuid, clock_id uuid, run integer, repetition integer, owner_id uuid, task_id uuid, case_id uuid,
    area text, department_id text, clock text, due_at timestamptz, ordered_at timestamptz, rectify_by timestamptz)
ON CONFLICT ON CONSTRAINT supervisions_step_key DO NOTHING;

-- name: settle_supervisions(clock_ids, settled_ats)!
-- Settles the open supervision orders of clocks.
UPDATE supervisions s SET state = 'settled', settled_at = e.settled_at
FROM unnest(:clock_ids::uuid[], :settled_ats::timestamptz[]) AS e (clock_id, settled_at)
WHERE s.clock_id = e.clock_id AND s.state = 'open';

-- name: list_area_supervisions(scopes, state, before, most)
-- Supervision orders of areas, newest first.
SELECT s.* FROM supervisions s
WHERE s.area ^@ ANY(:scopes::text[]) AND s.area >= (:scopes::text[])[1]
  AND s.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
  AND (:state::text IS NULL OR s.state = :state::text)
  AND (:before::uuid IS NULL OR s.supervision_id < :before::uuid)
ORDER BY s.supervision_id DESC LIMIT :most;

-- name: list_department_supervisions(department, state, before, most)
-- Supervision orders of a department, newest first.
SELECT s.* FROM supervisions s
WHERE s.department_id = :department AND (:state::text IS NULL OR s.state = :state::text)
  AND (:before::uuid IS NULL OR s.supervision_id < :before::uuid)
ORDER BY s.supervision_id DESC LIMIT :most;

-- name: get_supervision(supervision_id, department, scopes)^
-- A supervision order the caller may see.
SELECT s.* FROM supervisions s
WHERE s.supervision_id = :supervision_id AND (s.area ^@ ANY(:scopes) OR s.department_id = :department);

-- name: due_owners(after_at, after_clock, most)
-- Owners of clocks with a step due after a place in the queue, oldest first, without locks.
SELECT owner_id, clock_id, next_step_at FROM clocks
WHERE next_step_at <= clock_timestamp()
  AND (:after_at::timestamptz IS NULL OR (next_step_at, clock_id) > (:after_at::timestamptz, :after_clock::uuid))
ORDER BY next_step_at, clock_id LIMIT :most;

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

-- name: wait_for_owners(owner_ids)
-- Locks owners, waiting for whoever works on them.
WITH locked_orders AS (
    SELECT order_id FROM orders WHERE order_id = ANY(:owner_ids) ORDER BY order_id FOR UPDATE
),
locked_cases AS (
    SELECT case_id FROM watched_cases WHERE case_id = ANY(:owner_ids) ORDER BY case_id FOR UPDATE
)
SELECT (SELECT count(*) FROM locked_orders) + (SELECT count(*) FROM locked_cases) AS locked;

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
SELECT c.name, c.state, c.run, c.task_id, c.department_id, c.started_at, c.due_at, c.yellow_at, c.stopped_at,
       c.provisional, NULLIF(c.stages -> c.stage ->> 'name', '') AS stage, c.preset, c.preset_version, c.extensions,
       c.repetition AS supervisions
FROM clocks c
WHERE c.case_id = :case_id AND (c.area ^@ ANY(:scopes) OR c.department_id = :department)
ORDER BY c.due_at, c.clock_id LIMIT 200;

-- name: oldest_overdue_seconds()$
-- How long the oldest due step has waited; NULL when none is due.
SELECT EXTRACT(epoch FROM clock_timestamp() - min(next_step_at)) FROM clocks
WHERE next_step_at <= clock_timestamp();

-- name: rules_version()$
-- Changes whenever the calendar or the limits do.
SELECT concat_ws('|',
    (SELECT string_agg(year || ':' || version, ',' ORDER BY year) FROM calendar_years),
    (SELECT string_agg(name || ':' || version || ':' || is_in_force, ',' ORDER BY name) FROM presets));

-- name: calendar_days()
-- The dates that differ from "weekdays work".
SELECT day, is_working, note FROM calendar_days ORDER BY day;

-- name: calendar_years()
-- The years whose arrangement is published.
SELECT year, version FROM calendar_years ORDER BY year;

-- name: preset_documents()
-- Every version of every preset.
SELECT v.preset, v.version, v.document, p.is_in_force AND p.version = v.version AS is_in_force
FROM preset_versions v JOIN presets p ON p.name = v.preset;

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

-- name: seed_preset_version(name, title, document)!
-- The first version of a delivered preset, unless the deployment has it already.
INSERT INTO preset_versions (preset, version, title, document, reason)
VALUES (:name, 1, :title, :document::jsonb, 'delivered')
ON CONFLICT ON CONSTRAINT preset_versions_pkey DO NOTHING;
