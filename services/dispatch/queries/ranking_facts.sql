-- name: begin_handlings(handlings)!
-- Handlings that begin, from a JSON list; one that is known stays.
INSERT INTO handlings (case_id, run, area, began_at)
SELECT case_id, run, area, began_at
FROM jsonb_to_recordset(:handlings::jsonb) AS h (case_id uuid, run integer, area text, began_at timestamptz)
ON CONFLICT ON CONSTRAINT handlings_pkey DO NOTHING;

-- name: end_handlings(handlings)!
-- Handlings that are resolved, from a JSON list with what their limits say; the run is the one under way.
UPDATE handlings h SET due_at = e.due_at, resolved_at = e.resolved_at, is_late = e.is_late, ended_at = e.resolved_at
FROM jsonb_to_recordset(:handlings::jsonb) AS e (
    case_id uuid, due_at timestamptz, resolved_at timestamptz, is_late boolean)
JOIN watched_cases w ON w.case_id = e.case_id
WHERE h.case_id = e.case_id AND h.run = w.run AND h.resolved_at IS NULL;

-- name: rework_handlings(case_ids, runs, reasons, moments)!
-- Handlings whose result did not hold; `runs` are those that follow them.
UPDATE handlings h SET reworked_at = r.at, rework_reason = r.reason
FROM unnest(:case_ids::uuid[], :runs::integer[], :reasons::text[], :moments::timestamptz[])
    AS r (case_id, run, reason, at)
WHERE h.case_id = r.case_id AND h.run = r.run - 1 AND h.reworked_at IS NULL;

-- name: void_handlings(case_ids, moments)!
-- Matters that ended otherwise: neither their handlings count nor what their reporters said.
WITH unheard AS (UPDATE answers SET is_void = true WHERE case_id = ANY(:case_ids) AND NOT is_void)
UPDATE handlings h SET is_void = true, ended_at = LEAST(h.ended_at, v.at)
FROM unnest(:case_ids::uuid[], :moments::timestamptz[]) AS v (case_id, at)
WHERE h.case_id = v.case_id AND NOT h.is_void;

-- name: note_answers(answers)!
-- What reporters said, from a JSON list; a later answer takes the place of an earlier one.
INSERT INTO answers (case_id, area, run, answered_at, changed_at, met, settled, satisfaction)
SELECT a.case_id, a.area, COALESCE(w.run, 1), a.answered_at, a.answered_at, a.met, a.settled, a.satisfaction
FROM jsonb_to_recordset(:answers::jsonb) AS a (
    case_id uuid, area text, answered_at timestamptz, met boolean, settled boolean, satisfaction text)
LEFT JOIN watched_cases w ON w.case_id = a.case_id
ON CONFLICT ON CONSTRAINT answers_pkey DO UPDATE SET
    run = excluded.run, changed_at = excluded.changed_at, met = excluded.met, settled = excluded.settled,
    satisfaction = excluded.satisfaction
WHERE answers.changed_at <= excluded.changed_at;

-- name: note_tasks(facts)!
-- Departments' turns at tasks, from a JSON list; what is known already stays where the list says nothing.
INSERT INTO task_facts (task_id, run, order_id, case_id, case_run, area, department_id, is_main, sent_at, sign_due_at,
    signed_at, is_sign_late, finish_due_at, finished_at, is_finish_late, closed_at, rejected_at, ended_at)
SELECT f.task_id, f.run, f.order_id, f.case_id, COALESCE(w.run, 1), f.area, f.department_id, f.is_main, f.sent_at,
       f.sign_due_at, f.signed_at, f.is_sign_late, f.finish_due_at, f.finished_at, f.is_finish_late, f.closed_at,
       f.rejected_at, COALESCE(f.finished_at, f.closed_at, 'infinity')
FROM jsonb_to_recordset(:facts::jsonb) AS f (
    task_id uuid, run integer, order_id uuid, case_id uuid, area text, department_id text, is_main boolean,
    sent_at timestamptz, sign_due_at timestamptz, signed_at timestamptz, is_sign_late boolean,
    finish_due_at timestamptz, finished_at timestamptz, is_finish_late boolean, closed_at timestamptz,
    rejected_at timestamptz)
LEFT JOIN watched_cases w ON w.case_id = f.case_id
ON CONFLICT ON CONSTRAINT task_facts_pkey DO UPDATE SET
    sign_due_at = COALESCE(excluded.sign_due_at, task_facts.sign_due_at),
    signed_at = COALESCE(excluded.signed_at, task_facts.signed_at),
    is_sign_late = COALESCE(excluded.is_sign_late, task_facts.is_sign_late),
    finish_due_at = COALESCE(excluded.finish_due_at, task_facts.finish_due_at),
    finished_at = COALESCE(excluded.finished_at, task_facts.finished_at),
    is_finish_late = COALESCE(excluded.is_finish_late, task_facts.is_finish_late),
    closed_at = COALESCE(excluded.closed_at, task_facts.closed_at),
    rejected_at = COALESCE(task_facts.rejected_at, excluded.rejected_at),
    ended_at = LEAST(task_facts.ended_at, excluded.ended_at);

-- name: note_upheld(task_ids, runs, moments)!
-- Turns that ended because the department gave the task back rightly.
UPDATE task_facts f SET upheld_at = u.at, ended_at = LEAST(f.ended_at, u.at)
FROM unnest(:task_ids::uuid[], :runs::integer[], :moments::timestamptz[]) AS u (task_id, run, at)
WHERE f.task_id = u.task_id AND f.run = u.run AND f.upheld_at IS NULL;

-- name: remove_matters(removals)!
-- Matters taken out of a department's base of a month, from a JSON list.
INSERT INTO removed_matters (case_id, department_id, month, area, removed_at)
SELECT case_id, department_id, month, area, removed_at
FROM jsonb_to_recordset(:removals::jsonb) AS r (
    case_id uuid, department_id text, month text, area text, removed_at timestamptz)
ON CONFLICT ON CONSTRAINT removed_matters_pkey DO NOTHING;
