-- name: insert_orders(orders)!
-- Opens orders from a JSON list.
INSERT INTO orders (order_id, case_id, area, kind, category, sla_class, urgency, longitude, latitude, caller_id,
    state, opened_at, version)
SELECT order_id, case_id, area, kind, category, sla_class, urgency, longitude, latitude, caller_id, 'open',
    opened_at, 1
FROM jsonb_to_recordset(:orders::jsonb) AS o (
    order_id uuid, case_id uuid, area text, kind text, category text, sla_class text, urgency text,
    longitude double precision, latitude double precision, caller_id uuid, opened_at timestamptz);

-- name: insert_tasks(tasks)!
-- The tasks of opened orders, from a JSON list.
INSERT INTO tasks (task_id, order_id, area, department_id, is_main, state, run, ground, sent_at)
SELECT task_id, order_id, area, department_id, is_main, 'sent', 1, NULLIF(ground, 'null'), sent_at
FROM jsonb_to_recordset(:tasks::jsonb) AS t (
    task_id uuid, order_id uuid, area text, department_id text, is_main boolean, ground jsonb,
    sent_at timestamptz);

-- name: lock_order_of_task(task_id, department, scopes)^
-- Locks the order of a task the caller may see, with the moment after the lock.
SELECT o.*, clock_timestamp() AS at
FROM orders o
WHERE o.order_id = (
    SELECT t.order_id FROM tasks t
    WHERE t.task_id = :task_id AND (t.department_id = :department OR t.area ^@ ANY(:scopes))
)
FOR UPDATE;

-- name: lock_open_orders(case_ids)
-- Locks the open orders of matters.
SELECT o.*, clock_timestamp() AS at
FROM orders o WHERE o.case_id = ANY(:case_ids) AND o.state = 'open' ORDER BY o.order_id FOR UPDATE;

-- name: tasks_of(order_ids)
-- The tasks of orders, main department first.
SELECT * FROM tasks WHERE order_id = ANY(:order_ids) ORDER BY order_id, is_main DESC, department_id;

-- name: save_orders(orders)!
-- Writes what steps may change of orders, from a JSON list; the caller holds the locks.
UPDATE orders o SET state = s.state, finished_at = s.finished_at, version = s.version
FROM jsonb_to_recordset(:orders::jsonb) AS s (
    order_id uuid, state text, finished_at timestamptz, version integer)
WHERE o.order_id = s.order_id;

-- name: save_tasks(tasks)!
-- Writes what steps may change of tasks, from a JSON list.
UPDATE tasks t SET
    department_id = s.department_id, is_main = s.is_main, state = s.state, run = s.run, handler_id = s.handler_id,
    arrived_longitude = s.arrived_longitude, arrived_latitude = s.arrived_latitude,
    arrived_metres = s.arrived_metres, ground = NULLIF(s.ground, 'null'), signed_by = s.signed_by,
    assigned_by = s.assigned_by, reply_words = s.reply_words, reply_by = s.reply_by,
    reply_review = s.reply_review, review_words = s.review_words, replies_sent_back = s.replies_sent_back,
    finish_words = s.finish_words, attachment_ids = s.attachment_ids, return_ground = s.return_ground,
    return_words = s.return_words, returns = s.returns, sent_at = s.sent_at, signed_at = s.signed_at,
    arrived_at = s.arrived_at, replied_at = s.replied_at, finished_at = s.finished_at
FROM jsonb_to_recordset(:tasks::jsonb) AS s (
    task_id uuid, department_id text, is_main boolean, state text, run integer, handler_id uuid,
    arrived_longitude double precision, arrived_latitude double precision, arrived_metres integer, ground jsonb,
    signed_by uuid, assigned_by uuid, reply_words text, reply_by uuid, reply_review text, review_words text,
    replies_sent_back integer, finish_words text, attachment_ids uuid[], return_ground text, return_words text,
    returns integer, sent_at timestamptz, signed_at timestamptz, arrived_at timestamptz, replied_at timestamptz,
    finished_at timestamptz)
WHERE t.task_id = s.task_id;

-- name: add_history(steps)!
-- What was done with tasks, from a JSON list.
INSERT INTO task_history (step_id, task_id, run, department_id, step, by_person, at, detail)
SELECT step_id, task_id, run, department_id, step, by_person, at, detail
FROM jsonb_to_recordset(:steps::jsonb) AS s (
    step_id uuid, task_id uuid, run integer, department_id text, step text, by_person uuid, at timestamptz,
    detail jsonb);

-- name: history_of(task_id, after, most)
-- What was done with a task, in order.
SELECT step_id, run, department_id, step, by_person, at, detail FROM task_history
WHERE task_id = :task_id AND (:after::uuid IS NULL OR step_id > :after::uuid)
ORDER BY step_id LIMIT :most;

-- name: get_order(order_id, department, scopes)^
-- An order the caller may see: of their areas, or with a task of their department.
SELECT o.* FROM orders o
WHERE o.order_id = :order_id AND (o.area ^@ ANY(:scopes) OR EXISTS (
    SELECT 1 FROM tasks t WHERE t.order_id = o.order_id AND t.department_id = :department));

-- name: get_task(task_id, department, scopes)^
-- A task the caller may see, with its order, its clocks and how both sides rated each other.
SELECT t.*, o.case_id, o.kind, o.category, o.urgency, o.longitude, o.latitude, o.version,
       d.name AS department_name, (
           SELECT f.due_at FROM clocks f
           WHERE f.owner_id = t.order_id AND f.task_id = t.task_id AND f.name = 'finish' AND f.state = 'running'
       ) AS due_at, (
           SELECT COALESCE(jsonb_agg(jsonb_build_object(
               'name', c.name, 'state', c.state, 'run', c.run, 'due_at', c.due_at,
               'provisional', c.provisional, 'started_at', c.started_at) ORDER BY c.due_at), '[]')
           FROM clocks c WHERE c.owner_id = t.order_id AND c.task_id = t.task_id) AS clocks, (
           SELECT COALESCE(jsonb_agg(jsonb_build_object(
               'rater', r.rater, 'score', r.score, 'words', r.words, 'rated_at', r.rated_at)
               ORDER BY r.rated_at), '[]')
           FROM ratings r WHERE r.task_id = t.task_id) AS ratings
FROM tasks t JOIN orders o USING (order_id) LEFT JOIN departments d ON d.department_id = t.department_id
WHERE t.task_id = :task_id AND (t.department_id = :department OR t.area ^@ ANY(:scopes));

-- name: insert_rating(task_id, rater, score, words, by_person, rated_at)!
-- One side rates the other, once.
INSERT INTO ratings (task_id, rater, score, words, by_person, rated_at)
VALUES (:task_id, :rater, :score, :words, :by_person, :rated_at);

-- name: copy_department(department_id, area, kind, name, is_active, sequence)!
-- A department by sequence.
INSERT INTO departments (department_id, area, kind, name, is_active, sequence)
VALUES (:department_id, :area, :kind, :name, :is_active, :sequence)
ON CONFLICT (department_id) DO UPDATE SET
    area = excluded.area, kind = excluded.kind, name = excluded.name, is_active = excluded.is_active,
    sequence = excluded.sequence
WHERE departments.sequence < excluded.sequence;

-- name: department_serves(department_id, area)$
-- Whether a department may be called for an area.
SELECT EXISTS (
    SELECT 1 FROM departments WHERE department_id = :department_id AND is_active AND :area ^@ area);
