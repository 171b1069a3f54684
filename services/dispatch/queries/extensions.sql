-- name: insert_extension(extension_id, clock_id, run, owner_id, task_id, case_id, area, department_id, clock, state, words, asked_by, asked_at)!
-- Keeps a request for more time.
INSERT INTO extensions (extension_id, clock_id, run, owner_id, task_id, case_id, area, department_id, clock, state,
    words, asked_by, asked_at)
VALUES (:extension_id, :clock_id, :run, :owner_id, :task_id, :case_id, :area, :department_id, :clock, :state,
    :words, :asked_by, :asked_at);

-- name: has_open_extension(clock_id, run)$
-- Whether more time is asked for in a run and not decided.
SELECT EXISTS (SELECT 1 FROM extensions WHERE clock_id = :clock_id AND run = :run AND state = 'asked');

-- name: find_extension(extension_id, department, scopes)^
-- A request the caller may see.
SELECT * FROM extensions
WHERE extension_id = :extension_id AND (area ^@ ANY(:scopes) OR department_id = :department);

-- name: save_extension(extension_id, state, decided_by, decided_at, decision_words)!
-- A request is decided.
UPDATE extensions SET state = :state, decided_by = :decided_by, decided_at = :decided_at,
    decision_words = :decision_words
WHERE extension_id = :extension_id;

-- name: list_area_extensions(scopes, state, before, most)
-- Requests of areas, newest first; asked for are those that can still be decided.
SELECT e.* FROM extensions e
WHERE e.area ^@ ANY(:scopes::text[]) AND e.area >= (:scopes::text[])[1]
  AND e.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
  AND (:state::text IS NULL OR e.state = :state::text AND (e.state <> 'asked' OR EXISTS (
      SELECT FROM clocks c WHERE c.clock_id = e.clock_id AND c.run = e.run AND c.state <> 'stopped')))
  AND (:before::uuid IS NULL OR e.extension_id < :before::uuid)
ORDER BY e.extension_id DESC LIMIT :most;

-- name: list_department_extensions(department, state, before, most)
-- Requests of a department, newest first; asked for are those that can still be decided.
SELECT e.* FROM extensions e
WHERE e.department_id = :department
  AND (:state::text IS NULL OR e.state = :state::text AND (e.state <> 'asked' OR EXISTS (
      SELECT FROM clocks c WHERE c.clock_id = e.clock_id AND c.run = e.run AND c.state <> 'stopped')))
  AND (:before::uuid IS NULL OR e.extension_id < :before::uuid)
ORDER BY e.extension_id DESC LIMIT :most;

-- name: lock_owner_of_case_clock(case_id, scopes)^
-- Locks a watched matter of an area.
SELECT case_id, clock_timestamp() AS at FROM watched_cases
WHERE case_id = :case_id AND area ^@ ANY(:scopes) FOR UPDATE;

-- name: lock_order(order_id)^
-- Locks an order, with the moment after the lock.
SELECT order_id, clock_timestamp() AS at FROM orders WHERE order_id = :order_id FOR UPDATE;

-- name: lock_case(case_id)^
-- Locks a watched matter, with the moment after the lock.
SELECT case_id, clock_timestamp() AS at FROM watched_cases WHERE case_id = :case_id FOR UPDATE;

-- name: is_main_task(task_id)$
-- Whether a task is the main department's.
SELECT is_main FROM tasks WHERE task_id = :task_id;
