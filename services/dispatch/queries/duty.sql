-- name: insert_shifts(shifts)
-- Shifts from a JSON list.
INSERT INTO duty_shifts (shift_id, unit, area, starts_at, ends_at, first_person, first_name, first_phone,
    next_person, next_name, next_phone, made_by)
SELECT shift_id, unit, area, starts_at, ends_at, first_person, first_name, first_phone, next_person, next_name,
    next_phone, made_by
FROM jsonb_to_recordset(:shifts::jsonb) AS s (
    shift_id uuid, unit text, area text, starts_at timestamptz, ends_at timestamptz, first_person uuid,
    first_name text, first_phone text, next_person uuid, next_name text, next_phone text, made_by uuid)
RETURNING *;

-- name: seed_shifts(shifts)!
-- Shifts of a demonstration from a JSON list; where somebody is on duty already, they stay.
INSERT INTO duty_shifts (shift_id, unit, area, starts_at, ends_at, first_person, first_name, first_phone,
    next_person, next_name, next_phone, made_by)
SELECT shift_id, unit, area, starts_at, ends_at, first_person, first_name, first_phone, next_person, next_name,
    next_phone, made_by
FROM jsonb_to_recordset(:shifts::jsonb) AS s (
    shift_id uuid, unit text, area text, starts_at timestamptz, ends_at timestamptz, first_person uuid,
    first_name text, first_phone text, next_person uuid, next_name text, next_phone text, made_by uuid)
ON CONFLICT DO NOTHING;

-- name: save_shift(shift_id, starts_at, ends_at, first_person, first_name, first_phone, next_person, next_name, next_phone, version)
-- Changes a shift; the caller holds the lock.
UPDATE duty_shifts SET
    starts_at = :starts_at, ends_at = :ends_at, first_person = :first_person, first_name = :first_name,
    first_phone = :first_phone, next_person = :next_person, next_name = :next_name, next_phone = :next_phone,
    version = :version
WHERE shift_id = :shift_id RETURNING *;

-- name: lock_shift(shift_id)^
-- Locks a shift.
SELECT * FROM duty_shifts WHERE shift_id = :shift_id FOR UPDATE;

-- name: drop_shift(shift_id)!
-- Takes a shift off the roster.
DELETE FROM duty_shifts WHERE shift_id = :shift_id;

-- name: list_shifts(unit, starts_at, ends_at, after, most)
-- The shifts of a unit that touch a period, in order.
SELECT * FROM duty_shifts
WHERE unit = :unit AND starts_at < :ends_at AND ends_at > :starts_at
  AND (:after::timestamptz IS NULL OR starts_at > :after::timestamptz)
ORDER BY starts_at LIMIT :most;

-- name: covered(unit, starts_at, ends_at)
-- When somebody is on duty for a unit within a period.
SELECT starts_at, ends_at FROM duty_shifts
WHERE unit = :unit AND starts_at < :ends_at AND ends_at > :starts_at ORDER BY starts_at;

-- name: on_duty(units, at)
-- The shifts under way of units.
SELECT * FROM duty_shifts WHERE unit = ANY(:units::text[]) AND starts_at <= :at AND ends_at > :at;

-- name: department_area(department_id)$
-- Where a department works.
SELECT area FROM departments WHERE department_id = :department_id;

-- name: put_duties(duties)!
-- Notes who was asked to sign for tasks, from a JSON list; what is noted stays.
INSERT INTO task_duties (task_id, run, position, person_id, given_at, pass_at)
SELECT task_id, run, position, person_id, given_at, pass_at
FROM jsonb_to_recordset(:duties::jsonb) AS d (
    task_id uuid, run integer, position integer, person_id uuid, given_at timestamptz, pass_at timestamptz)
ON CONFLICT ON CONSTRAINT task_duties_pkey DO NOTHING;

-- name: due_duties(most)
-- Tasks whose time to be signed by the one asked is over, longest first.
SELECT task_id FROM task_duties WHERE pass_at <= clock_timestamp() ORDER BY pass_at LIMIT :most;

-- name: lock_duties(task_ids)
-- Locks the orders of tasks, with what is asked of whom at their last position.
SELECT o.order_id, o.case_id, o.area, t.task_id, t.run, t.state, t.department_id, d.position, d.pass_at,
       clock_timestamp() AS at,
       (SELECT array_agg(e.person_id) FROM task_duties e
        WHERE e.task_id = t.task_id AND e.run = t.run AND e.person_id IS NOT NULL) AS asked,
       EXISTS (SELECT FROM task_duties e WHERE e.task_id = t.task_id AND e.run = t.run AND e.position > 1
               AND e.person_id IS NULL) AS is_told_unanswered,
       d.run AS asked_run,
       c.started_at, c.due_at, c.limit_unit
FROM task_duties d JOIN tasks t ON t.task_id = d.task_id JOIN orders o ON o.order_id = t.order_id
LEFT JOIN clocks c ON c.owner_id = t.order_id AND c.task_id = t.task_id AND c.name = 'sign'
WHERE d.task_id = ANY(:task_ids::uuid[]) AND d.pass_at IS NOT NULL
ORDER BY o.order_id, d.task_id, d.position FOR UPDATE OF o, d SKIP LOCKED;

-- name: end_duty(task_id, run, position)!
-- The one at this position is asked no longer.
UPDATE task_duties SET pass_at = NULL WHERE task_id = :task_id AND run = :run AND position = :position;

-- name: asked_of(task_id)
-- Who was asked to sign for a task, in order.
SELECT d.run, d.position, d.person_id, d.given_at, d.pass_at FROM task_duties d
WHERE d.task_id = :task_id ORDER BY d.run, d.position LIMIT 100;

-- name: know_person(person_id, roles, areas, department_id, seen_on)!
-- A member of staff as their token describes them; written when that changes, and once a day.
INSERT INTO known_people AS k (person_id, roles, areas, department_id, seen_on)
VALUES (:person_id, :roles, :areas, :department_id, :seen_on)
ON CONFLICT ON CONSTRAINT known_people_pkey DO UPDATE SET
    roles = excluded.roles, areas = excluded.areas, department_id = excluded.department_id,
    seen_on = excluded.seen_on
WHERE (k.roles, k.areas, k.department_id, k.seen_on)
    IS DISTINCT FROM (excluded.roles, excluded.areas, excluded.department_id, excluded.seen_on);

-- name: members_of(department_ids, since)
-- The responders dispatch has met of departments.
SELECT department_id, person_id FROM known_people
WHERE department_id = ANY(:department_ids::text[]) AND 'responder' = ANY(roles) AND seen_on >= :since
ORDER BY seen_on DESC, person_id LIMIT 5000;

-- name: staff_near(places, since)
-- The people dispatch has met who handle matters, or call back, in one of these areas.
SELECT person_id, roles, areas FROM known_people
WHERE areas && :places::text[] AND seen_on >= :since
  AND roles && '{grid_worker,grid_lead,community_officer,operator}'::text[]
ORDER BY person_id LIMIT 5000;

-- name: supervisors_since(since)
-- The supervisors dispatch has met, with their areas.
SELECT person_id, areas FROM known_people
WHERE 'supervisor' = ANY(roles) AND seen_on >= :since ORDER BY person_id LIMIT 1000;

-- name: department_of(person_id)$
-- The department somebody dispatch has met works for.
SELECT department_id FROM known_people WHERE person_id = :person_id;

-- name: forget_people(before)!
-- Drops people not seen for long.
DELETE FROM known_people WHERE seen_on < :before;
