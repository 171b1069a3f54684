-- name: require_documents(case_id, names, at)!
-- The checklist of an approval just filed or classed so.
INSERT INTO case_documents (case_id, position, name, changed_at)
SELECT :case_id, n.position, n.name, :at FROM unnest(:names::text[]) WITH ORDINALITY AS n (name, position);

-- name: add_document(case_id, position, name, changed_by, at)!
-- One more document of a checklist.
INSERT INTO case_documents (case_id, position, name, changed_by, changed_at)
VALUES (:case_id, :position, :name, :changed_by, :at);

-- name: documents_of(case_id)
-- A matter's checklist in its order.
SELECT position, name, state, words, changed_by, changed_at FROM case_documents WHERE case_id = :case_id
ORDER BY position;

-- name: set_document(case_id, position, state, words, changed_by, at)!
-- Takes in, waives or gives back one document; the caller holds the matter's lock.
UPDATE case_documents SET state = :state, words = :words, changed_by = :changed_by, changed_at = :at
WHERE case_id = :case_id AND position = :position;

-- name: sees_case(case_id, scopes, person_id, department)$
-- Whether a matter lies within reach.
SELECT true FROM cases c
WHERE c.case_id = :case_id
  AND (c.area ^@ ANY(:scopes) OR c.reporter_id = :person_id OR c.first_inquiry_by = :person_id
       OR :department = ANY(c.departments));
