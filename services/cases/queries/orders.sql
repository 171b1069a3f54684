-- name: insert_order(order_id, case_id, run, kind, departments, whistled_at)!
-- Notes a whistle; dispatch will open the order of the same id.
INSERT INTO orders (order_id, case_id, run, kind, departments, state, whistled_at)
VALUES (:order_id, :case_id, :run, :kind, :departments, 'called', :whistled_at);

-- name: unfinished_departments(case_id)^
-- Departments with an unfinished order for the matter.
SELECT COALESCE(array_agg(DISTINCT department), '{}') AS departments
FROM orders, unnest(departments) AS department
WHERE case_id = :case_id AND state IN ('called', 'open');

-- name: lock_orders(order_ids)
-- Locks whistles named by events.
SELECT order_id, case_id, run, state FROM orders WHERE order_id = ANY(:order_ids) ORDER BY order_id FOR UPDATE;

-- name: set_order_states(order_ids, state)!
-- Moves whistles on; a closed or finished one stays.
UPDATE orders SET state = :state WHERE order_id = ANY(:order_ids) AND state IN ('called', 'open');

-- name: close_orders(case_id)!
-- Closes what is open when its matter ends otherwise; dispatch closes the same tasks without a word.
WITH closed AS (
    UPDATE orders SET state = 'closed' WHERE case_id = :case_id AND state IN ('called', 'open') RETURNING order_id
)
UPDATE tasks t SET state = 'closed' FROM closed WHERE t.order_id = closed.order_id AND t.state <> 'finished';

-- name: upsert_tasks(tasks)!
-- Notes tasks as sent, or as closed where their order was closed before dispatch heard of it.
INSERT INTO tasks (task_id, order_id, case_id, department_id, is_main, state, changed_at)
SELECT t.task_id, t.order_id, t.case_id, t.department_id, t.is_main,
    CASE o.state WHEN 'closed' THEN 'closed' ELSE 'sent' END, t.at
FROM jsonb_to_recordset(:tasks::jsonb) AS t (
    task_id uuid, order_id uuid, case_id uuid, department_id text, is_main boolean, at timestamptz)
LEFT JOIN orders o ON o.order_id = t.order_id
ON CONFLICT (task_id) DO NOTHING;

-- name: move_tasks(task_ids, state, ats)!
-- Copies how far tasks are. A closed one moves no more, unless its department had finished before it heard.
UPDATE tasks t SET state = :state::text, is_signed = t.is_signed OR :state::text = 'signed', changed_at = m.at
FROM unnest(:task_ids::uuid[], :ats::timestamptz[]) AS m (task_id, at)
WHERE t.task_id = m.task_id AND (t.state <> 'closed' OR :state::text = 'finished');

-- name: give_task_back(task_id, at)!
-- A return was rejected: the task is where its department left it.
UPDATE tasks SET state = CASE WHEN is_signed THEN 'signed' ELSE 'sent' END, changed_at = :at
WHERE task_id = :task_id AND state <> 'closed';

-- name: redirect_task(task_id, department_id, at)!
-- A return was upheld: the task is sent to another department.
UPDATE tasks SET department_id = :department_id, state = 'sent', is_signed = false, card = NULL, changed_at = :at
WHERE task_id = :task_id AND state <> 'closed';

-- name: close_task(task_id, at)!
-- A return was upheld and nobody else is needed.
UPDATE tasks SET state = 'closed', changed_at = :at WHERE task_id = :task_id AND state <> 'finished';

-- name: release_department(order_id, department_id)!
-- The order calls a department no longer; it may be called again.
UPDATE orders SET departments = array_remove(departments, :department_id::text) WHERE order_id = :order_id;

-- name: has_finished_order(case_id, run)$
-- Whether an order of a handling is finished.
SELECT EXISTS (SELECT FROM orders WHERE case_id = :case_id AND run = :run AND state = 'finished');

-- name: redirect_order(order_id, from_department, to_department)!
-- The order calls another department in place of the first.
UPDATE orders SET departments = array_replace(departments, :from_department::text, :to_department::text)
WHERE order_id = :order_id;

-- name: show_card(task_ids, card)!
-- Copies the newest card of tasks.
UPDATE tasks SET card = :card WHERE task_id = ANY(:task_ids);

-- name: admit_department(case_id, department_id)!
-- Lets a department read a matter.
UPDATE cases SET departments = array_append(departments, :department_id::text)
WHERE case_id = :case_id AND NOT (:department_id::text = ANY(departments));
