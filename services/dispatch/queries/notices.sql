-- name: take_heard(most)
-- Takes own events somebody must be told of, oldest first.
DELETE FROM heard WHERE key IN (SELECT key FROM heard ORDER BY key LIMIT :most FOR UPDATE SKIP LOCKED)
RETURNING key, type, time, data;

-- name: told_tasks(task_ids)
-- What notices say of tasks, and how their limits to sign run.
SELECT t.task_id, t.order_id, o.case_id, o.area, o.urgency, o.category, t.run, t.state, t.department_id,
       d.name AS department_name, t.ground ->> 'item_name' AS item_name, t.handler_id, t.signed_by,
       t.assigned_by, o.caller_id, t.sent_at, c.started_at, c.due_at, c.limit_unit,
       (SELECT h.by_person FROM task_history h WHERE h.task_id = t.task_id AND h.step = 'returned'
        ORDER BY h.step_id DESC LIMIT 1) AS returned_by
FROM tasks t JOIN orders o USING (order_id) LEFT JOIN departments d ON d.department_id = t.department_id
LEFT JOIN clocks c ON c.owner_id = t.order_id AND c.task_id = t.task_id AND c.name = 'sign'
WHERE t.task_id = ANY(:task_ids::uuid[]);

-- name: told_orders(order_ids)
-- What notices say of orders.
SELECT order_id, case_id, area, urgency, category, caller_id FROM orders WHERE order_id = ANY(:order_ids::uuid[]);

-- name: told_cases(case_ids)
-- What notices say of matters nobody whistled.
SELECT case_id, area, urgency, category FROM watched_cases WHERE case_id = ANY(:case_ids::uuid[]);

-- name: who_asked(extension_ids)
-- Who asked for more time.
SELECT extension_id, asked_by FROM extensions WHERE extension_id = ANY(:extension_ids::uuid[]);

-- name: add_notices(notices)
-- Notices from a JSON list; what a person was told already is left out.
INSERT INTO notices (notice_id, person_id, kind, cause, area, urgency, order_id, task_id, case_id, title, words,
    made_at)
SELECT notice_id, person_id, kind, cause, area, urgency, order_id, task_id, case_id, title, words, made_at
FROM jsonb_to_recordset(:notices::jsonb) AS n (
    notice_id uuid, person_id uuid, kind text, cause text, area text, urgency text, order_id uuid, task_id uuid,
    case_id uuid, title text, words text, made_at timestamptz)
ORDER BY person_id, cause
ON CONFLICT ON CONSTRAINT notices_cause_key DO NOTHING
RETURNING notice_id;

-- name: add_deliveries(notice_ids, due_ats)!
-- Notices go out at these times.
INSERT INTO notice_deliveries (notice_id, next_try_at)
SELECT notice_id, due_at FROM unnest(:notice_ids::uuid[], :due_ats::timestamptz[]) AS d (notice_id, due_at);

-- name: list_notices(person_id, unread, before, most)
-- A person's notices, newest first.
SELECT notice_id, kind, area, urgency, order_id, task_id, case_id, title, words, made_at, read_at
FROM notices
WHERE person_id = :person_id AND (:unread::boolean IS NOT TRUE OR read_at IS NULL)
  AND (:before::uuid IS NULL OR notice_id < :before::uuid)
ORDER BY notice_id DESC LIMIT :most;

-- name: count_unread(person_id, most)$
-- How many notices a person has not read, counted up to a bound.
SELECT count(*) FROM (
    SELECT FROM notices WHERE person_id = :person_id AND read_at IS NULL LIMIT :most) AS unread;

-- name: read_notice(notice_id, person_id)
-- A person has read a notice of theirs.
UPDATE notices SET read_at = COALESCE(read_at, clock_timestamp())
WHERE notice_id = :notice_id AND person_id = :person_id
RETURNING notice_id, kind, area, urgency, order_id, task_id, case_id, title, words, made_at, read_at;

-- name: read_all(person_id, up_to, most)!
-- A person has read what they have up to a notice.
UPDATE notices SET read_at = clock_timestamp() WHERE notice_id IN (
    SELECT notice_id FROM notices
    WHERE person_id = :person_id AND read_at IS NULL
      AND (:up_to::uuid IS NULL OR notice_id <= :up_to::uuid)
    ORDER BY notice_id LIMIT :most FOR UPDATE);

-- name: due_deliveries(most)
-- Notices whose time to go out has come, oldest first.
SELECT d.notice_id, d.tries, d.last_error, n.person_id, n.kind, n.area, n.urgency, n.order_id, n.task_id, n.case_id, n.title,
       n.words, n.made_at
FROM notice_deliveries d JOIN notices n USING (notice_id)
WHERE d.state = 'waiting' AND d.next_try_at <= clock_timestamp()
ORDER BY d.next_try_at LIMIT :most FOR UPDATE OF d SKIP LOCKED;

-- name: save_delivery(notice_id, state, tries, next_try_at, last_error)!
-- How a try went.
UPDATE notice_deliveries SET
    state = :state, tries = :tries, next_try_at = :next_try_at, last_error = :last_error,
    ended_at = CASE WHEN :state = 'waiting' THEN NULL ELSE clock_timestamp() END
WHERE notice_id = :notice_id;

-- name: store_deliveries(most)!
-- Without an outward channel: what would have gone out is kept.
UPDATE notice_deliveries SET state = 'stored', next_try_at = NULL, ended_at = clock_timestamp()
WHERE notice_id IN (
    SELECT notice_id FROM notice_deliveries WHERE state = 'waiting' AND next_try_at <= clock_timestamp()
    ORDER BY next_try_at LIMIT :most FOR UPDATE SKIP LOCKED);

-- name: list_deliveries(scopes, state, before, most)
-- Outward notices of areas, newest first.
SELECT d.notice_id, d.state, d.tries, d.next_try_at, d.last_error, d.ended_at, n.person_id, n.kind, n.area, n.made_at
FROM notice_deliveries d JOIN notices n USING (notice_id)
WHERE n.area ^@ ANY(:scopes::text[]) AND d.state = :state
  AND (:before::uuid IS NULL OR d.notice_id < :before::uuid)
ORDER BY d.notice_id DESC LIMIT :most;

-- name: retry_delivery(notice_id, scopes)
-- A dead outward notice is tried again, with all its tries.
UPDATE notice_deliveries d SET state = 'waiting', tries = 0, next_try_at = clock_timestamp(), ended_at = NULL
FROM notices n
WHERE d.notice_id = :notice_id AND n.notice_id = d.notice_id AND n.area ^@ ANY(:scopes::text[])
  AND d.state IN ('dead', 'stored')
RETURNING d.notice_id, d.state, d.tries, d.next_try_at, d.last_error, d.ended_at, n.person_id, n.kind, n.area,
    n.made_at;

-- name: prune_notices(before, most)!
-- Drops old notices with their deliveries.
DELETE FROM notices WHERE notice_id IN (
    SELECT notice_id FROM notices WHERE made_at < :before ORDER BY made_at LIMIT :most);
