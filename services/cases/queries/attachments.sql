-- name: insert_attachment(attachment_id, case_id, kind, media_type, name, size_bytes, width, height, sha256, received_sha256, stored_as, attached_by, attached_as, attached_at)!
-- Notes a photo or document of a matter.
INSERT INTO attachments (
    attachment_id, case_id, kind, media_type, name, size_bytes, width, height, sha256, received_sha256, stored_as,
    attached_by, attached_as, attached_at
) VALUES (
    :attachment_id, :case_id, :kind, :media_type, :name, :size_bytes, :width, :height, :sha256, :received_sha256,
    :stored_as, :attached_by, :attached_as, :attached_at
);

-- name: attachments_held(case_id)^
-- How much a matter has attached, without what was removed.
SELECT count(*) AS count, COALESCE(sum(size_bytes), 0)::bigint AS size_bytes
FROM attachments WHERE case_id = :case_id AND removed_at IS NULL;

-- name: attachments_of(case_id)
-- Everything ever attached to a matter, in its order; what was removed too. There are few.
SELECT attachment_id, case_id, kind, media_type, name, size_bytes, width, height, sha256, received_sha256, stored_as,
    attached_by, attached_as, attached_at, removed_at, removed_by, removal_reason
FROM attachments WHERE case_id = :case_id ORDER BY attached_at, attachment_id;

-- name: attachment(attachment_id)^
-- One attachment.
SELECT attachment_id, case_id, kind, media_type, name, size_bytes, width, height, sha256, received_sha256, stored_as,
    attached_by, attached_as, attached_at, removed_at, removed_by, removal_reason
FROM attachments WHERE attachment_id = :attachment_id;

-- name: remove_attachment(attachment_id, removed_at, removed_by, removal_reason)!
-- Marks it removed; the file goes a moment later.
UPDATE attachments SET removed_at = :removed_at, removed_by = :removed_by, removal_reason = :removal_reason
WHERE attachment_id = :attachment_id;

-- name: attachments_to_erase(most)
-- Removed attachments whose files are still in the store, oldest first.
SELECT attachment_id, stored_as, kind FROM attachments
WHERE removed_at IS NOT NULL AND erased_at IS NULL ORDER BY removed_at LIMIT :most FOR UPDATE SKIP LOCKED;

-- name: attachments_erased(attachment_ids)!
-- Their files are gone.
UPDATE attachments SET erased_at = clock_timestamp() WHERE attachment_id = ANY(:attachment_ids::uuid[]);

-- name: known_files(keys)
-- Which of these files belong to an attachment.
SELECT stored_as FROM attachments WHERE stored_as = ANY(:keys::text[]);

-- name: swept_through()$
-- The last day whose files were compared; one worker at a time does it.
SELECT swept_through FROM attachment_sweeps FOR UPDATE SKIP LOCKED;

-- name: begin_sweeps(swept_through)!
-- The first comparison begins with the first day there can be files of.
INSERT INTO attachment_sweeps (swept_through) VALUES (:swept_through)
ON CONFLICT ON CONSTRAINT attachment_sweeps_pkey DO NOTHING;

-- name: set_swept_through(swept_through)!
-- The files of this day are compared.
UPDATE attachment_sweeps SET swept_through = :swept_through;
