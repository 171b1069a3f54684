-- name: add_appointment(appointment_id, area, mode, items, words, address, phone, resident_id, asked_by, asked_at, wanted_from, wanted_until, state)!
-- A service asked for; address and phone are sealed.
INSERT INTO appointments (appointment_id, area, mode, items, words, address, phone, resident_id, asked_by, asked_at,
    wanted_from, wanted_until, state)
VALUES (:appointment_id, :area, :mode, :items, :words, :address, :phone, :resident_id, :asked_by, :asked_at,
    :wanted_from, :wanted_until, :state);

-- name: lock_appointment(appointment_id, scopes, person_id)^
-- Locks an appointment of the caller's areas, or their own, with the moment after the lock.
SELECT a.*, clock_timestamp() AS at FROM appointments a
WHERE a.appointment_id = :appointment_id
  AND (a.area ^@ ANY(:scopes) OR a.resident_id = :person_id)
FOR UPDATE;

-- name: save_appointment(appointment_id, state, worker_id, starts_at, ends_at, outcome, ended_at, version)!
-- Writes what a step changes.
UPDATE appointments SET state = :state, worker_id = :worker_id, starts_at = :starts_at, ends_at = :ends_at,
    outcome = :outcome, ended_at = :ended_at, version = :version
WHERE appointment_id = :appointment_id;

-- name: hold_worker(worker_id)^
-- Lets one appointment at a time be made for a worker, until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('appointment of ' || :worker_id::text, 0)) AS held;

-- name: clashing(worker_id, appointment_id, starts_at, ends_at)$
-- Whether the worker has another appointment at that time; one that ends when the other begins does not clash.
SELECT EXISTS (
    SELECT 1 FROM appointments
    WHERE worker_id = :worker_id AND state = 'appointed' AND appointment_id <> :appointment_id
      AND starts_at < :ends_at AND ends_at > :starts_at);

-- name: get_appointment(appointment_id, scopes, person_id)^
-- An appointment of the caller's areas, or their own.
SELECT a.*, (a.state IN ('asked', 'appointed')
            AND CASE a.state WHEN 'asked' THEN COALESCE(a.wanted_until, a.asked_at + interval '7 days')
                ELSE a.ends_at END < clock_timestamp()) AS is_overdue FROM appointments a
WHERE a.appointment_id = :appointment_id
  AND (a.area ^@ ANY(:scopes) OR a.resident_id = :person_id OR a.worker_id = :person_id);

-- name: list_appointments(scopes, area, person_id, state, mode, worker_id, overdue, after_at, after_id, most)
-- Appointments of the caller's areas, or their own, in an area where one is named, in the order they were asked for.
-- Overdue is what nobody made an appointment for by the time it was wanted, or in a week, and whose time passed without
-- a word.
WITH within_reach AS (
    (SELECT a.appointment_id, a.asked_at FROM appointments a
     WHERE a.area ^@ ANY(:scopes::text[]) AND a.area >= (:scopes::text[])[1]
       AND a.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
       AND (:state::text IS NULL OR a.state = :state::text) AND (:mode::text IS NULL OR a.mode = :mode::text)
       AND (:worker_id::uuid IS NULL OR a.worker_id = :worker_id::uuid)
       AND (NOT :overdue::boolean OR (a.state IN ('asked', 'appointed')
            AND CASE a.state WHEN 'asked' THEN COALESCE(a.wanted_until, a.asked_at + interval '7 days')
                ELSE a.ends_at END < clock_timestamp()))
       AND (:after_at::timestamptz IS NULL
            OR (a.asked_at, a.appointment_id) > (:after_at::timestamptz, :after_id::uuid))
     ORDER BY a.asked_at, a.appointment_id LIMIT :most)
    UNION
    (SELECT a.appointment_id, a.asked_at FROM appointments a
     WHERE a.resident_id = :person_id::uuid AND (:area::text IS NULL OR a.area ^@ :area::text)
       AND (:state::text IS NULL OR a.state = :state::text) AND (:mode::text IS NULL OR a.mode = :mode::text)
       AND (:worker_id::uuid IS NULL OR a.worker_id = :worker_id::uuid)
       AND (NOT :overdue::boolean OR (a.state IN ('asked', 'appointed')
            AND CASE a.state WHEN 'asked' THEN COALESCE(a.wanted_until, a.asked_at + interval '7 days')
                ELSE a.ends_at END < clock_timestamp()))
       AND (:after_at::timestamptz IS NULL
            OR (a.asked_at, a.appointment_id) > (:after_at::timestamptz, :after_id::uuid))
     ORDER BY a.asked_at, a.appointment_id LIMIT :most)
)
SELECT a.*, (a.state IN ('asked', 'appointed')
            AND CASE a.state WHEN 'asked' THEN COALESCE(a.wanted_until, a.asked_at + interval '7 days')
                ELSE a.ends_at END < clock_timestamp()) AS is_overdue
FROM (SELECT appointment_id FROM within_reach ORDER BY asked_at, appointment_id LIMIT :most) r
JOIN appointments a USING (appointment_id) ORDER BY a.asked_at, a.appointment_id;

-- name: add_unmasking(unmasking_id, subject_kind, subject_id, person_id, reason)!
-- Somebody read sealed numbers, and why.
INSERT INTO unmaskings (unmasking_id, subject_kind, subject_id, person_id, reason, at)
VALUES (:unmasking_id, :subject_kind, :subject_id, :person_id, :reason, clock_timestamp());

-- name: erase_appointments(nothing, ended_before, most)!
-- Forgets residents of services that ended long ago: who, where, their number and what was said of them.
UPDATE appointments SET
    address = :nothing, phone = NULL, words = '', outcome = '', erased_at = clock_timestamp(),
    asked_by = CASE WHEN asked_by = resident_id THEN '00000000-0000-0000-0000-000000000000' ELSE asked_by END,
    resident_id = NULL
WHERE appointment_id IN (
    SELECT appointment_id FROM appointments
    WHERE ended_at < :ended_before AND erased_at IS NULL AND state IN ('kept', 'missed', 'cancelled')
    ORDER BY ended_at, appointment_id LIMIT :most FOR UPDATE SKIP LOCKED);
