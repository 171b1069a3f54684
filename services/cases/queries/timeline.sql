-- name: add_entries(entries)!
-- Appends timeline entries (a JSON list), bytes in hex.
INSERT INTO timeline (case_id, position, action, person_id, role, area, at, detail, hash, salt, person_ref, marks)
SELECT e.case_id, e.position, e.action, e.person_id, e.role, e.area, e.at, e.detail, decode(e.hash, 'hex'),
    decode(e.salt, 'hex'), decode(e.person_ref, 'hex'), decode(e.marks, 'hex')
FROM jsonb_to_recordset(:entries::jsonb) AS e (
    case_id uuid, position integer, action text, person_id uuid, role text, area text, at timestamptz,
    detail jsonb, hash text, salt text, person_ref text, marks text
);

-- name: timeline_of(case_id, after, most)
-- A matter's timeline in its order.
SELECT case_id, position, action, person_id, role, area, at, detail, hash
FROM timeline WHERE case_id = :case_id AND position > :after ORDER BY position LIMIT :most;

-- name: timelines(case_ids)
-- What matters say of their timelines with every entry there is, in one look: nothing is added in between.
SELECT c.case_id, c.number, c.timeline_length, c.timeline_hash, c.anonymised_at,
    t.position, t.action, t.person_id, t.role, t.area, t.at, t.detail, t.hash, t.salt, t.person_ref, t.marks
FROM cases c LEFT JOIN timeline t ON t.case_id = c.case_id
WHERE c.case_id = ANY(:case_ids)
ORDER BY c.case_id, t.position;

-- name: cases_between(since, until, after_at, after_id, most)
-- Matters by the moment of their report, to be looked at a page at a time.
SELECT case_id, reported_at FROM cases
WHERE (:since::timestamptz IS NULL OR reported_at >= :since::timestamptz)
  AND (:until::timestamptz IS NULL OR reported_at < :until::timestamptz)
  AND (:after_at::timestamptz IS NULL OR (reported_at, case_id) > (:after_at::timestamptz, :after_id::uuid))
ORDER BY reported_at, case_id LIMIT :most;

-- name: entries_without_case(after, most)^
-- Of the next timelines, a bounded number of entries: matters that are not there, and how far it looked.
WITH looked_at AS MATERIALIZED (
    SELECT case_id FROM timeline WHERE :after::uuid IS NULL OR case_id > :after::uuid ORDER BY case_id LIMIT :most
)
SELECT ARRAY(
        SELECT DISTINCT l.case_id FROM looked_at l
        WHERE NOT EXISTS (SELECT 1 FROM cases c WHERE c.case_id = l.case_id) ORDER BY 1) AS gone,
    (SELECT case_id FROM looked_at ORDER BY case_id DESC LIMIT 1) AS reached;
