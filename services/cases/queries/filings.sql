-- name: insert_filing(case_id, filed_at, origin_kind, origin_id, outside_number, integrator_id)!
-- How a matter came in, where there is more to say than its channel.
INSERT INTO filings (case_id, filed_at, origin_kind, origin_id, outside_number, integrator_id)
VALUES (:case_id, :filed_at, :origin_kind, :origin_id, :outside_number, :integrator_id);

-- name: hold_outside_number(integrator_id, outside_number)^
-- Keeps an outside system's number to this transaction, whether a matter has it or not.
SELECT pg_advisory_xact_lock(hashtextextended('outside ' || :integrator_id::text || ' ' || :outside_number::text, 0));

-- name: case_of_outside_number(integrator_id, outside_number)$
-- The matter an outside system filed under a number of its own, if any.
SELECT case_id FROM filings WHERE integrator_id = :integrator_id AND outside_number = :outside_number;

-- name: case_of_order(channel, outside_number)^
-- The first matter of a hotline's order, whoever filed it.
SELECT c.case_id, c.number, c.area FROM filings f JOIN cases c USING (case_id)
WHERE f.outside_number = :outside_number AND c.channel = :channel
ORDER BY f.filed_at, f.case_id LIMIT 1;

-- name: list_filed(integrator_id, outside_number, state, before_at, before_id, most)
-- What an outside system filed, newest first, with how far its departments are.
SELECT c.*, f.outside_number, f.filed_at, COALESCE((
    SELECT jsonb_agg(jsonb_build_object('department_id', t.department_id, 'state', t.state, 'changed_at', t.changed_at)
                     ORDER BY t.changed_at, t.task_id)
    FROM tasks t WHERE t.case_id = c.case_id
), '[]') AS tasks
FROM filings f JOIN cases c USING (case_id)
WHERE f.integrator_id = :integrator_id
  AND (:outside_number::text IS NULL OR f.outside_number = :outside_number::text)
  AND (:state::text IS NULL OR c.state = :state::text)
  AND (:before_at::timestamptz IS NULL OR (f.filed_at, f.case_id) < (:before_at::timestamptz, :before_id::uuid))
ORDER BY f.filed_at DESC, f.case_id DESC LIMIT :most;

-- name: insert_caller(case_id, filed_at, name, phone, phone_index)!
-- Whom a matter was filed on behalf of, sealed.
INSERT INTO callers (case_id, filed_at, name, phone, phone_index)
VALUES (:case_id, :filed_at, :name, :phone, :phone_index);

-- name: get_caller(case_id, scopes, person_id, department)^
-- A matter's caller for those who may know them; a department does not where they asked to stay unknown.
SELECT k.name, k.phone, c.is_confidential, c.first_inquiry_by
FROM callers k JOIN cases c USING (case_id)
WHERE k.case_id = :case_id AND k.erased_at IS NULL
  AND (c.area ^@ ANY(:scopes) OR c.first_inquiry_by = :person_id
       OR NOT c.is_confidential AND :department = ANY(c.departments));

-- name: add_caller_unmasking(unmasking_id, case_id, fields, reason, person_id, role)!
-- Notes who looked at a caller's name or phone, and why.
INSERT INTO caller_unmaskings (unmasking_id, case_id, fields, reason, person_id, role, at)
VALUES (:unmasking_id, :case_id, :fields, :reason, :person_id, :role, clock_timestamp());

-- name: list_caller_unmaskings(case_id, scopes, before, most)
-- Who looked at a caller's name or phone, newest first.
SELECT u.unmasking_id, u.fields, u.reason, u.person_id, u.role, u.at
FROM caller_unmaskings u JOIN cases c USING (case_id)
WHERE u.case_id = :case_id AND c.area ^@ ANY(:scopes)
  AND (:before::uuid IS NULL OR u.unmasking_id < :before::uuid)
ORDER BY u.unmasking_id DESC LIMIT :most;

-- name: cases_of_caller(phone_index, scopes, sees_confidential, most)
-- Earlier matters filed on behalf of a phone, newest first.
SELECT c.case_id, c.number, c.area, c.category, m.name AS category_name, c.channel, c.state, c.reported_at, c.due_at
FROM callers k JOIN cases c USING (case_id)
LEFT JOIN matters m ON m.code = c.category AND m.is_newest
WHERE k.phone_index = :phone_index AND k.erased_at IS NULL
  AND c.area ^@ ANY(:scopes) AND (:sees_confidential OR NOT c.is_confidential)
ORDER BY c.reported_at DESC, c.case_id DESC LIMIT :most;

-- name: erase_callers(ended_before, most)!
-- Forgets callers of matters that ended long ago; one merged is kept until the matter it went into ended too.
UPDATE callers SET name = NULL, phone = NULL, phone_index = NULL, erased_at = clock_timestamp()
WHERE case_id IN (
    SELECT k.case_id FROM callers k
    JOIN cases c USING (case_id)
    LEFT JOIN cases i ON i.case_id = c.merged_into
    WHERE k.erased_at IS NULL AND k.filed_at < :ended_before AND c.closed_at < :ended_before
      AND (c.merged_into IS NULL OR i.closed_at < :ended_before)
    ORDER BY k.filed_at, k.case_id LIMIT :most
    FOR UPDATE OF k SKIP LOCKED
);
