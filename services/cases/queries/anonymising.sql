-- name: cases_to_anonymise(before, most)
-- Matters that ended before a moment and still know their reporter; a merged one waits for that it went into.
SELECT c.case_id FROM cases c
WHERE c.closed_at IS NOT NULL AND c.closed_at < :before AND c.reporter_id IS NOT NULL
  AND NOT EXISTS (
      SELECT 1 FROM cases m
      WHERE m.case_id = c.merged_into AND (m.closed_at IS NULL OR m.closed_at >= :before))
ORDER BY c.closed_at LIMIT :most;

-- name: lock_to_anonymise(case_ids, before)
-- The same ones locked and looked at again; what somebody else holds comes later.
SELECT c.*, clock_timestamp() AS at FROM cases c
WHERE c.case_id = ANY(:case_ids) AND c.closed_at < :before AND c.reporter_id IS NOT NULL
ORDER BY c.case_id FOR UPDATE SKIP LOCKED;

-- name: anonymise_case(case_id, reporter_id, version, timeline_length, timeline_hash, at)!
-- Forgets who reported a matter, in whatever part of its row.
UPDATE cases SET
    reporter_id = NULL,
    first_inquiry_by = NULLIF(first_inquiry_by, :reporter_id::uuid),
    first_handler_by = NULLIF(first_handler_by, :reporter_id::uuid),
    version = :version, timeline_length = :timeline_length, timeline_hash = :timeline_hash, anonymised_at = :at
WHERE case_id = :case_id;

-- name: rewrite_entries(entries)!
-- Writes entries without their person, or with a new link (a JSON list, bytes in hex).
UPDATE timeline t SET
    person_id = e.person_id, hash = decode(e.hash, 'hex'), salt = decode(e.salt, 'hex'),
    person_ref = decode(e.person_ref, 'hex'), marks = decode(e.marks, 'hex')
FROM jsonb_to_recordset(:entries::jsonb) AS e (
    case_id uuid, position integer, person_id uuid, hash text, salt text, person_ref text, marks text)
WHERE t.case_id = e.case_id AND t.position = e.position;

-- name: forget_attached_by(case_id, person_id)!
-- Who attached a photo or document.
UPDATE attachments SET
    -- People name files after themselves.
    name = CASE WHEN attached_by = :person_id::uuid THEN '' ELSE name END,
    attached_by = NULLIF(attached_by, :person_id::uuid), removed_by = NULLIF(removed_by, :person_id::uuid)
WHERE case_id = :case_id AND (attached_by = :person_id OR removed_by = :person_id);

-- name: forget_heard(case_id, person_id)!
-- Who answered when asked how it went.
UPDATE hearing_attempts a SET person_id = NULL
FROM hearings h WHERE h.hearing_id = a.hearing_id AND h.case_id = :case_id AND a.person_id = :person_id;

-- name: forget_claims(case_id, person_id)!
-- Who held a place in the queue.
UPDATE hearings SET claimed_by = NULL WHERE case_id = :case_id AND claimed_by = :person_id;
