-- name: newest_of_department(department, state, before, most)
-- Tasks of a department, newest first.
SELECT task_id FROM tasks
WHERE department_id = :department AND (:state::text IS NULL OR state = :state::text)
  AND (:before::uuid IS NULL OR task_id < :before::uuid)
ORDER BY task_id DESC LIMIT :most;

-- name: newest_of_handler(handler, department, state, before, most)
-- The tasks a department assigned to one of its handlers, newest first.
SELECT task_id FROM tasks
WHERE handler_id = :handler AND department_id = :department AND (:state::text IS NULL OR state = :state::text)
  AND (:before::uuid IS NULL OR task_id < :before::uuid)
ORDER BY task_id DESC LIMIT :most;

-- name: some_of_areas(scopes, most)
-- Tasks of areas, up to a bound: a quiet area has all of them here. The order makes it walk the index of areas.
SELECT some_of_one.task_id, some_of_one.state FROM unnest(:scopes::text[]) AS scope (prefix)
CROSS JOIN LATERAL (
    SELECT t.task_id, t.state FROM tasks t WHERE t.area >= scope.prefix AND t.area < scope.prefix || ':'
    ORDER BY t.area LIMIT :most) AS some_of_one
LIMIT :most;

-- name: newest_of_areas(scopes, state, before, most)
-- Tasks of areas, newest first.
SELECT t.task_id FROM tasks t JOIN unnest(:scopes::text[]) AS scope (prefix)
    ON t.area >= scope.prefix AND t.area < scope.prefix || ':'
WHERE (:state::text IS NULL OR t.state = :state::text) AND (:before::uuid IS NULL OR t.task_id < :before::uuid)
ORDER BY t.task_id DESC LIMIT :most;

-- name: due_of_department(department, states, after_due, after_task, most)
-- Open tasks of a department, what is due first; those whose limit stands come last.
SELECT t.task_id FROM tasks t
LEFT JOIN clocks c ON c.owner_id = t.order_id AND c.task_id = t.task_id AND c.name = 'finish' AND c.state = 'running'
WHERE t.department_id = :department AND t.state = ANY(:states::text[])
  AND (:after_due::timestamptz IS NULL
       OR (COALESCE(c.due_at, 'infinity'), t.task_id) > (:after_due::timestamptz, :after_task::uuid))
ORDER BY COALESCE(c.due_at, 'infinity'), t.task_id LIMIT :most;

-- name: due_of_handler(handler, department, states, after_due, after_task, most)
-- Open tasks of one of a department's handlers, what is due first.
SELECT t.task_id FROM tasks t
LEFT JOIN clocks c ON c.owner_id = t.order_id AND c.task_id = t.task_id AND c.name = 'finish' AND c.state = 'running'
WHERE t.handler_id = :handler AND t.department_id = :department AND t.state = ANY(:states::text[])
  AND (:after_due::timestamptz IS NULL
       OR (COALESCE(c.due_at, 'infinity'), t.task_id) > (:after_due::timestamptz, :after_task::uuid))
ORDER BY COALESCE(c.due_at, 'infinity'), t.task_id LIMIT :most;

-- name: due_of_areas(scopes, states, after_due, after_task, most)
-- Open tasks of areas, what is due first.
SELECT t.task_id FROM tasks t JOIN unnest(:scopes::text[]) AS scope (prefix)
    ON t.area >= scope.prefix AND t.area < scope.prefix || ':'
LEFT JOIN clocks c ON c.owner_id = t.order_id AND c.task_id = t.task_id AND c.name = 'finish' AND c.state = 'running'
WHERE t.state = ANY(:states::text[])
  AND (:after_due::timestamptz IS NULL
       OR (COALESCE(c.due_at, 'infinity'), t.task_id) > (:after_due::timestamptz, :after_task::uuid))
ORDER BY COALESCE(c.due_at, 'infinity'), t.task_id LIMIT :most;

-- name: shown_tasks(task_ids)
-- Tasks as lists show them.
SELECT t.*, o.case_id, o.kind, o.category, o.urgency, o.longitude, o.latitude, o.version,
       d.name AS department_name, c.due_at
FROM tasks t JOIN orders o USING (order_id) LEFT JOIN departments d ON d.department_id = t.department_id
LEFT JOIN clocks c ON c.owner_id = t.order_id AND c.task_id = t.task_id AND c.name = 'finish' AND c.state = 'running'
WHERE t.task_id = ANY(:task_ids::uuid[]);

-- name: counts_of_department(department, states, most)
-- How many tasks of a department are in each state, counted up to a bound.
SELECT state, (SELECT count(*) FROM (
    SELECT FROM tasks t WHERE t.department_id = :department AND t.state = s.state LIMIT :most) AS counted) AS count
FROM unnest(:states::text[]) WITH ORDINALITY AS s (state, place) ORDER BY place;

-- name: counts_of_handler(handler, department, states, most)
-- The same for one of a department's handlers.
SELECT state, (SELECT count(*) FROM (
    SELECT FROM tasks t WHERE t.handler_id = :handler AND t.department_id = :department AND t.state = s.state
    LIMIT :most) AS counted) AS count
FROM unnest(:states::text[]) WITH ORDINALITY AS s (state, place) ORDER BY place;

-- name: counts_of_areas(scopes, states, most)
-- The same for areas.
SELECT state, (SELECT count(*) FROM (
    SELECT FROM unnest(:scopes::text[]) AS scope (prefix) JOIN tasks t
        ON t.state = s.state AND t.area >= scope.prefix AND t.area < scope.prefix || ':'
    LIMIT :most) AS counted) AS count
FROM unnest(:states::text[]) WITH ORDINALITY AS s (state, place) ORDER BY place;
